"""Fills the main window: asks the robot while the window can be seen."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

from PySide6.QtWidgets import QWidget

from casare_robot.domain.errors import AgentUnreachableError, ControlError
from casare_robot.domain.job import JobId, JobResult, JobStatus
from casare_robot.domain.job_history import HistoryEntry
from casare_robot.domain.robot_events import JobEnded, RobotEvent
from casare_robot.tray.house import House
from casare_robot.tray.views.main_view import MOST_WAITING, Looked, usual_seconds
from casare_robot.tray.views.sight import Reach, Sight
from casare_robot.tray.views.tray_view import Wish
from casare_robot.tray.windows.main_window import MainWindow

MOST_NEEDS = 20
"""Jobs that need a person and are listed; more can be found in the history."""
EXPERIENCE = 5
"""Earlier runs by which the usual duration of a job is told."""
LOOK_BACK = 200
"""Jobs among which earlier runs are looked for."""
DAY_EVERY = timedelta(minutes=1)


class MainPresenter:
    """The main window and what it shows.

    Args:
        house: The session.
        wished: Told what a person wants.
        dropped: Told the path of a file that was dropped.
    """

    def __init__(
        self, house: House, *, wished: Callable[[Wish], object], dropped: Callable[[str], object]
    ) -> None:
        self._house = house
        self._usual: dict[str, float] = {}
        self._day_at: datetime | None = None
        self.window = MainWindow(
            house.sight,
            wished=wished,
            decided=self._decide,
            dropped=dropped,
            refresh=lambda: house.actions.start("look", self.refresh),
        )
        self._leave = house.listen(self._saw, self._heard)

    def widget(self) -> QWidget:
        """The window."""
        return self.window

    def close(self) -> None:
        """Listen no more."""
        self._leave()

    async def refresh(self) -> None:
        """Ask the robot; what cannot be asked stays as it was."""
        client = self._house.client
        if self._house.sight.reach is not Reach.REACHED:
            return
        try:
            await self._house.link.look()
            waiting, needing = await asyncio.gather(
                client.jobs(MOST_WAITING + 1, JobStatus.QUEUED),
                client.jobs(MOST_NEEDS, JobStatus.NEEDS_ATTENTION),
            )
            needs = [await self._with_result(entry) for entry in needing]
            await self._learn()
            self.window.looked(
                Looked(waiting=tuple(reversed(waiting)), needs=tuple(needs), usual=self._usual)
            )
            await self._show_day()
        except AgentUnreachableError:
            return  # the link says so

    async def _with_result(self, entry: HistoryEntry) -> tuple[HistoryEntry, JobResult | None]:
        found = await self._house.client.job(entry.job_id)
        return entry, found[1] if found else None

    async def _learn(self) -> None:
        """Find out how long jobs like the running ones take."""
        status = self._house.sight.live
        names = {job.name for job in status.jobs} if status else set()
        unknown = names - self._usual.keys()
        if not unknown:
            return
        entries = await self._house.client.jobs(LOOK_BACK, JobStatus.COMPLETED)
        for name in unknown:
            ids = [entry.job_id for entry in entries if entry.name == name][:EXPERIENCE]
            results = [await self._result(job_id) for job_id in ids]
            seconds = usual_seconds([result for result in results if result is not None])
            self._usual[name] = seconds or 0.0

    async def _result(self, job_id: JobId) -> JobResult | None:
        found = await self._house.client.job(job_id)
        return found[1] if found else None

    async def _show_day(self) -> None:
        now = datetime.now(UTC)
        if self._day_at is not None and now - self._day_at < DAY_EVERY:
            return
        self._day_at = now
        try:
            self.window.show_day(
                await self._house.client.metric_history(now - timedelta(days=1), now)
            )
        except AgentUnreachableError:
            raise
        except ControlError:
            return  # an older robot keeps no figures

    def _saw(self, sight: Sight) -> None:
        self.window.see(sight)

    def _heard(self, event: RobotEvent) -> None:
        if isinstance(event, JobEnded):
            self._day_at = None  # the charts tell of it at the next look

    def _decide(self, job_id: str, key: str, decision: str) -> None:
        self._house.actions.start(
            ("resolve", job_id), partial(self._resolve, JobId(job_id), key, decision)
        )

    async def _resolve(self, job_id: JobId, key: str, decision: str) -> None:
        await self._house.client.resolve(job_id, {key: decision})
        await self.refresh()
