"""What happens, told to pages as it does."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec

from casare_robot.orchestrator.feed import Feed

QUIET = 15.0
"""Seconds after which an event stream says that it is still there."""


async def event_stream(feed: Feed) -> AsyncIterator[bytes]:
    """Server-sent events of a feed, until it ends or nobody listens any more."""
    yield b": welcome\n\n"
    news = feed.listen()
    coming: asyncio.Task[tuple[str, Any]] | None = None
    try:
        while True:
            coming = coming or asyncio.ensure_future(anext(news))
            done, _ = await asyncio.wait((coming,), timeout=QUIET)
            if not done:
                yield b": still here\n\n"
                continue
            kind, facts = coming.result()
            coming = None
            yield b"event: %s\ndata: %s\n\n" % (kind.encode(), msgspec.json.encode(facts))
    except StopAsyncIteration:
        return
    finally:
        if coming is not None:
            coming.cancel()
            await asyncio.wait((coming,))
        await news.aclose()
