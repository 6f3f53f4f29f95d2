"""A question of a job: what it asks, what is filled in, the ways to answer."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPlainTextEdit,
    QPushButton,
    QStyle,
    QVBoxLayout,
    QWidget,
)

from casare_robot.domain.question import Form, Picture, Question, Table
from casare_robot.tray.texts import tr
from casare_robot.tray.views.question_view import Choice, QuestionView, closes_in, mood_word
from casare_robot.tray.windows.parts import Text, button, row
from casare_robot.tray.windows.question_bodies import (
    Body,
    FormBody,
    PagesBody,
    PictureBody,
    TableBody,
)

ICON = 40
NARROWEST = 400
WIDEST = 560

MOOD_ICONS = {
    "information": QStyle.StandardPixmap.SP_MessageBoxInformation,
    "success": QStyle.StandardPixmap.SP_DialogApplyButton,
    "warning": QStyle.StandardPixmap.SP_MessageBoxWarning,
    "error": QStyle.StandardPixmap.SP_MessageBoxCritical,
    "question": QStyle.StandardPixmap.SP_MessageBoxQuestion,
}


class QuestionDialog(QDialog):
    """Shown without taking the keyboard from whoever types elsewhere.

    Args:
        question: What is asked.
        view: Its texts.
        now: In UTC.

    Signals:
        answered: A button's name and what was filled in.
        put_off: It was closed without an answer.
    """

    answered = Signal(str, object)
    put_off = Signal()

    def __init__(
        self,
        question: Question,
        view: QuestionView,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__()
        self.question = question
        self._now = now
        self._is_settled = False
        ask = question.ask
        self.setWindowTitle(view.title)
        self.setWindowFlag(Qt.WindowType.WindowStaysOnTopHint, ask.on_top)
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setMinimumWidth(NARROWEST)
        layout = QVBoxLayout(self)
        layout.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)  # `fit` knows better
        layout.setContentsMargins(18, 16, 18, 14)
        layout.setSpacing(12)
        layout.addLayout(self._head(view))
        self.body: Body | None = self._body()
        if isinstance(self.body, QWidget):
            layout.addWidget(self.body, 1)
        else:
            layout.addStretch(1)
        self.told = Text(tone="bad")
        self.told.hide()
        layout.addWidget(self.told)
        self._foot = Text(view.foot, tone="muted", size=0.92)
        self._closing = Text(tone="muted", size=0.92, wraps=False)
        self._closing.setAlignment(Qt.AlignmentFlag.AlignRight)
        foot = row(self._foot, self._closing)
        foot.setStretch(0, 1)
        layout.addLayout(foot)
        self._buttons: dict[str, QPushButton] = {}
        layout.addLayout(self._ways(view))
        self._clock = QTimer(self, interval=1_000)
        self._clock.timeout.connect(self._tick)
        if question.closes_at is not None:
            self._clock.start()
        self._tick()
        self._turned()
        self.fit()
        if isinstance(self.body, FormBody):
            self.body.take_keyboard()
        if ask.has_sound:
            QApplication.beep()

    def fit(self) -> None:
        """Be as high as the texts need at this width, and no higher."""
        layout, hint = self.layout(), self.sizeHint()
        width, height = max(NARROWEST, hint.width()), hint.height()
        if layout is not None and layout.hasHeightForWidth():
            height = layout.totalHeightForWidth(width)
        self.setMinimumHeight(height)
        self.resize(width, height)

    def show_foot(self, text: str) -> None:
        """Say who asks and how many others wait."""
        self._foot.setText(text)

    def press(self, name: str) -> None:
        """Answer with a button, if what is filled in can be given."""
        if name == self.question.ask.dismiss and name != self.question.ask.proposed:
            self._settle(name, {})
            return
        if self.body is None:
            self._settle(name, {})
        elif self.body.is_fine():
            if isinstance(self.body, FormBody) and not self.body.is_last:
                self.body.turn(1)
                return
            self._settle(name, self.body.values())

    def refused(self, why: str) -> None:
        """The answer was not taken; another can be given."""
        self._is_settled = False
        self.told.setText(why[:1].upper() + why[1:])
        self.told.show()
        self._enable(True)

    def finish(self) -> None:
        """Nobody needs an answer any more."""
        self._is_settled = True
        self.close()

    def reject(self) -> None:
        """Escape is closing it."""
        self.close()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Ctrl+Enter answers also from longer text."""
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if is_enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.press(self.question.ask.proposed)
            return
        super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Closing is an answer where the node says so; else the question waits."""
        if not self._is_settled:
            event.ignore()
            if self.question.ask.dismiss:
                self._settle(self.question.ask.dismiss, {})
            else:
                self.put_off.emit()
            return
        self._clock.stop()
        super().closeEvent(event)

    def _settle(self, name: str, values: dict[str, Any]) -> None:
        if self._is_settled:
            return
        self._is_settled = True
        self.told.hide()
        self._enable(False)
        self.answered.emit(name, values)

    def _enable(self, is_enabled: bool) -> None:
        for made in self._buttons.values():
            made.setEnabled(is_enabled)

    def _head(self, view: QuestionView) -> QHBoxLayout:
        texts = QVBoxLayout()
        texts.setSpacing(6)
        if view.heading:
            texts.addWidget(Text(view.heading, bold=True, size=1.15))
        message = Text(view.message, bold=not view.heading, size=1.0 if view.heading else 1.15)
        message.setMaximumWidth(WIDEST)
        texts.addWidget(message)
        if view.detail:
            texts.addLayout(self._details(view.detail))
        head = QHBoxLayout()
        head.setSpacing(14)
        mood = self.question.ask.mood
        if mood in MOOD_ICONS:
            picture = QLabel()
            icon = self.style().standardIcon(MOOD_ICONS[mood])
            picture.setPixmap(icon.pixmap(ICON, ICON))
            picture.setAccessibleName(mood_word(mood))
            picture.setAlignment(Qt.AlignmentFlag.AlignTop)
            head.addWidget(picture)
        head.addLayout(texts, 1)
        return head

    def _details(self, detail: str) -> QVBoxLayout:
        shown = QPlainTextEdit(detail)
        shown.setReadOnly(True)
        shown.setTabChangesFocus(True)
        shown.setAccessibleName(tr("Details"))
        shown.setMinimumHeight(110)
        shown.hide()
        toggle = QPushButton(tr("Show &details"))
        toggle.setCheckable(True)
        toggle.setAutoDefault(False)

        def toggled(is_on: bool) -> None:
            shown.setVisible(is_on)
            toggle.setText(tr("Hide &details") if is_on else tr("Show &details"))
            self.fit()

        toggle.toggled.connect(toggled)
        layout = QVBoxLayout()
        layout.addLayout(row(toggle, None))
        layout.addWidget(shown)
        return layout

    def _body(self) -> Body | None:
        match self.question.ask.body:
            case Form() as form:
                return FormBody(form, self._turned)
            case Table() as table:
                return TableBody(table)
            case Picture() as picture:
                return PagesBody(picture) if picture.pages else PictureBody(picture)
            case _:
                return None

    def _ways(self, view: QuestionView) -> QHBoxLayout:
        """Agreeing stands left of declining, except where there are pages to turn."""
        self._back = button(tr("&Back"), self._turn_back)
        self._back.hide()
        layout = row(self._back, None)
        for choice in view.choices:
            layout.addWidget(self._way(choice))
        return layout

    def _way(self, choice: Choice) -> QPushButton:
        made = button(choice.text, partial(self.press, choice.name), is_default=choice.is_default)
        self._buttons[choice.name] = made
        if choice.is_default and self.body is None:
            made.setFocus()
        return made

    def _turn_back(self) -> None:
        if isinstance(self.body, FormBody):
            self.body.turn(-1)

    def _turned(self) -> None:
        body = getattr(self, "body", None)
        if not isinstance(body, FormBody) or body.count() < 2:
            return
        self._back.setVisible(body.form.can_go_back and not body.is_first)
        proposed = self._buttons.get(self.question.ask.proposed)
        if proposed is not None:
            text = tr("&Finish") if body.is_last else tr("&Next")
            proposed.setText(text)
            proposed.setAccessibleName(text.replace("&", ""))

    def _tick(self) -> None:
        self._closing.setText(closes_in(self.question, self._now()))
