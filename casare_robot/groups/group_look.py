"""One look at a group, for faces: read from the store, whoever is in the group."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from casare_robot.domain.errors import NotFoundError
from casare_robot.domain.group_status import GroupFailover, GroupMember, GroupStatus
from casare_robot.groups.event_text import stream_of
from casare_robot.groups.group_row import TABLE
from casare_robot.groups.job_rows import TABLE as JOBS
from casare_robot.groups.membership import Roll, roll_of
from casare_robot.groups.memory_rows import TABLE as NODES
from casare_robot.groups.memory_rows import WORKING as IN_WORKING_MEMORY
from casare_robot.groups.records import ACTIVE, PASSIVE, RETIRED
from casare_robot.groups.working_set import WORKING
from casare_robot.store.records import Lease
from casare_robot.store.store import Store

SHOWN_FAILOVERS = 20
JOB_STATUSES = (
    "queued",
    "assigned",
    "running",
    "needs_attention",
    "done",
    "failed",
    "cancelled",
)


async def look_at(store: Store, group_id: str, *, now: float, robot: str = "") -> GroupStatus:
    """How a group is.

    Args:
        store: Where it is.
        group_id: Which.
        now: Seconds of the store's clock; of a server's clock this machine's are
            near enough, for they only tell ages.
        robot: Who looks.

    Raises:
        NotFoundError: There is no such group.
    """
    row = await store.get(TABLE, group_id)
    if row is None:
        raise NotFoundError(TABLE, group_id)
    roll = roll_of(row.record)
    lease = f"group:{group_id}"
    held = await store.held(lease, *(f"robot:{name}" for name in roll.names()))
    budget = await store.get(WORKING, group_id)
    behind = await _behind(
        store, group_id, [name for name in roll.names() if name in roll.enrolled]
    )
    leader = held.get(lease)
    return GroupStatus(
        name=group_id,
        status=str(row.record["status"]),
        robot=robot,
        objective=str(row.record["objective"]),
        members=tuple(_members(roll, held, behind, now)),
        leader=leader.holder.rpartition("@")[0] if leader else None,
        leader_age=_age(leader, now),
        working_memory_nodes=await store.count(
            NODES, {"group": group_id, "status": IN_WORKING_MEMORY}
        ),
        working_memory_tokens=int(budget.record["tokens"]) if budget else 0,
        max_tokens=int(row.record["max_tokens"]),
        in_sync=len(roll.names()) <= 1 or not behind,
        jobs=await _jobs(store, group_id),
        failovers=tuple(_failovers(row.record.get("failovers", ()))),
    )


async def groups_of(store: Store, *, now: float) -> tuple[GroupStatus, ...]:
    """All groups, the newest first."""
    rows = await store.find(TABLE, order=("-created_at",))
    return tuple([await look_at(store, row.key, now=now) for row in rows])


def status_as_dict(status: GroupStatus) -> dict[str, Any]:
    """A look as JSON shows it, with HTM's names beside ours."""
    shown: dict[str, Any] = msgspec.to_builtins(status)
    return shown | {
        "active": list(status.names(ACTIVE)),
        "passive": list(status.names(PASSIVE)),
        "successor": status.successor,
        "total_members": len(status.names(ACTIVE)) + len(status.names(PASSIVE)),
        "token_utilization": round(status.token_utilization, 2),
    }


async def _jobs(store: Store, group_id: str) -> dict[str, int]:
    """How many jobs there are of each status; the ended ones may be too many to be read."""
    counts = await asyncio.gather(
        *(store.count(JOBS, {"group": group_id, "status": status}) for status in JOB_STATUSES)
    )
    return {status: count for status, count in zip(JOB_STATUSES, counts, strict=True) if count}


def _members(
    roll: Roll, held: Mapping[str, Lease], behind: set[str], now: float
) -> Iterable[GroupMember]:
    for member in roll.members:
        lease = held.get(f"robot:{member.robot}")
        is_watched = member.robot in roll.enrolled and member.role != RETIRED
        silent = "disconnected" if is_watched else "unknown"
        yield GroupMember(
            robot=member.robot,
            role=member.role,
            health="healthy" if lease else silent,
            join_no=member.join_no,
            lease_age=_age(lease, now),
            is_in_sync=member.robot not in behind,
            is_resting=member.is_resting,
            capabilities=member.capabilities,
            priority=member.priority,
        )


async def _behind(store: Store, group_id: str, robots: Iterable[str]) -> set[str]:
    """Those whose own process has not read all that the group knows."""
    rows = await store.find("memory_cursor", {"group": group_id})
    at = {str(row.record["robot"]): int(row.record["seq"]) for row in rows}
    cursors = {robot: at.get(robot, 0) for robot in robots}
    behind: set[str] = set()
    after = min(cursors.values(), default=None)
    while after is not None:
        reading = await store.read(stream_of(group_id), after=after)
        for entry in reading.entries:
            if str(entry.body.get("topic", "")).startswith("memory:"):
                behind |= {robot for robot, cursor in cursors.items() if cursor < entry.seq}
        if not reading.entries or reading.entries[-1].seq >= reading.newest:
            break
        after = reading.entries[-1].seq
    return behind


def _age(lease: Lease | None, now: float) -> float | None:
    """Seconds since a lease was renewed: never less than none, nor more than it lasts."""
    if lease is None:
        return None
    return min(max(0.0, now - (lease.expires - lease.ttl)), lease.ttl)


def _failovers(stories: Iterable[Mapping[str, Any]]) -> Iterable[GroupFailover]:
    for story in list(stories)[: -SHOWN_FAILOVERS - 1 : -1]:
        yield GroupFailover(
            at=datetime.fromtimestamp(story["at"], UTC),
            promoted=str(story["promoted"]),
            retired=tuple(story["retired"]),
            reason=str(story.get("reason", "")),
            jobs=tuple(story.get("jobs", ())),
        )
