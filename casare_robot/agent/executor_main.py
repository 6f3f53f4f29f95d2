"""An executor: the process that runs one job's nodes. Its parent owns everything else."""

import asyncio
import os
import queue
import sys
import threading
from collections.abc import Callable
from typing import Any

import msgspec

from casare_robot.agent.preparation import prepare, refused
from casare_robot.agent.waiting import Answer, is_alone
from casare_robot.domain.errors import JournalError, NodeFailure, WorkflowInvalidError
from casare_robot.domain.glance import Glance
from casare_robot.domain.group_memory import MemoryOrder
from casare_robot.domain.job import LogLine
from casare_robot.domain.question import Question, Reply
from casare_robot.execution import executor_protocol as protocol
from casare_robot.execution.running.engine import Run
from casare_robot.execution.state import SavedState

ALIVE_INTERVAL = 1.0
"""Seconds between two signs of life; a node that never yields (a regular expression) stops them."""
PROGRESS_INTERVAL = 0.05
"""Seconds between two messages about progress; what is newer waits and replaces it."""
HANDED_OVER = 0.02
"""Seconds the listening thread leaves the pipe to the run after it had to wake it for an answer."""


class Parent:
    """The agent at the other end of the pipe: recorder, listener, keeper of secrets, the person.

    A thread listens. A run that blocks for an answer takes it from the pipe
    itself where it can: being woken by the other thread costs more than reading.
    """

    def __init__(self, channel: protocol.Channel) -> None:
        self._channel = channel
        self._number = 0
        self._waiting: dict[int, asyncio.Future[None] | Answer] = {}
        self._replies: dict[int, asyncio.Future[Reply]] = {}
        self._recalled: dict[int, asyncio.Future[protocol.Recalled]] = {}
        self._secrets: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._reading = threading.Lock()
        self._listener_wanted = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._run: Run | None = None
        self._told_at = 0.0

    def begin(self, run: Run) -> None:
        """Listen on behalf of a run; call inside its loop."""
        self._loop = asyncio.get_running_loop()
        self._run = run
        threading.Thread(target=self._listen, name="parent", daemon=True).start()
        self._show_life(self._loop)

    def _show_life(self, loop: asyncio.AbstractEventLoop) -> None:
        self._channel.send(protocol.Alive())
        loop.call_later(ALIVE_INTERVAL, self._show_life, loop)

    # Recorder

    async def append(self, blob: bytes, *, wait: bool) -> None:
        """Send a delta; with ``wait``, return when it is durable."""
        if not wait:
            self._channel.send(protocol.Append(number=0, blob=blob))
            return
        await self._answered(protocol.Append(number=self._next(), blob=blob))

    async def replace(self, blob: bytes) -> None:
        """Send a delta in the place of all before it; returns when it is durable."""
        await self._answered(protocol.Replace(number=self._next(), blob=blob))

    # Events

    def progress(self, node_id: str | None, nodes_executed: int) -> None:
        """Tell now and then; always before a node that may take long."""
        now = asyncio.get_running_loop().time()
        if node_id is None and now - self._told_at < PROGRESS_INTERVAL:
            return
        self._told_at = now
        self._channel.send(protocol.Progress(node_id=node_id, nodes_executed=nodes_executed))

    def node_ended(
        self, node_id: str, node_type: str, seconds: float, error: str | None, outputs: Glance
    ) -> None:
        """Tell about a node that waited or acted."""
        self._channel.send(
            protocol.NodeEnded(
                node_id=node_id,
                node_type=node_type,
                seconds=seconds,
                error=error,
                outputs=outputs,
            )
        )

    def log(self, line: LogLine) -> None:
        """Pass a line on."""
        self._channel.send(protocol.Logged(line))

    def secret(self, reference: str) -> str:
        """Ask for a secret; blocks the run for a moment."""
        self._channel.send(protocol.AskSecret(reference))
        self._read_until(lambda: not self._secrets.empty())
        value = self._secrets.get()
        if value is None:
            raise NodeFailure(f"there is no secret {reference!r}", code="E-SECRET-404")
        return value

    async def ask(self, question: Question) -> Reply:
        """Ask the person at this machine; cancelling withdraws the question."""
        number = self._next()
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._replies[number] = future
        self._channel.send(protocol.AskPerson(number=number, question=question))
        self._listener_wanted.set()
        try:
            return await future
        finally:
            self._replies.pop(number, None)
            if question.ask.waits and not (future.done() and not future.cancelled()):
                self._channel.send(protocol.Withdraw(question.id))

    async def carry_out(self, order: MemoryOrder) -> Any:
        """Give an order for the group's memory to the parent."""
        number = self._next()
        future: asyncio.Future[protocol.Recalled] = asyncio.get_running_loop().create_future()
        self._recalled[number] = future
        self._channel.send(protocol.AskMemory(number=number, order=msgspec.json.encode(order)))
        self._listener_wanted.set()
        try:
            recalled = await future
        finally:
            self._recalled.pop(number, None)
        if recalled.error is not None:
            raise NodeFailure(recalled.error, code=recalled.code)
        return msgspec.json.decode(recalled.answer)

    def _next(self) -> int:
        self._number += 1
        return self._number

    async def _answered(self, message: protocol.Append | protocol.Replace) -> None:
        if is_alone():
            answer = self._waiting[message.number] = Answer()
            self._channel.send(message)
            self._read_until(lambda: message.number not in self._waiting)
            answer.wait()
            return
        future = self._waiting[message.number] = asyncio.get_running_loop().create_future()
        self._channel.send(message)
        self._listener_wanted.set()
        await future

    def _read_until(self, has_come: Callable[[], bool]) -> None:
        """Take what the parent says in this thread, unless another does so already."""
        if not self._reading.acquire(blocking=False):
            return
        try:
            while not has_come():
                self._take(self._channel.receive())
        finally:
            self._reading.release()

    def _listen(self) -> None:
        while True:
            with self._reading:
                message = self._channel.receive()
            if self._take(message):
                self._listener_wanted.wait(HANDED_OVER)
            self._listener_wanted.clear()

    def _take(self, message: Any) -> bool:
        """Do what the parent says; True if it was an answer to a blocked run.

        Without a parent there is no reason to live.
        """
        loop, run = self._loop, self._run
        if message is None:
            os._exit(1)
        if isinstance(message, protocol.Secret):
            self._secrets.put(message.value)
        elif loop is None or run is None:
            return False
        elif isinstance(message, protocol.Durable):
            return self._answer(loop, message)
        elif isinstance(message, protocol.Replied):
            loop.call_soon_threadsafe(self._replied, message)
        elif isinstance(message, protocol.Recalled):
            loop.call_soon_threadsafe(self._remembered, message)
        elif isinstance(message, protocol.Cancel):
            loop.call_soon_threadsafe(run.cancel)
        return False

    def _replied(self, message: protocol.Replied) -> None:
        future = self._replies.get(message.number)
        if future is not None and not future.done():
            future.set_result(message.reply)

    def _remembered(self, message: protocol.Recalled) -> None:
        future = self._recalled.get(message.number)
        if future is not None and not future.done():
            future.set_result(message)

    def _answer(self, loop: asyncio.AbstractEventLoop, message: protocol.Durable) -> bool:
        waiting = self._waiting.pop(message.number, None)
        error = None if message.error is None else JournalError(message.error)
        if isinstance(waiting, Answer):
            waiting.give(error)
            return True
        if waiting is not None:
            loop.call_soon_threadsafe(_settle, waiting, error)
        return False


def _settle(future: asyncio.Future[None], error: JournalError | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(None)
    else:
        future.set_exception(error)


async def execute(channel: protocol.Channel, start: protocol.Start) -> Any:
    """Run the job and give the last message about it; None if it cannot be recorded."""
    parent = Parent(channel)
    job = protocol.job_of(start)
    try:
        run = prepare(
            job,
            policy=start.policy,
            node_timeout=start.node_timeout,
            recorder=parent if start.records else None,
            events=parent,
            secrets=parent.secret,
            asking=parent,
            memory=parent,
            saved=SavedState.fold(start.steps) if start.steps else None,
            evidence=start.evidence,
        )
    except WorkflowInvalidError as error:
        return protocol.Refused(protocol.plain_result(refused(start.job.id, error)))
    parent.begin(run)
    try:
        return protocol.Done(protocol.plain_result(await run.run()))
    except JournalError:
        return None  # it was the parent who said so


def main() -> None:
    """Wait for a job on standard input, run it, say how it ended and exit."""
    channel = protocol.Channel(os.dup(0), os.dup(1), protocol.ToExecutor)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(2, 1)
    start = channel.receive()
    if not isinstance(start, protocol.Start):
        return
    message = asyncio.run(execute(channel, start))
    if message is not None:
        channel.send(message)
    sys.stderr.flush()
    os._exit(0)  # a thread that still waits for something must not keep the process


if __name__ == "__main__":
    main()
