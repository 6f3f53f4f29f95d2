"""Which of the events that a subscriber missed it gets, by its policy and its cursor."""

import hashlib
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from casare_robot.groups.inbox import Inbox
from casare_robot.groups.past_events import PastEvents
from casare_robot.groups.records import Event, ReplayPolicy
from casare_robot.groups.topics import matches
from casare_robot.groups.words import canonical, one_of, options
from casare_robot.store.store import Store

log = logging.getLogger(__name__)

POLICIES = ("none", "critical_only", "full")


class Replay:
    """The policies and cursors of subscribers, and what they missed.

    Args:
        store: Where they are.
        past: Reads what was published before.
        clock: Seconds, the store's.
        tell_gap: Publishes that events were purged before somebody read them.
    """

    def __init__(
        self,
        store: Store,
        past: PastEvents,
        *,
        clock: Callable[[], float],
        tell_gap: Callable[[dict[str, Any]], Awaitable[object]],
    ) -> None:
        self._store = store
        self._past = past
        self._clock = clock
        self._tell_gap = tell_gap
        self._policies: dict[str, ReplayPolicy] = {}

    async def set_policy(self, subscriber: str, policy: Mapping[str, Any]) -> ReplayPolicy:
        """See `Bus.set_policy`."""
        given = options(policy)
        given["policy"] = one_of("policy", given.get("policy", "critical_only"), POLICIES)
        made = msgspec.convert(given, ReplayPolicy)
        await self._store.put("replay_policy", subscriber, msgspec.to_builtins(made))
        self._policies[subscriber] = made
        return made

    async def policy(self, subscriber: str) -> ReplayPolicy:
        """See `Bus.policy`."""
        if subscriber not in self._policies:
            row = await self._store.get("replay_policy", subscriber)
            found = msgspec.convert(row.record, ReplayPolicy) if row else ReplayPolicy()
            self._policies[subscriber] = found
        return self._policies[subscriber]

    async def chosen(
        self,
        stream: str,
        subscriber: str,
        *,
        since: float | None,
        until: float | None,
        priority: str | None,
        topics: Sequence[str],
        limit: int | None,
    ) -> list[Event]:
        """The past events of a log that `Bus.replay` delivers again, oldest first."""
        rule = await self.policy(subscriber)
        now = self._clock()
        first = await self._store.read(stream, limit=1)
        if since is not None and first.oldest > 1 and all(e.at > since for e in first.entries):
            await self.tell_gap(subscriber, stream, 1, first.oldest - 1)
        begin = max(since or 0.0, now - rule.replay_window if rule.replay_window else 0.0)
        found = [
            event
            for event in await self._past.all(stream)
            if begin <= event.at < (until or float("inf"))
            and priority in (None, event.priority)
            and rule.lets(event.priority)
            and (not topics or any(matches(topic, event.topic) for topic in topics))
        ]
        most = min((n for n in (limit, rule.max_events) if n is not None), default=len(found))
        return found[max(0, len(found) - most) :]

    async def missed(
        self, inbox: Inbox, stream: str, *, is_for: Callable[[Inbox, Event], bool]
    ) -> list[Event]:
        """What a subscriber missed since it was last here, oldest first."""
        row = await self._store.get("cursor", _cursor_key(inbox, stream))
        until = inbox.ahead[stream]
        after = int(row.record["seq"]) if row else until
        if after >= until:
            return []
        is_state = canonical(inbox.pattern).startswith("memory:")
        rule = ReplayPolicy(policy="full") if is_state else await self.policy(inbox.subscriber)
        first = await self._store.read(stream, after=after, limit=1)
        if first.oldest > after + 1:
            await self.tell_gap(inbox.subscriber, stream, after + 1, first.oldest - 1)
        now = self._clock()
        found = [
            event
            for event in await self._past.all(stream, after=after)
            if event.seq <= until
            and is_for(inbox, event)
            and rule.lets(event.priority)
            and (rule.replay_window is None or event.at >= now - rule.replay_window)
        ]
        return found[-rule.max_events :] if rule.max_events else found

    async def save_cursors(self, inboxes: Iterable[Inbox]) -> None:
        """Keep the cursors of those who gave a name; the others begin anew each time."""
        for inbox in inboxes:
            if not inbox.is_dirty or "#" in inbox.subscriber:
                continue
            inbox.is_dirty = False
            try:
                for stream, seq in tuple(inbox.cursors.items()):
                    record = {"subscriber": inbox.subscriber, "stream": stream, "seq": seq}
                    await self._store.put("cursor", _cursor_key(inbox, stream), record)
            except BaseException:
                inbox.is_dirty = True
                raise

    async def tell_gap(self, subscriber: str, stream: str, first: int, last: int) -> None:
        """Say that these events were purged before a subscriber had them."""
        log.error("%s missed %s %d to %d, purged already", subscriber, stream, first, last)
        gap = {"subscriber": subscriber, "stream": stream, "from": first, "to": last}
        await self._tell_gap(gap)


def _cursor_key(inbox: Inbox, stream: str) -> str:
    digest = hashlib.sha256(f"{inbox.pattern}|{stream}".encode()).hexdigest()[:16]
    return f"{inbox.subscriber}|{digest}"
