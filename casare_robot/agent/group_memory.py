"""The memory that a robot shares with its group, for the workflows that it runs."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from casare_robot.domain.errors import GroupError, NotFoundError
from casare_robot.domain.group_memory import MemoryOrder

if TYPE_CHECKING:
    from casare_robot.groups.memory import Memory
    from casare_robot.store.store import Store

PATIENCE = 30.0
"""Seconds that an order may take; what is remembered meanwhile is remembered."""


class RobotMemory:
    """A `GroupMemory` over the shared store, which is opened when it is first needed.

    Args:
        address: Where the store is; asked when it is opened.
        robot: In whose name.
    """

    def __init__(self, address: Callable[[], str], robot: Callable[[], str]) -> None:
        self._address = address
        self._robot = robot
        self._store: Store | None = None
        self._memories: dict[str, Memory] = {}
        self._opening = asyncio.Lock()

    async def carry_out(self, order: MemoryOrder) -> Any:
        """See `GroupMemory.carry_out`."""
        try:
            async with asyncio.timeout(PATIENCE):
                memory = await self._memory_of(order.group)
                return await self._do(memory, order)
        except TimeoutError:
            raise GroupError(f"the shared store did not answer within {PATIENCE:g} s") from None

    async def close(self) -> None:
        """Let go of the store."""
        store, self._store = self._store, None
        self._memories.clear()
        if store is not None:
            await store.close()

    async def _do(self, memory: "Memory", order: MemoryOrder) -> Any:
        given = dict(order.given)
        robot = self._robot()
        match order.what:
            case "remember":
                node = await memory.remember(originator=robot, **given)
                await memory.embed()
                return node
            case "recall":
                found = await memory.recall(robot=robot, **given)
                return [{k: v for k, v in hit.items() if k != "embedding"} for hit in found]
            case "context":
                return await memory.context(**given)
        await memory.forget(given["id"])
        return None

    async def _memory_of(self, group: str) -> "Memory":
        from casare_robot.groups.group_row import TABLE
        from casare_robot.groups.memory import Memory

        store = await self._opened()
        if not group:
            group = await self._own_group(store)
        if group not in self._memories:
            row = await store.get(TABLE, group)
            if row is None:
                raise NotFoundError(TABLE, group)
            tokens = int(row.record["max_tokens"])
            self._memories[group] = Memory(store, group, max_tokens=tokens)
        return self._memories[group]

    async def _own_group(self, store: "Store") -> str:
        """The group whose member the robot is, or the only one there is."""
        from casare_robot.groups.group_row import TABLE
        from casare_robot.groups.membership import roll_of

        rows = await store.find(TABLE)
        robot = self._robot()
        own = [row.key for row in rows if roll_of(row.record).member(robot) is not None]
        found = own or [row.key for row in rows]
        if len(found) == 1:
            return found[0]
        if not found:
            raise GroupError(
                "there is no group whose memory could be used; "
                "casare-robot group create NAME makes one"
            )
        names = ", ".join(sorted(found))
        raise GroupError(f"which group is meant? name one in the node's 'group': {names}")

    async def _opened(self) -> "Store":
        from casare_robot.store.opening import open_store

        async with self._opening:
            if self._store is None:
                self._store = await open_store(self._address())
        return self._store
