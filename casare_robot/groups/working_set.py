"""The working memory of a group, changed by compare-and-set so that its budget always holds."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec

from casare_robot.domain.errors import ConflictError, NotFoundError
from casare_robot.groups.budget import evictions
from casare_robot.groups.event_text import note as event_note
from casare_robot.groups.event_text import stream_of
from casare_robot.groups.memory_rows import (
    TABLE,
    node_of,
    patch_of,
    place_of,
    put_of,
)
from casare_robot.groups.memory_rows import WORKING as IN_WORKING_MEMORY
from casare_robot.groups.records import Node
from casare_robot.store.records import Append, Change, Drop, Fence, Put
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
        *,
        counted: int,
        now: float,
        robot: str,
        write: Callable[[Node], Change] = put_of,
    ) -> list[Change]:
        """The changes that put these memories into the working memory, and others out of it.

        Args:
            nodes: As they are to be, with the versions of their rows.
            counted: Tokens of them that the budget holds already.
            now: Seconds of the store's clock.
            robot: In whose name.
            write: Makes the change that keeps one of them.
        """
        row = await self._store.get(WORKING, self.group)
        tokens = (int(row.record["tokens"]) if row else 0) - counted
        entering = [node for node in nodes if node.tokens <= self.max_tokens]
        staying: dict[str, Node] = {}
        if tokens + sum(node.tokens for node in entering) > self.max_tokens:
            where = {"group": self.group, "status": IN_WORKING_MEMORY}
            rows = await self._store.find(TABLE, where)
            staying = {row.key: node_of(row) for row in rows}
        ours = {node.id for node in nodes}
        changes: list[Change] = []
        gone: list[Node] = []
        fitting: list[Node] = []
        for node in entering:
            others = [n for n in staying.values() if n.id not in ours and n not in gone]
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
            changes.append(write(kept))
            if node.tokens > self.max_tokens:
                changes.append(self.note("memory:oversize", self.payload(node.id, robot), robot))
            changes.append(self.note("memory:added", self.payload(node.id, robot), robot))
        for node in gone:
            out_of_it = msgspec.structs.replace(node, working=False)
            changes.append(patch_of(out_of_it, working=False, updated_at=now))
            changes.append(self.note("memory:evicted", self.payload(node.id, robot), robot))
        changes.append(self._budget(row.version if row else 0, tokens))
        return changes

    async def release(
        self,
        ids: Sequence[str],
        topic: str,
        *,
        delete: bool = False,
        permanent: bool = False,
        is_named: bool = False,
    ) -> None:
        """Take memories out of the working memory, and if so out of all.

        Those that are gone already are passed over, unless they were asked for by name.
        """

        async def change() -> tuple[None, list[Change]]:
            row = await self._store.get(WORKING, self.group)
            now = self._clock()
            changes: list[Change] = []
            tokens = int(row.record["tokens"]) if row else 0
            rows = await asyncio.gather(*(self._store.get(TABLE, node_id) for node_id in ids))
            for node_id, found in zip(ids, rows, strict=True):
                if found is None or found.record["group"] != self.group:
                    if is_named:
                        raise NotFoundError(TABLE, node_id)
                    continue
                node = node_of(found)
                tokens -= node.tokens if node.working else 0
                fields: dict[str, Any] = {"working": False, "updated_at": now}
                if delete:
                    fields["deleted_at"] = now
                without = msgspec.structs.replace(
                    node, working=False, deleted_at=fields.get("deleted_at", node.deleted_at)
                )
                changes.append(
                    Drop(table=TABLE, key=node_id, version=found.version)
                    if permanent
                    else patch_of(without, **fields)
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
        tries = 0

        async def change() -> tuple[None, list[Change]]:
            nonlocal tries
            tries += 1
            known = nodes if tries == 1 else await self._again(nodes)
            now = self._clock()
            used = [
                msgspec.structs.replace(node, access_count=node.access_count + 1, last_accessed=now)
                for node in known
            ]
            counted = sum(node.tokens for node in known if node.working)
            return None, await self.enter(
                used,
                counted=counted,
                now=now,
                robot=robot,
                write=lambda node: patch_of(node, **place_of(node)),
            )

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

    async def _again(self, nodes: Sequence[Node]) -> list[Node]:
        """The same memories as they are now."""
        rows = await asyncio.gather(*(self._store.get(TABLE, node.id) for node in nodes))
        known = [node_of(row) for row in rows if row is not None]
        return [node for node in known if node.deleted_at is None]

    def _budget(self, version: int, tokens: int) -> Put:
        record = {"group": self.group, "tokens": tokens, "at": self._clock()}
        return Put(table=WORKING, key=self.group, record=record, version=version)
