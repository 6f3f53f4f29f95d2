"""This process's robot as a member: the lease of its name, its looks at the others, its beat."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from casare_robot.domain.errors import GroupError, StoreError
from casare_robot.groups.lease import Lease, process_holder
from casare_robot.store.held_lease import LeaseTimes
from casare_robot.store.records import Fence
from casare_robot.store.store import Store

log = logging.getLogger(__name__)

TICK = 0.5
"""Of the store's poll: from one look at the group to the next, within a lease's renewal."""
BEAT = 30.0
"""Source: multi-swarm, ``HEARTBEAT_INTERVAL=30000``."""

Act: TypeAlias = Callable[[], Awaitable[object]]


class Enrolled:
    """The robot of this process, once there is one.

    Args:
        store: Where its lease is.
        group: Whose member it is.
        times: How its lease is kept.
    """

    def __init__(self, store: Store, group: str, times: LeaseTimes | None) -> None:
        self._store = store
        self._group = group
        self._times = times
        self._identity: Lease | None = None
        self._watching: asyncio.Task[None] | None = None

    @property
    def fence(self) -> Fence | None:
        """In whose name it writes; None: there is no robot."""
        return self._identity.fence if self._identity is not None else None

    async def take(self, robot: str) -> Lease:
        """Take the lease of its name.

        Raises:
            GroupError: Another process is this robot, or was until a moment ago.
        """
        identity = Lease(self._store, f"robot:{robot}", process_holder(robot), times=self._times)
        if not await identity.take():
            raise GroupError(f"another process runs as {robot}")
        self._identity = identity
        return identity

    def watch(self, look: Act, beat: Act) -> None:
        """Look at the members now and then, and beat every half minute, until `end`."""
        self._watching = asyncio.create_task(
            self._watch(look, beat), name=f"members of {self._group}"
        )

    async def end(self) -> None:
        """Look no more."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
            self._watching = None

    async def release(self) -> None:
        """Give the lease back."""
        if self._identity is not None:
            await self._identity.release()

    async def _watch(self, look: Act, beat: Act) -> None:
        steady = asyncio.get_running_loop().time
        next_beat = steady()
        while True:
            await asyncio.sleep(min(TICK * self._store.poll, self._store.lease_renewal))
            try:
                await look()
                if steady() >= next_beat:
                    await beat()
                    next_beat = steady() + BEAT
            except StoreError as error:
                log.warning("the members of %s cannot be looked at now: %s", self._group, error)
            except Exception:
                log.exception("the members of %s could not be looked at", self._group)
