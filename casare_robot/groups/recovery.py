"""Carries out what a recovery policy says, and proves that it worked."""

import logging
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from casare_robot.groups.inbox import Sleep
from casare_robot.groups.records import RecoveryPolicy
from casare_robot.groups.webhook import post
from casare_robot.store.store import Store

log = logging.getLogger(__name__)

LOOK = 0.1

Restart: TypeAlias = Callable[[str], Awaitable[object]]
Failover: TypeAlias = Callable[[str, str | None], Awaitable[str]]
Replay: TypeAlias = Callable[[str], Awaitable[tuple[int, int]]]
"""Replays what a robot missed: how many events, and how many of them failed."""


class Recovery:
    """Restarts robots, has others take over, or tells people.

    Args:
        store: Where beats are: leases named ``PREFIX:ROBOT``.
        prefix: Of these names.
        restart: Starts a robot again, through its supervisor.
        failover: Has a fallback take over; who did.
        restore: Brings a robot's state back after a restart.
        replay: Replays what it missed.
        clock: Seconds, the store's.
        sleep: Waits.
        alert: Tells operators.
        beaten: Told that a robot beat, and when.
    """

    def __init__(
        self,
        store: Store,
        prefix: str,
        *,
        restart: Restart | None,
        failover: Failover | None,
        restore: Restart | None,
        replay: Replay | None,
        clock: Callable[[], float],
        sleep: Sleep,
        alert: Callable[[str], None],
        beaten: Callable[[str, float], None],
    ) -> None:
        self._store = store
        self._prefix = prefix
        self._restart = restart
        self._failover = failover
        self._restore = restore
        self._replay = replay
        self._clock = clock
        self._sleep = sleep
        self._alert = alert
        self._beaten = beaten

    async def act(self, robot: str, state: str, policy: RecoveryPolicy) -> str | None:
        """Carry a policy out for a robot in this state; None if it is proven to have worked."""
        match policy.kind:
            case "restart":
                return await self._restart_until_alive(robot, policy)
            case "failover":
                if self._failover is None:
                    return "nothing here can fail over"
                taker = await self._failover(robot, policy.fallback)
                return None if taker else "nobody took over"
            case "notify":
                if policy.webhook is None:
                    self._alert(f"robot {robot} is {state}")
                    return None
                body = {"agentId": robot, "state": "disconnected", "timestamp": self._clock()}
                return await post(policy.webhook, body, sleep=self._sleep)
        return "this robot is not to be recovered"

    async def state_after(self, robot: str, policy: RecoveryPolicy, before: str) -> str:
        """The state after an attempt that worked: what a restarted robot missed is replayed."""
        if policy.kind in ("notify", "failover"):
            return before if before != "recovering" else "disconnected"
        if self._restore is not None:
            await self._restore(robot)
        done, failed = await self._replay(robot) if self._replay is not None else (0, 0)
        if failed * 2 > done:
            self._alert(f"{failed} of {done} events could not be replayed for {robot}")
            return "degraded"
        return "healthy"

    async def _restart_until_alive(self, robot: str, policy: RecoveryPolicy) -> str | None:
        if self._restart is None:
            return "nothing here can start robots"
        delay = policy.backoff
        for attempt in range(1, policy.failure_threshold + 1):
            since = self._clock()
            await self._restart(robot)
            if await self._has_beaten(robot, since, policy.timeout):
                return None
            if attempt < policy.failure_threshold:
                await self._sleep(delay)
                delay *= policy.multiplier
        return f"no beat within {policy.timeout:g} s after {policy.failure_threshold} restarts"

    async def _has_beaten(self, robot: str, since: float, patience: float) -> bool:
        name = f"{self._prefix}:{robot}"
        for _ in range(max(1, int(patience / LOOK))):
            lease = (await self._store.held(name)).get(name)
            if lease is not None and lease.expires - lease.ttl >= since:
                self._beaten(robot, lease.expires - lease.ttl)
                return True
            await self._sleep(LOOK)
        return False
