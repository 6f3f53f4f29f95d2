"""A job as the orchestrator keeps and shows it. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Literal

import msgspec

from casare_robot.domain.job import JobError, UnknownStep
from casare_robot.link.native.messages import Id, JobAssignment, Moment, Rank


class Status(StrEnum):
    """Where a job is. ``needs_attention`` waits for a person at the robot."""

    QUEUED = "queued"
    ASSIGNED = "assigned"
    RUNNING = "running"
    NEEDS_ATTENTION = "needs_attention"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"
    EXPIRED = "expired"


AT_ROBOT = (Status.ASSIGNED, Status.RUNNING, Status.NEEDS_ATTENTION)
"""A robot has it and owes a result."""


class Submission(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody wants to have run.

    ``robot_id`` names the one robot that may run it; else any robot of the
    ``environment`` (None: of any) may that has all of the ``tags``.
    """

    workflow: msgspec.Raw
    job_id: Id | None = None
    name: str = ""
    variables: dict[str, Any] = {}
    robot_id: Id | None = None
    environment: str | None = None
    tags: tuple[str, ...] = ()
    priority: Rank = 0
    timeout: float | None = None
    expires_at: Moment | None = None
    needs_desktop: bool = False
    restartable: bool = True
    on_disconnect: Literal["continue", "abort"] = "continue"


class JobRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A job's row. Times are seconds since 1970; ``workflow`` names a content.

    ``robot`` is who has the job or alone may have it (``targeted``);
    ``refused_by`` are robots that do not want it; ``accepted`` is when its robot
    had it on disk. ``result_key`` is of the result that counts.
    """

    status: Status
    name: str
    workflow: str
    created: float
    variables: dict[str, Any] = {}
    robot: str | None = None
    targeted: bool = False
    environment: str | None = None
    tags: tuple[str, ...] = ()
    priority: int = 0
    timeout: float | None = None
    expires: float | None = None
    needs_desktop: bool = False
    restartable: bool = True
    on_disconnect: Literal["continue", "abort"] = "continue"
    refused_by: tuple[str, ...] = ()
    assigned: float | None = None
    accepted: float | None = None
    started: float | None = None
    ended: float | None = None
    cancel_reason: str | None = None
    error: JobError | None = None
    needs_attention: tuple[UnknownStep, ...] = ()
    outputs: dict[str, Any] = {}
    nodes_executed: int = 0
    execution_time: float | None = None
    resumed: bool = False
    result_key: str = ""
    retry_of: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether something may still happen to it by itself or by a robot."""
        return self.status is Status.QUEUED or self.status in AT_ROBOT

    def row(self) -> dict[str, Any]:
        """As a store keeps it."""
        kept: dict[str, Any] = msgspec.to_builtins(self)
        return kept

    def assignment(self, job_id: str, workflow: bytes) -> JobAssignment:
        """What its robot is sent."""
        return JobAssignment(
            job_id=job_id,
            workflow=msgspec.Raw(workflow),
            variables=self.variables,
            name=self.name,
            timeout=self.timeout,
            priority=self.priority,
            expires_at=_moment(self.expires),
            needs_desktop=self.needs_desktop,
            restartable=self.restartable,
            on_disconnect=self.on_disconnect,
        )

    def shown(self, job_id: str) -> dict[str, Any]:
        """As a list of jobs shows it: without its values."""
        return {
            "job_id": job_id,
            "name": self.name,
            "status": self.status.value,
            "robot_id": self.robot if self.status is not Status.QUEUED else None,
            "target": self.robot if self.targeted else None,
            "environment": self.environment,
            "tags": self.tags,
            "priority": self.priority,
            "created_at": iso(self.created),
            "assigned_at": iso(self.assigned),
            "started_at": iso(self.started),
            "ended_at": iso(self.ended),
            "expires_at": iso(self.expires),
            "cancel_requested": self.cancel_reason is not None and self.is_open,
            "error": msgspec.to_builtins(self.error),
            "needs_attention": msgspec.to_builtins(self.needs_attention),
            "nodes_executed": self.nodes_executed,
            "execution_time": self.execution_time,
            "resumed": self.resumed,
            "retry_of": self.retry_of,
        }

    def shown_whole(self, job_id: str) -> dict[str, Any]:
        """As a look at one job shows it."""
        return {**self.shown(job_id), "variables": self.variables, "outputs": self.outputs}


def record_of(row: Mapping[str, Any]) -> JobRecord:
    """The job that a row holds."""
    return msgspec.convert(row, JobRecord)


def new_record(wanted: Submission, *, workflow: str, now: float) -> JobRecord:
    """A job that was just submitted."""
    return JobRecord(
        status=Status.QUEUED,
        name=wanted.name,
        workflow=workflow,
        created=now,
        variables=wanted.variables,
        robot=wanted.robot_id,
        targeted=wanted.robot_id is not None,
        environment=wanted.environment,
        tags=wanted.tags,
        priority=wanted.priority,
        timeout=wanted.timeout,
        expires=wanted.expires_at.timestamp() if wanted.expires_at else None,
        needs_desktop=wanted.needs_desktop,
        restartable=wanted.restartable,
        on_disconnect=wanted.on_disconnect,
    )


def iso(seconds: float | None) -> str | None:
    """A time for people and programs."""
    moment = _moment(seconds)
    return None if moment is None else moment.isoformat(timespec="milliseconds")


def _moment(seconds: float | None) -> datetime | None:
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError):  # the last day of a time zone behind, or the first ahead
        return (datetime.max if seconds > 0 else datetime.min).replace(tzinfo=UTC)
