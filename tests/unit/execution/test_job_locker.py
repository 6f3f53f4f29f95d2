"""Who may execute a job."""

import asyncio

import pytest

from casare_robot.domain.errors import StaleLeaseError
from casare_robot.execution.job_locker import JobLocker
from casare_robot.store.memory import MemoryStore


async def test_a_job_is_locked_once_even_by_the_same_robot():
    locker = JobLocker()

    ends = await asyncio.gather(*(locker.acquire_lock("a") for _ in range(5)))

    assert sorted(ends) == [False] * 4 + [True]
    assert await locker.is_locked("a")
    assert not await locker.is_locked("b")
    await locker.release_lock("a")


async def test_a_job_that_was_released_can_be_locked_again_with_a_greater_token():
    locker = JobLocker()
    assert await locker.acquire_lock("a")
    first = locker.token("a")
    await locker.release_lock("a")
    await locker.release_lock("a")
    assert not await locker.is_locked("a")

    assert await locker.acquire_lock("a")

    assert locker.token("a") > first
    await locker.release_lock("a")


async def test_robots_that_share_a_store_exclude_each_other():
    store = MemoryStore()
    one, other = JobLocker(store), JobLocker(store)
    assert await one.acquire_lock("a")

    assert not await other.acquire_lock("a")
    assert await other.is_locked("a")
    await other.release_lock("a")
    assert not await other.acquire_lock("a")
    await one.release_lock("a")
    assert await other.acquire_lock("a")
    await other.release_lock("a")


async def test_a_write_in_the_name_of_a_lock_that_was_lost_is_refused():
    now = 0.0
    store = MemoryStore(clock=lambda: now)
    one, other = JobLocker(store), JobLocker(store)
    assert await one.acquire_lock("a")
    fence = one.fence("a")
    now = 5.0
    assert await other.acquire_lock("a")

    with pytest.raises(StaleLeaseError):
        await store.put("job", "a", {"status": "done"}, fence=fence)
    await store.put("job", "a", {"status": "done"}, fence=other.fence("a"))
    for locker in (one, other):
        await locker.release_lock("a")


async def test_without_a_lock_there_is_no_token():
    with pytest.raises(StaleLeaseError):
        JobLocker().token("a")


@pytest.mark.looptime
async def test_a_lock_that_is_lost_is_noticed(looptime):
    clock = asyncio.get_running_loop().time
    store = MemoryStore(clock=clock)
    locker = JobLocker(store, clock=clock)
    assert await locker.acquire_lock("a")
    await store.unlease(locker.fence("a"))
    await store.lease("job:a", "thief", ttl=5)

    await locker.lost("a")

    assert looptime == 2
    with pytest.raises(StaleLeaseError):
        locker.token("a")
    await locker.release_lock("a")
    await locker.lost("a")
