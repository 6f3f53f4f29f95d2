"""Writes a run's deltas into the journal of this process."""

from casare_robot.agent.waiting import is_alone
from casare_robot.domain.job import JobId
from casare_robot.journal.journal import Journal


class JournalRecorder:
    """A `Recorder` over an open journal.

    Args:
        journal: The journal.
        job_id: The job.
        owns_loop: Nothing but the run is on the loop, so it may block while a
            single branch runs: that halves what a step costs.
    """

    def __init__(self, journal: Journal, job_id: JobId, *, owns_loop: bool = False) -> None:
        self._journal = journal
        self._job_id = job_id
        self._owns_loop = owns_loop
        self._failed: BaseException | None = None

    async def append(self, blob: bytes, *, wait: bool) -> None:
        """Add a delta. A cancellation leaves it written or not.

        Raises:
            JournalError: It could not be written, or an earlier one could not.
        """
        if self._failed is not None:
            raise self._failed
        if wait and self._owns_loop and is_alone():
            self._journal.append(self._job_id, blob)
        elif wait:
            await self._journal.aappend(self._job_id, blob)
        else:
            self._journal.post_append(self._job_id, blob, self._done)

    async def replace(self, blob: bytes) -> None:
        """Put one delta in the place of all before it."""
        await self._journal.areplace(self._job_id, None, blob)

    def _done(self, error: BaseException | None, _seq: object) -> None:
        if error is not None:
            self._failed = error
