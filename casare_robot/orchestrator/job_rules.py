"""What may happen to a job, as functions from one record to the next. Pure.

Each returns None where nothing changes, so that hearing the same twice is harmless.
"""

from msgspec.structs import replace

from casare_robot.domain.job import JobError, JobStatus
from casare_robot.link.native.messages import ErrorInfo, JobResult
from casare_robot.orchestrator.job_record import AT_ROBOT, JobRecord, Status

LOST_BY_ROBOT = "E-ORC-410"
"""The robot had the job on disk and knows nothing of it any more."""


def assign(job: JobRecord, robot: str, now: float) -> JobRecord | None:
    """Give a waiting job to a robot."""
    if job.status is not Status.QUEUED:
        return None
    return replace(job, status=Status.ASSIGNED, robot=robot, assigned=now)


def accept(job: JobRecord, robot: str, now: float) -> JobRecord | None:
    """The robot has it on disk."""
    if job.robot != robot or job.status not in AT_ROBOT or job.accepted is not None:
        return None
    return replace(job, accepted=now)


def begin(job: JobRecord, robot: str, at: float) -> JobRecord | None:
    """The robot runs it; also again, after a person decided about it."""
    if job.robot != robot or job.status not in (Status.ASSIGNED, Status.NEEDS_ATTENTION):
        return None
    return replace(job, status=Status.RUNNING, started=job.started or at, result_key="")


def refuse(
    job: JobRecord, robot: str, error: ErrorInfo, now: float, *, later: bool
) -> JobRecord | None:
    """The robot does not take it: it goes back to the queue, or ends if no other may have it.

    One that somebody has cancelled meanwhile ends too. Who has accepted it can only
    refuse a second copy, which came late: it may have run already.

    Args:
        job: The job.
        robot: Who refuses.
        error: Why.
        now: Wall clock.
        later: The same robot may take it another time.
    """
    if job.robot != robot or job.status is not Status.ASSIGNED or job.accepted is not None:
        return None
    if job.cancel_reason is not None:
        return replace(job, status=Status.CANCELLED, ended=now)
    why = JobError(code=error.code, message=f"{robot}: {error.message}")
    if job.targeted and not later:
        return replace(job, status=Status.FAILED, error=why, ended=now)
    return replace(
        job,
        status=Status.QUEUED,
        robot=robot if job.targeted else None,
        assigned=None,
        accepted=None,
        error=why,
        refused_by=job.refused_by if later else tuple({*job.refused_by, robot}),
    )


def cancel(job: JobRecord, reason: str, now: float, *, forced: bool) -> JobRecord | None:
    """Somebody wants it to end: at once if nobody has it, else when its robot says so.

    Args:
        job: The job.
        reason: For people.
        now: Wall clock.
        forced: Do not wait for the robot: it is not expected back.
    """
    if not job.is_open:
        return None
    if job.status is Status.QUEUED or forced:
        return replace(
            job, status=Status.CANCELLED, cancel_reason=reason, ended=now, robot=job.robot
        )
    return None if job.cancel_reason is not None else replace(job, cancel_reason=reason)


def expire(job: JobRecord, now: float) -> JobRecord | None:
    """It waited for too long."""
    if job.status is not Status.QUEUED or job.expires is None or job.expires > now:
        return None
    error = JobError(code="E-JOB-410", message="nobody could run it before it expired")
    return replace(job, status=Status.EXPIRED, ended=now, error=error)


def give_up(job: JobRecord, error: JobError, now: float) -> JobRecord | None:
    """It cannot reach any robot, and never began."""
    if job.status is not Status.ASSIGNED or job.accepted is not None:
        return None
    return replace(job, status=Status.FAILED, ended=now, error=error)


def forget(job: JobRecord, robot: str, now: float) -> JobRecord | None:
    """The robot does not know a job that it was given, and nothing is on its way to it.

    One that it never had on disk is given again, and one that waits for a person
    is none of those that it runs: both end if they are to be cancelled. Of any
    other nobody knows how far it came: running it again could do things twice.
    """
    if job.robot != robot or job.status not in AT_ROBOT:
        return None
    if job.accepted is None or job.status is Status.NEEDS_ATTENTION:
        is_unwanted = job.cancel_reason is not None
        return replace(job, status=Status.CANCELLED, ended=now) if is_unwanted else None
    what = f"robot {robot} had this job and lost its memory of it; it may have done parts of it"
    return replace(
        job,
        status=Status.NEEDS_ATTENTION,
        error=JobError(code=LOST_BY_ROBOT, message=what),
    )


def end(job: JobRecord, robot: str, result: JobResult, now: float) -> JobRecord | None:
    """Its robot tells how it ended. A job that has ended otherwise stays as it is."""
    if not job.is_open or job.robot != robot or job.result_key == result.key:
        return None
    status = Status(result.status.value)
    return replace(
        job,
        status=status,
        accepted=job.accepted or now,
        started=job.started or (now - result.execution_time if result.nodes_executed else None),
        ended=None if result.status is JobStatus.NEEDS_ATTENTION else now,
        error=result.error,
        needs_attention=result.needs_attention,
        outputs=dict(result.outputs),
        nodes_executed=result.nodes_executed,
        execution_time=result.execution_time,
        resumed=result.resumed,
        result_key=result.key,
    )
