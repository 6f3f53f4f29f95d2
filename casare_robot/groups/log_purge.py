"""Forgets events that are too old, about once an hour."""

from collections.abc import Callable, Iterable

from casare_robot.store.store import Store

PURGE_EVERY = 3600.0
WORRY_AFTER = 24 * 3600.0


class LogPurge:
    """The old end of some logs.

    Args:
        store: Where they are.
        streams: Which.
        retention: Seconds that their entries are kept.
        clock: Seconds, the store's.
        alert: Told that nothing could be purged for more than a day.
    """

    def __init__(
        self,
        store: Store,
        streams: Iterable[str],
        *,
        retention: float,
        clock: Callable[[], float],
        alert: Callable[[str], None],
    ) -> None:
        self._store = store
        self._streams = tuple(streams)
        self._retention = retention
        self._clock = clock
        self._alert = alert
        self._done = self._tried = clock()

    async def when_due(self) -> None:
        """Purge, unless that was tried within the hour."""
        now = self._clock()
        if now - self._tried < PURGE_EVERY:
            return
        self._tried = now
        try:
            for stream in self._streams:
                await self._store.trim(stream, max_age=self._retention)
        except Exception as error:
            if now - self._done > WORRY_AFTER:
                self._alert(f"events could not be purged for more than a day: {error}")
            raise
        self._done = now
