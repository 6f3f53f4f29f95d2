"""ST-20, ST-22, MS-89: what the documents ask of the stores on servers."""

import asyncio

import pytest

from casare_robot.domain.errors import ConflictError
from casare_robot.groups.records import Session
from casare_robot.groups.sessions import Sessions
from casare_robot.store.postgres.postgres_store import PostgresStore
from casare_robot.store.redis.redis_store import PREFIX, RedisStore

DAY = 24 * 3600.0


@pytest.fixture
def redis_url(redis_server):
    return redis_server.empty()


@pytest.fixture
def postgres_url(postgres_server):
    return postgres_server.empty()


async def test_st_20_a_session_in_redis_ends_by_itself_and_is_one_field_of_a_hash(redis_url, clock):
    import redis

    async with await RedisStore.open(redis_url, clock=clock) as store:
        sessions = Sessions(store, clock=clock)
        session = await sessions.create()
        await store.put("value", "k", {"n": 1}, ttl=7 * DAY)
        with redis.Redis.from_url(redis_url) as admin:
            assert admin.hexists(f"{PREFIX}rows:session", session.id)
        assert session.expires_at == clock.now + 7 * DAY
        clock.now += 7 * DAY + 1

        assert await store.get("value", "k") is None
        await sessions.cleanup()
        assert await sessions.restore(session.id) is None


async def test_ms_89_all_of_a_deployment_in_redis_is_under_one_prefix(redis_url, clock):
    import redis

    async with await RedisStore.open(redis_url, clock=clock) as store:
        await store.put("group", "g", {"status": "active"})
        await store.append("group:g", {"topic": "x"})
        await store.lease("fleet", "me", ttl=30.0)
        with redis.Redis.from_url(redis_url) as admin:
            keys = [key.decode() for key in admin.scan_iter()]
            members = admin.hgetall(f"{PREFIX}rows:group")

        assert keys
        assert all(key.startswith(PREFIX) for key in keys)
        assert list(members) == [b"g"]
        assert [row.key for row in await store.find("group", {"status": "active"})] == ["g"]


async def test_st_22_who_saves_an_older_version_in_postgres_is_refused(postgres_url, clock):
    async with await PostgresStore.open(postgres_url, clock=clock) as store:
        sessions = Sessions(store, clock=clock)
        first = await sessions.create(metadata={"n": 0})
        saves = await asyncio.gather(
            *(sessions.save(first) for _ in range(5)), return_exceptions=True
        )

        assert sum(isinstance(saved, Session) for saved in saves) == 1
        assert sum(isinstance(saved, ConflictError) for saved in saves) == 4
        row = await store.get("session", first.id)
        assert row is not None
        assert row.version > first.version
