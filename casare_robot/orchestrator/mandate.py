"""The lease in whose name an orchestrator works: waited for at its start, taken anew when lost."""

import asyncio
import logging
import secrets
from types import TracebackType
from typing import Self

from casare_robot.domain.errors import RobotError, StoreError
from casare_robot.store.held_lease import HeldLease, LeaseTimes
from casare_robot.store.records import Fence
from casare_robot.store.store import Store

log = logging.getLogger(__name__)

NAME = "orchestrator"
TIMES = LeaseTimes(ttl=3.0, renewal=1.0, margin=0.5)
"""Short, for a new start after a crash waits until the lease of the dead one has run out."""
LOOK = 0.1
"""Seconds between looks at a lease that somebody else has."""


class OrchestratorBusyError(RobotError):
    """Another orchestrator already works on this store."""

    code = "E-ORC-405"


class Mandate:
    """The right to write, held for as long as nobody else takes it. For ``async with``.

    A machine that slept, or stood still, has lost its lease; if nobody has
    taken it meanwhile, it is simply taken anew. Taken by `Mandate.take`.
    """

    def __init__(self, store: Store, lease: HeldLease, times: LeaseTimes) -> None:
        self._store = store
        self._lease = lease
        self._times = times

    @classmethod
    async def take(cls, store: Store, times: LeaseTimes = TIMES) -> Self:
        """Take it, from an orchestrator that was killed as soon as its time is up.

        Raises:
            OrchestratorBusyError: Another one holds it and keeps it.
            StoreError: The store cannot be used.
        """
        return cls(store, await _lease_of(store, times), times)

    @property
    def fence(self) -> Fence:
        """What writes carry.

        Raises:
            StaleLeaseError: It is lost at this moment.
        """
        return self._lease.fence

    async def keep(self) -> None:
        """Take it anew whenever it is lost, until cancelled.

        Raises:
            OrchestratorBusyError: Somebody else works here now.
        """
        while True:
            await self._lease.lost()
            try:
                self._lease = await _lease_of(self._store, self._times)
            except StoreError as error:
                log.warning("the store cannot be reached: %s", error)
                await asyncio.sleep(self._times.renewal)
            else:
                log.warning("this orchestrator had lost its lease and has taken it anew")

    async def __aenter__(self) -> Self:
        """Itself."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give it back."""
        await self._lease.release()


async def _lease_of(store: Store, times: LeaseTimes) -> HeldLease:
    """The lease, once its last holder is known to be gone; one that lives is seen to renew it."""
    seen: float | None = None
    while True:
        lease = await HeldLease.take(store, NAME, secrets.token_hex(8), times=times)
        if lease is not None:
            return lease
        held = (await store.held(NAME)).get(NAME)
        if held is not None:
            if seen is not None and held.expires > seen:
                raise OrchestratorBusyError("another orchestrator already works on this store")
            seen = held.expires
        await asyncio.sleep(LOOK)
