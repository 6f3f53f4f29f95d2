"""What the system tells programs that run for long: it sleeps, somebody locks it, it ends.

Where a system tells nothing the robot finds out by looking, a little later.
"""

import sys
from typing import Protocol

from casare_robot.desktop.system_event import Tell


class SystemEvents(Protocol):
    """Tells of them, until it is closed."""

    def listen(self, tell: Tell, *, ending: str) -> None:
        """Begin.

        Args:
            tell: Called in a thread of its own; must not block.
            ending: Why the system should wait for this program when it ends, for people.
        """
        ...

    def close(self) -> None:
        """Stop; a system that waits for this program to end waits no longer."""
        ...


class NoSystemEvents:
    """A system that tells nothing."""

    def listen(self, tell: Tell, *, ending: str) -> None:
        """Nothing will be told."""

    def close(self) -> None:
        """There is nothing to stop."""


def system_events() -> SystemEvents:
    """Those of this system."""
    if sys.platform == "win32":
        from casare_robot.desktop.system_events_windows import WindowsEvents

        return WindowsEvents()
    return NoSystemEvents()
