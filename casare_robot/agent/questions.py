"""What jobs ask the person here, and the faces that show it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from casare_robot.agent.asked_secrets import AskedSecrets
from casare_robot.agent.event_hub import Subscription
from casare_robot.agent.tasks import Sleep, Tasks
from casare_robot.domain.answering import checked
from casare_robot.domain.errors import QuestionError
from casare_robot.domain.face_events import (
    FaceEvent,
    PassingShown,
    QuestionAsked,
    QuestionClosed,
)
from casare_robot.domain.job import JobId, JobStatus
from casare_robot.domain.question import (
    Answer,
    AskOutcome,
    Copied,
    Progress,
    Question,
    Reply,
    secrets_in,
)
from casare_robot.domain.robot_control import FaceKind
from casare_robot.domain.robot_events import JobEnded, RobotEvent

log = logging.getLogger(__name__)

DONE = 100
"""Progress at which its window goes."""


@dataclass(slots=True, kw_only=True, eq=False)
class _Open:
    """A question that waits; progress has nobody to reply to, and may have been cancelled."""

    question: Question
    reply: Callable[[Reply], None] | None = None
    is_cancelled: bool = False


@dataclass(slots=True, kw_only=True, eq=False)
class _Face:
    """Somebody who shows questions: all of them, or one job's."""

    kind: FaceKind
    job_id: JobId | None
    events: Subscription[FaceEvent]


class Questions:
    """The open questions of this robot; see `Person`. Belongs to the loop's thread.

    A question stays open until it is answered or withdrawn, whatever faces come
    and go. One that no face could show for a while gets the reply *nobody*.

    Args:
        secrets: Keeps secret answers.
        name_of: What people call a running job.
        changed: Told which job waits for a person now, or does no longer.
        learned: Told secret answers, to be masked from now on.
        patience: Seconds that a question waits for a face.
        tasks: Owner of the waiting.
        clock: Now, in UTC.
        sleep: Waits.
    """

    def __init__(
        self,
        secrets: AskedSecrets,
        *,
        name_of: Callable[[JobId], str],
        changed: Callable[[JobId], None],
        learned: Callable[[Sequence[str]], None],
        patience: Callable[[], float],
        tasks: Tasks,
        clock: Callable[[], datetime],
        sleep: Sleep,
    ) -> None:
        self._secrets = secrets
        self._name_of = name_of
        self._changed = changed
        self._learned = learned
        self._patience = patience
        self._tasks = tasks
        self._clock = clock
        self._sleep = sleep
        self._open: dict[str, _Open] = {}
        self._faces: list[_Face] = []

    # What jobs do

    def ask(self, question: Question, reply: Callable[[Reply], None]) -> None:
        """Show a question, or something that passes, or how far something is."""
        seconds = question.ask.seconds
        question = msgspec.structs.replace(
            question,
            job=question.job or self._name_of(question.job_id),
            asked_at=self._clock(),
            closes_at=None if seconds is None else self._clock() + timedelta(seconds=seconds),
        )
        if question.ask.waits:
            self._open[question.id] = _Open(question=question, reply=reply)
            self._tell_asked(question)
            self._changed(question.job_id)
            if not self._is_seen(question):
                self._tasks.start(f"patience {question.id}", self._lose_patience(question.id))
        elif isinstance(question.ask.body, Progress):
            reply(self._progressed(question, question.ask.body))
        else:
            self._tell(PassingShown(question=question, at=self._clock()), question.job_id)
            reply(self._seen())

    def withdraw(self, question_id: str) -> None:
        """Nobody needs the answer any more."""
        held = self._open.pop(question_id, None)
        if held is not None:
            self._tell_closed(held.question)

    def hear(self, event: RobotEvent) -> None:
        """A job that has ended shows no progress, and needs its secrets no more."""
        if not isinstance(event, JobEnded):
            return
        for held in [it for it in self._open.values() if it.question.job_id == event.job_id]:
            self.withdraw(held.question.id)
        if event.result.status is not JobStatus.NEEDS_ATTENTION:
            self._tasks.start(
                "forget secrets", asyncio.to_thread(self._secrets.forget, event.job_id)
            )

    # What faces do

    @contextmanager
    def attended(
        self, kind: FaceKind, job_id: JobId | None = None
    ) -> Iterator[Subscription[FaceEvent]]:
        """Show questions for as long as the context lasts; those that are open come first."""
        face = _Face(kind=kind, job_id=job_id, events=Subscription())
        self._faces.append(face)
        for held in self._open.values():
            if not held.is_cancelled:
                event = QuestionAsked(question=held.question, at=self._clock())
                self._tell_face(face, event, held.question.job_id)
        try:
            yield face.events
        finally:
            self._faces.remove(face)

    @property
    def is_attended(self) -> bool:
        """Whether somebody would see a question now."""
        return bool(self._faces)

    @property
    def has_tray(self) -> bool:
        """Whether a tray is there to show a question."""
        return any(face.kind == "tray" for face in self._faces)

    def open(self) -> tuple[Question, ...]:
        """The questions that wait for an answer, the oldest first."""
        return tuple(held.question for held in self._open.values() if held.question.ask.waits)

    def asked_by(self, job_id: JobId) -> tuple[str, ...]:
        """What a job waits for: the titles of its questions."""
        return tuple(
            question.ask.title or question.ask.message
            for question in self.open()
            if question.job_id == job_id
        )

    async def answer(self, question_id: str, answer: Answer) -> Question:
        """Take a person's answer; the question it answers.

        Raises:
            QuestionError: It is not open, or the answer does not fit.
            SecretStoreError: A secret in it cannot be kept; the question stays open.
        """
        held = self._open.get(question_id)
        if held is None:
            message = f"the question {question_id!r} is not open: it was answered or withdrawn"
            raise QuestionError(message, code="E-ASK-404")
        if held.reply is None:
            held.is_cancelled = True
            self._tell_closed(held.question)
            return held.question
        said = checked(held.question.ask, answer)
        del self._open[question_id]  # so that another face's answer comes too late
        try:
            references = await self._kept(held.question, secrets_in(held.question.ask, said.values))
        except BaseException:
            self._open.setdefault(question_id, held)
            raise
        held.reply(
            Reply(
                outcome=AskOutcome.ANSWERED,
                button=said.button,
                values=said.values,
                references=references,
            )
        )
        self._tell_closed(held.question)
        return held.question

    def close(self) -> None:
        """Let all faces go."""
        for face in self._faces:
            face.events.close()

    # Inside

    async def _kept(self, question: Question, secrets: Mapping[str, str]) -> dict[str, str]:
        if not secrets:
            return {}
        self._learned(tuple(secrets.values()))
        return await asyncio.to_thread(self._secrets.keep, question, secrets)

    async def _lose_patience(self, question_id: str) -> None:
        await self._wait()
        held = self._open.get(question_id)
        if held is None or held.reply is None or self._is_seen(held.question):
            return
        log.warning("nobody is there to answer %r", held.question.ask.title)
        del self._open[question_id]
        held.reply(Reply(outcome=AskOutcome.NOBODY))
        self._tell_closed(held.question)

    def _is_seen(self, question: Question) -> bool:
        return self.has_tray if _is_for_tray(question) else bool(self._faces)

    def _wait(self) -> Awaitable[None]:
        return self._sleep(self._patience())

    def _progressed(self, question: Question, progress: Progress) -> Reply:
        held = self._open.get(question.id)
        is_cancelled = held is not None and held.is_cancelled
        if progress.value is not None and progress.value >= DONE:
            self.withdraw(question.id)
        elif not is_cancelled:
            self._open[question.id] = _Open(question=question)
            self._tell_asked(question)
        return msgspec.structs.replace(self._seen(), button="cancel" if is_cancelled else "")

    def _seen(self) -> Reply:
        return Reply(outcome=AskOutcome.SHOWN if self._faces else AskOutcome.NOBODY)

    def _tell_asked(self, question: Question) -> None:
        self._tell(QuestionAsked(question=question, at=self._clock()), question.job_id)

    def _tell_closed(self, question: Question) -> None:
        event = QuestionClosed(question_id=question.id, job_id=question.job_id, at=self._clock())
        self._tell(event, question.job_id)
        self._changed(question.job_id)

    def _tell(self, event: FaceEvent, job_id: JobId) -> None:
        for face in self._faces:
            self._tell_face(face, event, job_id)

    def _tell_face(self, face: _Face, event: FaceEvent, job_id: JobId) -> None:
        """A terminal is asked where no tray is there to ask, and sees no clipboard."""
        if face.job_id not in (None, job_id):
            return
        if (
            face.kind != "tray"
            and isinstance(event, QuestionAsked)
            and _is_for_tray(event.question)
        ):
            return
        if face.kind == "tray" or not self.has_tray or isinstance(event, QuestionClosed):
            face.events.put(event)


def _is_for_tray(question: Question) -> bool:
    return isinstance(question.ask.body, Copied)
