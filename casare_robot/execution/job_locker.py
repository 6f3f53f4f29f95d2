"""Prevents the same job from being executed twice at once, by one robot or by several."""

import secrets
from typing import TYPE_CHECKING

from casare_robot.domain.errors import StaleLeaseError

if TYPE_CHECKING:
    from casare_robot.store.held_lease import Clock, HeldLease, LeaseTimes
    from casare_robot.store.records import Fence
    from casare_robot.store.store import Store


class JobLocker:
    """Locks on jobs: leases ``job:ID`` that are renewed until they are released or lost.

    True or false is not enough for what matters: whoever writes in the name of a
    job takes the `fence` along, and the store refuses an older one.

    Args:
        store: What the robots share; by default one in memory, for a robot that
            shares nothing.
        holder: Who locks; unique for each start of a process, which the default is.
        times: How the leases are kept; by default 5 s, renewed each 2 s.
        clock: Steady seconds; by default the machine's.

    Source: robot reference, "JobLocker"; architecture, rule 4.
    """

    def __init__(
        self,
        store: "Store | None" = None,
        *,
        holder: str | None = None,
        times: "LeaseTimes | None" = None,
        clock: "Clock | None" = None,
    ) -> None:
        self._store = store
        self._holder = holder or f"process-{secrets.token_hex(8)}"
        self._times = times
        self._clock = clock
        self._held: dict[str, HeldLease | None] = {}

    async def acquire_lock(self, job_id: str) -> bool:
        """Take the lock; False when somebody has it, or had it a moment ago. Never waits.

        Raises:
            StoreUnavailableError: The store cannot be reached: the job is not locked.
        """
        from casare_robot.store.held_lease import (  # only who runs jobs loads it
            HeldLease,
            steady_clock,
        )

        if job_id in self._held:
            return False
        self._held[job_id] = None
        held = None
        try:
            held = await HeldLease.take(
                self._shared(),
                f"job:{job_id}",
                self._holder,
                times=self._times,
                clock=self._clock or steady_clock,
            )
        finally:
            if held is None:
                del self._held[job_id]
            else:
                self._held[job_id] = held
        return held is not None

    async def release_lock(self, job_id: str) -> None:
        """Give the lock back; doing so twice is fine.

        A store that cannot be reached is no error: the lock runs out.
        """
        held = self._held.get(job_id)
        if held is not None:
            del self._held[job_id]
            await held.release()

    async def is_locked(self, job_id: str) -> bool:
        """Whether the job is being executed, by this robot or another."""
        name = f"job:{job_id}"
        return name in await self._shared().held(name)

    def token(self, job_id: str) -> int:
        """The fencing token of a lock that this robot has.

        Raises:
            StaleLeaseError: It has none, or may not trust it any more.
        """
        return self.fence(job_id).token

    def fence(self, job_id: str) -> "Fence":
        """What a write in the name of the job carries.

        Raises:
            StaleLeaseError: The job is not locked by this robot, or the lock may
                not be trusted any more.
        """
        held = self._held.get(job_id)
        if held is None:
            raise StaleLeaseError(f"job:{job_id}", token=0, current=0)
        return held.fence

    async def lost(self, job_id: str) -> None:
        """Wait until a lock that this robot has is lost or released; at once if it has none."""
        held = self._held.get(job_id)
        if held is not None:
            await held.lost()

    def _shared(self) -> "Store":
        if self._store is None:
            from casare_robot.store.memory import MemoryStore  # most stores are somebody else's

            self._store = MemoryStore()
        return self._store
