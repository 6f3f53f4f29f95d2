"""Looks for newer versions while the robot works, and has them installed when it is idle."""

import asyncio
import logging
from collections.abc import Callable

from casare_robot.agent.tasks import Sleep, Tasks
from casare_robot.domain.errors import UpdateError
from casare_robot.domain.robot_status import UpdateStatus
from casare_robot.updates.updates import Updates

log = logging.getLogger(__name__)

REST = 600.0
"""Seconds of rest after a look of which nothing could be kept, not even that there was one."""


class UpdateWatch:
    """What the robot knows of newer versions.

    Attributes:
        status: For people; as of the last look at what is kept.

    Args:
        updates: With the settings in force.
        tasks: Run what takes a while.
        is_idle: Whether an installation would interrupt nothing.
        changed: Called when ``status`` is another.
        sleep: Waits.
    """

    def __init__(
        self,
        updates: Callable[[], Updates],
        *,
        tasks: Tasks,
        is_idle: Callable[[], bool],
        changed: Callable[[], None],
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self.status = UpdateStatus()
        self._updates = updates
        self._tasks = tasks
        self._is_idle = is_idle
        self._changed = changed
        self._sleep = sleep
        self._looking: asyncio.Task[None] | None = None

    def look(self) -> None:
        """Begin a look, unless one is under way."""
        updates = self._updates()
        if updates.can_be_changed and (self._looking is None or self._looking.done()):
            self._looking = self._tasks.start("look for a newer version", self._look(updates))

    async def _look(self, updates: Updates) -> None:
        rest = 0.0
        if await asyncio.to_thread(updates.is_due):
            try:
                await updates.check()
            except (UpdateError, OSError) as error:
                log.warning("no newer version was looked for: %s", error)
                rest = 0.0 if isinstance(error, UpdateError) else REST
        if self._is_idle():
            try:
                if await asyncio.to_thread(updates.install_when_idle):
                    log.info("a newer version is being installed")
            except (UpdateError, OSError) as error:
                log.warning("the newer version was not installed: %s", error)
        status = await asyncio.to_thread(updates.status)
        if status != self.status:
            self.status = status
            self._changed()
        if rest:
            await self._sleep(rest)
