"""Pools that groups take from: never more than there is, never more given back than was taken."""

import asyncio
from typing import Any

from casare_robot.domain.errors import ConflictError, InsufficientResourceError
from casare_robot.groups.words import invalid
from casare_robot.store.records import Change, Fence, Put
from casare_robot.store.store import Store

POOL, SHARE, GRANTED = "resource", "allocation", "granted_request"
REMEMBERED = 24 * 3600.0
"""Seconds for which a request is known to be granted: as long as events are kept."""
ATTEMPTS = 200


class Resources:
    """The pools of one store; each change is one commit of the pool and the share."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def set_pool(self, kind: str, capacity: float) -> None:
        """Say how much there is of a kind; what is taken stays taken."""

        def rule(free: float, had: float, taken: float) -> tuple[float, float, float]:
            return capacity - (had - free), capacity, taken

        await self._change(kind, "", rule, None)

    async def take(
        self,
        holder: str,
        kind: str,
        amount: float,
        fence: Fence | None = None,
        *,
        request: str = "",
    ) -> float:
        """Take from a pool, for the same request only once; how much the holder has now.

        Raises:
            InsufficientResourceError: There is less left.
        """
        _check(amount)

        def rule(free: float, had: float, taken: float) -> tuple[float, float, float]:
            if amount > free:
                raise InsufficientResourceError(kind, requested=amount, available=free)
            return free - amount, had, taken + amount

        return await self._change(kind, holder, rule, fence, request)

    async def give(
        self, holder: str, kind: str, amount: float | None = None, fence: Fence | None = None
    ) -> float:
        """Give some or all back; how much the holder still has.

        Raises:
            InsufficientResourceError: The holder has less than that.
        """
        if amount is not None:
            _check(amount)

        def rule(free: float, had: float, taken: float) -> tuple[float, float, float]:
            back = taken if amount is None else amount
            if back > taken:
                raise InsufficientResourceError(kind, requested=back, available=taken)
            return free + back, had, taken - back

        return await self._change(kind, holder, rule, fence)

    async def give_all(self, holder: str) -> None:
        """Give everything of a holder back."""
        for row in await self._store.find(SHARE, {"holder": holder}):
            await self.give(holder, row.record["kind"])

    async def pools(self) -> dict[str, dict[str, float]]:
        """``{kind: {capacity, free}}``."""
        rows = await self._store.find(POOL)
        return {
            row.key: {"capacity": row.record["capacity"], "free": row.record["free"]}
            for row in rows
        }

    async def _change(
        self, kind: str, holder: str, rule: Any, fence: Fence | None, request: str = ""
    ) -> float:
        for attempt in range(ATTEMPTS):
            key = f"{kind}|{holder}"
            pool = await self._store.get(POOL, kind)
            share = await self._store.get(SHARE, key) if holder else None
            known = pool.record if pool else {"capacity": 0.0, "free": 0.0}
            had = float(share.record["amount"]) if share else 0.0
            if request and await self._store.get(GRANTED, request) is not None:
                return had
            free, capacity, amount = rule(known["free"], known["capacity"], had)
            record = {"kind": kind, "capacity": capacity, "free": free}
            changes: list[Change] = [
                Put(table=POOL, key=kind, record=record, version=pool.version if pool else 0)
            ]
            if holder:
                record = {"kind": kind, "holder": holder, "amount": amount}
                version = share.version if share else 0
                changes.append(Put(table=SHARE, key=key, record=record, version=version))
            if request:
                record = {"kind": kind, "holder": holder}
                changes.append(
                    Put(table=GRANTED, key=request, record=record, version=0, ttl=REMEMBERED)
                )
            try:
                await self._store.commit(*changes, fence=fence)
            except ConflictError:
                if attempt == ATTEMPTS - 1:
                    raise
                await asyncio.sleep(0)
            else:
                return float(amount)
        return 0.0


def _check(amount: float) -> None:
    if not isinstance(amount, int | float) or isinstance(amount, bool) or amount <= 0:
        raise invalid("amount", f"an amount is a number above 0, not {amount!r}")
