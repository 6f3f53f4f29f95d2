"""The robot's side of the native protocol. Pure: no socket, no clock."""

import math
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeAlias

import msgspec

from casare_robot.domain.audit_head import AuditHead
from casare_robot.domain.job import JobId, JobResult
from casare_robot.domain.job_source import JobTaker
from casare_robot.domain.plain_json import plain
from casare_robot.domain.robot_events import JobLogged
from casare_robot.link import session
from casare_robot.link.echoing import EchoingTransport
from casare_robot.link.identity import Identity
from casare_robot.link.liveness import PATIENCE, Liveness
from casare_robot.link.native import messages
from casare_robot.link.native.parts import QUICK, SLOW, Receiver, Sender
from casare_robot.link.native.reading import MessageRefusedError, encode, from_server
from casare_robot.link.native.reference_session import ReferenceSession
from casare_robot.link.native.results import result_frame
from casare_robot.link.native.status import status_update
from casare_robot.link.session import Ask, WallClock
from casare_robot.link.telemetry import DELAY, Telemetry

LARGEST_BATCH = 32 << 10
"""Bytes of one frame of progress or log lines (performance, topic (h))."""
SMALLEST_CREDIT, LARGEST_CREDIT = 4 << 10, 256 << 10
"""Bytes of such frames that may be on their way before an echo has come back."""
MOST_ANSWERS = 1_000
"""Answers that wait; a peer that does not read gets no more of them and says it again."""


SILENCE = 2.0
"""Seconds without a welcome after which the robot says what it is doing: an orchestrator that
knows the robot reference alone waits for that, and answers with a job."""

UNANSWERED = (
    "the orchestrator does not answer; if it knows nothing but the messages of the robot "
    "reference, set the dialect `reference`"
)

AuditSource: TypeAlias = Callable[[], AuditHead | None]


class RobotSession:
    """One connection's conversation with an orchestrator.

    What informs is sent only as fast as echoes come back, so that heartbeats and
    results never queue behind more than the line carries in a moment.

    Args:
        identity: Who the robot is.
        robot: Asked for what it holds and how many jobs could begin.
        telemetry: What the robot told; outlives the connection.
        interval: Seconds between heartbeats, if the server wants them no oftener.
        now: Monotonic seconds.
        wall: The time of day.
        audit: The newest signed end of the robot's audit.
        insists: A person wants to take over from the session that superseded this one.
    """

    def __init__(
        self,
        identity: Identity,
        robot: JobTaker,
        telemetry: Telemetry,
        *,
        origin: str,
        interval: float,
        now: float,
        wall: WallClock,
        audit: AuditSource = lambda: None,
        insists: bool = False,
    ) -> None:
        self._identity = identity
        self._robot = robot
        self._telemetry = telemetry
        self._origin = origin
        self._interval = interval
        self._wall = wall
        self._audit = audit
        self._told_audit: AuditHead | None = None
        self._alive = Liveness(interval, now)
        self._welcome_by = now + interval * PATIENCE
        self._greet_at = now + SILENCE
        self.is_established = False
        self._is_leaving = False
        self._is_garbled = False
        self._answers: deque[bytes] = deque()
        self._results: deque[JobResult] = deque()
        self._unacknowledged: dict[JobId, tuple[JobResult, float]] = {}
        self._parts = Sender(interval)
        self._under_way: JobResult | None = None
        self._joining = Receiver()
        self._must_tell_status = False
        self._told_slots = -1
        self._credit = self._budget = SMALLEST_CREDIT
        held = (*robot.held_jobs(origin), *robot.parked_jobs(origin))
        self._say(
            messages.Hello(
                protocol=messages.PROTOCOL,
                jobs=tuple(dict.fromkeys(held)),
                insists=insists,
                **msgspec.structs.asdict(identity),
            )
        )

    def read(self, frame: bytes) -> messages.Message | MessageRefusedError:
        """The message in a frame, or why there is none."""
        try:
            message: messages.Message = from_server.read(frame)
        except MessageRefusedError as error:
            return error
        return message

    def received(self, said: messages.Message | MessageRefusedError, now: float) -> Sequence[Ask]:
        """Take in a message."""
        match said:
            case MessageRefusedError():
                self._is_garbled = True
                self._complain(said.code, str(said), said.about)
            case messages.HeartbeatAck():
                return self._echoed(said, now)
            case messages.Part():
                return self._joined(said, now)
            case messages.PartAck():
                self._arrived(said, now)
            case messages.Superseded():
                return (_superseded(said.by),)
            case messages.Error():
                return self._failed(said)
            case messages.Welcome():
                return self._welcomed(said, now)
            case messages.JobAssignment() if not (self.is_established or self._is_garbled):
                self.is_established = True
                return (session.Instead(self._in_reference_words(now), EchoingTransport, said),)
            case _ if not self.is_established:
                self._complain("E-MSG-121", "nothing but a welcome may come first", "")
            case messages.JobAssignment():
                return (session.Offer(said.job(self._origin)),)
            case messages.JobCancel():
                return (session.Cancel(JobId(said.job_id), said.reason, said.abandon),)
            case messages.ResultAck():
                return self._acknowledged(JobId(said.job_id), True)
            case messages.Pause():
                return (session.Pause(said.reason),)
            case messages.Resume():
                return (session.Resume(),)
        return ()

    def next_frame(self, now: float) -> bytes | None:
        """What to send next: answers, then the heartbeat, results, and what informs."""
        if self._answers:
            return self._answers.popleft()
        if not self.is_established or self._is_leaving:
            return None
        if self._alive.must_send:
            return self._heartbeat(now)
        if self._results and not self._parts.is_busy:
            self._begin(self._results.popleft(), now)
        if (frame := self._parts.next_frame(now)) is not None:
            return frame
        if self._answers:
            return self._answers.popleft()
        if self._must_tell_status or self._telemetry.status_is_new:
            return self._status()
        return self._telling(now)

    def tick(self, now: float) -> Sequence[Ask]:
        """Notice a dead line, ask for an echo, send again what nobody acknowledged."""
        if not self.is_established:
            if now >= self._welcome_by:
                return (session.Part(UNANSWERED),)
            if now >= self._greet_at:
                self._greet_at = math.inf
                self._answers.append(self._status())
            return ()
        if self._alive.tick(now):
            waited = self._alive.interval * PATIENCE
            return (session.Part(f"no answer to a heartbeat for {waited:.1f} s"),)
        if self._robot.free_slots != self._told_slots and self._alive.must_send:
            self._must_tell_status = True
        for job_id, (result, sent_at) in tuple(self._unacknowledged.items()):
            if now >= sent_at + self._alive.interval:
                del self._unacknowledged[job_id]
                self._results.append(result)
        return ()

    def wake_at(self) -> float:
        """When the next of these is due."""
        if not self.is_established:
            return min(self._greet_at, self._welcome_by)
        wake = self._alive.wake_at()
        since = self._telemetry.since
        if since is not None and self._credit > 0 and not self._parts.is_busy:
            wake = min(wake, since + DELAY)
        if self._parts.is_busy:
            wake = min(wake, self._parts.wake_at())
        for _, sent_at in self._unacknowledged.values():
            wake = min(wake, sent_at + self._alive.interval)
        return wake

    def accepted(self, job_id: JobId) -> None:
        """Acknowledge a job that is on disk."""
        self._say(messages.JobAccepted(job_id=job_id))
        self._must_tell_status = True

    def refused(self, job_id: JobId, code: str, message: str) -> None:
        """Say why a job is not taken."""
        error = messages.ErrorInfo(code=code, message=message[:1000])
        self._say(messages.JobRefused(job_id=job_id, error=error))

    def unknown(self, job_id: JobId) -> None:
        """Say that a job which was to be cancelled is not here."""
        self._complain("E-JOB-404", f"job {job_id!r} is not at this robot", job_id)

    def report(self, result: JobResult) -> None:
        """Queue a result; it is sent until it is acknowledged."""
        self._results.append(result)

    def look(self) -> None:
        """Say what is free: the server sends jobs of its own accord."""
        self._must_tell_status = True

    def leave(self, reason: str) -> None:
        """Say goodbye; nothing else is sent after it."""
        self._answers.append(encode(messages.Goodbye(reason=reason)))
        self._is_leaving = True

    def _heartbeat(self, now: float) -> bytes:
        head = self._audit()
        news = None if head == self._told_audit else head
        self._told_audit = head
        return encode(messages.Heartbeat(n=self._alive.sent(now), sent_at=self._wall(), audit=news))

    def _welcomed(self, said: messages.Welcome, now: float) -> Sequence[Ask]:
        if said.session != self._identity.session:
            return (session.Part("the orchestrator welcomed another session"),)
        self._alive = Liveness(min(self._interval, said.heartbeat_interval), now)
        self._alive.ask(now)
        self._must_tell_status = True
        if self.is_established:
            return ()
        self.is_established = True
        return (session.Established(),)

    def _in_reference_words(self, now: float) -> ReferenceSession:
        """The conversation with one that gives jobs without a welcome: it does not know of any."""
        return ReferenceSession(
            self._identity.robot_id,
            self._robot,
            self._telemetry,
            origin=self._origin,
            interval=self._interval,
            now=now,
        )

    def _begin(self, result: JobResult, now: float) -> None:
        """Send a result, in parts if the line is not known to carry it whole."""
        frame = result_frame(result)
        if self._parts.fits(frame):
            self._unacknowledged[result.job_id] = result, now
            self._answers.append(frame)
        else:
            self._unacknowledged[result.job_id] = result, math.inf
            self._under_way = result
            self._parts.begin(frame)

    def _arrived(self, ack: messages.PartAck, now: float) -> None:
        self._alive.moved(now)
        result = self._under_way
        if self._parts.acknowledged(ack, now) and result is not None:
            self._under_way = None
            if result.job_id in self._unacknowledged:
                self._unacknowledged[result.job_id] = result, now

    def _joined(self, part: messages.Part, now: float) -> Sequence[Ask]:
        self._alive.moved(now)
        try:
            ack, whole = self._joining.take(part)
        except MessageRefusedError as error:
            self._complain(error.code, str(error), "part")
            return ()
        self._say(ack)
        return () if whole is None else (session.Whole(whole),)

    def _echoed(self, said: messages.HeartbeatAck, now: float) -> Sequence[Ask]:
        took = self._alive.answered(said.n, now)
        if took is None:
            return ()
        was_loaded = self._credit <= 0
        if was_loaded and took < QUICK:
            self._budget = min(self._budget * 2, LARGEST_CREDIT)
        elif took > SLOW:
            self._budget = max(self._budget // 2, SMALLEST_CREDIT)
        self._credit = self._budget
        return (session.Proved(_ahead(said.server_time, self._wall(), took)),)

    def _failed(self, said: messages.Error) -> Sequence[Ask]:
        job_id = JobId(said.about)
        if not self.is_established and said.code == "E-MSG-120":
            problem = f"the orchestrator does not speak this robot's protocol: {said.message}"
            return (session.Part(problem, is_refusal=True),)
        if job_id in self._unacknowledged:
            return self._acknowledged(job_id, False)
        return ()

    def _acknowledged(self, job_id: JobId, is_safe: bool) -> Sequence[Ask]:
        self._unacknowledged.pop(job_id, None)
        if self._under_way is not None and self._under_way.job_id == job_id:
            self._under_way = None
            self._parts.give_up()
        if any(result.job_id == job_id for result in self._results):
            self._results = deque(r for r in self._results if r.job_id != job_id)
        return (session.Delivered(job_id, is_safe),)

    def _status(self) -> bytes:
        status = self._telemetry.take_status()
        self._must_tell_status = False
        self._told_slots = self._robot.free_slots
        return encode(status_update(self._identity.robot_id, status, self._told_slots))

    def _telling(self, now: float) -> bytes | None:
        told = self._telemetry
        since = told.since
        if since is None or self._credit <= 0 or now < since + DELAY or self._parts.is_busy:
            return None
        if not (told.has_events or told.has_lines):
            return None
        limit = min(LARGEST_BATCH, self._credit)
        if told.has_events:
            events, dropped = told.take_events(_encode_event, limit)
            frame = b'{"type":"job_progress","events":[%b],"dropped":%d}' % (
                b",".join(events),
                dropped,
            )
        else:
            lines, dropped = told.take_lines(_encode_line, limit)
            frame = b'{"type":"log_batch","lines":[%b],"dropped":%d}' % (
                b",".join(lines),
                dropped,
            )
        self._credit -= len(frame)
        if self._credit <= 0:
            self._alive.ask(now)
        return frame

    def _complain(self, code: str, message: str, about: str) -> None:
        self._say(messages.Error(code=code, message=message[:1000], about=about[:200]))

    def _say(self, message: messages.Message) -> None:
        if len(self._answers) < MOST_ANSWERS:
            self._answers.append(encode(message))


def _superseded(by: str) -> Ask:
    problem = (
        f"a newer session of this robot took over ({by}): another machine or program uses its "
        "identity; reconnect takes it back"
    )
    return session.Part(problem, superseded_by=by)


def _ahead(server: datetime, here: datetime, took: float) -> float:
    return (server - here).total_seconds() + took / 2


_encode: Callable[[Any], bytes] = msgspec.json.Encoder().encode


def _encode_event(event: Any) -> bytes:
    try:
        return _encode(event)
    except UnicodeEncodeError:
        return _encode(plain(msgspec.to_builtins(event)))


def _encode_line(event: JobLogged) -> bytes:
    line = event.line
    return _encode_event(
        messages.SentLine(
            job_id=event.job_id,
            at=event.at,
            level=line.level,
            message=line.message,
            node_id=line.node_id,
        )
    )
