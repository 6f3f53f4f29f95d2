"""The robot's group, as a source of jobs."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from casare_robot.agent.capabilities import capabilities
from casare_robot.agent.claimed import Robot
from casare_robot.agent.group_work import GroupWork
from casare_robot.agent.named_workflows import NamedWorkflows
from casare_robot.agent.shared_steps import SharedSteps
from casare_robot.domain.errors import (
    Fault,
    GroupError,
    JobStateError,
    JournalDamagedError,
    RobotError,
    StoreBusyError,
    StoreError,
)
from casare_robot.domain.job import GROUP, JobId, JobResult
from casare_robot.domain.job_source import JobTaker
from casare_robot.domain.robot_events import JobEnded, RobotEvent, StatusChanged
from casare_robot.domain.robot_status import RobotState
from casare_robot.groups.conversation import Asker
from casare_robot.groups.dispatcher import Dispatcher
from casare_robot.groups.event_text import FLEET, stream_of
from casare_robot.groups.lease import Lease
from casare_robot.groups.membership import roll_of
from casare_robot.groups.records import ACTIVE, RETIRED
from casare_robot.groups.robot_group import RobotGroup
from casare_robot.journal.journal import Journal
from casare_robot.journal.offline_queue import OfflineQueue
from casare_robot.store.opening import open_store

if TYPE_CHECKING:
    from casare_robot.groups.model_judge import ModelJudge
    from casare_robot.store.store import Store

log = logging.getLogger(__name__)

AGAIN = 0.5
"""Seconds until one who could not join tries again."""
RESTING = (RobotState.PAUSED, RobotState.DRAINING, RobotState.STOPPING)
"""States in which a robot begins no jobs: as a standby it takes over last."""
SOON = 0.1
"""Of the store's poll: until the next look where a job waits whose last lease has not run
out yet."""
FAREWELL = "the robot had gone: its group says who goes on with the job"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a robot is a member, as whom, and as what if it is new there."""

    group: str
    store_url: str
    robot: str
    role: str
    tags: tuple[str, ...] = ()


class GroupSource:
    """A `JobSource`: keeps the robot a member of its group, whatever the store does.

    While active it claims jobs, as many as there are free places. Whether active
    or passive, it keeps in step and takes over when another falls silent. Who
    loses the lease of its name stops the group's jobs, and comes back when it can.

    Args:
        place: Its group.
        queue, journal: The robot's own.
        runs: Whether a job has a place.
        steps: Where its jobs' steps go.
        workflows: What jobs and topics mean by name.
        asker: Answers for this robot.
        judge: Chooses who answers; None: the built-in one does. Ended with the source.
        desktop: Why it has no desktop; empty: it has one.
        kept: Seconds that the group remembers a job that has ended here.

    Attributes:
        group_id, role, group, store: See `GroupSeat`.
        trouble: Why it cannot do its part at the moment; None: it can.
    """

    name = GROUP

    def __init__(
        self,
        place: Place,
        *,
        queue: OfflineQueue,
        journal: Journal,
        runs: Callable[[JobId], bool],
        steps: SharedSteps,
        workflows: NamedWorkflows,
        asker: Asker,
        judge: "ModelJudge | None",
        desktop: Callable[[], Awaitable[str]],
        kept: Callable[[], float],
    ) -> None:
        self._place = place
        self._queue = queue
        self._journal = journal
        self._runs = runs
        self._steps = steps
        self._workflows = workflows
        self._asker = asker
        self._judge = judge
        self._desktop = desktop
        self._kept = kept
        self.group_id = place.group
        self.role = ""
        self.group: RobotGroup | None = None
        self.store: Store | None = None
        self._work: GroupWork | None = None
        self._bell = asyncio.Event()
        self.trouble: Fault | None = None
        self._said = ""
        self._is_resting = False
        self._withheld = [job_id for job_id in queue.held(GROUP) if self._withhold(job_id)]

    async def run(self, robot: JobTaker) -> None:
        """Be a member until cancelled."""
        for job_id in self._withheld:
            self._queue.put_back(job_id)
            robot.abandon(job_id, FAREWELL)
        self._withheld = []
        try:
            while True:
                try:
                    await self._be_member(robot)
                except (RobotError, OSError) as error:
                    self._note(f"cannot work in group {self._place.group}: {error}", error)
                await asyncio.sleep(AGAIN)
        finally:
            if self._judge is not None:
                await self._judge.close()
            if self.store is not None:
                await self.store.close()

    async def look(self) -> None:
        """Look for jobs now."""
        self._bell.set()

    async def report(self, result: JobResult) -> bool:
        """Tell the group how a job ended; one that was given away is told by who has it.

        Raises:
            ConnectionError: The robot is no member at the moment.
        """
        if result.error is not None and result.error.code == "E-JOB-423":
            return True
        if self._work is None:
            raise ConnectionError(self._why() or "the robot is no member at the moment")
        return await self._work.report(result)

    def inform(self, event: RobotEvent) -> None:
        """A place may be free, or closed."""
        if isinstance(event, JobEnded) and self._work is not None:
            self._work.ended()
        if isinstance(event, StatusChanged):
            self._is_resting = event.status.state in RESTING
        if isinstance(event, JobEnded | StatusChanged):
            self._bell.set()

    async def retake(self, job_id: JobId, step: bytes) -> None:
        """Take up a parked job again; see `GroupWork.retake`.

        Raises:
            JobStateError: It is another's, or the robot is no member at the moment.
        """
        if self._work is None:
            why = self._why() or "the robot is no member of its group at the moment"
            raise JobStateError(f"job {job_id!r} belongs to a group: {why}", code="E-JOB-409")
        try:
            await self._work.retake(job_id, step)
        except StoreError as error:
            raise JobStateError(str(error), code="E-JOB-409") from error

    def _withhold(self, job_id: JobId) -> bool:
        """Keep a job of the last process from going on before it is known whose it is now."""
        if not self._queue.holds(job_id):
            return False
        try:
            job = self._journal.job(job_id)
        except JournalDamagedError:  # when it is run, it is parked
            return False
        return job is not None and job.on_disconnect != "continue" and self._queue.take(job_id)

    async def _be_member(self, taker: JobTaker) -> None:
        """Join, work, and leave; returns when the robot's lease is lost."""
        place = self._place
        if self.store is None:
            self.store = await open_store(place.store_url)
        store = self.store
        can = capabilities(place.tags, has_desktop=not await self._desktop())
        group = await RobotGroup.open(store, place.group, asker=self._asker, judge=self._judge)
        try:
            identity = await group.enrol(place.robot, role=place.role, capabilities=can)
            work = GroupWork(
                store,
                Dispatcher(store, group.bus, kept=self._kept),
                identity,
                Robot(
                    id=place.robot,
                    taker=taker,
                    queue=self._queue,
                    journal=self._journal,
                    runs=self._runs,
                    steps=self._steps,
                    workflows=self._workflows,
                    can=can,
                ),
                wake=self._bell.set,
            )
            self._work, self.group = work, group
            taker.held_jobs(GROUP)
            try:
                await self._work_while(identity, group, store, work, can)
            finally:
                await work.close()
                self._work = self.group = None
        finally:
            await group.shutdown()

    async def _work_while(
        self,
        identity: Lease,
        group: RobotGroup,
        store: "Store",
        work: GroupWork,
        can: tuple[str, ...],
    ) -> None:
        async def hear() -> None:
            async with store.watch(stream_of(group.id), FLEET) as bell:
                async for _ in bell:
                    self._bell.set()

        async def fence() -> None:
            await identity.lost()
            self._bell.set()
            await work.stop_all(f"another may be {self._place.robot} now")

        helpers = [asyncio.create_task(helper(), name="group") for helper in (hear, fence)]
        try:
            while identity.valid:
                self._bell.clear()
                try:
                    is_due = await self._turn(group, work, can)
                except RobotError as error:  # as long as the lease holds, this may pass
                    self._note(f"cannot look at group {group.id}: {error}", error)
                    is_due = True
                try:
                    async with asyncio.timeout(store.poll * (SOON if is_due else 1.0)):
                        await self._bell.wait()
                except TimeoutError:
                    continue
            raise GroupError(f"the lease of {self._place.robot} was lost")
        finally:
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)

    async def _turn(self, group: RobotGroup, work: GroupWork, can: tuple[str, ...]) -> bool:
        """One look; whether the next is due soon."""
        record = (await group.row()).record
        member = next((m for m in roll_of(record).members if m.robot == self._place.robot), None)
        await work.check()
        self.role = member.role if member is not None else ""
        if member is None:
            self._note(f"{self._place.robot} was taken out of group {group.id}")
            return False
        if member.role == RETIRED:
            await group.join(self._place.robot, is_enrolled=True, capabilities=can)
            return True
        if member.is_resting != self._is_resting:
            await group.rest(self._place.robot, is_resting=self._is_resting)
        self._note("")
        await work.take_up_own()
        return member.role == ACTIVE and await work.claim()

    def _why(self) -> str:
        return "" if self.trouble is None else self.trouble.message

    def _note(self, problem: str, error: Exception | None = None) -> None:
        """Say what is new; no problem: what it is in its group."""
        said = problem or f"is {self.role} in group {self.group_id}"
        if said != self._said:
            log.log(logging.WARNING if problem else logging.INFO, "%s", said)
        code = error.code if isinstance(error, StoreBusyError) else "E-GROUP-503"
        self.trouble = Fault(code=code, message=problem) if problem else None
        self._said = said
