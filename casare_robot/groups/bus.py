"""Events and messages of a group: appended to its log, read at each subscriber's own cursor."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import TracebackType
from typing import Any, Self

import msgspec

from casare_robot.domain.errors import RequestTimeoutError, StoreError
from casare_robot.groups.bus_figures import bus_figures
from casare_robot.groups.event_text import (
    FLEET,
    GLOBAL,
    VERSION,
    body_of,
    channel_name,
    new_id,
    stream_of,
)
from casare_robot.groups.inbox import REMEMBERED_IDS, Handler, Inbox, Sleep
from casare_robot.groups.log_purge import LogPurge
from casare_robot.groups.log_reader import LogReader
from casare_robot.groups.past_events import HISTORY_LENGTH, PastEvents
from casare_robot.groups.records import CRITICAL, NORMAL, Event, ReplayPolicy
from casare_robot.groups.replay import Replay
from casare_robot.groups.subscriptions import Subscriptions
from casare_robot.groups.words import canonical, one_of, options
from casare_robot.store.records import Entry, Fence
from casare_robot.store.store import Store

log = logging.getLogger(__name__)

RETENTION = 24 * 3600.0
DEAD_FOR = 7 * 24 * 3600.0
"""Seconds that an event is kept that a handler could not deal with."""
REPLY_WITHIN = 30.0
CHANNELS = ("coordination", "agents", "tasks", "events")


class Bus:
    """The events of one group, and of the fleet.

    Whatever is published is one durable line of the group's log; every
    subscription reads that log from a cursor of its own, so a signal that is
    missed loses nothing. Used with ``async with``, or `start` and `stop`.

    Args:
        store: Where the logs are.
        group: Whose log it writes; "" for the fleet's.
        robot: Who publishes; its own messages are not delivered to it.
        clock: Seconds, the store's.
        sleep: Waits between the retries of a handler that failed.
        retention: Seconds that events are kept.
        remembered: Events whose ids each subscription knows, to deal with none twice.
        on_alert: Told what people must know.
    """

    def __init__(
        self,
        store: Store,
        group: str = "",
        *,
        robot: str = "",
        clock: Callable[[], float] = time.time,
        sleep: Sleep = asyncio.sleep,
        retention: float = RETENTION,
        remembered: int = REMEMBERED_IDS,
        on_alert: Callable[[str], None] = log.critical,
    ) -> None:
        self.group = group
        self.robot = robot
        self.stream = stream_of(group) if group else FLEET
        self._store = store
        self.clock = clock
        self._replies: dict[str, asyncio.Future[Any]] = {}
        self._own: Counter[str] = Counter()
        self._past = PastEvents(store, self._concerns, clock)
        self._replay = Replay(store, self._past, clock=clock, tell_gap=self._tell_gap)
        streams = tuple(dict.fromkeys((self.stream, FLEET)))
        self._purge = LogPurge(store, streams, retention=retention, clock=clock, alert=on_alert)
        self._reader = LogReader(
            store, streams, self._heard, self._purged, self.tidy, name=f"log of {self.stream}"
        )
        self._subscriptions = Subscriptions(
            store,
            self._past,
            self._replay,
            position=self._reader,
            clock=clock,
            sleep=sleep,
            on_slow=lambda late: on_alert(f"events need {late * 1000:.0f} ms (95th percentile)"),
            on_dead=self._given_up,
            remembered=remembered,
        )

    @property
    def channel_name(self) -> str:
        """A name for the group that every technology can carry.

        ``htm_wm_`` and the group's name with ``_`` for other characters; names
        that were changed or are long end with a hash, so that no two are equal.
        """
        return channel_name(self.group)

    @property
    def listening(self) -> bool:
        """Whether it hears what others publish."""
        return self._reader.is_running

    @property
    def notifications_received(self) -> int:
        """Events of others that it has read."""
        return self._own["received"]

    async def look(self) -> None:
        """Read now what is new."""
        if self.listening:
            await self._reader.look()

    async def start(self) -> None:
        """Begin to listen; doing so twice is fine. What is published from now on is heard."""
        await self._reader.start()
        for inbox in self._subscriptions.inboxes.values():
            self._subscriptions.begin(inbox)

    async def stop(self) -> None:
        """Stop listening; requests that wait for an answer are given up, cursors kept."""
        await self._reader.stop()
        inboxes = self._subscriptions.inboxes.values()
        for inbox in inboxes:
            await inbox.end()
        try:
            await self._replay.save_cursors(inboxes)
        except StoreError as error:
            log.warning("some events of %s may be delivered again: %s", self.stream, error)
        for waiting in self._replies.values():
            waiting.cancel()
        self._replies.clear()

    async def __aenter__(self) -> Self:
        """Start."""
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        await self.stop()

    async def publish(
        self, topic: str, payload: Any = None, *, fence: Fence | None = None, **given: Any
    ) -> str:
        """Add an event to the group's log; its id.

        Args:
            topic: Words with colons between them.
            payload: Any JSON.
            fence: In whose name.
            given: ``priority`` (normal, critical), ``session``, ``conversation``,
                ``metadata``, ``channel``; the documents' spellings are fine.
        """
        known = options(given)
        known["priority"] = one_of("priority", known.get("priority", NORMAL), (NORMAL, CRITICAL))
        event = Event(id=new_id(), topic=topic, payload=payload, **known)
        return await self._append(self.stream, event, fence)

    async def send(
        self,
        group: str,
        type: str,
        payload: Any = None,
        *,
        robot: str | None = None,
        channel: str | None = None,
        priority: str = NORMAL,
        kind: str = "message",
        reply_to: str | None = None,
        message_id: str | None = None,
    ) -> str:
        """Send a message to a group, or to one robot of it; its id.

        ``channel`` is where handlers of channels hear it: coordination, agents,
        tasks, events, or by default the group's own.
        """
        event = Event(
            id=message_id or new_id(),
            topic=type,
            payload=payload,
            kind=kind,
            priority=priority,
            target=group,
            target_robot=robot,
            channel=f"group:{channel}" if channel else stream_of(group),
            reply_to=reply_to,
            metadata=self._envelope(),
        )
        stream = FLEET if channel in CHANNELS else stream_of(group)
        self._own["targeted"] += 1
        return await self._append(stream, event)

    async def broadcast(self, type: str, payload: Any = None, *, priority: str = NORMAL) -> str:
        """Send a message to everybody else; its id."""
        event = Event(
            id=new_id(),
            topic=type,
            payload=payload,
            kind="message",
            priority=priority,
            channel=GLOBAL,
            metadata=self._envelope(),
        )
        self._own["broadcasts"] += 1
        return await self._append(FLEET, event)

    async def request(
        self,
        group: str,
        type: str,
        payload: Any = None,
        *,
        robot: str | None = None,
        timeout: float = REPLY_WITHIN,
    ) -> Any:
        """Send a message and wait for the answer; its payload.

        Raises:
            RequestTimeoutError: Nobody answered in so many seconds.
        """
        request = new_id()
        waiting: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._replies[request] = waiting
        try:
            await self.send(group, type, payload, robot=robot, kind="request", message_id=request)
            async with asyncio.timeout(timeout):
                return await waiting
        except TimeoutError:
            raise RequestTimeoutError(request) from None
        finally:
            self._replies.pop(request, None)

    async def reply(self, to: Event, payload: Any = None) -> str:
        """Answer a request."""
        robot = to.sender or None
        return await self.send(
            to.group, "response", payload, robot=robot, kind="reply", reply_to=to.id
        )

    def subscribe(
        self, topic: str, subscriber: str, handler: Handler, **filters: str
    ) -> Callable[[], None]:
        """Have a handler called for every event of a topic, from now on.

        A subscriber that was here before also gets what it missed since, as its
        replay policy says; ``memory:*`` whole, because it is state and not news.

        Args:
            topic: May hold ``*``; or the channel of messages (``swarm:global``).
            subscriber: Who listens; its cursor is kept under this name.
            handler: Called with payload and event; may be a coroutine function.
            filters: ``priority``, ``session``, ``conversation``.

        Returns:
            Ends the subscription.
        """
        self._unlist(topic, subscriber)
        inbox = self._subscriptions.add(topic, subscriber, handler, options(filters))
        if self.listening:
            self._subscriptions.begin(inbox)
        return partial(self._unlist, topic, subscriber)

    def unsubscribe(self, topic: str | None, subscriber: str) -> None:
        """End a subscription, or with None all of a subscriber; fine if there is none."""
        for known, who in tuple(self._subscriptions.inboxes):
            if who == subscriber and topic in (None, known):
                self._unlist(known, who)

    def inbox(self, topic: str, subscriber: str) -> Inbox:
        """What a subscription has dealt with, and has yet to."""
        return self._subscriptions.inboxes[topic, subscriber]

    def on(self, type: str, handler: Handler, *, name: str = "") -> Callable[[], None]:
        """Have a handler called for messages of a type, or events of a topic."""
        subscriber = name or f"{self.robot}#{len(self._subscriptions.inboxes)}:{id(handler)}"
        topic = type if ":" in type or type == "*" else f"message:{canonical(type)}"
        return self.subscribe(topic, subscriber, handler)

    def off(self, type: str, handler: Handler) -> None:
        """Undo `on`."""
        topic = type if ":" in type or type == "*" else f"message:{canonical(type)}"
        for subscriber in self._subscriptions.subscribers_with(topic, handler):
            self._unlist(topic, subscriber)

    async def set_policy(self, subscriber: str, policy: Mapping[str, Any]) -> ReplayPolicy:
        """Say which missed events a subscriber gets; kept in the store."""
        return await self._replay.set_policy(subscriber, policy)

    async def policy(self, subscriber: str) -> ReplayPolicy:
        """Which missed events a subscriber gets; by default the critical ones."""
        return await self._replay.policy(subscriber)

    async def replay(
        self,
        subscriber: str,
        *,
        since: float | None = None,
        until: float | None = None,
        priority: str | None = None,
        topics: Sequence[str] = (),
        limit: int | None = None,
    ) -> int:
        """Deliver past events again, oldest first, as the subscriber's policy lets; how many.

        Args:
            subscriber: To all its handlers that want them.
            since: Seconds of the store's clock, as ``until``.
            until: Exclusive.
            priority: Only this one.
            topics: Only these; may hold ``*``.
            limit: The newest so many.

        What was purged already is told as ``event_replay_gap_detected``.
        """
        chosen = await self._replay.chosen(
            self.stream,
            subscriber,
            since=since,
            until=until,
            priority=priority,
            topics=topics,
            limit=limit,
        )
        deliver = self._subscriptions.deliver_again
        return sum([await deliver(event, subscriber) for event in chosen])

    async def history(self, channel: str | None = None, limit: int = 100) -> tuple[Event, ...]:
        """The newest of the last thousand events of the last hour, newest first.

        Args:
            channel: Only messages of this channel, or events of this topic.
            limit: At most so many.
        """
        streams = (FLEET,) if channel in (GLOBAL, "swarm:global") else (self.stream, FLEET)
        return await self._past.newest(streams, channel, limit=limit)

    async def trim(self, *, session: str | None = None, older_than: float | None = None) -> int:
        """Forget events: all, those of a session, or those older than so many seconds.

        Returns:
            How many. Those of one session stay numbered in the log, but nobody
            is shown them any more.
        """
        if session is None:
            keep = 0 if older_than is None else None
            return await self._store.trim(self.stream, keep=keep, max_age=older_than)
        before = None if older_than is None else self.clock() - older_than
        return await self._past.hide(self.stream, session, before=before)

    async def stats(self) -> dict[str, Any]:
        """What happened so far in this process, under the documents' names."""
        reading = await self._store.read(self.stream, after=self._reader.at(self.stream))
        past = await self._store.read(self.stream, after=0, limit=HISTORY_LENGTH)
        return bus_figures(
            self._own,
            self._subscriptions.delivery,
            self._subscriptions.inboxes.values(),
            unread=len(reading.entries),
            bodies=(entry.body for entry in past.entries),
        )

    async def settled(self) -> None:
        """Wait until every subscription has dealt with all that was published so far."""
        await self._reader.look()
        await self._subscriptions.settled()

    async def tidy(self) -> None:
        """Keep the cursors, and forget what is too old if that is due; done about once a second."""
        await self._replay.save_cursors(self._subscriptions.inboxes.values())
        await self._purge.when_due()

    def _envelope(self) -> dict[str, Any]:
        return {"sender": self.robot, "sentAt": self.clock(), "version": VERSION}

    async def _append(self, stream: str, event: Event, fence: Fence | None = None) -> str:
        event = msgspec.structs.replace(event, sender=self.robot, group=self.group)
        number = await self._store.append(stream, body_of(event), fence=fence)
        self._subscriptions.appended[stream] = number
        self._own["sent"] += 1
        self._own[event.priority] += 1
        self._reader.ring(stream)
        return event.id

    def _unlist(self, topic: str, subscriber: str) -> None:
        inbox = self._subscriptions.remove(topic, subscriber)
        if inbox is not None:
            self._reader.forget(inbox.end())

    async def _tell_gap(self, gap: dict[str, Any]) -> None:
        await self.publish("event_replay_gap_detected", gap, priority=CRITICAL)

    async def _purged(self, stream: str, first: int, last: int) -> None:
        """Every subscriber missed it, however its handlers keep up."""
        for who in dict.fromkeys(who for _, who in tuple(self._subscriptions.inboxes)):
            await self._replay.tell_gap(who, stream, first, last)

    def _concerns(self, event: Event) -> bool:
        """Whether it is not somebody else's business, nor a message of its own."""
        if event.kind == "event":
            return True
        is_ours = event.target in (None, self.group) and event.target_robot in (None, self.robot)
        return is_ours and (not self._is_own(event) or event.target is not None)

    def _is_own(self, event: Event) -> bool:
        return event.group == self.group and event.sender == self.robot

    def _heard(self, entry: Entry) -> None:
        event = self._past.of(entry)
        if event is None:
            return
        is_own = self._is_own(event)
        self._own["received"] += not is_own
        self._own["messages"] += not is_own and event.kind != "event"
        if event.kind == "reply" and event.reply_to in self._replies:
            waiting = self._replies[event.reply_to]
            if not waiting.done():
                waiting.set_result(event.payload)
        self._subscriptions.offer(event)

    async def _given_up(self, inbox: Inbox, event: Event, error: Exception) -> None:
        self._own["errors"] += 1
        letter = {"subscriber": inbox.subscriber, "event": body_of(event), "error": str(error)}
        key = f"{inbox.subscriber}|{event.id}"
        await self._store.put("dead_letter", key, letter, ttl=DEAD_FOR)
        if event.topic != "event:dead_letter":
            await self.publish(
                "event:dead_letter",
                {"subscriber": inbox.subscriber, "id": event.id, "error": str(error)},
                priority=CRITICAL,
            )
