"""A lease for as long as it is needed, and trusted no longer than is safe."""

import asyncio
import logging
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeAlias

import msgspec

from casare_robot.domain.errors import StaleLeaseError, StoreError
from casare_robot.store.records import Fence, Lease
from casare_robot.store.store import Store

log = logging.getLogger(__name__)

Clock: TypeAlias = Callable[[], float]

RETRY = 0.25
"""Seconds after which a renewal that failed is tried again."""
TOGETHER = 0.5
"""Seconds at whose multiples leases are renewed: those of a process fall together, and a
store that is asked for them in one turn of the loop renews them in one statement."""
SHORTEST_WAIT = 0.01
"""Seconds; a clock that is not quite there yet must not keep the loop busy."""


class LeaseTimes(msgspec.Struct, frozen=True, kw_only=True):
    """How long a lease lasts and how it is kept, in seconds.

    Args:
        ttl: From the renewal to the end, by the store's clock.
        renewal: From one renewal to the next.
        margin: Before the end; from there on the holder does not trust it any
            more. Covers clocks that run differently, and a step under way.

    Raises:
        ValueError: A renewal would come too late.

    Source: architecture, rule 4; on Supabase 30 s and 10 s.
    """

    ttl: float = 5.0
    renewal: float = 2.0
    margin: float = 0.5

    def __post_init__(self) -> None:
        """Check that they fit each other."""
        if not 0 < self.renewal < self.ttl - self.margin < self.ttl:
            raise ValueError(
                f"a lease of {self.ttl:g} s with a margin of {self.margin:g} s "
                f"cannot be renewed after {self.renewal:g} s"
            )


class Trust(msgspec.Struct, frozen=True, kw_only=True):
    """What the holder knows; all times are seconds of its own steady clock.

    ``asked`` is when the request was *sent* that gave or renewed the lease, and
    ``until`` the end of trust that follows from it; ``tried`` when a renewal
    was last tried.
    """

    asked: float
    until: float
    tried: float


class Renew(msgspec.Struct, frozen=True):
    """Ask the store now, and wait for the answer at most so many seconds."""

    limit: float


class Wait(msgspec.Struct, frozen=True):
    """There is nothing to do for so many seconds."""

    seconds: float


class Lost(msgspec.Struct, frozen=True):
    """Act as if somebody else had it."""


Action: TypeAlias = Renew | Wait | Lost


def times_for(store: Store) -> LeaseTimes:
    """How leases of a store are kept where nobody says otherwise."""
    return LeaseTimes(ttl=store.lease_ttl, renewal=store.lease_renewal)


def trust(asked: float, times: LeaseTimes) -> Trust:
    """What a lease that was asked for at this time, and given, is worth. Pure."""
    return Trust(asked=asked, until=asked + times.ttl - times.margin, tried=asked)


def decide(known: Trust, now: float, times: LeaseTimes) -> Action:
    """What the holder of a lease does next. Pure.

    Args:
        known: What it knows.
        now: Seconds of its steady clock.
        times: How the lease is kept.
    """
    if now >= known.until:
        return Lost()
    has_failed = known.tried > known.asked
    due = known.tried + RETRY if has_failed else _due(known.asked, times.renewal)
    if now >= due:
        return Renew(known.until - now)
    return Wait(max(SHORTEST_WAIT, min(due, known.until) - now))


def _due(asked: float, renewal: float) -> float:
    due = asked + renewal
    return due - due % TOGETHER if renewal >= 2 * TOGETHER else due


def steady_clock() -> float:
    """Seconds that never go back and, where the system can tell, pass in its sleep too."""
    boot_time = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot_time is None else time.clock_gettime(boot_time)


class HeldLease:
    """A lease that is renewed until it is released or lost. Taken by `HeldLease.take`.

    Once lost it stays lost, even if nobody else has it: take a new one. With
    ``async with`` it is released at the end.

    Args:
        store: Where it is held.
        lease: As the store gave it.
        asked: When that request was sent, by ``clock``.
        times: How it is kept.
        clock: Steady seconds.
    """

    def __init__(
        self, store: Store, lease: Lease, *, asked: float, times: LeaseTimes, clock: Clock
    ) -> None:
        self._store = store
        self._lease = lease
        self._times = times
        self._clock = clock
        self._trust = trust(asked, times)
        self._lost = asyncio.Event()
        self._task = asyncio.create_task(self._keep(), name=f"lease {lease.name}")

    @classmethod
    async def take(
        cls,
        store: Store,
        name: str,
        holder: str,
        *,
        times: LeaseTimes | None = None,
        clock: Clock = steady_clock,
    ) -> Self | None:
        """Take a lease and keep it; None if somebody else has it.

        Cancelled, it may have been taken; it then runs out.

        Args:
            store: Where to take it.
            name: What is leased.
            holder: Unique for each start of a process.
            times: How it is kept; by default as the store says.
            clock: Steady seconds.

        Raises:
            StoreUnavailableError: Whether it was taken is unknown: act as if not.
        """
        times = times or times_for(store)
        asked = clock()
        lease = await store.lease(name, holder, ttl=times.ttl)
        if lease is None:
            return None
        return cls(store, lease, asked=asked, times=times, clock=clock)

    @property
    def is_valid(self) -> bool:
        """Whether work may go on in the name of this lease, at this moment."""
        return not self._lost.is_set() and self._clock() < self._trust.until

    @property
    def token(self) -> int:
        """The fencing token; the same for as long as it is held."""
        return self._lease.token

    @property
    def trusted_until(self) -> float:
        """The second of the steady clock at which trust ends unless it is renewed."""
        return self._trust.until

    @property
    def remaining(self) -> float:
        """Seconds for which it is trusted unless it is renewed; 0 if it is lost."""
        left = 0.0 if self._lost.is_set() else self._trust.until - self._clock()
        return max(0.0, left)

    @property
    def fence(self) -> Fence:
        """What writes carry.

        Raises:
            StaleLeaseError: It may not be trusted any more.
        """
        if not self.is_valid:
            raise StaleLeaseError(self._lease.name, token=self.token, current=self.token)
        return self._lease.fence

    async def lost(self) -> None:
        """Wait until it is lost or released."""
        await self._lost.wait()

    async def release(self) -> None:
        """Give it back; doing so twice, or after it was lost, is fine.

        A store that cannot be reached is no error: the lease runs out.
        """
        self.let_run_out()
        await self._give_back(self._lease)

    def let_run_out(self) -> None:
        """Trust and renew it no more, and let nobody have it before its time is over."""
        self._lost.set()
        self._task.cancel()

    async def __aenter__(self) -> Self:
        """Itself."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Release it."""
        await self.release()

    async def _give_back(self, lease: Lease) -> None:
        try:
            await self._store.unlease(lease.fence)
        except StoreError as error:
            log.info("lease %s could not be given back and runs out: %s", lease.name, error)

    async def _keep(self) -> None:
        while not self._lost.is_set():
            match decide(self._trust, self._clock(), self._times):
                case Lost():
                    self._lost.set()
                case Wait(seconds):
                    await asyncio.sleep(seconds)
                case Renew(limit):
                    await self._renew(limit)

    async def _renew(self, limit: float) -> None:
        asked = self._clock()
        self._trust = msgspec.structs.replace(self._trust, tried=asked)
        name, holder = self._lease.name, self._lease.holder
        try:
            async with asyncio.timeout(limit):
                lease = await self._store.lease(name, holder, ttl=self._times.ttl)
        except TimeoutError:
            log.warning("lease %s could not be renewed: no answer for %.1f s", name, limit)
            return
        except StoreError as error:
            log.warning("lease %s could not be renewed: %s", name, error)
            return
        if lease is None or lease.token != self.token:
            log.warning("lease %s was given to somebody else, or ran out", name)
            self._lost.set()
            if lease is not None:  # taken anew, after a gap in which anybody may have had it
                await self._give_back(lease)
        else:
            self._trust = trust(asked, self._times)
