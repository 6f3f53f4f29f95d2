"""When a bell rings. Time is virtual."""

import asyncio

import pytest

from casare_robot.store.doorbell import Belfry, Doorbell
from casare_robot.store.memory import MemoryStore

pytestmark = pytest.mark.looptime


async def test_a_bell_rings_at_once_and_each_second_anyway(looptime):
    async with MemoryStore().watch("a", "b") as bell:
        for second in range(4):
            assert await anext(bell) == {"a", "b"}
            assert looptime == second


async def test_the_first_call_counts_at_once_and_those_that_follow_are_one(looptime):
    belfry = Belfry()
    async with Doorbell(["a", "b", "c"], belfry) as bell:
        await anext(bell)
        await asyncio.sleep(0.5)
        belfry.ring(["a"])

        assert await anext(bell) == {"a"}
        assert looptime == 0.5
        belfry.ring(["b"])
        belfry.ring(["a", "nobody's"])
        assert await anext(bell) == {"a", "b"}
        assert looptime == 0.52


async def test_a_call_during_a_look_is_not_lost(looptime):
    belfry = Belfry()
    async with Doorbell(["a", "b"], belfry) as bell:
        async for names in bell:
            if names == {"a"}:
                break
            belfry.ring(["a"])
            await asyncio.sleep(0.3)

    assert looptime == 0.3


async def test_a_name_that_calls_all_the_time_does_not_keep_the_others_from_the_poll(looptime):
    belfry = Belfry()
    seen = []
    async with Doorbell(["loud", "silent"], belfry) as bell:
        while looptime < 1.5:
            belfry.ring(["loud"])
            seen.append((await anext(bell), float(looptime)))

    assert [at for names, at in seen if "silent" in names] == pytest.approx([0, 1], abs=0.02)
    assert len(seen) == pytest.approx(75, abs=3)


async def test_a_wait_that_is_cancelled_loses_no_call(looptime):
    belfry = Belfry()
    async with Doorbell(["a", "b"], belfry) as bell:
        await anext(bell)
        belfry.ring(["a"])
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(bell), 0.01)

        assert await anext(bell) == {"a"}


async def test_a_bell_ends_with_its_store(looptime):
    store = MemoryStore()

    async def watch():
        async with store.watch("a") as bell:
            return [names async for names in bell]

    watching = asyncio.create_task(watch())
    await asyncio.sleep(0.5)
    await store.close()

    assert await watching == [{"a"}]
    assert looptime == 0.5


async def test_appending_and_giving_a_lease_back_call(looptime):
    store = MemoryStore()
    lease = await store.lease("fleet", "a", ttl=5)
    async with store.watch("log", "lease:fleet") as bell:
        await anext(bell)
        await asyncio.sleep(0.1)
        await store.append("log", 1)
        assert await anext(bell) == {"log"}
        await asyncio.sleep(0.1)
        await store.unlease(lease.fence)
        assert await anext(bell) == {"lease:fleet"}
    assert looptime == 0.2


async def test_a_call_for_everything_calls_every_name(looptime):
    belfry = Belfry()
    async with Doorbell(["a", "b"], belfry) as bell:
        await anext(bell)
        await asyncio.sleep(0.3)
        belfry.ring(None)

        assert await anext(bell) == {"a", "b"}
        assert looptime == 0.3
