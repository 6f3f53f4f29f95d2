"""The robot's side of CasareRPA's websocket conversations. Pure: no socket, no clock.

Both generations say the same things in other words: `Words`. Neither acknowledges a
result; both answer heartbeats in order, so the answer to a heartbeat that was sent
behind a result shows that the result was read.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec

from casare_robot.domain.job import JobId, JobResult, JobStatus
from casare_robot.domain.job_source import JobTaker
from casare_robot.domain.plain_json import plain
from casare_robot.domain.robot_events import JobLogged, NodeStarted
from casare_robot.domain.robot_status import RobotStatus
from casare_robot.link import session
from casare_robot.link.casarerpa import jobs
from casare_robot.link.casarerpa.state import named, percent, status_word
from casare_robot.link.liveness import PATIENCE, Liveness
from casare_robot.link.session import Ask
from casare_robot.link.telemetry import Telemetry

FOREIGN = "foreign"
"""Kind of a message in another dialect, which ``dialect`` names."""
REPEATS = (1.0, 4.0, 15.0)
"""Seconds after the welcome at which the robot registers once more, while it was given nothing:
the end of its old connection, noticed late, strikes the new one off the list."""
TELL_EVERY = 0.5
"""Seconds between tellings of progress and log lines."""
MOST_LINES = 100
"""Log lines in one message."""
MOST_ANSWERS = 1_000
LARGEST_TELLING = 32 << 10


class Said(msgspec.Struct, frozen=True):
    """What an orchestrator said: its ``kind``, ``facts`` by name, and what answers refer to."""

    kind: str
    facts: Mapping[str, Any]
    id: str = ""
    answers: str = ""


class Words(Protocol):
    """How one generation says things.

    Attributes:
        most_silence: Seconds between heartbeats at most.
    """

    most_silence: float

    def read(self, frame: bytes) -> Said:
        """What a frame says; ``kind`` is "" where it says nothing. Never raises."""
        ...

    def say(self, kind: str, facts: Mapping[str, Any], *, own_id: str, answers: str = "") -> bytes:
        """A frame."""
        ...

    def introduction(self) -> Mapping[str, Any]:
        """The facts of ``register``."""
        ...

    def state(self, word: str, held: Sequence[str]) -> Mapping[str, Any]:
        """The facts of ``heartbeat`` and of the answer to ``status_request``."""
        ...

    def offer(self, said: Said) -> session.Offer:
        """The job in ``job_assign``.

        Raises:
            JobUnusableError: It is none.
        """
        ...

    def end(self, result: JobResult, *, cancel: str | None) -> tuple[str, Mapping[str, Any]]:
        """Kind and facts of a job's end; ``cancel`` is the message that asked for it, if any."""
        ...

    def goodbye(self, reason: str) -> tuple[str, Mapping[str, Any]] | None:
        """Kind and facts of a farewell, if there is one."""
        ...

    def log(self, lines: Sequence[JobLogged]) -> Sequence[tuple[str, Mapping[str, Any]]]:
        """Kinds and facts of what tells log lines."""
        ...


class PushSession:
    """One connection's conversation with an orchestrator that pushes jobs.

    Args:
        words: How it speaks.
        robot: Asked for what it holds and how many jobs could begin.
        telemetry: What the robot told; outlives the connection.
        origin: Name of the job source.
        session_id: Makes ids of messages unique.
        interval: Seconds between heartbeats, if the words want them no oftener.
        now: Monotonic seconds.
    """

    def __init__(
        self,
        words: Words,
        robot: JobTaker,
        telemetry: Telemetry,
        *,
        origin: str,
        session_id: str,
        interval: float,
        now: float,
    ) -> None:
        self._words = words
        self._robot = robot
        self._telemetry = telemetry
        self._origin = origin
        self._session_id = session_id
        self._alive = Liveness(min(interval, words.most_silence), now)
        self._welcome_by = now + self._alive.interval * PATIENCE
        self._register_at = [float("inf")]
        self.is_established = False
        self._is_leaving = False
        self._count = 0
        self._answers: deque[bytes] = deque()
        self._given: dict[JobId, str] = {}
        self._nodes: dict[JobId, int] = {}
        self._cancels: dict[JobId, str] = {}
        self._results: deque[JobResult] = deque()
        self._sent: list[JobId] = []
        self._behind_beat: list[JobId] = []
        self._beat: tuple[int, str] = (0, "")
        self._told: tuple[str, tuple[JobId, ...]] | None = None
        self._tell_at = now
        self._say("register", words.introduction())

    def read(self, frame: bytes) -> Said:
        """What a frame says."""
        return self._words.read(frame)

    def received(self, said: Said, now: float) -> Sequence[Ask]:
        """Take in a message."""
        facts = said.facts
        match said.kind:
            case "register_ack":
                return self._registered(facts, now)
            case "heartbeat_ack":
                return self._echoed(said, now)
            case "job_assign":
                return self._assigned(said)
            case "job_cancel":
                job_id = JobId(str(facts.get("job_id", "")))
                self._cancels[job_id] = said.id
                return (session.Cancel(job_id, str(facts.get("reason") or "it was cancelled")),)
            case "ping":
                self._say("pong", {}, answers=said.id)
            case "status_request":
                self._say("status_response", self._state(), answers=said.id)
            case "pause" | "shutdown":
                return (session.Pause(f"the orchestrator said {said.kind}"),)
            case "resume":
                return (session.Resume(),)
            case kind if kind == FOREIGN:
                spoken = facts["dialect"]
                told = f"the orchestrator speaks another dialect: try `--dialect {spoken}`"
                return (session.Part(told, is_refusal=True),)
            case "error":
                told = facts.get("error_message") or facts.get("message") or "no reason given"
                return (session.Warned(f"the orchestrator complains: {told}"),)
        return ()

    def next_frame(self, now: float) -> bytes | None:
        """What to send next: answers, the heartbeat, results, and what informs."""
        if self._answers:
            return self._answers.popleft()
        if not self.is_established or self._is_leaving:
            return None
        if self._alive.must_send:
            return self._heartbeat(now)
        if self._results:
            return self._result(self._results.popleft(), now)
        if self._now_told() != self._told:
            self._alive.ask(now)
            if self._alive.must_send:
                return self._heartbeat(now)
        return self._telling(now)

    def tick(self, now: float) -> Sequence[Ask]:
        """Notice a dead line, register again, ask for an echo."""
        if not self.is_established:
            if now >= self._welcome_by:
                return (session.Part("the orchestrator does not answer"),)
            return ()
        if self._alive.tick(now):
            waited = self._alive.interval * PATIENCE
            return (session.Part(f"no answer to a heartbeat for {waited:.1f} s"),)
        if now >= self._register_at[0]:
            due = self._register_at.pop(0)
            if not self._register_at:
                self._register_at = [max(now, due) + self._alive.interval]
            if not self._given:
                self._say("register", self._words.introduction())
                self._told = None  # a heartbeat follows and says what is held
        return ()

    def wake_at(self) -> float:
        """When the next of these is due."""
        if not self.is_established:
            return self._welcome_by
        wake = min(self._alive.wake_at(), self._register_at[0])
        told = self._telemetry
        return min(wake, self._tell_at) if told.has_events or told.has_lines else wake

    def accepted(self, job_id: JobId) -> None:
        """Accept a job that is on disk."""
        self._say("job_accept", {"job_id": job_id}, answers=self._given.get(job_id, ""))

    def refused(self, job_id: JobId, code: str, message: str) -> None:
        """Say why a job is not taken."""
        facts = {"job_id": job_id, "reason": str(plain(f"{code} {message}"))[:1000]}
        self._say("job_reject", facts, answers=self._given.pop(job_id, ""))

    def unknown(self, job_id: JobId) -> None:
        """A job that was to be cancelled is not here: it has ended, and its end was told."""
        self._cancels.pop(job_id, None)

    def report(self, result: JobResult) -> None:
        """Queue a result."""
        self._results.append(result)

    def look(self) -> None:
        """Say what is free: the server sends jobs of its own accord."""
        self._told = None

    def leave(self, reason: str) -> None:
        """Say goodbye; nothing else is sent after it."""
        farewell = self._words.goodbye(reason)
        if farewell is not None:
            self._say(*farewell)
        self._is_leaving = True

    def _registered(self, facts: Mapping[str, Any], now: float) -> Sequence[Ask]:
        if facts.get("success") is False:
            told = facts.get("message") or "no reason given"
            problem = f"the orchestrator refuses this robot ({told}); check its key"
            return (session.Part(problem, is_refusal=True),)
        if self.is_established:
            return ()
        self.is_established = True
        wanted = facts.get("heartbeat_interval")
        interval = self._alive.interval
        if isinstance(wanted, int | float) and wanted >= 1:
            interval = min(interval, float(wanted))
        self._alive = Liveness(interval, now)
        self._register_at = [now + pause for pause in REPEATS]
        return (session.Established(),)

    def _echoed(self, said: Said, now: float) -> Sequence[Ask]:
        number, beat_id = self._beat
        if said.answers and said.answers != beat_id:
            return ()
        if self._alive.answered(number, now) is None:
            return ()
        delivered, self._behind_beat = self._behind_beat, []
        for job_id in delivered:
            self._given.pop(job_id, None)
            self._cancels.pop(job_id, None)
            self._nodes.pop(job_id, None)
        if self._sent:
            self._alive.ask(now)
        return (session.Proved(), *(session.Delivered(job_id, True) for job_id in delivered))

    def _assigned(self, said: Said) -> Sequence[Ask]:
        job_id = JobId(str(said.facts.get("job_id", "")))
        self._given[job_id] = said.id
        try:
            offer = self._words.offer(said)
        except jobs.JobUnusableError as error:
            self.refused(job_id, "E-MSG-110", str(error))
            return ()
        self._nodes[job_id] = jobs.node_count(offer.job.workflow)
        return (offer,)

    def _result(self, result: JobResult, now: float) -> bytes:
        cancel = self._cancels.get(result.job_id)
        is_asked_for = result.status is JobStatus.CANCELLED and cancel is not None
        kind, facts = self._words.end(result, cancel=cancel if is_asked_for else None)
        self._sent.append(result.job_id)
        self._alive.ask(now)
        return self._frame(kind, facts, answers=(cancel or "") if is_asked_for else "")

    def _heartbeat(self, now: float) -> bytes:
        self._told = self._now_told()
        self._behind_beat += self._sent
        self._sent = []
        frame = self._frame("heartbeat", self._state())
        self._beat = self._alive.sent(now), f"{self._session_id}-{self._count}"
        return frame

    def _now_told(self) -> tuple[str, tuple[JobId, ...]]:
        held = self._active()
        return self._word(held), held

    def _state(self) -> Mapping[str, Any]:
        held = self._active()
        return self._words.state(self._word(held), named(held))

    def _active(self) -> tuple[JobId, ...]:
        ended = {*self._sent, *self._behind_beat, *(result.job_id for result in self._results)}
        held = {*self._given, *self._running()} - ended
        return tuple(sorted(held))

    def _running(self) -> set[JobId]:
        status: RobotStatus | None = self._telemetry.status
        jobs_there = () if status is None else status.jobs
        return {job.job_id for job in jobs_there if job.origin == self._origin}

    def _word(self, held: tuple[JobId, ...]) -> str:
        free = self._robot.free_slots
        return status_word(self._telemetry.status, held=len(held), free_slots=free)

    def _telling(self, now: float) -> bytes | None:
        told = self._telemetry
        if now < self._tell_at or not (told.has_events or told.has_lines):
            return None
        self._tell_at = now + TELL_EVERY
        last: dict[JobId, NodeStarted] = {}
        lines: list[JobLogged] = []

        def event(it: Any) -> bytes:
            if isinstance(it, NodeStarted):
                last[it.job_id] = it
            return b"x" * 64

        def line(it: JobLogged) -> bytes:
            lines.append(it)
            return it.line.message.encode("utf-8", "replace")

        told.take_events(event, LARGEST_TELLING)
        told.take_lines(line, LARGEST_TELLING)
        for it in last.values():
            facts = {
                "job_id": it.job_id,
                "progress": percent(it.nodes_executed, self._nodes.get(it.job_id, 0)),
                "current_node": it.node_id or "",
                "message": f"{it.nodes_executed} nodes executed",
            }
            self._say("job_progress", facts)
        for start in range(0, len(lines), MOST_LINES):
            for kind, log_facts in self._words.log(lines[start : start + MOST_LINES]):
                self._say(kind, log_facts)
        return self._answers.popleft() if self._answers else None

    def _say(self, kind: str, facts: Mapping[str, Any], *, answers: str = "") -> None:
        frame = self._frame(kind, facts, answers=answers)
        if len(self._answers) < MOST_ANSWERS:
            self._answers.append(frame)

    def _frame(self, kind: str, facts: Mapping[str, Any], *, answers: str = "") -> bytes:
        self._count += 1
        own_id = f"{self._session_id}-{self._count}"
        return self._words.say(kind, facts, own_id=own_id, answers=answers)
