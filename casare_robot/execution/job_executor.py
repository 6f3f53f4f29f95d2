"""Runs a job in a process of its own and keeps its records."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from subprocess import PIPE

from casare_robot.desktop.child_process import Child, start_child
from casare_robot.desktop.diagnostics import warn
from casare_robot.domain.errors import ExecutorError
from casare_robot.domain.group_memory import GroupMemory
from casare_robot.domain.job import Job, JobId, JobResult
from casare_robot.domain.policy import Policy
from casare_robot.domain.question import Person
from casare_robot.execution import executor_protocol as protocol
from casare_robot.execution.executor_errors import ErrorReader, Said
from casare_robot.execution.job_execution import JobExecution, Listener, StepLog
from casare_robot.execution.state import SavedState
from casare_robot.execution.untold_result import given_up, not_restartable

MAX_CRASHES = 3
"""Executors that may die at the same place before their job is given up."""
ENDED = 1000
"""Jobs of which it is remembered that they have ended."""


class JobExecutor:
    """Executes jobs, each in a child process that was started warm.

    Args:
        command: Starts an executor.
        steps: Where deltas go; None records nothing.
        policy: What jobs of a profile may touch.
        node_timeout: Seconds for nodes without a limit of their own.
        stall_timeout: Seconds without a sign of life after which an executor is
            taken to be stuck in a node that cannot be interrupted.
        secret: Gives a secret by name, or None.
        person: Answers what jobs ask; None: nobody is there.
        memory: What the robot's group knows; None: it shares nothing.
        said: Told what executors write to standard error; without it that goes to ours.
        spare: An executor that was started already, whose standard error is ours.
        evidence: Folder for what shows why nodes failed; None keeps nothing.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        steps: StepLog | None,
        policy: Callable[[str], Policy],
        node_timeout: float | None = None,
        stall_timeout: float = 120.0,
        secret: Callable[[str], str | None] = lambda _name: None,
        person: Person | None = None,
        memory: GroupMemory | None = None,
        said: Said | None = None,
        spare: Child | None = None,
        evidence: Path | None = None,
    ) -> None:
        self._command = tuple(command)
        self._steps = steps
        self._policy = policy
        self._node_timeout = node_timeout
        self._evidence = str(evidence or "")
        self._stall_timeout = stall_timeout
        self._secret = secret
        self._person = person
        self._memory = memory
        self._said = said
        self._spare = spare
        self._errors: dict[int, ErrorReader] = {}
        self._current: dict[JobId, JobExecution] = {}
        self._cancelled: set[JobId] = set()
        self._ended: dict[JobId, None] = {}
        self._given_back: set[JobId] = set()

    @property
    def process_ids(self) -> tuple[int, ...]:
        """Ids of the executor processes there are, the spare one included."""
        children = [execution.child for execution in self._current.values()]
        children += [self._spare] if self._spare is not None else []
        return tuple(child.process.pid for child in children)

    def warm_up(self) -> None:
        """Start a spare executor, so that the next job need not wait for one."""
        if self._spare is None:
            self._spare = self._start_child()

    def close(self) -> None:
        """End the spare executor."""
        if self._spare is not None:
            self._errors.pop(self._spare.process.pid, None)
            self._spare.end()
            self._spare = None

    async def execute(self, job: Job, *, listener: Listener | None = None) -> JobResult:
        """Run a job to its end, from where its steps end if there are any.

        An executor that dies is replaced and the job resumed, unless it dies
        again and again at the same place. A cancellation cancels the job and
        waits for its result; use `cancel` to get the result as well.

        Raises:
            JournalError: What happens cannot be recorded.
            ExecutorError: `give_back` was called.
        """
        self._ended.pop(job.id, None)
        try:
            return await self._to_its_end(job, listener)
        finally:
            self._cancelled.discard(job.id)
            self._given_back.discard(job.id)
            self._ended[job.id] = None
            if len(self._ended) > ENDED:
                del self._ended[next(iter(self._ended))]

    async def _to_its_end(self, job: Job, listener: Listener | None) -> JobResult:
        crashes, furthest = 0, -1
        while True:
            steps = await self._saved_steps(job)
            if not job.restartable and steps:
                return not_restartable(job, SavedState.fold(steps))
            reached = SavedState.fold(steps).count if steps else 0
            crashes = crashes + 1 if reached <= furthest else 0
            furthest = max(furthest, reached)
            child = self._take_child()
            errors = self._errors.pop(child.process.pid, None)
            if errors is not None:
                errors.job_id = job.id
            execution = JobExecution(
                job,
                child,
                self._steps,
                self._secret,
                listener,
                person=self._person,
                memory=self._memory,
                stall_timeout=self._stall_timeout,
            )
            self._current[job.id] = execution
            if job.id in self._cancelled:
                execution.cancel()
            if job.id in self._given_back:
                execution.kill()
            bare, variables = protocol.job_without_variables(job)
            try:
                return await execution.run(
                    protocol.Start(
                        job=bare,
                        variables=variables,
                        policy=self._policy(job.profile),
                        node_timeout=self._node_timeout,
                        records=self._steps is not None and job.checkpoint_enabled,
                        steps=steps or None,
                        evidence=self._evidence,
                    )
                )
            except ExecutorError as error:
                if job.id in self._given_back:
                    raise
                if crashes >= MAX_CRASHES - 1 or self._steps is None or not job.checkpoint_enabled:
                    return given_up(job, SavedState.fold(await self._saved_steps(job)), error)
                warn(
                    "execution",
                    "executor died, job goes on in a new one",
                    job=job.id,
                    error=str(error),
                )
            finally:
                self._current.pop(job.id, None)
                child.end()

    def give_back(self, job_id: JobId) -> None:
        """End a job's executor at once, as a crash would; its steps stay as they are.

        Its `execute`, under way or about to be, raises ExecutorError.
        """
        self._given_back.add(job_id)
        execution = self._current.get(job_id)
        if execution is not None:
            execution.kill()

    def cancel(self, job_id: JobId) -> None:
        """Cancel a job that runs or is about to; its `execute` returns how it ended.

        One that has ended stays as it is, and may be executed again.
        """
        if job_id in self._ended:
            return
        self._cancelled.add(job_id)
        execution = self._current.get(job_id)
        if execution is not None:
            execution.cancel()

    async def _saved_steps(self, job: Job) -> list[bytes]:
        if self._steps is None:
            return []
        return await asyncio.to_thread(self._steps.steps, job.id)

    def _take_child(self) -> Child:
        child, self._spare = self._spare, None
        if child is not None and child.process.poll() is not None:
            self._errors.pop(child.process.pid, None)
            child = None
        return child or self._start_child()

    def _start_child(self) -> Child:
        child = start_child(self._command, errors=None if self._said is None else PIPE)
        if child.errors is not None and self._said is not None:
            self._errors[child.process.pid] = ErrorReader(child.errors, self._said)
        return child
