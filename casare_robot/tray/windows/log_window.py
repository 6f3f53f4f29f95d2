"""The log: live, by level, job and text, however long it is."""

from array import array
from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QModelIndex, Qt, QTimer
from PySide6.QtGui import (
    QAction,
    QColor,
    QFontDatabase,
    QGuiApplication,
    QKeySequence,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QHeaderView,
    QLineEdit,
    QPlainTextEdit,
    QSplitter,
    QVBoxLayout,
)

from casare_robot.observability.log_reader import LEVELS, LogFilter
from casare_robot.tray.log_index import LogIndex, Places
from casare_robot.tray.texts import counted, tr
from casare_robot.tray.views.log_view import LEVEL_TONES, cells, columns, detail
from casare_robot.tray.windows.parts import Text, button, row
from casare_robot.tray.windows.rows import Rows
from casare_robot.tray.windows.table_model import Index, TableModel
from casare_robot.tray.windows.theme import TABLE, tone
from casare_robot.tray.windows.window import Window

TYPING = 300
"""Milliseconds after the last key before a search begins."""
FOLLOW_EVERY = 1_000


class LogModel(TableModel):
    """Rows out of a `LogIndex`; holds no lines.

    Args:
        colour: The colour of a tone.
    """

    def __init__(self, colour: Callable[[str], QColor]) -> None:
        super().__init__(columns, lambda: len(self.index_of_lines))
        self._colour = colour
        self.index_of_lines = LogIndex(LogFilter())

    def begin_anew(self, index: LogIndex) -> None:
        """Show another index."""
        self.beginResetModel()
        self.index_of_lines = index
        self.endResetModel()

    def add_older(self, places: Places) -> None:
        """Rows before all others."""
        count = len(places.offsets)
        if count:
            self.beginInsertRows(QModelIndex(), 0, count - 1)
        self.index_of_lines.add_older(places)
        if count:
            self.endInsertRows()

    def add_newer(self, places: Places) -> None:
        """Rows after all others, of a new file."""
        self._append(len(places.offsets), lambda: self.index_of_lines.add_newer(places))

    def extend(self, offsets: "array[int]", end: int) -> None:
        """Rows after all others, of the same file."""
        self._append(len(offsets), lambda: self.index_of_lines.extend(offsets, end))

    def _append(self, count: int, add: Callable[[], None]) -> None:
        before = len(self.index_of_lines)
        if count:
            self.beginInsertRows(QModelIndex(), before, before + count - 1)
        add()
        if count:
            self.endInsertRows()

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A cell, read from the file if need be."""
        if role == Qt.ItemDataRole.DisplayRole:
            return cells(self.index_of_lines.entry(index.row()))[index.column()]
        if role == Qt.ItemDataRole.ForegroundRole:
            name = LEVEL_TONES.get(self.index_of_lines.entry(index.row()).level)
            return self._colour(name) if name else None
        return None


class LogWindow(Window):
    """See the module.

    Args:
        filtered: Told which lines are wanted, at once and when that changes.
        follow: Asks for new lines; called every second while the window can be seen.
        export: Asked to save what is shown.
    """

    def __init__(
        self,
        *,
        filtered: Callable[[LogFilter], object],
        follow: Callable[[], object],
        export: Callable[[], object],
    ) -> None:
        super().__init__(tr("Logs"), refresh=follow, every=FOLLOW_EVERY)
        self._filtered = filtered
        self.model = LogModel(lambda name: tone(self, name))
        self._build(export)
        self.resize(980, 640)

    def wanted(self) -> LogFilter:
        """Which lines are wanted now."""
        return LogFilter(
            level=self.level.currentData() or "",
            job=self.job.currentText().strip(),
            text=self.search.text(),
        )

    def offer_jobs(self, jobs: Sequence[tuple[str, str]]) -> None:
        """Ids and names of jobs to choose from."""
        said = self.job.currentText()
        self.job.blockSignals(True)
        self.job.clear()
        self.job.addItem("")
        for job_id, name in jobs:
            self.job.addItem(job_id)
            self.job.setItemData(self.job.count() - 1, name, Qt.ItemDataRole.ToolTipRole)
        self.job.setEditText(said)
        self.job.blockSignals(False)

    def choose_job(self, job_id: str) -> None:
        """Show only this job's lines."""
        self.job.setEditText(job_id)
        self._changed_now()

    def added(self) -> None:
        """Rows have come."""
        count = self.model.rowCount()
        text = counted(count, "{count} line", "{count} lines")
        no_line = tr("No line matches") if self.wanted() != LogFilter() else tr("No line yet")
        self.count.setText(text if count else no_line)
        self.table.say_when_empty("" if count else no_line)
        if self.follow.isChecked():
            self.table.scrollToBottom()

    def add_older(self, places: Places) -> None:
        """Rows before all others; what is looked at stays where it is."""
        bar = self.table.verticalScrollBar()
        top = bar.value()
        self.model.add_older(places)
        self.table.updateGeometries()
        if not self.follow.isChecked():
            bar.setValue(top + len(places.offsets))
        self.added()

    def _build(self, export: Callable[[], object]) -> None:
        self.level = QComboBox()
        self.level.setAccessibleName(tr("Least severe level"))
        self.level.addItem(tr("All levels"), "")
        for level in LEVELS[1:]:
            self.level.addItem(tr("{level} and worse", level=level.capitalize()), level)
        self.level.currentIndexChanged.connect(self._changed_now)
        self.job = QComboBox()
        self.job.setEditable(True)
        self.job.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.job.setAccessibleName(tr("Job"))
        self.job.setMinimumContentsLength(18)
        edit = self.job.lineEdit()
        if edit is not None:
            edit.setPlaceholderText(tr("All jobs"))
        self.job.editTextChanged.connect(self._changed)
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Search (Ctrl+F)"))
        self.search.setAccessibleName(tr("Search"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._changed)
        self.follow = QCheckBox(tr("&Follow"))
        self.follow.setChecked(True)
        self.follow.toggled.connect(self._follow_toggled)
        self._typing = QTimer(self, singleShot=True, interval=TYPING)
        self._typing.timeout.connect(self._changed_now)
        self.table = Rows()
        self._dress_table()
        self.detail = QPlainTextEdit()
        self.detail.setReadOnly(True)
        self.detail.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.detail.setAccessibleName(tr("The whole line"))
        self.detail.setPlaceholderText(tr("Choose a line to see all of it."))
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self.table)
        split.addWidget(self.detail)
        split.setStretchFactor(0, 4)
        split.setStretchFactor(1, 1)
        self.count = Text(tone="muted")
        layout = QVBoxLayout(self)
        tools = row(self.search, self.level, self.job, self.follow)
        tools.setStretch(0, 1)
        layout.addLayout(tools)
        layout.addWidget(split, 1)
        layout.addLayout(
            row(
                self.count,
                None,
                button(tr("&Copy"), self.copy, named=tr("Copy the chosen lines")),
                button(tr("&Export…"), export),
            )
        )
        self.search_in(self.search)

    def _dress_table(self) -> None:
        table = self.table
        table.setModel(self.model)
        table.setAccessibleName(tr("Lines of the log"))
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setWordWrap(False)
        table.setShowGrid(False)
        table.setStyleSheet(TABLE)
        table.setTabKeyNavigation(False)
        table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerItem)
        rows = table.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(table.fontMetrics().height() + 4)
        heads = table.horizontalHeader()
        heads.setStretchLastSection(True)
        heads.setHighlightSections(False)
        heads.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        letters = table.fontMetrics().horizontalAdvance("0")
        for column, width in enumerate((25, 10, 11)):
            table.setColumnWidth(column, letters * width)
        table.selectionModel().currentRowChanged.connect(self._chosen)
        table.verticalScrollBar().rangeChanged.connect(self._grown)
        table.verticalScrollBar().sliderMoved.connect(self._scrolled)
        copy = QAction(tr("Copy"), table)
        copy.setShortcut(QKeySequence(QKeySequence.StandardKey.Copy))
        copy.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        copy.triggered.connect(self.copy)
        table.addAction(copy)
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    def copy(self) -> None:
        """Copy the chosen lines, each as a line of text."""
        rows = sorted(index.row() for index in self.table.selectionModel().selectedRows())
        lines = ["\t".join(cells(self.model.index_of_lines.entry(place))) for place in rows]
        QGuiApplication.clipboard().setText("\n".join(lines))

    def _chosen(self, current: QModelIndex, _before: QModelIndex) -> None:
        if current.isValid():
            self.detail.setPlainText(detail(self.model.index_of_lines.entry(current.row())))

    def _grown(self) -> None:
        if self.follow.isChecked():
            self.table.scrollToBottom()

    def _follow_toggled(self, is_on: bool) -> None:
        if is_on:
            self.table.scrollToBottom()

    def _scrolled(self, value: int) -> None:
        """Whoever scrolls up wants to read; at the end, to follow."""
        self.follow.setChecked(value >= self.table.verticalScrollBar().maximum())

    def _changed(self) -> None:
        self._typing.start()

    def _changed_now(self) -> None:
        self._typing.stop()
        self._filtered(self.wanted())
