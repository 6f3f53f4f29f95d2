"""Shows what jobs ask, and gives the answers to the robot."""

import asyncio
import logging
from contextlib import aclosing
from functools import partial
from typing import Any, Protocol

from casare_robot.domain.errors import AgentUnreachableError, QuestionError, RobotError
from casare_robot.domain.face_events import (
    FaceEvent,
    PassingShown,
    QuestionAsked,
    QuestionClosed,
)
from casare_robot.domain.job import JobId
from casare_robot.domain.question import UNSEEN, Answer, Copied, Passing, Progress, Question
from casare_robot.domain.robot_events import JobEnded, RobotEvent
from casare_robot.tray.house import House
from casare_robot.tray.texts import tr
from casare_robot.tray.views.notice import is_quiet
from casare_robot.tray.views.placing import Box, side_by_side
from casare_robot.tray.views.question_view import QuestionBook, question_view

log = logging.getLogger(__name__)

LOOK_AGAIN = (0.5, 2.0)
"""Seconds between attempts to reach the robot: the first, and the longest."""


class Notify(Protocol):
    """Tells something where the system tells such things."""

    def __call__(self, title: str, text: str, *, mood: str, lasts: int) -> None:
        """Tell it; ``lasts`` milliseconds where the system asks for that."""
        ...


class Shown(Protocol):
    """A window that shows a question."""

    question: Question
    answered: Any

    def show_foot(self, text: str) -> None:
        """Say who asks and how many others wait."""
        ...

    def refused(self, why: str) -> None:
        """The answer was not taken."""
        ...

    def finish(self) -> None:
        """Nobody needs an answer any more."""
        ...


class QuestionPresenter:
    """The dialogs of all jobs. Windows are loaded when the first question comes.

    Args:
        house: The session.
        notify: Shows the desktop's own notifications.
    """

    def __init__(self, house: House, *, notify: Notify) -> None:
        self._house = house
        self._notify = notify
        self._book = QuestionBook()
        self._windows: dict[str, Any] = {}
        self._passing: set[Any] = set()
        self._watches: dict[str, Any] = {}

    async def follow(self) -> None:
        """Attend to the robot until cancelled."""
        first, longest = LOOK_AGAIN
        wait = first
        while True:
            try:
                async with aclosing(self._house.client.attend("tray")) as events:
                    async for event in events:
                        wait = first
                        self.hear(event)
            except AgentUnreachableError:
                pass  # who follows the robot says so
            except RobotError as error:
                log.warning("questions cannot be shown: %s", error)
            self._book.lose()
            self._watch_no_more()
            self._arrange()
            await asyncio.sleep(wait)
            wait = min(wait * 2, longest)

    def hear(self, event: FaceEvent | RobotEvent) -> None:
        """A question was asked or closed, something passes, a job ended."""
        if isinstance(event, QuestionAsked):
            if isinstance(event.question.ask.body, Copied):
                self._watch(event.question, event.question.ask.body)
                return
            self._book.ask(event.question)
        elif isinstance(event, QuestionClosed):
            self._close(event.question_id)
        elif isinstance(event, PassingShown):
            self._pass(event.question)
        elif isinstance(event, JobEnded):
            for question_id in self._book.of(event.job_id):
                self._close(question_id)
        else:
            return
        self._arrange()

    def recall(self, job_id: JobId | None = None) -> None:
        """Show the dialogs that a job waits for, in front."""
        self._book.recall(job_id)
        self._arrange()
        for question in self._book.seen():
            if job_id in (None, question.job_id):
                window = self._windows[question.id]
                window.raise_()
                window.activateWindow()

    def close(self) -> None:
        """The face ends; the questions stay open."""
        for window in (*self._windows.values(), *self._passing):
            window.blockSignals(True)
            window.finish()
            window.deleteLater()
        self._windows.clear()
        self._passing.clear()
        self._watch_no_more()

    def _arrange(self) -> None:
        """Let exactly those be seen that are to be seen."""
        seen = self._book.seen()
        ids = {question.id for question in seen}
        for question_id, window in self._windows.items():
            if question_id not in ids and window.isVisible():
                window.hide()
        for number, question in enumerate(seen):
            window = self._windows.get(question.id) or self._made(question)
            if isinstance(question.ask.body, Progress):
                window.show_progress(question, question_view(question))
            window.show_foot(question_view(question, waiting=self._book.waiting).foot)
            if not window.isVisible():
                self._let_be_seen(window, number)

    def _made(self, question: Question) -> Any:
        from casare_robot.tray.windows.passing import PassingWindow
        from casare_robot.tray.windows.progress_window import ProgressWindow
        from casare_robot.tray.windows.question_dialog import QuestionDialog

        view = question_view(question)
        window: Any
        if isinstance(question.ask.body, Progress):
            window = ProgressWindow(question, view)
        elif isinstance(question.ask.body, Passing):
            window = PassingWindow(question)
        else:
            window = QuestionDialog(question, view)
        window.answered.connect(partial(self._answered, question.id))
        if not isinstance(question.ask.body, Passing):
            window.put_off.connect(partial(self._put_off, question.id))
        self._windows[question.id] = window
        return window

    def _let_be_seen(self, window: Any, number: int) -> None:
        if isinstance(window.question.ask.body, Passing):
            window.appear()
            return
        area = window.screen().availableGeometry()
        box = Box(area.x(), area.y(), area.width(), area.height())
        window.move(*side_by_side(number, (window.width(), window.height()), box))
        window.open()
        window.raise_()

    def _pass(self, question: Question) -> None:
        body = question.ask.body
        if not isinstance(body, Passing):
            return
        if body.style == "notice":
            self._tell(question, body)
            return
        if body.style == "bell":
            _ring()
            return
        from casare_robot.tray.windows.passing import PassingWindow

        window = PassingWindow(question)
        self._passing.add(window)
        window.gone.connect(partial(self._gone, window))
        window.appear()

    def _tell(self, question: Question, body: Passing) -> None:
        """The desktop's own notification; one of low priority respects quiet hours."""
        from datetime import datetime

        quiet = self._house.config.quiet_hours
        if body.priority == "low" and is_quiet(quiet, datetime.now().astimezone()):
            return
        ask = question.ask
        mood = "error" if body.priority == "high" and ask.mood == "none" else ask.mood
        self._notify(ask.title, ask.message, mood=mood, lasts=round(body.seconds * 1000))
        if ask.has_sound:
            _ring()

    def _watch(self, question: Question, wanted: Copied) -> None:
        """Answer with what is copied; asked again it is still the same wish."""
        from casare_robot.tray.clipboard_watch import ClipboardWatch

        if question.id in self._watches:
            return
        if not ClipboardWatch.is_possible():
            self._answered(question.id, UNSEEN, {})
            return

        def copied(content: str, changed: bool) -> None:
            self._answered(question.id, "ok", {"content": content, "changed": changed})

        watch = self._watches[question.id] = ClipboardWatch(wanted, copied)
        watch.begin()

    def _watch_no_more(self) -> None:
        for question_id in tuple(self._watches):
            self._close(question_id)

    def _gone(self, window: Any) -> None:
        self._passing.discard(window)
        window.deleteLater()

    def _put_off(self, question_id: str) -> None:
        self._book.put_off(question_id)
        self._arrange()

    def _answered(self, question_id: str, button: str, values: dict[str, Any]) -> None:
        answer = Answer(button=button, values=values)
        self._house.actions.start(("answer", question_id), partial(self._give, question_id, answer))

    async def _give(self, question_id: str, answer: Answer) -> None:
        try:
            await self._house.client.answer_question(question_id, answer)
        except QuestionError as error:
            if error.code != "E-ASK-404":  # else somebody was faster
                self._refuse(question_id, str(error))
                return
        except AgentUnreachableError:
            self._refuse(question_id, tr("The robot cannot be reached; try again in a moment."))
            return
        except RobotError as error:
            self._refuse(question_id, str(error))
            return
        self._close(question_id)
        self._arrange()

    def _refuse(self, question_id: str, why: str) -> None:
        window = self._windows.get(question_id)
        if window is not None:
            window.refused(why)

    def _close(self, question_id: str) -> None:
        self._book.close(question_id)
        window = self._windows.pop(question_id, None) or self._watches.pop(question_id, None)
        if window is not None:
            window.blockSignals(True)
            window.finish()
            window.deleteLater()


def _ring() -> None:
    from PySide6.QtWidgets import QApplication

    QApplication.beep()
