"""One robot's connection: frames between a socket and a session, facts to the board."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Protocol

from casare_robot.domain.audit_head import AuditHead
from casare_robot.domain.errors import StoreError
from casare_robot.domain.job import JobStatus
from casare_robot.domain.robot_events import JobStarted
from casare_robot.link.native import messages
from casare_robot.link.native.messages import RobotMessage
from casare_robot.link.native.server_session import ServerSession, SessionBook, reconcile
from casare_robot.orchestrator.audit_heads import AuditHeads
from casare_robot.orchestrator.dispatcher import Dispatcher
from casare_robot.orchestrator.job_board import JobBoard
from casare_robot.orchestrator.job_record import AT_ROBOT, Status
from casare_robot.orchestrator.keys import Holder
from casare_robot.orchestrator.roster import Robot, Roster
from casare_robot.orchestrator.trace import Traces

log = logging.getLogger(__name__)

LARGE = 64 << 10
"""Bytes of a frame beyond which it is read beside the loop."""
MOST_KNOWN = 1_000
"""Jobs of a robot of which the line knows that they are its own without asking the board."""
TRY_LATER = 1013
"""Close code while the store cannot be used: the robot keeps what it has and comes again."""


class Socket(Protocol):
    """A websocket; both calls raise ConnectionError once it is closed."""

    async def receive(self) -> bytes:
        """The next frame."""
        ...

    async def send(self, frame: bytes) -> None:
        """Send a frame as text."""
        ...

    async def close(self, code: int) -> None:
        """Close it; harmless when it is closed."""
        ...


class RobotLine:
    """Serves one robot until it leaves, is silent for too long, or a newer session comes.

    Args:
        socket: The connection; its key was found good.
        holder: Whose key that was.
        interval: Seconds between heartbeats.
    """

    hello: messages.Hello

    def __init__(
        self,
        socket: Socket,
        *,
        holder: Holder,
        board: JobBoard,
        roster: Roster,
        traces: Traces,
        heads: AuditHeads,
        dispatcher: Dispatcher,
        book: SessionBook,
        interval: float,
    ) -> None:
        self._socket = socket
        self._holder = holder
        self._board = board
        self._roster = roster
        self._traces = traces
        self._heads = heads
        self._dispatcher = dispatcher
        self._book = book
        self._now: Callable[[], float] = asyncio.get_running_loop().time
        self.session = ServerSession(
            interval=interval, now=self._now(), wall=lambda: datetime.now(UTC)
        )
        self._robot: Robot | None = None
        self._speaks_for_robot = False
        self._own: set[str] = set()
        self._has_work = asyncio.Event()
        self._close_code: int | None = None

    def wake(self) -> None:
        """There may be something to send."""
        self._has_work.set()

    def cancel(self, job_id: str, reason: str, *, abandon: bool) -> None:
        """Tell the robot to end a job."""
        self.session.cancel(job_id, reason, self._now(), abandon=abandon)
        self.wake()

    def make_anew(self) -> None:
        """Let the robot connect again, so that both sides tell what it holds."""
        self.end(TRY_LATER)

    def end(self, code: int) -> None:
        """Close the connection after what is to be sent."""
        self._close_code = code
        self.wake()

    async def run(self) -> None:
        """Serve it to its end. Cancelled, it closes the connection."""
        reading = asyncio.create_task(self._read(), name="robot line reading")
        try:
            await self._write(reading)
        except ConnectionError as error:
            log.debug("a robot's connection ended: %s", error)
        except StoreError as error:
            log.warning("robot %s cannot be served now: %s", self._name, error)
            await self._socket.close(TRY_LATER)
        finally:
            reading.cancel()
            await asyncio.wait((reading,))
            await self._leave()

    async def _read(self) -> None:
        try:
            while True:
                frame = await self._socket.receive()
                if len(frame) > LARGE:
                    said = await asyncio.to_thread(self.session.read, frame)
                else:
                    said = self.session.read(frame)
                message = self.session.received(said, self._now())
                if self._robot is not None:
                    self._roster.heard(self._robot)
                if message is not None:
                    await self._handle(message)
                self.wake()
        except ConnectionError as error:
            log.debug("a robot's connection ended: %s", error)
        finally:
            self.wake()

    async def _write(self, reading: "asyncio.Task[None]") -> None:
        while not reading.done():
            self._has_work.clear()
            while frame := self.session.next_frame(self._now()):
                await self._socket.send(frame)
            if self.session.is_ending or self._close_code is not None:
                await self._socket.close(self._close_code or self.session.close_code)
                return
            if self.session.tick(self._now()):
                log.info("robot %s is silent; its connection is closed", self._name)
                await self._socket.close(1001)
                return
            with suppress(TimeoutError):
                async with asyncio.timeout_at(self.session.wake_at()):
                    await self._has_work.wait()
        reading.result()

    @property
    def _name(self) -> str:
        return self.session.hello.robot_id if self.session.hello else "?"

    async def _handle(self, message: RobotMessage) -> None:
        robot = self._robot
        if isinstance(message, messages.Hello):
            await self._greet(message)
            return
        if robot is None:
            return
        match message:
            case messages.Heartbeat(audit=AuditHead() as head):
                await self._heads.add(robot.robot_id, head)
            case messages.JobAccepted(job_id=job_id):
                await self._board.accepted(job_id, robot.robot_id)
            case messages.JobRefused():
                await self._refused(robot, message)
            case messages.StatusUpdate() if robot.line is self:  # else it is older than the newest
                self._roster.update(robot, message)
                self._dispatcher.wake()
            case messages.JobProgress(events=events):
                for event in events:
                    if isinstance(event, JobStarted):
                        await self._board.began(robot.robot_id, event)
                    elif await self._has(robot, event.job_id):
                        self._traces.of(event.job_id).add(event)
            case messages.LogBatch(lines=lines):
                for line in lines:
                    if await self._has(robot, line.job_id):
                        self._traces.of(line.job_id).write((line,))
            case messages.JobResult():
                await self._board.ended(robot.robot_id, message)
                self.session.acknowledge(message.job_id)
                if self._traces.find(message.job_id) is not None:
                    is_whole = message.status is JobStatus.COMPLETED
                    cut = None if is_whole else datetime.now(UTC)
                    self._traces.of(message.job_id).close(cut)
                self._dispatcher.wake()
            case messages.Goodbye(reason=reason):
                log.info("robot %s leaves: %s", robot.robot_id, reason)
                self.end(1000)
            case messages.Error(code="E-JOB-404", about=job_id):  # it was told to cancel it
                await self._board.forgotten(job_id, robot.robot_id)
                self._dispatcher.wake()
            case messages.Error(code=code, message=text):
                log.warning("robot %s could not use a message: %s %s", robot.robot_id, code, text)

    async def _has(self, robot: Robot, job_id: str) -> bool:
        """Whether a job is this robot's, so that it alone may tell of it."""
        if job_id not in self._own:
            job = await self._board.job(job_id)
            if job is None or job.robot != robot.robot_id:
                return False
            if len(self._own) >= MOST_KNOWN:
                self._own.clear()
            self._own.add(job_id)
        return True

    async def _greet(self, hello: messages.Hello) -> None:
        if self._holder.kind != "robot" or self._holder.robot_id not in (None, hello.robot_id):
            log.warning("robot %s came with a key that is not its own", hello.robot_id)
            self.end(messages.CLOSE_FOREIGN_KEY)
            return
        self.hello = hello
        loses_to, takes_from = self._book.claim(hello)
        if loses_to is not None:
            self.session.supersede(loses_to)
            return
        known = self._roster.find(hello.robot_id)
        if takes_from is not None and known is not None and isinstance(known.line, RobotLine):
            known.line.session.supersede(hello.session)
            known.line.wake()
        self._speaks_for_robot = True
        async with self._dispatcher.giving:
            self._robot = await self._roster.connected(hello, self)
            await self._reconcile(hello)
        await self._heads.forget_old(hello.robot_id)

    async def _reconcile(self, hello: messages.Hello) -> None:
        """Both sides tell what the robot holds; what differs is put right."""
        known = await self._board.at_robot(hello.robot_id)
        self.session.welcome(known)
        differing = reconcile(hello.jobs, known)
        for job_id in known.keys() & frozenset(hello.jobs):
            if known[job_id].accepted is None:  # it said so on a line that broke
                await self._board.accepted(job_id, hello.robot_id)
        parked = Status.NEEDS_ATTENTION  # those it does not hold ready
        missing = [job_id for job_id in differing.missing if known[job_id].status is not parked]
        for job_id in missing:
            await self._board.forgotten(job_id, hello.robot_id)
            job = await self._board.job(job_id)
            if job is not None and job.accepted is None and job.status in AT_ROBOT:
                self.session.assign(await self._board.assignment(job_id, job), self._now())
        for job_id in differing.foreign:
            job = await self._board.job(job_id)
            if job is not None and not job.is_open:
                self.session.cancel(job_id, "it is not this robot's", self._now(), abandon=True)
        for job_id, job in known.items():
            if job.cancel_reason is not None and job_id not in missing:
                self.session.cancel(job_id, job.cancel_reason, self._now())
        self._dispatcher.wake()

    async def _refused(self, robot: Robot, message: messages.JobRefused) -> None:
        if message.is_temporary:
            self._dispatcher.rest(message.job_id)
        await self._board.refused(
            message.job_id, robot.robot_id, message.error, later=message.is_temporary
        )
        self._dispatcher.wake()

    async def _leave(self) -> None:
        if self._speaks_for_robot:
            self._book.left(self.hello)
            try:
                await self._roster.left(self)
            except StoreError as error:
                log.warning("when robot %s was here last is not kept: %s", self._name, error)
