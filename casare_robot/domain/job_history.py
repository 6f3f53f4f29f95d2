"""Jobs as people look back on them. Pure."""

from datetime import datetime

import msgspec

from casare_robot.domain.job import JobError, JobId, JobStatus


class HistoryEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the history; ``error`` says why a job failed or waits.

    ``can_go_on``: so much of what it did is kept that a later job may go on
    where it stopped. ``path`` is the file it came from.
    """

    job_id: JobId
    name: str
    origin: str
    status: JobStatus
    accepted_at: datetime
    changed_at: datetime
    error: JobError | None = None
    can_go_on: bool = False
    path: str = ""
