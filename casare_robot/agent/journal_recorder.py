"""Writes a run's deltas into the journal of this process."""

from casare_robot.domain.job import JobId
from casare_robot.journal.journal import Journal


class JournalRecorder:
    """A `Recorder` over an open journal."""

    def __init__(self, journal: Journal, job_id: JobId) -> None:
        self._journal = journal
        self._job_id = job_id
        self._failed: BaseException | None = None

    async def append(self, blob: bytes, *, wait: bool) -> None:
        """Add a delta. A cancellation leaves it written or not.

        Raises:
            JournalError: It could not be written, or an earlier one could not.
        """
        if self._failed is not None:
            raise self._failed
        if wait:
            await self._journal.aappend(self._job_id, blob)
        else:
            self._journal.post_append(self._job_id, blob, self._done)

    async def replace(self, blob: bytes) -> None:
        """Put one delta in the place of all before it."""
        await self._journal.areplace(self._job_id, None, blob)

    def _done(self, error: BaseException | None, _seq: object) -> None:
        if error is not None:
            self._failed = error
