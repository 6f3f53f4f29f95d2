"""Paints a `Chart`: a title, a sentence, bars or lines over the last 24 hours."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from casare_robot.tray.texts import tr
from casare_robot.tray.views.day import Chart, Series
from casare_robot.tray.windows.theme import mixed, muted, tone

LINE = 1.6


class ChartView(QWidget):
    """A chart; what it shows is also its accessible description."""

    def __init__(self, chart: Chart) -> None:
        super().__init__()
        self._chart = chart
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.show_chart(chart)

    def show_chart(self, chart: Chart) -> None:
        """Show another one."""
        self._chart = chart
        self.setAccessibleName(chart.title)
        self.setAccessibleDescription(chart.summary)
        names = ", ".join(series.name for series in chart.series)
        self.setToolTip(f"{chart.title}: {names}\n{chart.summary}")
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Room for two lines of text and a chart."""
        return QSize(220, self.fontMetrics().height() * 4 + 52)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        height = self.fontMetrics().height()
        font = painter.font()
        font.setBold(True)
        painter.setFont(font)
        painter.drawText(QRectF(0, 0, self.width(), height), int(_LEFT), self._chart.title)
        font.setBold(False)
        painter.setFont(font)
        self._legend(painter, height)
        painter.setPen(muted(self))
        summary = self.fontMetrics().elidedText(
            self._chart.summary, Qt.TextElideMode.ElideRight, self.width()
        )
        painter.drawText(QRectF(0, height, self.width(), height), int(_LEFT), summary)
        area = QRectF(0, 2 * height + 6, self.width(), self.height() - 3 * height - 8)
        self._axis(painter, area, height)
        if self._chart.is_bars:
            self._bars(painter, area)
        else:
            for series in self._chart.series:
                self._line(painter, area, series)
        painter.end()

    def _axis(self, painter: QPainter, area: QRectF, height: int) -> None:
        painter.fillRect(area, self._faint(0.04))
        pen = QPen(self._faint(0.35), 1)
        painter.setPen(pen)
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        painter.setPen(muted(self))
        below = QRectF(area.left(), area.bottom() + 1, area.width(), height)
        painter.drawText(below, int(_LEFT), tr("24 h ago"))
        painter.drawText(below, int(_RIGHT), tr("now"))
        if self._chart.top and self._chart.top != "0":
            painter.drawText(area.adjusted(4, 0, 0, 0), int(_TOP), self._chart.top)

    def _legend(self, painter: QPainter, height: int) -> None:
        """The names of several rows, each in its colour."""
        if len(self._chart.series) < 2:
            return
        right = float(self.width())
        for series in reversed(self._chart.series):
            wide = self.fontMetrics().horizontalAdvance(series.name)
            painter.setPen(tone(self, series.tone))
            painter.drawText(QRectF(right - wide, 0, wide, height), int(_RIGHT), series.name)
            right -= wide + 10

    def _room(self, area: QRectF) -> float:
        """The height of the highest value: above it stands what it is."""
        return area.height() - self.fontMetrics().height() - 2

    def _bars(self, painter: QPainter, area: QRectF) -> None:
        heights = [0.0] * len(self._chart.series[0].values)
        most = max(
            (
                sum(it.values[place] or 0.0 for it in self._chart.series)
                for place in range(len(heights))
            ),
            default=0.0,
        )
        if most <= 0:
            return
        width = area.width() / len(heights)
        room = self._room(area)
        for series in self._chart.series:
            colour = tone(self, series.tone)
            for place, value in enumerate(series.values):
                if not value:
                    continue
                tall = room * value / most
                top = area.bottom() - heights[place] - tall
                heights[place] += tall
                bar = QRectF(area.left() + place * width + 0.5, top, max(1.0, width - 1), tall)
                painter.fillRect(bar, colour)

    def _line(self, painter: QPainter, area: QRectF, series: Series) -> None:
        most = max((it or 0.0 for each in self._chart.series for it in each.values), default=0.0)
        if most <= 0:
            return
        step = area.width() / max(1, len(series.values) - 1)
        colour = tone(self, series.tone)
        run: list[QPointF] = []
        for place, value in enumerate((*series.values, None)):
            if value is not None:
                y = area.bottom() - self._room(area) * value / most
                run.append(QPointF(area.left() + place * step, y))
            elif run:
                self._stroke(painter, area, run, colour)
                run = []

    def _stroke(self, painter: QPainter, area: QRectF, run: list[QPointF], colour: QColor) -> None:
        ground = QColor(colour)
        ground.setAlphaF(0.15)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        below = [QPointF(run[-1].x(), area.bottom()), QPointF(run[0].x(), area.bottom())]
        painter.drawPolygon(QPolygonF([*run, *below]))
        painter.setPen(QPen(colour, LINE))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if len(run) == 1:
            run = [run[0] - QPointF(1.5, 0), run[0] + QPointF(1.5, 0)]
        painter.drawPolyline(run)

    def _faint(self, part: float) -> QColor:
        palette = self.palette()
        return mixed(palette.window().color(), palette.windowText().color(), part)


_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_TOP = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
