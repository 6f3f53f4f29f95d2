"""Replaces an active robot that failed by one that stands by, in one commit."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from casare_robot.domain.errors import ConflictError, GroupError
from casare_robot.groups.group_row import GroupRow
from casare_robot.groups.job_rows import OPEN
from casare_robot.groups.job_rows import TABLE as JOBS
from casare_robot.groups.membership import (
    Roll,
    Takeover,
    decide_failover,
    decide_tick,
    fields_of,
    jobs_after,
    roll_of,
    silent_members,
)
from casare_robot.groups.memory import Memory
from casare_robot.groups.records import ACTIVE, CRITICAL, PASSIVE
from casare_robot.store.conditions import AnyOf
from casare_robot.store.held_lease import steady_clock
from casare_robot.store.records import Change, Patch
from casare_robot.store.store import Store

STORIES = 100
"""Failovers that a group's row remembers."""


class Takeovers:
    """The failovers of one group.

    Args:
        store: Where jobs and leases are.
        row: The group's.
        memory: Tells who knows everything.
        group: Its id.
        holder: Who takes the group's lease here; another once a robot enrols.
        clock: Seconds, the store's.
        event: Makes the group's event of a topic and payload.
    """

    def __init__(
        self,
        store: Store,
        row: GroupRow,
        memory: Memory,
        *,
        group: str,
        holder: str,
        clock: Callable[[], float],
        event: Callable[..., Change],
    ) -> None:
        self._store = store
        self._row = row
        self._memory = memory
        self._group = group
        self._holder = holder
        self._arrived: float | None = None
        self._clock = clock
        self._event = event

    def begin_as(self, holder: str) -> None:
        """Look in the name of a robot that has just enrolled."""
        self._holder = holder
        self._arrived = steady_clock()

    async def by_hand(self, failed: str | None) -> str:
        """See `RobotGroup.failover`."""
        promoted = ""

        async def change(record: dict[str, Any]) -> list[Change]:
            nonlocal promoted
            roll = roll_of(record)
            alive, in_sync = await self._look(roll)
            takeover = decide_failover(roll, alive=alive, in_sync=in_sync, failed=failed)
            if takeover is None:
                raise GroupError("No passive robots available for failover")
            promoted = takeover.promoted
            return await self._take_over(record, takeover, "manual")

        await self._row.change(change)
        return promoted

    async def if_needed(self) -> str | None:
        """See `RobotGroup.tick`."""
        roll = await self._row.roll()
        if not roll.names(ACTIVE) and self._has_just_come:
            return None  # who is to be active may be on the way
        alive, in_sync = await self._look(roll)
        if decide_tick(roll, alive=alive, in_sync=in_sync) is None:
            await self._free_jobs(silent_members(roll, alive=alive))
            return None
        lease = await self._store.lease(
            f"group:{self._group}", self._holder, ttl=self._store.lease_ttl
        )
        if lease is None:
            return None
        promoted: str | None = None

        async def change(record: dict[str, Any]) -> list[Change]:
            nonlocal promoted
            current = roll_of(record)
            alive, in_sync = await self._look(current)
            takeover = decide_tick(current, alive=alive, in_sync=in_sync)
            promoted = takeover.promoted if takeover else None
            return await self._take_over(record, takeover, "heartbeat") if takeover else []

        await self._row.change(change, fence=lease.fence)
        return promoted

    @property
    def _has_just_come(self) -> bool:
        arrived = self._arrived
        return arrived is not None and steady_clock() - arrived < self._store.lease_ttl

    async def _look(self, roll: Roll) -> tuple[set[str], set[str]]:
        """Who is alive, and who knows everything."""
        names = roll.names()
        held = await self._store.held(*(f"robot:{name}" for name in names))
        alive = {name.removeprefix("robot:") for name in held}
        apart = [n for n in roll.names(PASSIVE) if n in roll.enrolled and n in alive]
        in_sync = {n for n in apart if await self._memory.in_sync([n, n])}
        return alive, in_sync | {n for n in names if n not in roll.enrolled}

    async def _take_over(
        self, record: dict[str, Any], takeover: Takeover, reason: str
    ) -> list[Change]:
        roll = roll_of(record).promoted(takeover.promoted)
        for robot in takeover.retired:
            roll = roll.in_role(robot, "retired")
        record.update(fields_of(roll))
        record["status"] = "active"
        story = {
            "promoted": takeover.promoted,
            "retired": list(takeover.retired),
            "at": self._clock(),
            "reason": reason,
        }
        record["failovers"] = [*record.get("failovers", ()), story][-STORIES:]
        changes = await self.freed_jobs(takeover.retired)
        story["jobs"] = [change.key for change in changes]
        return [*changes, self._event("group:failover", story, priority=CRITICAL)]

    async def _free_jobs(self, silent: Sequence[str]) -> None:
        """Let the other actives have the jobs of those whose place nobody can take."""
        patches = await self.freed_jobs(silent) if silent else []
        if patches:
            told = {"jobs": [patch.key for patch in patches], "robots": list(silent)}
            with suppress(ConflictError):  # somebody was faster
                await self._store.commit(*patches, self._event("group:jobs_freed", told))

    async def freed_jobs(self, failed: Sequence[str]) -> list[Patch]:
        """The changes by which the open jobs of robots that are gone may go on elsewhere."""
        return [
            Patch(table=JOBS, key=row.key, fields=fields, version=row.version)
            for robot in failed
            for row in await self._store.find(
                JOBS, {"robot": robot, "group": self._group, "status": AnyOf(OPEN)}
            )
            if (fields := jobs_after(failed, row.record)) is not None
        ]
