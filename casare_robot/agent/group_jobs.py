"""A group's job as this robot runs it, and its result as the group is told. Pure."""

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from casare_robot.domain.errors import JobRefusedError
from casare_robot.domain.job import GROUP, Job, JobError, JobId, JobResult, JobStatus
from casare_robot.domain.plain_json import plain, without_nul
from casare_robot.groups.event_text import LARGEST_MESSAGE
from casare_robot.groups.records import Job as GroupJob

STATUSES: Mapping[JobStatus, str] = {
    JobStatus.COMPLETED: "done",
    JobStatus.CANCELLED: "cancelled",
    JobStatus.NEEDS_ATTENTION: "needs_attention",
}
"""What a group calls these ends; it ``failed`` otherwise."""
ROOM = LARGEST_MESSAGE - 4096


def named_workflow(job: GroupJob) -> str | None:
    """The name of the workflow that a job means; None if it brings its own.

    Raises:
        JobRefusedError: It has none at all.
    """
    workflow = job.work.get("workflow")
    if not workflow or not isinstance(workflow, str | Mapping):
        raise JobRefusedError("the job has no workflow that a robot could run", code="E-GROUP-400")
    return workflow if isinstance(workflow, str) else None


def job_of(job: GroupJob, workflow: bytes | None, folder: str = "") -> Job:
    """The job as it is run here.

    Args:
        job: As it was claimed.
        workflow: The file that it names; None: it brings its own.
        folder: Where that lies.

    Raises:
        JobRefusedError: A field of it is of a wrong type.
    """
    work = job.work
    said = {
        "id": job.id,
        "name": work.get("name") or work.get("description") or "",
        "variables": work.get("variables", {}),
        "timeout": work.get("timeout"),
        "needs_desktop": work.get("needs_desktop", False),
        "priority": job.priority,
        "restartable": job.restartable,
        "on_disconnect": job.on_disconnect,
        "origin": GROUP,
        "profile": "remote",
        "folder": folder,
        "workflow": b"",
    }
    try:
        made = msgspec.convert(said, Job)
    except msgspec.ValidationError as error:
        raise JobRefusedError(f"the job cannot be read: {error}", code="E-GROUP-400") from error
    if workflow is None:
        workflow = json.dumps(work["workflow"], ensure_ascii=False).encode()
    return msgspec.structs.replace(made, workflow=workflow)


def packed(job: Job) -> bytes:
    """A job as the next robot finds it."""
    return msgspec.msgpack.encode(job)


def unpacked(data: bytes) -> Job:
    """The job that was packed."""
    return msgspec.msgpack.decode(data, type=Job)


def told(result: JobResult) -> dict[str, Any]:
    """A result as the group keeps it; what does not fit into a message stays with the robot."""
    said = {
        "status": result.status.value,
        "error": plain(msgspec.to_builtins(result.error)),
        "variables": plain(result.variables),
        "needs_attention": msgspec.to_builtins(result.needs_attention),
        "nodes_executed": result.nodes_executed,
        "duration_ms": result.duration_ms,
        "resumed": result.resumed,
        "log": [plain(line.message) for line in result.log[-20:]],
    }
    for large in ("log", "variables"):
        if len(json.dumps(said, ensure_ascii=False).encode()) > ROOM:
            said |= {large: type(said[large])(), "is_shortened": True}
    kept: dict[str, Any] = without_nul(said)
    return kept


def parked(job_id: JobId, code: str, why: str) -> JobResult:
    """The result of a job that waits for a person without having gone on here."""
    error = JobError(code=code, message=why)
    return JobResult(job_id=job_id, status=JobStatus.NEEDS_ATTENTION, error=error)


def cancelled(job_id: JobId, by: str) -> JobResult:
    """The result of a job that was cancelled before it began here."""
    error = JobError(code="E-JOB-499", message=f"the job was cancelled by {by}")
    return JobResult(job_id=job_id, status=JobStatus.CANCELLED, error=error)


def refused(job_id: JobId, error: JobRefusedError) -> JobResult:
    """The result of a job that this robot cannot take."""
    why = JobError(code=error.code, message=str(error))
    return JobResult(job_id=job_id, status=JobStatus.FAILED, error=why)
