"""How fast one trigger may start jobs: a handful at once, then one after the other."""

from collections.abc import Callable

from casare_robot.triggers.event import Sleep

BURST = 50
"""Jobs that may start at once."""
EVERY = 1.0
"""Seconds to each further job."""


class Pace:
    """Makes a trigger wait that starts jobs too fast; nothing is lost by it.

    Args:
        steady: Seconds, monotonic.
        sleep: Waits.
    """

    def __init__(self, *, steady: Callable[[], float], sleep: Sleep) -> None:
        self._steady = steady
        self._sleep = sleep
        self._free_at = float("-inf")
        """When all places are free again: each job takes one for a while."""

    @property
    def is_full(self) -> bool:
        """Whether a job would have to wait."""
        return self._free_at - self._steady() > (BURST - 1) * EVERY

    async def wait(self) -> None:
        """Take a place for one job, as soon as there is one."""
        self._free_at = max(self._free_at, self._steady()) + EVERY
        late = self._free_at - self._steady() - BURST * EVERY
        if late > 0:
            await self._sleep(late)
