"""Runs a plan: straight through what computes, with a record around what acts."""

import asyncio
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import JournalError, NodeTimeoutError
from casare_robot.domain.group_memory import GroupMemory
from casare_robot.domain.job import (
    TRIGGER_NODE,
    JobError,
    JobId,
    JobResult,
    JobStatus,
    LogLine,
    NodeTime,
    UnknownStep,
)
from casare_robot.execution.planning.op import Op
from casare_robot.execution.planning.plan import Plan
from casare_robot.execution.running import parallel
from casare_robot.execution.running.acting import Acting, AskPersonError, Intents
from casare_robot.execution.running.branch import (
    DONE,
    END,
    FAILED,
    LEAVE,
    Branch,
    Failure,
    JobFailed,
    PullFailed,
)
from casare_robot.execution.running.recording import Progress, Recorder, Recording
from casare_robot.execution.running.restoring import restore
from casare_robot.execution.running.run_surroundings import (
    MAX_TIMES,
    Asking,
    Calls,
    Events,
    RunOptions,
    RunSurroundings,
)
from casare_robot.execution.running.steps import bare_step, pull
from casare_robot.execution.state import FROM_HERE, NOT_FROM_HERE, SavedState

SLICE = 0.005
"""Seconds of pure work after which the loop gets a turn."""
REPLAY = 0.05
"""Seconds of pure work that a crash may cost."""
_BEGUN_ANEW = frozenset({"ForkNode", "ParallelForEachNode", "WhileLoopStartNode"})
"""Nodes that would do again what they have done, if a later job went on with them."""
_ENDS_THE_RUN = (JobFailed, AskPersonError, JournalError)


class Run(RunSurroundings):
    """One run of a plan, fresh or resumed."""

    def __init__(
        self,
        plan: Plan,
        options: RunOptions,
        *,
        inputs: Mapping[str, Any] | None = None,
        recorder: Recorder | None = None,
        events: Events | None = None,
        calls: Calls | None = None,
        secrets: Callable[[str], str] | None = None,
        asking: Asking | None = None,
        memory: GroupMemory | None = None,
        saved: SavedState | None = None,
        now: Callable[[], datetime] = lambda: datetime.now().astimezone(),
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        super().__init__(
            plan,
            options,
            recorder=recorder,
            events=events,
            calls=calls,
            secrets=secrets,
            asking=asking,
            memory=memory,
            saved=saved,
            now=now,
            clock=clock,
        )
        self.unknown: list[UnknownStep] = []
        self._inputs = dict(inputs or {})
        self._committed_at = clock()
        self._acting = Acting(self, clock)
        self._live: list[Branch] = []
        self._task: asyncio.Task[Any] | None = None

    # The run

    async def run(self) -> JobResult:
        """Run to an end.

        A cancellation, or `cancel`, ends the run; the result says so and names
        the steps whose outcome is unknown then.

        Raises:
            JournalError: What happens cannot be recorded any more.
        """
        self._task = asyncio.current_task()
        failure: Failure | None = None
        status = JobStatus.COMPLETED
        try:
            root = await self._resume() if self.saved else self._begin()
            async with asyncio.timeout(self._time_left()) as self.limit:
                await self.drive(root)
        except JobFailed as error:
            failure, status = error.failure, JobStatus.FAILED
        except TimeoutError:
            failure, status = self._out_of_time(), JobStatus.TIMED_OUT
        except asyncio.CancelledError:
            status = JobStatus.CANCELLED
        except AskPersonError:
            status = JobStatus.NEEDS_ATTENTION
        finally:
            await self.handles.close_all()
        self._take_stock(status)
        if status is JobStatus.CANCELLED and self.unknown:
            status = JobStatus.NEEDS_ATTENTION
        await self.commit({}, wait=False)
        return self._result(status, failure)

    def _take_stock(self, status: JobStatus) -> None:
        """Look at the writing steps that have not ended now that the run has."""
        for key, (op, effect) in self._acting.under_way.items():
            if status in (JobStatus.COMPLETED, JobStatus.FAILED):
                message = (
                    f"the transaction that {op.id} began was never committed and is undone"
                    if op.call is not None and op.call.transaction == "begin"
                    else f"{op.id} was interrupted, and nobody knows whether it was done"
                )
                self.warn(op, "W-STEP-1", message)
                self.settled(key)
            elif effect is Effect.ONCE:
                self.unknown.append(UnknownStep(key=key, node_id=op.id, node_type=op.type.name))

    def cancel(self) -> None:
        """End the run as soon as possible."""
        self.cancelling = True
        if self._task is not None:
            self._task.cancel()

    def _begin(self) -> Branch:
        scope = self.scope("0", self.plan)
        for name, value in self._inputs.items():
            scope.keep(name, value)
        scope.again.update(scope.variables)
        self._root_scope = scope
        root = Branch("0", self, scope)
        root.queue.extend(self.plan.start_for(self._inputs.get(TRIGGER_NODE)))
        self.adopt(root)
        return root

    async def _resume(self) -> Branch:
        saved = self.saved
        if saved is None:
            raise TypeError("nothing to resume from")
        self._log = [LogLine(level=a, message=b, node_id=c) for a, b, c in saved.log]
        self._errors = [msgspec.convert(error, JobError) for error in saved.errors]
        self._times = [NodeTime(*time) for time in saved.times[-MAX_TIMES:]]
        for plain in saved.warnings:
            warning = msgspec.convert(plain, JobError)
            self._warnings[warning.node_id or "", warning.code, warning.key] = warning
        root = restore(self, saved)
        outermost = root.frames
        first_call = next((f for f in outermost if f.kind == "call"), None)
        self._root_scope = getattr(first_call, "outer_scope", None) or root.scope
        if self._recording is not None:
            await self._checkpoint(self._recording)
        self.unknown += [step for branch in self._live for step in self._acting.unknown_at(branch)]
        if self.unknown:
            raise AskPersonError
        return root

    def adopt(self, branch: Branch) -> None:
        """Take a branch into what the records cover."""
        self._live.append(branch)

    def release(self, branch: Branch) -> None:
        """A branch has ended, whatever way; nothing of it is kept."""
        self._live.remove(branch)
        if self._recording is not None:
            self._recording.ended(branch)

    async def drive(self, branch: Branch) -> None:
        """Run a branch to its end.

        Raises:
            JobFailed: Nobody in it handled a failure.
        """
        while not branch.stopping:
            code = self._spin(branch)
            if code == DONE:
                break
            if code == LEAVE:
                await self._leave_the_fast_path(branch)
            else:
                await self._breathe()
            if branch.failed is not None:
                await self._after_failure(branch, *branch.failed)
            if branch.delay:
                delay, branch.delay = branch.delay, 0.0
                await self.commit({}, wait=False)
                await asyncio.sleep(delay)

    def _spin(self, branch: Branch) -> int:
        """Run nodes that only compute, until one has to wait, the branch ends or time is up."""
        clock, order, root = self._clock, self._order, self.plan
        ends = clock() + SLICE
        index = branch.at
        self._running = branch
        while True:
            if index < 0:
                index = branch.next()
                if index == DONE:
                    branch.at = END
                    return DONE
            scope, plan, steps = branch.scope, branch.plan, branch.steps
            counts = self._counts[id(plan)]
            while index >= 0:
                branch.at = index
                try:
                    following = steps[index](branch)
                except _ENDS_THE_RUN:
                    raise
                except Exception as error:  # noqa: BLE001 - the border around one node
                    branch.failed = (plan, plan.ops[index], error)
                    return FAILED
                if following >= END:
                    count = counts[index]
                    counts[index] = count + 1
                    if not count and plan is root:
                        order[plan.ops[index].id] = None
                elif following == LEAVE:
                    return LEAVE
                index = following
                if clock() > ends:
                    branch.at = index
                    return END
                if branch.scope is not scope:
                    break

    async def _leave_the_fast_path(self, branch: Branch) -> None:
        op, plan = branch.plan.ops[branch.at], branch.plan
        self._running = branch
        try:
            following = await self._perform(branch, op)
        except _ENDS_THE_RUN:
            raise
        except Exception as error:  # noqa: BLE001 - the border around one node
            branch.failed = (plan, op, error)
        else:
            self.ran(plan, op.index)
            branch.at = following
            if op.type.needs == "gui":  # what a person has said is not to be asked again
                await self.commit({}, wait=True)

    async def _after_failure(self, branch: Branch, plan: Plan, op: Op, error: Exception) -> None:
        """Go on where a failure is handled; where it is not, keep how all stood before it."""
        branch.failed = None
        is_recorded = self._recording is not None and branch.stands_at(op)
        if is_recorded and not branch.goes_on_after(op, error):
            can_go_on = branch.key == "0" and op.type.name not in _BEGUN_ANEW
            await self.commit({}, wait=False, failing=FROM_HERE if can_go_on else NOT_FROM_HERE)
        self.ran(plan, op.index)
        branch.at = branch.fail(op, error)

    async def _perform(self, branch: Branch, op: Op) -> int:
        """Run a node that waits, acts or splits; the next index."""
        for index in op.pulls:
            pulled = branch.plan.ops[index]
            if pulled.is_async:
                await self._pull(branch, pulled)
            else:
                pull(branch, index, bare_step(pulled))
        if op.call is not None:
            return await self._acting.act(branch, op)
        if op.type.name not in ("ForkNode", "ParallelForEachNode"):
            return bare_step(op)(branch)
        split = parallel.fork if op.type.name == "ForkNode" else parallel.for_each
        return await split(branch, op, self)

    async def _pull(self, branch: Branch, op: Op) -> None:
        """Evaluate a data-only node that waits or acts; what waits goes on waiting."""
        try:
            following = await self._acting.act(branch, op)
            if following >= 0:
                branch.queue.appendleft(following)
        except _ENDS_THE_RUN:
            raise
        except Exception as error:
            raise PullFailed(op, error) from error
        finally:
            self.ran(branch.plan, op.index)

    async def _breathe(self) -> None:
        """Between slices of pure work: progress, a delta now and then, the loop's turn."""
        if self._events is not None:
            self._events.progress(None, self.nodes_executed)
        if self._clock() - self._committed_at > REPLAY:
            await self.commit({}, wait=False)
        await asyncio.sleep(0)

    # Records

    def settled(self, key: str) -> None:
        """A step's outcome is known; the next commit says so."""
        if self._recording is not None:
            self._recording.results.append(key)

    async def commit(self, intents: Intents, *, wait: bool, failing: int = 0) -> None:
        """Record what changed; a branch with an open transaction stands where that began."""
        if self._recording is None:
            return
        self._committed_at = self._clock()
        settled = [branch for branch in self._live if not branch.transactions]
        is_due = await self._recording.commit(
            settled, self._progress(), intents=intents, wait=wait, failing=failing
        )
        if is_due and not failing and not any(branch.transactions for branch in self._live):
            await self._checkpoint(self._recording)

    async def _checkpoint(self, recording: Recording) -> None:
        await recording.checkpoint(
            self._live,
            self._progress(),
            intents=self._acting.begun(),
            decisions=self.saved.decisions if self.saved else {},
        )

    def _progress(self) -> Progress:
        return Progress(
            count=self.nodes_executed,
            executed=self._order,
            log=self._log,
            log_dropped=self._log_dropped,
            errors=self._errors,
            warnings=list(self._warnings.values()),
            times=self._times,
            times_dropped=self._times_dropped,
            elapsed=self.elapsed(),
            attempt=self._attempt,
            root=self.key_root if self.key_root != self.job_id else "",
        )

    # The end

    def _limit(self) -> float | None:
        limits = (self._options.timeout, self.plan.workflow.settings.timeout)
        return min((limit for limit in limits if limit is not None), default=None)

    def _time_left(self) -> float | None:
        limit = self._limit()
        return None if limit is None else max(limit - self._before, 0.0)

    def _out_of_time(self) -> Failure:
        branch = self._running
        op = branch.plan.ops[branch.at] if branch is not None and branch.at >= 0 else None
        return Failure(
            message=f"the job did not finish within {self._limit()} s",
            type=NodeTimeoutError.__name__,
            code="E-JOB-408",
            node_id=op.id if op else "",
            node_type=op.type.name if op else "",
        )

    def _result(self, status: JobStatus, failure: Failure | None) -> JobResult:
        scope = self._root_scope or self.scope("0", self.plan)
        outputs = {
            op.id: {port: value for port, value in ports.items() if value is not None}
            for op, ports in zip(self.plan.ops, scope.outputs, strict=True)
            if ports
        }
        error = failure.as_error() if failure else None
        return JobResult(
            job_id=JobId(self.job_id),
            status=status,
            error=self._masked(error) if error else None,
            errors=tuple(map(self._masked, self._errors)),
            warnings=tuple(map(self._masked, self._warnings.values())),
            variables=self.masking.variables(scope.visible()),
            outputs=self.masking.values(outputs),
            log=tuple(self._log),
            nodes_executed=self.nodes_executed,
            executed_nodes=tuple(self._order),
            duration_ms=self.elapsed() * 1000,
            resumed=self.saved is not None,
            needs_attention=tuple(self.unknown),
            times=tuple(self._times),
        )
