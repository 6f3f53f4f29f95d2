"""One subscription: what it has yet to deal with, and the task that deals with it."""

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from casare_robot.domain.errors import StoreError
from casare_robot.groups.records import Event

log = logging.getLogger(__name__)

Handler: TypeAlias = Callable[[Any, Event], Awaitable[object] | object]
Sleep: TypeAlias = Callable[[float], Awaitable[object]]

PREFETCH = 100
"""Events that wait in memory; whoever is slower reads them from the log again."""
REMEMBERED_IDS = 10_000
"""Source: production robustness, ``EVENT_REGISTRY_MAX_SIZE``."""
RETRIES = (0.1, 0.5, 2.0)
"""Seconds before a handler that failed is called again."""


class Inbox:
    """The events of one subscription, in the order of each stream.

    A handler that fails is called again three times; then the event goes to
    ``on_dead`` and the next has its turn. A slow handler delays nobody else.

    Args:
        pattern: The topics it wants.
        subscriber: Whose it is.
        handler: Called with the payload and the event.
        filters: ``priority``, ``session``, ``conversation`` that events must have.
        page: Reads a page of a stream from the log: events after a number, and
            whether there may be more.
        on_done: Told of every delivery, and whether the event is news.
        on_dead: Told of an event that was given up, with the error.
        sleep: Waits.
        remembered: Events whose ids are known, so that none is dealt with twice.
    """

    def __init__(
        self,
        *,
        pattern: str,
        subscriber: str,
        handler: Handler,
        filters: Mapping[str, str],
        page: Callable[["Inbox", str, int], Awaitable[int]],
        on_done: Callable[[Event, bool], None],
        on_dead: Callable[["Inbox", Event, Exception], Awaitable[None]],
        sleep: Sleep,
        remembered: int = REMEMBERED_IDS,
    ) -> None:
        self.pattern = pattern
        self.subscriber = subscriber
        self.handler = handler
        self.filters = filters
        self.cursors: dict[str, int] = {}
        self.behind: dict[str, int] = {}
        self.ahead: dict[str, int] = {}
        """Up to here missed events are replayed by policy, beyond it all are delivered."""
        self.is_dirty = False
        self._page = page
        self._on_done = on_done
        self._on_dead = on_dead
        self._sleep = sleep
        self._remembered = remembered
        self._waiting: deque[Event] = deque()
        self._bell = asyncio.Event()
        self._idle = asyncio.Event()
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._task: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """Events in memory that are not dealt with."""
        return len(self._waiting)

    @property
    def known(self) -> tuple[str, ...]:
        """Ids of the last events that it dealt with."""
        return tuple(self._seen)

    @property
    def is_running(self) -> bool:
        """Whether it deals with events."""
        return self._task is not None

    def wants(self, event: Event) -> bool:
        """Whether the filters let it through."""
        return all(getattr(event, name) == value for name, value in self.filters.items())

    def begin(self) -> None:
        """Start the task."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name=f"events of {self.subscriber}")

    async def end(self) -> None:
        """Stop the task; what waits stays in the log."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def offer(self, event: Event) -> None:
        """Something new; nothing is lost if it does not fit."""
        if event.stream in self.behind or event.seq <= self.cursors.get(event.stream, 0):
            return
        self._idle.clear()
        if len(self._waiting) >= PREFETCH:
            self.behind[event.stream] = event.seq - 1
        else:
            self._waiting.append(event)
        self._bell.set()

    def catch_up(self, stream: str, after: int) -> None:
        """Read a stream from the log, from here on."""
        self.behind[stream] = after
        self._idle.clear()
        self._bell.set()

    async def settled(self) -> None:
        """Wait until there is nothing left to deal with."""
        if self._waiting or self.behind or not self._idle.is_set():
            await self._idle.wait()

    async def deliver(self, event: Event, *, is_live: bool = False) -> bool:
        """Call the handler for an event, whether seen before or not; whether it succeeded."""
        for delay in (*RETRIES, None):
            try:
                answer = self.handler(event.payload, event)
                if isinstance(answer, Awaitable):
                    await answer
            except Exception as error:
                log.warning("handler of %s failed on %s: %s", self.subscriber, event.topic, error)
                if delay is None:
                    log.exception("%s gave up event %s", self.subscriber, event.id)
                    await self._on_dead(self, event, error)
                    return False
                await self._sleep(delay)
            else:
                self._on_done(event, is_live)
                return True
        return False

    async def _run(self) -> None:
        while True:
            try:
                await self._deal_with_all()
            except StoreError as error:
                log.warning("events of %s wait: %s", self.subscriber, error)
            except Exception:
                log.exception("events of %s wait", self.subscriber)
            else:
                self._idle.set()
                self._bell.clear()
                await self._bell.wait()
                continue
            await self._sleep(RETRIES[-1])

    async def _deal_with_all(self) -> None:
        while self._waiting or self.behind:
            while self._waiting:
                await self.take(self._waiting[0])
                self._waiting.popleft()
            for stream, after in tuple(self.behind.items()):
                reached = await self._page(self, stream, after)
                if reached < 0:
                    self.behind.pop(stream, None)
                else:
                    self.behind[stream] = reached

    async def take(self, event: Event) -> None:
        """Deal with an event once, and move the cursor."""
        if event.id not in self._seen:
            await self.deliver(event, is_live=not self.is_past(event))
            self._seen[event.id] = None
            if len(self._seen) > self._remembered:
                self._seen.popitem(last=False)
        self.reached(event.stream, event.seq)

    def is_past(self, event: Event) -> bool:
        """Whether it was there before the subscription."""
        return event.seq <= self.ahead.get(event.stream, 0)

    def reached(self, stream: str, seq: int) -> None:
        """Nothing up to here is missing."""
        if seq > self.cursors.get(stream, -1):
            self.cursors[stream] = seq
            self.is_dirty = True
