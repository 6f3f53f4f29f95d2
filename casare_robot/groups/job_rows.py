"""Jobs of groups as rows: kept, assigned, claimed, finished."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import msgspec

from casare_robot.domain.errors import ConflictError, NotFoundError, StaleLeaseError
from casare_robot.groups.choose import priority_of
from casare_robot.groups.event_text import FLEET, new_id, note, stream_of
from casare_robot.groups.records import CRITICAL, Job
from casare_robot.groups.words import one_of, options
from casare_robot.store.conditions import AnyOf, Where, Within
from casare_robot.store.json_text import check_names
from casare_robot.store.records import Append, Change, Drop, Fence, Patch, Put
from casare_robot.store.store import Store

TABLE = "group_job"
OPEN = ("assigned", "running")
ENDED = ("done", "failed", "cancelled")
DESKTOP = "desktop"
"""The capability of robots with mouse, keyboard and screen."""
KEPT = 30 * 86_400.0
"""Seconds after its end that a job is remembered, where nobody says otherwise."""
MOST_LATE = 10
"""Late results that are kept of one job."""
ON_DISCONNECT = ("continue", "abort")


def job_of(work: Mapping[str, Any], *, by: str, now: float) -> Job:
    """A job from what a group asks for.

    Args:
        work: ``{description, type, priority, capabilities, estimatedEffort, workflow,
            variables, timeout, needs_desktop, restartable, on_disconnect, id, group,
            robot}``, all optional; ``workflow`` is a workflow, or the name that robots
            know one by.
        by: Who asks.
        now: Seconds of the store's clock.

    Raises:
        InvalidRecordError: Its id is none, or too long for a lease.
    """
    known = options(work)
    job_id = str(known.get("id") or new_id())
    check_names(id=job_id, lease=f"{TABLE}:{job_id}", table=table_of(job_id))
    return Job(
        id=job_id,
        priority=int(priority_of(known.get("priority", "normal"))),
        capabilities=_needed(known),
        restartable=bool(known.get("restartable", True)),
        on_disconnect=one_of("on_disconnect", known.get("on_disconnect", "abort"), ON_DISCONNECT),
        work=dict(work),
        submitted_by=by,
        created_at=now,
        group=known.get("group"),
        robot=known.get("robot"),
    )


def table_of(job_id: str) -> str:
    """The rows of one job's steps; a table of its own, so that all stores find them at once."""
    return f"{TABLE}_step:{job_id}"


async def removal_of_steps(store: Store, job_id: str) -> list[Change]:
    """What forgets a job's steps, whoever left them; to be committed with its end."""
    return [Drop(table=step.table, key=step.key) for step in await store.find(table_of(job_id))]


class JobRows:
    """The jobs of all groups of a store. A message only wakes: the row is the truth.

    Args:
        store: Where they are.
        clock: Seconds, the store's.
        kept: Seconds after its end that a job is remembered.
    """

    def __init__(
        self,
        store: Store,
        clock: Callable[[], float],
        *,
        kept: Callable[[], float] = lambda: KEPT,
    ) -> None:
        self._store = store
        self._clock = clock
        self._kept = kept

    async def add(self, job: Job) -> None:
        """Keep a job; one with an id that there is already is refused."""
        told = _told(job)
        await self._store.commit(
            Put(table=TABLE, key=job.id, record=msgspec.to_builtins(job), version=0),
            _event("task_queued", told),
            *([note(stream_of(job.group), "job:queued", told)] if job.group else []),
        )

    async def add_assigned(
        self, job: Job, group: str, *, by: str, sender: str, fence: Fence
    ) -> bool:
        """Keep a job that is a group's from the start: no robot of another can claim it first.

        Returns:
            True.
        """
        given = msgspec.structs.replace(job, status="assigned", group=group)
        await self._store.commit(
            Put(table=TABLE, key=job.id, record=msgspec.to_builtins(given), version=0),
            _event("task_queued", _told(job)),
            *self._assignment(job, group, by=by, sender=sender),
            fence=fence,
        )
        return True

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

    async def assign(self, job: Job, group: str, *, by: str, sender: str, fence: Fence) -> bool:
        """Give a job to a group and tell it, in one commit in the leader's name.

        Returns:
            False if it does not wait any more: a robot was faster.
        """
        row = await self._store.get(TABLE, job.id)
        if row is None:
            raise NotFoundError(TABLE, job.id)
        if row.record["status"] != "queued":
            return False
        fields = {"status": "assigned", "group": group, "reason": None}
        try:
            await self._store.commit(
                Patch(table=TABLE, key=job.id, fields=fields, version=row.version),
                *self._assignment(job, group, by=by, sender=sender),
                fence=fence,
            )
        except ConflictError:
            return False
        return True

    async def withdraw(self, groups: Collection[str], *, fence: Fence) -> int:
        """Have jobs wait again that other groups than these were given; how many.

        Those that a robot claims at this moment have it.
        """
        rows = await self._store.find(TABLE, {"status": "assigned"})
        fields = {"status": "queued", "group": None, "reason": "group_gone"}
        patches = [
            Patch(table=TABLE, key=row.key, fields=fields, version=row.version)
            for row in rows
            if row.record["group"] not in groups
        ]
        if not patches:
            return 0
        try:
            await self._store.commit(*patches, fence=fence)
        except ConflictError:
            return 0
        return len(patches)

    def _assignment(self, job: Job, group: str, *, by: str, sender: str) -> list[Change]:
        """What is told of it."""
        payload = {
            "task": {**job.work, "id": job.id},
            "assignedBy": by,
            "timestamp": self._clock(),
        }
        told = {"taskId": job.id, "targetSwarm": group}
        return [
            _message(group, "task_assignment", payload, sender=sender, group_of=by),
            _event("task_assigned", told),
            _event("task_distributed", told),
        ]

    async def claim(
        self,
        group: str,
        robot: str,
        *,
        holder: str,
        capabilities: Sequence[str] = (),
        fence: Fence | None = None,
    ) -> Job | None:
        """Have a robot take the next job of its group, or of none, that it can do.

        Args:
            group: The robot's group.
            robot: The robot.
            holder: Who holds the lease ``group_job:ID`` that comes with it.
            capabilities: What the robot can do.
            fence: In whose name it claims: the robot's own lease.

        Raises:
            StaleLeaseError: The fence does not hold.
        """
        for wanted in (group, None):
            where: Where = {
                "status": AnyOf(("queued", "assigned")),
                "group": wanted,
                "robot": AnyOf((robot, None)),
                "capabilities": Within(tuple(capabilities)),
            }
            job = await self._claim(where, group, robot, holder=holder, fence=fence)
            if job is not None:
                return job
        return None

    async def reclaim(
        self,
        group: str,
        robot: str,
        *,
        holder: str,
        fence: Fence | None = None,
        **of: Any,
    ) -> Job | None:
        """Have a robot take a job again that is still its own though its lease ran out.

        ``of`` narrows it to some (``id``), or means another ``status`` than running.
        """
        where: Where = {"status": "running", "group": group, "robot": robot, **of}
        return await self._claim(where, group, robot, holder=holder, fence=fence)

    async def _claim(
        self, where: Where, group: str, robot: str, *, holder: str, fence: Fence | None
    ) -> Job | None:
        claim = await self._store.claim(
            TABLE,
            holder=holder,
            ttl=self._store.lease_ttl,
            where=where,
            order=("-priority",),
            fields={"status": "running", "robot": robot, "group": group},
            fence=fence,
        )
        if claim is None:
            return None
        job = msgspec.convert(claim.row.record, Job)
        return msgspec.structs.replace(job, begun=job.token, token=claim.lease.token)

    async def waiting(self, group: str) -> int:
        """How many jobs a robot of this group may claim, were it able and they free."""
        unclaimed: Where = {"status": AnyOf(("queued", "assigned")), "group": AnyOf((group, None))}
        return await self._store.count(TABLE, unclaimed)

    async def give_back(self, job: Job, *, needs: str = "") -> None:
        """Let somebody else claim a job; nothing happens if it is somebody else's already.

        Args:
            job: As it was claimed.
            needs: A capability that it turned out to need.
        """
        fence = lease_of(job)
        fields: dict[str, Any] = {"status": "queued", "robot": None, "reason": "given_back"}
        if needs:
            fields["capabilities"] = [*job.capabilities, needs]
        try:
            await self._store.patch(TABLE, job.id, fields, fence=fence)
        except StaleLeaseError:
            return
        await self._store.unlease(fence)

    async def cancel(self, job_id: str, *, by: str = "") -> bool:
        """Have a job cancelled: at once if nobody has it, else by the robot that runs it.

        Returns:
            False if it has ended.

        Raises:
            NotFoundError: There is no such job.
        """
        while True:
            row = await self._store.get(TABLE, job_id)
            if row is None:
                raise NotFoundError(TABLE, job_id)
            status, group = row.record["status"], row.record.get("group")
            if status in ENDED:
                return False
            fields: dict[str, Any] = {"cancelled_by": by or "somebody"}
            ttl: float | None = None
            steps: Sequence[Change] = ()
            if status != "running":
                fields["status"] = "cancelled"
                ttl = self._kept()
                steps = await removal_of_steps(self._store, job_id)
            told = {"taskId": job_id, "by": by}
            try:
                await self._store.commit(
                    Patch(table=TABLE, key=job_id, fields=fields, version=row.version, ttl=ttl),
                    *steps,
                    note(stream_of(group) if group else FLEET, "job:cancel", told, sender=by),
                )
            except ConflictError:
                continue
            return True

    async def finish(
        self,
        job: Job,
        result: Any,
        *,
        robot: str,
        succeeded: bool,
        sender: str,
        status: str = "",
        more: Sequence[Change] = (),
    ) -> bool:
        """Keep a result, in the name of the job's lease.

        Args:
            job: As it was claimed.
            result: Any JSON.
            robot: Whose result it is.
            succeeded: Whether it is ``done``; otherwise it ``failed``.
            sender: Who tells.
            status: Where neither says it: ``cancelled``, ``needs_attention``.
            more: What changes with it, in the same commit.

        Returns:
            False if the lease is lost: the result is kept as evidence beside the
            job, told as critical, and changes nothing else.
        """
        fence = lease_of(job)
        status = status or ("done" if succeeded else "failed")
        ttl = self._kept() if status in ENDED else None
        payload = {"taskId": job.id, "robotId": robot, "result": result, "success": succeeded}
        try:
            await self._store.commit(
                Patch(
                    table=TABLE, key=job.id, fields={"status": status, "result": result}, ttl=ttl
                ),
                _message(
                    job.submitted_by,
                    "task_completed",
                    payload,
                    sender=sender,
                    group_of=job.group or "",
                ),
                _event("task_completed", payload),
                *more,
                fence=fence,
            )
        except StaleLeaseError:
            await self._keep_late(job, payload)
            return False
        await self._store.unlease(fence)
        return True

    async def _keep_late(self, job: Job, payload: Mapping[str, Any]) -> None:
        while True:
            row = await self._store.get(TABLE, job.id)
            if row is None:  # it ended so long ago that nobody remembers it
                return
            late = [*row.record.get("late_results", ()), dict(payload)][-MOST_LATE:]
            try:
                await self._store.commit(
                    Patch(
                        table=TABLE, key=job.id, fields={"late_results": late}, version=row.version
                    ),
                    _event("task_late_result", dict(payload), priority=CRITICAL),
                )
            except ConflictError:
                continue
            return


def lease_of(job: Job) -> Fence:
    """In whose name a claimed job is worked on."""
    return Fence(name=f"{TABLE}:{job.id}", token=job.token)


def _told(job: Job) -> dict[str, Any]:
    return {"taskId": job.id, "submittedBy": job.submitted_by}


def _needed(work: Mapping[str, Any]) -> tuple[str, ...]:
    """What a robot must be able to do for it."""
    wanted = tuple(work.get("capabilities", ()))
    needs_desktop = work.get("needs_desktop") and DESKTOP not in wanted
    return (*wanted, DESKTOP) if needs_desktop else wanted


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
