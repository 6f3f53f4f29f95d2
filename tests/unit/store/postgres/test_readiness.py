"""A store in PostgreSQL works in a loop that cannot watch sockets, as Windows' default one."""

import asyncio

import pytest

from casare_robot.store.opening import open_store
from casare_robot.store.postgres import readiness

LARGE = "x" * 3_000_000


@pytest.fixture
def url(postgres_server, monkeypatch):
    def cannot(number, call):
        raise NotImplementedError

    monkeypatch.setattr(readiness, "ByLoop", cannot)
    return postgres_server.empty()


async def test_a_thread_watches_where_the_loop_cannot(url):
    async with await open_store(url) as store, await open_store(url) as other:
        assert isinstance(store._worker._line._readiness, readiness.ByThread)
        async with other.watch("log") as bell:
            await anext(bell)
            numbers = await asyncio.gather(*(store.append("log", n) for n in range(100)))
            async for names in bell:
                if (await other.read("log")).newest == 100:
                    break

    assert sorted(numbers) == list(range(1, 101))
    assert names == {"log"}


async def test_what_is_larger_than_the_socket_takes_at_once_arrives_whole(url):
    async with await open_store(url) as store:
        await asyncio.gather(*(store.put("file", f"f{n}", {"text": LARGE}) for n in range(3)))
        found = await store.find("file")

    assert [len(row.record["text"]) for row in found] == [len(LARGE)] * 3
