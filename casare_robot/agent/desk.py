"""The person at this machine, as a source of jobs."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime

from casare_robot.agent.event_hub import EventHub
from casare_robot.domain.errors import JobStateError
from casare_robot.domain.job import DESK, Job, JobResult
from casare_robot.domain.job_source import JobTaker
from casare_robot.domain.robot_events import JobEnded, RobotEvent
from casare_robot.journal.journal import Journal


class Desk:
    """Takes jobs of whoever asks here, and shows how they go on.

    Results of the desk are kept in the journal and wait for nobody.

    Args:
        journal: Knows how jobs ended.
        hub: Where events come from.
        clock: Now, in UTC.
    """

    name = DESK

    def __init__(self, journal: Journal, hub: EventHub, *, clock: Callable[[], datetime]) -> None:
        self._journal = journal
        self._hub = hub
        self._clock = clock
        self._robot: asyncio.Future[JobTaker] | None = None

    async def run(self, robot: JobTaker) -> None:
        """Be there until cancelled."""
        future = self._taker()
        if not future.done():
            future.set_result(robot)
        await asyncio.Event().wait()

    async def look(self) -> None:
        """Nobody has to be asked: who has a job submits it."""

    async def report(self, result: JobResult) -> bool:
        """The journal has it, and that is where the desk looks."""
        return True

    def inform(self, event: RobotEvent) -> None:
        """Whoever submitted a job listens to the hub."""

    async def submit(self, job: Job) -> AsyncIterator[RobotEvent]:
        """See `RobotControl.submit`."""
        robot = await self._taker()
        with self._hub.subscribed(job.id) as events:
            if not await robot.offer(job):
                ended = await asyncio.to_thread(self._journal.result, job.id)
                if ended is not None:
                    yield JobEnded(job_id=job.id, result=ended, at=self._clock())
                    return
            while (event := await events.next()) is not None:
                yield event
                if isinstance(event, JobEnded):
                    return
        raise JobStateError(
            f"the robot is leaving; job {job.id} goes on at its next start", code="E-JOB-503"
        )

    async def execute(self, job: Job) -> JobResult:
        """See `RobotAgent.execute_job`."""
        async for event in self.submit(job):
            if isinstance(event, JobEnded):
                return event.result
        raise AssertionError("a submitted job ends, or says why not")

    def _taker(self) -> "asyncio.Future[JobTaker]":
        if self._robot is None:
            self._robot = asyncio.get_running_loop().create_future()
        return self._robot
