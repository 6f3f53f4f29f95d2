"""Whether a program starts when its user logs in; the truth, and changing it."""

import sys
from collections.abc import Sequence

from casare_robot.desktop.autostart_state import AutostartState

if sys.platform == "win32":
    from casare_robot.desktop import autostart_windows as system
elif sys.platform == "darwin":
    from casare_robot.desktop import autostart_macos as system
else:
    from casare_robot.desktop import autostart_xdg as system


class Autostart:
    """The start at login of one program, as the system has it.

    Args:
        command: Program and arguments.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._command = tuple(command)

    def state(self) -> AutostartState:
        """How it really is: what others changed counts."""
        return system.state(self._command)

    def turn(self, *, on: bool) -> None:
        """Switch it on, with this command, or off.

        Raises:
            OSError: It cannot be changed.
        """
        if on:
            system.enable(self._command)
        else:
            system.disable()
