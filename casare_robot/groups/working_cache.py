"""The working memory of a group as this process knows it, kept in step by the group's log."""

import asyncio
from collections.abc import Mapping
from typing import Any

from casare_robot.groups.event_text import stream_of
from casare_robot.groups.memory_rows import TABLE, WORKING, node_of
from casare_robot.groups.records import Node
from casare_robot.store.store import Store


class WorkingCache:
    """The memories that are in a group's working memory; its budget bounds them.

    `refresh` reads what the log says has changed, and nothing else: an answer
    is never older than the log was at that moment.

    Args:
        store: Where they are.
        group: Whose.
    """

    def __init__(self, store: Store, group: str) -> None:
        self.nodes: dict[str, Node] = {}
        self.cursor = 0
        self._store = store
        self._group = group
        self._is_filled = False
        self._lock = asyncio.Lock()

    async def refresh(self) -> int:
        """Take over what changed; how many memories did."""
        async with self._lock:  # of two who read at once, neither may overlook the other's
            return await self._refresh()

    async def _refresh(self) -> int:
        stream = stream_of(self._group)
        if not self._is_filled:
            self.cursor = (await self._store.read(stream, after=2**62, limit=1)).newest
            rows = await self._store.find(TABLE, {"group": self._group, "status": WORKING})
            self.nodes = {row.key: node_of(row) for row in rows}
            self._is_filled = True
            return len(rows)
        changed: dict[str, None] = {}
        while True:
            reading = await self._store.read(stream, after=self.cursor)
            if self.cursor + 1 < reading.oldest:
                self._is_filled = False
                return await self._refresh()
            for entry in reading.entries:
                self.cursor = entry.seq
                changed |= dict.fromkeys(_nodes_of(entry.body))
            if not reading.entries or self.cursor >= reading.newest:
                break
        rows_now = await asyncio.gather(*(self._store.get(TABLE, node_id) for node_id in changed))
        for node_id, row in zip(changed, rows_now, strict=True):
            if row is not None and row.record["status"] == WORKING:
                self.nodes[node_id] = node_of(row)
            else:
                self.nodes.pop(node_id, None)
        return len(changed)


def _nodes_of(body: Any) -> tuple[str, ...]:
    if not isinstance(body, Mapping) or not str(body.get("topic", "")).startswith("memory:"):
        return ()
    payload = body.get("payload") or {}
    one = payload.get("node_id")
    return (*((one,) if one else ()), *payload.get("node_ids", ()))
