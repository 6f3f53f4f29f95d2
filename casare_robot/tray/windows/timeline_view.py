"""Paints a job's nodes as bars along its time."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from casare_robot.tray.texts import counted, tr
from casare_robot.tray.views.spans import took
from casare_robot.tray.views.timeline import NodeRun
from casare_robot.tray.windows.theme import mixed, muted, tone

NAMES = 0.38
"""Part of the width for the names."""
TIMES = 64
THINNEST = 3.0
EDGE = 6


class TimelineView(QWidget):
    """A line for each node: its name, a bar for when and how long, its time."""

    def __init__(self) -> None:
        super().__init__()
        self._runs: tuple[NodeRun, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_runs(self, runs: Sequence[NodeRun]) -> None:
        """Show these."""
        self._runs = tuple(runs)
        self.setAccessibleName(tr("Time line"))
        told = [f"{run.node_id}: {run.error or took(run.seconds)}" for run in self._runs]
        nodes = counted(len(told), "{count} node", "{count} nodes")
        self.setAccessibleDescription("; ".join([nodes, *told]))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """As high as it has lines."""
        return QSize(240, (len(self._runs) + 1) * self._line())

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """No narrower than can be read."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint the lines that can be seen."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self._runs:
            painter.setPen(muted(self))
            painter.drawText(self.rect(), _MIDDLE_LEFT, tr("No node has run yet."))
        height = self._line()
        first = max(0, event.rect().top() // height - 1)
        last = min(len(self._runs), event.rect().bottom() // height)
        begin, span = self._span()
        names = self.width() * NAMES
        room = max(1.0, self.width() - names - TIMES - EDGE)
        ground = mixed(self.palette().window().color(), self.palette().windowText().color(), 0.06)
        if any(run.began for run in self._runs):
            painter.setPen(muted(self))
            axis = QRectF(names, 0, room, height)
            painter.drawText(axis, _MIDDLE_LEFT, took(0))
            painter.drawText(axis, _MIDDLE_RIGHT, took(span.total_seconds()))
        for place in range(first, last):
            run = self._runs[place]
            top = (place + 1) * height
            colour = tone(self, "bad" if run.error else "busy")
            painter.setPen(colour if run.error else self.palette().windowText().color())
            name = self.fontMetrics().elidedText(
                run.node_id, Qt.TextElideMode.ElideMiddle, int(names) - EDGE - 8
            )
            painter.drawText(QRectF(EDGE, top, names - 8, height), _MIDDLE_LEFT, name)
            field = QRectF(names, top + 4, room, height - 8)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ground)
            painter.drawRoundedRect(field, 2, 2)
            if run.began is None:
                if run.error:
                    painter.setPen(colour)
                    painter.drawText(field, _MIDDLE_LEFT, " ✕")
                continue
            left = room * ((run.began - begin) / span)
            wide = max(THINNEST, room * (timedelta(seconds=run.seconds) / span))
            left = min(left, room - wide)
            painter.setBrush(colour)
            bar = QRectF(field.left() + left, field.top(), wide, field.height())
            painter.drawRoundedRect(bar, 2, 2)
            painter.setPen(muted(self))
            times = QRectF(names + room, top, TIMES, height)
            painter.drawText(times, _MIDDLE_RIGHT, took(run.seconds))
        painter.end()

    def event(self, event: QEvent) -> bool:
        """Tell everything of the node under the pointer."""
        if isinstance(event, QHelpEvent):
            place = event.pos().y() // self._line() - 1
            if 0 <= place < len(self._runs):
                run = self._runs[place]
                kind = f" ({run.node_type})" if run.node_type else ""
                text = f"{run.node_id}{kind}\n{run.error or took(run.seconds)}"
                QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

    def _line(self) -> int:
        return self.fontMetrics().height() + 8

    def _span(self) -> tuple[datetime, timedelta]:
        known = [run for run in self._runs if run.began is not None]
        begins = [run.began for run in known if run.began is not None]
        if not begins:
            return datetime.now(UTC), timedelta(seconds=1)
        begin = min(begins)
        ends = [it.began + timedelta(seconds=it.seconds) for it in known if it.began is not None]
        return begin, max(max(ends) - begin, timedelta(milliseconds=1))


_MIDDLE_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_MIDDLE_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
