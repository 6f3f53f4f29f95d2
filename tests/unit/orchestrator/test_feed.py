import asyncio

import pytest

from casare_robot.orchestrator.feed import Feed


async def test_who_falls_behind_gets_only_the_newest_of_each_thing():
    feed = Feed()
    news = feed.listen()
    first = asyncio.ensure_future(anext(news))
    await asyncio.sleep(0)

    for number in range(10_000):
        feed.tell("job", f"j{number % 3}", number)

    heard = [await first, await anext(news), await anext(news)]
    assert sorted(heard) == [("job", 9_997), ("job", 9_998), ("job", 9_999)]
    await news.aclose()


async def test_who_no_longer_listens_costs_nothing():
    feed = Feed()
    news = feed.listen()
    waiting = asyncio.ensure_future(anext(news))
    await asyncio.sleep(0)
    feed.tell("job", "j", 1)
    await waiting

    await news.aclose()

    assert not feed._waiting


async def test_who_listens_ends_when_the_feed_is_closed() -> None:
    feed = Feed()
    news = feed.listen()
    coming = asyncio.ensure_future(anext(news))
    await asyncio.sleep(0)
    feed.close()

    with pytest.raises(StopAsyncIteration):
        await coming
    assert [item async for item in feed.listen()] == []
