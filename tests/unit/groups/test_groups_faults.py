"""Members at work while the server restarts, calls are lost or come twice, and clocks jump."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from casare_robot.domain.errors import ConflictError, StaleLeaseError, StoreUnavailableError
from casare_robot.groups.bus import Bus
from casare_robot.store.doorbell import Belfry
from casare_robot.store.opening import open_store
from casare_robot.store.records import Append, Patch, Put

JOBS = 60
EVENTS = 40


@pytest.fixture(params=["postgres", "redis"])
def server(request):
    return request.getfixturevalue(f"{request.param}_server")


async def again(call: Callable[[], Awaitable[Any]]) -> Any:
    """What a robot does when the store is away: it asks again."""
    async with asyncio.timeout(90):
        while True:
            try:
                return await call()
            except StoreUnavailableError:
                await asyncio.sleep(0.05)


async def member(store, name):
    """Claim jobs and finish each in one commit, in its lease's name, until none is left."""
    while True:
        claim = await again(
            lambda: store.claim(
                "job",
                holder=name,
                ttl=1.0,
                where={"status": "queued"},
                fields={"by": name},
            )
        )
        if claim is not None:
            row = claim.row
            done = (
                Patch(table="job", key=row.key, fields={"status": "done"}, version=row.version),
                Append(stream="done", bodies=(row.key,)),
            )
            try:
                await again(
                    lambda done=done, fence=claim.lease.fence: store.commit(*done, fence=fence)
                )
            except (StaleLeaseError, ConflictError):
                continue  # it ran out, or it was done and only the answer was lost
        elif await again(lambda: store.count("job", {"status": "queued"})) == 0:
            return


async def test_members_at_work_outlive_a_restart_and_each_job_is_finished_once(server):
    url = server.empty()
    async with await open_store(url) as store, await open_store(url) as other:
        jobs = (Put(table="job", key=f"j{n}", record={"status": "queued"}) for n in range(JOBS))
        await store.commit(*jobs)
        working = [
            asyncio.create_task(member(each, f"robot {n}"))
            for n, each in enumerate((store, store, other, other))
        ]
        async with asyncio.timeout(60):
            while (await again(lambda: store.read("done"))).newest < JOBS // 10:
                await asyncio.sleep(0)
        await asyncio.to_thread(server.restart)
        await asyncio.wait_for(asyncio.gather(*working), 120)
        finished = [entry.body for entry in (await store.read("done")).entries]

    assert sorted(finished) == sorted(f"j{n}" for n in range(JOBS))


async def test_a_bus_hears_on_after_its_server_restarted(server):
    url = server.empty()
    heard: list[int] = []
    async with (
        await open_store(url) as store,
        await open_store(url) as other,
        Bus(store, "team", robot="ear") as ear,
    ):
        ear.subscribe("tick", "me#", lambda payload, event: heard.append(payload["n"]))
        mouth = Bus(other, "team", robot="mouth")
        for n in range(EVENTS):
            if n == EVENTS // 2:
                await asyncio.to_thread(server.restart)
            await again(lambda n=n: mouth.publish("tick", {"n": n}))
        async with asyncio.timeout(60):
            while len(set(heard)) < EVENTS:
                await asyncio.sleep(0.01)

    assert sorted(set(heard)) == list(range(EVENTS))
    assert heard == sorted(heard)


class Unreliable(Belfry):
    """Loses every other call and makes those that it does not lose three times."""

    def __init__(self, on_first=None) -> None:
        super().__init__(on_first)
        self.calls = 0

    def ring(self, names) -> None:
        self.calls += 1
        told = None if names is None else frozenset(names)
        if self.calls % 2:
            for _ in range(3):
                super().ring(told)


async def test_calls_that_are_lost_or_come_twice_neither_lose_nor_double_an_event(url, monkeypatch):
    for room in ("memory", "sqlite.sqlite_store"):
        monkeypatch.setattr(f"casare_robot.store.{room}.Belfry", Unreliable)
    heard: list[int] = []
    async with await open_store(url) as store, Bus(store, "team", robot="ear") as ear:
        ear.subscribe("tick", "me#", lambda payload, event: heard.append(payload["n"]))
        # one that is not told of by its own bus: only the bell and the second bring it
        mouth = Bus(store, "team", robot="mouth")
        for n in range(10):
            await mouth.publish("tick", {"n": n})
            await asyncio.sleep(0.03)
        async with asyncio.timeout(60):
            while len(heard) < 10:
                await asyncio.sleep(0.01)
        assert store._belfry.calls > 5

    assert heard == list(range(10))


async def test_a_clock_that_jumps_ahead_ends_leases_and_no_write_of_their_holders_gets_through(
    store, clock
):
    lease = await store.lease("group:team", "old", ttl=5)
    clock.now += 3600

    with pytest.raises(StaleLeaseError):
        await store.append("log", "late", fence=lease.fence)
    taken = await store.lease("group:team", "new", ttl=5)
    clock.now -= 3600

    assert taken.token > lease.token
    assert (await store.held("group:team"))["group:team"].holder == "new"
    with pytest.raises(StaleLeaseError):
        await store.append("log", "later", fence=lease.fence)
    assert await store.append("log", "mine", fence=taken.fence) == 1
