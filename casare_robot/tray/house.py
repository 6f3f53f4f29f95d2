"""What wishes and windows may ask of the session they belong to."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from casare_robot.config.robot_config import RobotConfig
from casare_robot.control.client import ControlClient
from casare_robot.desktop.places import Places
from casare_robot.domain.job import JobId
from casare_robot.domain.robot_events import RobotEvent
from casare_robot.tray.actions import Actions
from casare_robot.tray.robot_link import RobotLink
from casare_robot.tray.views.sight import Sight
from casare_robot.tray.views.timeline import Timelines


class Questions(Protocol):
    """The dialogs of jobs."""

    def recall(self, job_id: JobId | None = None) -> None:
        """Show those that were put off, in front."""
        ...


class House(Protocol):
    """One run of the face."""

    actions: Actions
    client: ControlClient
    config: RobotConfig
    home: Path | None
    link: RobotLink
    places: Places

    @property
    def questions(self) -> Questions:
        """The dialogs of jobs."""
        ...

    timelines: Timelines

    @property
    def sight(self) -> Sight:
        """The robot as last seen."""
        ...

    def listen(
        self, changed: Callable[[Sight], None], heard: Callable[[RobotEvent], None] | None = None
    ) -> Callable[[], None]:
        """Be told of what changes, and of each event; the way out is returned."""
        ...

    def read_settings(self) -> RobotConfig:
        """Read the settings again."""
        ...

    def failed(self, error: BaseException) -> None:
        """Something went wrong."""
        ...

    def end(self) -> None:
        """Leave."""
        ...
