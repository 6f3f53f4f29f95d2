"""Many groups on one store: made, found, told, given work, watched, recovered, archived."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import msgspec

from casare_robot.domain.errors import (
    ConflictError,
    LimitReachedError,
    NotFoundError,
    NotOpenError,
    RobotError,
    StoreError,
)
from casare_robot.groups import fleet_figures
from casare_robot.groups.bus import Bus
from casare_robot.groups.dispatcher import CONCURRENT, Dispatcher
from casare_robot.groups.environment import FleetSettings
from casare_robot.groups.group_config import check_name, printed
from casare_robot.groups.group_recovery import GroupRecovery
from casare_robot.groups.group_registry import GroupRegistry
from casare_robot.groups.group_row import TABLE
from casare_robot.groups.health import Health
from casare_robot.groups.inbox import Sleep
from casare_robot.groups.judge import Judge
from casare_robot.groups.managed_groups import Managed, ManagedGroups
from casare_robot.groups.robot_group import RobotGroup
from casare_robot.groups.session_rules import SessionRules
from casare_robot.groups.sessions import Sessions
from casare_robot.groups.words import invalid
from casare_robot.store.conditions import AnyOf
from casare_robot.store.opening import open_store
from casare_robot.store.records import Limit
from casare_robot.store.store import Store

log = logging.getLogger(__name__)

CLEANUP_EVERY = 300.0
SAVE_EVERY = 30.0
DRAIN = 30.0


class Fleet:
    """All groups of one store. Made by `open`; ended by `shutdown` or ``async with``."""

    def __init__(
        self,
        settings: FleetSettings | None = None,
        *,
        store: Store | None = None,
        judge: Judge | None = None,
        clock: Callable[[], float] = time.time,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self.settings = settings or FleetSettings()
        self._given_store = store
        self._judge = judge
        self._clock = clock
        self._sleep = sleep
        self._store: Store | None = None
        self._managed: ManagedGroups | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._began = clock()
        self._is_over = False

    @classmethod
    async def open(
        cls,
        url: str = "memory:",
        *,
        store: Store | None = None,
        settings: FleetSettings | None = None,
        resources: Mapping[str, float] | None = None,
        judge: Judge | None = None,
        clock: Callable[[], float] = time.time,
        sleep: Sleep = asyncio.sleep,
    ) -> Self:
        """Open the fleet of a store.

        Args:
            url: The store's address, unless one is given that is open.
            store: An open store; it is left open at the end.
            settings: See `environment.settings_of`.
            resources: Pools: how much there is of each kind.
            judge: Chooses who answers in its groups, where they ask for ``llm_based``.
            clock: Seconds, the store's.
            sleep: Waits.
        """
        known = msgspec.structs.replace(settings or FleetSettings(), url=url)
        fleet = cls(known, store=store, judge=judge, clock=clock, sleep=sleep)
        await fleet.initialize()
        for kind, amount in (resources or {}).items():
            await Dispatcher(fleet.store, fleet.bus).resources.set_pool(kind, amount)
        return fleet

    async def initialize(self) -> dict[str, Any]:
        """Open it; ``{success, message}``. Fine to do twice."""
        if self._store is not None:
            return {"success": True, "message": "already initialized"}
        self._store = self._given_store or await open_store(self.settings.url)
        self.bus = Bus(
            self._store,
            clock=self._clock,
            robot="fleet",
            retention=self.settings.retention,
            remembered=self.settings.registry_size,
        )
        self.health = Health(
            self._store,
            self.bus,
            kind="group",
            restart=self._restart,
            clock=self._clock,
            sleep=self._sleep,
            on_change=self._judged,
        )
        every = self.settings.heartbeat_every
        self.health.configure(
            heartbeat_interval=every,
            activity_timeout=2 * every,
            probe_timeout=self.settings.probe_timeout,
        )
        self.sessions = Sessions(
            self._store,
            clock=self._clock,
            limit=lambda: self.health.session_limit(self.settings.max_sessions),
            rules=SessionRules(
                life=self.settings.session_life,
                kept_turns=self.settings.kept_turns,
                largest=self.settings.max_state_size,
                state_life=self.settings.state_life,
            ),
        )
        self._managed = ManagedGroups(
            self._store,
            self.settings,
            self.health,
            judge=self._judge,
            clock=self._clock,
            sleep=self._sleep,
        )
        await self.bus.start()
        await self.bus.publish("initialized", {})
        return {"success": True, "message": "initialized"}

    @property
    def store(self) -> Store:
        """The store.

        Raises:
            NotOpenError: The fleet is not open.
        """
        if self._store is None or self._is_over:
            raise NotOpenError
        return self._store

    @property
    def _registry(self) -> GroupRegistry:
        return GroupRegistry(self.store, self._clock)

    @property
    def _groups(self) -> ManagedGroups:
        if self._managed is None or self._is_over:
            raise NotOpenError
        return self._managed

    @property
    def _recovery(self) -> GroupRecovery:
        return GroupRecovery(
            self.store,
            self.bus,
            sessions=self.sessions,
            health=self.health,
            groups=self._groups,
            update=self.update,
            clock=self._clock,
        )

    def start(self) -> None:
        """Send heartbeats, watch, lead and clean up, until `shutdown`."""
        if self._tasks:
            return
        duties: tuple[tuple[Callable[[], Any], float], ...] = (
            (self._groups.beat, self.settings.heartbeat_every),
            (self.health.tick, 0.5),
            (self.sessions.autosave, SAVE_EVERY),
            (self.cleanup, CLEANUP_EVERY),
        )
        for work, every in duties:
            task = asyncio.create_task(self._repeat(work, every), name=f"fleet {work.__name__}")
            self._tasks.append(task)
        self._groups.start()

    async def create_group(
        self,
        name: str | None = None,
        *,
        active: Iterable[str] = (),
        passive: Iterable[str] = (),
        **config: Any,
    ) -> RobotGroup:
        """Make a group: registered, coordinated, its first state saved, snapshots begun.

        Raises:
            InvalidRecordError: The name is none.
            ConflictError: There is one of that name.
            LimitReachedError: There are as many as may be.
        """
        if name is not None:
            check_name(name)
        if name is not None and await self.store.get(TABLE, name) is not None:
            raise ConflictError(TABLE, name, expected=0, current=1)
        most = self.settings.max_groups
        limit = Limit(table=TABLE, most=most, where={"status": AnyOf(CONCURRENT)})
        try:
            managed = await self._groups.open(
                name, active=active, passive=passive, limit=limit, **config
            )
        except LimitReachedError as error:
            error.add_note(f"Swarm limit reached ({most})")
            raise
        group = managed.group
        await managed.coordinator.lead()
        await self.health.beat(group.id)
        await self.store.patch(TABLE, group.id, {"status": "active"})
        state = printed((await group.row()).record)
        await self.sessions.save(group.id, state)
        self.sessions.auto_snapshot(group.id, every=self.settings.snapshot_every)
        return group

    async def group(self, group_id: str) -> Managed | None:
        """A group with its bus (``messenger``) and ``coordinator``; None if there is none."""
        return await self._groups.find(group_id)

    async def groups(
        self,
        *,
        status: str | None = None,
        limit: int | None = None,
        **given: Any,
    ) -> list[dict[str, Any]]:
        """The groups, the newest first, under the documents' names.

        Args:
            status: Only those; see `group_config.STATUSES`.
            limit: At most so many.
            given: ``strategy``, ``mode``, ``objective`` (a part of it), ``phase``.
        """
        rows = await self._registry.find(status=status, limit=limit, given=given)
        return [printed(row.record) for row in rows]

    async def update(self, group_id: str, updates: Mapping[str, Any]) -> dict[str, Any]:
        """Change fields of a group and of its state; its id and time of birth stay.

        Raises:
            NotFoundError: There is no such group.
        """
        known = await self._registry.update(group_id, updates)
        if await self.sessions.load(group_id) is not None:
            await self.sessions.update(group_id, known)
        row = await self.store.get(TABLE, group_id)
        return printed(row.record) if row else {}

    async def send(self, sender: str, target: str, message: Mapping[str, Any]) -> str:
        """Send ``{type, data}`` from one group to another; the message's id.

        Raises:
            NotFoundError: There is no such sender or target.
        """
        managed = await self._groups.get(sender)
        if await self.store.get(TABLE, target) is None:
            raise NotFoundError(TABLE, target)
        robot = message.get("agent") or message.get("targetAgent")
        return await managed.messenger.send(
            target, str(message["type"]), message.get("data"), robot=robot
        )

    async def broadcast(self, sender: str, message: Mapping[str, Any]) -> str:
        """Send ``{type, data}`` from one group to all others; the message's id."""
        managed = await self._groups.get(sender)
        return await managed.messenger.broadcast(str(message["type"]), message.get("data"))

    async def distribute(self, group_id: str, work: Mapping[str, Any]) -> dict[str, Any]:
        """Have a group submit a job; see `Dispatcher.submit`."""
        return await (await self._groups.get(group_id)).coordinator.submit(work)

    async def allocate(self, group_id: str, kind: str, amount: float) -> dict[str, Any]:
        """Take from a pool for a group; see `Dispatcher.allocate`."""
        return await (await self._groups.get(group_id)).coordinator.allocate(kind, amount)

    async def release(
        self, group_id: str, kind: str, amount: float | None = None
    ) -> dict[str, Any]:
        """Give back to a pool what a group took."""
        return await (await self._groups.get(group_id)).coordinator.release(kind, amount)

    async def snapshot(self, group_id: str, label: str = "") -> str:
        """Freeze a group's state; the snapshot's id."""
        return await self._recovery.snapshot(group_id, label)

    async def restore(self, group_id: str, snapshot_id: str) -> dict[str, Any]:
        """Put a frozen state back."""
        await self._groups.get(group_id)
        return await self.sessions.restore_snapshot(group_id, snapshot_id)

    async def interrupted(self) -> list[dict[str, Any]]:
        """Groups that are interrupted, or silent for five minutes though not ended."""
        return await self._recovery.interrupted()

    async def recover(self, group_id: str) -> dict[str, Any]:
        """Bring a group back from its state, checkpoint or snapshot; see `Sessions.recover`.

        Without any it is what its row says. ``status`` says whether it is ``active``
        again; it is ``recovering`` until one of its active robots is there.
        """
        return await self._recovery.recover(group_id)

    async def recover_all(self) -> dict[str, Any]:
        """Recover all that are interrupted: ``{total, results}``."""
        results = [await self.recover(found["id"]) for found in await self.interrupted()]
        return {"total": len(results), "results": results}

    async def deregister(self, group_id: str, reason: str = "completed") -> dict[str, Any]:
        """End a group: everything of it stops, its row goes to the archive for seven days.

        Returns:
            The archived record with ``archivedAt``, ``archiveReason``, ``lifetime``.
        """
        managed = await self._groups.get(group_id)
        self.sessions.stop_snapshots(group_id)
        await self._groups.let_go(group_id)
        await managed.coordinator.resources.give_all(group_id)
        record = await self._registry.archive(group_id, reason)
        await managed.group.shutdown()
        return printed(record)

    async def statistics(self) -> dict[str, Any]:
        """Figures of groups, state and coordination; see `fleet_figures.statistics`."""
        registry = await fleet_figures.registry(self.store, began=self._began, now=self._clock())
        coordinators = [one | {"registry": registry} for one in await self._groups.stats()]
        return {
            "registry": registry,
            "state": await self.sessions.stats(),
            "coordinators": coordinators,
            "activeCoordinators": len(coordinators),
            "activeMessengers": sum(one.messenger.listening for one in self._groups),
        }

    async def metrics(self) -> dict[str, float]:
        """Figures for a monitoring system; see `fleet_figures.metrics`."""
        buses = [self.bus, *(one.messenger for one in self._groups)]
        return await fleet_figures.metrics(
            self.store,
            [await bus.stats() for bus in buses],
            health=self.health.stats(),
            sessions=await self.sessions.stats(),
            uptime=max(1e-9, self._clock() - self._began),
        )

    async def report(self) -> dict[str, Any]:
        """How the fleet is; see `Health.report`."""
        state = await self.sessions.stats()
        registry = await fleet_figures.registry(self.store, began=self._began, now=self._clock())
        return self.health.report(
            active_sessions=state["activeSessions"],
            session_limit=self.health.session_limit(self.settings.max_sessions),
            active_groups=registry["activeSwarms"],
            errors=state["errors"],
        )

    async def cleanup(self) -> dict[str, int]:
        """Archive what has ended a day ago, delete what has expired; how many of each."""
        archived = await self._registry.archive_ended(after=self.settings.state_life)
        for group_id in archived:
            await self.sessions.delete(group_id)
        return {"groups": len(archived), "sessions": await self.sessions.cleanup()}

    async def selfcheck(self) -> dict[str, str]:
        """Try everything once on the live store: what, and ``ok`` or what is wrong."""
        return await fleet_figures.selfcheck(self)

    async def shutdown(self) -> int:
        """Finish what runs, save, let go; 0 if nothing was lost, else 1. Under a minute."""
        if self._store is None or self._is_over:
            return 0
        code = 0
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        try:
            async with asyncio.timeout(DRAIN):
                await self.health.settled()
        except TimeoutError:
            code = 1
        self.sessions.stop_snapshots()
        for attempt in range(2):
            try:
                await self.sessions.autosave()
                break
            except StoreError as error:
                log.warning("sessions could not be saved: %s", error)
                code = attempt
        await self._groups.close()
        await self.health.stop()
        await self.bus.stop()
        self._is_over = True
        if self._given_store is None:
            await self._store.close()
        return code

    async def __aenter__(self) -> Self:
        """Itself."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Shut down."""
        await self.shutdown()

    async def _restart(self, group_id: str) -> None:
        result = await self.recover(group_id)
        if not result["success"]:
            raise invalid("group", str(result["error"]))

    async def _judged(self, group_id: str, state: str, reason: str) -> None:
        if state == "disconnected":
            fields = {
                "status": "interrupted",
                "interrupted_at": self._clock(),
                "reason": "heartbeat_timeout",
            }
            with suppress(NotFoundError):  # another process ended it
                await self.store.patch(TABLE, group_id, fields)

    async def _repeat(self, work: Callable[[], Any], every: float) -> None:
        while True:
            try:
                await work()
            except RobotError as error:
                log.warning("%s: %s", work.__name__, error)
            await self._sleep(every)
