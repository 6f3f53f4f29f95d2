"""Makes a new job of one that has ended: from its start or from where it stopped."""

import uuid
from datetime import datetime
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from casare_robot.domain.errors import JobStateError, JournalDamagedError
from casare_robot.domain.job import DESK, Job, JobId, JobStatus
from casare_robot.domain.json_guard import LARGEST
from casare_robot.execution.going_on import steps_to_go_on
from casare_robot.journal.journal import Journal

ELSEWHERE = "E-JOB-423"
"""The error of a job that another robot has taken over."""

From = Literal["start", "failed"]
Version = Literal["old", "new"]


class Again(NamedTuple):
    """A job to run, and the steps with which it begins; none: it begins at its start."""

    job: Job
    steps: list[bytes]


def again(
    journal: Journal, job_id: JobId, *, start: From, version: Version, now: datetime
) -> Again:
    """A new job of the desk, which may touch no more than the old one. Blocks.

    Args:
        journal: Where the old job is.
        job_id: The old job.
        start: ``failed``: go on where it stopped; what was done before is not repeated.
        version: ``new``: with its file as that is now.
        now: In UTC.

    Raises:
        JobStateError: It is unknown (E-JOB-404), nobody can go on where it
            stopped (E-JOB-411), or its file cannot be read (E-JOB-412).
    """
    old = journal.job(job_id)
    status = journal.status(job_id)
    if old is None or status is None:
        raise JobStateError(f"job {job_id!r} is not in the journal", code="E-JOB-404")
    job = msgspec.structs.replace(
        old,
        id=JobId(uuid.uuid4().hex),
        origin=DESK,
        created_at=now,
        expires_at=None,
        workflow=_newer(old) if version == "new" else old.workflow,
    )
    if start == "start":
        return Again(job, [])
    return Again(job, _steps(journal, old, status, is_newer=job.workflow != old.workflow))


def _steps(journal: Journal, old: Job, status: JobStatus, *, is_newer: bool) -> list[bytes]:
    if not status.is_final or status is JobStatus.COMPLETED:
        what = f"job {old.id!r} is {status}, so nobody can go on where it stopped"
        raise JobStateError(what, code="E-JOB-411")
    result = journal.result(old.id)
    if result is not None and result.error is not None and result.error.code == ELSEWHERE:
        what = f"job {old.id!r} has gone on at another robot since"
        raise JobStateError(what, code="E-JOB-411")
    try:
        steps = journal.left_steps(old.id)
    except JournalDamagedError as error:
        raise JobStateError(f"{error}; run the job from its start", code="E-JOB-411") from error
    return steps_to_go_on(old, status, steps, is_newer=is_newer)


def _newer(job: Job) -> bytes:
    """What the job's file holds now."""
    if not job.path:
        what = f"job {job.id!r} came from no file of this machine, so there is no newer version"
        raise JobStateError(what, code="E-JOB-412")
    try:
        with Path(job.path).open("rb") as file:
            return file.read(LARGEST + 1)
    except OSError as error:
        what = f"the file of job {job.id!r} cannot be read: {error}"
        raise JobStateError(what, code="E-JOB-412") from error
