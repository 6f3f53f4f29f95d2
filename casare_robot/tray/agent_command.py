"""How the robot itself is started."""

import sys
from pathlib import Path

from casare_robot.desktop.child_process import python_module


def own_command() -> list[str]:
    """Program and arguments of this installation."""
    if getattr(sys, "frozen", False):
        return [sys.executable]
    return python_module("casare_robot")


def agent_command(home: Path | None) -> list[str]:
    """Starts the robot without a screen."""
    place = ["--home", str(home)] if home is not None else []
    return [*own_command(), "run", *place]
