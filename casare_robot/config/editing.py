"""Changes settings: plain ones in the person's file, secrets in the robot's own store."""

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from casare_robot.config.reading import from_text, read
from casare_robot.config.robot_config import settings
from casare_robot.config.sources import flat, read_json_object, settings_files
from casare_robot.desktop.places import Places
from casare_robot.desktop.private_file import write_private
from casare_robot.desktop.secret_store import robot_secrets
from casare_robot.domain.errors import ConfigError, Fault

SECRETS = frozenset(name for name, setting in settings() if setting.secret)


def change_setting(name: str, text: str, *, places: Places) -> Any:
    """Set a value in the person's settings file, which is replaced as a whole.

    Args:
        name: A setting, or one of a policy: ``local_policy.allow_scripts``.
        text: The value as typed on a command line; lists and ``null`` as JSON.
        places: Where the file is.

    Returns:
        The value as written.

    Raises:
        ConfigError: The file or the value is wrong, or the setting is a secret
            (E-CFG-905); the file is then as it was.
    """
    if name in SECRETS:
        message = f"a secret does not belong on a command line; `config set {name}` asks for it"
        raise ConfigError([Fault(code="E-CFG-905", message=message, key=name)])
    value = from_text(name, text)
    change_settings({name: value}, places=places)
    return value


def change_settings(
    values: Mapping[str, Any], *, places: Places, without: Collection[str] = ()
) -> None:
    """Set plain settings in the person's file, all or none.

    Args:
        values: By name, or by ``policy.part``.
        places: Where the file is.
        without: Settings to take out of it.

    Raises:
        ConfigError: The file or a value is wrong; the file is then as it was.
    """
    file = places.config_file
    content = read_json_object(file) if file.is_file() else {}
    for name, value in values.items():
        setting, _, part = name.partition(".")
        if part:
            held = content.get(setting)
            content[setting] = {**(held if isinstance(held, dict) else {}), part: value}
        else:
            content[setting] = value
    for name in without:
        content.pop(name, None)
    read(content, source=str(file))
    write_settings(content, places=places)


def change_secret(
    name: str, value: str | None, *, places: Places, expires_at: datetime | None = None
) -> bool:
    """Keep a secret setting in the robot's store, and no longer in the person's file.

    Args:
        name: A setting that is a secret.
        value: None forgets it.
        places: Where store and file are.
        expires_at: When it ends, if its giver said so.

    Returns:
        Whether the system's keyring guards it; else a file of this user only.

    Raises:
        ConfigError: The value or the person's file is wrong; nothing was changed.
        SecretStoreError: It cannot be kept.
        OSError: A file cannot be written.
    """
    store = robot_secrets(places.data)
    file = places.config_file
    content = read_json_object(file) if file.is_file() else {}
    if value is None:
        store.delete(name)
    else:
        read({name: value}, source="what was given")
        store.keep(name, value, expires_at=expires_at)
    if name in content:
        del content[name]
        write_settings(content, places=places)
    return store.is_guarded


def write_settings(content: Mapping[str, Any], *, places: Places) -> None:
    """Replace the person's settings file."""
    text = json.dumps(content, indent=4, ensure_ascii=False)
    write_private(places.config_file, text.encode() + b"\n")


def plain_secrets(places: Places) -> tuple[Fault, ...]:
    """Secrets that stand in settings files for everybody to read (E-CFG-906)."""
    faults: list[Fault] = []
    for file in settings_files(places):
        content = read_json_object(file.path) if file.exists() else {}
        for name, value in flat(content):
            if name in SECRETS and value:
                mend = f"`casare-robot config set {name}` keeps it in the keyring instead"
                message = f"{file.path} holds a secret in plain text; {mend}"
                faults.append(Fault(code="E-CFG-906", message=message, key=name))
    return tuple(faults)
