"""Vectors of memories: made by an embedder, now for a query, later for what was remembered."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from casare_robot.domain.errors import CircuitOpenError, ConflictError
from casare_robot.groups.embedding import LARGEST
from casare_robot.groups.memory_rows import TABLE, node_of, patch_of, vector_fields
from casare_robot.groups.words import invalid
from casare_robot.groups.working_set import WorkingSet
from casare_robot.resilience.circuit_breaker import CircuitBreaker, CircuitBreakerConfig
from casare_robot.store.records import Change, Drop, Put
from casare_robot.store.store import Store

log = logging.getLogger(__name__)

BARE = "memory_without_vector"

Embedder: TypeAlias = Callable[[str], Sequence[float] | Awaitable[Sequence[float]]]


class MemoryVectors:
    """The embedder of a group, behind a circuit breaker.

    Args:
        store: Where the memories are.
        group: Whose.
        changes: Tells of changes to the memory.
        embedder: Makes vectors of texts.
        clock: Seconds, the store's.
    """

    def __init__(
        self,
        store: Store,
        group: str,
        changes: WorkingSet,
        *,
        embedder: Embedder,
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._group = group
        self._set = changes
        self._embedder = embedder
        settings = CircuitBreakerConfig(failure_threshold=5, success_threshold=3, timeout=60.0)
        self.circuit = CircuitBreaker(f"embedder of {group}", settings, clock=clock)

    async def of(self, text: str) -> tuple[float, ...]:
        """The vector of a text.

        Raises:
            InvalidRecordError: It has no numbers, or more than 2000.
            CircuitOpenError: The embedder failed five times and has a minute's rest.
        """
        vector = tuple(await self.circuit.call(self._embedded)(text))
        if not 1 <= len(vector) <= LARGEST:
            raise invalid("embedding", f"a vector has 1 to {LARGEST} numbers, not {len(vector)}")
        return vector

    def wanted(self, node_id: str) -> Put:
        """Has a memory get its vector later; to be committed with it."""
        return Put(table=BARE, key=node_id, record={"group": self._group})

    async def catch_up(self, limit: int) -> int:
        """See `Memory.embed`."""
        rows = await self._store.find(BARE, {"group": self._group}, limit=limit)
        known = await asyncio.gather(*(self._store.get(TABLE, row.key) for row in rows))
        done: list[Change] = [
            Drop(table=BARE, key=row.key)
            for row, found in zip(rows, known, strict=True)
            if found is None
        ]
        ids = []
        for node in (node_of(row) for row in known if row is not None):
            try:
                vector = await self.of(node.content)
            except CircuitOpenError:
                break
            except Exception as error:  # noqa: BLE001 - a foreign embedder fails as it likes
                log.warning("memory %s has no vector yet: %s", node.id, error)
                continue
            done += [patch_of(node, **vector_fields(node, vector)), Drop(table=BARE, key=node.id)]
            ids.append(node.id)
        if done:
            payload = self._set.payload(None, "") | {"node_ids": ids}
            try:
                await self._store.commit(*done, self._set.note("memory:embedded", payload, ""))
            except ConflictError:
                return 0  # somebody used one of them meanwhile: the next round does it
        return len(ids)

    async def _embedded(self, text: str) -> Sequence[float]:
        vector = self._embedder(text)
        return await vector if isinstance(vector, Awaitable) else vector
