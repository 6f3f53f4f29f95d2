"""Which group leads: whoever holds the lease ``fleet``, and who is told of it."""

import asyncio
from collections.abc import Callable

from casare_robot.groups.bus import Bus
from casare_robot.groups.event_text import FLEET
from casare_robot.groups.lease import FLEET_TIMES, Lease, process_holder
from casare_robot.store.held_lease import LeaseTimes, steady_clock
from casare_robot.store.store import Store


class Leadership:
    """One group's standing for the lead.

    Args:
        store: Where the lease is.
        bus: The group's.
        times: How the lease is kept.
        steady: Steady seconds, for the lease.

    Attributes:
        lease: Its fence is that of what is written in the leader's name.
        changes: How often it became the leader.
    """

    def __init__(
        self,
        store: Store,
        bus: Bus,
        *,
        times: LeaseTimes = FLEET_TIMES,
        steady: Callable[[], float] = steady_clock,
    ) -> None:
        self.lease = Lease(store, FLEET, process_holder(bus.group), times=times, clock=steady)
        self.changes = 0
        self._store = store
        self._bus = bus
        self._led = False
        self._known: str | None = None
        self._standing: asyncio.Task[bool] | None = None

    @property
    def is_leader(self) -> bool:
        """Whether this group leads, at this moment."""
        return self.lease.valid

    async def leader(self) -> str | None:
        """The group that leads, as the lease says."""
        held = (await self._store.held(FLEET)).get(FLEET)
        return held.holder.rpartition("@")[0] if held else None

    async def lead(self) -> bool:
        """Take the lead if nobody has it; whether this group leads."""
        await self.lease.take()
        await self.tell()
        return self.is_leader

    async def tell(self) -> None:
        """Tell who leads, where that is new."""
        was, self._led = self._led, self.is_leader
        is_leader, leader = self._led, await self.leader()
        if is_leader and not was:
            self.changes += 1
            payload = {"leader": self._bus.group, "token": self.lease.token}
            await self._bus.publish("became_leader", payload)
            await self._bus.broadcast("leadership_announcement", payload)
        elif was and not is_leader:
            await self._bus.publish("became_follower", {"leader": leader})
        if leader != self._known:
            change = {"previous": self._known, "leader": leader}
            self._known = leader
            await self._bus.publish("leader_changed", change)

    def stand(self) -> None:
        """Try to lead whenever nobody does."""
        standing = self._standing
        if standing is None or (standing.done() and (standing.exception() or not self.is_leader)):
            self._standing = asyncio.create_task(self.lease.succeed())

    async def settled(self, within: float) -> None:
        """Wait until it leads, or so many seconds if it does already or not yet."""
        if self._standing is not None:
            if self._standing.done():
                await asyncio.sleep(within)
            else:
                await asyncio.wait({self._standing}, timeout=within)

    async def withdraw(self) -> None:
        """Try no more."""
        if self._standing is not None:
            self._standing.cancel()
            await asyncio.gather(self._standing, return_exceptions=True)
            self._standing = None
