"""Leadership passes on: when it is given back, when it runs out, and when its process dies."""

import asyncio
import contextlib
import os
import signal
import sys
import time

import pytest

from casare_robot.domain.errors import StaleLeaseError
from casare_robot.store.opening import open_store

TTL = 60.0


async def started(url, holder):
    """A process that leads, and what it says of itself."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.store_process", "lead", url, holder),
        stdout=asyncio.subprocess.PIPE,
    )
    said = await asyncio.wait_for(child.stdout.readline(), 60)
    assert said.split() == [b"leads", holder.encode()]
    return child


@pytest.fixture
async def second(url, clock, store):
    if url == "memory:":
        yield store
    else:
        async with await open_store(url, clock=clock) as opened:
            yield opened


async def test_what_nobody_leads_is_taken_at_once(store):
    lease = await asyncio.wait_for(store.succeed("fleet", "a", ttl=TTL), 60)

    assert await store.held("fleet") == {"fleet": lease}
    assert lease.holder == "a"


async def test_who_waits_leads_when_the_lease_is_given_back(store, second):
    lease = await store.succeed("fleet", "a", ttl=TTL)
    waiting = asyncio.create_task(second.succeed("fleet", "b", ttl=TTL))
    await asyncio.sleep(0)
    assert await store.unlease(lease.fence)

    later = await asyncio.wait_for(waiting, 60)

    assert later.holder == "b"
    assert later.token > lease.token


async def test_who_waits_leads_when_the_lease_has_run_out(store, second, clock):
    lease = await store.lease("fleet", "a", ttl=TTL)
    waiting = asyncio.create_task(second.succeed("fleet", "b", ttl=TTL))
    await asyncio.sleep(0)
    clock.now += TTL

    later = await asyncio.wait_for(waiting, 60)

    assert later.token > lease.token


async def test_of_many_in_one_process_one_leads_at_a_time(store):
    leads = []

    async def stand(holder):
        lease = await store.succeed("fleet", holder, ttl=TTL)
        assert list((await store.held("fleet")).values()) == [lease]
        leads.append(holder)
        await store.unlease(lease.fence)

    await asyncio.wait_for(asyncio.gather(*(stand(f"r{n}") for n in range(4))), 60)

    assert sorted(leads) == ["r0", "r1", "r2", "r3"]


async def test_who_stops_waiting_is_in_nobodys_way(store, second):
    lease = await store.succeed("fleet", "a", ttl=TTL)
    waiting = asyncio.create_task(second.succeed("fleet", "b", ttl=TTL))
    await asyncio.sleep(0.05)
    waiting.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await waiting
    await store.unlease(lease.fence)

    assert await asyncio.wait_for(store.succeed("fleet", "c", ttl=TTL), 60)


@pytest.mark.parametrize("url", ["memory:"])
async def test_a_lease_that_came_as_the_wait_was_given_up_is_given_back(store):
    given, asked = store.lease, asyncio.Event()

    async def lease(*names, **told):
        taken = await given(*names, **told)
        asked.set()
        await asyncio.sleep(0)
        return taken

    store.lease = lease
    waiting = asyncio.create_task(store.succeed("fleet", "b", ttl=TTL))
    await asked.wait()
    waiting.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await waiting

    assert await store.held("fleet") == {}


@pytest.fixture
def postgres_url(postgres_server):
    return postgres_server.empty()


async def test_the_successor_of_a_killed_leader_does_not_wait_for_its_lease(postgres_url):
    leader = await started(postgres_url, "killed")
    async with await open_store(postgres_url) as store:
        [before] = (await store.held("fleet")).values()
        waiting = asyncio.create_task(store.succeed("fleet", "next", ttl=TTL))
        await asyncio.sleep(0.1)
        begin = time.monotonic()
        os.kill(leader.pid, signal.SIGKILL)
        lease = await asyncio.wait_for(waiting, 60)
        took = time.monotonic() - begin

        assert before.holder == "killed"
        assert lease.token > before.token
        assert took < before.ttl / 4, "it waited for the lease to run out"
        with pytest.raises(StaleLeaseError):
            await store.append("log", "of the dead", fence=before.fence)
    await leader.wait()


async def test_a_lease_that_no_session_stands_for_is_not_ended_by_a_lock(postgres_url):
    async with await open_store(postgres_url) as store, await open_store(postgres_url) as other:
        lease = await store.lease("fleet", "plain", ttl=TTL)
        waiting = asyncio.create_task(other.succeed("fleet", "next", ttl=TTL))
        await asyncio.wait([waiting], timeout=0.3)

        assert await store.append("log", 1, fence=lease.fence) == 1
        waiting.cancel()


async def test_a_leader_that_lost_its_lease_and_did_not_say_so_is_succeeded(postgres_url):
    async with await open_store(postgres_url) as store, await open_store(postgres_url) as other:
        lost = await store.succeed("fleet", "silent", ttl=0.2)
        later = await asyncio.wait_for(other.succeed("fleet", "next", ttl=TTL), 60)

    assert later.token > lost.token
