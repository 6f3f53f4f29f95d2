"""What a robot says in its Supabase project: progress on its channel, itself in its group's."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from casare_robot.domain.errors import StoreError, StoreUnavailableError
from casare_robot.domain.robot_events import RobotEvent, StatusChanged
from casare_robot.journal.journal import Journal
from casare_robot.observability.realtime_progress import RealtimeProgress
from casare_robot.store.supabase.realtime import Realtime

log = logging.getLogger(__name__)

OUTBOX = "supabase progress"
"""Where the journal keeps what was not told yet."""
SHOWN_EVERY = 1.0
"""Seconds from one showing to the next at least, and from one look for a line to the next."""


class SupabaseVoice:
    """Tells progress and shows the robot, over the line of its group's store; made in the loop.

    Args:
        line: Gives the line, once there is one.
        space: The group's channel.
        robot_id: Whose.
        name: How people call it.
        journal: Keeps what was not told yet.
    """

    def __init__(
        self,
        line: Callable[[], Realtime | None],
        space: str,
        robot_id: str,
        name: str,
        journal: Journal,
    ) -> None:
        self._line = line
        self._space = space
        self._name = name
        self._shown: Mapping[str, Any] = {"name": name, "state": "starting"}
        self._news = asyncio.Event()
        self._own = f"robot:{robot_id}"
        kept = journal.recalled(OUTBOX)
        self.progress = RealtimeProgress(
            robot_id,
            self._push,
            kept=kept if isinstance(kept, list) else [],
            keep=partial(journal.aremember, OUTBOX),
        )

    def hear(self, event: RobotEvent) -> None:
        """Take an event in; as a sink, on the loop."""
        if isinstance(event, StatusChanged):
            self._shown = {"name": self._name, "state": event.status.state.value}
            self._news.set()
        else:
            self.progress.hear(event)

    async def run(self) -> None:
        """Tell, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.progress.run())
            tasks.create_task(self._show())

    async def _push(self, event: str, payload: Mapping[str, Any]) -> None:
        line = self._line()
        if line is None:
            raise StoreUnavailableError("there is no line to Realtime yet")
        await line.push(self._own, event, payload)

    async def _show(self) -> None:
        """Let the group see how the robot is, at most each second; a new line shows it again."""
        told: Realtime | None = None
        while True:
            line = self._line()
            if line is not None and (line is not told or self._news.is_set()):
                told = line
                self._news.clear()
                try:
                    await line.show(self._space, self._shown)
                except StoreError as error:
                    log.info("the group does not see the robot: %s", error)
            await asyncio.sleep(SHOWN_EVERY)
            if told is not None and told is self._line():
                await self._news.wait()
