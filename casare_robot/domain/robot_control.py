"""What a face (tray, command line) may ask of a running robot. Pure."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Protocol

from casare_robot.domain.audit_head import AuditHead
from casare_robot.domain.errors import Fault
from casare_robot.domain.extras_seen import ExtrasSeen
from casare_robot.domain.face_events import FaceEvent
from casare_robot.domain.group_status import GroupDrill, GroupStatus
from casare_robot.domain.job import Job, JobId, JobResult, JobStatus
from casare_robot.domain.job_history import HistoryEntry
from casare_robot.domain.metric_minute import MetricMinute
from casare_robot.domain.question import Answer, Question
from casare_robot.domain.robot_events import RobotEvent
from casare_robot.domain.robot_status import RobotStatus
from casare_robot.domain.trigger_status import Missed, TriggerStatus

FaceKind = Literal["tray", "terminal"]


class RobotControl(Protocol):
    """The agent, as its faces see it; the client of ``control/`` has the same methods.

    All raise RobotErrors only. Cancelling a call abandons the answer, not what
    was asked for; cancelling an iterator ends it.
    """

    async def status(self) -> RobotStatus:
        """One look."""
        ...

    def watch(self) -> AsyncIterator[RobotEvent]:
        """What happens from now on; begins with a StatusChanged. A slow reader misses progress."""
        ...

    async def pause(self, until: datetime | None = None, note: str = "") -> None:
        """Begin no more jobs, until then or until `resume`; survives a restart."""
        ...

    async def resume(self) -> None:
        """Begin jobs again; ends a drain too."""
        ...

    async def drain(self) -> None:
        """Finish what runs, begin nothing, stay; what waits stays in the queue."""
        ...

    async def stop(self, *, now: bool = False) -> None:
        """Leave after the current jobs, or at once with their state kept."""
        ...

    async def reconnect(self) -> None:
        """Try the line to the orchestrator now."""
        ...

    def submit(self, job: Job) -> AsyncIterator[RobotEvent]:
        """Run a job of the desk; tells what happens to it and ends with its JobEnded.

        A job that is known goes on, or gives its result again. Who stops
        listening does not stop the job.

        Raises:
            JobRefusedError: It is not taken.
            DiskFullError: No space; nothing was kept.
        """
        ...

    async def cancel(self, job_id: JobId) -> bool:
        """Cancel a job that waits or runs; False if there is none."""
        ...

    async def jobs(self, limit: int, status: JobStatus | None = None) -> Sequence[HistoryEntry]:
        """The newest jobs first."""
        ...

    async def job(self, job_id: JobId) -> tuple[HistoryEntry, JobResult | None] | None:
        """One job and how it ended, if it has."""
        ...

    async def retry(
        self,
        job_id: JobId,
        *,
        start: Literal["start", "failed"] = "start",
        version: Literal["old", "new"] = "old",
    ) -> JobId:
        """Queue a job's workflow again as a new job.

        Args:
            job_id: The job.
            start: From its start, or where it stopped: what was done before is
                not repeated, and a step whose outcome nobody knows is asked about.
            version: The workflow as it was, or its file as it is now.

        Raises:
            JobStateError: It is unknown, nobody can go on where it stopped, or
                its file cannot be read.
        """
        ...

    async def resolve(self, job_id: JobId, decisions: Mapping[str, str]) -> None:
        """Say what became of steps (key to done, again or fail) and queue the job again.

        Raises:
            JobStateError: It does not need attention.
        """
        ...

    def attend(self, kind: FaceKind, job_id: JobId | None = None) -> AsyncIterator[FaceEvent]:
        """Show a person what jobs ask; those that are open come first.

        While it lasts somebody is there: without that, questions fail after a
        while or take their defaults. A terminal is told where no tray is there.

        Args:
            kind: What shows them.
            job_id: Only those of this job; None: all.
        """
        ...

    async def questions(self) -> Sequence[Question]:
        """What waits for a person's answer, the oldest first."""
        ...

    async def answer_question(self, question_id: str, answer: Answer) -> None:
        """Answer a question; cancels a progress window.

        Raises:
            QuestionError: It is not open (any more), or the answer does not fit.
        """
        ...

    async def triggers(self) -> Sequence[TriggerStatus]:
        """The triggers that are switched on."""
        ...

    async def trigger_on(
        self, file: str, node_id: str = "", missed: Missed = "once", listen: str = ""
    ) -> Sequence[str]:
        """Switch on the triggers of a workflow's file, or one of them; their ids.

        Args:
            file: Absolute path.
            node_id: One of its triggers; empty: all.
            missed: What becomes of runs of a schedule that were missed.
            listen: ``host:port`` where events are brought to from now on; empty: as it is.

        Raises:
            TriggerError: There is none, or this robot cannot watch for one of them.
            WorkflowInvalidError: The file cannot be run.
        """
        ...

    async def trigger_off(self, trigger_id: str) -> None:
        """Switch one off.

        Raises:
            TriggerError: It is not on.
        """
        ...

    async def fire_trigger(self, trigger_id: str, payload: Mapping[str, Any]) -> JobId:
        """Start a trigger's job now, with values for its ports.

        Raises:
            TriggerError: It is not on.
            JobRefusedError: The robot takes no jobs now.
        """
        ...

    async def metrics(self) -> Mapping[str, Any]:
        """What the collector has summed up."""
        ...

    async def metric_history(
        self, since: datetime, until: datetime
    ) -> Sequence[tuple[datetime, MetricMinute]]:
        """The figures of each minute of a span, oldest first; where it did not run, none."""
        ...

    async def verify_audit(self, heads: Sequence[AuditHead] = ()) -> Sequence[Fault]:
        """Everything in the audit that is not as the robot wrote it; empty: all is well.

        Args:
            heads: What others keep of it; with them a chain that was cut off or
                written anew is found.
        """
        ...

    async def group(self) -> GroupStatus | None:
        """How its group is; None if it is in none.

        Raises:
            GroupError: The group's store cannot be reached.
        """
        ...

    async def promote(self, robot: str) -> None:
        """Make a passive member of its group active.

        Raises:
            MembershipError: It is none, or the robot that is asked is in no group.
        """
        ...

    async def demote(self, robot: str) -> None:
        """Make an active member of its group passive; never the last one.

        Raises:
            MembershipError: It is none or the last one, or there is no group.
        """
        ...

    async def drill(self) -> GroupDrill:
        """Have a standby of its group take over on purpose, and tell how long it took.

        Raises:
            GroupError: No robot stands by.
            MembershipError: The robot that is asked is in no group.
        """
        ...

    async def sync(self) -> Mapping[str, int]:
        """Bring all members of its group up to date: ``synced_nodes``, ``members_updated``.

        Raises:
            MembershipError: The robot that is asked is in no group.
        """
        ...

    async def extras(self) -> ExtrasSeen:
        """What the workflows of its newest jobs need and its installation lacks."""
        ...

    async def reload(self) -> Sequence[str]:
        """Read the settings again; the names of those that need a restart to hold."""
        ...
