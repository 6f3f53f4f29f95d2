"""Jobs of groups as rows: kept, assigned, claimed, finished."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from casare_robot.domain.errors import NotFoundError, StaleLeaseError
from casare_robot.groups.choose import priority_of
from casare_robot.groups.event_text import FLEET, new_id, note, stream_of
from casare_robot.groups.records import CRITICAL, Job
from casare_robot.groups.words import one_of, options
from casare_robot.store.conditions import AnyOf, Within
from casare_robot.store.records import Append, Change, Fence, Patch, Put
from casare_robot.store.store import Store

TABLE = "group_job"
OPEN = ("assigned", "running")
JOB_TTL = 5.0
ON_DISCONNECT = ("continue", "abort")


def job_of(work: Mapping[str, Any], *, by: str, now: float) -> Job:
    """A job from what a group asks for.

    Args:
        work: ``{description, type, priority, capabilities, estimatedEffort, workflow,
            restartable, on_disconnect, id, group, robot}``, all optional.
        by: Who asks.
        now: Seconds of the store's clock.
    """
    known = options(work)
    return Job(
        id=str(known.get("id") or new_id()),
        priority=int(priority_of(known.get("priority", "normal"))),
        capabilities=tuple(known.get("capabilities", ())),
        restartable=bool(known.get("restartable", True)),
        on_disconnect=one_of("on_disconnect", known.get("on_disconnect", "abort"), ON_DISCONNECT),
        work=dict(work),
        submitted_by=by,
        created_at=now,
        group=known.get("group"),
        robot=known.get("robot"),
    )


class JobRows:
    """The jobs of all groups of a store. A message only wakes: the row is the truth."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock

    async def add(self, job: Job) -> None:
        """Keep a job; one with an id that there is already is refused."""
        told = {"taskId": job.id, "submittedBy": job.submitted_by}
        await self._store.commit(
            Put(table=TABLE, key=job.id, record=msgspec.to_builtins(job), version=0),
            _event("task_queued", told),
            *([note(stream_of(job.group), "job:queued", told)] if job.group else []),
        )

    async def get(self, job_id: str) -> Job:
        """A job as it is now."""
        row = await self._store.get(TABLE, job_id)
        if row is None:
            raise NotFoundError(TABLE, job_id)
        return msgspec.convert(row.record, Job)

    async def queued(self, limit: int) -> tuple[Job, ...]:
        """Jobs that nobody has, first come first."""
        rows = await self._store.find(TABLE, {"status": "queued", "group": None}, limit=limit)
        return tuple(msgspec.convert(row.record, Job) for row in rows)

    async def loads(self) -> dict[str, int]:
        """How many open jobs each group has."""
        counts: dict[str, int] = {}
        for row in await self._store.find(TABLE, {"status": AnyOf(OPEN)}):
            counts[row.record["group"]] = counts.get(row.record["group"], 0) + 1
        return counts

    async def count(self) -> int:
        """How many wait."""
        return await self._store.count(TABLE, {"status": "queued"})

    async def assign(self, job: Job, group: str, *, by: str, sender: str, fence: Fence) -> None:
        """Give a job to a group and tell it, in one commit in the leader's name."""
        row = await self._store.get(TABLE, job.id)
        if row is None:
            raise NotFoundError(TABLE, job.id)
        fields = {"status": "assigned", "group": group, "reason": None}
        task = {**job.work, "id": job.id}
        payload = {"task": task, "assignedBy": by, "timestamp": self._clock()}
        await self._store.commit(
            Patch(table=TABLE, key=job.id, fields=fields, version=row.version),
            _message(group, "task_assignment", payload, sender=sender, group_of=by),
            _event("task_assigned", {"taskId": job.id, "targetSwarm": group}),
            _event("task_distributed", {"taskId": job.id, "targetSwarm": group}),
            fence=fence,
        )

    async def claim(
        self, group: str, robot: str, *, holder: str, capabilities: Sequence[str] = ()
    ) -> Job | None:
        """Have a robot take the next job of its group, or of none, that it can do."""
        for wanted in (group, None):
            claim = await self._store.claim(
                TABLE,
                holder=holder,
                ttl=JOB_TTL,
                where={
                    "status": AnyOf(("queued", "assigned")),
                    "group": wanted,
                    "robot": AnyOf((robot, None)),
                    "capabilities": Within(tuple(capabilities)),
                },
                order=("-priority",),
                fields={"status": "running", "robot": robot, "group": group},
            )
            if claim is not None:
                job = msgspec.convert(claim.row.record, Job)
                return msgspec.structs.replace(job, token=claim.lease.token)
        return None

    async def finish(
        self, job: Job, result: Any, *, robot: str, succeeded: bool, sender: str
    ) -> bool:
        """Keep a result, in the name of the job's lease.

        Returns:
            False if the lease is lost: the result is kept as evidence beside the
            job, told as critical, and changes nothing else.
        """
        fence = Fence(name=f"{TABLE}:{job.id}", token=job.token)
        status = "done" if succeeded else "failed"
        payload = {"taskId": job.id, "robotId": robot, "result": result, "success": succeeded}
        try:
            await self._store.commit(
                Patch(table=TABLE, key=job.id, fields={"status": status, "result": result}),
                _message(
                    job.submitted_by,
                    "task_completed",
                    payload,
                    sender=sender,
                    group_of=job.group or "",
                ),
                _event("task_completed", payload),
                fence=fence,
            )
        except StaleLeaseError:
            await self._keep_late(job, payload)
            return False
        await self._store.unlease(fence)
        return True

    async def _keep_late(self, job: Job, payload: Mapping[str, Any]) -> None:
        row = await self._store.get(TABLE, job.id)
        if row is None:
            raise NotFoundError(TABLE, job.id)
        late = [*row.record.get("late_results", ()), dict(payload)]
        await self._store.commit(
            Patch(table=TABLE, key=job.id, fields={"late_results": late}, version=row.version),
            _event("task_late_result", dict(payload), priority=CRITICAL),
        )


def _event(topic: str, payload: dict[str, Any], **more: Any) -> Append:
    return note(FLEET, topic, payload, **more)


def _message(
    target: str, type: str, payload: dict[str, Any], *, sender: str, group_of: str
) -> Change:
    stream = stream_of(target) if target else FLEET
    return note(
        stream,
        type,
        payload,
        kind="message",
        sender=sender,
        group=group_of,
        target=target or None,
        channel="group:tasks",
    )
