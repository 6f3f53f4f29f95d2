"""Notices that the machine has slept, or that somebody has moved its clock."""

import time
from collections.abc import Callable

LEAST = 5.0
"""Seconds; less is an ordinary correction of the clock."""

LONGEST_BEAT = 60.0
"""Seconds between two looks that only sleep, or a standstill as bad, explains."""


class SleepSensor:
    """Compares the clock on the wall with one that stands still in sleep.

    Args:
        wall: Seconds since 1970.
        steady: Seconds, monotonic.
    """

    def __init__(
        self,
        *,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall = wall
        self._steady = steady
        self._last = (wall(), steady())

    def missed(self) -> float:
        """Seconds by which the wall ran ahead since the last call; 0 when nothing happened.

        Negative: the clock was set back.
        """
        wall, steady = self._wall(), self._steady()
        passed = steady - self._last[1]
        ahead = wall - self._last[0] - passed
        self._last = (wall, steady)
        if abs(ahead) >= LEAST:
            return ahead
        return passed if passed >= LONGEST_BEAT else 0.0  # where the steady clock sleeps not
