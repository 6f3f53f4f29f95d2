"""The messages of the native protocol, in both directions. Pure.

``resources/protocol.md`` explains them to people; a test holds it to these types.
Times are UTC, durations seconds.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias, get_args

import msgspec

from casare_robot.domain.audit_head import AuditHead
from casare_robot.domain.job import Job, JobError, JobId, JobStatus, LogLine, UnknownStep
from casare_robot.domain.robot_events import JobStarted, NodeCompleted, NodeFailed, NodeStarted
from casare_robot.domain.robot_status import RobotState
from casare_robot.link.session import NOT_NOW

PROTOCOL = 1
"""Version of the protocol; a peer that says a higher one is answered E-MSG-120."""

Id: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Moment: TypeAlias = Annotated[datetime, msgspec.Meta(tz=True)]
Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0)]
Seconds: TypeAlias = Annotated[float, msgspec.Meta(ge=0)]
Text: TypeAlias = Annotated[str, msgspec.Meta(max_length=10_000)]
Rank: TypeAlias = Annotated[int, msgspec.Meta(ge=-1_000_000, le=1_000_000)]
WorkflowJson: TypeAlias = Annotated[msgspec.Raw, msgspec.Meta(extra_json_schema={"type": "object"})]


class Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"):
    """Base of all messages; ``type`` says which. Unknown fields are ignored."""


class ErrorInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong: a stable code and a sentence."""

    code: Annotated[str, msgspec.Meta(max_length=40)]
    message: Text


class Hello(Message, frozen=True, kw_only=True, tag="hello"):
    """The robot introduces itself: always its first message on a connection.

    ``session`` is another one for each start of the robot's process, ``epoch``
    counts its starts. ``jobs`` are those it holds whose result nobody has
    acknowledged, and those that wait for a person. ``insists`` is said by one
    that was superseded and that a person wants to take over again.
    """

    protocol: Annotated[int, msgspec.Meta(ge=1)]
    robot_id: Id
    robot_name: Annotated[str, msgspec.Meta(max_length=500)] = ""
    session: Id
    epoch: Count = 0
    version: Annotated[str, msgspec.Meta(max_length=100)] = ""
    environment: Annotated[str, msgspec.Meta(max_length=200)] = "default"
    tags: tuple[Annotated[str, msgspec.Meta(max_length=200)], ...] = ()
    max_concurrent_jobs: Annotated[int, msgspec.Meta(ge=1)] = 1
    jobs: tuple[Id, ...] = ()
    insists: bool = False

    def __post_init__(self) -> None:
        _check_id("robot_id", self.robot_id)
        _check_id("session", self.session)


class JobAccepted(Message, frozen=True, kw_only=True, tag="job_accepted"):
    """The robot has the job on disk and will see to it."""

    job_id: Id


class JobRefused(Message, frozen=True, kw_only=True, tag="job_refused"):
    """The robot does not take the job; nothing of it was kept."""

    job_id: Id
    error: ErrorInfo

    @property
    def is_temporary(self) -> bool:
        """Whether the same robot may take the job later: it is full, or draining."""
        return self.error.code.startswith(NOT_NOW)


class StatusUpdate(Message, frozen=True, kw_only=True, tag="status_update", omit_defaults=False):
    """What the robot is doing. ``current_job`` is the first of ``current_jobs``."""

    robot_id: Id
    status: RobotState
    current_job: Id | None = None
    current_jobs: tuple[Id, ...] = ()
    free_slots: Count = 0
    waiting: Count = 0
    metrics: Mapping[str, Any] = msgspec.field(default_factory=dict)


Progress = JobStarted | NodeStarted | NodeCompleted | NodeFailed


class JobProgress(Message, frozen=True, kw_only=True, tag="job_progress"):
    """What happened since the last one, in order; of a job's beginnings only the last.

    ``dropped`` counts events that are left out because there were too many.
    """

    events: tuple[Progress, ...]
    dropped: Count = 0


class SentLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line a workflow wrote to its log."""

    job_id: Id
    at: Moment
    level: str
    message: str
    node_id: str | None = None


class LogBatch(Message, frozen=True, kw_only=True, tag="log_batch"):
    """Lines of running workflows, in order; ``dropped`` older ones were too many."""

    lines: tuple[SentLine, ...]
    dropped: Count = 0


class JobResult(Message, frozen=True, kw_only=True, tag="job_result", omit_defaults=False):
    """How a job ended; sent until it is acknowledged.

    ``outputs`` are the final variables, sensitive ones masked. ``key`` is the
    same whenever the same result is sent.
    """

    job_id: Id
    status: JobStatus
    outputs: Mapping[str, Any] = msgspec.field(default_factory=dict)
    execution_time: Seconds = 0.0
    error: JobError | None = None
    errors: tuple[JobError, ...] = ()
    warnings: tuple[JobError, ...] = ()
    log: tuple[LogLine, ...] = ()
    nodes_executed: Count = 0
    executed_nodes: tuple[str, ...] = ()
    needs_attention: tuple[UnknownStep, ...] = ()
    resumed: bool = False
    key: Id


class Heartbeat(Message, frozen=True, kw_only=True, tag="heartbeat"):
    """A sign of life that asks for one; ``n`` counts them on this connection.

    ``audit`` is the newest signed end of the robot's audit, when it is another
    than the last one told on this connection.
    """

    n: Count
    sent_at: Moment
    audit: AuditHead | None = None


class Goodbye(Message, frozen=True, kw_only=True, tag="goodbye"):
    """The robot leaves on purpose; what it holds stays with it."""

    reason: Text = ""


class Welcome(Message, frozen=True, kw_only=True, tag="welcome"):
    """The orchestrator knows the robot: the answer to ``hello``.

    ``session`` is the robot's own, ``known_jobs`` those it believes the robot to
    hold. ``heartbeat_interval`` is how often it wants to hear from the robot.
    """

    session: Id
    heartbeat_interval: Annotated[float, msgspec.Meta(ge=0.05, le=3600)] = 30.0
    server_time: Moment
    known_jobs: tuple[Id, ...] = ()


class JobAssignment(Message, frozen=True, kw_only=True, tag="job_assignment"):
    """A job for this robot, repeated until it is accepted or refused."""

    job_id: Id
    workflow: WorkflowJson
    variables: Mapping[str, Any] = msgspec.field(default_factory=dict)
    name: Annotated[str, msgspec.Meta(max_length=500)] = ""
    timeout: Annotated[float, msgspec.Meta(gt=0)] | None = None
    priority: Rank = 0
    expires_at: Moment | None = None
    needs_desktop: bool = False
    restartable: bool = True
    on_disconnect: Literal["continue", "abort"] = "continue"

    def __post_init__(self) -> None:
        _check_id("job_id", self.job_id)
        if bytes(self.workflow).lstrip(b" \t\r\n")[:1] != b"{":
            raise ValueError("`workflow` must be an object")

    def job(self, origin: str) -> Job:
        """The job as the robot keeps it, with the policy for jobs from the network."""
        return Job(
            id=JobId(self.job_id),
            workflow=bytes(self.workflow),
            name=self.name,
            variables=self.variables,
            timeout=self.timeout,
            origin=origin,
            profile="remote",
            restartable=self.restartable,
            priority=self.priority,
            expires_at=self.expires_at,
            needs_desktop=self.needs_desktop,
            on_disconnect=self.on_disconnect,
        )


class JobCancel(Message, frozen=True, kw_only=True, tag="job_cancel"):
    """End this job, repeated until its result comes.

    With ``abandon`` the job belongs to another robot now: stop it and report
    nothing.
    """

    job_id: Id
    reason: Text = ""
    abandon: bool = False


class ResultAck(Message, frozen=True, kw_only=True, tag="result_ack"):
    """The result is safe with the orchestrator; the robot may forget it."""

    job_id: Id


class HeartbeatAck(Message, frozen=True, kw_only=True, tag="heartbeat_ack"):
    """The answer to the heartbeat of this number."""

    n: Count
    server_time: Moment


class Pause(Message, frozen=True, kw_only=True, tag="pause"):
    """Begin no more jobs until ``resume``."""

    reason: Text = ""


class Resume(Message, frozen=True, kw_only=True, tag="resume"):
    """Begin jobs again."""


class Superseded(Message, frozen=True, kw_only=True, tag="superseded"):
    """A newer session of the same robot took over; the connection is closed with 4409."""

    by: Id


class Error(Message, frozen=True, kw_only=True, tag="error"):
    """A message could not be used; ``about`` is its job or, failing that, its type."""

    code: Annotated[str, msgspec.Meta(max_length=40)]
    message: Text
    about: Annotated[str, msgspec.Meta(max_length=200)] = ""


class Part(Message, frozen=True, kw_only=True, tag="part"):
    """A piece of a large message, sent when the piece before has arrived.

    The pieces of one message have the same ``of``; joined, their ``text`` is it.
    """

    of: Count
    n: Count
    text: str
    last: bool = False


class PartAck(Message, frozen=True, kw_only=True, tag="part_ack"):
    """A piece has arrived."""

    of: Count
    n: Count


RobotMessage = (
    Hello
    | JobAccepted
    | JobRefused
    | StatusUpdate
    | JobProgress
    | LogBatch
    | JobResult
    | Heartbeat
    | Goodbye
    | Part
    | PartAck
    | Error
)
ServerMessage = (
    Welcome
    | JobAssignment
    | JobCancel
    | ResultAck
    | HeartbeatAck
    | Pause
    | Resume
    | Superseded
    | Part
    | PartAck
    | Error
)

CLOSE_SUPERSEDED = 4409
"""Close code after ``superseded``."""
CLOSE_FOREIGN_KEY = 4403
"""Close code for a robot that comes with another robot's key."""
CLOSE_UNSUITABLE = 4406
"""Close code when the other side speaks no version in common."""


def _check_id(name: str, value: str) -> None:
    """Whoever names something says so in characters that can be shown.

    Checked where an id is first heard of: a pattern on every id would cost more
    than all the rest of reading a message.

    Raises:
        ValueError: It holds others.
    """
    if not value.isprintable():
        raise ValueError(f"`{name}` holds characters that cannot be shown")


def names(union: Any) -> frozenset[str]:
    """The types of a union of messages."""
    return frozenset(member.__struct_config__.tag for member in get_args(union))
