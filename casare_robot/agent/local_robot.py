"""A robot for one desk and one job at a time: journal, executor, nothing else."""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from casare_robot.agent.asked_secrets import AskedSecrets
from casare_robot.agent.executor_command import executor_command
from casare_robot.agent.group_memory import RobotMemory
from casare_robot.config.loading import memory_folder, store_address
from casare_robot.config.robot_config import RobotConfig
from casare_robot.desktop.child_process import Child
from casare_robot.desktop.places import find_places
from casare_robot.desktop.secret_store import find_secret
from casare_robot.domain.job import Job, JobError, JobResult, JobStatus, UnknownStep
from casare_robot.domain.question import Person
from casare_robot.execution.job_execution import Listener
from casare_robot.execution.job_executor import JobExecutor
from casare_robot.execution.job_locker import JobLocker
from casare_robot.execution.running import evidence
from casare_robot.execution.state import Delta, DeltaWriter
from casare_robot.journal.journal import Journal


class LocalRobot:
    """Owns a home while it is open.

    Args:
        config: The settings in force.
        home: Moves everything, like ``CASARE_ROBOT_HOME``.
        spare: An executor that was started already.
        person: Answers what jobs ask; makes its own use of the secrets it is given.
    """

    def __init__(
        self,
        config: RobotConfig,
        *,
        home: Path | None = None,
        spare: Child | None = None,
        person: Callable[[AskedSecrets], Person] | None = None,
    ) -> None:
        self.config = config
        self.folder = memory_folder(config, home)
        self.journal = Journal.open(self.folder)
        data = find_places(home).data
        self._asked = AskedSecrets(data)
        self._memory = RobotMemory(
            lambda: store_address(config, home), lambda: config.robot_id or "desk"
        )
        self.executor = JobExecutor(
            executor_command(),
            steps=self.journal,
            policy=config.policy,
            node_timeout=config.node_timeout,
            stall_timeout=config.node_timeout,
            secret=partial(find_secret, data=data),
            evidence=self.folder / evidence.FOLDER,
            person=None if person is None else person(self._asked),
            memory=self._memory,
            spare=spare,
        )
        self._locker = JobLocker()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.executor.close()
        self.journal.close()

    async def run(self, job: Job, *, listener: Listener | None = None) -> JobResult:
        """Run a job durably: accepted, executed, its end recorded.

        A job that is known by its id and content is resumed if it has not
        ended, and answered with its result if it has.

        Raises:
            JobRefusedError: The id belongs to another content.
            DiskFullError: No space; the job was not taken.
            JournalError: What happens cannot be recorded.
        """
        is_new = await self.journal.aaccept(job)
        status = self.journal.status(job.id)
        if not is_new:
            known = self.journal.result(job.id)
            if known is not None and status not in (JobStatus.QUEUED, JobStatus.RUNNING):
                return known
        if not await self._locker.acquire_lock(job.id):
            raise RuntimeError(f"job {job.id} is running already")
        try:
            if not is_new and status is JobStatus.RUNNING and not job.checkpoint_enabled:
                result = _interrupted(job)
            else:
                await self.journal.astart(job.id)
                result = await self.executor.execute(job, listener=listener)
            await self.journal.afinish(job.id, result)
            if result.status.is_final:
                await asyncio.to_thread(self._asked.forget, job.id)
        finally:
            await self._locker.release_lock(job.id)
            await self._memory.close()
        return result

    def unknown_steps(self, job: Job) -> tuple[UnknownStep, ...]:
        """The steps of a job that a person has to say something about."""
        result = self.journal.result(job.id)
        return result.needs_attention if result is not None else ()

    def decide(self, job: Job, decisions: Mapping[str, str]) -> None:
        """Say what became of steps whose outcome is unknown, and queue the job again.

        Args:
            job: A job that needs attention.
            decisions: Step key to ``done``, ``again`` or ``fail``; the job asks
                again for those left out.

        Raises:
            JobStateError: The job does not need attention.
        """
        delta = Delta(decisions=dict(decisions))
        self.journal.resolve(job.id, DeltaWriter().encode(delta))


def _interrupted(job: Job) -> JobResult:
    return JobResult(
        job_id=job.id,
        status=JobStatus.FAILED,
        error=JobError(
            code="E-JOB-410",
            message="the robot stopped during this job, which kept no records to resume from",
        ),
    )
