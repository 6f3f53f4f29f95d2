"""One job in full: how it ended, where, its nodes along time, what it wrote, what can be done."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import (
    QFormLayout,
    QMenu,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from casare_robot.domain.job import JobId
from casare_robot.tray.texts import tr
from casare_robot.tray.views.history_view import JobView, Retry
from casare_robot.tray.views.tray_view import Do, Wish
from casare_robot.tray.windows.parts import Card, Text, button, emptied, row
from casare_robot.tray.windows.timeline_view import TimelineView


class JobPanel(QWidget):
    """See `JobView`.

    Args:
        wished: Told what a person wants.
        retry: Told the job to run again, and how.
        decided: Told a job, a step's key and ``done``, ``again`` or ``fail``.
    """

    def __init__(
        self,
        *,
        wished: Callable[[Wish], object],
        retry: Callable[[JobId, Retry], object],
        decided: Callable[[JobId, str, str], object],
    ) -> None:
        super().__init__()
        self._wished = wished
        self._decided = decided
        self._view: JobView | None = None
        self._title = Text(bold=True, size=1.15)
        self._status = Text(bold=True)
        self._facts = QFormLayout()
        self._facts.setContentsMargins(0, 0, 0, 0)
        self._facts.setVerticalSpacing(2)
        self._error = Text()
        self._error_card = Card(edge="bad")
        self._error_card.body.addWidget(self._error)
        self._choices = QVBoxLayout()
        self._retry_wanted = retry
        self._retry = QPushButton(tr("&Run again"))
        self._retry.setAccessibleName(tr("Run again"))
        self._retry.setAutoDefault(False)
        self._ways = QMenu(self._retry)
        self._ways.setToolTipsVisible(True)
        self._retry.setMenu(self._ways)
        self._cancel = button(
            tr("&Cancel…"), lambda: self._with_job(lambda it: wished(Wish(Do.CANCEL, it)))
        )
        self._logs = button(
            tr("Its &logs"), lambda: self._with_job(lambda it: wished(Wish(Do.LOGS, it)))
        )
        self._timeline = TimelineView()
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setAlignment(Qt.AlignmentFlag.AlignTop)
        scroll.setWidget(self._timeline)
        self._log = _page(tr("What the workflow wrote"), tr("The workflow wrote nothing."))
        self._values = _page(tr("Variables at the end"), tr("There are no variables."))
        self._tabs = QTabWidget()
        self._tabs.addTab(scroll, tr("&Time line"))
        self._tabs.addTab(self._log, tr("&What it wrote"))
        self._tabs.addTab(self._values, tr("&Variables"))
        self._empty = Text(tr("Choose a job to see all of it."), tone="muted")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._whole = QWidget()
        inner = QVBoxLayout(self._whole)
        inner.setContentsMargins(8, 0, 0, 0)
        inner.addWidget(self._title)
        inner.addWidget(self._status)
        inner.addLayout(self._facts)
        inner.addWidget(self._error_card)
        inner.addLayout(self._choices)
        inner.addLayout(row(self._retry, self._cancel, self._logs, None))
        inner.addWidget(self._tabs, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._empty, 1)
        layout.addWidget(self._whole, 1)
        self._whole.hide()
        self.setMinimumWidth(320)

    def show_job(self, view: JobView) -> None:
        """Show a job."""
        before, self._view = self._view, view
        if before == view:
            return
        self._empty.hide()
        self._whole.show()
        self._title.setText(view.title)
        self._status.setText(view.status)
        self._status.set_tone(view.tone)
        while self._facts.rowCount():
            self._facts.removeRow(0)
        for name, value in view.facts:
            self._facts.addRow(Text(name, tone="muted"), Text(value))
        self._error.setText(view.error)
        self._error_card.setVisible(bool(view.error))
        self._show_choices(view)
        if before is None or before.retries != view.retries or before.job_id != view.job_id:
            self._show_ways(view)
        self._cancel.setVisible(view.can_cancel)
        self._timeline.show_runs(view.timeline)
        for page, text in ((self._log, view.log), (self._values, view.values)):
            if page.toPlainText() != text:
                page.setPlainText(text)

    def _show_ways(self, view: JobView) -> None:
        self._retry.setVisible(bool(view.retries))
        self._ways.clear()
        for place, way in enumerate(view.retries):
            if place and way.version != view.retries[place - 1].version:
                self._ways.addSeparator()
            action = self._ways.addAction(way.text.replace("&", "&&"))
            action.setToolTip(way.hint)
            action.triggered.connect(partial(self._retry_so, view.job_id, way))

    def _retry_so(self, job_id: JobId, way: Retry, _is_checked: bool = False) -> None:
        self._retry_wanted(job_id, way)

    def _show_choices(self, view: JobView) -> None:
        emptied(self._choices)
        words = (
            ("done", tr("It was done")),
            ("again", tr("Do it again")),
            ("fail", tr("Let it fail")),
        )
        for step in view.choices:
            card = Card(edge="warn")
            card.body.addWidget(Text(step.text))
            made = [
                button(
                    text,
                    partial(self._decided, view.job_id, step.key, decision),
                    named=tr("{choice}: {step}", choice=text, step=step.key),
                )
                for decision, text in words
            ]
            card.body.addLayout(row(*made, None))
            self._choices.addWidget(card)

    def _with_job(self, then: Callable[[JobId], object]) -> None:
        if self._view is not None:
            then(self._view.job_id)


def _page(name: str, empty: str) -> QPlainTextEdit:
    page = QPlainTextEdit()
    page.setReadOnly(True)
    page.setFrameShape(QPlainTextEdit.Shape.NoFrame)
    page.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
    page.setAccessibleName(name)
    page.setPlaceholderText(empty)
    return page
