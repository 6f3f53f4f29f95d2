"""Where settings may stand, strongest first, and what each place says, unread."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from casare_robot.desktop.places import HOME_VARIABLE, Places
from casare_robot.desktop.private_file import write_private
from casare_robot.domain.errors import ConfigError, Fault

PREFIX = "CASARE_ROBOT_"
REFERENCE_VARIABLES = (
    "ROBOT_ID",
    "ROBOT_NAME",
    "ORCHESTRATOR_URL",
    "SUPABASE_URL",
    "SUPABASE_KEY",
    "HTM_DATABASE__URL",
)
"""Names that the robot reference reads; weaker than those with the prefix."""
SETTING_OF = {"htm_database__url": "store_url"}
"""What those mean that are not called like a setting. Source: HTM, "Configuration"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsFile:
    """A JSON file of settings and the copy kept of its last good state."""

    path: Path
    last_good: Path

    def exists(self) -> bool:
        """Whether there is anything to read."""
        return self.path.is_file()

    def keep(self) -> None:
        """Remember the file's present state as good."""
        # Without the copy today's settings still hold; only a later mistake costs more.
        with suppress(OSError):
            text = self.path.read_bytes()
            if not self.last_good.is_file() or self.last_good.read_bytes() != text:
                write_private(self.last_good, text)


def settings_files(places: Places) -> tuple[SettingsFile, SettingsFile, SettingsFile]:
    """The administrator's policy, above all other sources; the person's; the machine's."""
    kept = places.data / "last_good"
    return (
        SettingsFile(path=places.policy_file, last_good=kept / "policy.json"),
        SettingsFile(path=places.config_file, last_good=kept / "user.json"),
        SettingsFile(path=places.machine_config_file, last_good=kept / "machine.json"),
    )


def variables() -> Mapping[str, str]:
    """Environment variables that mean settings, by name as written."""
    return {
        name: value
        for name, value in os.environ.items()
        if (name.upper().startswith(PREFIX) and name.upper() != HOME_VARIABLE)
        or name.upper() in REFERENCE_VARIABLES
    }


def read_json_object(path: Path) -> dict[str, Any]:
    """The JSON object in a file.

    Raises:
        ConfigError: It cannot be read (E-CFG-902) or is no JSON object
            (E-CFG-901, with line and column).
    """
    try:
        value = json.loads(path.read_text("utf-8-sig"))
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise _broken("E-CFG-901", f"{path}: {place}: {error.msg}") from error
    except (OSError, UnicodeDecodeError, RecursionError) as error:
        raise _broken("E-CFG-902", f"{path} cannot be read: {error}") from error
    if not isinstance(value, dict):
        raise _broken("E-CFG-901", f"{path}: line 1, column 1: an object {{...}} is expected")
    return value


def flat(values: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """All values in nested mappings, by dotted name."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{above}{name}.")
        else:
            yield above + name, value


def _broken(code: str, message: str) -> ConfigError:
    return ConfigError([Fault(code=code, message=message)])
