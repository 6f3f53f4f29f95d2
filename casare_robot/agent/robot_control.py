"""What faces may ask of the robot, answered by the robot itself."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from casare_robot.agent.extras_lacking import LOOKED_AT, lacking
from casare_robot.agent.group_requests import GroupRequests
from casare_robot.agent.lifecycle import Leaving
from casare_robot.agent.retrying import From, Version, again
from casare_robot.agent.trigger_door import addressed
from casare_robot.agent.whole_robot import WholeRobot
from casare_robot.domain.audit_head import AuditHead
from casare_robot.domain.errors import Fault, JobStateError
from casare_robot.domain.extras_seen import ExtrasSeen
from casare_robot.domain.face_events import FaceEvent
from casare_robot.domain.group_status import GroupDrill, GroupStatus
from casare_robot.domain.job import Job, JobId, JobResult, JobStatus
from casare_robot.domain.job_history import HistoryEntry
from casare_robot.domain.metric_minute import MetricMinute
from casare_robot.domain.question import Answer, Question
from casare_robot.domain.robot_control import FaceKind
from casare_robot.domain.robot_events import RobotEvent, StatusChanged
from casare_robot.domain.robot_status import RobotStatus
from casare_robot.domain.trigger_status import Missed, TriggerStatus
from casare_robot.execution.state import Delta, DeltaWriter
from casare_robot.observability.audit import AuditEventType

PERSON = "person"
"""Who did it, in the audit, where a face asked for it."""


class AgentControl:
    """See `RobotControl`; stopping and reconnecting are begun here and not waited for.

    Args:
        robot: Who is asked.
        clock: Now, in UTC.
    """

    def __init__(self, robot: WholeRobot, *, clock: Callable[[], datetime]) -> None:
        self._robot = robot
        self._clock = clock
        self._group = GroupRequests(
            lambda: robot.seat, robot_id=robot.robot_id, clock=lambda: clock().timestamp()
        )

    async def status(self) -> RobotStatus:
        """One look."""
        return self._robot.look_at()

    async def watch(self) -> AsyncIterator[RobotEvent]:
        """What happens from now on, a StatusChanged first."""
        with self._robot.hub.subscribed() as events:
            yield StatusChanged(status=self._robot.look_at(), at=self._clock())
            while (event := await events.next()) is not None:
                yield event

    async def pause(self, until: datetime | None = None, note: str = "") -> None:
        """Begin no more jobs, until then or until `resume`; survives a restart."""
        said = {"until": until and until.isoformat(), "note": note}
        self._robot.audit.record(AuditEventType.ROBOT_PAUSED, payload=said, actor=PERSON)
        self._robot.conductor.hold(note, until)

    async def resume(self) -> None:
        """Begin jobs again; ends a drain too."""
        self._robot.audit.record(AuditEventType.ROBOT_RESUMED, actor=PERSON)
        self._robot.conductor.go_on()

    async def drain(self) -> None:
        """Finish what runs, begin and take nothing, stay; what waits stays in the queue."""
        self._robot.conductor.drain()

    async def stop(self, *, now: bool = False) -> None:
        """Leave after the current jobs, or at once with their state kept."""
        self._robot.conductor.leave(Leaving.NOW if now else Leaving.AFTER_JOBS)

    async def reconnect(self) -> None:
        """Try the line to the orchestrator now."""
        await self._robot.reconnect()

    def submit(self, job: Job) -> AsyncIterator[RobotEvent]:
        """Run a job of the desk, and tell how it goes on."""
        return self._robot.desk.submit(job)

    async def cancel(self, job_id: JobId) -> bool:
        """Cancel a job that has not ended; False if there is none."""
        return self._robot.intake.cancel(job_id)

    async def jobs(self, limit: int, status: JobStatus | None = None) -> Sequence[HistoryEntry]:
        """The newest jobs first."""
        return await asyncio.to_thread(self._robot.journal.history, limit, status)

    async def job(self, job_id: JobId) -> tuple[HistoryEntry, JobResult | None] | None:
        """One job and how it ended, if it has."""
        entry = await asyncio.to_thread(self._robot.journal.entry, job_id)
        if entry is None:
            return None
        return entry, await asyncio.to_thread(self._robot.journal.result, job_id)

    async def retry(
        self, job_id: JobId, *, start: From = "start", version: Version = "old"
    ) -> JobId:
        """Queue a job's workflow again as a new job of the desk, which may touch no more than it.

        Raises:
            JobStateError: It is unknown, nobody can go on where it stopped, or
                its file cannot be read.
            JobRefusedError: The queue is full.
        """
        robot = self._robot
        job, steps = await asyncio.to_thread(
            again, robot.journal, job_id, start=start, version=version, now=self._clock()
        )
        if steps:
            await robot.offline_queue.enqueue_begun(job, steps)
        else:
            await robot.offline_queue.enqueue(job)
        robot.conductor.wake()
        return job.id

    async def resolve(self, job_id: JobId, decisions: Mapping[str, str]) -> None:
        """Say what became of steps, and queue the job again.

        Raises:
            JobStateError: It is unknown, or does not need attention.
        """
        job = await self._known(job_id)
        step = DeltaWriter().encode(Delta(decisions=dict(decisions)))
        if await asyncio.to_thread(self._robot.journal.status, job_id) is (
            JobStatus.NEEDS_ATTENTION
        ):
            await self._robot.retake(job, step)
        await asyncio.to_thread(self._robot.journal.resolve, job_id, step)
        self._robot.audit.record(
            AuditEventType.JOB_RESOLVED, job_id, {"decisions": dict(decisions)}, actor=PERSON
        )
        self._robot.offline_queue.readmit(job)
        self._robot.conductor.wake()

    async def attend(self, kind: FaceKind, job_id: JobId | None = None) -> AsyncIterator[FaceEvent]:
        """Show a person what jobs ask."""
        with self._robot.questions.attended(kind, job_id) as events:
            while (event := await events.next()) is not None:
                yield event

    async def questions(self) -> Sequence[Question]:
        """What waits for a person's answer."""
        return self._robot.questions.open()

    async def answer_question(self, question_id: str, answer: Answer) -> None:
        """Answer a question.

        Raises:
            QuestionError: It is not open (any more), or the answer does not fit.
        """
        question = await self._robot.questions.answer(question_id, answer)
        said = {"question": question.ask.title, "node": question.node_id, "button": answer.button}
        self._robot.audit.record(
            AuditEventType.QUESTION_ANSWERED, question.job_id, said, actor=PERSON
        )

    async def extras(self) -> ExtrasSeen:
        """What the workflows of its newest jobs need and its installation lacks."""
        journal = self._robot.journal
        return await asyncio.to_thread(lambda: lacking(journal.workflows_seen(LOOKED_AT)))

    async def triggers(self) -> Sequence[TriggerStatus]:
        """The triggers that are switched on."""
        return addressed(self._robot.triggers, self._robot.door)

    async def trigger_on(
        self, file: str, node_id: str = "", missed: Missed = "once", listen: str = ""
    ) -> Sequence[str]:
        """Switch on the triggers of a file, or one of them; their ids."""
        if listen:
            await self._robot.door.move(listen)
        found = await self._robot.triggers.switch_on(file, node_id, missed)
        said = {"file": file, "triggers": found}
        self._robot.audit.record(AuditEventType.TRIGGER_SWITCHED, payload=said, actor=PERSON)
        return found

    async def trigger_off(self, trigger_id: str) -> None:
        """Switch one off."""
        await self._robot.triggers.switch_off(trigger_id)
        said = {"triggers": [trigger_id], "off": True}
        self._robot.audit.record(AuditEventType.TRIGGER_SWITCHED, payload=said, actor=PERSON)

    async def fire_trigger(self, trigger_id: str, payload: Mapping[str, Any]) -> JobId:
        """Start a trigger's job now."""
        return await self._robot.triggers.fire(trigger_id, payload)

    async def metrics(self) -> Mapping[str, Any]:
        """What the collector has summed up."""
        return self._robot.summary()

    async def metric_history(
        self, since: datetime, until: datetime
    ) -> Sequence[tuple[datetime, MetricMinute]]:
        """The figures of each minute of a span, oldest first."""
        return await self._robot.metrics.history(since, until)

    async def verify_audit(self, heads: Sequence[AuditHead] = ()) -> Sequence[Fault]:
        """Everything in the audit that is not as the robot wrote it; empty: all is well."""
        findings = await asyncio.to_thread(self._robot.audit.verify, heads)
        return [Fault(code=f"E-AUDIT-{found.kind}", message=found.message) for found in findings]

    async def group(self) -> GroupStatus | None:
        """How its group is; None if it is in none."""
        return await self._group.look()

    async def promote(self, robot: str) -> None:
        """Make a passive member of the group active."""
        await self._group.promote(robot)

    async def demote(self, robot: str) -> None:
        """Make an active member of the group passive."""
        await self._group.demote(robot)

    async def drill(self) -> GroupDrill:
        """Have a standby take over on purpose."""
        return await self._group.drill()

    async def sync(self) -> Mapping[str, int]:
        """Bring all members up to what the group knows."""
        return await self._group.sync()

    async def reload(self) -> Sequence[str]:
        """Read the settings again; the names of those that need a restart to hold.

        Raises:
            ConfigError: They are wrong; the old ones go on.
        """
        return await self._robot.reload()

    async def _known(self, job_id: JobId) -> Job:
        job = await self._robot.journal.ajob(job_id)
        if job is None:
            raise JobStateError(f"job {job_id!r} is not in the journal", code="E-JOB-404")
        return job
