"""The smallest robot with a RobotControl: LocalRobot and its journal, jobs one after the other."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from casare_robot.agent.audit_files import check_audit
from casare_robot.agent.extras_lacking import LOOKED_AT, lacking
from casare_robot.agent.local_robot import LocalRobot
from casare_robot.agent.retrying import From, Version, again
from casare_robot.domain.audit_head import AuditHead
from casare_robot.domain.errors import Fault, JobStateError, MembershipError
from casare_robot.domain.glance import Glance
from casare_robot.domain.group_status import DrillPhase, GroupDrill, GroupStatus
from casare_robot.domain.job import Job, JobId, JobResult, JobStatus
from casare_robot.domain.job_history import HistoryEntry
from casare_robot.domain.metric_minute import MetricMinute
from casare_robot.domain.robot_events import (
    JobEnded,
    JobLogged,
    JobStarted,
    NodeCompleted,
    NodeFailed,
    NodeStarted,
    RobotEvent,
    StatusChanged,
)
from casare_robot.domain.robot_status import (
    LinkState,
    LinkStatus,
    RobotState,
    RobotStatus,
    RunningJob,
)


def now():
    return datetime.now(UTC)


class ServedRobot:
    """Answers what faces ask; what happens goes to whoever watches."""

    def __init__(self, robot: LocalRobot) -> None:
        self.robot = robot
        self.journal = robot.journal
        self.is_stopped = asyncio.Event()
        self.asked: list[tuple[str, Any]] = []
        self.in_group: GroupStatus | None = None
        self._watchers: set[asyncio.Queue[RobotEvent]] = set()
        self._state = RobotState.IDLE
        self._note, self._until = "", None
        self._since = now()
        self._running: RunningJob | None = None
        self._tasks: dict[JobId, asyncio.Task[None]] = {}
        self._one_at_a_time = asyncio.Lock()

    async def status(self) -> RobotStatus:
        busy = self._state is RobotState.IDLE and self._running is not None
        return RobotStatus(
            robot_id="r-1",
            name="Small",
            state=RobotState.EXECUTING if busy else self._state,
            since=self._since,
            link=LinkStatus(state=LinkState.LOCAL, since=self._since),
            version="1",
            session="s",
            started_at=self._since,
            jobs=(self._running,) if self._running else (),
            waiting=max(0, len(self._tasks) - 1),
            note=self._note,
            paused_until=self._until,
            group=self.in_group.name if self.in_group else "",
            group_role=self.in_group.member("r-1").role if self.in_group else "",
        )

    async def watch(self) -> AsyncIterator[RobotEvent]:
        queue: asyncio.Queue[RobotEvent] = asyncio.Queue()
        self._watchers.add(queue)
        try:
            yield StatusChanged(status=await self.status(), at=now())
            while True:
                yield await queue.get()
        finally:
            self._watchers.discard(queue)

    async def pause(self, until: datetime | None = None, note: str = "") -> None:
        self._note, self._until = note, until
        await self._become(RobotState.PAUSED)

    async def resume(self) -> None:
        self._note, self._until = "", None
        await self._become(RobotState.IDLE)

    async def drain(self) -> None:
        await self._become(RobotState.DRAINING)

    async def stop(self, *, now: bool = False) -> None:
        self.asked.append(("stop", now))
        await self._become(RobotState.STOPPING)
        self.is_stopped.set()

    async def reconnect(self) -> None:
        self.asked.append(("reconnect", None))

    async def submit(self, job: Job) -> AsyncIterator[RobotEvent]:
        queue: asyncio.Queue[RobotEvent] = asyncio.Queue()
        self._watchers.add(queue)
        try:
            await self.journal.aaccept(job)
            self._begin(job)
            while True:
                event = await queue.get()
                if getattr(event, "job_id", None) == job.id:
                    yield event
                    if isinstance(event, JobEnded):
                        return
        finally:
            self._watchers.discard(queue)

    async def cancel(self, job_id: JobId) -> bool:
        if job_id not in self._tasks:
            return False
        self.robot.executor.cancel(job_id)
        return True

    async def jobs(self, limit: int, status: JobStatus | None = None) -> Sequence[HistoryEntry]:
        return self.journal.history(limit, status)

    async def job(self, job_id: JobId) -> tuple[HistoryEntry, JobResult | None] | None:
        for entry in self.journal.history(1000):
            if entry.job_id == job_id:
                return entry, self.journal.result(job_id)
        return None

    async def retry(
        self, job_id: JobId, *, start: From = "start", version: Version = "old"
    ) -> JobId:
        job, steps = again(self.journal, job_id, start=start, version=version, now=now())
        if steps:
            self.journal.accept_begun(job, steps)
        else:
            await self.journal.aaccept(job)
        self._begin(job)
        return job.id

    async def resolve(self, job_id: JobId, decisions: Mapping[str, str]) -> None:
        job = self._known(job_id)
        self.robot.decide(job, decisions)
        self._begin(job)

    async def metrics(self) -> Mapping[str, Any]:
        return {"jobs_completed": len(self.journal.history(1000, JobStatus.COMPLETED))}

    async def verify_audit(self, heads: Sequence[AuditHead] = ()) -> Sequence[Fault]:
        return check_audit(self.journal, self.robot.config.checkpoint_dir, heads)

    async def extras(self):
        return lacking(self.journal.workflows_seen(LOOKED_AT))

    async def metric_history(
        self, since: datetime, until: datetime
    ) -> Sequence[tuple[datetime, MetricMinute]]:
        return [(since, MetricMinute(jobs_completed=2, queues={"waiting": 1}))]

    async def group(self) -> GroupStatus | None:
        return self.in_group

    async def promote(self, robot: str) -> None:
        self._change(robot, "promote", "passive")

    async def demote(self, robot: str) -> None:
        self._change(robot, "demote", "active")

    async def drill(self) -> GroupDrill:
        self.asked.append(("drill", None))
        phases = tuple(DrillPhase(name=name, seconds=0.25) for name in ("look", "commit"))
        return GroupDrill(group="team", promoted="b", retired=("r-1",), phases=phases)

    async def sync(self) -> Mapping[str, int]:
        self.asked.append(("sync", None))
        return {"synced_nodes": 2, "members_updated": 1}

    def _change(self, robot: str, what: str, role: str) -> None:
        self.asked.append((what, robot))
        if self.in_group is None or robot not in self.in_group.names(role):
            raise MembershipError(f"{robot} is not a {role} member")

    async def reload(self) -> Sequence[str]:
        return ("checkpoint_dir",)

    async def close(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def tell(self, event: RobotEvent) -> None:
        for queue in self._watchers:
            queue.put_nowait(event)

    def _known(self, job_id: JobId) -> Job:
        job = self.journal.job(job_id)
        if job is None:
            raise JobStateError(f"there is no job {job_id}", code="E-JOB-404")
        return job

    async def _become(self, state: RobotState) -> None:
        self._state, self._since = state, now()
        self.tell(StatusChanged(status=await self.status(), at=now()))

    def _begin(self, job: Job) -> None:
        if job.id not in self._tasks:
            self._tasks[job.id] = asyncio.create_task(self._execute(job))

    async def _execute(self, job: Job) -> None:
        async with self._one_at_a_time:
            self._running = RunningJob(
                job_id=job.id, name=job.name, origin=job.origin, started_at=now()
            )
            self.tell(JobStarted(job_id=job.id, name=job.name, at=now()))
            try:
                result = await self.robot.run(job, listener=_Teller(self, job.id))
            finally:
                self._running = None
                self._tasks.pop(job.id)
            self.tell(JobEnded(job_id=job.id, result=result, at=now()))


class _Teller:
    """Makes events of what an executor's listener hears, in its thread."""

    def __init__(self, robot: ServedRobot, job_id: JobId) -> None:
        self._robot, self._id = robot, job_id
        self._loop = asyncio.get_running_loop()

    def progress(self, node_id: str | None, nodes_executed: int) -> None:
        self._tell(
            NodeStarted(job_id=self._id, node_id=node_id, nodes_executed=nodes_executed, at=now())
        )

    def node_ended(
        self, node_id: str, node_type: str, seconds: float, error: str | None, outputs: Glance
    ) -> None:
        facts = {
            "job_id": self._id,
            "node_id": node_id,
            "node_type": node_type,
            "seconds": seconds,
            "at": now(),
        }
        if error is None:
            self._tell(NodeCompleted(**facts, outputs=outputs))
        else:
            self._tell(NodeFailed(**facts, error=error))

    def log(self, line: Any) -> None:
        self._tell(JobLogged(job_id=self._id, line=line, at=now()))

    def _tell(self, event: RobotEvent) -> None:
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._robot.tell, event)
