"""What logs still hold, as the events that concern one reader."""

import logging
from collections.abc import Callable, Iterable

from casare_robot.groups.event_text import event_of
from casare_robot.groups.records import Event
from casare_robot.groups.words import canonical
from casare_robot.store.records import Entry
from casare_robot.store.store import Store

log = logging.getLogger(__name__)

HISTORY_AGE = 3600.0
HISTORY_LENGTH = 1000


class PastEvents:
    """Reads events again that were published before.

    Args:
        store: Where the logs are.
        concerns: Whether an event is the reader's business.
        clock: Seconds, the store's.
    """

    def __init__(
        self, store: Store, concerns: Callable[[Event], bool], clock: Callable[[], float]
    ) -> None:
        self._store = store
        self._concerns = concerns
        self._clock = clock

    def of(self, entry: Entry) -> Event | None:
        """The event of an entry, unless it is somebody else's business."""
        event = event_of(entry)
        if event is None:
            log.error("entry %d of %s is no event and was passed over", entry.seq, entry.stream)
            return None
        return event if self._concerns(event) else None

    async def all(self, stream: str, *, after: int = 0) -> list[Event]:
        """The events of a log, oldest first, without those of sessions that were hidden."""
        hidden = await self._store.find("cleared_session", {"stream": stream})
        upto = {row.key.partition("|")[2]: row.record["upto"] for row in hidden}
        events: list[Event] = []
        while True:
            reading = await self._store.read(stream, after=after)
            for entry in reading.entries:
                event = self.of(entry)
                if event is not None and event.seq > upto.get(event.session or "", 0):
                    events.append(event)
            if not reading.entries or reading.entries[-1].seq >= reading.newest:
                return events
            after = reading.entries[-1].seq

    async def newest(
        self, streams: Iterable[str], channel: str | None, *, limit: int
    ) -> tuple[Event, ...]:
        """The newest of the last thousand events of the last hour, newest first."""
        found = [event for stream in dict.fromkeys(streams) for event in await self.all(stream)]
        since = self._clock() - HISTORY_AGE
        wanted = None if channel is None else canonical(channel)
        kept = [
            event
            for event in sorted(found, key=lambda event: (event.at, event.seq))
            if event.at >= since
            and wanted in (None, canonical(event.channel), canonical(event.topic))
        ]
        return tuple(reversed(kept[-HISTORY_LENGTH:]))[:limit]

    async def hide(self, stream: str, session: str, *, before: float | None) -> int:
        """Show the events of a session to nobody any more; how many there were.

        Args:
            stream: The log.
            session: Whose.
            before: Only those older than this second of the store's clock.
        """
        past = [
            event
            for event in await self.all(stream)
            if event.session == session and (before is None or event.at < before)
        ]
        if past:
            record = {"stream": stream, "upto": past[-1].seq}
            await self._store.put("cleared_session", f"{stream}|{session}", record)
        return len(past)
