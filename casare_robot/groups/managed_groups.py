"""The groups of a fleet that are open in this process, each with its part in the coordination."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from casare_robot.domain.errors import NotFoundError
from casare_robot.groups.bus import Bus
from casare_robot.groups.dispatcher import Dispatcher
from casare_robot.groups.environment import FleetSettings
from casare_robot.groups.group_row import TABLE
from casare_robot.groups.health import Health
from casare_robot.groups.inbox import Sleep
from casare_robot.groups.judge import Judge
from casare_robot.groups.robot_group import RobotGroup
from casare_robot.store.held_lease import LeaseTimes
from casare_robot.store.store import Store


@dataclass(frozen=True, slots=True)
class Managed:
    """A group that is open in this process, with its bus and its part in the coordination."""

    group: RobotGroup
    coordinator: Dispatcher

    @property
    def messenger(self) -> Bus:
        """The group's bus."""
        return self.group.bus


class ManagedGroups:
    """The open groups by name; one that is asked for is opened, watched, and listens.

    Args:
        store: Where they are.
        settings: The fleet's.
        health: Watches them.
        judge: Chooses who answers, where they ask for ``llm_based``.
        clock: Seconds, the store's.
        sleep: Waits.
    """

    def __init__(
        self,
        store: Store,
        settings: FleetSettings,
        health: Health,
        *,
        judge: Judge | None = None,
        clock: Callable[[], float] = time.time,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._store = store
        self._settings = settings
        self._health = health
        self._judge = judge
        self._clock = clock
        self._sleep = sleep
        self._open: dict[str, Managed] = {}
        self._opening = asyncio.Lock()
        self._is_started = False

    def __iter__(self) -> Iterator[Managed]:
        """Those that are open."""
        return iter(tuple(self._open.values()))

    async def find(self, group_id: str) -> Managed | None:
        """A group, opened if it is not; None if there is none."""
        if await self._store.get(TABLE, group_id) is None:
            return None
        async with self._opening:
            return self._open.get(group_id) or await self.open(group_id)

    async def get(self, group_id: str) -> Managed:
        """A group, opened if it is not.

        Raises:
            NotFoundError: There is none.
        """
        managed = await self.find(group_id)
        if managed is None:
            raise NotFoundError(TABLE, group_id)
        return managed

    async def open(self, name: str | None, **given: Any) -> Managed:
        """Open a group, or make one; see `RobotGroup.open`."""
        beat = self._settings.robot_heartbeat
        group = await RobotGroup.open(
            self._store,
            name,
            clock=self._clock,
            judge=self._judge,
            remembered=self._settings.registry_size,
            retention=self._settings.retention,
            times=LeaseTimes(ttl=2 * beat + 1.0, renewal=beat),
            **given,
        )
        coordinator = Dispatcher(self._store, group.bus, clock=self._clock, sleep=self._sleep)
        managed = self._open[group.id] = Managed(group, coordinator)
        coordinator.listen()
        if self._is_started:
            coordinator.start()
        self._health.watch(group.id, {"type": "restart", "failureThreshold": 1})
        return managed

    def start(self) -> None:
        """Have all try to lead, and those that are opened from now on."""
        self._is_started = True
        for one in self:
            one.coordinator.start()

    async def beat(self) -> None:
        """Say of each that it lives."""
        for group_id in tuple(self._open):
            if await self._health.beat(group_id):
                with suppress(NotFoundError):  # another process ended it
                    await self._store.patch(TABLE, group_id, {"last_heartbeat": self._clock()})

    async def let_go(self, group_id: str) -> None:
        """Coordinate and watch a group no more; what it is stays."""
        managed = self._open.pop(group_id)
        self._health.unwatch(group_id)
        await managed.coordinator.stop()

    async def close(self) -> None:
        """Let go of all."""
        for one in self:
            await one.coordinator.stop()
            await one.group.shutdown()
        self._open.clear()

    async def stats(self) -> list[dict[str, Any]]:
        """Figures of each, under the documents' names."""
        return [
            {
                "swarmId": one.group.id,
                "coordinator": await one.coordinator.stats(),
                "messenger": await one.messenger.stats(),
            }
            for one in self
        ]
