"""Asks until when the robot should pause."""

from datetime import datetime, timedelta

from PySide6.QtCore import QDateTime, Signal
from PySide6.QtWidgets import (
    QDateTimeEdit,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QVBoxLayout,
    QWidget,
)

from casare_robot.tray.texts import tr
from casare_robot.tray.windows.parts import Text, plain


class PauseDialog(QDialog):
    """Emits ``chosen`` with the end of the pause, a datetime with a zone."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None, *, now: datetime) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Pause"))
        self._zone = now.tzinfo
        proposed = (now + timedelta(hours=1)).replace(minute=0, second=0, microsecond=0)
        self.time = QDateTimeEdit(_qt_time(proposed))
        self.time.setMinimumDateTime(_qt_time(now))
        self.time.setCalendarPopup(True)
        self.time.setDisplayFormat("yyyy-MM-dd HH:mm")
        self.time.setAccessibleName(tr("Until"))
        form = QFormLayout()
        form.addRow(tr("&Until"), self.time)
        buttons = QDialogButtonBox()
        buttons.addButton(tr("Pause"), QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        plain(buttons)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(Text(tr("No job begins until then. What runs goes on.")))
        layout.addLayout(form)
        layout.addWidget(buttons)
        self.accepted.connect(self._choose)

    def _choose(self) -> None:
        said = self.time.dateTime().toPython()
        if isinstance(said, datetime):
            then = said.replace(tzinfo=self._zone) if self._zone else said.astimezone()
            self.chosen.emit(then)


def _qt_time(at: datetime) -> QDateTime:
    return QDateTime(at.year, at.month, at.day, at.hour, at.minute, 0)
