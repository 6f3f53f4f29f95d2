"""Who is in a group: they join, leave, change roles and rest, each in one change of its row."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

from casare_robot.domain.errors import ConflictError, GroupError, MembershipError
from casare_robot.groups.group_row import GroupRow
from casare_robot.groups.membership import Roll, fields_of, roll_of
from casare_robot.groups.records import ACTIVE, PASSIVE, RETIRED, Member
from casare_robot.store.records import Change, Fence, Put
from casare_robot.store.store import Store

ROBOTS = "group_robot"


class Members:
    """The members of one group, as its row has them.

    Args:
        store: Where robots and leases are.
        row: The group's.
        clock: Seconds, the store's.
        event: Makes the group's event of a topic and payload.
        freed_jobs: What gives the jobs of robots that are gone to others.
    """

    def __init__(
        self,
        store: Store,
        row: GroupRow,
        *,
        clock: Callable[[], float],
        event: Callable[..., Change],
        freed_jobs: Callable[[Sequence[str]], Awaitable[Sequence[Change]]],
    ) -> None:
        self._store = store
        self._row = row
        self._clock = clock
        self._event = event
        self._freed_jobs = freed_jobs

    async def join(
        self,
        name: str,
        *,
        role: str,
        capabilities: Sequence[str],
        is_enrolled: bool,
        priority: str | float,
        fence: Fence | None,
    ) -> None:
        """See `RobotGroup.join`."""

        async def change(record: dict[str, Any]) -> list[Change]:
            now = self._clock()
            roll = roll_of(record)
            known = next((m for m in roll.members if m.robot == name), None)
            taken = role if known is None else PASSIVE if known.role == RETIRED else known.role
            if known is not None and is_enrolled:
                roll = roll.without(name)
            roll = roll.with_member(
                name,
                taken,
                now=now,
                is_enrolled=is_enrolled,
                capabilities=capabilities,
                priority=priority,
            )
            record.update(fields_of(roll))
            if roll.names(ACTIVE):
                record["status"] = "active"
            record["metrics"]["agentsSpawned"] += 1
            kept = await self._store.get(ROBOTS, name)
            created = kept.record["created_at"] if kept else now
            robot_row = {"id": name, "name": name, "created_at": created, "last_active": now}
            return [
                Put(table=ROBOTS, key=name, record=robot_row),
                self._event("robot:joined", {"robotId": name, "role": taken}),
            ]

        await self._row.change(change, fence=fence)

    async def remove(self, robot: str) -> None:
        """See `RobotGroup.remove`."""

        async def change(record: dict[str, Any]) -> list[Change]:
            roll = roll_of(record)
            if not any(m.robot == robot for m in roll.members):
                return []
            record.update(fields_of(roll.without(robot)))
            freed = await self._freed_jobs([robot])
            return [*freed, self._event("robot:left", {"robotId": robot})]

        await self._row.change(change)

    async def set_role(self, rule: Callable[[Roll, str], Roll], robot: str, role: str) -> None:
        """Have a robot in another role, by `Roll.promoted` or `Roll.demoted`."""

        async def change(record: dict[str, Any]) -> list[Change]:
            record.update(fields_of(rule(roll_of(record), robot)))
            return [self._event("robot:role", {"robotId": robot, "role": role})]

        await self._row.change(change)

    async def rest(self, robot: str, *, is_resting: bool) -> None:
        """See `RobotGroup.rest`."""
        await self._row.change_field(
            "members",
            lambda members: [
                {**m, "is_resting": is_resting} if m["robot"] == robot else m for m in members
            ],
        )

    async def beat(self, robot: str) -> None:
        """Say that the group is at work, if this robot is active in it."""
        row = await self._row.get()
        if robot in roll_of(row.record).names(ACTIVE):
            is_back = row.record["status"] in ("interrupted", "recovering")
            fields = {"last_heartbeat": self._clock()} | ({"status": "active"} if is_back else {})
            with suppress(ConflictError):  # it may have ended meanwhile: the next beat sees it
                await self._row.patch(fields, version=row.version if is_back else None)

    async def of(self, role: str | None) -> tuple[Member, ...]:
        """See `RobotGroup.members`."""
        roll = await self._row.roll()
        names = roll.names(role)
        return tuple(m for m in roll.members if m.robot in names)

    async def is_staffed(self) -> bool:
        """See `RobotGroup.is_staffed`."""
        roll = await self._row.roll()
        held = await self._store.held(*(f"robot:{name}" for name in roll.enrolled))
        return any(n not in roll.enrolled or f"robot:{n}" in held for n in roll.names(ACTIVE))

    async def speaker(self, wanted: str | None, *, own: str) -> str:
        """In whose name something is said: this one's, the process's own, the first active one's.

        Raises:
            GroupError: No robot is active.
            MembershipError: The one that is wanted is no member.
        """
        roll = await self._row.roll()
        actives = roll.names(ACTIVE)
        if not actives:
            raise GroupError("No active robots in group")
        if wanted is None:
            return own if own in actives else actives[0]
        if roll.member(wanted) is None:
            raise MembershipError(f"{wanted} is not a member")
        return wanted
