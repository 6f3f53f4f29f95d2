"""What a robot is doing, as people and orchestrators are told. Pure."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from casare_robot.domain.errors import Fault
from casare_robot.domain.job import JobId


class RobotState(StrEnum):
    """The robot as a whole; each word is the one shown."""

    STARTING = "starting"
    IDLE = "idle"
    EXECUTING = "executing"
    PAUSED = "paused"
    DRAINING = "draining"
    STOPPING = "stopping"
    ERROR = "error"


class LinkState(StrEnum):
    """The line to the orchestrator.

    Source: robot reference, "ConnectionState"; ``local`` is a robot without one.
    """

    LOCAL = "local"
    DISCONNECTED = "disconnected"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    RECONNECTING = "reconnecting"


class RunningJob(msgspec.Struct, frozen=True, kw_only=True):
    """A job under way. ``no_progress_since`` is set when the watchdog has noticed.

    ``waits_for`` are the titles of what it asks the person at this machine.
    """

    job_id: JobId
    name: str
    origin: str
    started_at: datetime
    node_id: str | None = None
    nodes_executed: int = 0
    total_nodes: int = 0
    last_progress_at: datetime | None = None
    no_progress_since: datetime | None = None
    cancelling: bool = False
    waits_for: tuple[str, ...] = ()


class CircuitStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A circuit breaker: ``closed``, ``open`` or ``half_open``; seconds until it tries."""

    name: str
    state: str
    retry_after: float = 0.0


class LinkStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The line to the orchestrator: where, how it is, since when, and why it is not better."""

    state: LinkState
    since: datetime
    address: str = ""
    problem: str = ""
    next_try_in: float | None = None
    unsent_results: int = 0
    circuit: CircuitStatus | None = None


class UpdateStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A newer ``version`` that is offered, if any; ``previous`` is the one to go back to.

    ``is_ready``: it is here and verified; ``is_wanted``: it is installed once the
    robot is idle; ``problem``: why the last look for one failed.
    """

    version: str = ""
    notes: str = ""
    is_ready: bool = False
    is_wanted: bool = False
    previous: str = ""
    problem: str = ""


class RobotStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Everything one look at a robot tells.

    ``reasons`` say in plain sentences why no job begins when none does;
    ``warnings`` are what a person should mend. ``group`` is the group that it is
    in, if any, and ``group_role`` its role there, once it is known.
    """

    robot_id: str
    name: str
    state: RobotState
    since: datetime
    link: LinkStatus
    version: str
    session: str
    started_at: datetime
    jobs: tuple[RunningJob, ...] = ()
    max_concurrent_jobs: int = 1
    waiting: int = 0
    needs_attention: int = 0
    paused_until: datetime | None = None
    note: str = ""
    reasons: tuple[str, ...] = ()
    warnings: tuple[Fault, ...] = ()
    metrics: Mapping[str, Any] = msgspec.field(default_factory=dict)
    group: str = ""
    group_role: str = ""
    update: UpdateStatus = UpdateStatus()
