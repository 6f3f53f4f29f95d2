"""The states of groups, and how they are brought back: snapshots, checkpoints, recovery."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from casare_robot.domain.errors import ConflictError, NotFoundError, StoreError
from casare_robot.groups.event_text import FLEET, note, stream_of
from casare_robot.groups.inbox import Sleep
from casare_robot.groups.records import RecoveryPlan
from casare_robot.groups.recovery_plan import plan_of
from casare_robot.groups.session_rules import DAY, check_id
from casare_robot.groups.snapshots import Snapshots, checked
from casare_robot.store.records import Put
from casare_robot.store.store import Store

log = logging.getLogger(__name__)

TABLE = "group_state"
STATE_LIFE = DAY


class GroupStates:
    """One state for each group, with a version; kept for a day.

    Args:
        store: Where they are.
        shots: The frozen ones.
        clock: Seconds, the store's.
        sleep: Waits between automatic snapshots.
        counts: Where it counts what it did: saved, loaded, snapshots, recoveries, errors.
        life: Seconds that a state is kept after it was saved.
    """

    def __init__(
        self,
        store: Store,
        shots: Snapshots,
        *,
        clock: Callable[[], float],
        sleep: Sleep,
        counts: Counter[str],
        life: float = STATE_LIFE,
    ) -> None:
        self._store = store
        self._shots = shots
        self._clock = clock
        self._sleep = sleep
        self._counts = counts
        self._life = life
        self._timers: dict[str, asyncio.Task[None]] = {}

    @property
    def timers(self) -> int:
        """Groups of which snapshots are taken by themselves."""
        return len(self._timers)

    async def load(self, owner: str) -> dict[str, Any] | None:
        """See `Sessions.load`."""
        row = await self._store.get(TABLE, owner)
        self._counts["loaded"] += row is not None
        return dict(row.record) if row else None

    async def save(self, owner: str, state: Mapping[str, Any]) -> int:
        """Keep a state, whole; its version, greater than any before."""
        check_id(owner)
        while True:
            row = await self._store.get(TABLE, owner)
            known = int(row.record["version"]) if row else 0
            version = max(known, int(state.get("version", 0))) + 1
            if await self._put(owner, state, version, row.version if row else 0, "state_saved"):
                self._counts["saved"] += 1
                return version

    async def update(self, owner: str, patch: Mapping[str, Any]) -> dict[str, Any]:
        """See `Sessions.update`."""
        while True:
            row = await self._store.get(TABLE, owner)
            if row is None:
                raise NotFoundError(TABLE, owner)
            version = int(row.record["version"]) + 1
            state = {**row.record, **patch}
            record = await self._put(owner, state, version, row.version, "state_updated")
            if record:
                return record

    async def drop(self, owner: str) -> bool:
        """Delete a state; whether there was one."""
        if not await self._store.drop(TABLE, owner):
            return False
        stream = stream_of(owner)
        told = note(stream, "state_deleted", {"swarmId": owner})
        await self._store.append(stream, *told.bodies)
        return True

    async def snapshot(self, owner: str, label: str) -> str:
        """See `Sessions.snapshot`."""
        shot = await self._shots.add(owner, await self._known(owner), kind="snapshot", label=label)
        self._counts["snapshots"] += 1
        await self._tell(owner, "snapshot_created", {"snapshotId": shot, "label": label})
        return shot

    def begin_snapshots(self, owner: str, every: float) -> None:
        """See `Sessions.auto_snapshot`."""
        if owner not in self._timers:
            task = asyncio.create_task(self._snap(owner, every), name=f"snapshots of {owner}")
            self._timers[owner] = task

    def end_snapshots(self, owner: str | None) -> None:
        """See `Sessions.stop_snapshots`."""
        for name in tuple(self._timers) if owner is None else (owner,):
            task = self._timers.pop(name, None)
            if task is not None:
                task.cancel()

    async def restore_snapshot(self, owner: str, snapshot_id: str) -> dict[str, Any]:
        """See `Sessions.restore_snapshot`."""
        shot = await self._shots.get(owner, snapshot_id)
        marks = {"restoredFrom": snapshot_id, "restoredAt": self._clock()}
        current = await self.load(owner)
        version = int(current["version"]) if current else int(shot.record.get("version", 0))
        await self.save(owner, {**shot.record, **marks, "version": version})
        await self._tell(owner, "state_restored", marks)
        return await self._known(owner)

    async def checkpoint(self, owner: str, data: Mapping[str, Any]) -> str:
        """See `Sessions.checkpoint`."""
        shot = await self._shots.add(owner, data, kind="checkpoint")
        await self._tell(owner, "checkpoint_created", {"checkpointId": shot})
        return shot

    def plan(self, state: Mapping[str, Any]) -> RecoveryPlan:
        """See `Sessions.plan`."""
        return plan_of(state, age=self._clock() - float(state.get("savedAt", 0.0)))

    async def recover(self, owner: str) -> dict[str, Any]:
        """See `Sessions.recover`."""
        state, source = await self._source(owner)
        if state is None:
            self._counts["errors"] += 1
            error = "No recovery source found"
            await self._tell(owner, "recovery_failed", {"error": error})
            return {"success": False, "swarmId": owner, "error": error}
        plan = self.plan(state)
        marks = {
            "status": "recovering",
            "recoveredAt": self._clock(),
            "previousStatus": state.get("status"),
        }
        if source == "state":  # the rest of it is as others have it by now
            await self.update(owner, marks)
            self._counts["saved"] += 1
        else:
            await self.save(owner, {**state, **marks})
        self._counts["recoveries"] += 1
        told = {"source": source, "confidence": plan.confidence}
        await self._tell(owner, "swarm_recovered", told)
        return {
            "success": True,
            "swarmId": owner,
            "state": await self._known(owner),
            "recoveryPlan": plan,
            "source": source,
        }

    async def _source(self, owner: str) -> tuple[dict[str, Any] | None, str]:
        current = await self.load(owner)
        if current is not None:
            return current, "state"
        for kind in ("checkpoint", "snapshot"):
            for shot in reversed(await self._shots.all(owner, kind)):
                try:
                    return {"savedAt": shot.at, **checked(shot).record}, kind
                except StoreError as error:
                    log.warning("%s of %s passed over: %s", kind, owner, error)
        return None, ""

    async def _put(
        self, owner: str, state: Mapping[str, Any], version: int, expected: int, topic: str
    ) -> dict[str, Any] | None:
        """Keep a state and tell it; the whole of it, or None if somebody else was faster."""
        record = {**state, "version": version, "savedAt": self._clock()}
        put = Put(table=TABLE, key=owner, record=record, version=expected, ttl=self._life)
        told = note(stream_of(owner), topic, {"swarmId": owner, "version": version})
        try:
            await self._store.commit(put, told)
        except ConflictError:
            await asyncio.sleep(0)
            return None
        return record

    async def _known(self, owner: str) -> dict[str, Any]:
        state = await self.load(owner)
        if state is None:
            raise NotFoundError(TABLE, owner)
        return state

    async def _snap(self, owner: str, every: float) -> None:
        while True:
            await self._sleep(every)
            try:
                await self.snapshot(owner, "automatic")
            except StoreError as error:
                self._counts["errors"] += 1
                log.warning("no snapshot of %s: %s", owner, error)

    async def _tell(self, owner: str, topic: str, payload: dict[str, Any]) -> None:
        stream = stream_of(owner) if owner else FLEET
        await self._store.commit(note(stream, topic, {"swarmId": owner, **payload}))
