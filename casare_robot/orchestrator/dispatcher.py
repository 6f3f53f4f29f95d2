"""Brings waiting jobs and robots with free slots together."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from casare_robot.domain.errors import StoreError
from casare_robot.domain.job import JobError
from casare_robot.link.native.messages import JobAssignment
from casare_robot.link.native.server_session import ServerSession
from casare_robot.orchestrator.job_board import JobBoard
from casare_robot.orchestrator.roster import Robot, Roster

log = logging.getLogger(__name__)

LOOK = 1.0
"""Seconds after which it looks without having been called: jobs expire, rests end."""
REST = 10.0
"""Seconds for which a job stays in the queue that a robot could not take just now."""


class Line(Protocol):
    """A robot's connection, as far as jobs are sent through it."""

    session: ServerSession

    def wake(self) -> None:
        """There is something to send."""
        ...


class Dispatcher:
    """Gives each robot its own jobs at once, and others as slots become free.

    Its own jobs wait at the robot, so that they run through an outage; the
    others wait here, where whoever is free first can have them.

    Attributes:
        giving: Held while jobs are assigned and sent, and while a new connection
            takes the place of an old one: what is assigned in between would be
            sent to the old one, and known to neither.
    """

    def __init__(self, board: JobBoard, roster: Roster, *, now: Callable[[], float]) -> None:
        self._board = board
        self._roster = roster
        self._now = now
        self._has_work = asyncio.Event()
        self.giving = asyncio.Lock()
        self._resting: dict[str, float] = {}

    def wake(self) -> None:
        """There may be something to give."""
        self._has_work.set()

    def rest(self, job_id: str) -> None:
        """Leave a job in the queue for a while."""
        self._resting[job_id] = self._now() + REST

    async def run(self) -> None:
        """Dispatch until cancelled. A store that is away is tried again."""
        while True:
            self._has_work.clear()
            try:
                await self._board.expire()
                now = self._now()
                self._resting = {job: until for job, until in self._resting.items() if until > now}
                for robot in self._roster:
                    async with self.giving:
                        await self._serve(robot)
            except StoreError as error:
                log.warning("jobs cannot be given out: %s", error)
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK):
                    await self._has_work.wait()

    async def _serve(self, robot: Robot) -> None:
        line: Line | None = robot.line
        if line is None or robot.status is None:
            return
        given = await self._board.assign(
            robot.robot_id,
            tags=robot.tags,
            environment=robot.environment,
            free=robot.free_slots(frozenset(await self._board.at_robot(robot.robot_id))),
            resting=frozenset(self._resting),
        )
        for job_id, assignment in given:
            await self._send(robot, line, job_id, assignment)

    async def _send(self, robot: Robot, line: Line, job_id: str, assignment: JobAssignment) -> None:
        if line.session.assign(assignment, self._now()):
            line.wake()
            return
        await self._board.give_up(
            job_id, JobError(code="E-MSG-107", message="the job is too large to be sent")
        )
        log.error("job %s for robot %s is too large to be sent", job_id, robot.robot_id)
