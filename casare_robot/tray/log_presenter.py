"""Fills the log window: looks through the files in threads, the newest first."""

import asyncio
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QWidget

from casare_robot.domain.errors import RobotError
from casare_robot.observability.log_folder import log_files
from casare_robot.observability.log_reader import LogFilter
from casare_robot.tray.house import House
from casare_robot.tray.log_index import LogIndex, Places, scan
from casare_robot.tray.texts import tr
from casare_robot.tray.windows.files import ask_where_to_save
from casare_robot.tray.windows.log_window import LogWindow

OFFERED_JOBS = 50


class LogPresenter:
    """The log window and what it shows.

    Args:
        house: The session.
    """

    def __init__(self, house: House) -> None:
        self._house = house
        self._folder = house.places.logs
        self._turn = 0
        self.window = LogWindow(filtered=self._begin, follow=self._follow_soon, export=self._export)
        self._begin(self.window.wanted())

    def widget(self) -> QWidget:
        """The window."""
        return self.window

    def close(self) -> None:
        """End what is under way."""
        self._turn += 1

    def filter_job(self, job_id: str) -> None:
        """Show only the lines of a job."""
        self.window.choose_job(job_id)

    def _begin(self, wanted: LogFilter) -> None:
        self._turn += 1
        self._house.actions.start(("index", self._turn), partial(self._index, wanted, self._turn))

    async def _index(self, wanted: LogFilter, turn: int) -> None:
        """Look through all files, the newest first; the first page is shown at once."""
        index = LogIndex(wanted)
        self.window.model.begin_anew(index)
        self.window.added()
        for path in reversed(await asyncio.to_thread(log_files, self._folder)):
            places = await asyncio.to_thread(self._look_through, path, wanted, turn)
            if turn != self._turn:
                return
            self.window.add_older(places)
        await self._offer_jobs()

    def _look_through(self, path: Path, wanted: LogFilter, turn: int) -> Places:
        places = Places(path)
        places.offsets, places.end = scan(path, 0, wanted, is_wanted=lambda: turn == self._turn)
        return places

    def _follow_soon(self) -> None:
        self._house.actions.start("follow", self._follow)

    async def _follow(self) -> None:
        """Add what was written since the last look."""
        turn, index = self._turn, self.window.model.index_of_lines
        if self._house.actions.is_running(("index", turn)):
            return
        newest = index.newest
        files = await asyncio.to_thread(log_files, self._folder)
        for path in files:
            if newest is not None and path.name < newest.path.name:
                continue
            is_same = newest is not None and path == newest.path
            begin = newest.end if newest is not None and is_same else 0
            offsets, end = await asyncio.to_thread(scan, path, begin, index.wanted)
            if turn != self._turn:
                return
            if is_same:
                self.window.model.extend(offsets, end)
            else:
                places = Places(path)
                places.offsets, places.end = offsets, end
                self.window.model.add_newer(places)
            if len(offsets):
                self.window.added()

    async def _offer_jobs(self) -> None:
        try:
            entries = await self._house.client.jobs(OFFERED_JOBS)
        except RobotError:
            return  # the list is a convenience
        self.window.offer_jobs([(entry.job_id, entry.name) for entry in entries])

    def _export(self) -> None:
        ask_where_to_save(
            self.window,
            tr("Export the lines that are shown"),
            name="casare-robot-log.jsonl",
            kinds=tr("Lines of JSON (*.jsonl);;All files (*)"),
            chosen=lambda path: self._house.actions.start("export", partial(self._write, path)),
        )

    async def _write(self, path: Path) -> None:
        await asyncio.to_thread(_write_lines, path, self.window.model.index_of_lines)


def _write_lines(path: Path, index: LogIndex) -> None:
    with path.open("w", encoding="utf-8") as file:
        for line in index.lines():
            file.write(f"{line}\n")
