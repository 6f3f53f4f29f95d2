"""How this installation starts its own programs."""

import sys
from pathlib import Path

from casare_robot.desktop.child_process import python_module


def own_command(*, has_window: bool = False) -> list[str]:
    """Program and arguments; on Windows one ``has_window`` does without a console."""
    if getattr(sys, "frozen", False):
        beside = Path(sys.executable).with_name(windowed())
        return [str(beside)] if has_window and beside.exists() else [sys.executable]
    command = python_module("casare_robot")
    without_console = Path(command[0]).with_name("pythonw.exe")
    if has_window and sys.platform == "win32" and without_console.exists():
        command[0] = str(without_console)
    return command


def windowed() -> str:
    """The installed program that has windows and no console."""
    return "CasareRobot.exe"


def agent_command(home: Path | None) -> list[str]:
    """Starts the robot without a screen."""
    return [*own_command(), "run", *_place(home)]


def tray_command(home: Path | None) -> list[str]:
    """Starts the face, hidden: what a login runs."""
    return [*own_command(has_window=True), "tray", "--hidden", *_place(home)]


def _place(home: Path | None) -> list[str]:
    return [] if home is None else ["--home", str(home.absolute())]
