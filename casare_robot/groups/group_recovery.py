"""Groups frozen as they are, found interrupted, and brought back."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from casare_robot.groups.bus import Bus
from casare_robot.groups.group_config import printed
from casare_robot.groups.group_registry import GroupRegistry
from casare_robot.groups.group_row import TABLE
from casare_robot.groups.health import Health
from casare_robot.groups.managed_groups import ManagedGroups
from casare_robot.groups.sessions import Sessions
from casare_robot.store.store import Store

Update: TypeAlias = Callable[[str, Mapping[str, Any]], Awaitable[object]]


class GroupRecovery:
    """Snapshots and recoveries of the groups of a fleet.

    Args:
        store: Where their rows are.
        bus: The fleet's.
        sessions: Keeps their states.
        health: Hears their beats.
        groups: Opens them.
        update: See `Fleet.update`.
        clock: Seconds, the store's.
    """

    def __init__(
        self,
        store: Store,
        bus: Bus,
        *,
        sessions: Sessions,
        health: Health,
        groups: ManagedGroups,
        update: Update,
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._bus = bus
        self._sessions = sessions
        self._health = health
        self._groups = groups
        self._update = update
        self._clock = clock

    async def snapshot(self, group_id: str, label: str) -> str:
        """See `Fleet.snapshot`."""
        await self._groups.get(group_id)
        await self._keep_state(group_id)
        return await self._sessions.snapshot(group_id, label)

    async def interrupted(self) -> list[dict[str, Any]]:
        """See `Fleet.interrupted`."""
        rows = await GroupRegistry(self._store, self._clock).silent()
        if rows:
            found = {"swarms": [row.key for row in rows]}
            await self._bus.publish("interrupted_swarms_detected", found)
        return [printed(row.record) for row in rows]

    async def recover(self, group_id: str) -> dict[str, Any]:
        """See `Fleet.recover`."""
        row = await self._store.get(TABLE, group_id)
        result = await self._sessions.recover(group_id)
        if row is not None and not result["success"]:
            await self._keep_state(group_id)
            result = await self._sessions.recover(group_id)
        if row is None or not result["success"]:
            return result
        await self._update(group_id, {"status": "recovering"})
        managed = await self._groups.get(group_id)
        await self._health.beat(group_id)
        is_alive = bool(await self._store.held(f"alive:{group_id}"))
        if not is_alive or not await managed.group.is_staffed():
            return {**result, "status": "recovering"}
        fields = {"status": "active", "last_heartbeat": self._clock()}
        await self._store.patch(TABLE, group_id, fields)
        return {**result, "status": "active"}

    async def _keep_state(self, group_id: str) -> None:
        """Have the state of a group follow its row, which its robots change."""
        row = await self._store.get(TABLE, group_id)
        if row is not None:
            known = await self._sessions.load(group_id) or {}
            await self._sessions.save(group_id, {**known, **printed(row.record)})
