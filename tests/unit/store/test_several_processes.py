"""What holds when several processes share a store, and when one of them is killed or frozen."""

import asyncio
import json
import signal
import sys
import time
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from casare_robot.domain.errors import LimitReachedError
from casare_robot.store.opening import open_store
from casare_robot.store.records import Limit, Put
from tests.stores import address_of

ROOT = Path(__file__).parents[3]
PROCESSES = 3


@pytest.fixture(params=["sqlite", "postgres", "redis", "supabase"])
def shared_url(request, tmp_path):
    return address_of(request.param, request, tmp_path)


@pytest.fixture
async def store(shared_url):
    async with await open_store(shared_url) as opened:
        yield opened


@pytest.fixture
async def start(shared_url):
    started = []

    async def start(what, argument):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.store_process", what),
            *(shared_url, str(argument)),
            stdin=PIPE,
            stdout=PIPE,
            cwd=ROOT,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def lines(process):
    """Everything it tells, once it has ended well."""
    told, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0
    return [json.loads(line) for line in told.splitlines()]


async def all_lines(start, what, argument):
    processes = [await start(what, argument) for _ in range(PROCESSES)]
    return await asyncio.gather(*map(lines, processes))


async def test_writers_of_several_processes_leave_no_gap_that_a_reader_could_see(store, start):
    seen = []

    async def follow():
        cursor = 0
        while len(seen) < PROCESSES * 100:
            reading = await store.read("log", after=cursor)
            seen.extend(entry.seq for entry in reading.entries)
            cursor = seen[-1] if seen else 0

    following = asyncio.create_task(follow())
    told = await all_lines(start, "append", 100)
    await asyncio.wait_for(following, 60)

    given = sorted(seq for process in told for line in process for seq in line)
    assert given == list(range(1, PROCESSES * 100 + 1))
    assert seen == given


async def test_processes_that_change_one_row_lose_no_change(store, start):
    await store.put("job", "counter", {"n": 0})

    await all_lines(start, "count_up", 50)

    assert (await store.get("job", "counter")).record == {"n": PROCESSES * 50}


async def test_of_several_processes_exactly_one_gets_each_lease(store, start):
    told = await all_lines(start, "contend", 60)

    won = sorted(number for (names,) in told for number in names)
    assert won == list(range(60))


async def test_no_row_is_claimed_by_two_processes(store, start):
    await asyncio.gather(
        *(store.put("job", f"j{n}", {"status": "queued", "priority": n % 7}) for n in range(200))
    )

    told = await all_lines(start, "claim", "r")

    taken = [key for (keys,) in told for key in keys]
    assert len(taken) == len(set(taken)) == 200


async def test_what_a_killed_writer_was_told_is_there_and_the_others_go_on(store, start):
    for _ in range(3):
        process = await start("append", 0)
        given = []
        for _ in range(20):
            given += json.loads(await asyncio.wait_for(process.stdout.readline(), 60))
        process.kill()
        told, _ = await process.communicate()
        whole_lines = told.decode().split("\n")[:-1]
        given += [seq for line in whole_lines for seq in json.loads(line)]

        next_one = await store.append("log", "still here")  # a server may still do its last writes
        entries = (await store.read("log", limit=10**9)).entries
        assert {entry.seq for entry in entries if entry.body == process.pid} >= set(given)
        assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
        assert entries[next_one - 1].body == "still here"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot freeze a process by signal")
async def test_a_holder_that_was_frozen_is_refused_when_it_wakes_up(store, start):
    process = await start("write_later", 0.3)
    token = json.loads(await asyncio.wait_for(process.stdout.readline(), 60))
    process.send_signal(signal.SIGSTOP)
    deadline = time.monotonic() + 60
    while (lease := await store.lease("fleet", "next", ttl=600)) is None:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
    process.send_signal(signal.SIGCONT)
    process.stdin.write(b"now\n")

    assert await lines(process) == [[token, lease.token]]
    assert (await store.read("log")).newest == 0


async def test_a_bell_is_heard_by_another_process(store, start):
    process = await start("echo", "-")
    await asyncio.wait_for(process.stdout.readline(), 60)
    for _ in range(5):
        await store.append("log", time.time())
        await asyncio.sleep(0.05)
    await store.append("log", "end")

    (delays,) = await lines(process)
    assert len(delays) == 5
    assert sorted(delays)[2] < 500, "half of them came with the poll of each second"


async def test_processes_that_make_the_store_together_make_one(start):
    told = await all_lines(start, "append", 4)

    assert sorted(seq for process in told for line in process for seq in line) == list(
        range(1, PROCESSES * 4 + 1)
    )


async def test_of_two_stores_that_fill_the_last_places_none_gets_one_too_many(store, shared_url):
    limit = Limit(table="allocation", most=5)
    async with await open_store(shared_url) as other:
        ends = await asyncio.gather(
            *(
                each.commit(Put(table="allocation", key=f"{n}", record={}), limit)
                for n, each in enumerate([store, other] * 15)
            ),
            return_exceptions=True,
        )

    assert sum(isinstance(end, LimitReachedError) for end in ends) == 25
    assert await store.count("allocation") == 5
