"""Events and messages of a group: appended to its log, read at each subscriber's own cursor."""

import asyncio
import hashlib
import logging
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import TracebackType
from typing import Any, Self

import msgspec

from casare_robot.domain.errors import RequestTimeoutError
from casare_robot.groups.delivery_stats import DeliveryStats
from casare_robot.groups.event_text import (
    FLEET,
    GLOBAL,
    VERSION,
    body_of,
    event_of,
    key_of,
    new_id,
    stream_of,
)
from casare_robot.groups.inbox import Handler, Inbox, Sleep
from casare_robot.groups.log_reader import LogReader
from casare_robot.groups.records import CRITICAL, NORMAL, Event, ReplayPolicy
from casare_robot.groups.topics import TopicIndex, matches
from casare_robot.groups.words import canonical, one_of, options
from casare_robot.store.records import Entry, Fence
from casare_robot.store.store import Store

log = logging.getLogger(__name__)

RETENTION = 24 * 3600.0
PURGE_EVERY = 3600.0
HISTORY_AGE = 3600.0
HISTORY_LENGTH = 1000
REPLY_WITHIN = 30.0
WARN_EVERY = 1.0
POLICIES = ("none", "critical_only", "full")
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
        on_alert: Callable[[str], None] = log.critical,
    ) -> None:
        self.group = group
        self.robot = robot
        self.stream = stream_of(group) if group else FLEET
        self._store = store
        self.clock = clock
        self._sleep = sleep
        self._retention = retention
        self._alert = on_alert
        self._index: TopicIndex[Inbox] = TopicIndex()
        self._inboxes: dict[tuple[str, str], Inbox] = {}
        self._policies: dict[str, ReplayPolicy] = {}
        self._replies: dict[str, asyncio.Future[Any]] = {}
        self._warned = -WARN_EVERY
        self._own: Counter[str] = Counter()
        self._appended: dict[str, int] = {}
        self._delivery = DeliveryStats(
            clock, lambda late: on_alert(f"events need {late * 1000:.0f} ms (95th percentile)")
        )
        self._purged = self._tried_purge = clock()
        streams = tuple(dict.fromkeys((self.stream, FLEET)))
        self._reader = LogReader(
            store, streams, self._heard, self._before_wait, name=f"log of {self.stream}"
        )

    @property
    def channel_name(self) -> str:
        """A name for the group that every technology can carry.

        ``htm_wm_`` and the group's name with ``_`` for other characters; names
        that were changed or are long end with a hash, so that no two are equal.
        """
        plain = re.sub(r"[^A-Za-z0-9_]", "_", self.group)
        if plain == self.group and len(plain) <= 40:
            return f"htm_wm_{plain}"
        digest = hashlib.sha256(self.group.encode()).hexdigest()[:8]
        return f"htm_wm_{plain[:40]}_{digest}"

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
        for inbox in self._inboxes.values():
            self._begin(inbox)

    async def stop(self) -> None:
        """Stop listening; requests that wait for an answer are given up, cursors kept."""
        await self._reader.stop()
        for inbox in self._inboxes.values():
            await inbox.end()
        await self._save_cursors()
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
        inbox = Inbox(
            pattern=topic,
            subscriber=subscriber,
            handler=handler,
            filters=options(filters),
            page=self._page,
            on_done=self._delivered,
            on_dead=self._given_up,
            sleep=self._sleep,
        )
        self._inboxes[topic, subscriber] = inbox
        self._index.add(topic, inbox)
        if self.listening:
            self._begin(inbox)
        return partial(self._unlist, topic, subscriber)

    def unsubscribe(self, topic: str | None, subscriber: str) -> None:
        """End a subscription, or with None all of a subscriber; fine if there is none."""
        for known, who in tuple(self._inboxes):
            if who == subscriber and topic in (None, known):
                self._unlist(known, who)

    def on(self, type: str, handler: Handler, *, name: str = "") -> Callable[[], None]:
        """Have a handler called for messages of a type, or events of a topic."""
        subscriber = name or f"{self.robot}#{len(self._inboxes)}:{id(handler)}"
        topic = type if ":" in type or type == "*" else f"message:{canonical(type)}"
        return self.subscribe(topic, subscriber, handler)

    def off(self, type: str, handler: Handler) -> None:
        """Undo `on`."""
        topic = type if ":" in type or type == "*" else f"message:{canonical(type)}"
        for (known, who), inbox in tuple(self._inboxes.items()):
            if known == topic and _is_same(inbox.handler, handler):
                self._unlist(known, who)

    async def set_policy(self, subscriber: str, policy: Mapping[str, Any]) -> ReplayPolicy:
        """Say which missed events a subscriber gets; kept in the store."""
        given = options(policy)
        given["policy"] = one_of("policy", given.get("policy", "critical_only"), POLICIES)
        made = msgspec.convert(given, ReplayPolicy)
        await self._store.put("replay_policy", subscriber, msgspec.to_builtins(made))
        self._policies[subscriber] = made
        return made

    async def policy(self, subscriber: str) -> ReplayPolicy:
        """Which missed events a subscriber gets; by default the critical ones."""
        if subscriber not in self._policies:
            row = await self._store.get("replay_policy", subscriber)
            found = msgspec.convert(row.record, ReplayPolicy) if row else ReplayPolicy()
            self._policies[subscriber] = found
        return self._policies[subscriber]

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
        rule = await self.policy(subscriber)
        now = self.clock()
        first = await self._store.read(self.stream, limit=1)
        if since is not None and first.oldest > 1 and all(e.at > since for e in first.entries):
            await self._gap(subscriber, self.stream, 1, first.oldest - 1)
        begin = max(since or 0.0, now - rule.replay_window if rule.replay_window else 0.0)
        found = [
            event
            for event in await self._past(self.stream)
            if begin <= event.at < (until or float("inf"))
            and priority in (None, event.priority)
            and rule.lets(event.priority)
            and (not topics or any(matches(topic, event.topic) for topic in topics))
        ]
        most = min((n for n in (limit, rule.max_events) if n is not None), default=len(found))
        done = 0
        for event in found[max(0, len(found) - most) :]:
            heard = [
                inbox
                for inbox in self._index.listeners(key_of(event))
                if inbox.subscriber == subscriber and inbox.wants(event)
            ]
            results = [await inbox.deliver(event) for inbox in heard]
            done += any(results)
        return done

    async def history(self, channel: str | None = None, limit: int = 100) -> tuple[Event, ...]:
        """The newest of the last thousand events of the last hour, newest first.

        Args:
            channel: Only messages of this channel, or events of this topic.
            limit: At most so many.
        """
        streams = (FLEET,) if channel in (GLOBAL, "swarm:global") else (self.stream, FLEET)
        found = [e for s in dict.fromkeys(streams) for e in await self._past(s)]
        since = self.clock() - HISTORY_AGE
        wanted = None if channel is None else canonical(channel)
        kept = [
            event
            for event in sorted(found, key=lambda e: (e.at, e.seq))
            if event.at >= since
            and wanted in (None, canonical(event.channel), canonical(event.topic))
        ]
        return tuple(reversed(kept[-HISTORY_LENGTH:]))[:limit]

    async def trim(self, *, session: str | None = None, older_than: float | None = None) -> int:
        """Forget events: all, those of a session, or those older than so many seconds.

        Returns:
            How many. Those of one session stay numbered in the log, but nobody
            is shown them any more.
        """
        if session is None:
            keep = 0 if older_than is None else None
            return await self._store.trim(self.stream, keep=keep, max_age=older_than)
        past = [event for event in await self._past(self.stream) if event.session == session]
        if older_than is not None:
            past = [event for event in past if event.at < self.clock() - older_than]
        if past:
            key = f"{self.stream}|{session}"
            await self._store.put(
                "cleared_session", key, {"stream": self.stream, "upto": past[-1].seq}
            )
        return len(past)

    async def stats(self) -> dict[str, Any]:
        """What happened so far in this process, under the documents' names."""
        reading = await self._store.read(self.stream, after=self._reader.at(self.stream))
        past = await self._store.read(self.stream, after=0, limit=HISTORY_LENGTH)
        patterns = {topic for topic, _ in self._inboxes}
        return {
            "totalEventsPublished": self._own["sent"],
            "totalEventsDelivered": self._delivery.delivered,
            "activeSubscriptions": len(self._inboxes),
            "uniqueTopics": len(patterns),
            "eventsInReplayQueue": sum(inbox.waiting for inbox in self._inboxes.values())
            + len(reading.entries),
            "avgPropagationLatencyMs": self._delivery.mean * 1000,
            "p95PropagationLatencyMs": self._delivery.percentile(0.95) * 1000,
            "slowDeliveries": self._delivery.slow,
            "eventsByPriority": {CRITICAL: self._own[CRITICAL], NORMAL: self._own[NORMAL]},
            "eventHistorySizeBytes": sum(len(str(entry.body)) for entry in past.entries),
            "messagesSent": self._own["targeted"] + self._own["broadcasts"],
            "messagesReceived": self._own["messages"],
            "broadcastsSent": self._own["broadcasts"],
            "targetedSent": self._own["targeted"],
            "errors": self._own["errors"],
            "queueSize": sum(inbox.waiting for inbox in self._inboxes.values()),
            "handlers": sum(topic.startswith("message:") for topic in patterns),
            "subscriptions": sorted(patterns),
        }

    async def settled(self) -> None:
        """Wait until every subscription has dealt with all that was published so far."""
        await self._reader.look()
        for inbox in tuple(self._inboxes.values()):
            await inbox.settled()

    def _envelope(self) -> dict[str, Any]:
        return {"sender": self.robot, "sentAt": self.clock(), "version": VERSION}

    async def _append(self, stream: str, event: Event, fence: Fence | None = None) -> str:
        event = msgspec.structs.replace(event, sender=self.robot, group=self.group)
        self._appended[stream] = await self._store.append(stream, body_of(event), fence=fence)
        self._own["sent"] += 1
        self._own[event.priority] += 1
        self._reader.ring()
        return event.id

    def _unlist(self, topic: str, subscriber: str) -> None:
        inbox = self._inboxes.pop((topic, subscriber), None)
        if inbox is not None:
            self._index.remove(topic, inbox)
            self._reader.forget(inbox.end())

    def _begin(self, inbox: Inbox) -> None:
        for stream in self._reader.streams:
            now = max(self._reader.at(stream), self._appended.get(stream, 0))
            inbox.ahead.setdefault(stream, now)
            if stream not in inbox.cursors:
                inbox.catch_up(stream, -1)
        inbox.begin()

    async def _page(self, inbox: Inbox, stream: str, after: int) -> int:
        if after < 0:
            await self._resume(inbox, stream)
            after = inbox.ahead[stream]
            inbox.reached(stream, after)
        reading = await self._store.read(stream, after=after, limit=100)
        for entry in reading.entries:
            event = self._wanted(entry)
            if event is not None and self._is_for(inbox, event):
                await inbox.take(event)
            inbox.reached(stream, entry.seq)
            after = entry.seq
        return -1 if after >= self._reader.at(stream) else after

    async def _resume(self, inbox: Inbox, stream: str) -> None:
        """Deliver what was missed since the subscriber was last here, by its policy."""
        row = await self._store.get("cursor", self._cursor_key(inbox, stream))
        until = inbox.ahead[stream]
        after = int(row.record["seq"]) if row else until
        if after >= until:
            return
        is_state = canonical(inbox.pattern).startswith("memory:")
        rule = ReplayPolicy(policy="full") if is_state else await self.policy(inbox.subscriber)
        first = await self._store.read(stream, after=after, limit=1)
        if first.oldest > after + 1:
            await self._gap(inbox.subscriber, stream, after + 1, first.oldest - 1)
        now = self.clock()
        missed = [
            event
            for event in await self._past(stream, after=after)
            if event.seq <= until
            and self._is_for(inbox, event)
            and rule.lets(event.priority)
            and (rule.replay_window is None or event.at >= now - rule.replay_window)
        ]
        for event in missed[-rule.max_events :] if rule.max_events else missed:
            await inbox.take(event)

    async def _gap(self, subscriber: str, stream: str, first: int, last: int) -> None:
        log.error("%s missed %s %d to %d, purged already", subscriber, stream, first, last)
        await self.publish(
            "event_replay_gap_detected",
            {"subscriber": subscriber, "stream": stream, "from": first, "to": last},
            priority=CRITICAL,
        )

    async def _past(self, stream: str, *, after: int = 0) -> list[Event]:
        cleared = await self._store.find("cleared_session", {"stream": stream})
        upto = {row.key.partition("|")[2]: row.record["upto"] for row in cleared}
        events: list[Event] = []
        while True:
            reading = await self._store.read(stream, after=after)
            for entry in reading.entries:
                event = self._wanted(entry)
                if event is not None and event.seq > upto.get(event.session or "", 0):
                    events.append(event)
            if not reading.entries or reading.entries[-1].seq >= reading.newest:
                return events
            after = reading.entries[-1].seq

    def _wanted(self, entry: Entry) -> Event | None:
        """The event, unless it is somebody else's business."""
        event = event_of(entry)
        if event is None:
            log.error("entry %d of %s is no event and was passed over", entry.seq, entry.stream)
            return None
        if event.kind == "event":
            return event
        is_own = event.group == self.group and event.sender == self.robot
        is_ours = event.target in (None, self.group) and event.target_robot in (None, self.robot)
        return event if is_ours and (not is_own or event.target is not None) else None

    def _is_for(self, inbox: Inbox, event: Event) -> bool:
        keys = (key_of(event), event.channel) if event.channel else (key_of(event),)
        return inbox.wants(event) and any(inbox in self._index.listeners(key) for key in keys)

    def _heard(self, entry: Entry) -> None:
        event = self._wanted(entry)
        if event is None:
            return
        is_own = event.group == self.group and event.sender == self.robot
        self._own["received"] += not is_own
        self._own["messages"] += not is_own and event.kind != "event"
        if event.kind == "reply" and event.reply_to in self._replies:
            waiting = self._replies[event.reply_to]
            if not waiting.done():
                waiting.set_result(event.payload)
        listeners = self._index.listeners(key_of(event))
        if event.channel:
            listeners += self._index.listeners(event.channel)
        for inbox in dict.fromkeys(listeners):
            if inbox.wants(event):
                inbox.offer(event)

    def _delivered(self, event: Event, is_live: bool) -> None:
        now = self.clock()
        if not is_live:
            self._delivery.delivered += 1
        elif self._delivery.add(max(0.0, now - event.at)) and now - self._warned >= WARN_EVERY:
            self._warned = now
            late = (now - event.at) * 1000
            log.warning(
                "event %s needed %.0f ms (%d so far)", event.topic, late, self._delivery.slow
            )

    async def _given_up(self, inbox: Inbox, event: Event, error: Exception) -> None:
        self._own["errors"] += 1
        letter = {"subscriber": inbox.subscriber, "event": body_of(event), "error": str(error)}
        await self._store.put("dead_letter", f"{inbox.subscriber}|{event.id}", letter)
        if event.topic != "event:dead_letter":
            await self.publish(
                "event:dead_letter",
                {"subscriber": inbox.subscriber, "id": event.id, "error": str(error)},
                priority=CRITICAL,
            )

    def _cursor_key(self, inbox: Inbox, stream: str) -> str:
        digest = hashlib.sha256(f"{inbox.pattern}|{stream}".encode()).hexdigest()[:16]
        return f"{inbox.subscriber}|{digest}"

    async def _save_cursors(self) -> None:
        """Keep the cursors of those who gave a name; the others begin anew each time."""
        for inbox in self._inboxes.values():
            if not inbox.is_dirty or "#" in inbox.subscriber:
                continue
            inbox.is_dirty = False
            for stream, seq in inbox.cursors.items():
                record = {"subscriber": inbox.subscriber, "stream": stream, "seq": seq}
                await self._store.put("cursor", self._cursor_key(inbox, stream), record)

    async def _before_wait(self) -> None:
        """About once a second: keep cursors; each hour: forget what is too old."""
        await self._save_cursors()
        now = self.clock()
        if now - self._tried_purge < PURGE_EVERY:
            return
        self._tried_purge = now
        try:
            await self._store.trim(self.stream, max_age=self._retention)
        except Exception as error:
            if now - self._purged > RETENTION:
                self._alert(f"events could not be purged for more than a day: {error}")
            raise
        self._purged = now


def _is_same(a: Handler, b: Handler) -> bool:
    """Whether two handlers are one; each look at a method makes another object."""
    owner = getattr(a, "__self__", None)
    if owner is None:
        return a is b
    return owner is getattr(b, "__self__", None) and a == b
