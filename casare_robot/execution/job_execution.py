"""One job in one executor: what the executor says is kept, and its end is awaited."""

import asyncio
import math
import threading
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

import msgspec

from casare_robot.desktop.child_process import Child
from casare_robot.desktop.diagnostics import warn
from casare_robot.domain.errors import ExecutorError, GroupError, JournalError, RobotError
from casare_robot.domain.glance import Glance
from casare_robot.domain.group_memory import GroupMemory, MemoryOrder
from casare_robot.domain.job import Job, JobError, JobId, JobResult, LogLine
from casare_robot.domain.question import ASKED, AskOutcome, Person, Reply, asked_prefix
from casare_robot.execution import executor_protocol as protocol
from casare_robot.execution.state import SavedState
from casare_robot.execution.untold_result import ended_by_force

GRACE = 2.0
"""Seconds an executor may take to end by itself after a cancellation or its time limit."""
LEAVING = 1.0
"""Seconds an executor that has said how its job ended may take to be gone."""

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

    def node_ended(
        self, node_id: str, node_type: str, seconds: float, error: str | None, outputs: Glance
    ) -> None:
        """A node that waits or acts came to its end."""
        ...

    def log(self, line: LogLine) -> None:
        """The workflow wrote a line."""
        ...


class JobExecution:
    """One job in one executor.

    Attributes:
        child: The executor.
    """

    def __init__(
        self,
        job: Job,
        child: Child,
        steps: StepLog | None,
        secret: Callable[[str], str | None],
        listener: Listener | None,
        *,
        person: Person | None,
        memory: GroupMemory | None,
        stall_timeout: float,
    ) -> None:
        self._job = job
        self.child = child
        self._steps = steps
        self._secret = secret
        self._listener = listener
        self._person = person
        self._memory = memory
        self._orders: set[asyncio.Task[None]] = set()
        self._asks: dict[str, bool] = {}
        self._asked_since = self._asked_for = 0.0
        self._has_left = False
        self._turned: asyncio.Future[None] | None = None
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
            self._withdraw_all()
        if self._ended.done():
            result = self._ended.result()
            if self._failed is not None:
                raise self._failed
            if result is not None:
                return result
            if not self._cancelled.is_set():
                code = await asyncio.to_thread(self.child.wait)
                raise ExecutorError(f"the executor ended without a result (exit code {code})")
        self.child.end()
        saved = SavedState()
        if self._steps is not None:
            saved = SavedState.fold(await asyncio.to_thread(self._steps.steps, self._job.id))
        error = None if self._cancelled.is_set() else self._out_of_time()
        return ended_by_force(self._job, saved, error)

    async def _wait(self, stop: asyncio.Future[Any]) -> None:
        """Until the run ends, is cancelled, is out of time or shows no life any more.

        Time in which it waits for a person is not counted.
        """
        now = self._loop.time
        limit = math.inf if self._job.timeout is None else now() + self._job.timeout + GRACE
        self._alive_at = now()
        while not self._is_stuck:
            stalls = self._alive_at + self._stall_timeout
            ends = math.inf if self._waits_for_person else limit + self._asked_for
            turned = self._turned = self._loop.create_future()
            await asyncio.wait(
                (self._ended, stop, turned),
                timeout=min(ends, stalls) - now(),
                return_when=asyncio.FIRST_COMPLETED,
            )
            if self._ended.done() or stop.done():
                return
            if not turned.done():
                if now() >= ends:
                    return
                self._is_stuck = now() >= self._alive_at + self._stall_timeout

    def kill(self) -> None:
        """End the executor without asking it; what it said before still counts."""
        self.child.kill()

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
            self.child.has_ended(within=LEAVING)  # one that is gone is cheaper to clean up after
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
            self._channel.send(protocol.Secret(value=self._secret_of(message.reference)))
        elif isinstance(message, protocol.AskPerson):
            self._loop.call_soon_threadsafe(self._ask, message)
        elif isinstance(message, protocol.Withdraw):
            self._loop.call_soon_threadsafe(self._withdraw, message.question_id)
        elif isinstance(message, protocol.AskMemory):
            self._loop.call_soon_threadsafe(self._order, message)
        else:
            self._tell(message)
        return None

    def _secret_of(self, name: str) -> str | None:
        """A secret; what a person gave to another job is not there for this one."""
        if name.startswith(ASKED) and not name.startswith(asked_prefix(self._job.id)):
            return None
        return self._secret(name)

    def _ask(self, message: protocol.AskPerson) -> None:
        """Pass a question on to the person; in the loop's thread."""
        question, number = message.question, message.number
        if self._person is None:
            self._reply(number, Reply(outcome=AskOutcome.NOBODY))
        elif not self._has_left:
            if question.ask.waits and not self._waits_for_person:
                self._asked_since = self._loop.time()
            self._asks[question.id] = question.ask.waits
            self._turn()
            self._person.ask(question, partial(self._answered, question.id, number))

    def _answered(self, question_id: str, number: int, reply: Reply) -> None:
        """Pass an answer on; in any thread."""
        self._reply(number, reply)
        self._loop.call_soon_threadsafe(self._note_answer, question_id)

    def _note_answer(self, question_id: str) -> None:
        if self._asks.get(question_id):
            self._forget(question_id)

    def _forget(self, question_id: str) -> None:
        did_wait = self._waits_for_person
        self._asks.pop(question_id, None)
        if did_wait and not self._waits_for_person:
            self._asked_for += self._loop.time() - self._asked_since
        self._turn()

    def _turn(self) -> None:
        """What limits the run is another time now."""
        if self._turned is not None and not self._turned.done():
            self._turned.set_result(None)

    @property
    def _waits_for_person(self) -> bool:
        return any(self._asks.values())

    def _reply(self, number: int, reply: Reply) -> None:
        try:
            self._channel.send(protocol.Replied(number=number, reply=reply))
        except OSError:
            return  # the executor is gone; its end is told by the pump

    def _order(self, message: protocol.AskMemory) -> None:
        """Have an order to the group's memory carried out; in the loop's thread."""
        if not self._has_left:
            task = self._loop.create_task(self._carry_out(message), name="group memory")
            self._orders.add(task)
            task.add_done_callback(self._orders.discard)

    async def _carry_out(self, message: protocol.AskMemory) -> None:
        number = message.number
        try:
            if self._memory is None:
                raise GroupError("this robot shares no memory with others")
            order = msgspec.json.decode(message.order, type=MemoryOrder)
            answer = msgspec.json.encode(await self._memory.carry_out(order))
            told = protocol.Recalled(number=number, answer=answer)
        except RobotError as error:
            told = protocol.Recalled(number=number, error=str(error), code=error.code)
        try:
            self._channel.send(told)
        except OSError:
            return  # the executor is gone; its end is told by the pump

    def _withdraw(self, question_id: str) -> None:
        self._forget(question_id)
        if self._person is not None:
            self._person.withdraw(question_id)

    def _withdraw_all(self) -> None:
        """Nobody is left to take an answer."""
        self._has_left = True
        for question_id in tuple(self._asks):
            self._withdraw(question_id)
        for order in self._orders:
            order.cancel()

    def _tell(self, message: Any) -> None:
        if isinstance(message, protocol.Progress) and message.node_id is not None:
            self._node_id = message.node_id
        listener = self._listener
        if listener is None:
            return
        if isinstance(message, protocol.Progress):
            listener.progress(message.node_id, message.nodes_executed)
        elif isinstance(message, protocol.NodeEnded):
            listener.node_ended(
                message.node_id,
                message.node_type,
                message.seconds,
                message.error,
                message.outputs,
            )
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
