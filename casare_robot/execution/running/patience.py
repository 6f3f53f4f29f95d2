"""Time in which a run waits for a person: no limit of time counts it."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Patience:
    """Adds up how long a run has waited; branches that wait together count once.

    Args:
        clock: Seconds, monotonic.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._waited = 0.0
        self._waiting = 0
        self._since = 0.0
        self._left: float | None = None

    @property
    def seconds(self) -> float:
        """How long it has waited so far."""
        return self._waited + (self._clock() - self._since if self._waiting else 0.0)

    @contextmanager
    def waiting(self, limit: asyncio.Timeout | None) -> Iterator[None]:
        """The run waits for as long as the context lasts, and its limit with it."""
        self._waiting += 1
        if self._waiting == 1:
            self._since = self._clock()
            self._left = _left_of(limit)
            if limit is not None and self._left is not None:
                limit.reschedule(None)
        try:
            yield
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._waited += self._clock() - self._since
                if limit is not None and self._left is not None and not limit.expired():
                    limit.reschedule(asyncio.get_running_loop().time() + self._left)


def _left_of(limit: asyncio.Timeout | None) -> float | None:
    ends = None if limit is None else limit.when()
    return None if ends is None else ends - asyncio.get_running_loop().time()
