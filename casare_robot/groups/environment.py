"""Settings of the documents, from the environment. Pure."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import msgspec

from casare_robot.groups.words import invalid

HOUR, DAY, MEGABYTE = 3600.0, 24 * 3600.0, 1024 * 1024


class FleetSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What a fleet is opened with; durations in seconds, sizes in bytes."""

    url: str = "memory:"
    max_groups: int = 100
    state_life: float = DAY
    heartbeat_every: float = 30.0
    snapshot_every: float = 300.0
    retention: float = DAY
    session_life: float = 7 * DAY
    max_sessions: int = 100
    kept_turns: int = 10
    max_state_size: int = 10 * MEGABYTE
    registry_size: int = 10_000
    robot_heartbeat: float = 2.0
    probe_timeout: float = 5.0


NAMES: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "SWARM_MAX_COUNT": ("max_groups", int),
    "SWARM_TTL": ("state_life", float),
    "HEARTBEAT_INTERVAL": ("heartbeat_every", lambda text: float(text) / 1000),
    "SNAPSHOT_INTERVAL": ("snapshot_every", lambda text: float(text) / 1000),
    "EVENT_RETENTION_HOURS": ("retention", lambda text: float(text) * HOUR),
    "SESSION_EXPIRATION_DAYS": ("session_life", lambda text: float(text) * DAY),
    "MAX_CONCURRENT_SESSIONS": ("max_sessions", int),
    "AGENT_STATE_MESSAGE_HISTORY": ("kept_turns", int),
    "AGENT_STATE_MAX_SIZE_MB": ("max_state_size", lambda text: int(float(text) * MEGABYTE)),
    "EVENT_REGISTRY_MAX_SIZE": ("registry_size", int),
    "HEARTBEAT_INTERVAL_MS": ("robot_heartbeat", lambda text: float(text) / 1000),
    "LIVENESS_PROBE_TIMEOUT_MS": ("probe_timeout", lambda text: float(text) / 1000),
}


def settings_of(environment: Mapping[str, str]) -> FleetSettings:
    """The settings that an environment asks for.

    ``HTM_DATABASE__URL`` is the store's address; else ``STORAGE_TYPE`` and
    ``STORAGE_PATH``, else ``REDIS_HOST``, ``REDIS_PORT``, ``REDIS_DB``, ``REDIS_PASSWORD``.

    Raises:
        InvalidRecordError: A value is no number, or a type of storage unknown.
    """
    found: dict[str, Any] = {"url": url_of(environment)}
    for name, (field, read) in NAMES.items():
        text = environment.get(name, "")
        if not text:
            continue
        try:
            found[field] = read(text)
        except ValueError as error:
            raise invalid(name, f"{name} is a number, not {text!r}") from error
    return FleetSettings(**found)


def url_of(environment: Mapping[str, str]) -> str:
    """The address of the store."""
    if environment.get("HTM_DATABASE__URL"):
        return environment["HTM_DATABASE__URL"]
    kind = environment.get("STORAGE_TYPE", "")
    path = environment.get("STORAGE_PATH", "./data")
    match kind:
        case "file" | "sqlite":
            return f"sqlite:{path}/shared.db"
        case "memory":
            return "memory:"
        case "postgres" | "postgresql" if path.startswith("postgres"):
            return path
        case "" if not environment.get("REDIS_HOST"):
            return "memory:"
        case "" | "redis":
            return _redis(environment)
    raise invalid("STORAGE_TYPE", f"{kind!r} is none of file, sqlite, memory, redis, postgres")


def _redis(environment: Mapping[str, str]) -> str:
    password = environment.get("REDIS_PASSWORD", "")
    user = f":{quote(password, safe='')}@" if password else ""
    host = environment.get("REDIS_HOST", "localhost")
    port = environment.get("REDIS_PORT", "6379")
    return f"redis://{user}{host}:{port}/{environment.get('REDIS_DB', '0')}"
