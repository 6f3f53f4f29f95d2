"""What every store promises about logs."""

import asyncio

from casare_robot.store.records import Reading


async def bodies(store, stream, **options):
    return [entry.body for entry in (await store.read(stream, **options)).entries]


async def test_a_log_is_numbered_from_1_without_gaps(store, clock):
    assert await store.append("a", "x") == 1
    assert await store.append("b", "other") == 1
    assert await store.append("a", {"n": 2}, [3]) == 3

    reading = await store.read("a")

    assert [(entry.seq, entry.body) for entry in reading.entries] == [
        (1, "x"), (2, {"n": 2}), (3, [3])
    ]  # fmt: skip
    assert {entry.at for entry in reading.entries} == {clock.now}
    assert (reading.oldest, reading.newest) == (1, 3)


async def test_a_reader_goes_on_at_its_own_cursor(store):
    await store.append("a", *range(10))

    assert await bodies(store, "a", after=7) == [7, 8, 9]
    assert await bodies(store, "a", after=3, limit=2) == [3, 4]
    assert await bodies(store, "a", after=10) == []
    beyond = await store.read("a", after=2**62, limit=2**62)
    assert (beyond.entries, beyond.newest) == ((), 10)


async def test_a_log_that_nobody_wrote_is_empty(store):
    reading = await store.read("a")

    assert (reading.entries, reading.oldest, reading.newest) == ((), 1, 0)
    assert await store.trim("a", keep=0) == 0


async def test_many_writers_leave_no_gap_and_lose_nothing(store):
    ends = await asyncio.gather(*(store.append("a", n) for n in range(200)))

    reading = await store.read("a")
    assert sorted(ends) == list(range(1, 201))
    assert [entry.seq for entry in reading.entries] == list(range(1, 201))
    assert {entry.seq: entry.body for entry in reading.entries} == {
        seq: n for n, seq in enumerate(ends)
    }


async def test_what_was_trimmed_shows_as_a_gap_and_numbers_go_on(store, clock):
    await store.append("a", *"abc")
    clock.now += 100
    await store.append("a", *"de")

    assert await store.trim("a", max_age=50) == 3
    assert await bodies(store, "a") == ["d", "e"]
    assert (await store.read("a")).oldest == 4
    assert await store.trim("a", keep=1) == 1
    assert await store.trim("a", keep=5, max_age=1000) == 0

    clock.now += 100
    assert await store.trim("a", max_age=50) == 1
    reading = await store.read("a")
    assert (reading.entries, reading.oldest, reading.newest) == ((), 6, 5)
    assert await store.append("a", "f") == 6


async def test_who_asks_beyond_the_end_hears_where_it_is(store):
    await store.append("log", 1, 2)

    assert await store.read("log", after=2**62, limit=1) == Reading(entries=(), oldest=1, newest=2)
