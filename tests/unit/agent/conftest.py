"""An agent in a home of its own, whose jobs end when a test says so."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from casare_robot.agent.robot_agent import RobotAgent
from casare_robot.config.robot_config import RobotConfig
from casare_robot.domain.errors import ExecutorError
from casare_robot.domain.job import Job, JobId, JobResult, JobStatus

MACHINE = {"system": "a", "card": "b", "name": "c"}


class Clock:
    """UTC and steady seconds, moved by hand."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def steady(self) -> float:
        return self.now.timestamp()

    def move(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class HeldExecutor:
    """Runs nothing: a job goes on until it is told how it ends."""

    def __init__(self) -> None:
        self.running: dict[JobId, asyncio.Future[JobResult]] = {}
        self.listeners: dict[JobId, Any] = {}
        self.jobs: list[Job] = []
        self.is_warm = False
        self._before: dict[JobId, str] = {}

    async def execute(self, job: Job, *, listener: Any = None) -> JobResult:
        self.jobs.append(job)
        self.listeners[job.id] = listener
        future = self.running[job.id] = asyncio.get_running_loop().create_future()
        early = self._before.pop(job.id, "")
        if early:
            getattr(self, early)(job.id)
        try:
            return await future
        finally:
            del self.running[job.id]

    def end(self, job_id: JobId, status: JobStatus = JobStatus.COMPLETED, **rest: Any) -> None:
        self.running[job_id].set_result(JobResult(job_id=job_id, status=status, **rest))

    def cancel(self, job_id: JobId) -> None:
        if job_id in self.running:
            self.end(job_id, JobStatus.CANCELLED)
        else:
            self._before[job_id] = "cancel"

    def give_back(self, job_id: JobId) -> None:
        if job_id in self.running:
            self.running[job_id].set_exception(ExecutorError("given back"))
        else:
            self._before[job_id] = "give_back"

    def warm_up(self) -> None:
        self.is_warm = True

    def close(self) -> None:
        self.is_warm = False

    @property
    def process_ids(self):
        return ()


class Awake:
    """Knows whether the machine is kept awake."""

    is_held = False

    def hold(self) -> bool:
        self.is_held = True
        return True

    def release(self) -> None:
        self.is_held = False


async def free_desktop() -> str:
    return ""


async def never(_seconds: float) -> None:
    await asyncio.Event().wait()


async def settle(agent: RobotAgent) -> None:
    """Let everything happen that can without time passing."""
    for _ in range(6):
        await agent.journal.writer.write(lambda db: None)
        for _ in range(8):
            await asyncio.sleep(0)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def executor() -> HeldExecutor:
    return HeldExecutor()


@pytest.fixture
async def make_agent(
    tmp_path: Any, clock: Clock, executor: HeldExecutor
) -> AsyncIterator[Callable[..., RobotAgent]]:
    """Makes agents in one home; those that are left over leave at the end."""
    made: list[RobotAgent] = []

    def make(
        sources: Any = (), desktop: Any = free_desktop, sleep: Any = never, **settings: Any
    ) -> RobotAgent:
        agent = RobotAgent(
            RobotConfig(checkpoint_dir=tmp_path / "home", **settings),
            sources=sources,
            machine=MACHINE,
            executor=executor,
            awake=Awake(),
            desktop=desktop,
            clock=clock,
            steady=clock.steady,
            sleep=sleep,
        )
        made.append(agent)
        return agent

    yield make
    for agent in made:
        with contextlib.suppress(TimeoutError):
            if agent.is_alive:
                await agent.stop(now=True)
            else:
                agent.journal.close()


@pytest.fixture
def make_job() -> Callable[..., Job]:
    def make(job_id: str = "a", **changes: Any) -> Job:
        return Job(**{"id": JobId(job_id), "workflow": b'{"nodes": {}}', **changes})

    return make
