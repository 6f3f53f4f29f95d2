"""The one row that says what a group is, changed by compare-and-set."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, TypeAlias

from casare_robot.domain.errors import ConflictError, NotFoundError
from casare_robot.groups.event_text import FLEET, note, stream_of
from casare_robot.groups.membership import Roll, roll_of
from casare_robot.store.records import Change, Fence, Limit, Put, Row
from casare_robot.store.store import Store

TABLE = "group"
ATTEMPTS = 100

Edit: TypeAlias = Callable[[dict[str, Any]], Awaitable[list[Change]]]
"""Changes a copy of the record in place; what else is to be in the same commit."""


class GroupRow:
    """The row of one group.

    Args:
        store: Where it is.
        group: Whose.
        clock: Seconds, the store's.
        changed: Awaited after every change.
    """

    def __init__(
        self,
        store: Store,
        group: str,
        *,
        clock: Callable[[], float],
        changed: Callable[[], Awaitable[object]],
    ) -> None:
        self._store = store
        self._group = group
        self._clock = clock
        self._changed = changed

    async def get(self) -> Row:
        """The row.

        Raises:
            NotFoundError: The group is gone.
        """
        row = await self._store.get(TABLE, self._group)
        if row is None:
            raise NotFoundError(TABLE, self._group)
        return row

    async def patch(self, fields: Mapping[str, Any], *, version: int | None = None) -> None:
        """Set some fields, whatever they were or of this version; nobody is told."""
        await self._store.patch(TABLE, self._group, fields, version=version)

    async def roll(self) -> Roll:
        """The members."""
        return roll_of((await self.get()).record)

    async def change(self, edit: Edit, fence: Fence | None = None) -> None:
        """Change it, as often as it takes until nobody else was faster."""
        for attempt in range(ATTEMPTS):
            row = await self.get()
            record = dict(row.record) | {"metrics": dict(row.record["metrics"])}
            changes = await edit(record)
            if record == row.record and not changes:
                return
            record["last_activity"] = self._clock()
            put = Put(table=TABLE, key=self._group, record=record, version=row.version)
            try:
                await self._store.commit(put, *changes, fence=fence)
            except ConflictError:
                if attempt == ATTEMPTS - 1:
                    raise
                await asyncio.sleep(0)
            else:
                await self._changed()
                return

    async def change_field(self, name: str, rule: Callable[[Any], Any]) -> None:
        """Replace one field by what a pure rule makes of it."""

        async def merge(record: dict[str, Any]) -> list[Change]:
            record[name] = rule(record.get(name, {}))
            return []

        await self.change(merge)


async def found_or_made(
    store: Store, group_id: str, record: Mapping[str, Any], limit: Limit | None
) -> Row | None:
    """The row of a group, made of a record if there is none; None if it is gone since.

    Raises:
        LimitReachedError: There are as many groups as may be.
    """
    row = await store.get(TABLE, group_id)
    if row is not None:
        return row
    with suppress(ConflictError):  # somebody else made it meanwhile
        await store.commit(
            Put(table=TABLE, key=group_id, record=record, version=0),
            note(stream_of(group_id), "group:created", {"groupId": group_id}),
            note(FLEET, "swarm_registered", {"swarmId": group_id}, group=group_id),
            *([limit] if limit else []),
        )
    return await store.get(TABLE, group_id)
