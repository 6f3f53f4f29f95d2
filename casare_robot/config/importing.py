"""Takes over the settings of older CasareRPA robots, and goes back.

Source: the older robots' ``robot_config.json`` (nested: ``connection``,
``circuit_breaker``, ``job_execution``, ``observability``; or flat) and the
variables that they read, as lines ``NAME=VALUE`` of an environment file.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from casare_robot.config.reading import from_text, read
from casare_robot.config.robot_config import settings
from casare_robot.config.sources import flat, read_json_object, write_private
from casare_robot.desktop.places import Places
from casare_robot.domain.errors import ConfigError, Fault

_RENAMED = {
    "connection.url": "supabase_url",
    "connection.key": "supabase_key",
    "connection.initial_delay": "reconnect_delay",
    "connection.max_delay": "max_reconnect_delay",
    "connection.backoff_multiplier": "reconnect_backoff_factor",
    "connection.heartbeat_interval": "heartbeat_interval",
    "job_execution.max_concurrent_jobs": "max_concurrent_jobs",
    "job_execution.node_timeout": "node_timeout",
    "job_execution.checkpoint_enabled": "checkpoint_enabled",
    "control_plane_url": "orchestrator_url",
    "capabilities": "tags",
}
_VARIABLES = {
    "control_plane_url": "orchestrator_url",
    "robot_tags": "tags",
    "capabilities": "tags",
    "enable_checkpointing": "checkpoint_enabled",
    "robot_api_key": "api_key",
    "supabase_anon_key": "supabase_key",
}
_PREFIXES = ("casare_robot_", "casare_", "robot_")
_SETTINGS = dict(settings())


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A setting that the import changes; None: it was not in the person's file."""

    name: str
    before: Any
    after: Any


class LeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that is not taken over, and why."""

    name: str
    why: str


class Import(msgspec.Struct, frozen=True, kw_only=True):
    """What an import does, or would do."""

    changes: tuple[Change, ...]
    left_out: tuple[LeftOut, ...]


def import_settings(file: Path, *, places: Places, write: bool) -> Import:
    """Take over what an older robot's file says; what it does not say stays.

    Args:
        file: A JSON object, or lines ``NAME=VALUE``.
        places: Where the person's settings are; their file is kept for `undo_import`.
        write: Do it, and not only say what would be done.

    Raises:
        ConfigError: The file, or the person's present one, cannot be read.
        OSError: It cannot be written.
    """
    target = places.config_file
    present = read_json_object(target) if target.is_file() else {}
    wanted: dict[str, Any] = {}
    left_out = []
    for old, name, value in _entries(file):
        why = _obstacle(name, value)
        if why:
            left_out.append(LeftOut(name=old, why=why))
        elif name == "tags":
            wanted[name] = list(dict.fromkeys([*wanted.get(name, ()), *value]))
        else:
            wanted[name] = value
    changes = tuple(
        Change(name=name, before=present.get(name), after=value)
        for name, value in wanted.items()
        if name not in present or present[name] != value
    )
    if write and changes:
        content = present | wanted
        read(content, source=str(target))
        write_private(_backup(places), target.read_bytes() if target.is_file() else b"{}\n")
        write_private(target, json.dumps(content, indent=4, ensure_ascii=False).encode() + b"\n")
    return Import(changes=changes, left_out=tuple(left_out))


def undo_import(*, places: Places) -> tuple[Change, ...]:
    """Put back the settings from before the last import; once more puts the import back.

    Raises:
        ConfigError: There is nothing to go back to (E-CFG-906).
        OSError: It cannot be written.
    """
    backup, target = _backup(places), places.config_file
    if not backup.is_file():
        raise ConfigError([Fault(code="E-CFG-906", message="there is no import to go back from")])
    before = read_json_object(target) if target.is_file() else {}
    after, now = read_json_object(backup), target.read_bytes() if target.is_file() else b"{}\n"
    write_private(target, backup.read_bytes())
    write_private(backup, now)
    names = dict.fromkeys([*before, *after])
    return tuple(
        Change(name=name, before=before.get(name), after=after.get(name))
        for name in names
        if before.get(name) != after.get(name)
    )


def _entries(file: Path) -> Iterator[tuple[str, str, Any]]:
    """Each entry's old name, our name for it and its value."""
    try:
        text = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        message = f"{file} cannot be read: {error}"
        raise ConfigError([Fault(code="E-CFG-902", message=message)]) from error
    if text.lstrip().startswith("{"):
        for old, value in flat(read_json_object(file)):
            name = _RENAMED.get(old, old)
            yield old, name, _as_tags(value) if name == "tags" else value
        return
    for line in text.splitlines():
        variable, equals, value = line.strip().removeprefix("export ").partition("=")
        if equals and not variable.startswith("#"):
            name = _name_of(variable.strip())
            plain = value.strip().strip("\"'")
            yield variable, name, _as_tags(plain) if name == "tags" else from_text(name, plain)


def _name_of(variable: str) -> str:
    lower = variable.lower()
    for prefix in ("", *_PREFIXES):
        if lower.startswith(prefix):
            rest = lower.removeprefix(prefix)
            for name in (_VARIABLES.get(rest, rest), f"robot_{rest}"):
                if name in _SETTINGS:
                    return name
    return lower


def _as_tags(value: Any) -> Any:
    return [tag.strip() for tag in value.split(",")] if isinstance(value, str) else value


def _obstacle(name: str, value: Any) -> str:
    """Why an entry cannot be taken over; empty if it can."""
    if name not in _SETTINGS:
        return "this robot has no such setting"
    if _SETTINGS[name].secret:
        return f"a secret does not belong in a file; set the variable {name.upper()}, or enrol"
    try:
        read({name: value}, source="it")
    except ConfigError as error:
        return error.faults[0].message
    return ""


def _backup(places: Places) -> Path:
    return places.config_file.with_suffix(".before.json")
