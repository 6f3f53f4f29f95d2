"""The robot that the commands work with: the running one, or one made for the occasion."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import (
    AbstractContextManager,
    aclosing,
    asynccontextmanager,
    contextmanager,
    nullcontext,
)
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from casare_robot.agent.asked_secrets import AskedSecrets
from casare_robot.agent.local_robot import LocalRobot
from casare_robot.cli.progress import PlainProgress, show_progress
from casare_robot.cli.terminal import is_at_terminal, terminal_kept
from casare_robot.cli.terminal_desk import TerminalPerson, attend
from casare_robot.config.loading import load_config, memory_folder
from casare_robot.config.robot_config import RobotConfig
from casare_robot.desktop.child_process import Child
from casare_robot.desktop.local_socket import may_be_served
from casare_robot.desktop.places import find_places
from casare_robot.domain.audit_head import AuditHead
from casare_robot.domain.errors import AgentUnreachableError, Fault, JobStateError
from casare_robot.domain.job import Job, JobId, JobResult, JobStatus
from casare_robot.domain.job_history import HistoryEntry
from casare_robot.domain.robot_events import (
    JobEnded,
    JobLogged,
    NodeCompleted,
    NodeFailed,
    NodeStarted,
    RobotEvent,
)
from casare_robot.domain.robot_status import RobotState

if TYPE_CHECKING:
    from casare_robot.agent.retrying import From, Version
    from casare_robot.control.client import ControlClient

Found = tuple[HistoryEntry, JobResult | None]


class RobotAtHand(Protocol):
    """What commands about jobs need; running a job shows its progress, Ctrl+C cancels it."""

    async def run(self, job: Job) -> JobResult:
        """Run a job, or go on with one that is known."""
        ...

    async def go_on(self, job_id: JobId) -> JobResult:
        """Go on with a known job to its end, or give its result again."""
        ...

    async def jobs(self, limit: int, status: JobStatus | None) -> Sequence[HistoryEntry]:
        """The newest jobs first."""
        ...

    async def job(self, job_id: JobId) -> Found:
        """One job and how it ended, if it has.

        Raises:
            JobStateError: It is unknown.
        """
        ...

    async def retry(self, job_id: JobId, *, start: "From", version: "Version") -> JobResult:
        """Run a job's workflow again as a new job; see `again`."""
        ...

    async def resolve(self, job_id: JobId, decisions: Mapping[str, str]) -> JobResult:
        """Say what became of steps, and go on with the job."""
        ...

    async def verify_audit(self, heads: Sequence[AuditHead] = ()) -> Sequence[Fault]:
        """Everything in the audit that is not as the robot wrote it."""
        ...


@contextmanager
def robot_at_hand(home: Path | None, *, spare: Child | None = None) -> Iterator[RobotAtHand]:
    """The running robot where there is one, else a robot of this process.

    Raises:
        ConfigError: A setting is wrong.
        JournalError: The home cannot be used, or belongs to another process.
    """
    config = load_config(places=find_places(home), secrets=False)
    running = asyncio.run(find_running(config, home)) if _may_run(config, home) else None
    if running is not None:
        if spare is not None:
            spare.end()
        yield RunningRobot(running)
        return
    persons: list[TerminalPerson] = []

    def person(secrets: AskedSecrets) -> TerminalPerson:
        persons.append(TerminalPerson(secrets))
        return persons[0]

    with _open(config, home, spare, person if is_at_terminal() else None) as robot:
        yield RobotHere(robot, *persons)


async def find_running(config: RobotConfig, home: Path | None) -> "ControlClient | None":
    """The robot that owns the home, if one answers there."""
    from casare_robot.control.client import ControlClient

    client = ControlClient(memory_folder(config, home))
    try:
        await client.status()
    except AgentUnreachableError:
        return None
    return client


class RobotHere:
    """A robot that lives as long as the command."""

    def __init__(self, robot: LocalRobot, person: TerminalPerson | None = None) -> None:
        self._robot = robot
        self._person = person

    async def run(self, job: Job) -> JobResult:
        """Run it in this process's own executor."""
        known = self._robot.journal.job(job.id)
        job = job if known is None else known_or_new(known, job)
        with (
            show_progress() as listener,
            self._beside(listener),
            _signals(self._robot_cancel(job.id)),
        ):
            return await self._robot.run(job, listener=listener)

    async def go_on(self, job_id: JobId) -> JobResult:
        """Go on with it, or give its result again."""
        return await self.run(self._known(job_id))

    async def jobs(self, limit: int, status: JobStatus | None) -> Sequence[HistoryEntry]:
        """Out of the journal."""
        return self._robot.journal.history(limit, status)

    async def job(self, job_id: JobId) -> Found:
        """Out of the journal."""
        entry = self._robot.journal.entry(job_id)
        if entry is None:
            raise _unknown(job_id)
        return entry, self._robot.journal.result(job_id)

    async def retry(self, job_id: JobId, *, start: "From", version: "Version") -> JobResult:
        """Run its workflow again."""
        from casare_robot.agent.retrying import again

        now = datetime.now(UTC)
        journal = self._robot.journal
        job, steps = again(journal, job_id, start=start, version=version, now=now)
        if steps:
            journal.accept_begun(job, steps)
        return await self.run(job)

    async def resolve(self, job_id: JobId, decisions: Mapping[str, str]) -> JobResult:
        """Write the decisions down and go on."""
        job = self._known(job_id)
        self._robot.decide(job, decisions)
        return await self.run(job)

    async def verify_audit(self, heads: Sequence[AuditHead] = ()) -> Sequence[Fault]:
        """Out of the journal."""
        from casare_robot.agent.audit_files import check_audit

        return check_audit(self._robot.journal, self._robot.folder, heads)

    def _known(self, job_id: JobId) -> Job:
        job = self._robot.journal.job(job_id)
        if job is None:
            raise _unknown(job_id)
        return job

    def _beside(self, listener: PlainProgress) -> AbstractContextManager[None]:
        return nullcontext() if self._person is None else self._asked_here(self._person, listener)

    @contextmanager
    def _asked_here(self, person: TerminalPerson, listener: PlainProgress) -> Iterator[None]:
        with terminal_kept(), person.beside(listener.quiet):
            yield

    def _robot_cancel(self, job_id: JobId) -> Callable[[], Any]:
        return lambda: self._robot.executor.cancel(job_id)


class RunningRobot:
    """The robot that owns the home, over control."""

    def __init__(self, client: "ControlClient") -> None:
        self._client = client

    async def run(self, job: Job) -> JobResult:
        """Hand it over and listen."""
        await self._say_if_it_waits()
        return await self._show(self._client.submit(job), job.id)

    async def go_on(self, job_id: JobId) -> JobResult:
        """Listen to a job that the robot goes on with by itself, or give its result."""
        async with aclosing(self._client.watch()) as watching:
            await anext(watching)
            _, result = await self.job(job_id)
            return result or await self._show(watching, job_id)

    async def jobs(self, limit: int, status: JobStatus | None) -> Sequence[HistoryEntry]:
        """As the robot tells."""
        return await self._client.jobs(limit, status)

    async def job(self, job_id: JobId) -> Found:
        """As the robot tells."""
        found = await self._client.job(job_id)
        if found is None:
            raise _unknown(job_id)
        return found

    async def retry(self, job_id: JobId, *, start: "From", version: "Version") -> JobResult:
        """Ask for it and listen to the new job."""
        return await self._follow(lambda: self._client.retry(job_id, start=start, version=version))

    async def resolve(self, job_id: JobId, decisions: Mapping[str, str]) -> JobResult:
        """Ask for it and listen."""

        async def begin() -> JobId:
            await self._client.resolve(job_id, decisions)
            return job_id

        return await self._follow(begin)

    async def verify_audit(self, heads: Sequence[AuditHead] = ()) -> Sequence[Fault]:
        """As the robot finds."""
        return await self._client.verify_audit(heads)

    async def _follow(self, begin: Callable[[], Awaitable[JobId]]) -> JobResult:
        """Listen first, then begin, so that nothing is missed."""
        async with aclosing(self._client.watch()) as watching:
            await anext(watching)
            job_id = await begin()
            await self._say_if_it_waits()
            return await self._show(watching, job_id)

    async def _show(self, events: AsyncIterator[RobotEvent], job_id: JobId) -> JobResult:
        loop = asyncio.get_running_loop()
        cancelling: list[asyncio.Task[bool]] = []

        def cancel() -> None:
            cancelling.append(loop.create_task(self._client.cancel(job_id)))

        with show_progress() as listener, _signals(cancel):
            async with self._asked_here(job_id, listener):
                async for event in events:
                    if getattr(event, "job_id", None) != job_id:
                        continue
                    if isinstance(event, JobEnded):
                        return event.result
                    _show_event(listener, event)
        raise AgentUnreachableError(f"the robot left before job {job_id} had ended")

    @asynccontextmanager
    async def _asked_here(self, job_id: JobId, listener: PlainProgress) -> AsyncIterator[None]:
        """Ask at this terminal, if it is one, what the job asks."""
        if not is_at_terminal():
            yield
            return
        attending = asyncio.create_task(attend(self._client, job_id, quiet=listener.quiet))
        try:
            with terminal_kept():
                yield
        finally:
            attending.cancel()
            await asyncio.gather(attending, return_exceptions=True)

    async def _say_if_it_waits(self) -> None:
        status = await self._client.status()
        if status.state in (RobotState.DRAINING, RobotState.STOPPING):
            return  # it takes no job, and says so
        for reason in status.reasons:
            print(f"the job waits: {reason}", file=sys.stderr)


def known_or_new(known: Job, job: Job) -> Job:
    """The known job of this id, if the file is still what it pinned; else the new one.

    The latter is to be refused: an id means one job. Variables may be left out.
    """
    is_same = known.workflow == job.workflow
    return known if is_same and (not job.variables or known.variables == job.variables) else job


def _may_run(config: RobotConfig, home: Path | None) -> bool:
    return may_be_served(memory_folder(config, home) / "control")


def _open(
    config: RobotConfig,
    home: Path | None,
    spare: Child | None,
    person: Callable[[AskedSecrets], TerminalPerson] | None,
) -> LocalRobot:
    """A robot of this process; says what was mended on the way."""
    robot = LocalRobot(config, home=home, spare=spare, person=person)
    for fault in config.faults:
        print(f"warning: {fault}", file=sys.stderr)
    for warning in robot.journal.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    return robot


@contextmanager
def _signals(cancel: Callable[[], Any]) -> Iterator[None]:
    """The first Ctrl+C or SIGTERM cancels, and so does each one after it."""
    loop = asyncio.get_running_loop()

    def ask(*_: Any) -> None:
        loop.call_soon_threadsafe(cancel)

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _show_event(listener: PlainProgress, event: RobotEvent) -> None:
    match event:
        case NodeStarted():
            listener.progress(event.node_id, event.nodes_executed)
        case NodeCompleted():
            listener.node_ended(event.node_id, event.node_type, event.seconds, None, event.outputs)
        case NodeFailed():
            listener.node_ended(event.node_id, event.node_type, event.seconds, event.error, {})
        case JobLogged():
            listener.log(event.line)


def _unknown(job_id: JobId) -> JobStateError:
    return JobStateError(f"there is no job {job_id}", code="E-JOB-404")
