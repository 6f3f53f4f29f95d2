"""A robot for one desk and one job at a time: journal, executor, nothing else."""

from pathlib import Path
from types import TracebackType
from typing import Self

from casare_robot.agent.executor_command import executor_command
from casare_robot.config.robot_config import RobotConfig
from casare_robot.desktop.child_process import Child
from casare_robot.desktop.places import find_places
from casare_robot.desktop.secret_store import find_secret
from casare_robot.domain.job import Job, JobResult, JobStatus
from casare_robot.execution.job_executor import JobExecutor, Listener
from casare_robot.execution.job_locker import JobLocker
from casare_robot.execution.state import Delta, DeltaWriter
from casare_robot.journal.journal import Journal


class LocalRobot:
    """Owns a home while it is open.

    Args:
        config: The settings in force.
        home: Moves everything, like ``CASARE_ROBOT_HOME``.
        spare: An executor that was started already.
    """

    def __init__(
        self, config: RobotConfig, *, home: Path | None = None, spare: Child | None = None
    ) -> None:
        self.config = config
        self.journal = Journal.open(find_places(home).data if home else config.checkpoint_dir)
        self.executor = JobExecutor(
            executor_command(),
            steps=self.journal,
            policy=config.policy("local"),
            node_timeout=config.node_timeout,
            stall_timeout=config.node_timeout,
            secret=find_secret,
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
        if not is_new:
            status = self.journal.status(job.id)
            known = self.journal.result(job.id)
            if known is not None and status not in (JobStatus.QUEUED, JobStatus.RUNNING):
                return known
        if not await self._locker.acquire_lock(job.id):
            raise RuntimeError(f"job {job.id} is running already")
        try:
            await self.journal.astart(job.id)
            result = await self.executor.execute(job, listener=listener)
            await self.journal.afinish(job.id, result)
        finally:
            await self._locker.release_lock(job.id)
        return result

    def decide(self, job: Job, decision: str) -> None:
        """Say what became of the steps whose outcome is unknown, and queue the job again.

        Args:
            job: A job that needs attention.
            decision: ``done``, ``again`` or ``fail``.
        """
        result = self.journal.result(job.id)
        steps = result.needs_attention if result is not None else ()
        delta = Delta(decisions={step.key: decision for step in steps})
        self.journal.resolve(job.id, DeltaWriter().encode(delta))
