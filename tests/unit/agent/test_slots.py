"""Never more jobs than places, the desktop for one at a time, none lost: whatever happens."""

import asyncio
import shutil
import tempfile
from collections.abc import Collection
from datetime import timedelta
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from casare_robot.agent.robot_agent import RobotAgent
from casare_robot.config.robot_config import RobotConfig
from casare_robot.domain.errors import JobRefusedError
from casare_robot.domain.job import Job, JobId, JobStatus
from casare_robot.journal.journal import Journal
from tests.unit.agent.conftest import (
    MACHINE,
    Awake,
    Clock,
    HeldExecutor,
    free_desktop,
    never,
    settle,
)

PLACES = 2
LIVES = st.sampled_from((None, None, 5, 50))
IDS = st.integers(0, 19).map(lambda number: JobId(f"job-{number}"))
WHICH = st.integers(0, 19)
"""One of the jobs there are; drawn alike whatever there is, so that a run can be repeated."""


def nth(jobs: Collection[JobId], which: int) -> JobId | None:
    return sorted(jobs)[which % len(jobs)] if jobs else None


class Robot(RuleBasedStateMachine):
    """An agent to which everything happens in every order, kills and restarts included."""

    def __init__(self) -> None:
        super().__init__()
        self.home = Path(tempfile.mkdtemp(prefix="slots-"))
        self.runner = asyncio.Runner()
        self.clock = Clock()
        self.accepted: dict[JobId, Job] = {}
        self.ended: dict[JobId, int] = {}
        self.paused = False
        self.begin()

    def begin(self) -> None:
        self.executor = HeldExecutor()

        async def begin() -> RobotAgent:
            agent = RobotAgent(
                RobotConfig(checkpoint_dir=self.home, max_concurrent_jobs=PLACES),
                machine=MACHINE,
                executor=self.executor,
                awake=Awake(),
                desktop=free_desktop,
                clock=self.clock,
                steady=self.clock.steady,
                sleep=never,
            )
            agent.announcements.reach({}, {})
            agent.hub.add_sink(self.hear)
            await agent.start()
            await settle(agent)
            return agent

        self.agent = self.runner.run(begin())

    def hear(self, event: object) -> None:
        result = getattr(event, "result", None)
        if result is not None:
            self.ended[result.job_id] = self.ended.get(result.job_id, 0) + 1

    def do(self, call: object = None) -> object:
        async def act() -> object:
            answer = await call if asyncio.iscoroutine(call) else call
            await settle(self.agent)
            return answer

        return self.runner.run(act())

    def let_pass(self, seconds: int) -> None:
        async def beat() -> None:
            self.agent.conductor.look_around()
            self.agent.intake.end_expired()

        self.clock.move(seconds)
        self.do(beat())

    def teardown(self) -> None:
        self.do(self.agent.control.resume())
        self.let_pass(1)
        for _ in range(50):
            self.do()
            for job_id in list(self.executor.running):
                self.executor.end(job_id)
        assert set(self.ended) == set(self.accepted), "a job was lost"
        self.runner.run(self.agent.stop())
        journal = Journal.open(self.home)
        assert all(journal.status(job_id).is_final for job_id in self.accepted)
        journal.close()
        self.runner.close()
        shutil.rmtree(self.home)

    @rule(jobs=st.lists(st.tuples(IDS, st.integers(-1, 1), st.booleans(), LIVES), min_size=1))
    def offer(self, jobs: list[tuple[JobId, int, bool, int | None]]) -> None:
        for job in jobs:
            self._offer(*job)

    def _offer(self, job_id: JobId, priority: int, needs_desktop: bool, lives: int | None) -> None:
        job = self.accepted.get(job_id) or Job(
            id=job_id,
            workflow=b'{"nodes": {}}',
            priority=priority,
            needs_desktop=needs_desktop,
            created_at=self.clock(),
            expires_at=None if lives is None else self.clock() + timedelta(seconds=lives),
        )
        try:
            is_new = self.do(self.agent.intake.offer(job, "desk"))
        except JobRefusedError as refused:
            if refused.code not in ("E-JOB-411", "E-JOB-503"):
                raise
            return
        assert is_new == (job_id not in self.accepted)
        self.accepted[job_id] = job

    @rule(which=WHICH, status=st.sampled_from((JobStatus.COMPLETED, JobStatus.FAILED)))
    def end(self, which: int, status: JobStatus) -> None:
        job_id = nth(self.executor.running, which)
        if job_id is not None:
            self.executor.end(job_id, status)
            self.do()

    @rule(which=WHICH)
    def cancel(self, which: int) -> None:
        job_id = nth(self.accepted, which)
        if job_id is None:
            return
        is_here = job_id in self.accepted and job_id not in self.ended
        assert self.do(self.agent.control.cancel(job_id)) == is_here
        assert (job_id in self.ended) == (job_id in self.accepted)

    @rule(seconds=st.sampled_from((None, 3, 30)))
    def pause(self, seconds: int | None) -> None:
        until = None if seconds is None else self.clock() + timedelta(seconds=seconds)
        self.do(self.agent.control.pause(until))

    @rule()
    def drain(self) -> None:
        self.do(self.agent.control.drain())

    @rule()
    def resume(self) -> None:
        self.do(self.agent.control.resume())

    @rule(seconds=st.integers(1, 40))
    def pass_time(self, seconds: int) -> None:
        self.let_pass(seconds)

    @rule()
    def leave_now_and_begin_again(self) -> None:
        was_paused = self.agent.look_at().paused_until, self.agent.conductor.look().is_paused
        self.runner.run(self.agent.stop(now=True))
        self.begin()
        assert (self.agent.look_at().paused_until, self.agent.conductor.look().is_paused) == (
            was_paused
        )

    @invariant()
    def there_are_no_more_jobs_than_places(self) -> None:
        running = [self.accepted[job_id] for job_id in self.executor.running]
        assert len(running) <= PLACES
        assert sum(job.needs_desktop for job in running) <= 1

    @invariant()
    def no_place_is_left_empty(self) -> None:
        look = self.agent.conductor.look()
        if look.is_paused or look.is_draining or len(self.executor.running) == PLACES:
            return
        waiting = [
            job
            for job_id, job in self.accepted.items()
            if job_id not in self.ended and job_id not in self.executor.running
        ]
        assert all(job.needs_desktop for job in waiting)
        if waiting:
            assert any(self.accepted[one].needs_desktop for one in self.executor.running)

    @invariant()
    def each_job_ends_once(self) -> None:
        assert set(self.ended.values()) <= {1}
        assert set(self.ended) <= set(self.accepted)


TestRobot = Robot.TestCase
TestRobot.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
