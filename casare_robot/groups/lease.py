"""A name that one holder has at a time, with a token that every write in its name carries."""

import uuid
from collections.abc import Callable
from typing import Any

from casare_robot.store.held_lease import HeldLease, LeaseTimes, steady_clock, times_for
from casare_robot.store.records import Fence
from casare_robot.store.store import Store

FLEET_TIMES = LeaseTimes(ttl=30.0, renewal=10.0, margin=1.0)
"""Source: multi-swarm, "Leader election (30s TTL)", renewed every 10 s."""


def process_holder(name: str) -> str:
    """A holder that no other process, and no other start of this one, has."""
    return f"{name}@{uuid.uuid4().hex[:12]}"


class Lease:
    """Takes a lease, keeps it renewed, gives it back.

    Args:
        store: Where it is held.
        name: What is leased, such as ``fleet``, ``group:invoices`` or ``robot:desk-1``.
        holder: Who holds it; unique for each start of a process.
        times: How it is kept; by default as the store says.
        clock: Steady seconds.
    """

    def __init__(
        self,
        store: Store,
        name: str,
        holder: str,
        *,
        times: LeaseTimes | None = None,
        clock: Callable[[], float] = steady_clock,
    ) -> None:
        self.name = name
        self.holder = holder
        self._store = store
        self._times = times or times_for(store)
        self._clock = clock
        self._held: HeldLease | None = None

    @property
    def valid(self) -> bool:
        """Whether work may go on in its name, at this moment."""
        return self._held is not None and self._held.is_valid

    @property
    def token(self) -> int:
        """The fencing token; 0 if it is not held."""
        return self._held.token if self._held is not None and self.valid else 0

    @property
    def deadline(self) -> float:
        """The second of the steady clock at which trust ends unless it is renewed."""
        return self._held.trusted_until if self._held is not None else 0.0

    @property
    def fence(self) -> Fence:
        """What writes in its name carry; the store refuses them if it is not held."""
        return Fence(name=self.name, token=self.token)

    async def lost(self) -> None:
        """Wait until it is lost or given back; at once if it is not held."""
        if self._held is not None:
            await self._held.lost()

    async def take(self) -> bool:
        """Take it, or find that one has it; False if somebody else does. Never waits."""
        if self.valid:
            return True
        await self.release()
        self._held = await HeldLease.take(
            self._store, self.name, self.holder, times=self._times, clock=self._clock
        )
        return self._held is not None

    async def succeed(self) -> bool:
        """Wait until it can be taken, and take it: for leadership; see `Store.succeed`."""
        await self._store.succeed(self.name, self.holder, ttl=self._times.ttl)
        return await self.take()

    async def renew(self) -> bool:
        """Renew it now; it is renewed in time anyway. False, and it is lost, if it is not ours."""
        if self._held is None:
            return False
        lease = await self._store.lease(self.name, self.holder, ttl=self._times.ttl)
        if lease is not None and lease.token == self._held.token:
            return True
        if lease is not None:
            await self._store.unlease(lease.fence)
        await self.release()
        return False

    async def release(self) -> None:
        """Give it back at once; what somebody else holds by now is left alone."""
        held, self._held = self._held, None
        if held is not None:
            await held.release()

    async def describe(self) -> dict[str, Any]:
        """Who has it, with which token, and for how many seconds at most; for people."""
        current = (await self._store.held(self.name)).get(self.name)
        return {
            "name": self.name,
            "holder": current.holder if current else None,
            "token": current.token if current else 0,
            "ttl": current.ttl if current else 0.0,
            "expires": current.expires if current else None,
            "is_ours": self.valid and current is not None and current.token == self.token,
        }
