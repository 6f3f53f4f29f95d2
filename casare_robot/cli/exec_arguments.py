"""Reads the arguments of `exec` without the command line library, which takes longer than a job."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

_TEXTS = {"--job": "job_id"}
_PATHS = {"--vars": "variables_file", "--home": "home"}


def read(arguments: Sequence[str]) -> dict[str, Any] | None:
    """Keyword arguments for `exec_workflow`.

    None where there is anything to explain or refuse: the library does that.
    """
    found: dict[str, Any] = {"file": None, "variables": []}
    waiting = iter(arguments)
    for argument in waiting:
        if argument == "--json":
            found["json_output"] = True
            continue
        if not argument.startswith("-"):
            if found["file"] is not None:
                return None
            found["file"] = Path(argument)
            continue
        name, equals, value = argument.partition("=")
        if not equals:
            value = next(waiting, "-")
            if value.startswith("-"):
                return None
        if name == "--var":
            found["variables"].append(value)
        elif name in _TEXTS:
            found[_TEXTS[name]] = value
        elif name in _PATHS:
            found[_PATHS[name]] = Path(value)
        else:
            return None
    return found
