"""Rows that are found by their status without a look at their whole table."""

import json
import random

import pytest
import redis

from casare_robot.store.conditions import AnyOf
from casare_robot.store.opening import open_store
from casare_robot.store.records import Drop, Patch, Put
from casare_robot.store.redis.redis_store import PREFIX

STATUSES = ("queued", "running", "done", "", "ü:\n", None, 7, ["queued"])


class Clock:
    now = 1_800_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def url(redis_server):
    return redis_server.empty(5)


@pytest.fixture
async def store(url, clock):
    async with await open_store(url, clock=clock) as opened:
        yield opened


def looks_at_everything(url):
    """How often a whole hash was read since the server began."""
    with redis.Redis.from_url(url) as connection:
        return connection.info("commandstats").get("cmdstat_hgetall", {}).get("calls", 0)


def known(url, status):
    """The keys that are kept by a status."""
    with redis.Redis.from_url(url, decode_responses=True) as connection:
        name = f"{PREFIX}having:{json.dumps(['job', status], separators=(',', ':'))}"
        return set(connection.zrange(name, 0, -1))


async def test_rows_that_are_done_are_not_looked_at_by_a_claim(store, url) -> None:
    await store.commit(
        *(Put(table="job", key=f"old-{n}", record={"status": "done"}) for n in range(1500)),
        Put(table="job", key="new", record={"status": "queued"}),
    )
    before = looks_at_everything(url)

    claim = await store.claim(
        "job", holder="a", ttl=60, where={"status": "queued"}, fields={"status": "running"}
    )
    assert claim.row.key == "new"
    assert (known(url, "queued"), known(url, "running")) == (set(), {"new"})
    await store.drop("job", "new")
    assert known(url, "running") == set()
    await store.put("job", "new", {"status": "running"})
    assert await store.count("job", {"status": AnyOf(("queued", "running"))}) == 1
    assert await store.count("job", {"status": "done"}) == 1500
    assert looks_at_everything(url) == before
    assert await store.count("job", {"status": None}) == 0
    assert looks_at_everything(url) == before + 1


async def test_what_is_found_by_status_is_what_the_table_says(store, clock) -> None:
    dice = random.Random(7)
    for _ in range(60):
        key, status = f"j{dice.randrange(12)}", dice.choice(STATUSES)
        there = await store.get("job", key) is not None
        change = dice.choice(
            [
                Put(table="job", key=key, record={"status": status}),
                Put(table="job", key=key, record={"status": status}, ttl=dice.choice((1, 50))),
                Patch(table="job", key=key, fields={"status": status}),
                Patch(table="job", key=key, fields={"other": status}),
                Drop(table="job", key=key),
            ]
        )
        if there or not isinstance(change, Patch):
            await store.commit(change)
        clock.now += dice.choice((0, 0, 2))
        everything = await store.find("job")
        for wanted in ("queued", "running", "done", "", "ü:\n"):
            having = tuple(row for row in everything if row.record.get("status") == wanted)
            assert await store.find("job", {"status": wanted}) == having
