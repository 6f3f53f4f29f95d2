"""Whether a person, or the orchestrator, has asked the robot to begin no more jobs."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Protocol

from casare_robot.domain.errors import JournalDamagedError

_KEY = "pause"


class Memory(Protocol):
    """What the robot remembers from one start to the next: the journal."""

    def remember(self, key: str, value: Any) -> None:
        """Keep plain data under this key; None forgets. Durable on return."""
        ...

    def recalled(self, key: str) -> Any:
        """What was kept under this key; None if nothing was.

        Raises:
            JournalDamagedError: It fails its checksum.
        """
        ...


class Pause:
    """A pause that survives a restart, and ends by itself if it has an end.

    Args:
        memory: Where it is kept.
        clock: Now, in UTC.
    """

    def __init__(self, memory: Memory, *, clock: Callable[[], datetime]) -> None:
        self._memory = memory
        self._clock = clock
        self._until: datetime | None = None
        self._note = ""
        self._has_begun = False
        try:
            kept = memory.recalled(_KEY)
        except JournalDamagedError as error:  # somebody may have paused it
            kept = (None, str(error))
        if kept is not None:
            until, self._note = kept
            self._until = None if until is None else datetime.fromtimestamp(until, UTC)
            self._has_begun = True

    @property
    def is_on(self) -> bool:
        """Whether it lasts."""
        return self._has_begun and (self._until is None or self._clock() < self._until)

    @property
    def until(self) -> datetime | None:
        """When it ends by itself."""
        return self._until if self.is_on else None

    @property
    def note(self) -> str:
        """What was said when it began."""
        return self._note if self.is_on else ""

    def begin(self, until: datetime | None = None, note: str = "") -> None:
        """Pause; in the place of an earlier pause."""
        self._memory.remember(_KEY, (None if until is None else until.timestamp(), note))
        self._until, self._note, self._has_begun = until, note, True

    def end(self) -> None:
        """Go on."""
        if self._has_begun:
            self._memory.remember(_KEY, None)
            self._has_begun = False
