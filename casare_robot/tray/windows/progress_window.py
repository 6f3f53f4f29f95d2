"""How far a job says it is."""

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QDialog, QProgressBar, QVBoxLayout

from casare_robot.domain.question import Progress, Question
from casare_robot.tray.views.question_view import QuestionView
from casare_robot.tray.windows.parts import Text, button, row


class ProgressWindow(QDialog):
    """Moves while the job goes on, and holds it up in nothing.

    Args:
        question: What is shown.
        view: Its texts.

    Signals:
        answered: A button's name; the job hears of it at its next step.
        put_off: It was closed.
    """

    answered = Signal(str, object)
    put_off = Signal()

    def __init__(self, question: Question, view: QuestionView) -> None:
        super().__init__()
        self.question = question
        self._is_done = False
        self.setWindowFlag(Qt.WindowType.WindowStaysOnTopHint, question.ask.on_top)
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setMinimumWidth(400)
        self.bar = QProgressBar()
        self._heading = Text(bold=True, size=1.15)
        self._message = Text()
        self._foot = Text(tone="muted", size=0.92)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 14)
        layout.setSpacing(10)
        for part in (self._heading, self._message, self.bar):
            layout.addWidget(part)
        ways = [button(it.text, partial(self._press, it.name)) for it in view.choices]
        foot = row(self._foot, *ways)
        foot.setStretch(0, 1)
        layout.addLayout(foot)
        self.show_progress(question, view)

    def show_progress(self, question: Question, view: QuestionView) -> None:
        """Show how far it is now."""
        self.question = question
        self.setWindowTitle(view.title)
        self._heading.setText(view.heading)
        self._heading.setVisible(bool(view.heading))
        self._message.setText(view.message)
        self._foot.setText(view.foot)
        self.bar.setAccessibleName(view.title)
        body = question.ask.body
        if isinstance(body, Progress):
            self.bar.setRange(0, 0 if body.value is None else 100)
            self.bar.setValue(body.value or 0)
            self.bar.setTextVisible(body.shows_percent and body.value is not None)

    def show_foot(self, text: str) -> None:
        """Say who shows it."""
        self._foot.setText(text)

    def refused(self, why: str) -> None:
        """What was pressed was not heard."""
        self._foot.setText(why)

    def finish(self) -> None:
        """It is done."""
        self._is_done = True
        self.close()

    def reject(self) -> None:
        """Escape is closing it."""
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Closing it cancels nothing."""
        if not self._is_done:
            event.ignore()
            self.put_off.emit()
            return
        super().closeEvent(event)

    def _press(self, name: str) -> None:
        self.answered.emit(name, {})
