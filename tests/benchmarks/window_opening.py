"""Opens one long table in a program of its own and tells how long that took, as JSON.

python -m tests.benchmarks.window_opening history|logs|bare-history|bare-logs FOLDER
"""

import asyncio
import json
import os
import sys
import time
from pathlib import Path
from types import SimpleNamespace

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

JOBS, LINES = 10_000, 1_000_000
STEPS = 100
"""Places to which a table is scrolled, each painted at once."""


def application():
    from PySide6.QtWidgets import QApplication

    import casare_robot.tray.session  # noqa: F401 - a running tray has it

    return QApplication([])


def bare(kind):
    """The least that Qt needs for as many rows, with texts as long."""
    from PySide6.QtCore import QAbstractTableModel, Qt
    from PySide6.QtWidgets import QAbstractItemView, QTableView

    rows = JOBS if kind == "history" else LINES

    class Model(QAbstractTableModel):
        def rowCount(self, parent=None):  # noqa: N802 - Qt
            return rows

        def columnCount(self, parent=None):  # noqa: N802 - Qt
            return 5 if kind == "history" else 4

        def data(self, index, role=Qt.ItemDataRole.DisplayRole):
            if role == Qt.ItemDataRole.DisplayRole:
                return f"row {index.row()} column {index.column()} of a bare table"
            return None

    table = QTableView()
    table.model_kept = Model()
    table.setModel(table.model_kept)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.verticalHeader().setDefaultSectionSize(22)
    table.resize(1120, 640)
    return table, table


def history(entries):
    from casare_robot.tray.windows.history_window import HistoryWindow
    from casare_robot.tray.windows.job_panel import JobPanel
    from tests import tray_screens as screens

    nothing = screens.nothing
    window = HistoryWindow(
        chosen=nothing,
        refresh=nothing,
        export=nothing,
        panel=JobPanel(wished=nothing, retry=nothing, decided=nothing),
        now=lambda: screens.NOW,
    )
    window.show_entries(entries)
    return window, window.table


def logs(folder):
    from casare_robot.domain.errors import AgentUnreachableError
    from casare_robot.tray.actions import Actions
    from casare_robot.tray.log_presenter import LogPresenter

    async def jobs(_limit):
        raise AgentUnreachableError("none runs")

    def failed(error):
        raise error

    presenter = LogPresenter(
        SimpleNamespace(
            places=SimpleNamespace(logs=folder),
            actions=Actions(failed),
            client=SimpleNamespace(jobs=jobs),
        )
    )
    return presenter.window, presenter.window.table


class Watch:
    """Notices when a table is painted with rows in it."""

    def __init__(self, table):
        from PySide6.QtCore import QEvent, QObject

        watch = self

        class Filter(QObject):
            def eventFilter(self, _watched, event):  # noqa: N802 - Qt
                if event.type() == QEvent.Type.Paint and table.model().rowCount():
                    watch.is_painted = True
                return False

        self.is_painted = False
        self._filter = Filter()
        table.viewport().installEventFilter(self._filter)


def scrolled(table):
    """Milliseconds that painting takes at each of some places: median and worst."""
    bar = table.verticalScrollBar()
    took = []
    for step in range(STEPS):
        begin = time.perf_counter()
        bar.setValue(bar.maximum() * step // STEPS)
        table.viewport().repaint()
        took.append((time.perf_counter() - begin) * 1000)
    took.sort()
    return took[STEPS // 2], took[-2]


async def measured(make, goal):
    begin, cpu = time.perf_counter(), time.process_time()
    window, table = make()
    watch = Watch(table)
    window.show()
    while not watch.is_painted:
        await asyncio.sleep(0.001)
    told = {
        "opened": (time.perf_counter() - begin) * 1000,
        "cpu": (time.process_time() - cpu) * 1000,
    }
    worst_wait = 0.0
    while table.model().rowCount() < goal:
        before = time.perf_counter()
        await asyncio.sleep(0.001)
        worst_wait = max(worst_wait, (time.perf_counter() - before) * 1000)
    told["all"] = (time.perf_counter() - begin) * 1000
    told["held_up"] = worst_wait
    told["scroll"], told["scroll_worst"] = scrolled(table)
    window.hide()
    await asyncio.sleep(0.1)
    return told


def main():
    import qasync

    kind, folder = sys.argv[1], Path(sys.argv[2])
    shown = application()
    rows = JOBS if "history" in kind else LINES
    if kind == "history":
        from tests import tray_screens as screens

        entries = [screens.entry(number) for number in range(JOBS)]
        make = lambda: history(entries)  # noqa: E731
    elif kind == "logs":
        make = lambda: logs(folder)  # noqa: E731
    else:
        make = lambda: bare(kind.removeprefix("bare-"))  # noqa: E731
    with asyncio.Runner(loop_factory=lambda: qasync.QEventLoop(shown)) as runner:
        print(json.dumps(runner.run(measured(make, rows))), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
