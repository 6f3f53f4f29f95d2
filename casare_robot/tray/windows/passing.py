"""What shows itself for a while: tips, strips at the screen's edge, splash pictures."""

from functools import partial

from PySide6.QtCore import QPropertyAnimation, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QCursor, QGuiApplication, QMouseEvent, QPalette, QPixmap
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from casare_robot.domain.question import Passing, Question
from casare_robot.tray.texts import tr
from casare_robot.tray.views.placing import Box, placed
from casare_robot.tray.views.question_view import question_view
from casare_robot.tray.windows.parts import Text, button, row
from casare_robot.tray.windows.question_dialog import MOOD_ICONS

FADE = 250
"""Milliseconds."""
STEPS = 50
"""In which a splash picture's bar fills."""
SMALL_ICON = 20
BESIDE_TEXT = 120
"""Pixels of the greatest width that icon and buttons may need."""


class PassingWindow(QWidget):
    """Never takes the keyboard; goes by itself.

    Args:
        question: What is shown; its body is a `Passing`.

    Signals:
        answered: A button's name.
        gone: It has gone.
    """

    answered = Signal(str, object)
    gone = Signal()

    def __init__(self, question: Question) -> None:
        flags = Qt.WindowType
        super().__init__(
            None,
            flags.Tool
            | flags.FramelessWindowHint
            | flags.WindowStaysOnTopHint
            | flags.WindowDoesNotAcceptFocus,
        )
        body = question.ask.body
        if not isinstance(body, Passing):
            raise TypeError(f"{question.id} does not pass by itself")
        self.question = question
        self._body = body
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setWindowTitle(question.ask.title or question.job or tr("Casare Robot"))
        self.setAccessibleDescription(question.ask.message)
        self.setObjectName("passing")
        self.setMaximumWidth(body.width)
        self._paint()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 10, 14, 10)
        self._fill(layout)
        self._ending = QTimer(self, singleShot=True, interval=round(body.seconds * 1000))
        self._ending.timeout.connect(self.finish)
        self._fading: QPropertyAnimation | None = None
        if question.ask.has_sound:
            QApplication.beep()

    def appear(self) -> None:
        """Stand where it belongs, and begin to pass."""
        self.adjustSize()
        screen = QGuiApplication.screenAt(QCursor.pos()) or QGuiApplication.primaryScreen()
        area = screen.availableGeometry()
        cursor = QCursor.pos()
        x, y = placed(
            (self.width(), self.height()),
            Box(area.x(), area.y(), area.width(), area.height()),
            self._body.place,
            cursor=(cursor.x(), cursor.y()),
            at=(self._body.x, self._body.y),
        )
        self.move(x, y)
        if self._body.fades:
            self._fade(0.0, 1.0)
        self.show()
        self._ending.start()

    def finish(self) -> None:
        """Go."""
        self._ending.stop()
        if self.isVisible():
            self.hide()
        self.gone.emit()

    def show_foot(self, _text: str) -> None:
        """It has none."""

    def refused(self, _why: str) -> None:
        """It was too late, which nobody need know."""

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Go, where a click does that."""
        if self._body.goes_on_click and event.button() is Qt.MouseButton.LeftButton:
            if self.question.ask.waits:
                self.answered.emit(self.question.ask.dismiss, {})
            self.finish()

    def _fill(self, layout: QVBoxLayout) -> None:
        view = question_view(self.question)
        ask = self.question.ask
        pixmap = QPixmap(self._body.picture) if self._body.picture else QPixmap()
        if not pixmap.isNull():
            picture = QLabel()
            picture.setPixmap(pixmap)
            picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
            picture.setAccessibleName(ask.message)
            layout.addWidget(picture)
        texts = QVBoxLayout()
        texts.setSpacing(2)
        if ask.title:
            texts.addWidget(Text(ask.title, bold=True))
        said = Text(ask.message, size=1.3 if self._body.style == "splash" else 1.0)
        longest = max(map(said.fontMetrics().horizontalAdvance, ask.message.splitlines() or [""]))
        said.setMinimumWidth(min(longest + 4, self._body.width - BESIDE_TEXT))
        texts.addWidget(said)
        line = row()
        if ask.mood in MOOD_ICONS:
            icon = QLabel()
            drawn = self.style().standardIcon(MOOD_ICONS[ask.mood])
            icon.setPixmap(drawn.pixmap(SMALL_ICON, SMALL_ICON))
            line.addWidget(icon, 0, Qt.AlignmentFlag.AlignTop)
        line.addLayout(texts, 1)
        for choice in view.choices:
            line.addWidget(button(choice.text, partial(self._press, choice.name)))
        layout.addLayout(line)
        if self._body.shows_progress:
            layout.addWidget(self._bar())

    def _bar(self) -> QProgressBar:
        bar = QProgressBar()
        bar.setRange(0, STEPS)
        bar.setAccessibleName(self.question.ask.message)
        bar.setTextVisible(False)
        bar.setFixedHeight(6)
        bar.setMinimumWidth(260)
        interval = max(20, round(self._body.seconds * 1000 / STEPS))
        moving = QTimer(self, interval=interval)
        moving.timeout.connect(lambda: bar.setValue(bar.value() + 1))
        moving.start()
        return bar

    def _paint(self) -> None:
        palette = self.palette()
        ground = QColor(self._body.ground)
        if not ground.isValid():
            ground = palette.color(QPalette.ColorRole.ToolTipBase)
        ink = QColor(self._body.ink)
        if not ink.isValid():
            ink = QColor("#ffffff" if ground.lightness() < 128 else "#1a1a1a")
        for role in (QPalette.ColorRole.Window, QPalette.ColorRole.Base):
            palette.setColor(role, ground)
        for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text):
            palette.setColor(role, ink)
        self.setPalette(palette)
        self.setAutoFillBackground(True)

    def _press(self, name: str) -> None:
        self.answered.emit(name, {})
        self.finish()

    def _fade(self, start: float, end: float) -> None:
        fading = self._fading = QPropertyAnimation(self, b"windowOpacity", self)
        fading.setDuration(FADE)
        fading.setStartValue(start)
        fading.setEndValue(end)
        fading.start()
