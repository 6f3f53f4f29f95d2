"""Delivers results to the source that sent their jobs, however long that takes."""

import asyncio
import logging

from casare_robot.domain.errors import RobotError
from casare_robot.domain.job_source import JobSource
from casare_robot.journal.offline_queue import OfflineQueue
from casare_robot.resilience.backoff import Backoff

log = logging.getLogger(__name__)


class Outbox:
    """The results that wait for one source.

    Args:
        queue: Where they wait.
        source: Who gets them.
        backoff: How long to wait after a failure; the bell cuts it short.

    Attributes:
        waiting: Results that were undelivered after the last pass.
    """

    def __init__(
        self, queue: OfflineQueue, source: JobSource, *, backoff: Backoff | None = None
    ) -> None:
        self.waiting = 0
        self._queue = queue
        self._source = source
        self._backoff = backoff or Backoff()
        self._bell = asyncio.Event()
        self._bell.set()
        self._is_empty = asyncio.Event()

    def ring(self) -> None:
        """Something was put in, or the source can be reached again: try now."""
        self._is_empty.clear()
        self._bell.set()

    async def run(self) -> None:
        """Deliver until cancelled; a cancelled delivery is made again at the next start."""
        while True:
            await self._bell.wait()
            for delay in self._backoff.delays():
                self._bell.clear()
                if await self._deliver():
                    break
                try:
                    async with asyncio.timeout(delay):
                        await self._bell.wait()
                except TimeoutError:
                    continue

    async def emptied(self) -> None:
        """Wait until nothing waits."""
        await self._is_empty.wait()

    async def _deliver(self) -> bool:
        """One pass; whether nothing waits any more."""
        try:
            try:
                await self._queue.sync_with_orchestrator(
                    self._source.report, origin=self._source.name
                )
            finally:
                self.waiting = await self._queue.undelivered(self._source.name)
        except (OSError, RobotError) as error:  # a ConnectionError is one
            log.info("results for %s wait: %s", self._source.name, error)
            return False
        except Exception:
            log.exception("results for %s could not be delivered", self._source.name)
            return False
        if not self.waiting and not self._bell.is_set():
            self._is_empty.set()
        return not self.waiting
