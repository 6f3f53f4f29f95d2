"""Tells a person what counts, together what comes together, and nothing in quiet hours."""

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QTimer

from casare_robot.config.robot_config import RobotConfig
from casare_robot.domain.job import JobId
from casare_robot.domain.robot_events import JobEnded
from casare_robot.domain.robot_status import RobotStatus
from casare_robot.tray.tray_icon import TrayIcon
from casare_robot.tray.views.notice import Notice, is_quiet, notice_of, together
from casare_robot.tray.views.sight import Sight
from casare_robot.tray.views.tray_view import Do, Wish

FIRST_WAIT = 1_000
LATER_WAIT = 60_000
"""Milliseconds in which notices gather: the first is told soon, those after it as a digest."""


class Notices:
    """Gathers notices and shows them by the icon.

    Args:
        icon: Shows them.
        config: The settings in force.
        now: In the local time zone.

    Attributes:
        wish: What a click on the last one asks for.
    """

    def __init__(
        self,
        icon: TrayIcon,
        *,
        config: Callable[[], RobotConfig],
        now: Callable[[], datetime] = lambda: datetime.now().astimezone(),
    ) -> None:
        self._icon = icon
        self._config = config
        self._now = now
        self._names: dict[JobId, str] = {}
        self._gathered: list[Notice] = []
        self._calm = QTimer(singleShot=True, interval=LATER_WAIT)
        self._calm.timeout.connect(self.tell)
        self._soon = QTimer(singleShot=True, interval=FIRST_WAIT)
        self._soon.timeout.connect(self.tell)
        self.wish = Wish(Do.OPEN)

    def saw(self, sight: Sight) -> None:
        """Remember what running jobs are called."""
        status: RobotStatus | None = sight.status
        for job in status.jobs if status else ():
            self._names[job.job_id] = job.name

    def job_ended(self, event: JobEnded, sight: Sight) -> None:
        """A job ended; it may be worth telling."""
        self.saw(sight)
        config = self._config()
        name = self._names.pop(event.job_id, "") or event.job_id
        notice = notice_of(name, event.result, config.notifications)
        if notice is None or is_quiet(config.quiet_hours, self._now()):
            return
        self._gathered.append(notice)
        if not self._calm.isActive() and not self._soon.isActive():
            self._soon.start()

    def tell(self) -> None:
        """Show what has gathered."""
        self._soon.stop()
        notice = together(self._gathered)
        self._gathered.clear()
        if notice is None:
            return
        if notice.job_id is None:
            self.wish = Wish(Do.HISTORY)
        else:
            self.wish = Wish(Do.SHOW_JOB, notice.job_id)
        self._icon.notify(notice.title, notice.text)
        self._calm.start()
