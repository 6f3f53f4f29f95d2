"""What a robot tells about itself while it works. Pure.

These inform and may be coalesced; what counts is in the journal. ``at`` is UTC.
"""

from datetime import datetime

import msgspec

from casare_robot.domain.glance import Glance
from casare_robot.domain.job import JobId, JobResult, LogLine
from casare_robot.domain.robot_status import RobotStatus


class JobStarted(msgspec.Struct, frozen=True, kw_only=True, tag="job_started"):
    """A job began, or went on after an interruption."""

    job_id: JobId
    name: str
    at: datetime
    resumed: bool = False


class NodeStarted(msgspec.Struct, frozen=True, kw_only=True, tag="node_started"):
    """A node began; ``node_id`` None: many nodes that only compute ran since the last event."""

    job_id: JobId
    node_id: str | None
    nodes_executed: int
    at: datetime


class NodeCompleted(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="node_completed"
):
    """A node that waits or acts came to a good end; ``outputs`` as `at_a_glance` shows them."""

    job_id: JobId
    node_id: str
    node_type: str
    seconds: float
    at: datetime
    outputs: Glance = {}


class NodeFailed(msgspec.Struct, frozen=True, kw_only=True, tag="node_error"):
    """A node did not succeed; the job may go on all the same."""

    job_id: JobId
    node_id: str
    node_type: str
    seconds: float
    error: str
    at: datetime


class JobLogged(msgspec.Struct, frozen=True, kw_only=True, tag="job_logged"):
    """The workflow wrote a line."""

    job_id: JobId
    line: LogLine
    at: datetime


class JobEnded(msgspec.Struct, frozen=True, kw_only=True, tag="job_completed"):
    """A job ended, well or not, or waits for a person."""

    job_id: JobId
    result: JobResult
    at: datetime


class StatusChanged(msgspec.Struct, frozen=True, kw_only=True, tag="status_changed"):
    """The robot's state as a whole is another one now."""

    status: RobotStatus
    at: datetime


JobEvent = JobStarted | NodeStarted | NodeCompleted | NodeFailed | JobLogged | JobEnded
RobotEvent = JobEvent | StatusChanged
