"""One timer for all that is done now and then, so that an idle robot rarely wakes up."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)


class Beat:
    """Calls functions at multiples of their periods.

    Args:
        interval: Seconds between two looks; periods are rounded up to its multiples.
        clock: Seconds, monotonic.
        sleep: Waits.
    """

    def __init__(
        self,
        *,
        interval: float = 2.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._interval = interval
        self._clock = clock
        self._sleep = sleep
        self._calls: list[tuple[int, Callable[[], object]]] = []

    def every(self, seconds: float, call: Callable[[], object]) -> None:
        """Call a function, which must not block, about every so many seconds."""
        self._calls.append((max(1, round(seconds / self._interval)), call))

    async def run(self) -> None:
        """Beat until cancelled; a call that fails is logged, and made again in its time."""
        number = 0
        while True:
            await self._sleep(self._interval - self._clock() % self._interval)
            number += 1
            for period, call in self._calls:
                if number % period == 0:
                    try:
                        call()
                    except Exception:
                        log.exception("%s failed", getattr(call, "__qualname__", call))
