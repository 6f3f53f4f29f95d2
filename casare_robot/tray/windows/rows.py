"""A table that says why it is empty."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QTableView

from casare_robot.tray.windows.theme import muted


class Rows(QTableView):
    """See the module."""

    def __init__(self) -> None:
        super().__init__()
        self._empty = ""

    def say_when_empty(self, text: str) -> None:
        """Set what stands in the middle while there is no row."""
        if text != self._empty:
            self._empty = text
            self.setAccessibleDescription(text)
            self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint the rows, or the text."""
        super().paintEvent(event)
        model = self.model()
        if self._empty and model is not None and model.rowCount() == 0:
            painter = QPainter(self.viewport())
            painter.setPen(muted(self))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.viewport().rect(), int(flags), self._empty)
            painter.end()
