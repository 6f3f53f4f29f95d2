"""An event, who watches for it, and how it becomes a job exactly once."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

import msgspec

from casare_robot.domain.job_history import HistoryEntry
from casare_robot.domain.policy import Policy

Sleep = Callable[[float], Awaitable[None]]


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something happened.

    ``key`` is the same whenever the same event is seen again: the job's id comes
    of it. ``payload`` maps the trigger's ports to values.
    """

    key: str
    payload: Mapping[str, Any]


class Deliver(Protocol):
    """Hands events over; returns when each has its job on disk and the cursor is kept."""

    async def __call__(self, events: Sequence[Event], cursor: Any) -> None:
        """Start a job for each event that has none yet, then keep where to go on.

        Raises:
            JobRefusedError: The robot takes no jobs now; the cursor stays where it was.
            DiskFullError: No space; the same.
        """
        ...


class Source(Protocol):
    """Watches for the events of one trigger."""

    async def run(self, cursor: Any, deliver: Deliver) -> None:
        """Watch until cancelled, from where ``cursor`` says; None: from now on.

        Raises:
            Exception: It cannot look now; whoever runs it waits and begins again.
        """
        ...


class Look(NamedTuple):
    """What one look found, where the next goes on, and in how many seconds."""

    events: Sequence[Event]
    cursor: Any
    wait: float


class Surroundings(NamedTuple):
    """What sources may use of the robot.

    ``policy`` says what they may touch; ``ended_jobs`` gives those that have ended since a
    cursor, and the next cursor; it blocks. ``secret`` gives one by name, None if there is none.
    """

    clock: Callable[[], datetime]
    sleep: Sleep
    policy: Callable[[], Policy]
    ended_jobs: Callable[[Any], tuple[Sequence[HistoryEntry], Any]]
    secret: Callable[[str], str | None] = lambda _name: None

    def log(self, level: str, message: str) -> None:
        """Say something in the robot's own log."""
        import logging

        logging.getLogger("casare_robot.triggers").log(
            logging.getLevelNamesMapping().get(level.upper(), logging.INFO), "%s", message
        )


class Polled:
    """A source that looks, hands over what it found, and waits.

    Args:
        look: One look at what there is now, from a cursor on.
        sleep: Waits.
        least: Seconds between two looks at least, whatever a look says.
    """

    def __init__(
        self, look: Callable[[Any], Awaitable[Look]], *, sleep: Sleep, least: float = 1.0
    ) -> None:
        self._look = look
        self._sleep = sleep
        self._least = least

    async def run(self, cursor: Any, deliver: Deliver) -> None:
        """Look for ever."""
        while True:
            found = await self._look(cursor)
            if found.events or found.cursor != cursor:
                await deliver(found.events, found.cursor)
            cursor = found.cursor
            await self._sleep(max(found.wait, self._least))


def names_in(text: str) -> tuple[str, ...]:
    """The entries of a comma-separated list. Pure."""
    return tuple(entry.strip() for entry in text.split(",") if entry.strip())
