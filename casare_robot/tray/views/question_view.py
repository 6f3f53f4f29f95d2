"""A question as a dialog says it, and which questions are seen. Pure."""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

import msgspec

from casare_robot.domain.job import JobId
from casare_robot.domain.question import Button, Mood, Question
from casare_robot.tray.texts import counted, tr
from casare_robot.tray.views.spans import lasting

MOST_AT_ONCE = 3
"""Dialogs that are seen side by side; more questions wait their turn."""

COUNTDOWN = "start"
"""The button of the question that the robot itself asks before it takes mouse and keyboard."""

Role = Literal["yes", "no", "other"]
_NO = frozenset({"cancel", "no", "not_now"})


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """A button: Enter presses the default, Escape the one that closes."""

    name: str
    text: str
    role: Role
    is_default: bool


class QuestionView(msgspec.Struct, frozen=True, kw_only=True):
    """The texts of a dialog."""

    title: str
    heading: str
    message: str
    detail: str
    choices: tuple[Choice, ...]
    foot: str


def question_view(question: Question, *, waiting: int = 0) -> QuestionView:
    """What its dialog says.

    Args:
        question: The question.
        waiting: Others that wait for their turn.
    """
    ask = question.ask
    job = question.job or tr("A workflow")
    title, message = _texts(question, job)
    foot = tr("Asked by {job}", job=job)
    if waiting:
        foot += " · " + counted(waiting, "{count} more waits", "{count} more wait")
    return QuestionView(
        title=title or job,
        heading=title if message else "",
        message=message or title,
        detail=ask.detail,
        choices=tuple(_choice(button, ask.proposed) for button in ask.buttons),
        foot=foot,
    )


def closes_in(question: Question, now: datetime) -> str:
    """When it closes by itself; empty: it does not."""
    if question.closes_at is None:
        return ""
    left = max(0.0, (question.closes_at - now).total_seconds())
    if question.ask.proposed == COUNTDOWN:
        return tr("starts in {span}", span=lasting(left))
    return tr("closes in {span}", span=lasting(left))


def mood_word(mood: Mood) -> str:
    """What its picture says to who does not see it."""
    return {
        "information": tr("Information"),
        "success": tr("Done"),
        "warning": tr("Warning"),
        "error": tr("Error"),
        "question": tr("Question"),
    }.get(mood, "")


def word_of(button: Button) -> str:
    """What stands on a button, with its key."""
    if button.text:
        return button.text.replace("&", "&&")
    words = {
        "ok": tr("OK"),
        "cancel": tr("Cancel"),
        "yes": tr("&Yes"),
        "no": tr("&No"),
        "start": tr("&Start now"),
        "not_now": tr("&Not now"),
    }
    return words.get(button.name, button.name)


def _texts(question: Question, job: str) -> tuple[str, str]:
    """Title and message; the robot's own question, the countdown, is in this language."""
    if question.ask.proposed == COUNTDOWN:
        return (
            tr("{job} needs mouse and keyboard", job=job),
            tr(
                "It begins by itself. Please leave mouse and keyboard alone until it is done.",
            ),
        )
    return question.ask.title, question.ask.message


def _choice(button: Button, proposed: str) -> Choice:
    return Choice(
        name=button.name,
        text=word_of(button),
        role="no" if button.name in _NO else "yes",
        is_default=button.name == proposed,
    )


class QuestionBook:
    """Which of the open questions are seen: the oldest first, so many at once.

    A question that was put off is seen again when somebody recalls it. When the
    robot is gone its questions are not seen, and are not forgotten either: it
    asks them again, under the same ids, when it is back.
    """

    def __init__(self) -> None:
        self._open: dict[str, Question] = {}
        self._put_off: set[str] = set()
        self._confirmed: set[str] = set()

    def ask(self, question: Question) -> None:
        """It is open, or looks another way now."""
        self._confirmed.add(question.id)
        self._open[question.id] = question

    def close(self, question_id: str) -> None:
        """It is not open any more."""
        self._open.pop(question_id, None)
        self._put_off.discard(question_id)
        self._confirmed.discard(question_id)

    def of(self, job_id: JobId) -> tuple[str, ...]:
        """The questions of a job."""
        return tuple(it.id for it in self._open.values() if it.job_id == job_id)

    def put_off(self, question_id: str) -> None:
        """A person wants to answer later."""
        self._put_off.add(question_id)

    def recall(self, job_id: JobId | None = None) -> None:
        """A person wants to answer what was put off: of one job, or all."""
        self._put_off = {
            question_id
            for question_id in self._put_off
            if job_id is not None and self._open[question_id].job_id != job_id
        }

    def lose(self) -> None:
        """The robot is gone, and nothing can be answered."""
        self._confirmed.clear()

    def seen(self) -> tuple[Question, ...]:
        """Those to show now."""
        return tuple(self._wanted())[:MOST_AT_ONCE]

    @property
    def waiting(self) -> int:
        """Those that wait for their turn."""
        return max(0, sum(1 for _ in self._wanted()) - MOST_AT_ONCE)

    def __contains__(self, question_id: str) -> bool:
        return question_id in self._open

    def _wanted(self) -> Iterator[Question]:
        shown = self._confirmed - self._put_off
        return (it for it in self._open.values() if it.id in shown)
