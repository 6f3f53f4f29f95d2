"""Figures of a fleet, counted from what is stored; and whether everything works."""

import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from casare_robot.domain.errors import GroupError, RobotError
from casare_robot.groups.bus import Bus
from casare_robot.groups.event_text import new_id
from casare_robot.groups.robot_group import RobotGroup
from casare_robot.groups.sessions import Sessions
from casare_robot.store.store import Store


class Checked(Protocol):
    """What a self-check needs of a fleet."""

    sessions: Sessions
    bus: Bus

    @property
    def store(self) -> Store:
        """The store."""
        ...

    async def create_group(self, name: str | None = None, **config: Any) -> RobotGroup:
        """See `Fleet.create_group`."""
        ...

    async def distribute(self, group_id: str, work: Mapping[str, Any]) -> dict[str, Any]:
        """See `Fleet.distribute`."""
        ...

    async def recover(self, group_id: str) -> dict[str, Any]:
        """See `Fleet.recover`."""
        ...

    async def deregister(self, group_id: str, reason: str = "completed") -> dict[str, Any]:
        """See `Fleet.deregister`."""
        ...


async def registry(store: Store, *, began: float, now: float) -> dict[str, Any]:
    """Groups that are and were, under the documents' names."""
    rows = await store.find("group")
    gone = await store.find("group_archive")
    states = Counter(row.record["status"] for row in (*rows, *gone))
    lives = [row.record.get("lifetime", 0.0) for row in gone]
    return {
        "totalRegistered": len(rows) + len(gone),
        "activeSwarms": sum(row.record["status"] == "active" for row in rows),
        "completedSwarms": states["completed"],
        "failedSwarms": states["failed"],
        "totalAgents": sum(len(row.record["members"]) for row in rows),
        "avgSwarmLifetime": sum(lives) / len(lives) if lives else 0.0,
        "cacheSize": 0,
        "uptime": now - began,
    }


async def metrics(
    store: Store,
    buses: Sequence[Mapping[str, Any]],
    *,
    health: Mapping[str, Any],
    sessions: Mapping[str, Any],
    uptime: float,
) -> dict[str, float]:
    """Names of the document: counts, rates per second, latencies in milliseconds."""
    began = time.perf_counter()
    await store.find("session", limit=1)
    latency = (time.perf_counter() - began) * 1000
    published = sum(bus["totalEventsPublished"] for bus in buses)
    errors = sum(bus["errors"] for bus in buses) + sessions["errors"]
    delays = [b["avgPropagationLatencyMs"] for b in buses if b["totalEventsDelivered"]]
    watched = health["totalAgents"]
    return {
        "session_count": sessions["totalSessions"],
        "agent_health_status": health["healthyAgents"] / watched if watched else 1.0,
        "event_throughput": published / uptime,
        "error_rate": errors / uptime,
        "session_restore_latency_ms": latency,
        "event_propagation_latency_ms": sum(delays) / len(delays) if delays else 0.0,
    }


async def selfcheck(fleet: Checked) -> dict[str, str]:
    """What works: each check with ``ok`` or what is wrong; its groups are gone afterwards."""
    mark = new_id()[:8]
    first = await fleet.create_group(f"selfcheck-a-{mark}", active=["a"], passive=["b"])
    second = await fleet.create_group(f"selfcheck-b-{mark}", active=["c"])
    checks = {
        "memory": lambda: _memory(first, mark),
        "messages": lambda: _messages(first, second),
        "jobs": lambda: _jobs(fleet, first),
        "failover": lambda: _failover(first),
        "state": lambda: _state(fleet, first),
        "lease": lambda: _lease(fleet.store, mark),
    }
    results: dict[str, str] = {}
    for name, check in checks.items():
        results[name] = await _outcome(check)
    for group in (first, second):
        await fleet.deregister(group.id, "selfcheck")
    return results


async def _outcome(check: Callable[[], Awaitable[bool]]) -> str:
    try:
        return "ok" if await check() else "it did not happen"
    except RobotError as error:
        return str(error)


async def _memory(group: RobotGroup, mark: str) -> bool:
    node = await group.remember(f"selfcheck {mark}", originator="a")
    return [found["id"] for found in await group.recall(mark)] == [node]


async def _messages(first: RobotGroup, second: RobotGroup) -> bool:
    heard: list[Any] = []
    end = second.bus.on("selfcheck", lambda payload, event: heard.append(payload))
    await first.bus.send(second.id, "selfcheck", {"n": 1})
    await second.bus.settled()
    end()
    return heard == [{"n": 1}]


async def _jobs(fleet: Checked, group: RobotGroup) -> bool:
    result = await fleet.distribute(group.id, {"description": "selfcheck"})
    dropped = await fleet.store.drop("group_job", result["taskId"])
    return dropped and ("distributed" in result or "queued" in result)


async def _failover(group: RobotGroup) -> bool:
    return await group.failover() == "b" and len(await group.recall("selfcheck")) == 1


async def _state(fleet: Checked, group: RobotGroup) -> bool:
    shot = await fleet.sessions.snapshot(group.id, "selfcheck")
    await fleet.sessions.restore_snapshot(group.id, shot)
    return bool((await fleet.recover(group.id))["success"])


async def _lease(store: Store, mark: str) -> bool:
    name = f"selfcheck:{mark}"
    lease = await store.lease(name, "a", ttl=5.0)
    if lease is None:
        raise GroupError("a free lease could not be taken")
    other = await store.lease(name, "b", ttl=5.0)
    return other is None and await store.unlease(lease.fence)
