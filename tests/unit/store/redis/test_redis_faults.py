"""What a Redis must be like, and what holds when it restarts or connections die."""

import asyncio

import pytest
import redis

from casare_robot.domain.errors import StoreError, StoreUnavailableError
from casare_robot.store.opening import open_store
from casare_robot.store.redis.connecting import _warnings


@pytest.fixture
def url(redis_server):
    return redis_server.empty(1)


@pytest.fixture
async def store(url):
    async with await open_store(url) as opened:
        yield opened


@pytest.fixture
def admin(url):
    with redis.Redis.from_url(url) as connection:
        yield connection


async def follow(store, count, seen):
    async with store.watch("log") as bell:
        async for _ in bell:
            reading = await store.read("log", after=len(seen))
            seen += [entry.seq for entry in reading.entries]
            if len(seen) >= count:
                return


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl"])
async def test_a_server_that_may_throw_state_away_is_refused(url, admin, policy):
    admin.config_set("maxmemory-policy", policy)
    try:
        with pytest.raises(StoreError, match=f"{policy}.*noeviction"):
            await open_store(url)
    finally:
        admin.config_set("maxmemory-policy", "noeviction")
    await (await open_store(url)).close()


async def test_a_policy_that_was_changed_later_is_told(store, admin):
    assert (await store.health()).warnings == ()
    admin.config_set("maxmemory-policy", "allkeys-lru")
    try:
        (warning,) = (await store.health()).warnings
    finally:
        admin.config_set("maxmemory-policy", "noeviction")

    assert "thrown away" in warning


@pytest.mark.parametrize(
    ("about", "settings", "expected"),
    [
        ({"aof_enabled": 1}, {"appendfsync": "always"}, ""),
        ({"aof_enabled": 0}, {"appendfsync": "always"}, "appendonly is off"),
        ({"aof_enabled": 1}, {"appendfsync": "everysec"}, "appendfsync is everysec"),
        ({"aof_enabled": 1}, {}, "appendfsync is unknown"),
        (
            {"aof_enabled": 1, "connected_slaves": 1},
            {"appendfsync": "always", "min-replicas-to-write": "0"},
            "may forget a lease",
        ),
    ],
)
def test_what_can_be_lost_is_said(about, settings, expected):
    told = "; ".join(_warnings({"maxmemory_policy": "noeviction", **about}, settings))

    assert expected in told
    assert bool(expected) == bool(told)


async def test_a_listener_that_is_killed_again_and_again_costs_no_entry(store, url, admin):
    seen = []
    killed = 0
    async with await open_store(url) as watcher:
        following = asyncio.create_task(follow(watcher, 1000, seen))
        for n in range(1000):
            await store.append("log", n)
            if n % 100 == 50:
                killed += admin.client_kill_filter(_type="pubsub")
        await asyncio.wait_for(following, 60)

    assert killed >= 1
    assert seen == list(range(1, 1001))


async def test_a_server_that_restarts_has_what_it_was_given(redis_server, url):
    async with await open_store(url) as store:
        version = await store.put("job", "a", {"n": 1})
        lease = await store.lease("fleet", "me", ttl=600)
        await store.append("log", 1, 2)
        await asyncio.to_thread(redis_server.restart)
        async with asyncio.timeout(60):
            while True:
                try:
                    row = await store.get("job", "a")
                    break
                except StoreUnavailableError:
                    await asyncio.sleep(0.05)

        assert row.version == version
        assert await store.held("fleet") == {"fleet": lease}
        assert await store.append("log", 3, fence=lease.fence) == 3


async def test_a_server_that_is_away_is_said_to_be(tmp_path):
    with pytest.raises(StoreUnavailableError):
        await open_store(f"unix://{tmp_path / 'none.sock'}")


async def test_a_store_of_a_newer_release_is_refused(url, admin):
    admin.set("{casare_robot}format", "99")

    with pytest.raises(StoreError, match="newer release"):
        await open_store(url)


async def test_without_the_driver_one_hears_what_to_install(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    with pytest.raises(StoreError, match=r"casare-robot\[redis\]"):
        await open_store("redis://h")
