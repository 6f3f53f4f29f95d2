"""What a robot does for its group while it is a member: claims, keeps, watches, reports."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any

import msgspec

from casare_robot.agent import group_jobs
from casare_robot.agent.claimed import Claimed, Robot
from casare_robot.agent.shared_steps import SharedJob
from casare_robot.agent.workflow_sketch import sketched
from casare_robot.domain.errors import (
    DiskFullError,
    JobRefusedError,
    JobStateError,
    NotFoundError,
    StaleLeaseError,
    StoreError,
)
from casare_robot.domain.job import GROUP, Job, JobId, JobResult, JobStatus
from casare_robot.domain.json_guard import JsonRefusedError
from casare_robot.groups.dispatcher import Dispatcher
from casare_robot.groups.job_rows import DESKTOP, TABLE, lease_of, removal_of_steps
from casare_robot.groups.job_steps import JobSteps
from casare_robot.groups.lease import Lease
from casare_robot.groups.records import Job as GroupJob
from casare_robot.store.held_lease import HeldLease
from casare_robot.store.records import Change
from casare_robot.store.store import Store

log = logging.getLogger(__name__)

LATER = ("E-JOB-503", "E-QUEUE-429")
"""Refusals that say nothing about the job: another robot, or a later time, may take it."""
LEAVES_WITHIN = 1.0


class GroupWork:
    """The jobs of one membership.

    Args:
        store: The group's.
        dispatcher: Gives jobs, and takes results.
        identity: The robot's own lease: claims are made in its name.
        robot: Whose work it is.
        wake: Called when a look is due.
    """

    def __init__(
        self,
        store: Store,
        dispatcher: Dispatcher,
        identity: Lease,
        robot: Robot,
        *,
        wake: Callable[[], None],
    ) -> None:
        self._store = store
        self._dispatcher = dispatcher
        self._rows = dispatcher.jobs
        self._identity = identity
        self._robot = robot
        self._wake = wake
        self._claimed: dict[JobId, Claimed] = {}
        self._stopping: set[asyncio.Task[None]] = set()
        self._ended = asyncio.Event()

    def ended(self) -> None:
        """A job has left its place."""
        self._ended.set()

    async def take_up_own(self) -> None:
        """Go on with jobs that are still this robot's own though it let go of them."""
        mine = {"robot": self._robot.id, "group": self._dispatcher.group, "status": "running"}
        rows = await self._store.find(TABLE, mine)
        for row in rows:
            if JobId(row.key) not in self._claimed:
                job = await self._own(id=row.key)
                if job is not None:
                    await self._take_up(job)

    async def claim(self) -> bool:
        """Claim jobs into the places that are free; whether some may be there that others hold."""
        while self._robot.taker.free_slots > 0:
            job = await self._dispatcher.claim(
                self._robot.id,
                self._robot.can,
                holder=self._identity.holder,
                fence=self._identity.fence,
            )
            if job is None:
                return await self._rows.waiting(self._dispatcher.group) > 0
            if self._robot.taker.free_slots <= 0:  # somebody said so, or was faster, meanwhile
                await self._rows.give_back(job)
                break
            if not await self._take_up(job):
                break
        return False

    async def check(self) -> None:
        """Stop what is not this robot's any more, and pass on cancellations."""
        for job_id, claimed in tuple(self._claimed.items()):
            row = await self._store.get(TABLE, job_id)
            record = {} if row is None else row.record
            if not self._robot.queue.holds(job_id):
                continue  # it has ended, and is told
            if record.get("robot") != self._robot.id or record.get("status") != "running":
                self._stop(job_id, claimed, "the group has given the job away")
            elif record.get("cancelled_by") and not claimed.is_cancelled:
                claimed.is_cancelled = self._robot.taker.cancel(job_id, "the group cancels it")

    async def report(self, result: JobResult) -> bool:
        """Tell the group how a job ended; an old token's result is kept there as evidence.

        Raises:
            ConnectionError: The job is still held by this robot's last process.
        """
        job_id = result.job_id
        claimed = self._claimed.get(job_id)
        job = claimed.job if claimed is not None else await self._as_it_was(job_id)
        if job is not None:
            await self._tell(job, claimed, result)
        await self._forget(job_id)
        return True

    async def retake(self, job_id: JobId, step: bytes) -> None:
        """Take a parked job up again, with what a person decided as its next step.

        Raises:
            JobStateError: It is not parked at this robot any more.
        """
        job = await self._own(status="needs_attention", id=job_id)
        held = None if job is None else await self._hold(job)
        if job is None or held is None:
            raise JobStateError(
                f"job {job_id!r} does not wait for a decision at this robot any more",
                code="E-JOB-409",
            )
        claimed = self._keep(job, held)
        try:
            await self._go_on(claimed, step)
        except BaseException:
            await self._let_go(job_id, claimed)  # it is still ours, and taken up again
            raise

    async def _go_on(self, claimed: Claimed, step: bytes) -> None:
        if claimed.stays:
            await self._begin(claimed, None, None)
            return
        _, _, shared = await self._shared(claimed)
        shared.found()  # they are in the journal
        await shared.steps.append([step])
        await self._begin(claimed, shared, None)

    async def stop_all(self, why: str) -> None:
        """Stop every job that others may take; returns when they are stopped."""
        for job_id, claimed in tuple(self._claimed.items()):
            if claimed.stays:
                await self._let_go(job_id, claimed)
            else:
                self._stop(job_id, claimed, why)
        if self._stopping:
            await asyncio.wait(self._stopping)

    async def close(self) -> None:
        """Stop everything; what cannot be stopped soon keeps its lease until it runs out."""
        try:
            async with asyncio.timeout(LEAVES_WITHIN):
                await self.stop_all("the robot leaves its group")
        except TimeoutError:
            log.warning("jobs of the group did not stop in %.1f s", LEAVES_WITHIN)
            for task in self._stopping:
                task.cancel()

    async def _own(self, **of: Any) -> GroupJob | None:
        return await self._rows.reclaim(
            self._dispatcher.group,
            self._robot.id,
            holder=self._identity.holder,
            fence=self._identity.fence,
            **of,
        )

    async def _hold(self, job: GroupJob) -> HeldLease | None:
        held = await HeldLease.take(self._store, lease_of(job).name, self._identity.holder)
        if held is not None and held.token != job.token:
            await held.release()
            return None
        return held

    def _keep(self, job: GroupJob, held: HeldLease) -> Claimed:
        claimed = Claimed(job=job, held=held)
        job_id = JobId(job.id)
        self._claimed[job_id] = claimed
        claimed.guard = asyncio.create_task(self._guard(job_id, claimed), name=f"lease of {job_id}")
        return claimed

    async def _take_up(self, job: GroupJob) -> bool:
        """Whether more may be claimed."""
        held = await self._hold(job)
        if held is None:
            return False
        claimed = self._keep(job, held)
        try:
            await self._accept(JobId(job.id), claimed)
        except (JobRefusedError, DiskFullError) as error:
            log.warning("job %s of the group is not taken: %s", job.id, error)
            if isinstance(error, JobRefusedError) and error.code not in LATER:
                await self._tell(job, claimed, group_jobs.refused(JobId(job.id), error))
                await self._forget(JobId(job.id))
            else:
                await self._rows.give_back(job)
                await self._let_go(JobId(job.id), claimed)
                return False
        except BaseException:
            await self._let_go(JobId(job.id), claimed)  # it is still ours, and taken up again
            raise
        return True

    async def _accept(self, job_id: JobId, claimed: Claimed) -> None:
        """Have a claimed job run here, from where its steps end."""
        robot, job = self._robot, claimed.job
        if robot.queue.holds(job_id):
            if claimed.stays:
                return
            await self._until(lambda: not robot.queue.holds(job_id))
        begun_here = await robot.journal.arecalled(_note(job_id))
        is_owed = job_id in robot.queue.held(GROUP)
        if is_owed and begun_here == job.begun and await self._has_ended(job_id):
            robot.taker.held_jobs(GROUP)  # which rings for its result
            return
        await robot.queue.disown(job_id)
        if job.cancelled_by:  # while nobody had it
            if not claimed.stays:
                await self._shared(claimed)  # its steps go with it
            await self._tell(job, claimed, group_jobs.cancelled(job_id, job.cancelled_by))
            await self._forget(job_id)
            return
        if claimed.stays:
            if job.begun:
                await self._park(job_id, claimed, "its robot has lost what it knew of the job")
                return
            await self._begin(claimed, None, await self._made(job))
            return
        accepted, found, shared = await self._shared(claimed)
        if accepted is not None and not job.restartable:
            await self._park(job_id, claimed, "the job was interrupted, and must not be resumed")
            return
        if accepted is None:
            made = await self._made(job)
        else:  # a person may have lifted the author's veto since
            kept = group_jobs.unpacked(accepted)
            made = msgspec.structs.replace(kept, restartable=job.restartable)
        if await self._is_beyond(made):
            log.info("job %s needs a desktop, which this robot does not have", job_id)
            await self._rows.give_back(job, needs=DESKTOP)
            await self._let_go(job_id, claimed)
            return
        log.info("job %s of the group is taken up, with %d steps done", job_id, len(found))
        await self._begin(claimed, shared, made)

    async def _begin(self, claimed: Claimed, shared: SharedJob | None, made: Job | None) -> None:
        """Write down whose it is now, and only then let it run."""
        job_id, token = JobId(claimed.job.id), claimed.job.token
        if shared is not None:
            packed = b"" if made is None else group_jobs.packed(made)
            await shared.steps.accept(packed, token)
            self._robot.steps.share(job_id, shared)
        else:
            fence = claimed.held.fence
            await self._store.patch(TABLE, job_id, {"token": token}, fence=fence)
        await self._robot.journal.aremember(_note(job_id), token)
        if made is not None:
            await self._robot.taker.offer(made)
            if self._claimed.get(job_id) is not claimed and not claimed.stays:
                self._robot.taker.abandon(job_id, "its lease was lost before it was here")

    async def _shared(self, claimed: Claimed) -> tuple[bytes | None, list[bytes], SharedJob]:
        job_id = JobId(claimed.job.id)
        steps = JobSteps(self._store, job_id, lambda: claimed.held.fence)
        accepted, found = await steps.load()

        def refused(error: StoreError) -> None:
            if isinstance(error, StaleLeaseError):
                self._stop(job_id, claimed, "the group has given the job to another robot")
            else:
                self._give_up(job_id, claimed, str(error))

        claimed.shared = SharedJob(steps, claimed.held, found=found, refused=refused)
        return accepted, found, claimed.shared

    async def _made(self, job: GroupJob) -> Job:
        name = group_jobs.named_workflow(job)
        if name is None:
            return group_jobs.job_of(job, None)
        found = await asyncio.to_thread(self._robot.workflows.find, name)
        return group_jobs.job_of(job, found.workflow, found.folder)

    async def _is_beyond(self, job: Job) -> bool:
        """Whether its nodes need mouse, keyboard and screen, and there are none."""
        with suppress(JsonRefusedError):  # who takes it in says so
            return DESKTOP not in self._robot.can and (await sketched(job.workflow)).needs_desktop
        return False

    async def _park(self, job_id: JobId, claimed: Claimed, why: str) -> None:
        log.warning("job %s needs attention: %s", job_id, why)
        await self._tell(claimed.job, claimed, group_jobs.parked(job_id, "E-JOB-410", why))
        await self._forget(job_id)

    async def _tell(self, job: GroupJob, claimed: Claimed | None, result: JobResult) -> None:
        removal: Sequence[Change] = ()
        shared = None if claimed is None else claimed.shared
        if shared is not None:
            await shared.settled()
        if result.status is not JobStatus.NEEDS_ATTENTION:
            if shared is not None:
                removal = shared.steps.removal()
            else:  # another process of this robot may have left some
                removal = await removal_of_steps(self._store, job.id)
        kept = await self._dispatcher.complete(
            job,
            group_jobs.told(result),
            robot=self._robot.id,
            succeeded=result.status is JobStatus.COMPLETED,
            status=group_jobs.STATUSES.get(result.status, ""),
            more=removal,
        )
        if not kept:
            log.warning(
                "the result of job %s came too late: it is kept as evidence only", result.job_id
            )

    async def _as_it_was(self, job_id: JobId) -> GroupJob | None:
        """A job whose lease another process of this robot had; with its old token if it is lost.

        Raises:
            ConnectionError: That lease has not run out yet.
        """
        token = await self._robot.journal.arecalled(_note(job_id)) or 0
        try:
            job = await self._rows.get(job_id)
        except NotFoundError:
            log.warning("the group knows no job %s any more", job_id)
            return None
        old = lease_of(job)
        is_own = job.robot == self._robot.id and job.status == "running" and job.token == token
        if not is_own:
            return msgspec.structs.replace(job, token=token)
        again = await self._own(id=job_id)
        if again is None:
            raise ConnectionError(f"{old.name} is not free yet")
        return again

    async def _forget(self, job_id: JobId) -> None:
        """The group knows how it ended."""
        claimed = self._claimed.get(job_id)
        if claimed is not None:
            await self._let_go(job_id, claimed)
        self._robot.steps.keep(job_id)
        await self._robot.journal.aremember(_note(job_id), None)
        self._wake()

    async def _guard(self, job_id: JobId, claimed: Claimed) -> None:
        """Stop the job before anybody else can have it; one that stays is nobody else's."""
        await claimed.held.lost()
        if claimed.stays:
            await self._let_go(job_id, claimed)
        else:
            self._stop(job_id, claimed, "the lease of the job is lost")

    def _stop(self, job_id: JobId, claimed: Claimed, why: str) -> None:
        if self._claimed.get(job_id) is not claimed:
            return
        log.warning("job %s stops: %s", job_id, why)
        del self._claimed[job_id]
        if claimed.shared is not None:
            claimed.shared.end()
        self._robot.taker.abandon(job_id, why)
        self._later(f"stop {job_id}", self._stopped(job_id, claimed))

    def _give_up(self, job_id: JobId, claimed: Claimed, why: str) -> None:
        """Stop a job that nobody can go on with, and let a person see to it."""
        if self._claimed.get(job_id) is claimed:
            self._robot.taker.abandon(job_id, why)
            self._later(f"park {job_id}", self._given_up(job_id, claimed, why))

    async def _given_up(self, job_id: JobId, claimed: Claimed, why: str) -> None:
        await self._until(lambda: not self._robot.runs(job_id))
        try:
            await self._park(job_id, claimed, why)
        except StoreError as error:
            log.warning("job %s cannot be parked yet: %s", job_id, error)
            await self._let_go(job_id, claimed)  # it is taken up again, and parked then

    def _later(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name=name)
        self._stopping.add(task)
        task.add_done_callback(self._stopping.discard)

    async def _stopped(self, job_id: JobId, claimed: Claimed) -> None:
        """Give the lease back once nothing of the job runs any more, not a moment earlier."""
        try:
            await self._until(lambda: not self._robot.runs(job_id))
        finally:
            claimed.held.let_run_out()  # if this is cancelled, nobody renews it for ever
        await self._release(claimed)

    async def _has_ended(self, job_id: JobId) -> bool:
        return await asyncio.to_thread(self._robot.journal.result, job_id) is not None

    async def _until(self, is_so: Callable[[], bool]) -> None:
        while not is_so():
            self._ended.clear()
            await self._ended.wait()

    async def _let_go(self, job_id: JobId, claimed: Claimed) -> None:
        if self._claimed.get(job_id) is claimed:
            del self._claimed[job_id]
        await self._release(claimed)

    async def _release(self, claimed: Claimed) -> None:
        if claimed.guard is not None and claimed.guard is not asyncio.current_task():
            claimed.guard.cancel()
        await claimed.held.release()


def _note(job_id: JobId) -> str:
    """Where the journal keeps the token under which a job was last begun here."""
    return f"{TABLE}:{job_id}"
