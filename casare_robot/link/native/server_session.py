"""The orchestrator's side of the native protocol. Pure: no socket, no clock, no store."""

import math
from collections import OrderedDict, deque
from collections.abc import Collection, Iterable

import msgspec

from casare_robot.link.native import messages
from casare_robot.link.native.messages import JobAssignment, RobotMessage
from casare_robot.link.native.parts import Receiver, Sender
from casare_robot.link.native.reading import (
    LARGEST_FRAME,
    MessageRefusedError,
    encode,
    from_robot,
)
from casare_robot.link.session import WallClock

MOST_ATTEMPTS = 3
"""Times that a robot may call an assignment unreadable before it counts as refused."""
MOST_ANSWERS = 1_000
"""Answers that wait; a peer that does not read gets no more of them and says it again."""


class ServerSession:
    """One robot's connection, from the orchestrator's side.

    ::

        session = ServerSession(interval=30.0, now=now, wall=utc_now)
        # for each frame:   said = session.received(session.read(frame), now)
        #                   Hello: welcome() or supersede(); JobResult: keep it, then
        #                   acknowledge(); JobAccepted, JobRefused: write it down ...
        # always:           while frame := session.next_frame(now): send it
        #                   at wake_at(): if session.tick(now): the robot is gone

    What `assign` and `cancel` are told is repeated on this connection until the
    robot answers; the next connection needs to be told again. A job is sent when
    the one before it has been answered, so that they arrive in order whatever is
    lost on the way.

    Args:
        interval: Seconds between heartbeats that the robot is asked for.
        now: Monotonic seconds.
        wall: The time of day.

    Attributes:
        hello: How the robot introduced itself, or None.
        status: Its last status, or None.
        malformed: Frames that were no messages.
    """

    def __init__(self, *, interval: float, now: float, wall: WallClock) -> None:
        self.interval = interval
        self.hello: messages.Hello | None = None
        self.status: messages.StatusUpdate | None = None
        self.malformed = 0
        self._wall = wall
        self._heard_at = now
        self._is_ending = False
        self._answers: deque[bytes] = deque()
        self._assigned: OrderedDict[str, tuple[bytes, float]] = OrderedDict()
        self._cancelled: OrderedDict[str, tuple[bytes, float]] = OrderedDict()
        self._unreadable: dict[str, int] = {}
        self._parts = Sender(interval)
        self._under_way = ""
        self._joining = Receiver()

    def read(self, frame: bytes) -> RobotMessage | MessageRefusedError:
        """The message in a frame, or why there is none; safe in any thread."""
        try:
            message: RobotMessage = from_robot.read(frame)
        except MessageRefusedError as error:
            return error
        return message

    def received(self, said: RobotMessage | MessageRefusedError, now: float) -> RobotMessage | None:
        """Take in a message; returns it if the orchestrator has something to do about it."""
        self._heard_at = now
        match said:
            case MessageRefusedError():
                self.malformed += 1
                self._complain(said.code, str(said), said.about)
                return None
            case messages.Hello() if self.hello is not None:
                self._complain("E-MSG-121", "hello comes once, as the first message", "hello")
                return None
            case messages.Hello():
                return self._greeted(said)
            case messages.Heartbeat():
                self._say(messages.HeartbeatAck(n=said.n, server_time=self._wall()))
                return None if said.audit is None or self.hello is None else said
            case messages.Part():
                return self._joined(said, now)
            case messages.PartAck():
                if self._parts.acknowledged(said, now) and self._under_way in self._assigned:
                    frame, _ = self._assigned[self._under_way]
                    self._assigned[self._under_way] = frame, now + self.interval
                return None
            case _ if self.hello is None:
                self._complain("E-MSG-121", "nothing but a hello may come first", "")
                return None
            case messages.StatusUpdate():
                self.status = said
            case messages.JobAccepted() | messages.JobRefused():
                self._answered(said.job_id)
            case messages.JobResult():
                self._answered(said.job_id)
                self._cancelled.pop(said.job_id, None)
            case messages.Error():
                return self._failed(said)
        return said

    def welcome(self, known_jobs: Iterable[str] = ()) -> None:
        """Answer the robot's hello."""
        if self.hello is not None:
            self._say(
                messages.Welcome(
                    session=self.hello.session,
                    heartbeat_interval=self.interval,
                    server_time=self._wall(),
                    known_jobs=tuple(known_jobs),
                )
            )

    def assign(self, assignment: JobAssignment, now: float) -> bool:
        """Send a job until the robot answers; False if it is too large to be sent at all."""
        frame = encode(assignment)
        if len(frame) > LARGEST_FRAME:
            return False
        self._assigned[assignment.job_id] = frame, now
        return True

    def cancel(self, job_id: str, reason: str, now: float, *, abandon: bool = False) -> None:
        """Send a cancellation until the job's result comes, or the robot does not know it.

        With ``abandon`` nothing is reported, so that it is sent once.
        """
        self._answered(job_id)
        frame = encode(messages.JobCancel(job_id=job_id, reason=reason, abandon=abandon))
        if abandon:
            self._answers.append(frame)
        else:
            self._cancelled[job_id] = frame, now

    def acknowledge(self, job_id: str) -> None:
        """Tell the robot that its result is safe."""
        self._say(messages.ResultAck(job_id=job_id))

    def pause(self, reason: str) -> None:
        """Ask the robot to begin no more jobs."""
        self._say(messages.Pause(reason=reason))

    def resume(self) -> None:
        """Ask the robot to begin jobs again."""
        self._say(messages.Resume())

    def supersede(self, by: str) -> None:
        """Tell the robot that a newer session took over; then close with 4409."""
        self._assigned.clear()
        self._cancelled.clear()
        self._answers.clear()
        self._parts.give_up()
        self._say(messages.Superseded(by=by))
        self._is_ending = True

    @property
    def is_ending(self) -> bool:
        """Whether the connection is to be closed once `next_frame` has nothing more."""
        return self._is_ending

    @property
    def close_code(self) -> int:
        """With which code to close a connection that is ending."""
        return messages.CLOSE_SUPERSEDED if self.hello else messages.CLOSE_UNSUITABLE

    @property
    def unanswered(self) -> frozenset[str]:
        """Jobs that were assigned on this connection and not answered yet."""
        return frozenset(self._assigned)

    def next_frame(self, now: float) -> bytes | None:
        """What to send next, or None."""
        if self._answers:
            return self._answers.popleft()
        if self._cancelled:
            job_id, (frame, due) = next(iter(self._cancelled.items()))
            if now >= due:
                self._cancelled[job_id] = frame, now + self.interval
                self._cancelled.move_to_end(job_id)
                return frame
        if self._assigned and not self._parts.is_busy:
            job_id, (frame, due) = next(iter(self._assigned.items()))
            if now >= due and self._parts.fits(frame):
                self._assigned[job_id] = frame, now + self.interval
                return frame
            if now >= due:
                self._assigned[job_id] = frame, math.inf
                self._under_way = job_id
                self._parts.begin(frame)
        return self._parts.next_frame(now)

    def tick(self, now: float) -> bool:
        """Whether the robot has been silent for so long that it is gone."""
        return now >= self._heard_at + 1.5 * self.interval

    def wake_at(self) -> float:
        """When `tick` or `next_frame` has something to do that nothing else announces."""
        wake = self._heard_at + 1.5 * self.interval
        for waiting in (self._cancelled, self._assigned):
            if waiting:
                wake = min(wake, next(iter(waiting.values()))[1])
        return min(wake, self._parts.wake_at()) if self._parts.is_busy else wake

    def _greeted(self, said: messages.Hello) -> RobotMessage | None:
        if said.protocol > messages.PROTOCOL:
            self._complain(
                "E-MSG-120",
                f"version {said.protocol} of the protocol; this is version {messages.PROTOCOL}",
                "hello",
            )
            self._is_ending = True
            return None
        self.hello = said
        return said

    def _joined(self, part: messages.Part, now: float) -> RobotMessage | None:
        try:
            ack, whole = self._joining.take(part)
        except MessageRefusedError as error:
            self._complain(error.code, str(error), "part")
            return None
        self._say(ack)
        return None if whole is None else self.received(self.read(whole), now)

    def _failed(self, said: messages.Error) -> RobotMessage | None:
        """A robot that cannot read an assignment gets it again, but not for ever."""
        if said.about in self._assigned:
            if said.code.startswith("E-MSG-"):
                count = self._unreadable[said.about] = self._unreadable.get(said.about, 0) + 1
                if count < MOST_ATTEMPTS:
                    return None
            self._answered(said.about)
            error = messages.ErrorInfo(code=said.code, message=said.message)
            return messages.JobRefused(job_id=said.about, error=error)
        if said.code == "E-JOB-404":
            self._cancelled.pop(said.about, None)
        return said

    def _answered(self, job_id: str) -> None:
        if self._parts.is_busy and self._under_way == job_id:
            self._parts.give_up()
        self._assigned.pop(job_id, None)
        self._unreadable.pop(job_id, None)

    def _complain(self, code: str, message: str, about: str) -> None:
        self._say(messages.Error(code=code, message=message[:1000], about=about[:200]))

    def _say(self, message: messages.Message) -> None:
        if len(self._answers) < MOST_ANSWERS:
            self._answers.append(encode(message))


class Reconciliation(msgspec.Struct, frozen=True):
    """What both sides make of a (re)connection: jobs to assign again, jobs only the robot has."""

    missing: tuple[str, ...]
    foreign: tuple[str, ...]


def reconcile(held: Collection[str], known: Collection[str]) -> Reconciliation:
    """Compare what a robot holds with what it should hold.

    Args:
        held: ``hello.jobs``.
        known: Jobs that the orchestrator has given this robot and that have no result.
    """
    robot, server = frozenset(held), frozenset(known)
    return Reconciliation(
        missing=tuple(job_id for job_id in known if job_id not in robot),
        foreign=tuple(job_id for job_id in held if job_id not in server),
    )


class SessionBook:
    """Which session speaks for each robot: the newest to come, and never one that had to go.

    Args:
        memory: Sessions that had to go that are remembered for each robot.
    """

    def __init__(self, memory: int = 16) -> None:
        self._current: dict[str, messages.Hello] = {}
        self._connected: set[str] = set()
        self._gone: dict[str, deque[str]] = {}
        self._memory = memory

    def claim(self, hello: messages.Hello) -> tuple[str | None, str | None]:
        """Let a robot's session speak for it.

        Returns:
            (session that it loses to, session that it takes over from); a
            session that connects again does neither.
        """
        robot = hello.robot_id
        current = self._current.get(robot)
        gone = self._gone.setdefault(robot, deque(maxlen=self._memory))
        if hello.insists and hello.session in gone:
            gone.remove(hello.session)
        over = None
        if current is not None and current.session != hello.session:
            is_older = robot in self._connected and hello.epoch < current.epoch
            if hello.session in gone or (is_older and not hello.insists):
                return current.session, None
            gone.append(current.session)
            over = current.session
        self._current[robot] = hello
        self._connected.add(robot)
        return None, over

    def left(self, hello: messages.Hello) -> None:
        """The connection with this greeting has ended; was it the last, its epoch binds nobody."""
        if self._current.get(hello.robot_id) is hello:
            self._connected.discard(hello.robot_id)
