"""Keeps the machine from falling asleep while it is held; the screen may go dark."""

import shutil
import subprocess
import sys
from typing import Protocol

from casare_robot.desktop.child_process import Child, start_child


class KeepAwake(Protocol):
    """Holds sleep off; ends with this process whatever happens."""

    def hold(self) -> bool:
        """Hold sleep off; False where this system has no way. Twice is once."""
        ...

    def release(self) -> None:
        """Let the machine sleep again."""
        ...


class Inhibitor:
    """A program that holds sleep off for as long as it runs.

    Args:
        command: The program and its arguments; it must go on until it is killed.
    """

    def __init__(self, command: tuple[str, ...]) -> None:
        self._command = command
        self._child: Child | None = None

    def hold(self) -> bool:
        """Start the program, if it is there."""
        if self._child is not None:
            return self._child.process.poll() is None
        if shutil.which(self._command[0]) is None:
            return False
        self._child = start_child(self._command, errors=subprocess.DEVNULL)
        return True

    def release(self) -> None:
        """End the program."""
        if self._child is not None:
            self._child.end()
            self._child = None


if sys.platform == "win32":
    import ctypes

    _CONTINUOUS, _SYSTEM_REQUIRED = 0x80000000, 0x00000001

    class _Execution:
        """The state of the calling thread, so both calls come from one thread."""

        def hold(self) -> bool:
            return self._set(_CONTINUOUS | _SYSTEM_REQUIRED)

        def release(self) -> None:
            self._set(_CONTINUOUS)

        def _set(self, flags: int) -> bool:
            return bool(ctypes.windll.kernel32.SetThreadExecutionState(flags))

    def keep_awake() -> KeepAwake:
        """This system's way."""
        return _Execution()

elif sys.platform == "darwin":

    def keep_awake() -> KeepAwake:
        """This system's way."""
        return Inhibitor(("caffeinate", "-i"))

else:

    def keep_awake() -> KeepAwake:
        """This system's way."""
        why = ("--what=sleep:idle", "--who=CasareRobot", "--why=a job runs", "--mode=block")
        return Inhibitor(("systemd-inhibit", *why, "cat"))
