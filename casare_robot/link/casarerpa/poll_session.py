"""The robot's side where it asks for jobs: claims, leases, results, signs of life. Pure.

Frames are questions and their answers. There is never more than one claim under way,
none without a free place, and never two questions of a kind about one job. What a
question is and what an answer means, the dialect's `PollWords` say.
"""

import math
from collections import deque
from collections.abc import Sequence
from typing import Any

import msgspec

from casare_robot.domain.job import Job, JobId, JobResult
from casare_robot.domain.job_source import JobTaker
from casare_robot.link import session
from casare_robot.link.casarerpa import jobs
from casare_robot.link.casarerpa.poll_words import Heard, Kind, PollWords, Question, Verdict
from casare_robot.link.casarerpa.state import named, percent, status_word
from casare_robot.link.exchange import frame
from casare_robot.link.session import NOT_NOW, Ask
from casare_robot.link.telemetry import Telemetry

WELCOME = 30.0
"""Seconds within which the first answers must come."""
SLOWER = 1.5
"""Growth of the wait between claims that found nothing."""
MOST_POLITE = 10.0
"""Seconds between claims, or renewals, at most, for a robot that was told it asks too often."""
SILENCE = 60.0
"""Seconds without an answer to a question after which the line is given up."""
LATER = 5.0
"""Seconds until a question is asked again that could not be answered now."""
UNFIT = 2
"""How often a result that may never be taken is told with what the job gave; then without."""
REFUSED_WAIT = 10.0
"""Seconds without claims after the robot itself could not take a job."""


class _Held(msgspec.Struct):
    """A job that the robot holds, and when to ask what about it (monotonic seconds)."""

    renew_at: float
    look_at: float
    nodes: int = 0
    is_being_cancelled: bool = False
    result: JobResult | None = None
    report_at: float = math.inf
    unfit: int = 0
    progress: dict[str, Any] | None = None
    progress_at: float = 0.0


class PollSession:
    """A conversation with an orchestrator that is asked for jobs.

    Args:
        words: How it is asked.
        robot: Asked for what it holds and how many jobs could begin.
        telemetry: What the robot told; outlives the connection.
        origin: Name of the job source.
        now: Monotonic seconds.
    """

    def __init__(
        self, words: PollWords, robot: JobTaker, telemetry: Telemetry, *, origin: str, now: float
    ) -> None:
        self._words = words
        self._robot = robot
        self._telemetry = telemetry
        self._now = now
        self._count = 0
        self._open: dict[int, Question] = {}
        self._asked_at: dict[int, float] = {}
        self._ready: deque[Question] = deque(words.introduction())
        self.is_established = False
        self._is_leaving = False
        self._welcome_by = now + WELCOME
        self._held = {it: _Held(now, now) for it in robot.held_jobs(origin)}
        self._offered: dict[JobId, Job] = {}
        self._again: deque[tuple[float, Question]] = deque()
        self._claim_at = now
        self._pause, self._most_pause = words.rhythm.poll
        self._renew = words.rhythm.renew
        self._upkeep_at = now if words.rhythm.upkeep else math.inf
        self._beat_at = now
        self._told: tuple[str, tuple[JobId, ...]] | None = None
        self._warning = ""

    def read(self, frame: bytes) -> tuple[int, Any]:
        """The number and the content of an answer."""
        return self._words.read(frame)

    def received(self, said: tuple[int, Any], now: float) -> Sequence[Ask]:
        """Take in an answer."""
        self._now = now
        number, answer = said
        question = self._open.pop(number, None)
        self._asked_at.pop(number, None)
        if question is None:
            return ()
        heard = self._words.heard(question, answer)
        self._ready.extend(heard.then)
        self._give_back_strays(heard.strays)
        if heard.verdict is Verdict.REFUSED:
            return (session.Part(heard.problem, is_refusal=True),)
        if heard.verdict is Verdict.ABSENT:
            return (session.Part(heard.problem),)
        asks: list[Ask] = [session.Proved()] if heard.verdict is not Verdict.LATER else []
        if not self.is_established and self._is_known_after(question):
            self.is_established = True
            asks.append(session.Established())
        match question.kind:
            case Kind.CLAIM:
                asks += self._claimed(heard)
            case Kind.RENEW | Kind.LOOK:
                asks += self._renewed(question.job_id or JobId(""), heard)
            case Kind.REPORT:
                asks += self._reported(question, heard)
            case Kind.GIVE_BACK if heard.verdict is Verdict.LATER:
                self._again.append((now + (LATER if heard.wait is None else heard.wait), question))
        return asks

    def next_frame(self, now: float) -> bytes | None:
        """The next question."""
        self._now = now
        if not self.is_established and self._open:
            return None
        if not self._ready and not self._is_leaving:
            self._gather()
        return self._ask(self._ready.popleft()) if self._ready else None

    def tick(self, now: float) -> Sequence[Ask]:
        """Notice that nobody answers."""
        self._now = now
        if not self.is_established and now >= self._welcome_by:
            return (session.Part("the orchestrator does not answer"),)
        if now >= self._silent_at():
            return (session.Part(f"no answer to a question for {SILENCE:.0f} s"),)
        return ()

    def wake_at(self) -> float:
        """When the next question is due."""
        if not self.is_established:
            return self._welcome_by
        due = [self._beat_at, self._upkeep_at, self._silent_at(), *(at for at, _ in self._again)]
        if self._has_place and not self._is_asked(Kind.CLAIM):
            due.append(self._claim_at)
        for job_id, held in self._held.items():
            due += (at for kind, at in self._due(held) if not self._is_asked(kind, job_id))
        return min(due)

    def accepted(self, job_id: JobId) -> None:
        """The robot has the job: its lease is kept from now on."""
        look = self._words.rhythm.look
        job = self._offered.pop(job_id, None)
        if job_id not in self._held:
            self._held[job_id] = _Held(self._now + self._renew, self._now + look)
        self._held[job_id].nodes = jobs.node_count(job.workflow) if job else 0
        self._claim_soon()

    def refused(self, job_id: JobId, code: str, message: str) -> None:
        """The robot does not take the job."""
        self._offered.pop(job_id, None)
        for_good = not code.startswith(NOT_NOW)
        self._ready.append(self._words.give_back(job_id, f"{code} {message}", for_good=for_good))
        if not for_good:
            self._claim_at = self._now + REFUSED_WAIT

    def unknown(self, job_id: JobId) -> None:
        """A job that was to be cancelled is not here: its end is on its way."""

    def report(self, result: JobResult) -> None:
        """Deliver a result, however often it has to be said."""
        held = self._held.setdefault(result.job_id, _Held(math.inf, math.inf))
        held.result, held.report_at = result, self._now

    def look(self) -> None:
        """Ask for jobs now, unless told to wait."""
        self._claim_soon()

    def leave(self, reason: str) -> None:
        """Say that the robot goes."""
        self._is_leaving = True
        self._ready = deque(self._words.goodbye() if self.is_established else ())
        self.is_established = True  # what is open is not waited for

    # Questions

    def _gather(self) -> None:
        """Have ready what is due."""
        now, words = self._now, self._words
        self._note_progress()
        for job_id, held in self._held.items():
            for kind, at in self._due(held):
                if now >= at and not self._is_asked(kind, job_id):
                    self._ready.extend(self._about(kind, job_id, held))
        if not self.is_established:
            if not self._ready:
                self._ready.append(words.claim() if self._has_place else words.introduction()[0])
            return
        if now >= self._beat_at or self._state() != self._told:
            self._told = word, ids = self._state()
            self._beat_at = now + words.rhythm.beat
            if not self._is_asked(Kind.BEAT):
                self._ready.extend(words.beat(word, named(ids)))
        while self._again and now >= self._again[0][0]:
            self._ready.append(self._again.popleft()[1])
        if now >= self._upkeep_at:
            self._upkeep_at = now + words.rhythm.upkeep
            self._ready.append(words.upkeep(named(tuple(self._held))))
        if now >= self._claim_at and self._has_place and not self._is_asked(Kind.CLAIM):
            self._claim_at = now + self._pause
            self._ready.append(words.claim())

    def _due(self, held: _Held) -> Sequence[tuple[Kind, float]]:
        rhythm = self._words.rhythm
        due = [(Kind.RENEW, held.renew_at), (Kind.REPORT, held.report_at)]
        if rhythm.look and held.result is None and not held.is_being_cancelled:
            due.append((Kind.LOOK, held.look_at))
        if rhythm.progress and held.progress is not None and held.result is None:
            due.append((Kind.PROGRESS, held.progress_at))
        return due

    def _about(self, kind: Kind, job_id: JobId, held: _Held) -> Sequence[Question]:
        now, words = self._now, self._words
        match kind:
            case Kind.RENEW:
                held.renew_at = now + self._renew
                return (words.renew(job_id),)
            case Kind.LOOK:
                held.look_at = now + words.rhythm.look
                return (words.look(job_id),)
            case Kind.REPORT if held.result is not None:
                held.report_at = math.inf
                return (words.report(held.result, bare=held.unfit >= UNFIT),)
            case Kind.PROGRESS if held.progress is not None:
                facts, held.progress = held.progress, None
                held.progress_at = now + words.rhythm.progress
                return (words.progress(job_id, facts),)
        return ()

    def _ask(self, question: Question) -> bytes:
        self._count += 1
        self._open[self._count] = question
        self._asked_at[self._count] = self._now
        return frame(msgspec.structs.replace(question.head, n=self._count), question.body)

    def _silent_at(self) -> float:
        """When the oldest question has waited too long for its answer."""
        return min(self._asked_at.values(), default=math.inf) + SILENCE

    def _is_asked(self, kind: Kind, job_id: JobId | None = None) -> bool:
        """Whether such a question waits for its answer, or to be asked."""
        return any(
            question.kind is kind and job_id in (None, question.job_id)
            for questions in (self._open.values(), self._ready)
            for question in questions
        )

    def _is_known_after(self, question: Question) -> bool:
        """Whether the other side has let the robot in: what needs no key proves nothing."""
        if question.kind in (Kind.CLAIM, Kind.RENEW):
            return True
        is_last = not self._ready and question.kind is Kind.INTRODUCE
        return is_last and not self._has_place and not self._held

    # Answers

    def _claimed(self, heard: Heard) -> Sequence[Ask]:
        now = self._now
        if heard.job is not None:
            self._pause = self._words.rhythm.poll[0]
            return (*self._all_is_well(), *self._offer(heard.job))
        if heard.verdict is Verdict.LATER:
            wait = LATER if heard.wait is None else heard.wait
            self._claim_at = now + wait
            if heard.too_often:
                self._most_pause = min(max(self._most_pause * SLOWER, self._pause), MOST_POLITE)
            self._warning = heard.problem
            return (session.Warned(f"{heard.problem}; next claim in {wait:.0f} s"),)
        if not heard.then:
            self._pause = min(self._pause * SLOWER, self._most_pause)
        return self._all_is_well()

    def _offer(self, job: Job) -> Sequence[Ask]:
        """Offer a job, unless it is one that the robot holds, claimed once more."""
        if jobs.server_id(job.id) in self._here():
            return ()
        self._offered[job.id] = job
        return (session.Offer(job),)

    def _here(self) -> set[str]:
        return {jobs.server_id(job_id) for job_id in (*self._held, *self._offered)}

    def _give_back_strays(self, strays: Sequence[str]) -> None:
        here = self._here() if strays else set()
        for name in strays:
            if name not in here:
                why = "its claim failed"
                self._ready.append(self._words.give_back(JobId(name), why, for_good=False))

    def _all_is_well(self) -> Sequence[Ask]:
        if not self._warning:
            return ()
        self._warning = ""
        return (session.Warned(""),)

    def _renewed(self, job_id: JobId, heard: Heard) -> Sequence[Ask]:
        held = self._held.get(job_id)
        if held is None or held.result is not None:  # the answer to its report will tell
            return ()
        if heard.verdict is Verdict.GONE:
            del self._held[job_id]
            self._claim_soon()
            why = "the orchestrator has cancelled it or given it to another robot"
            return (session.Cancel(job_id, why, abandon=True),)
        if heard.verdict is Verdict.CANCEL and not held.is_being_cancelled:
            held.is_being_cancelled = True
            return (session.Cancel(job_id, heard.problem or "it was cancelled"),)
        if heard.verdict is Verdict.LATER:
            if heard.too_often:
                self._renew = max(MOST_POLITE, self._words.rhythm.renew)
            wait = self._renew if heard.wait is None else heard.wait
            held.renew_at = max(held.renew_at, self._now + wait)
        return ()

    def _reported(self, question: Question, heard: Heard) -> Sequence[Ask]:
        job_id = question.job_id or JobId("")
        held = self._held.get(job_id)
        if held is None or heard.then:
            return ()
        if heard.verdict is Verdict.LATER:
            held.unfit += heard.is_unfit
            held.report_at = self._now + (LATER if heard.wait is None else heard.wait)
            if self._warning:  # people know
                return ()
            self._warning = f"a result waits: {heard.problem}"
            return (session.Warned(self._warning),)
        del self._held[job_id]
        self._claim_soon()
        return (*self._all_is_well(), session.Delivered(job_id, True))

    # The robot

    @property
    def _has_place(self) -> bool:
        return self._robot.free_slots > len(self._offered)

    def _claim_soon(self) -> None:
        """Claim at once, unless the other side, or the robot, asked for a longer wait."""
        if self._claim_at <= self._now + self._most_pause:
            self._claim_at = self._now

    def _state(self) -> tuple[str, tuple[JobId, ...]]:
        held = tuple(sorted(job for job, it in self._held.items() if it.result is None))
        word = status_word(
            self._telemetry.status, held=len(held), free_slots=self._robot.free_slots
        )
        return word, held

    def _note_progress(self) -> None:
        """Keep the last that was told of each job; log lines have nowhere to go."""
        if self._telemetry.status_is_new:
            self._telemetry.take_status()
        told = self._telemetry
        for event in told.drain():
            held = self._held.get(event.job_id)
            if held is not None:
                held.progress = {
                    "completed_nodes": event.nodes_executed,
                    "total_nodes": held.nodes,
                    "percent_complete": percent(event.nodes_executed, held.nodes),
                    "current_node": event.node_id or "",
                }
