"""Runs a job in a process of its own and keeps its records."""

import asyncio
import math
import threading
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import msgspec

from casare_robot.desktop.child_process import Child, start_child
from casare_robot.desktop.diagnostics import warn
from casare_robot.domain.errors import ExecutorError, JournalError
from casare_robot.domain.job import (
    Job,
    JobError,
    JobId,
    JobResult,
    JobStatus,
    LogLine,
    UnknownStep,
)
from casare_robot.domain.policy import Policy
from casare_robot.execution import executor_protocol as protocol
from casare_robot.execution.state import SavedState

GRACE = 2.0
"""Seconds an executor may take to end by itself after a cancellation or its time limit."""
LEAVING = 1.0
"""Seconds an executor that has said how its job ended may take to be gone."""
MAX_CRASHES = 3
"""Executors that may die at the same place before their job is given up."""

Done = Callable[[BaseException | None, Any], None]


class StepLog(Protocol):
    """Where a job's deltas are kept: the journal."""

    def append(self, job_id: JobId, blob: bytes) -> int:
        """Add a delta; durable on return."""
        ...

    def post_append(self, job_id: JobId, blob: bytes, done: Done) -> None:
        """Add a delta; ``done`` is called when it is durable, in any thread."""
        ...

    def replace(self, job_id: JobId, upto_seq: int | None, blob: bytes) -> None:
        """Put one delta in the place of all up to ``upto_seq``; None is all."""
        ...

    def steps(self, job_id: JobId) -> list[bytes]:
        """All deltas, in order."""
        ...


class Listener(Protocol):
    """Who is told how a job goes on; called in the executor's thread."""

    def progress(self, node_id: str | None, nodes_executed: int) -> None:
        """A node began (None: many computed), and how many have run."""
        ...

    def node_ended(self, node_id: str, node_type: str, seconds: float, error: str | None) -> None:
        """A node that waits or acts came to its end."""
        ...

    def log(self, line: LogLine) -> None:
        """The workflow wrote a line."""
        ...


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
        spare: An executor that was started already.
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
        spare: Child | None = None,
    ) -> None:
        self._command = tuple(command)
        self._steps = steps
        self._policy = policy
        self._node_timeout = node_timeout
        self._stall_timeout = stall_timeout
        self._secret = secret
        self._spare = spare
        self._current: dict[JobId, _Execution] = {}
        self._cancelled: set[JobId] = set()
        self._given_back: set[JobId] = set()

    def warm_up(self) -> None:
        """Start a spare executor, so that the next job need not wait for one."""
        if self._spare is None:
            self._spare = start_child(self._command)

    def close(self) -> None:
        """End the spare executor."""
        if self._spare is not None:
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
        crashes, furthest = 0, -1
        while True:
            steps = await self._saved_steps(job)
            if not job.restartable and steps:
                return _not_restartable(job, steps)
            reached = SavedState.fold(steps).count if steps else 0
            crashes = crashes + 1 if reached <= furthest else 0
            furthest = max(furthest, reached)
            child = self._take_child()
            execution = _Execution(
                job, child, self._steps, self._secret, listener, stall_timeout=self._stall_timeout
            )
            self._current[job.id] = execution
            if job.id in self._cancelled:
                execution.cancel()
            if job.id in self._given_back:
                execution.kill()
            try:
                return await execution.run(
                    protocol.Start(
                        job=job,
                        policy=self._policy(job.profile),
                        node_timeout=self._node_timeout,
                        records=self._steps is not None and job.checkpoint_enabled,
                        steps=steps or None,
                    )
                )
            except ExecutorError as error:
                if job.id in self._given_back:
                    raise
                if crashes >= MAX_CRASHES - 1 or self._steps is None or not job.checkpoint_enabled:
                    return await self._given_up(job, error)
                warn(
                    "execution",
                    "executor died, job goes on in a new one",
                    job=job.id,
                    error=str(error),
                )
            finally:
                self._current.pop(job.id, None)
                child.end()
                self._cancelled.discard(job.id)
                self._given_back.discard(job.id)

    def give_back(self, job_id: JobId) -> None:
        """End a job's executor at once, as a crash would; its steps stay as they are.

        Its `execute`, under way or about to be, raises ExecutorError.
        """
        self._given_back.add(job_id)
        execution = self._current.get(job_id)
        if execution is not None:
            execution.kill()

    def cancel(self, job_id: JobId) -> None:
        """Cancel a job that runs or is about to; its `execute` returns how it ended."""
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
        if child is None or child.process.poll() is not None:
            child = start_child(self._command)
        return child

    async def _given_up(self, job: Job, error: ExecutorError) -> JobResult:
        steps = await self._saved_steps(job)
        unknown = unknown_steps(SavedState.fold(steps)) if steps else ()
        return JobResult(
            job_id=job.id,
            status=JobStatus.NEEDS_ATTENTION if unknown else JobStatus.FAILED,
            error=JobError(code=error.code, message=str(error)),
            needs_attention=unknown,
        )


class _Execution:
    """One job in one executor."""

    def __init__(
        self,
        job: Job,
        child: Child,
        steps: StepLog | None,
        secret: Callable[[str], str | None],
        listener: Listener | None,
        *,
        stall_timeout: float,
    ) -> None:
        self._job = job
        self._child = child
        self._steps = steps
        self._secret = secret
        self._listener = listener
        self._stall_timeout = stall_timeout
        self._is_stuck = False
        self._channel = protocol.Channel(child.read_fd, child.write_fd, protocol.FromExecutor)
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[JobResult | None] = self._loop.create_future()
        self._failed: BaseException | None = None
        self._cancelled = asyncio.Event()
        self._node_id: str | None = None
        self._alive_at = 0.0

    async def run(self, start: protocol.Start) -> JobResult:
        """Hand the job over and wait for its end."""
        threading.Thread(target=self._pump, args=(start,), name="executor", daemon=True).start()
        stop = asyncio.ensure_future(self._cancelled.wait())
        try:
            await self._wait(stop)
            if not self._ended.done() and self._cancelled.is_set():
                await asyncio.wait((self._ended,), timeout=GRACE)
        except asyncio.CancelledError:
            self.cancel()
            await asyncio.wait((self._ended,), timeout=GRACE)
            raise
        finally:
            stop.cancel()
        if self._ended.done():
            result = self._ended.result()
            if self._failed is not None:
                raise self._failed
            if result is not None:
                return result
            if not self._cancelled.is_set():
                code = await asyncio.to_thread(self._child.wait)
                raise ExecutorError(f"the executor ended without a result (exit code {code})")
        self._child.end()
        return await self._ended_by_force()

    async def _wait(self, stop: asyncio.Future[Any]) -> None:
        """Until the run ends, is cancelled, is out of time or shows no life any more."""
        now = self._loop.time
        ends = math.inf if self._job.timeout is None else now() + self._job.timeout + GRACE
        self._alive_at = now()
        while not self._is_stuck:
            stalls = self._alive_at + self._stall_timeout
            done, _ = await asyncio.wait(
                (self._ended, stop),
                timeout=min(ends, stalls) - now(),
                return_when=asyncio.FIRST_COMPLETED,
            )
            if done or now() >= ends:
                return
            self._is_stuck = now() >= self._alive_at + self._stall_timeout

    def kill(self) -> None:
        """End the executor without asking it; what it said before still counts."""
        self._child.kill()

    def cancel(self) -> None:
        """Ask the executor to end its run."""
        self._cancelled.set()
        try:
            self._channel.send(protocol.Cancel())
        except OSError:
            return  # it is ending already

    def _pump(self, start: protocol.Start) -> None:
        """Take what the executor says until it ends; runs in a thread of its own."""
        result: JobResult | None = None
        try:
            self._channel.send(start)
            while (message := self._channel.receive()) is not None:
                result = self._handle(message) or result
        except (OSError, msgspec.MsgspecError) as error:
            warn("execution", "executor's pipe broke", error=str(error))
        if result is not None:
            self._child.has_ended(within=LEAVING)  # one that is gone is cheaper to clean up after
        self._loop.call_soon_threadsafe(self._end, result)

    def _end(self, result: JobResult | None) -> None:
        if not self._ended.done():
            self._ended.set_result(result)

    def _handle(self, message: Any) -> JobResult | None:
        self._alive_at = self._loop.time()
        if isinstance(message, protocol.Append):
            self._append(message)
        elif isinstance(message, protocol.Replace):
            self._replace(message)
        elif isinstance(message, protocol.Done | protocol.Refused):
            return protocol.result_from(message.result)
        elif isinstance(message, protocol.AskSecret):
            self._channel.send(protocol.Secret(value=self._secret(message.reference)))
        else:
            self._tell(message)
        return None

    def _tell(self, message: Any) -> None:
        if isinstance(message, protocol.Progress) and message.node_id is not None:
            self._node_id = message.node_id
        listener = self._listener
        if listener is None:
            return
        if isinstance(message, protocol.Progress):
            listener.progress(message.node_id, message.nodes_executed)
        elif isinstance(message, protocol.NodeEnded):
            listener.node_ended(message.node_id, message.node_type, message.seconds, message.error)
        elif isinstance(message, protocol.Logged):
            listener.log(message.line)

    def _append(self, message: protocol.Append) -> None:
        """Write a delta; one that is waited for here, where nobody else must be woken for it."""
        error: BaseException | None = None
        if self._steps is not None:
            if not message.number:
                self._steps.post_append(self._job.id, message.blob, self._appended)
                return
            try:
                self._steps.append(self._job.id, message.blob)
            except JournalError as failed:
                error = failed
        self._answer(message.number, error)

    def _appended(self, error: BaseException | None, _seq: Any) -> None:
        self._answer(0, error)

    def _replace(self, message: protocol.Replace) -> None:
        error: BaseException | None = None
        if self._steps is not None:
            try:
                self._steps.replace(self._job.id, None, message.blob)
            except JournalError as failed:
                error = failed
        self._answer(message.number, error)

    def _answer(self, number: int, error: BaseException | None) -> None:
        if error is not None:
            self._failed = error
        if number:
            try:
                self._channel.send(protocol.Durable(number, None if error is None else str(error)))
            except OSError:
                return  # the executor is gone; its end is told by the pump

    def _out_of_time(self) -> JobError:
        if self._is_stuck:
            what = f"a node did not come back for {self._stall_timeout:.0f} s; it was ended"
            return JobError(code="E-NODE-408", message=what, node_id=self._node_id)
        what = f"the job did not finish within {self._job.timeout} s"
        return JobError(code="E-JOB-408", message=what, node_id=self._node_id)

    async def _ended_by_force(self) -> JobResult:
        """The result of a job whose executor had to be killed.

        Without variables: the steps hold sensitive ones as they are, and only
        the executor knew which to mask.
        """
        saved = SavedState()
        if self._steps is not None:
            saved = SavedState.fold(await asyncio.to_thread(self._steps.steps, self._job.id))
        unknown = unknown_steps(saved)
        if self._cancelled.is_set():
            status = JobStatus.NEEDS_ATTENTION if unknown else JobStatus.CANCELLED
            error = None
        else:
            status = JobStatus.TIMED_OUT
            error = self._out_of_time()
        return JobResult(
            job_id=self._job.id,
            status=status,
            error=error,
            nodes_executed=saved.count,
            executed_nodes=tuple(dict.fromkeys(saved.executed)),
            log=tuple(LogLine(level=a, message=b, node_id=c) for a, b, c in saved.log),
            duration_ms=saved.elapsed * 1000,
            needs_attention=unknown,
        )


def unknown_steps(saved: SavedState) -> tuple[UnknownStep, ...]:
    """Steps that were begun, cannot be done twice, and have no known end."""
    return tuple(
        UnknownStep(key=key, node_id=node_id, node_type=node_type)
        for key, (node_id, node_type, effect) in saved.intents.items()
        if effect == "once"
    )


def _not_restartable(job: Job, steps: list[bytes]) -> JobResult:
    saved = SavedState.fold(steps)
    return JobResult(
        job_id=job.id,
        status=JobStatus.FAILED,
        error=JobError(
            code="E-JOB-410",
            message="the robot stopped during this job, and its author does not allow resuming it",
        ),
        nodes_executed=saved.count,
        executed_nodes=tuple(saved.executed),
        needs_attention=unknown_steps(saved),
        resumed=True,
    )
