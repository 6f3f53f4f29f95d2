"""The faces' side: the running robot's methods, over its local socket."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec

from casare_robot.control import messages
from casare_robot.control.lines import Lines, LineTooLongError
from casare_robot.desktop.local_socket import connect, may_be_served
from casare_robot.domain.audit_head import AuditHead
from casare_robot.domain.errors import AgentUnreachableError, ControlError, Fault
from casare_robot.domain.extras_seen import ExtrasSeen
from casare_robot.domain.face_events import FaceEvent
from casare_robot.domain.group_status import GroupDrill, GroupStatus
from casare_robot.domain.job import Job, JobId, JobResult, JobStatus
from casare_robot.domain.job_history import HistoryEntry
from casare_robot.domain.metric_minute import MetricMinute
from casare_robot.domain.question import Answer, Question
from casare_robot.domain.robot_control import FaceKind
from casare_robot.domain.robot_events import JobEnded, RobotEvent
from casare_robot.domain.robot_status import RobotStatus
from casare_robot.domain.trigger_status import Missed, TriggerStatus

LONGEST_ANSWER = 1 << 30
"""Bytes; a result may hold whatever a workflow made."""

T = TypeVar("T")


class ControlClient:
    """A running robot, as `RobotControl` describes it; a connection to each call.

    Args:
        folder: Of the robot's journal.
        connect_timeout: Seconds to reach the robot.
        answer_timeout: Seconds for an answer; streams may be silent as long as they like.
    """

    def __init__(
        self, folder: Path, *, connect_timeout: float = 5.0, answer_timeout: float = 30.0
    ) -> None:
        self._folder = folder / "control"
        self._connect_timeout = connect_timeout
        self._answer_timeout = answer_timeout

    def may_run(self) -> bool:
        """Whether there is a trace of a running robot; cheap, and no proof."""
        return may_be_served(self._folder)

    async def status(self) -> RobotStatus:
        """One look."""
        return await self._ask(messages.Status(), RobotStatus)

    async def watch(self) -> AsyncGenerator[RobotEvent, None]:
        """What happens from now on, until the robot leaves."""
        async for event in self._stream(messages.Watch(), RobotEvent):
            yield event

    async def pause(self, until: datetime | None = None, note: str = "") -> None:
        """Begin no more jobs."""
        await self._tell(messages.Pause(until=until, note=note))

    async def resume(self) -> None:
        """Begin jobs again."""
        await self._tell(messages.Resume())

    async def drain(self) -> None:
        """Finish what runs, begin nothing."""
        await self._tell(messages.Drain())

    async def stop(self, *, now: bool = False) -> None:
        """Leave; returns when the robot has heard it."""
        await self._tell(messages.Stop(now=now))

    async def reconnect(self) -> None:
        """Try the line to the orchestrator now."""
        await self._tell(messages.Reconnect())

    async def submit(self, job: Job) -> AsyncGenerator[RobotEvent, None]:
        """Run a job; ends with its JobEnded.

        Raises:
            AgentUnreachableError: Also when the robot leaves before the job has
                ended, which goes on with the robot's next start.
        """
        async for event in self._stream(messages.Submit(job=job), RobotEvent):
            yield event
            if isinstance(event, JobEnded):
                return
        raise AgentUnreachableError(
            f"the robot left before job {job.id} had ended; it goes on when the robot does"
        )

    async def cancel(self, job_id: JobId) -> bool:
        """Cancel a job that waits or runs."""
        return await self._ask(messages.Cancel(job_id=job_id), bool)

    async def jobs(self, limit: int, status: JobStatus | None = None) -> Sequence[HistoryEntry]:
        """The newest jobs first."""
        return await self._ask(messages.Jobs(limit=limit, status=status), tuple[HistoryEntry, ...])

    async def job(self, job_id: JobId) -> tuple[HistoryEntry, JobResult | None] | None:
        """One job and how it ended, if it has."""
        kind: Any = tuple[HistoryEntry, JobResult | None] | None
        found: tuple[HistoryEntry, JobResult | None] | None = await self._ask(
            messages.ShowJob(job_id=job_id), kind
        )
        return found

    async def retry(
        self,
        job_id: JobId,
        *,
        start: Literal["start", "failed"] = "start",
        version: Literal["old", "new"] = "old",
    ) -> JobId:
        """Queue a job's workflow again, as a new job."""
        request = messages.Retry(job_id=job_id, start=start, version=version)
        return JobId(await self._ask(request, str))

    async def resolve(self, job_id: JobId, decisions: Mapping[str, str]) -> None:
        """Say what became of steps."""
        said: Any = dict(decisions)
        await self._tell(messages.Resolve(job_id=job_id, decisions=said))

    async def attend(
        self, kind: FaceKind, job_id: JobId | None = None
    ) -> AsyncGenerator[FaceEvent, None]:
        """The questions there are, and what becomes of them, until the robot leaves."""
        async for event in self._stream(messages.Attend(kind=kind, job_id=job_id), FaceEvent):
            yield event

    async def questions(self) -> Sequence[Question]:
        """What waits for a person's answer."""
        return await self._ask(messages.Questions(), tuple[Question, ...])

    async def answer_question(self, question_id: str, answer: Answer) -> None:
        """Answer a question."""
        await self._tell(messages.AnswerQuestion(question_id=question_id, answer=answer))

    async def triggers(self) -> Sequence[TriggerStatus]:
        """The triggers that are switched on."""
        return await self._ask(messages.Triggers(), list[TriggerStatus])

    async def trigger_on(
        self, file: str, node_id: str = "", missed: Missed = "once", listen: str = ""
    ) -> Sequence[str]:
        """Switch triggers of a file on; their ids."""
        request = messages.TriggerOn(file=file, node_id=node_id, missed=missed, listen=listen)
        return await self._ask(request, list[str])

    async def trigger_off(self, trigger_id: str) -> None:
        """Switch one off."""
        await self._tell(messages.TriggerOff(trigger_id=trigger_id))

    async def fire_trigger(self, trigger_id: str, payload: Mapping[str, Any]) -> JobId:
        """Start a trigger's job now."""
        request = messages.FireTrigger(trigger_id=trigger_id, payload=payload)
        return JobId(await self._ask(request, str))

    async def extras(self) -> ExtrasSeen:
        """What the workflows of its newest jobs need and its installation lacks."""
        return await self._ask(messages.Extras(), ExtrasSeen)

    async def metrics(self) -> Mapping[str, Any]:
        """What the collector has summed up."""
        return await self._ask(messages.Metrics(), dict[str, Any])

    async def metric_history(
        self, since: datetime, until: datetime
    ) -> Sequence[tuple[datetime, MetricMinute]]:
        """The figures of each minute of a span, oldest first."""
        request = messages.MetricHistory(since=since, until=until)
        return await self._ask(request, tuple[tuple[datetime, MetricMinute], ...])

    async def verify_audit(self, heads: Sequence[AuditHead] = ()) -> Sequence[Fault]:
        """What is not as the robot wrote it."""
        return await self._ask(messages.VerifyAudit(heads=tuple(heads)), tuple[Fault, ...])

    async def group(self) -> GroupStatus | None:
        """How its group is."""
        kind: Any = GroupStatus | None
        found: GroupStatus | None = await self._ask(messages.Group(), kind)
        return found

    async def promote(self, robot: str) -> None:
        """Make a passive member of its group active."""
        await self._tell(messages.Promote(robot=robot))

    async def demote(self, robot: str) -> None:
        """Make an active member of its group passive."""
        await self._tell(messages.Demote(robot=robot))

    async def drill(self) -> GroupDrill:
        """Have a standby take over on purpose."""
        return await self._ask(messages.Drill(), GroupDrill)

    async def sync(self) -> Mapping[str, int]:
        """Bring all members up to date."""
        return await self._ask(messages.Sync(), dict[str, int])

    async def reload(self) -> Sequence[str]:
        """Read the settings again; those that need a restart."""
        return await self._ask(messages.Reload(), tuple[str, ...])

    async def _tell(self, request: messages.Asked) -> None:
        await self._answer(request)

    async def _ask(self, request: messages.Asked, kind: type[T]) -> T:
        value = await self._answer(request)
        try:
            return msgspec.json.decode(value, type=kind)
        except (msgspec.MsgspecError, ValueError) as error:
            message = f"the running robot's answer makes no sense: {error}; {messages.MEND}"
            raise ControlError(message) from error

    async def _answer(self, request: messages.Asked) -> msgspec.Raw:
        async with self._line() as line:
            try:
                async with asyncio.timeout(self._answer_timeout):
                    said = await line.ask(request)
            except TimeoutError as error:
                raise _silent(self._answer_timeout) from error
        if not isinstance(said, messages.Answer):
            raise ControlError(f"the running robot answered with {type(said).__name__}")
        return said.value

    async def _stream(self, request: messages.Asked, kind: Any) -> AsyncGenerator[Any, None]:
        async with self._line() as line:
            said = await line.ask(request)
            while isinstance(said, messages.Told):
                if isinstance(said.event, kind):
                    yield said.event
                said = await line.next()

    @asynccontextmanager
    async def _line(self) -> AsyncIterator["_Line"]:
        """A connection that has said hello; what breaks it is an AgentUnreachableError."""
        try:
            async with asyncio.timeout(self._connect_timeout):
                reader, writer = await connect(self._folder)
        except TimeoutError as error:
            raise _silent(self._connect_timeout) from error
        except OSError as error:
            raise AgentUnreachableError(
                f"no robot runs here ({self._folder.parent}); start it with: casare-robot run"
            ) from error
        try:
            line = _Line(Lines(reader, LONGEST_ANSWER), writer)
            async with asyncio.timeout(self._connect_timeout):
                await line.ask(messages.Hello(protocol=messages.PROTOCOL))
            yield line
        except TimeoutError as error:  # an OSError too
            raise _silent(self._connect_timeout) from error
        except (OSError, EOFError) as error:
            raise AgentUnreachableError(f"the robot hung up: {error}") from error
        finally:
            writer.close()


def _silent(seconds: float) -> AgentUnreachableError:
    return AgentUnreachableError(f"the robot did not answer within {seconds:.0f} s")


class _Line:
    """One connection."""

    def __init__(self, lines: Lines, writer: asyncio.StreamWriter) -> None:
        self._lines = lines
        self._writer = writer

    async def ask(self, request: messages.Asked) -> messages.Said:
        """Send a request; the first thing said to it.

        Raises:
            RobotError: It was refused.
            EOFError: The robot hung up.
        """
        self._writer.write(messages.as_line(request))
        await self._writer.drain()
        return await self.next()

    async def next(self) -> messages.Said:
        """The next thing said; see `ask`."""
        try:
            line = await self._lines.next()
        except LineTooLongError as error:
            raise ControlError(f"the running robot's answer is {error}") from error
        if line is None:
            raise EOFError("it ended")
        said = messages.read_said(line)
        if isinstance(said, messages.Refusal):
            raise messages.error_of(said)
        return said
