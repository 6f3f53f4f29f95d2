"""The job history: search, filter, and one job in full beside the list."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from PySide6.QtCore import QModelIndex, Qt, QTimer
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHeaderView,
    QLineEdit,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from casare_robot.domain.job import JobId, JobStatus
from casare_robot.domain.job_history import HistoryEntry
from casare_robot.tray.texts import counted, tr
from casare_robot.tray.views.history_view import (
    MARKS,
    ORIGINS,
    JobView,
    cells,
    columns,
    origin_word,
    status_word,
    wanted,
)
from casare_robot.tray.windows.job_panel import JobPanel
from casare_robot.tray.windows.parts import GAP, Text, button, row
from casare_robot.tray.windows.rows import Rows
from casare_robot.tray.windows.table_model import Index, TableModel
from casare_robot.tray.windows.theme import TABLE, tone
from casare_robot.tray.windows.window import Window

TYPING = 200
"""Milliseconds after the last key before a search begins."""


class HistoryModel(TableModel):
    """Jobs as rows.

    Args:
        colour: The colour of a tone.
        now: In the local time zone.
    """

    def __init__(self, colour: Callable[[str], QColor], now: Callable[[], datetime]) -> None:
        super().__init__(columns, lambda: len(self.entries))
        self._colour = colour
        self._now = now
        self.entries: list[HistoryEntry] = []

    def show_entries(self, entries: list[HistoryEntry]) -> None:
        """Show these rows, newest first."""
        if entries == self.entries:
            return
        self.beginResetModel()
        self.entries = entries
        self.endResetModel()

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A cell."""
        entry = self.entries[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return cells(entry, self._now())[index.column()]
        if role == Qt.ItemDataRole.ForegroundRole and index.column() == 0:
            return self._colour(MARKS[entry.status][1])
        if role == Qt.ItemDataRole.ToolTipRole and entry.error:
            return entry.error.message
        return None


class HistoryWindow(Window):
    """See the module.

    Args:
        chosen: Told the id of the job to show in full.
        refresh: Asks for the newest jobs; called every two seconds while the window can be seen.
        export: Asked to save the rows that are shown.
        panel: Shows one job.
        now: In the local time zone.
    """

    def __init__(
        self,
        *,
        chosen: Callable[[JobId], object],
        refresh: Callable[[], object],
        export: Callable[[], object],
        panel: JobPanel,
        now: Callable[[], datetime] = lambda: datetime.now().astimezone(),
    ) -> None:
        super().__init__(tr("Job history"), refresh=refresh)
        self._chosen = chosen
        self._all: list[HistoryEntry] = []
        self._job_id: JobId | None = None
        self.model = HistoryModel(lambda name: tone(self, name), now)
        self.panel = panel
        self._build(export)
        self.resize(1240, 660)

    def show_entries(self, entries: Sequence[HistoryEntry]) -> None:
        """The newest jobs have come."""
        self._all = list(entries)
        self._filter()

    def show_job(self, view: JobView) -> None:
        """Show a job in full."""
        self.panel.show_job(view)

    def choose(self, job_id: JobId) -> None:
        """Choose a job, even one that the filter leaves out."""
        self._job_id = job_id
        self.search.clear()
        self.status.setCurrentIndex(0)
        self._filter()
        self._chosen(job_id)

    @property
    def job_id(self) -> JobId | None:
        """The job that is chosen."""
        return self._job_id

    def _build(self, export: Callable[[], object]) -> None:
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Search name, id, error (Ctrl+F)"))
        self.search.setAccessibleName(tr("Search"))
        self.search.setClearButtonEnabled(True)
        self._typing = QTimer(self, singleShot=True, interval=TYPING)
        self._typing.timeout.connect(self._filter)
        self.search.textChanged.connect(lambda _: self._typing.start())
        self.status = QComboBox()
        self.status.setAccessibleName(tr("Status"))
        self.status.addItem(tr("Every status"), None)
        for status in JobStatus:
            self.status.addItem(f"{MARKS[status][0]}  {status_word(status)}", status)
        self.status.currentIndexChanged.connect(self._filter)
        self.count = Text(tone="muted")
        self.table = Rows()
        self._dress_table()
        tools = row(self.search, self.status)
        tools.setStretch(0, 1)
        left = QWidget()
        listed = QVBoxLayout(left)
        listed.setContentsMargins(0, 0, 0, 0)
        listed.addLayout(tools)
        listed.addWidget(self.table, 1)
        listed.addLayout(row(self.count, None, button(tr("&Export…"), export)))
        split = QSplitter(Qt.Orientation.Horizontal)
        split.addWidget(left)
        split.addWidget(self.panel)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 2)
        split.setSizes([780, 460])
        split.setChildrenCollapsible(False)
        QVBoxLayout(self).addWidget(split)
        self.search_in(self.search)

    def _dress_table(self) -> None:
        table = self.table
        table.setModel(self.model)
        table.setAccessibleName(tr("Jobs"))
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setShowGrid(False)
        table.setStyleSheet(TABLE)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        rows = table.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(table.fontMetrics().height() + 8)
        heads = table.horizontalHeader()
        heads.setStretchLastSection(True)
        heads.setHighlightSections(False)
        heads.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        wide = table.fontMetrics().horizontalAdvance
        states = (f"{MARKS[status][0]}  {status_word(status)}" for status in JobStatus)
        widths = (
            max(map(wide, states)),
            wide("0") * 16,
            wide("0") * 12,
            max(wide(origin_word(origin)) for origin in ORIGINS),
        )
        for column, width in enumerate(widths):
            table.setColumnWidth(column, max(width + 2 * GAP, heads.sectionSizeHint(column)))
        table.selectionModel().currentRowChanged.connect(self._row_chosen)

    def _filter(self) -> None:
        status = self.status.currentData()
        shown = wanted(
            self._all,
            search=self.search.text(),
            status=JobStatus(status) if status is not None else None,
        )
        job_id = self._job_id
        self.model.show_entries(shown)
        text = counted(len(shown), "{count} job", "{count} jobs")
        if len(shown) != len(self._all):
            text = tr("{shown} of {all}", shown=text, all=len(self._all))
        self.count.setText(text)
        no_job = tr("No job matches") if self._all else tr("No job has run here yet")
        self.table.say_when_empty("" if shown else no_job)
        self._job_id = job_id
        for place, entry in enumerate(shown):
            if entry.job_id == job_id:
                self.table.selectionModel().blockSignals(True)
                self.table.selectRow(place)
                self.table.selectionModel().blockSignals(False)
                break

    def _row_chosen(self, current: QModelIndex, _before: QModelIndex) -> None:
        if current.isValid():
            job_id = self.model.entries[current.row()].job_id
            if job_id != self._job_id:
                self._job_id = job_id
                self._chosen(job_id)
