"""Who listens in this process, and how what is new in the logs gets to them."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from casare_robot.groups.delivery_stats import DeliveryStats
from casare_robot.groups.event_text import key_of
from casare_robot.groups.inbox import Handler, Inbox, Sleep
from casare_robot.groups.past_events import PastEvents
from casare_robot.groups.records import Event
from casare_robot.groups.replay import Replay
from casare_robot.groups.topics import TopicIndex
from casare_robot.store.store import Store

log = logging.getLogger(__name__)

WARN_EVERY = 1.0
PAGE = 100


class Position(Protocol):
    """How far the logs are known; a `LogReader`."""

    streams: tuple[str, ...]

    def at(self, stream: str) -> int:
        """The last number that was handed over."""
        ...


class Subscriptions:
    """The inboxes of one bus, found by topic.

    Args:
        store: Where the logs are.
        past: Reads entries as events.
        replay: What a subscriber missed.
        position: How far the logs are known.
        clock: Seconds, the store's.
        sleep: Waits between the retries of a handler that failed.
        on_slow: Told once per five minutes that deliveries are slow, in seconds.
        on_dead: Told of an event that a handler could not deal with.
        remembered: Events whose ids each subscription knows.
    """

    def __init__(
        self,
        store: Store,
        past: PastEvents,
        replay: Replay,
        *,
        position: Position,
        clock: Callable[[], float],
        sleep: Sleep,
        on_slow: Callable[[float], None],
        on_dead: Callable[[Inbox, Event, Exception], Awaitable[None]],
        remembered: int,
    ) -> None:
        self.inboxes: dict[tuple[str, str], Inbox] = {}
        self.delivery = DeliveryStats(clock, on_slow)
        self.appended: dict[str, int] = {}
        """The last number of each log that this process wrote itself."""
        self._store = store
        self._past = past
        self._replay = replay
        self._position = position
        self._clock = clock
        self._sleep = sleep
        self._on_dead = on_dead
        self._remembered = remembered
        self._index: TopicIndex[Inbox] = TopicIndex()
        self._warned = -WARN_EVERY

    def add(
        self, topic: str, subscriber: str, handler: Handler, filters: Mapping[str, str]
    ) -> Inbox:
        """Make the inbox of a subscription; `begin` has it deliver."""
        inbox = Inbox(
            pattern=topic,
            subscriber=subscriber,
            handler=handler,
            filters=filters,
            page=self._page,
            on_done=self._delivered,
            on_dead=self._on_dead,
            sleep=self._sleep,
            remembered=self._remembered,
        )
        self.inboxes[topic, subscriber] = inbox
        self._index.add(topic, inbox)
        return inbox

    def remove(self, topic: str, subscriber: str) -> Inbox | None:
        """Take a subscription out, to be ended; None if there was none."""
        inbox = self.inboxes.pop((topic, subscriber), None)
        if inbox is not None:
            self._index.remove(topic, inbox)
        return inbox

    def subscribers_with(self, topic: str, handler: Handler) -> list[str]:
        """Who listens to a topic with this handler."""
        return [
            who
            for (known, who), inbox in self.inboxes.items()
            if known == topic and _is_same(inbox.handler, handler)
        ]

    def begin(self, inbox: Inbox) -> None:
        """Have an inbox deliver: what it missed, and everything from now on."""
        for stream in self._position.streams:
            now = max(self._position.at(stream), self.appended.get(stream, 0))
            if inbox.cursors.get(stream, -1) < now and not inbox.is_running:
                inbox.ahead[stream] = now
                inbox.catch_up(stream, -1)
        inbox.begin()

    def offer(self, event: Event) -> None:
        """Hand a new event to all who want it."""
        listeners = self._index.listeners(key_of(event))
        if event.channel:
            listeners += self._index.listeners(event.channel)
        for inbox in dict.fromkeys(listeners):
            if inbox.wants(event):
                inbox.offer(event)

    async def deliver_again(self, event: Event, subscriber: str) -> bool:
        """Call a subscriber's handlers for a past event; whether one dealt with it."""
        heard = [
            inbox
            for inbox in self._index.listeners(key_of(event))
            if inbox.subscriber == subscriber and inbox.wants(event)
        ]
        return any([await inbox.deliver(event) for inbox in heard])

    async def settled(self) -> None:
        """Wait until all have dealt with what they were handed."""
        for inbox in tuple(self.inboxes.values()):
            await inbox.settled()

    async def _page(self, inbox: Inbox, stream: str, after: int) -> int:
        if after < 0:
            for event in await self._replay.missed(inbox, stream, is_for=self._is_for):
                await inbox.take(event)
            after = inbox.ahead[stream]
            inbox.reached(stream, after)
        reading = await self._store.read(stream, after=after, limit=PAGE)
        if reading.oldest > after + 1:
            await self._replay.tell_gap(inbox.subscriber, stream, after + 1, reading.oldest - 1)
            after = reading.oldest - 1
            inbox.reached(stream, after)
        for entry in reading.entries:
            new = self._past.of(entry)
            if new is not None and self._is_for(inbox, new):
                await inbox.take(new)
            inbox.reached(stream, entry.seq)
            after = entry.seq
        return -1 if after >= self._position.at(stream) else after

    def _is_for(self, inbox: Inbox, event: Event) -> bool:
        keys = (key_of(event), event.channel) if event.channel else (key_of(event),)
        return inbox.wants(event) and any(inbox in self._index.listeners(key) for key in keys)

    def _delivered(self, event: Event, is_live: bool) -> None:
        now = self._clock()
        if not is_live:
            self.delivery.delivered += 1
        elif self.delivery.add(max(0.0, now - event.at)) and now - self._warned >= WARN_EVERY:
            self._warned = now
            late = (now - event.at) * 1000
            log.warning(
                "event %s needed %.0f ms (%d so far)", event.topic, late, self.delivery.slow
            )


def _is_same(a: Handler, b: Handler) -> bool:
    """Whether two handlers are one; each look at a method makes another object."""
    owner = getattr(a, "__self__", None)
    if owner is None:
        return a is b
    return owner is getattr(b, "__self__", None) and a == b
