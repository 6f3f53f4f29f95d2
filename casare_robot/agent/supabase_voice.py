"""What a robot says in its Supabase project: progress on its channel, itself in its group's."""

import asyncio
import logging
from collections.abc import Mapping
from functools import partial
from typing import Any

from casare_robot.domain.errors import StoreError, StoreUnavailableError
from casare_robot.domain.robot_events import RobotEvent, StatusChanged
from casare_robot.journal.journal import Journal
from casare_robot.observability.realtime_progress import RealtimeProgress
from casare_robot.store.supabase.http import ProjectHttp
from casare_robot.store.supabase.project import Project
from casare_robot.store.supabase.realtime import Channel, Realtime
from casare_robot.store.supabase.sign_in import sign_in
from casare_robot.store.supabase.socket import open_socket

log = logging.getLogger(__name__)

OUTBOX = "supabase progress"
"""Where the journal keeps what was not told yet."""


class SupabaseVoice:
    """Keeps a line to Realtime, tells progress and shows the robot; made in the loop.

    Args:
        project: With the group's space.
        robot_id: Whose.
        name: How people call it.
        journal: Keeps what was not told yet.
    """

    def __init__(self, project: Project, robot_id: str, name: str, journal: Journal) -> None:
        self._project = project
        self._name = name
        self._robot_id = robot_id
        self._shown: Mapping[str, Any] = {"name": name, "state": "starting"}
        self._news = asyncio.Event()
        self._own = f"robot:{robot_id}"
        self._line: Realtime | None = None
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
        http = ProjectHttp(self._project)
        account = sign_in(http, self._project)
        line = Realtime(
            partial(open_socket, self._project),
            account.fresh,
            Channel(topic=self._own, hear=_nothing),
            Channel(topic=self._project.space, hear=_nothing, presence=self._robot_id),
        )
        self._line = line
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(line.run())
                tasks.create_task(self.progress.run())
                tasks.create_task(self._show(line))
        finally:
            self._line = None
            await http.close()

    async def _push(self, event: str, payload: Mapping[str, Any]) -> None:
        if self._line is None:
            raise StoreUnavailableError("there is no line to Realtime yet")
        await self._line.push(self._own, event, payload)

    async def _show(self, line: Realtime) -> None:
        """Let the group see how the robot is, at most each second; a new line shows it again."""
        while True:
            self._news.clear()
            try:
                await line.show(self._project.space, self._shown)
            except StoreError as error:
                log.info("the group does not see the robot: %s", error)
            await asyncio.sleep(1.0)
            await self._news.wait()


def _nothing(_event: str, _told: Mapping[str, Any]) -> None:
    """Whoever speaks there is not listened to: what counts is in the tables."""
