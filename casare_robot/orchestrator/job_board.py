"""Every job, from its submission to its end, in the store."""

import logging
import uuid
from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Any, Protocol

import msgspec

from casare_robot.domain.errors import ConflictError, JobRefusedError, NotFoundError
from casare_robot.domain.job import JobError, JobStatus
from casare_robot.domain.robot_events import JobStarted
from casare_robot.link.native.messages import ErrorInfo, JobAssignment, JobResult
from casare_robot.orchestrator import job_rules as rules
from casare_robot.orchestrator.feed import Feed
from casare_robot.orchestrator.job_record import (
    AT_ROBOT,
    JobRecord,
    Status,
    Submission,
    new_record,
    record_of,
)
from casare_robot.store.conditions import AnyOf, Below, Within
from casare_robot.store.records import Change, Fence, Put
from casare_robot.store.store import Store

log = logging.getLogger(__name__)

JOB, WORKFLOW, RESULT = "job", "workflow", "result"
KEPT = 90 * 86_400.0
"""Seconds that jobs which have ended are kept."""
SPARE = 20
"""Waiting jobs that are looked at beyond those that there is room for."""
_RULE = Callable[[JobRecord], JobRecord | None]


class Fenced(Protocol):
    """Who has the right to write."""

    @property
    def fence(self) -> Fence:
        """What writes carry.

        Raises:
            StaleLeaseError: It may not write at this moment.
        """
        ...


class JobBoard:
    """Jobs and what happens to them.

    Every change is committed on return and told to the feed; a cancelled call
    has happened or not. All may raise `StoreError`.

    Args:
        store: Where jobs are kept.
        mandate: In whose name: of two servers on one store only one may write.
        feed: Who is told.
        clock: Wall clock, seconds since 1970.
        kept: Seconds that jobs which have ended are kept.
    """

    def __init__(
        self,
        store: Store,
        *,
        mandate: Fenced,
        feed: Feed,
        clock: Callable[[], float],
        kept: float = KEPT,
    ) -> None:
        self._store = store
        self._mandate = mandate
        self._feed = feed
        self._clock = clock
        self._kept = kept

    async def submit(self, wanted: Submission, *, retry_of: str | None = None) -> tuple[str, bool]:
        """Keep a new job; its id, and whether it is new.

        Raises:
            JobRefusedError: The id belongs to another content (E-JOB-209).
        """
        content = bytes(wanted.workflow)
        digest = sha256(content).hexdigest()
        job_id = wanted.job_id or uuid.uuid4().hex
        record = new_record(wanted, workflow=digest, now=self._clock())
        record = msgspec.structs.replace(record, retry_of=retry_of)
        changes: list[Change] = [Put(table=JOB, key=job_id, record=record.row(), version=0)]
        if await self._store.get(WORKFLOW, digest) is None:
            text = content.decode()
            changes.append(Put(table=WORKFLOW, key=digest, record={"content": text}))
        try:
            await self._store.commit(*changes, fence=self._mandate.fence)
        except ConflictError:
            known = await self._known(job_id)
            if (known.workflow, known.variables) != (digest, record.variables):
                raise JobRefusedError(
                    f"job {job_id!r} is already kept with other content", code="E-JOB-209"
                ) from None
            return job_id, False
        self._tell(job_id, record)
        return job_id, True

    async def retry(self, job_id: str) -> str:
        """Submit a job's workflow again, as a new job; the new one's id.

        Raises:
            NotFoundError: There is no such job.
        """
        job = await self._known(job_id)
        again = Submission(
            workflow=msgspec.Raw(await self._workflow(job)),
            name=job.name,
            variables=job.variables,
            robot_id=job.robot if job.targeted else None,
            environment=job.environment,
            tags=job.tags,
            priority=job.priority,
            timeout=job.timeout,
            needs_desktop=job.needs_desktop,
            restartable=job.restartable,
            on_disconnect=job.on_disconnect,
        )
        new_id, _ = await self.submit(again, retry_of=job_id)
        return new_id

    async def job(self, job_id: str) -> JobRecord | None:
        """One job, or None."""
        row = await self._store.get(JOB, job_id)
        return None if row is None else record_of(row.record)

    async def result_log(self, job_id: str) -> list[dict[str, Any]]:
        """The log lines that came with a job's result."""
        row = await self._store.get(RESULT, job_id)
        return [] if row is None else list(row.record["result"].get("log", ()))

    async def jobs(
        self, *, limit: int, status: Status | None = None, robot: str | None = None
    ) -> list[tuple[str, JobRecord]]:
        """The newest first."""
        where: dict[str, Any] = {}
        if status is not None:
            where["status"] = status.value
        if robot is not None:
            where["robot"] = robot
        rows = await self._store.find(JOB, where, order=("-created",), limit=limit)
        return [(row.key, record_of(row.record)) for row in rows]

    async def at_robot(self, robot: str) -> dict[str, JobRecord]:
        """Jobs that a robot owes a result for, oldest first."""
        at_robot = AnyOf(tuple(status.value for status in AT_ROBOT))
        where: dict[str, Any] = {"robot": robot, "status": at_robot}
        rows = await self._store.find(JOB, where)
        return {row.key: record_of(row.record) for row in rows}

    async def own(self, robot: str, *, resting: frozenset[str] = frozenset()) -> list[str]:
        """Jobs that wait for this one robot, the highest priority first."""
        wanted = {"status": Status.QUEUED.value, "robot": robot}
        rows = await self._store.find(JOB, wanted, order=("-priority",))
        return [row.key for row in rows if row.key not in resting]

    async def open_to(
        self,
        *,
        tags: Iterable[str],
        environment: str,
        most: int,
        resting: frozenset[str] = frozenset(),
    ) -> list[tuple[str, JobRecord]]:
        """Jobs that any robot of this kind may have, the highest priority first.

        Args:
            tags: What it can do.
            environment: Where it works.
            most: So many are wanted; some more come, for a robot may have refused some.
            resting: Jobs that are to wait a little, because they were refused.
        """
        where: dict[str, Any] = {
            "status": Status.QUEUED.value,
            "robot": None,
            "tags": Within(tuple(tags)),
            "environment": AnyOf((environment, None)),
        }
        limit = most + len(resting) + SPARE
        rows = await self._store.find(JOB, where, order=("-priority",), limit=limit)
        return [(row.key, record_of(row.record)) for row in rows if row.key not in resting]

    async def assign(self, job_id: str, robot: str) -> JobAssignment | None:
        """Give a waiting job to a robot; None if it does not wait any more."""
        now = self._clock()
        job = await self._change(job_id, lambda job: rules.assign(job, robot, now))
        return None if job is None else job.assignment(job_id, await self._workflow(job))

    async def assignment(self, job_id: str, job: JobRecord) -> JobAssignment:
        """What the robot that has a job is to be sent again."""
        return job.assignment(job_id, await self._workflow(job))

    async def accepted(self, job_id: str, robot: str) -> None:
        """The robot has it on disk."""
        await self._change(job_id, lambda job: rules.accept(job, robot, self._clock()))

    async def refused(self, job_id: str, robot: str, error: ErrorInfo, *, later: bool) -> None:
        """The robot does not take it."""
        now = self._clock()
        await self._change(job_id, lambda job: rules.refuse(job, robot, error, now, later=later))

    async def began(self, robot: str, event: JobStarted) -> None:
        """The robot runs it."""
        at = event.at.timestamp()
        await self._change(event.job_id, lambda job: rules.begin(job, robot, at))

    async def give_up(self, job_id: str, error: JobError) -> None:
        """It cannot reach any robot."""
        await self._change(job_id, lambda job: rules.give_up(job, error, self._clock()))

    async def forgotten(self, job_id: str, robot: str) -> None:
        """The robot does not know a job that it was given."""
        await self._change(job_id, lambda job: rules.forget(job, robot, self._clock()))

    async def cancel(self, job_id: str, reason: str, *, forced: bool = False) -> JobRecord:
        """Ask for its end; the job as it is now.

        Raises:
            NotFoundError: There is no such job.
        """
        now = self._clock()
        changed = await self._change(
            job_id, lambda job: rules.cancel(job, reason, now, forced=forced)
        )
        return changed or await self._known(job_id)

    async def ended(self, robot: str, result: JobResult) -> None:
        """Keep a result; who sent it may forget it on return.

        One that nobody waits for any more, or for a job that is not known, is
        kept beside the job as evidence.
        """
        kept = {"robot": robot, "at": self._clock(), "result": msgspec.to_builtins(result)}
        changed = await self._change(
            result.job_id,
            lambda job: rules.end(job, robot, result, self._clock()),
            Put(
                table=RESULT,
                key=result.job_id,
                record=kept,
                ttl=None if result.status is JobStatus.NEEDS_ATTENTION else self._kept,
            ),
        )
        known = None if changed else await self._store.get(RESULT, result.job_id)
        is_repeated = known is not None and known.record["result"]["key"] == result.key
        if not changed and not is_repeated:
            log.warning("job %s: an unexpected result of robot %s is kept", result.job_id, robot)
            place = f"{result.job_id}/{result.key}"
            fence = self._mandate.fence
            await self._store.put("evidence", place, kept, ttl=self._kept, fence=fence)

    async def expire(self) -> None:
        """End what waited for too long."""
        now = self._clock()
        where: dict[str, Any] = {"status": Status.QUEUED.value, "expires": Below(now)}
        for row in await self._store.find(JOB, where):
            await self._change(row.key, lambda job: rules.expire(job, now))

    async def _change(self, job_id: str, rule: _RULE, *more: Change) -> JobRecord | None:
        """Apply a rule; the job after it, or None if there is none or nothing changed."""
        while True:
            row = await self._store.get(JOB, job_id)
            job = None if row is None else rule(record_of(row.record))
            if row is None or job is None:
                return None
            ttl = None if job.ended is None else self._kept
            change = Put(table=JOB, key=job_id, record=job.row(), version=row.version, ttl=ttl)
            try:
                await self._store.commit(change, *more, fence=self._mandate.fence)
            except ConflictError:
                continue  # somebody was faster: the rule looks at what is there now
            self._tell(job_id, job)
            return job

    async def _known(self, job_id: str) -> JobRecord:
        job = await self.job(job_id)
        if job is None:
            raise NotFoundError(JOB, job_id)
        return job

    async def _workflow(self, job: JobRecord) -> bytes:
        row = await self._store.get(WORKFLOW, job.workflow)
        if row is None:
            raise NotFoundError(WORKFLOW, job.workflow)
        content: str = row.record["content"]
        return content.encode()

    def _tell(self, job_id: str, job: JobRecord) -> None:
        self._feed.tell("job", job_id, job.shown(job_id))
