"""Draws the icons from vectors, sharp at each size; on light and dark taskbars alike.

python -m casare_robot.tray.icons    draw the picture of `first_icon` anew
"""

import math
from functools import cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QIcon,
    QPainter,
    QPainterPath,
    QPen,
    QPixmap,
    QPolygonF,
)

from casare_robot.tray.first_icon import PICTURE, PICTURE_SIZE
from casare_robot.tray.views.looks import BLUE, DRAWINGS, Drawing, Look

SIZES = (16, 20, 22, 24, 32, 40, 44, 48, 64)
"""Pixels: what trays ask for, from 100 to 300 % scaling."""
APPLICATION_SIZES = (16, 24, 32, 48, 64, 128, 256)
RIM = 118
"""How much darker, in percent, the rim is: it holds the shape together on a white taskbar."""


@cache
def state_icon(look: Look) -> QIcon:
    """The icon of a state, drawn once."""
    icon = QIcon()
    for size in SIZES:
        icon.addPixmap(state_pixmap(look, size))
    return icon


@cache
def application_icon() -> QIcon:
    """The robot's own icon, for windows."""
    icon = QIcon()
    for size in APPLICATION_SIZES:
        icon.addPixmap(application_pixmap(size))
    return icon


def state_pixmap(look: Look, size: int, scale: float = 1.0) -> QPixmap:
    """A state, ``size`` by ``size`` points, with ``scale`` pixels to a point."""
    pixmap, painter = _canvas(size, scale)
    paint_state(painter, DRAWINGS[look])
    painter.end()
    return pixmap


def application_pixmap(size: int, scale: float = 1.0) -> QPixmap:
    """The robot's own icon, in points; see `state_pixmap`."""
    pixmap, painter = _canvas(size, scale)
    paint_application(painter)
    painter.end()
    return pixmap


def paint_state(painter: QPainter, drawing: Drawing) -> None:
    """Draw a state on a field of 16 by 16."""
    colour = QColor(drawing.colour)
    painter.setBrush(QBrush(colour))
    rim = QPen(colour.darker(RIM), 0.75)
    rim.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(rim)
    painter.drawPath(_SHAPES[drawing.shape]())
    pen = QPen(QColor(drawing.ink), 2.1)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    _GLYPHS[drawing.glyph](painter)


def paint_application(painter: QPainter) -> None:
    """Draw the robot's head on a field of 16 by 16."""
    colour = QColor(BLUE)
    pen = QPen(colour.darker(RIM), 1.3)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.setPen(pen)
    painter.drawLine(QPointF(8, 1.6), QPointF(8, 4))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QBrush(colour.darker(RIM)))
    painter.drawEllipse(QPointF(8, 1.6), 1.25, 1.25)
    painter.drawRoundedRect(QRectF(0.4, 7, 15.2, 4.6), 1.2, 1.2)
    painter.setBrush(QBrush(colour))
    painter.drawRoundedRect(QRectF(1.6, 3.6, 12.8, 11.4), 3, 3)
    painter.setBrush(QBrush(QColor("#ffffff")))
    painter.drawEllipse(QPointF(5.4, 8), 1.55, 1.55)
    painter.drawEllipse(QPointF(10.6, 8), 1.55, 1.55)
    smile = QPen(QColor("#ffffff"), 1.3)
    smile.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.setPen(smile)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawArc(QRectF(5.2, 8.6, 5.6, 4), 205 * 16, 130 * 16)


def _canvas(size: int, scale: float) -> tuple[QPixmap, QPainter]:
    pixels = round(size * scale)
    pixmap = QPixmap(pixels, pixels)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(pixels / 16, pixels / 16)
    pixmap.setDevicePixelRatio(1.0 if scale == 1 else scale)
    return pixmap, painter


def _disc() -> QPainterPath:
    path = QPainterPath()
    path.addEllipse(QRectF(0.5, 0.5, 15, 15))
    return path


def _octagon() -> QPainterPath:
    middle, radius = QPointF(8, 8), 8.0
    corners = [
        QPointF(
            middle.x() + radius * math.cos(math.pi * (2 * i + 1) / 8),
            middle.y() + radius * math.sin(math.pi * (2 * i + 1) / 8),
        )
        for i in range(8)
    ]
    return _polygon(corners)


def _triangle() -> QPainterPath:
    return _polygon([QPointF(8, 0.7), QPointF(15.6, 14.9), QPointF(0.4, 14.9)])


def _polygon(corners: list[QPointF]) -> QPainterPath:
    path = QPainterPath()
    path.addPolygon(QPolygonF(corners))
    path.closeSubpath()
    return path


def _check(painter: QPainter) -> None:
    painter.drawPolyline([QPointF(4.4, 8.3), QPointF(7, 10.9), QPointF(11.6, 5.5)])


def _cross(painter: QPainter) -> None:
    painter.drawLine(QPointF(5.2, 5.2), QPointF(10.8, 10.8))
    painter.drawLine(QPointF(10.8, 5.2), QPointF(5.2, 10.8))


def _bang(painter: QPainter) -> None:
    painter.drawLine(QPointF(8, 5.2), QPointF(8, 8.9))
    painter.drawPoint(QPointF(8, 12.2))


def _pause(painter: QPainter) -> None:
    painter.drawLine(QPointF(5.9, 5.2), QPointF(5.9, 10.8))
    painter.drawLine(QPointF(10.1, 5.2), QPointF(10.1, 10.8))


def _dots(painter: QPainter) -> None:
    for x in (4.5, 8.0, 11.5):
        painter.drawPoint(QPointF(x, 8))


def _play(painter: QPainter) -> None:
    ink = painter.pen()
    painter.setBrush(QBrush(ink.color()))
    thin = QPen(ink)
    thin.setWidthF(1.0)
    painter.setPen(thin)
    painter.drawPath(_polygon([QPointF(6.1, 4.6), QPointF(11.8, 8), QPointF(6.1, 11.4)]))


def _circling(painter: QPainter) -> None:
    thin = QPen(painter.pen())
    thin.setWidthF(1.7)
    painter.setPen(thin)
    painter.drawArc(QRectF(4, 4, 8, 8), 60 * 16, 285 * 16)
    painter.setBrush(QBrush(thin.color()))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.drawPath(_polygon([QPointF(8.6, 1.9), QPointF(12.9, 4.3), QPointF(8.6, 6.9)]))


_SHAPES = {"disc": _disc, "octagon": _octagon, "triangle": _triangle}
_GLYPHS = {
    "check": _check,
    "cross": _cross,
    "bang": _bang,
    "pause": _pause,
    "dots": _dots,
    "play": _play,
    "circling": _circling,
}


if __name__ == "__main__":
    from PySide6.QtGui import QGuiApplication

    application = QGuiApplication(["pictures", "-platform", "offscreen"])
    state_pixmap(Look.STARTING, PICTURE_SIZE).save(PICTURE)
