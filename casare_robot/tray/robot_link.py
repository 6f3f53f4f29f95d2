"""Follows the robot: what it tells, that it went, that it is back. Without Qt."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from datetime import datetime
from typing import Any, Protocol

import msgspec

from casare_robot.domain.errors import AgentUnreachableError, RobotError
from casare_robot.domain.robot_events import (
    JobEnded,
    NodeStarted,
    RobotEvent,
    StatusChanged,
)
from casare_robot.domain.robot_status import RobotState, RobotStatus
from casare_robot.tray.agent_keeper import AgentKeeper
from casare_robot.tray.views.sight import Reach, Sight

log = logging.getLogger(__name__)

LOOK_AGAIN = (0.25, 2.0)
"""Seconds between attempts to reach the robot: the first, and the longest."""


class Watched(Protocol):
    """What is asked of the robot here."""

    def watch(self) -> AsyncIterator[RobotEvent]:
        """What happens from now on."""
        ...

    async def status(self) -> RobotStatus:
        """One look."""
        ...


class RobotLink:
    """Knows how the robot is, and asks for it to be started when it is not.

    Args:
        robot: The running one, if one runs.
        keeper: Starts it.
        changed: Called when `sight` is another one.
        heard: Called with each event.
        clock: Now, in UTC.
        sleep: Waits.

    Attributes:
        sight: The robot as last seen.
    """

    def __init__(
        self,
        robot: Watched,
        keeper: AgentKeeper,
        *,
        changed: Callable[[], None],
        heard: Callable[[RobotEvent], None],
        clock: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._robot = robot
        self._keeper = keeper
        self._changed = changed
        self._heard = heard
        self._clock = clock
        self._sleep = sleep
        self.sight = Sight(reach=Reach.LOOKING, since=clock())

    async def run(self) -> None:
        """Follow the robot until cancelled."""
        first, longest = LOOK_AGAIN
        wait = first
        while True:
            problem = ""
            try:
                if await self._follow():
                    wait = first
            except RobotError as error:
                problem = "" if isinstance(error, AgentUnreachableError) else str(error)
            self._keeper.mind()
            self._lost(problem)
            await self._sleep(wait)
            wait = min(wait * 2, longest)

    async def look(self) -> None:
        """Ask how it is now; nothing happens if it cannot be reached."""
        if self.sight.reach is not Reach.REACHED:
            return
        try:
            self._saw(await self._robot.status())
        except AgentUnreachableError:
            return  # whoever follows it notices

    def start(self) -> None:
        """A person wants the robot."""
        self._keeper.want()
        self._show(reach=Reach.LOOKING, problem="")

    def leaves(self) -> None:
        """A person told the robot to stop."""
        self._keeper.unwant()

    def trouble(self, text: str) -> None:
        """Something went wrong in this program itself; empty: it was looked at."""
        self._show(trouble=text)

    async def _follow(self) -> bool:
        """Listen until the robot hangs up; whether it said anything."""
        has_spoken = False
        events: Any = self._robot.watch()
        async with aclosing(events):
            async for event in events:
                has_spoken = True
                self._hear(event)
        return has_spoken

    def _hear(self, event: RobotEvent) -> None:
        status = self.sight.status
        if isinstance(event, StatusChanged):
            self._keeper.reached()
            self._saw(event.status)
        elif isinstance(event, NodeStarted | JobEnded) and status is not None:
            self._saw(moved(status, event))
        self._heard(event)

    def _saw(self, status: RobotStatus) -> None:
        if status.state is RobotState.STOPPING:
            self._keeper.unwant()
        self._show(reach=Reach.REACHED, status=status, problem="")

    def _lost(self, problem: str) -> None:
        keeper = self._keeper
        problem = problem or keeper.problem
        if not keeper.is_wanted:
            reach = Reach.LEFT
        elif self.sight.reach is Reach.LOOKING and not problem:
            reach = Reach.LOOKING
        else:
            reach = Reach.LOST
        self._show(reach=reach, problem=problem)

    def _show(self, **changes: Any) -> None:
        before = self.sight
        if changes.get("reach", before.reach) is not before.reach:
            changes["since"] = self._clock()
        self.sight = msgspec.structs.replace(before, **changes)
        if self.sight != before:
            self._changed()


def moved(status: RobotStatus, event: NodeStarted | JobEnded) -> RobotStatus:
    """The status as it is after an event that the robot does not tell as a new status."""
    if isinstance(event, JobEnded):
        jobs = tuple(job for job in status.jobs if job.job_id != event.job_id)
    else:
        jobs = tuple(
            msgspec.structs.replace(
                job,
                node_id=event.node_id or job.node_id,
                nodes_executed=event.nodes_executed,
                last_progress_at=event.at,
                no_progress_since=None,
            )
            if job.job_id == event.job_id
            else job
            for job in status.jobs
        )
    return msgspec.structs.replace(status, jobs=jobs)
