"""The results of jobs whose executor did not live to tell them."""

from typing import Any

from casare_robot.domain.errors import ExecutorError, WorkflowInvalidError
from casare_robot.domain.job import (
    Job,
    JobError,
    JobResult,
    JobStatus,
    LogLine,
    NodeTime,
    UnknownStep,
)
from casare_robot.execution.state import SavedState

ROOT = "0"
"""Key of the scope that holds a job's own variables."""


def unknown_steps(saved: SavedState) -> tuple[UnknownStep, ...]:
    """Steps that were begun, cannot be done twice, and have no known end."""
    return tuple(
        UnknownStep(key=key, node_id=node_id, node_type=node_type)
        for key, (node_id, node_type, effect) in saved.intents.items()
        if effect == "once"
    )


def ended_by_force(job: Job, saved: SavedState, error: JobError | None) -> JobResult:
    """The result of a job whose executor had to be killed; without an error it was cancelled."""
    unknown = unknown_steps(saved)
    status = JobStatus.TIMED_OUT
    if error is None:
        status = JobStatus.NEEDS_ATTENTION if unknown else JobStatus.CANCELLED
    return JobResult(
        job_id=job.id,
        status=status,
        error=error,
        variables=_masked_variables(job, saved),
        nodes_executed=saved.count,
        executed_nodes=tuple(dict.fromkeys(saved.executed)),
        log=tuple(LogLine(level=a, message=b, node_id=c) for a, b, c in saved.log),
        duration_ms=saved.elapsed * 1000,
        needs_attention=unknown,
        times=_times(saved),
    )


def given_up(job: Job, saved: SavedState, error: ExecutorError) -> JobResult:
    """The result of a job whose executors die again and again."""
    unknown = unknown_steps(saved)
    return JobResult(
        job_id=job.id,
        status=JobStatus.NEEDS_ATTENTION if unknown else JobStatus.FAILED,
        error=JobError(code=error.code, message=str(error)),
        needs_attention=unknown,
        times=_times(saved),
    )


def not_restartable(job: Job, saved: SavedState) -> JobResult:
    """The result of a job that was interrupted and must not be resumed."""
    return JobResult(
        job_id=job.id,
        status=JobStatus.FAILED,
        error=JobError(
            code="E-JOB-410",
            message="the robot stopped during this job, and its author does not allow resuming it",
        ),
        nodes_executed=saved.count,
        executed_nodes=tuple(saved.executed),
        needs_attention=unknown_steps(saved),
        times=_times(saved),
        resumed=True,
    )


def _times(saved: SavedState) -> tuple[NodeTime, ...]:
    from casare_robot.execution.running.run_surroundings import MAX_TIMES

    return tuple(NodeTime(*time) for time in saved.times[-MAX_TIMES:])


def _masked_variables(job: Job, saved: SavedState) -> dict[str, Any]:
    """The job's own variables as far as they are known, with what is sensitive masked.

    None at all if a called workflow has sensitive ones: its scope may be gone,
    and with it the knowledge of what to mask in what it gave back.
    """
    from casare_robot.execution.current import HIDDEN
    from casare_robot.execution.loading.loader import sensitive_variables
    from casare_robot.execution.running.masking import Masking
    from casare_robot.execution.running.run_surroundings import PINNED

    kept = saved.variables.get(ROOT, {})
    called = [pinned[1] for name, pinned in kept.items() if name.startswith(PINNED)]
    try:
        sensitive = sensitive_variables(job.workflow)
        if any(sensitive_variables(source) for source in called):
            return {}
    except WorkflowInvalidError:
        return {}
    masking = Masking()
    for name, default in sensitive.items():
        for place in ({name: default}, job.variables, *saved.variables.values()):
            masking.watch(name, place)
    return masking.variables({k: v for k, v in kept.items() if not k.startswith(HIDDEN)})
