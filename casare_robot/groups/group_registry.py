"""The rows of all groups of a store: found, changed, ended, archived."""

from collections.abc import Callable, Mapping
from typing import Any

from casare_robot.domain.errors import ConflictError, NotFoundError
from casare_robot.groups.event_text import FLEET, note
from casare_robot.groups.group_config import STATUSES
from casare_robot.groups.group_row import TABLE
from casare_robot.groups.words import one_of, options
from casare_robot.store.conditions import AnyOf, Below, Where
from casare_robot.store.records import Drop, Patch, Put, Row
from casare_robot.store.store import Store

ARCHIVE = "group_archive"
ARCHIVED_FOR = 7 * 24 * 3600.0
DISCOVERED_AFTER = 300.0
FIXED = ("id", "created_at", "createdAt", "members", "enrolled")


class GroupRegistry:
    """Which groups there are.

    Args:
        store: Where their rows are.
        clock: Seconds, the store's.
    """

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock

    async def find(
        self, *, status: str | None, limit: int | None, given: Mapping[str, Any]
    ) -> list[Row]:
        """See `Fleet.groups`."""
        where: dict[str, Any] = {}
        if status is not None:
            where["status"] = one_of("status", status, STATUSES)
        where |= {name: given[name] for name in ("strategy", "mode") if given.get(name)}
        if given.get("phase"):
            where["metadata.phase"] = given["phase"]
        rows = await self._store.find(TABLE, where, order=("-created_at",))
        part = str(given.get("objective") or "").lower()
        return [row for row in rows if part in str(row.record["objective"]).lower()][:limit]

    async def update(self, group_id: str, updates: Mapping[str, Any]) -> dict[str, Any]:
        """Change fields of a group; those that were changed. See `Fleet.update`."""
        known = {name: value for name, value in options(updates).items() if name not in FIXED}
        if "status" in known:
            known["status"] = one_of("status", known["status"], STATUSES)
        row = await self._get(group_id)
        change = {
            "swarmId": group_id,
            "oldStatus": row.record["status"],
            "newStatus": known.get("status", row.record["status"]),
        }
        fields = {**known, "last_activity": self._clock()}
        await self._store.commit(
            Patch(table=TABLE, key=group_id, fields=fields), note(FLEET, "swarm_updated", change)
        )
        return known

    async def silent(self) -> list[Row]:
        """Groups that are interrupted, or silent for five minutes though not ended."""
        rows = {row.key: row for row in await self._store.find(TABLE, {"status": "interrupted"})}
        limit = Below(self._clock() - DISCOVERED_AFTER)
        for row in await self._store.find(TABLE, {"last_heartbeat": limit}):
            if row.record["status"] not in ("completed", "failed"):
                rows[row.key] = row
        return list(rows.values())

    async def archive(self, group_id: str, reason: str) -> dict[str, Any]:
        """End a group: its row goes to the archive for seven days; the archived record."""
        row = await self._get(group_id)
        now = self._clock()
        record = {
            **row.record,
            "status": "failed" if reason == "failed" else "completed",
            "archivedAt": now,
            "archiveReason": reason,
            "lifetime": now - row.record["created_at"],
        }
        await self._store.commit(
            Drop(table=TABLE, key=group_id),
            Put(table=ARCHIVE, key=group_id, record=record, ttl=ARCHIVED_FOR),
            note(FLEET, "swarm_deregistered", {"swarmId": group_id, "reason": reason}),
        )
        return record

    async def archive_ended(self, *, after: float) -> list[str]:
        """Archive the groups that ended so many seconds ago; which."""
        archived = []
        limit = Below(self._clock() - after)
        ended: Where = {"status": AnyOf(("completed", "failed")), "last_activity": limit}
        for row in await self._store.find(TABLE, ended):
            record = {**row.record, "archivedAt": self._clock(), "archiveReason": "expired"}
            try:
                await self._store.commit(
                    Drop(table=TABLE, key=row.key, version=row.version),
                    Put(table=ARCHIVE, key=row.key, record=record, ttl=ARCHIVED_FOR),
                )
            except ConflictError:
                continue
            archived.append(row.key)
        return archived

    async def _get(self, group_id: str) -> Row:
        row = await self._store.get(TABLE, group_id)
        if row is None:
            raise NotFoundError(TABLE, group_id)
        return row
