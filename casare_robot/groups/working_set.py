"""The working memory of a group, changed by compare-and-set so that its budget always holds."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec

from casare_robot.domain.errors import ConflictError, NotFoundError
from casare_robot.groups.budget import evictions
from casare_robot.groups.event_text import note as event_note
from casare_robot.groups.event_text import stream_of
from casare_robot.groups.node_cache import TABLE
from casare_robot.groups.records import Node
from casare_robot.store.records import Append, Change, Drop, Fence, Patch, Put
from casare_robot.store.store import Store

WORKING = "working_memory"
ATTEMPTS = 200
"""Times that a change is tried again because another robot was first."""


class WorkingSet:
    """The changes of a group's memory; each one commit with the budget and the news of it.

    Args:
        store: Where the memories are.
        group: Whose.
        max_tokens: The budget.
        clock: Seconds, the store's.
        fence: In whose name writes are done; asked for each one.
    """

    def __init__(
        self,
        store: Store,
        group: str,
        *,
        max_tokens: int,
        clock: Callable[[], float],
        fence: Callable[[], Fence | None],
    ) -> None:
        self.group = group
        self.max_tokens = max_tokens
        self._store = store
        self._clock = clock
        self._fence = fence

    async def commit(self, change: Callable[[], Awaitable[tuple[Any, list[Change]]]]) -> Any:
        """Make a change, again and again until nobody was faster."""
        for attempt in range(ATTEMPTS):
            result, changes = await change()
            try:
                await self._store.commit(*changes, fence=self._fence())
            except ConflictError:
                if attempt == ATTEMPTS - 1:
                    raise
                await asyncio.sleep(0)
                continue
            return result
        return None

    async def enter(
        self,
        nodes: Sequence[Node],
        versions: Mapping[str, int],
        *,
        counted: int,
        now: float,
        robot: str,
    ) -> list[Change]:
        """The changes that put these memories into the working memory, and others out of it.

        Args:
            nodes: As they are to be.
            versions: Those of their rows.
            counted: Tokens of them that the budget holds already.
            now: Seconds of the store's clock.
            robot: In whose name.
        """
        row = await self._store.get(WORKING, self.group)
        tokens = (int(row.record["tokens"]) if row else 0) - counted
        entering = [node for node in nodes if node.tokens <= self.max_tokens]
        staying: dict[str, Node] = {}
        stored: dict[str, int] = {}
        if tokens + sum(node.tokens for node in entering) > self.max_tokens:
            rows = await self._store.find(TABLE, {"group": self.group, "working": True})
            staying = {r.key: msgspec.convert(r.record, Node) for r in rows}
            stored = {r.key: r.version for r in rows}
        changes: list[Change] = []
        gone: list[Node] = []
        fitting: list[Node] = []
        for node in entering:
            others = [n for n in staying.values() if n.id not in versions and n not in gone]
            room = tokens + node.tokens - self.max_tokens
            out = evictions(others, needed=room, now=now) if room > 0 else ()
            freed = sum(n.tokens for n in out)
            if tokens - freed + node.tokens > self.max_tokens:
                continue
            gone += out
            tokens += node.tokens - freed
            fitting.append(node)
        names = {node.id for node in fitting}
        for node in nodes:
            kept = msgspec.structs.replace(node, working=node.id in names)
            record = msgspec.to_builtins(kept)
            changes.append(Put(table=TABLE, key=node.id, record=record, version=versions[node.id]))
            if node.tokens > self.max_tokens:
                changes.append(self.note("memory:oversize", self.payload(node.id, robot), robot))
            changes.append(self.note("memory:added", self.payload(node.id, robot), robot))
        for node in gone:
            fields = {"working": False, "updated_at": now}
            version = stored[node.id]
            changes.append(Patch(table=TABLE, key=node.id, fields=fields, version=version))
            changes.append(self.note("memory:evicted", self.payload(node.id, robot), robot))
        changes.append(self._budget(row.version if row else 0, tokens))
        return changes

    async def release(
        self, ids: Sequence[str], topic: str, *, delete: bool = False, permanent: bool = False
    ) -> None:
        """Take memories out of the working memory, and if so out of all."""

        async def change() -> tuple[None, list[Change]]:
            row = await self._store.get(WORKING, self.group)
            now = self._clock()
            changes: list[Change] = []
            tokens = int(row.record["tokens"]) if row else 0
            for node_id in ids:
                found = await self._store.get(TABLE, node_id)
                if found is None or found.record["group"] != self.group:
                    raise NotFoundError(TABLE, node_id)
                tokens -= found.record["tokens"] if found.record["working"] else 0
                fields: dict[str, Any] = {"working": False, "updated_at": now}
                if delete:
                    fields["deleted_at"] = now
                changes.append(
                    Drop(table=TABLE, key=node_id, version=found.version)
                    if permanent
                    else Patch(table=TABLE, key=node_id, fields=fields, version=found.version)
                )
            is_one = len(ids) == 1 and topic != "memory:cleared"
            payload = self.payload(ids[0] if is_one else None, "")
            payload["node_ids"] = list(ids)
            changes.append(self.note(topic, payload, ""))
            changes.append(self._budget(row.version if row else 0, tokens))
            return None, changes

        await self.commit(change)

    async def mark(self, nodes: Sequence[Node], robot: str) -> None:
        """Count that these were recalled, and have them in the working memory."""
        if not nodes:
            return

        async def change() -> tuple[None, list[Change]]:
            now = self._clock()
            current: list[Node] = []
            versions: dict[str, int] = {}
            for node in nodes:
                row = await self._store.get(TABLE, node.id)
                if row is not None and row.record["deleted_at"] is None:
                    known = msgspec.convert(row.record, Node)
                    uses = known.access_count + 1
                    current.append(
                        msgspec.structs.replace(known, access_count=uses, last_accessed=now)
                    )
                    versions[node.id] = row.version
            counted = sum(node.tokens for node in current if node.working)
            return None, await self.enter(current, versions, counted=counted, now=now, robot=robot)

        await self.commit(change)

    async def ensure_robot(self, name: str) -> None:
        """Have a row for a robot, made now if there is none."""
        if await self._store.get("group_robot", name) is None:
            now = self._clock()
            record = {"id": name, "name": name, "created_at": now, "last_active": now}
            with contextlib.suppress(ConflictError):  # somebody was first, with the same
                await self._store.put("group_robot", name, record, version=0)

    def payload(self, node_id: str | None, robot: str) -> dict[str, Any]:
        """What is told of a memory: which, by whom, when."""
        return {"node_id": node_id, "robot_id": robot, "timestamp": self._clock()}

    def note(self, topic: str, payload: dict[str, Any], robot: str) -> Append:
        """An event of the group, to be committed with what it tells."""
        return event_note(stream_of(self.group), topic, payload, sender=robot, group=self.group)

    def _budget(self, version: int, tokens: int) -> Put:
        record = {"group": self.group, "tokens": tokens, "at": self._clock()}
        return Put(table=WORKING, key=self.group, record=record, version=version)
