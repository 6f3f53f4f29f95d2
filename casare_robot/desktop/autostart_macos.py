"""Start at login by a launch agent."""

import plistlib
from collections.abc import Sequence
from pathlib import Path

from casare_robot.desktop.autostart_state import AutostartState

LABEL = "casare-robot"


def state(command: Sequence[str]) -> AutostartState:
    """As launchd will read it."""
    file = _file()
    try:
        said = plistlib.loads(file.read_bytes())
    except FileNotFoundError:
        return AutostartState(is_on=False)
    except (OSError, plistlib.InvalidFileException, ValueError) as error:
        return AutostartState(is_on=False, why=f"{file} cannot be read: {error}")
    if said.get("Disabled") or not said.get("RunAtLoad"):
        return AutostartState(is_on=False, why="switched off in the launch agent")
    if said.get("ProgramArguments") != list(command):
        started = " ".join(map(str, said.get("ProgramArguments", ())))
        return AutostartState(is_on=True, why=f"starts another command: {started}")
    return AutostartState(is_on=True)


def enable(command: Sequence[str]) -> None:
    """Write the agent, whatever it was before."""
    file = _file()
    file.parent.mkdir(parents=True, exist_ok=True)
    about = {
        "Label": LABEL,
        "ProgramArguments": list(command),
        "RunAtLoad": True,
        "ProcessType": "Interactive",
        "LimitLoadToSessionType": "Aqua",
    }
    file.write_bytes(plistlib.dumps(about))


def disable() -> None:
    """Take the agent away."""
    _file().unlink(missing_ok=True)


def _file() -> Path:
    return Path.home() / "Library" / "LaunchAgents" / f"{LABEL}.plist"
