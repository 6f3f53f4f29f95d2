"""Groups on every store, with a clock that only the test moves."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from casare_robot.domain.errors import StoreUnavailableError
from casare_robot.groups.bus import Bus
from casare_robot.groups.choose import Candidate
from casare_robot.groups.dispatcher import Dispatcher
from casare_robot.groups.fleet import Fleet
from casare_robot.groups.health import Health
from casare_robot.groups.memory import Memory
from casare_robot.groups.robot_group import RobotGroup
from casare_robot.groups.sessions import Sessions
from casare_robot.store.opening import open_store
from casare_robot.store.store import Store


class Clock:
    """Seconds since 1970 that pass when they are told to, or when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["memory", "sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return {"memory": "memory:", "sqlite": f"sqlite:{tmp_path / 'shared.db'}"}[request.param]


@pytest.fixture
async def store(url: str, clock: Clock) -> AsyncIterator[Store]:
    async with await open_store(url, clock=clock) as opened:
        yield opened


@pytest.fixture
async def bus(store: Store, clock: Clock) -> AsyncIterator[Bus]:
    async with Bus(store, "team", robot="me", clock=clock, sleep=clock.sleep) as listening:
        yield listening


@pytest.fixture
async def other(store: Store, clock: Clock) -> AsyncIterator[Bus]:
    async with Bus(store, "others", robot="you", clock=clock, sleep=clock.sleep) as listening:
        yield listening


@pytest.fixture
def memory(store: Store, clock: Clock) -> Memory:
    return Memory(store, "team", max_tokens=100, clock=clock)


@pytest.fixture
def sessions(store: Store, clock: Clock) -> Sessions:
    return Sessions(store, clock=clock, sleep=clock.sleep)


@pytest.fixture
async def health(store: Store, bus: Bus, clock: Clock) -> AsyncIterator[Health]:
    watching = Health(store, bus, clock=clock, sleep=clock.sleep)
    yield watching
    await watching.stop()


@pytest.fixture
async def group(store: Store, clock: Clock) -> AsyncIterator[RobotGroup]:
    async with await RobotGroup.open(
        store, "team", active=["a"], passive=["b"], max_tokens=8000, clock=clock
    ) as opened:
        yield opened


@pytest.fixture
async def fleet(store: Store, clock: Clock) -> AsyncIterator[Fleet]:
    opened = await Fleet.open(
        store=store, clock=clock, sleep=clock.sleep, resources={"cpu": 100, "memory": 8192}
    )
    async with opened:
        yield opened


@pytest.fixture
async def dispatcher(fleet: Fleet) -> Dispatcher:
    """That of the leader; `fleet` has groups one (the leader) and two."""
    await fleet.create_group("one", active=["r1"])
    await fleet.create_group("two", active=["r2"])
    managed = await fleet.group("one")
    assert managed is not None
    return managed.coordinator


@pytest.fixture
def speakers() -> list[Candidate]:
    return [
        Candidate(id="researcher", order=1, weight=0.5, expertise="research and fact finding"),
        Candidate(id="writer", order=2, weight=0.3, expertise="writing texts"),
        Candidate(id="reviewer", order=3, weight=0.2, expertise="quality review"),
    ]


@pytest.fixture
def heard(bus: Bus):
    """Events of the team so far, as topic and payload, once it is settled."""

    async def events(pattern: str = "*"):
        return [(e.topic, e.payload) for e in reversed(await bus.history(limit=1000))]

    return events


@pytest.fixture
def meanwhile(store, monkeypatch):
    """Lets something happen after a call of the store, before its caller hears the answer."""

    def plan(name, happens, *, at=lambda *given, **also: True):
        call = getattr(store, name)
        planned = [happens]

        async def slow(*given, **also):
            answer = await call(*given, **also)
            if planned and at(*given, **also):
                await planned.pop()()
            return answer

        monkeypatch.setattr(store, name, slow)

    return plan


@pytest.fixture
def fails_once(store, monkeypatch):
    """Lets one call of the store fail without having been carried out."""

    def plan(name, *, at=lambda *given, **also: True):
        call = getattr(store, name)
        faults = [StoreUnavailableError("the server is away")]

        async def failing(*given, **also):
            if faults and at(*given, **also):
                raise faults.pop()
            return await call(*given, **also)

        monkeypatch.setattr(store, name, failing)

    return plan
