"""Frozen states of an owner, the last ten of each kind, with checksums."""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from casare_robot.domain.errors import ConflictError, NotFoundError
from casare_robot.groups.event_text import new_id
from casare_robot.groups.records import Snapshot
from casare_robot.groups.words import invalid
from casare_robot.store.records import Change, Drop, Put
from casare_robot.store.store import Store

TABLE = "snapshot"
KEPT = 10


class Snapshots:
    """The snapshots, checkpoints and versions of a store."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock

    async def add(
        self, owner: str, record: Mapping[str, Any], *, kind: str, label: str = "", author: str = ""
    ) -> str:
        """Freeze a state; its id. The oldest of more than ten go in the same commit."""
        while True:
            known = await self.all(owner, kind)
            number = max((shot.no for shot in known), default=0) + 1
            shot = Snapshot(
                id=new_id(),
                owner=owner,
                no=number,
                kind=kind,
                label=label,
                record=dict(record),
                checksum=checksum(record),
                at=self._clock(),
                author=author,
            )
            fields = msgspec.to_builtins(shot)
            key = f"{owner}|{kind}|{number}"
            changes: list[Change] = [Put(table=TABLE, key=key, record=fields, version=0)]
            changes += [
                Drop(table=TABLE, key=f"{owner}|{kind}|{old.no}")
                for old in known[: max(0, len(known) - KEPT + 1)]
            ]
            try:
                await self._store.commit(*changes)
            except ConflictError:
                continue
            return shot.id

    async def all(self, owner: str, kind: str) -> tuple[Snapshot, ...]:
        """Those of an owner, oldest first."""
        rows = await self._store.find(TABLE, {"owner": owner, "kind": kind}, order=("no",))
        return tuple(msgspec.convert(row.record, Snapshot) for row in rows)

    async def get(self, owner: str, snapshot_id: str) -> Snapshot:
        """One, whole and undamaged.

        Raises:
            NotFoundError: There is none.
            InvalidRecordError: Its checksum does not fit.
        """
        rows = await self._store.find(TABLE, {"owner": owner, "id": snapshot_id})
        if not rows:
            raise NotFoundError(TABLE, snapshot_id)
        return checked(msgspec.convert(rows[0].record, Snapshot))

    async def drop_all(self, owner: str) -> None:
        """Delete all of an owner."""
        for row in await self._store.find(TABLE, {"owner": owner}):
            await self._store.drop(TABLE, row.key)


def checked(shot: Snapshot) -> Snapshot:
    """The same, if its checksum fits."""
    if checksum(shot.record) != shot.checksum:
        raise invalid("checksum", f"snapshot {shot.id} is damaged")
    return shot


def checksum(record: Mapping[str, Any]) -> str:
    """SHA-256 of a record as JSON."""
    return hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()
