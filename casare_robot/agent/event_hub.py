"""Tells what happens to whoever listens; nobody who listens can hold anybody up."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from casare_robot.domain.face_events import FaceEvent, PassingShown, QuestionAsked
from casare_robot.domain.job import JobId
from casare_robot.domain.robot_events import (
    JobLogged,
    NodeCompleted,
    NodeFailed,
    NodeStarted,
    RobotEvent,
    StatusChanged,
)

log = logging.getLogger(__name__)

MOST_PROGRESS = 1_000
"""Events a slow listener may be behind before it misses progress."""
MOST_EVENTS = 5_000
"""Events of any kind it may be behind; then it has gone to sleep and is let go."""

_PROGRESS = (NodeStarted, NodeCompleted, NodeFailed, JobLogged, PassingShown)

E = TypeVar("E", bound=RobotEvent | FaceEvent)


class Subscription(Generic[E]):
    """What one listener has not read yet.

    Args:
        job_id: Only events of this job; None: all.
    """

    def __init__(self, job_id: JobId | None = None) -> None:
        self._job_id = job_id
        self._events: deque[E] = deque()
        self._arrived = asyncio.Event()
        self._is_closed = False

    def put(self, event: E) -> None:
        """Add an event, if it has room; a newer state takes the place of an unread one."""
        if self._job_id not in (None, getattr(event, "job_id", None)):
            return
        if isinstance(event, _PROGRESS) and len(self._events) >= MOST_PROGRESS:
            return
        if self._events and isinstance(event, StatusChanged | QuestionAsked):
            if _is_same(self._events[-1], event):
                self._events.pop()
        elif len(self._events) >= MOST_EVENTS:
            self.close()
            return
        self._events.append(event)
        self._arrived.set()

    def close(self) -> None:
        """No more events come; what is there can still be read."""
        self._is_closed = True
        self._arrived.set()

    async def next(self) -> E | None:
        """The next event, or None when no more come. Cancelling loses nothing."""
        while not self._events:
            if self._is_closed:
                return None
            self._arrived.clear()
            await self._arrived.wait()
        return self._events.popleft()


def _is_same(unread: object, event: StatusChanged | QuestionAsked) -> bool:
    """Whether the newer one makes the unread one needless."""
    if isinstance(event, StatusChanged):
        return isinstance(unread, StatusChanged)
    return isinstance(unread, QuestionAsked) and unread.question_id == event.question_id


class EventHub:
    """Passes events on to sinks at once and to subscriptions for later.

    Belongs to the event loop's thread. Sinks must not block; what one raises is
    logged and harms nobody.
    """

    def __init__(self) -> None:
        self._sinks: list[Callable[[RobotEvent], None]] = []
        self._subscriptions: set[Subscription[RobotEvent]] = set()

    def add_sink(self, sink: Callable[[RobotEvent], None]) -> None:
        """Pass every event on to this function as well."""
        self._sinks.append(sink)

    def tell(self, event: RobotEvent) -> None:
        """Pass an event on."""
        for sink in self._sinks:
            try:
                sink(event)
            except Exception:
                log.exception("a sink failed on %s", type(event).__name__)
        for subscription in self._subscriptions:
            subscription.put(event)

    @contextmanager
    def subscribed(self, job_id: JobId | None = None) -> Iterator[Subscription[RobotEvent]]:
        """Listen to all, or to one job, for as long as the context lasts."""
        subscription: Subscription[RobotEvent] = Subscription(job_id)
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)

    def close(self) -> None:
        """Let all listeners go."""
        for subscription in self._subscriptions:
            subscription.close()
