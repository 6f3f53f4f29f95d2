"""Lets a person draw a rectangle on the screen."""

from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from casare_robot.tray.texts import tr

SHADE = QColor(0, 0, 0, 90)
EDGE = QColor("#3399ff")


class RegionOverlay(QWidget):
    """Covers all screens until a rectangle is drawn or Escape is pressed.

    Args:
        shows_coordinates: Whether place and size are written beside it.

    Signals:
        chosen: Left, top, width, height in pixels of the screen.
    """

    chosen = Signal(int, int, int, int)

    def __init__(self, *, shows_coordinates: bool) -> None:
        flags = Qt.WindowType
        super().__init__(None, flags.FramelessWindowHint | flags.WindowStaysOnTopHint | flags.Tool)
        self._shows_coordinates = shows_coordinates
        self._from: QPoint | None = None
        self._to = QPoint()
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setWindowTitle(tr("Draw a rectangle; Escape leaves"))
        self.setGeometry(QGuiApplication.primaryScreen().virtualGeometry())

    @property
    def region(self) -> QRect:
        """What is drawn so far, on the screen."""
        if self._from is None:
            return QRect()
        return _between(self._from, self._to).translated(self.geometry().topLeft())

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Begin."""
        self._from = self._to = event.position().toPoint()
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Go on."""
        self._to = event.position().toPoint()
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """End; a click alone is no rectangle."""
        self._to = event.position().toPoint()
        found, ratio = self.region, self.devicePixelRatio()
        if found.width() > 1 and found.height() > 1:
            places = (found.x(), found.y(), found.width(), found.height())
            self.chosen.emit(*(round(place * ratio) for place in places))
            self.close()
        self._from = None
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Escape leaves everything as it was."""
        if event.key() == Qt.Key.Key_Escape:
            self.close()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Shade everything but the rectangle."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), SHADE)
        if self._from is None:
            return
        drawn = _between(self._from, self._to)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Clear)
        painter.fillRect(drawn, Qt.GlobalColor.transparent)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
        painter.setPen(EDGE)
        painter.drawRect(drawn)
        if self._shows_coordinates:
            painter.setPen(Qt.GlobalColor.white)
            at = self.region
            text = f"{at.x()}, {at.y()}   {at.width()} x {at.height()}"
            painter.drawText(drawn.bottomLeft() + QPoint(4, 18), text)


def _between(one: QPoint, other: QPoint) -> QRect:
    """The rectangle that two corners span."""
    left, top = min(one.x(), other.x()), min(one.y(), other.y())
    return QRect(left, top, abs(one.x() - other.x()), abs(one.y() - other.y()))
