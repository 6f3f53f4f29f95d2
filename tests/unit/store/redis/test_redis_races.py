"""What another client changes between a look and the script that follows it."""

import pytest

from casare_robot.domain.errors import ConflictError, LimitReachedError
from casare_robot.store.opening import open_store
from casare_robot.store.records import Limit, Put
from casare_robot.store.redis.redis_store import PREFIX


@pytest.fixture
async def store(redis_server):
    async with await open_store(redis_server.empty()) as opened:
        yield opened


@pytest.fixture
def meanwhile(store, monkeypatch):
    """Lets something happen right after the next look."""

    def plan(happens):
        look, planned = store._look, [happens]

        async def slow(*given, **also):
            seen = await look(*given, **also)
            if planned:
                await planned.pop()()
            return seen

        monkeypatch.setattr(store, "_look", slow)

    return plan


async def test_a_row_that_was_changed_since_the_look_is_not_overwritten(store, meanwhile):
    version = await store.put("job", "a", {"n": 0})

    async def change():
        await store.put("job", "a", {"n": 1})

    meanwhile(change)
    with pytest.raises(ConflictError):
        await store.put("job", "a", {"n": 2}, version=version)
    row = await store.get("job", "a")
    assert row.record == {"n": 1}


async def test_fields_that_were_patched_since_the_look_stay(store, meanwhile):
    await store.put("job", "a", {"n": 0})

    async def change():
        await store.patch("job", "a", {"by": "x"})

    meanwhile(change)
    await store.patch("job", "a", {"n": 1})
    assert (await store.get("job", "a")).record == {"n": 1, "by": "x"}


async def test_a_row_that_was_changed_since_the_look_is_claimed_as_it_is_now(store, meanwhile):
    await store.put("job", "a", {"status": "queued"})

    async def change():
        await store.patch("job", "a", {"cancelled_by": "x"})

    meanwhile(change)
    claim = await store.claim(
        "job", holder="h", ttl=5.0, where={"status": "queued"}, fields={"status": "running"}
    )
    assert claim.row.record == {"status": "running", "cancelled_by": "x"}


async def test_a_row_that_matches_no_more_since_the_look_is_not_claimed(store, meanwhile):
    await store.put("job", "a", {"status": "queued"})

    async def change():
        await store.patch("job", "a", {"status": "cancelled"})

    meanwhile(change)
    claim = await store.claim("job", holder="h", ttl=5.0, where={"status": "queued"})
    assert claim is None
    assert await store.held("job:a") == {}


async def test_a_limit_counts_what_came_since_the_look(store, meanwhile):
    async def change():
        await store.put("job", "b", {})

    meanwhile(change)
    with pytest.raises(LimitReachedError):
        await store.commit(Put(table="job", key="a", record={}), Limit(table="job", most=1))
    assert await store.count("job") == 1


async def test_a_limit_counts_what_came_into_a_table_that_was_emptied_since_the_look(
    store, meanwhile
):
    running = {"status": "running"}
    await store.put("job", "a", {"status": "done"})

    async def change():
        await store.drop("job", "a")
        await store.put("job", "x", running)

    meanwhile(change)
    with pytest.raises(LimitReachedError):
        await store.commit(
            Put(table="job", key="b", record=running), Limit(table="job", most=1, where=running)
        )


async def test_a_table_without_rows_leaves_nothing_behind(store):
    before = set(await store._redis.keys("*"))
    for n in range(3):
        await store.put(f"steps:{n}", "1", {"status": "x"})
        await store.drop(f"steps:{n}", "1")

    assert set(await store._redis.keys("*")) <= {*before, f"{PREFIX}counter".encode()}
