"""Reads the arguments of `run` without the command line library, which would stay in memory."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

SETTINGS = {
    "--orchestrator": "orchestrator_url",
    "--dialect": "orchestrator_dialect",
    "--robot-id": "robot_id",
    "--api-key": "api_key",
    "--environment": "environment",
    "--group": "group",
    "--role": "group_role",
    "--store": "store_url",
}
"""Option to setting."""


def read(arguments: Sequence[str]) -> dict[str, Any] | None:
    """Keyword arguments for `run_agent`.

    None where there is anything to explain or refuse: the library does that.
    """
    said: dict[str, str] = {}
    home: Path | None = None
    waiting = iter(arguments)
    for argument in waiting:
        name, equals, value = argument.partition("=")
        if not equals:
            value = next(waiting, "-")
            if value.startswith("-"):
                return None
        if name == "--home":
            home = Path(value)
        elif name in SETTINGS:
            said[SETTINGS[name]] = value
        else:
            return None
    return {"said": said, "home": home}
