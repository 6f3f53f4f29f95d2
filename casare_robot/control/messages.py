"""What faces and agent say to each other: one JSON object to a line. Pure.

A face says `Hello`, then asks; each request gets one `Answer` or `Refusal`, in
order. `Watch`, `Submit` and `Attend` get `Told`, as often as something happens, and `End`;
any line from the face ends them early.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, get_args

import msgspec

from casare_robot.domain import question as domain
from casare_robot.domain.audit_head import AuditHead
from casare_robot.domain.errors import (
    ConfigError,
    ControlError,
    DiskFullError,
    Fault,
    GroupError,
    JobRefusedError,
    JobStateError,
    JournalDamagedError,
    JournalError,
    MembershipError,
    QuestionError,
    RobotError,
    TriggerError,
)
from casare_robot.domain.face_events import FaceEvent
from casare_robot.domain.job import Job, JobId, JobResult, JobStatus
from casare_robot.domain.job_history import HistoryEntry
from casare_robot.domain.json_guard import JsonRefusedError, read_json
from casare_robot.domain.plain_json import plain, readable
from casare_robot.domain.robot_control import FaceKind
from casare_robot.domain.robot_events import JobEnded, RobotEvent
from casare_robot.domain.trigger_status import Missed

PROTOCOL = 3
"""Grows with every change of the messages: both sides must speak the same one."""
LARGEST_LINE = 64 << 20
"""Bytes of one message, so also of a job: a workflow travels as base64."""

NOT_UNDERSTOOD, WRONG_FIELDS, OTHER_VERSION, NO_HELLO = (
    "E-MSG-120",
    "E-MSG-121",
    "E-MSG-122",
    "E-MSG-123",
)

MEND = (
    "this program and the running robot may be of different releases: restart the older one "
    "(the robot with casare-robot stop, then casare-robot run or the tray)"
)
"""What to do where one side says what the other does not understand."""


class Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something a face asks; tag and fields are those of a method of RobotControl."""


class Hello(Request, frozen=True, kw_only=True, tag="hello"):
    """The first line of a face."""

    protocol: int


class Status(Request, frozen=True, kw_only=True, tag="status"):
    """Answered by a RobotStatus."""


class Watch(Request, frozen=True, kw_only=True, tag="watch"):
    """Told every RobotEvent."""


class Pause(Request, frozen=True, kw_only=True, tag="pause"):
    """Answered by null."""

    until: datetime | None = None
    note: Annotated[str, msgspec.Meta(max_length=1000)] = ""


class Resume(Request, frozen=True, kw_only=True, tag="resume"):
    """Answered by null."""


class Drain(Request, frozen=True, kw_only=True, tag="drain"):
    """Answered by null."""


class Stop(Request, frozen=True, kw_only=True, tag="stop"):
    """Answered by null, before the robot leaves."""

    now: bool = False


class Reconnect(Request, frozen=True, kw_only=True, tag="reconnect"):
    """Answered by null."""


class Submit(Request, frozen=True, kw_only=True, tag="submit"):
    """Told what happens to the job, last its JobEnded."""

    job: Job


class Cancel(Request, frozen=True, kw_only=True, tag="cancel"):
    """Answered by whether there was such a job."""

    job_id: JobId


class Jobs(Request, frozen=True, kw_only=True, tag="jobs"):
    """Answered by HistoryEntries."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=100_000)]
    status: JobStatus | None = None


class ShowJob(Request, frozen=True, kw_only=True, tag="job"):
    """Answered by ``[HistoryEntry, JobResult or null]``, or null."""

    job_id: JobId


class Retry(Request, frozen=True, kw_only=True, tag="retry"):
    """Answered by the id of the new job."""

    job_id: JobId
    start: Literal["start", "failed"] = "start"
    version: Literal["old", "new"] = "old"


class Resolve(Request, frozen=True, kw_only=True, tag="resolve"):
    """Answered by null."""

    job_id: JobId
    decisions: dict[str, Literal["done", "again", "fail"]]


class Attend(Request, frozen=True, kw_only=True, tag="attend"):
    """Told every FaceEvent, of one job or of all; while it lasts a person can be asked."""

    kind: FaceKind
    job_id: JobId | None = None


class Questions(Request, frozen=True, kw_only=True, tag="questions"):
    """Answered by Questions."""


class AnswerQuestion(Request, frozen=True, kw_only=True, tag="answer_question"):
    """Answered by null."""

    question_id: str
    answer: domain.Answer


class Triggers(Request, frozen=True, kw_only=True, tag="triggers"):
    """Answered by TriggerStatuses."""


class TriggerOn(Request, frozen=True, kw_only=True, tag="trigger_on"):
    """Answered by ids."""

    file: str
    node_id: str = ""
    missed: Missed = "once"
    listen: str = ""


class TriggerOff(Request, frozen=True, kw_only=True, tag="trigger_off"):
    """Answered by null."""

    trigger_id: str


class FireTrigger(Request, frozen=True, kw_only=True, tag="fire_trigger"):
    """Answered by a job's id; ``payload`` maps ports to values."""

    trigger_id: str
    payload: Mapping[str, Any]


class Metrics(Request, frozen=True, kw_only=True, tag="metrics"):
    """Answered by an object."""


class MetricHistory(Request, frozen=True, kw_only=True, tag="metric_history"):
    """Answered by ``[time, MetricMinute]`` pairs."""

    since: datetime
    until: datetime


class VerifyAudit(Request, frozen=True, kw_only=True, tag="verify_audit"):
    """Answered by Faults; ``heads`` are what others keep of the audit."""

    heads: tuple[AuditHead, ...] = ()


class Group(Request, frozen=True, kw_only=True, tag="group"):
    """Answered by a GroupStatus, or null."""


class Promote(Request, frozen=True, kw_only=True, tag="promote"):
    """Answered by null."""

    robot: str


class Demote(Request, frozen=True, kw_only=True, tag="demote"):
    """Answered by null."""

    robot: str


class Drill(Request, frozen=True, kw_only=True, tag="drill"):
    """Answered by a GroupDrill."""


class Sync(Request, frozen=True, kw_only=True, tag="sync"):
    """Answered by an object with two counts."""


class Extras(Request, frozen=True, kw_only=True, tag="extras"):
    """Answered by ExtrasSeen."""


class Reload(Request, frozen=True, kw_only=True, tag="reload"):
    """Answered by names of settings that need a restart."""


Asked = (
    Hello
    | Status
    | Watch
    | Pause
    | Resume
    | Drain
    | Stop
    | Reconnect
    | Submit
    | Cancel
    | Jobs
    | ShowJob
    | Retry
    | Resolve
    | Attend
    | Questions
    | AnswerQuestion
    | Triggers
    | TriggerOn
    | TriggerOff
    | FireTrigger
    | Metrics
    | MetricHistory
    | VerifyAudit
    | Group
    | Promote
    | Demote
    | Drill
    | Sync
    | Extras
    | Reload
)
Streamed = Watch | Submit | Attend


class Welcome(msgspec.Struct, frozen=True, kw_only=True, tag="welcome"):
    """The answer to a Hello."""

    protocol: int


class Answer(msgspec.Struct, frozen=True, kw_only=True, tag="answer"):
    """What a request gave."""

    value: msgspec.Raw


class Refusal(msgspec.Struct, frozen=True, kw_only=True, tag="refusal"):
    """Why a request gave nothing; ``kind`` is the error's class where a face may know it."""

    code: str
    message: str
    kind: str = ""
    faults: tuple[Fault, ...] = ()


class Told(msgspec.Struct, frozen=True, kw_only=True, tag="told"):
    """Something happened."""

    event: RobotEvent | FaceEvent


class End(msgspec.Struct, frozen=True, kw_only=True, tag="end"):
    """No more will be told; so many events were left out because they were read slowly."""

    missed: int = 0


Said = Welcome | Answer | Refusal | Told | End

_PLAIN = (
    DiskFullError,
    JournalDamagedError,
    JournalError,
    GroupError,
    MembershipError,
    TriggerError,
)
_SIMPLE = {kind.__name__: kind for kind in _PLAIN}
_CODED = {
    kind.__name__: kind for kind in (JobRefusedError, JobStateError, QuestionError, ControlError)
}
_TAGS = frozenset(kind.__struct_config__.tag for kind in get_args(Asked))
_SAID = msgspec.json.Decoder(Said)


def read_request(line: bytes) -> Asked:
    """A face's line.

    Raises:
        JsonRefusedError: It is no JSON that we take (E-MSG-101 to 108).
        ControlError: It asks for nothing we know (E-MSG-120), or with wrong
            fields (E-MSG-121).
    """
    if len(line) > LARGEST_LINE:
        raise JsonRefusedError(107, f"larger than {LARGEST_LINE >> 20} MB")
    said = read_json(line)
    kind = said.get("type") if isinstance(said, dict) else None
    if not isinstance(kind, str) or kind not in _TAGS:
        what = f"a request of type {kind!r:.100}" if kind else "anything without a type"
        raise ControlError(f"the robot does not know {what}; {MEND}", code=NOT_UNDERSTOOD)
    try:
        request: Asked = msgspec.convert(said, Asked)
    except (msgspec.ValidationError, ValueError, OverflowError) as error:
        raise ControlError(f"{kind}: {error}; {MEND}", code=WRONG_FIELDS) from error
    return request


def read_said(line: bytes) -> Said:
    """An agent's line.

    Raises:
        ControlError: It is nothing an agent of this version says.
    """
    try:
        said: Said = _SAID.decode(line)
    except (msgspec.MsgspecError, ValueError) as error:
        message = f"the running robot said something that makes no sense: {error}; {MEND}"
        raise ControlError(message, code=NOT_UNDERSTOOD) from error
    return said


def as_line(message: Asked | Said) -> bytes:
    """A message as it travels."""
    return _encoded(message) + b"\n"


def answer(value: Any) -> Answer:
    """What a method gave; values of workflows as far as JSON can say them."""
    match value:
        case (HistoryEntry() as entry, JobResult() as result):
            value = (entry, _plain_result(result))
        case dict():
            value = plain(value)
    return Answer(value=msgspec.Raw(_encoded(value)))


def told(event: RobotEvent | FaceEvent) -> Told:
    """An event; values of workflows as far as JSON can say them."""
    if isinstance(event, JobEnded):
        event = msgspec.structs.replace(event, result=_plain_result(event.result))
    return Told(event=event)


def refusal(error: RobotError) -> Refusal:
    """An error as it travels."""
    return Refusal(
        code=error.code,
        message=str(error),
        kind=type(error).__name__,
        faults=error.faults if isinstance(error, ConfigError) else (),
    )


def error_of(refused: Refusal) -> RobotError:
    """The error a refusal tells of."""
    if refused.kind == ConfigError.__name__ and refused.faults:
        return ConfigError(refused.faults)
    if refused.kind in _SIMPLE:
        return _SIMPLE[refused.kind](refused.message)
    return _CODED.get(refused.kind, ControlError)(refused.message, code=refused.code)


def _plain_result(result: JobResult) -> JobResult:
    return msgspec.structs.replace(
        result,
        variables=plain(result.variables),
        outputs=plain(result.outputs),
    )


def _encoded(value: Any) -> bytes:
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        return msgspec.json.encode(readable(msgspec.to_builtins(value)))
