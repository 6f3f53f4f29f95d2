"""Jobs as people look back on them. Pure."""

from datetime import datetime

import msgspec

from casare_robot.domain.job import JobError, JobId, JobStatus


class HistoryEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the history; ``error`` says why a job failed or waits."""

    job_id: JobId
    name: str
    origin: str
    status: JobStatus
    accepted_at: datetime
    changed_at: datetime
    error: JobError | None = None
