"""Fills the history window: the newest page at once, the rest after it."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

import msgspec
from PySide6.QtWidgets import QWidget

from casare_robot.domain.errors import AgentUnreachableError
from casare_robot.domain.job import JobId
from casare_robot.domain.job_history import HistoryEntry
from casare_robot.tray.house import House
from casare_robot.tray.texts import tr
from casare_robot.tray.views.history_view import Retry, as_table, job_view
from casare_robot.tray.views.tray_view import Wish
from casare_robot.tray.windows.files import ask_where_to_save
from casare_robot.tray.windows.history_window import HistoryWindow
from casare_robot.tray.windows.job_panel import JobPanel

FIRST_PAGE = 100
WHOLE = 10_000


class HistoryPresenter:
    """The history window and what it shows.

    Args:
        house: The session.
        wished: Told what a person wants.
    """

    def __init__(self, house: House, *, wished: Callable[[Wish], object]) -> None:
        self._house = house
        self._entries: dict[JobId, HistoryEntry] = {}
        self._is_whole = False
        panel = JobPanel(wished=wished, retry=self._retry, decided=self._decide)
        self.window = HistoryWindow(
            chosen=self._choose,
            refresh=lambda: house.actions.start("history", self.refresh),
            export=self._export,
            panel=panel,
        )

    def widget(self) -> QWidget:
        """The window."""
        return self.window

    def close(self) -> None:
        """Nothing is kept."""

    def select(self, job_id: JobId) -> None:
        """Show a job in full."""
        self.window.choose(job_id)

    async def refresh(self) -> None:
        """Ask for the newest jobs, once for all there are, and for the one that is shown."""
        try:
            self._take(await self._house.client.jobs(FIRST_PAGE))
            if not self._is_whole:
                self._take(await self._house.client.jobs(WHOLE))
                self._is_whole = True
            if self.window.job_id is not None:
                await self._show(self.window.job_id)
        except AgentUnreachableError:
            return  # what is shown stays

    def _take(self, newest: Sequence[HistoryEntry]) -> None:
        fresh = {entry.job_id: entry for entry in newest}
        older = {key: entry for key, entry in self._entries.items() if key not in fresh}
        self._entries = {**fresh, **older}
        self.window.show_entries(tuple(self._entries.values()))

    def _choose(self, job_id: JobId) -> None:
        self._house.actions.start(("show", job_id), partial(self._show, job_id))

    async def _show(self, job_id: JobId) -> None:
        found = await self._house.client.job(job_id)
        if found is None or self.window.job_id != job_id:
            return
        entry, result = found
        timeline = self._house.timelines.of(job_id, result, entry.changed_at)
        now = datetime.now().astimezone()
        self.window.show_job(job_view(entry, result, timeline, now=now))

    def _retry(self, job_id: JobId, way: Retry) -> None:
        async def act() -> None:
            retry = self._house.client.retry
            self.window.choose(await retry(job_id, start=way.start, version=way.version))
            await self.refresh()

        self._house.actions.start(("retry", job_id), act)

    def _decide(self, job_id: JobId, key: str, decision: str) -> None:
        async def act() -> None:
            await self._house.client.resolve(job_id, {key: decision})
            await self.refresh()

        self._house.actions.start(("resolve", job_id), act)

    def _export(self) -> None:
        ask_where_to_save(
            self.window,
            tr("Export the jobs that are shown"),
            name="casare-robot-jobs.csv",
            kinds=tr("Table (*.csv);;JSON (*.json)"),
            chosen=lambda path: self._house.actions.start("export", partial(self._write, path)),
        )

    async def _write(self, path: Path) -> None:
        entries = tuple(self.window.model.entries)
        await asyncio.to_thread(write_jobs, path, entries)


def write_jobs(path: Path, entries: tuple[HistoryEntry, ...]) -> None:
    """Write jobs as a table, or as JSON where the name ends so.

    Raises:
        OSError: The file cannot be written.
    """
    if path.suffix.lower() == ".json":
        path.write_bytes(msgspec.json.format(msgspec.json.encode(entries), indent=2))
        return
    import csv

    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(as_table(entries))
