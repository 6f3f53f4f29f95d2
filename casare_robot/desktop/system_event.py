"""What happens to the session or the machine, as the system tells it."""

from collections.abc import Callable
from enum import StrEnum


class SystemEvent(StrEnum):
    """What happens to the session or the machine."""

    SUSPENDING = "suspending"
    RESUMED = "resumed"
    LOCKED = "locked"
    UNLOCKED = "unlocked"
    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    ENDING = "ending"


Tell = Callable[[SystemEvent], object]
