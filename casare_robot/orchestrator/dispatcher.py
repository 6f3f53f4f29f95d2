"""Brings waiting jobs and robots with free slots together."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, Protocol

from casare_robot.domain.errors import StoreError
from casare_robot.domain.job import JobError
from casare_robot.groups.dispatcher import STRATEGIES
from casare_robot.groups.words import one_of
from casare_robot.link.native.messages import JobAssignment
from casare_robot.link.native.server_session import ServerSession
from casare_robot.orchestrator.dealing import USUAL, FreeRobot, deal, in_order
from casare_robot.orchestrator.job_board import JobBoard
from casare_robot.orchestrator.job_record import JobRecord
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

    def cancel(self, job_id: str, reason: str, *, abandon: bool) -> None:
        """Tell the robot to end a job."""
        ...

    def make_anew(self) -> None:
        """Let the robot connect again, so that both sides tell what it holds."""
        ...


class Dispatcher:
    """Gives each robot its own jobs at once, and others as slots become free.

    Its own jobs wait at the robot, so that they run through an outage; the
    others wait here, where whoever is free first can have them.

    Args:
        board: The jobs.
        roster: The robots.
        now: Steady seconds.
        strategy: Who gets a job that several could do; one of `STRATEGIES`.
        priorities: Of robots, for the strategy of this name.

    Attributes:
        strategy: In force.
        giving: Held while jobs are assigned and sent, while they are cancelled, and
            while a new connection takes the place of an old one: what is assigned
            in between would come behind its cancellation, or to the old one.
    """

    def __init__(
        self,
        board: JobBoard,
        roster: Roster,
        *,
        now: Callable[[], float],
        strategy: str = USUAL,
        priorities: Callable[[], Awaitable[Mapping[str, str | float]]] | None = None,
    ) -> None:
        self.strategy = one_of("strategy", strategy, STRATEGIES)
        self._board = board
        self._roster = roster
        self._now = now
        self._priorities = priorities or _none
        self._last: str | None = None
        self._has_work = asyncio.Event()
        self.giving = asyncio.Lock()
        self._resting: dict[str, float] = {}

    def wake(self) -> None:
        """There may be something to give."""
        self._has_work.set()

    def rest(self, job_id: str) -> None:
        """Leave a job in the queue for a while."""
        self._resting[job_id] = self._now() + REST

    async def cancel(self, job_id: str, reason: str, *, forced: bool) -> JobRecord:
        """Ask for a job's end and tell the robot that has it; the job as it is now.

        Args:
            job_id: Which.
            reason: For people.
            forced: Do not wait for the robot: it is not expected back.

        Raises:
            NotFoundError: There is no such job.
        """
        async with self.giving:
            job = await self._board.cancel(job_id, reason, forced=forced)
            robot = self._roster.find(job.robot) if job.robot and job.cancel_reason else None
            line: Line | None = None if robot is None else robot.line
            if line is not None:
                line.cancel(job_id, reason, abandon=forced)
        return job

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
                        await self._give_own(robot)
                await self._give_others()
            except StoreError as error:
                log.warning("jobs cannot be given out: %s", error)
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK):
                    await self._has_work.wait()

    async def _give_own(self, robot: Robot) -> None:
        """Send a robot the jobs that are for nobody else."""
        line: Line | None = robot.line
        if line is None or robot.status is None:
            return
        for job_id in await self._board.own(robot.robot_id, resting=frozenset(self._resting)):
            await self._give(job_id, robot, line)

    async def _give_others(self) -> None:
        """Give the jobs that anybody may have to robots with free slots."""
        free = {r.robot_id: (r, await self._open_jobs(r)) for r in self._roster}
        slots = {name: robot.free_slots(held) for name, (robot, held) in free.items()}
        total = sum(slots.values())
        if not total:
            return
        found: dict[Any, list[tuple[str, JobRecord]]] = {}
        for name in (name for name, count in slots.items() if count):
            robot = free[name][0]
            if (kind := (robot.tags, robot.environment)) not in found:
                found[kind] = await self._board.open_to(
                    tags=robot.tags,
                    environment=robot.environment,
                    most=total,
                    resting=frozenset(self._resting),
                )
        priorities = await self._priorities() if self.strategy == "priority" else {}
        robots = [
            FreeRobot(
                robot_id=name,
                order=order,
                slots=slots[name],
                load=robot.load(held),
                tags=robot.tags,
                jobs=frozenset(
                    job_id
                    for job_id, job in found[robot.tags, robot.environment]
                    if name not in job.refused_by
                ),
                priority=priorities.get(name, "normal"),
            )
            for order, (name, (robot, held)) in enumerate(free.items())
            if slots[name]
        ]
        jobs = in_order(found.values())
        for job_id, name in deal(jobs, robots, strategy=self.strategy, last=self._last):
            async with self.giving:
                robot = free[name][0]
                line: Line | None = robot.line
                if line is not None and await self._give(job_id, robot, line):
                    self._last = name

    async def _open_jobs(self, robot: Robot) -> frozenset[str]:
        """What a robot that can be given jobs owes results for."""
        if robot.line is None or robot.status is None:
            return frozenset()
        return frozenset(await self._board.at_robot(robot.robot_id))

    async def _give(self, job_id: str, robot: Robot, line: Line) -> bool:
        try:
            assignment = await self._board.assign(job_id, robot.robot_id)
            if assignment is not None:
                await self._send(robot, line, job_id, assignment)
        except StoreError:  # it may be the robot's, who has not been told
            line.make_anew()
            raise
        return assignment is not None

    async def _send(self, robot: Robot, line: Line, job_id: str, assignment: JobAssignment) -> None:
        if line.session.assign(assignment, self._now()):
            line.wake()
            return
        await self._board.give_up(
            job_id, JobError(code="E-MSG-107", message="the job is too large to be sent")
        )
        log.error("job %s for robot %s is too large to be sent", job_id, robot.robot_id)


async def _none() -> Mapping[str, str | float]:
    return {}
