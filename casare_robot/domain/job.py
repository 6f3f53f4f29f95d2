"""A job and how it ended. Pure."""

import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, NewType

import msgspec

from casare_robot.domain.errors import Fault

JobId = NewType("JobId", str)
RobotId = NewType("RobotId", str)

DESK = "desk"
"""Name of the source that is the person at this machine."""
LINK = "link"
"""Name of the source that is the orchestrator."""
GROUP = "group"
"""Name of the source that is the robot's group."""

TRIGGER_NODE = "trigger_node"
"""Variable of a job that a trigger has started: the trigger's id in the workflow."""


class JobStatus(StrEnum):
    """Where a job is; the last five are ends."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"
    NEEDS_ATTENTION = "needs_attention"

    @property
    def is_final(self) -> bool:
        """Whether nothing more happens by itself (``needs_attention`` waits for a person)."""
        return self not in (JobStatus.QUEUED, JobStatus.RUNNING, JobStatus.NEEDS_ATTENTION)


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One workflow to run, with everything it was sent with.

    ``workflow`` is the file's bytes, pinned: a resume runs these, whatever
    happened to the file since. ``path`` is that file, if it was one of this
    machine. ``folder`` is where relative paths of called workflows start.
    ``timeout`` is in seconds for the whole run.
    ``restartable=False`` is the author's veto against any resumption.
    ``origin`` is the name of the source that sent it and waits for its result.
    Of waiting jobs the one with the highest ``priority`` runs first, the oldest
    of equals; one that has not begun by ``expires_at`` never does. One that
    ``needs_desktop`` has mouse, keyboard and screen to itself. ``on_disconnect``
    says whether it goes on while its source cannot be reached.
    """

    id: JobId
    workflow: bytes
    name: str = ""
    folder: str = ""
    variables: Mapping[str, Any] = msgspec.field(default_factory=dict)
    timeout: float | None = None
    created_at: datetime | None = None
    origin: str = DESK
    profile: str = "local"
    restartable: bool = True
    checkpoint_enabled: bool = True
    engine_version: str = ""
    priority: int = 0
    expires_at: datetime | None = None
    needs_desktop: bool = False
    on_disconnect: Literal["continue", "abort"] = "continue"
    path: str = ""


class JobError(msgspec.Struct, frozen=True, kw_only=True):
    """Why a job, or one of its nodes, did not succeed."""

    code: str
    message: str
    node_id: str | None = None
    node_type: str | None = None
    key: str | None = None


class LogLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line a workflow wrote to its log."""

    level: str
    message: str
    node_id: str | None = None


class NodeTime(msgspec.Struct, frozen=True, array_like=True):
    """When a node that waits or acts ran.

    Milliseconds, ``began_ms`` since the job began, over all its attempts.
    """

    node_id: str
    began_ms: int
    took_ms: int
    has_failed: bool = False


class UnknownStep(msgspec.Struct, frozen=True, kw_only=True):
    """A step that was begun and whose outcome nobody knows."""

    key: str
    node_id: str
    node_type: str

    @property
    def turn(self) -> str:
        """Which turn of its loop it was, counted from 1; ``2.5`` in the second of an outer one."""
        return ".".join(str(int(number) + 1) for number in _TURNS.findall(self.key))


_TURNS = re.compile(r"\[(\d+)\](?=.*/)")
"""Turns of loops in the key of a step: ``job/0/9[22]/fill``."""


class JobResult(msgspec.Struct, frozen=True, kw_only=True):
    """How a job ended, and what it leaves.

    ``variables`` are the final ones, sensitive ones masked; ``outputs`` maps
    node id to port to value; ``executed_nodes`` lists each node once, in order
    of its first run; ``nodes_executed`` counts every run; ``errors`` lists what
    ``continue_on_error`` passed over; ``times`` are those of the newest nodes that
    wait or act, in the order in which they ended.
    """

    job_id: JobId
    status: JobStatus
    error: JobError | None = None
    errors: tuple[JobError, ...] = ()
    warnings: tuple[JobError, ...] = ()
    variables: Mapping[str, Any] = msgspec.field(default_factory=dict)
    outputs: Mapping[str, Mapping[str, Any]] = msgspec.field(default_factory=dict)
    log: tuple[LogLine, ...] = ()
    nodes_executed: int = 0
    executed_nodes: tuple[str, ...] = ()
    duration_ms: float = 0.0
    resumed: bool = False
    needs_attention: tuple[UnknownStep, ...] = ()
    times: tuple[NodeTime, ...] = ()


def as_error(fault: Fault) -> JobError:
    """A fault as results show it."""
    return JobError(
        code=fault.code,
        message=fault.message,
        node_id=fault.node_id,
        node_type=fault.node_type,
        key=fault.key,
    )
