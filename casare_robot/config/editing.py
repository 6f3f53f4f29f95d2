"""Changes settings in the person's file."""

import json
from collections.abc import Mapping
from typing import Any

from casare_robot.config.reading import from_text, read
from casare_robot.config.robot_config import settings
from casare_robot.config.sources import read_json_object, write_private
from casare_robot.desktop.places import Places
from casare_robot.domain.errors import ConfigError, Fault


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
    if any(name == secret and setting.secret for secret, setting in settings()):
        message = f"a secret does not belong in a file: set the variable {name.upper()} instead"
        raise ConfigError([Fault(code="E-CFG-905", message=message, key=name)])
    value = from_text(name, text)
    change_settings({name: value}, places=places)
    return value


def change_settings(values: Mapping[str, Any], *, places: Places) -> None:
    """Set values in the person's file, all or none.

    Args:
        values: By name, or by ``policy.part``; none of them secret.
        places: Where the file is.

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
    read(content, source=str(file))
    write_private(file, json.dumps(content, indent=4, ensure_ascii=False).encode() + b"\n")
