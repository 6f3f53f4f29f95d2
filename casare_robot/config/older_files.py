"""What the settings of older robots mean here. Pure.

Sources: the file that the robot of November 2025 saved, with sections; the flat
one of its successors and of the robot reference; and the variables that either
read, as an ``.env`` file holds them.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from casare_robot.config.robot_config import settings

_OURS = {name: name for name, _ in settings()}
_FROM_FILE = {
    **_OURS,
    "connection.url": "supabase_url",
    "connection.key": "supabase_key",
    "connection.initial_delay": "reconnect_delay",
    "connection.max_delay": "max_reconnect_delay",
    "connection.backoff_multiplier": "reconnect_backoff_factor",
    "connection.heartbeat_interval": "heartbeat_interval",
    "job_execution.max_concurrent_jobs": "max_concurrent_jobs",
    "job_execution.node_timeout": "node_timeout",
    "job_execution.checkpoint_enabled": "checkpoint_enabled",
    "job_timeout_seconds": "job_timeout",
    "node_timeout_seconds": "node_timeout",
    "heartbeat_interval_seconds": "heartbeat_interval",
    "enable_checkpointing": "checkpoint_enabled",
}
_FROM_VARIABLE = {
    "CASARE_ROBOT_ID": "robot_id",
    "ROBOT_ID": "robot_id",
    "CASARE_ROBOT_NAME": "robot_name",
    "ROBOT_NAME": "robot_name",
    "CASARE_ORCHESTRATOR_URL": "orchestrator_url",
    "ORCHESTRATOR_URL": "orchestrator_url",
    "CASARE_API_URL": "orchestrator_url",
    "CASARE_CONTROL_PLANE_URL": "orchestrator_url",
    "CASARE_ORCHESTRATOR_API_KEY": "api_key",
    "ORCHESTRATOR_API_KEY": "api_key",
    "CASARE_API_KEY": "api_key",
    "SUPABASE_URL": "supabase_url",
    "SUPABASE_KEY": "supabase_key",
    "CASARE_ENVIRONMENT": "environment",
    "CASARE_ROBOT_TAGS": "tags",
    "CASARE_TAGS": "tags",
    "CASARE_HEARTBEAT_INTERVAL": "heartbeat_interval",
    "CASARE_MAX_CONCURRENT_JOBS": "max_concurrent_jobs",
    "CASARE_JOB_TIMEOUT": "job_timeout",
    "CASARE_ENABLE_CHECKPOINTING": "checkpoint_enabled",
    "CASARE_LOG_LEVEL": "log_level",
}
"""Of several that mean the same, the first counts, as it did there."""

_ALWAYS = "this robot always does"
_BY_ITSELF = "this robot finds its own measure"
_NOT_HERE = "this robot has no such thing"
_NO_DATABASE = "this robot does not open the orchestrator's database"
_SYSTEM_TRUST = "the system's own certificate store decides, and cannot be switched off"
_PLACES = "`casare-robot config path` shows where this robot keeps things"
_WHY_NOT = {
    **dict.fromkeys(
        (
            *("connection.jitter", "job_execution.progress_reporting_enabled"),
            *("job_execution.checkpoint_on_every_node", "observability.metrics_enabled"),
            *("observability.resource_monitoring_enabled", "observability.audit_enabled"),
            *("enable_audit_logging", "enable_circuit_breaker", "CASARE_ENABLE_CIRCUIT_BREAKER"),
        ),
        _ALWAYS,
    ),
    "connection.max_reconnect_attempts": "this robot tries for ever",
    **dict.fromkeys(
        (
            *("connection.connection_timeout", "connection.operation_timeout"),
            *("circuit_breaker.failure_threshold", "circuit_breaker.success_threshold"),
            *("circuit_breaker.timeout", "circuit_breaker.half_open_max_calls"),
            *("job_execution.job_poll_interval", "job_execution.lock_timeout"),
            *("job_execution.cancellation_check_interval", "offline_sync_interval"),
            *("job_execution.progress_update_interval", "observability.metrics_history_limit"),
            *("observability.resource_sample_interval", "observability.audit_max_file_size_mb"),
            *("observability.audit_backup_count", "batch_size", "CASARE_BATCH_SIZE"),
            *("CASARE_POLL_INTERVAL", "CASARE_SHUTDOWN_GRACE", "hostname"),
        ),
        _BY_ITSELF,
    ),
    **dict.fromkeys(
        (
            *("job_execution.node_max_retries", "job_execution.node_initial_delay"),
            "job_execution.node_max_delay",
        ),
        "a node tries again as often as its workflow says",
    ),
    **dict.fromkeys(
        (
            *("observability.audit_log_dir", "offline_db_path", "log_dir", "CASARE_WORK_DIR"),
            *("CASARE_ROBOT_IDENTITY_PATH", "CASARE_CONFIG_PATH"),
        ),
        _PLACES,
    ),
    **dict.fromkeys(
        (
            *("postgres_url", "POSTGRES_URL", "DATABASE_URL", "PGQUEUER_DB_URL", "DB_HOST"),
            *("DB_PORT", "DB_NAME", "DB_USER", "DB_PASSWORD", "CASARE_DISABLE_DB"),
        ),
        _NO_DATABASE,
    ),
    **dict.fromkeys(
        (
            *("CASARE_CA_CERT_PATH", "CASARE_CLIENT_CERT_PATH", "CASARE_CLIENT_KEY_PATH"),
            "CASARE_VERIFY_SSL",
        ),
        _SYSTEM_TRUST,
    ),
    **dict.fromkeys(
        (
            *("CASARE_ENABLE_REALTIME", "CASARE_BROWSER_POOL_SIZE", "CASARE_DB_POOL_SIZE"),
            *("CASARE_HTTP_POOL_SIZE", "CASARE_DISABLE_ORCHESTRATOR_API"),
        ),
        _NOT_HERE,
    ),
    "CASARE_CAPABILITIES": "put into `tags` what jobs ask for",
    "CASARE_CONTINUE_ON_ERROR": "each workflow says what happens after an error",
}
_UNKNOWN = "it is no name that this robot knows"

_SOMEBODY_ELSES = frozenset({"znaauaswqmurwfglantv.supabase.co", "api.casare.net"})
"""Hosts of the older robot's author that it fills in where its user said nothing."""


class Left(msgspec.Struct, frozen=True, kw_only=True):
    """Something said that is not taken over, and why."""

    name: str
    why: str


class Translation(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of this robot, unchecked, by name; and what has no counterpart."""

    settings: Mapping[str, Any]
    left: tuple[Left, ...]


def translate_file(said: Mapping[str, Any]) -> Translation:
    """What a settings file of an older robot, or of this one, means here."""
    return _translate(_pairs(said), _FROM_FILE)


def translate_variables(said: Mapping[str, str]) -> Translation:
    """What variables of an older robot mean here; those without a value say nothing."""
    found = {name: said[name] for name in _FROM_VARIABLE if said.get(name)}
    rest = {name: text for name, text in said.items() if text and name not in found}
    return _translate(iter({**found, **rest}.items()), _FROM_VARIABLE)


def _translate(said: Iterator[tuple[str, Any]], names: Mapping[str, str]) -> Translation:
    taken: dict[str, Any] = {}
    left: list[Left] = []
    for name, value in said:
        setting = names.get(name)
        if setting is None:
            left.append(Left(name=name, why=_WHY_NOT.get(name, _UNKNOWN)))
        elif setting in taken:
            left.append(Left(name=name, why=f"{setting} is already said by another name"))
        elif isinstance(value, str) and value and not value.strip("*"):
            why = f"it was saved masked; give it with `casare-robot config set {setting}`"
            left.append(Left(name=name, why=why))
        elif setting.endswith("_url") and _is_somebody_elses(value):
            why = "it is its author's own, filled in where nobody said anything"
            left.append(Left(name=name, why=why))
        elif value not in ("", None):
            taken[setting] = _adapted(setting, value)
    return Translation(settings=taken, left=tuple(left))


def _adapted(setting: str, value: Any) -> Any:
    if isinstance(value, str) and setting == "tags":
        return [tag.strip() for tag in value.split(",") if tag.strip()]
    if isinstance(value, str) and setting == "log_level":
        return value.upper()
    return value


def _is_somebody_elses(value: Any) -> bool:
    try:
        return isinstance(value, str) and urlsplit(value).hostname in _SOMEBODY_ELSES
    except ValueError:
        return False


def _pairs(said: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Sections of the older robot flattened; objects that this robot knows stay whole."""
    for name, value in said.items():
        if isinstance(value, Mapping) and name not in _OURS:
            for part, within in value.items():
                yield f"{name}.{part}", within
        else:
            yield name, value
