"""A store in PostgreSQL works in a loop that cannot watch sockets, as Windows' default one."""

import asyncio

import pytest

from casare_robot.store.opening import open_store
from casare_robot.store.postgres import readiness

LARGE = "x" * 3_000_000


@pytest.fixture(params=["ByLoop", "ByThread"])
def watched(request, monkeypatch):
    def cannot(number, call):
        raise NotImplementedError

    if request.param == "ByThread":
        monkeypatch.setattr(readiness, "ByLoop", cannot)
    return request.param


async def test_a_bell_rings_and_calls_are_answered_whoever_watches_the_socket(
    postgres_server, watched
):
    url = postgres_server.empty()
    async with await open_store(url) as store, await open_store(url) as other:
        assert type(store._worker._line._readiness).__name__ == watched
        async with other.watch("log") as bell:
            await anext(bell)
            numbers = await asyncio.gather(*(store.append("log", n) for n in range(100)))
            async for _ in bell:
                if (await other.read("log")).newest == 100:
                    break

    assert sorted(numbers) == list(range(1, 101))


async def test_what_is_larger_than_the_socket_takes_at_once_arrives_whole(postgres_server, watched):
    async with await open_store(postgres_server.empty()) as store:
        await asyncio.gather(*(store.put("file", f"f{n}", {"text": LARGE}) for n in range(3)))
        found = await store.find("file")

    assert [len(row.record["text"]) for row in found] == [len(LARGE)] * 3
