"""Takes settings over from an older robot, after showing what would change; and goes back."""

import json
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any

import msgspec

from casare_robot.config.editing import SECRETS, change_secret, change_settings
from casare_robot.config.older_files import (
    Left,
    Translation,
    translate_file,
    translate_variables,
)
from casare_robot.config.reading import read
from casare_robot.config.robot_config import HIDDEN, RobotConfig
from casare_robot.config.sources import read_json_object
from casare_robot.desktop.places import Places
from casare_robot.desktop.private_file import write_private
from casare_robot.desktop.secret_store import Sealed, robot_secrets
from casare_robot.domain.errors import ConfigError, Fault, SecretStoreError


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A setting before and after, as JSON can say it; secrets are ``***``, or empty."""

    name: str
    before: Any
    after: Any


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What an import would do. Its text tells no secret.

    Attributes:
        changes: What would change, to be shown.
        left: What is not taken over, and why.
        values: The new settings, secrets included.
    """

    changes: tuple[Change, ...]
    left: tuple[Left, ...]
    values: Mapping[str, Any]

    def __repr__(self) -> str:
        return f"Plan(changes={self.changes!r}, left={self.left!r})"


class Backup(msgspec.Struct, frozen=True, kw_only=True):
    """How the person's settings were: the file's text, if there was one, and sealed secrets."""

    file: str | None
    secrets: dict[str, Sealed | None]


def plan_import(file: Path, places: Places) -> Plan:
    """What taking over a file would change; changes nothing.

    Only what stands in the file counts, never what its robot would have assumed.

    Args:
        file: ``robot_config.json`` of an older robot, or variables as in ``.env``.
        places: Where the present settings are.

    Raises:
        ConfigError: The file, or the present settings file, cannot be read.
    """
    said = _translated(file)
    held = _held(places)
    left = [*said.left]
    values: dict[str, Any] = {}
    changes: list[Change] = []
    for name, raw in said.settings.items():
        try:
            [layer] = read({name: raw}, source=str(file))
        except ConfigError as error:
            why = "; ".join(fault.message.removeprefix(f"{file}: ") for fault in error.faults)
            left.append(Left(name=name, why=why))
            continue
        after = _as_json(raw if isinstance(raw, Mapping) else layer.values[name])
        if name in SECRETS:
            before = _kept(name, places) or held.get(name, "")
        else:
            before = held.get(name, _as_json(getattr(RobotConfig(), name)))
        if before != after:
            values[name] = after
            changes.append(_change(name, before, after))
    return Plan(changes=tuple(changes), left=tuple(left), values=values)


def carry_out(plan: Plan, places: Places) -> None:
    """Do what a plan says, after keeping how things were for `go_back`.

    Raises:
        ConfigError: A value is wrong.
        SecretStoreError: A secret cannot be kept.
        OSError: A file cannot be written.
    """
    store = robot_secrets(places.data)
    secrets = {name: value for name, value in plan.values.items() if name in SECRETS}
    backup = Backup(
        file=places.config_file.read_bytes().decode() if places.config_file.is_file() else None,
        secrets={name: store.sealed(name) for name in secrets},
    )
    write_private(_backup_file(places), msgspec.json.encode(backup))
    for name, value in secrets.items():
        change_secret(name, value, places=places)
    plain = {name: value for name, value in plan.values.items() if name not in SECRETS}
    change_settings(plain, places=places)


def plan_return(places: Places) -> tuple[Change, ...]:
    """What `go_back` would change.

    Raises:
        ConfigError: There is nothing to go back to (E-CFG-907), or a file cannot be read.
    """
    backup = _backup(places)
    held = _held(places)
    before = json.loads(backup.file.removeprefix("\ufeff")) if backup.file is not None else {}
    defaults = RobotConfig()
    names = [name for name in {**held, **before} if held.get(name) != before.get(name)]
    changes = [
        _change(
            name,
            held.get(name, _as_json(getattr(defaults, name, None))),
            before.get(name, _as_json(getattr(defaults, name, None))),
        )
        for name in names
    ]
    store = robot_secrets(places.data)
    for name, sealed in backup.secrets.items():
        if store.sealed(name) != sealed:
            after = "" if sealed is None else HIDDEN
            changes.append(Change(name=name, before=HIDDEN, after=after))
    return tuple(changes)


def go_back(places: Places) -> None:
    """Put the person's settings back to how they were before the last import.

    Raises:
        ConfigError: There is nothing to go back to (E-CFG-907).
        SecretStoreError: A secret cannot be put back.
        OSError: A file cannot be written.
    """
    backup = _backup(places)
    store = robot_secrets(places.data)
    for name, sealed in backup.secrets.items():
        if sealed is None:
            store.delete(name)
        else:
            store.put_back(name, sealed)
    if backup.file is None:
        places.config_file.unlink(missing_ok=True)
    else:
        write_private(places.config_file, backup.file.encode())
    _backup_file(places).unlink()


def _translated(file: Path) -> Translation:
    try:
        text = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise _fault("E-CFG-902", f"{file} cannot be read: {error}") from error
    if text.lstrip().startswith("{"):
        return translate_file(read_json_object(file))
    from dotenv import dotenv_values

    said = dotenv_values(stream=StringIO(text), interpolate=False)
    if not any(said.values()):
        raise _fault("E-CFG-901", f"{file}: neither a JSON object nor lines of NAME=VALUE")
    return translate_variables({name: value for name, value in said.items() if value is not None})


def _held(places: Places) -> Mapping[str, Any]:
    file = places.config_file
    return read_json_object(file) if file.is_file() else {}


def _kept(name: str, places: Places) -> str | None:
    try:
        return robot_secrets(places.data).find(name)
    except SecretStoreError:
        return HIDDEN  # another one in any case, and the person is shown that it is replaced


def _change(name: str, before: Any, after: Any) -> Change:
    if name in SECRETS:
        before, after = (HIDDEN if value else "" for value in (before, after))
    return Change(name=name, before=before, after=after)


def _as_json(value: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(value, enc_hook=str))


def _backup_file(places: Places) -> Path:
    return places.data / "before_import.json"


def _backup(places: Places) -> Backup:
    try:
        return msgspec.json.decode(_backup_file(places).read_bytes(), type=Backup)
    except FileNotFoundError as error:
        raise _fault("E-CFG-907", "nothing was imported that could be undone") from error
    except (OSError, msgspec.MsgspecError) as error:
        raise _fault("E-CFG-902", f"{_backup_file(places)} cannot be read: {error}") from error


def _fault(code: str, message: str) -> ConfigError:
    return ConfigError([Fault(code=code, message=message)])
