"""Hears the calls of other processes on a connection of its own."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from casare_robot.domain.errors import StoreError
from casare_robot.store.redis import connecting

if TYPE_CHECKING:
    from redis.asyncio import Redis

log = logging.getLogger(__name__)

RETRY = 1.0
"""Seconds after which a lost connection is tried again; meanwhile one looks each second."""

AGAIN = 0.2
"""Seconds until an end that was not heeded is asked for again."""


class Bell:
    """Subscribed from `open` to `close`, again after each loss.

    Args:
        redis: The server.
        channel: Where calls are published: names, one a line.
        on_call: Called with names to look at; None for all, as when a
            connection is there again.
    """

    def __init__(
        self, redis: "Redis", channel: str, on_call: Callable[[Iterable[str] | None], None]
    ) -> None:
        self._redis = redis
        self._channel = channel
        self._on_call = on_call
        self._hearing: asyncio.Task[None] | None = None
        self._hears = asyncio.Event()

    @property
    def is_lost(self) -> bool:
        """Whether it should hear and does not."""
        return self._hearing is not None and not self._hears.is_set()

    async def open(self) -> None:
        """Begin to hear; waits for the first try."""
        self._hearing = asyncio.create_task(self._hear(), name="store bell")
        with suppress(TimeoutError):
            async with asyncio.timeout(connecting.PATIENCE):
                await self._hears.wait()

    async def close(self) -> None:
        """Hear no more."""
        hearing, self._hearing = self._hearing, None
        while hearing is not None and not hearing.done():
            hearing.cancel()  # again, where redis-py passed over it
            await asyncio.wait((hearing,), timeout=AGAIN)

    async def _hear(self) -> None:
        while True:
            try:
                with connecting.own_errors():
                    await self._hear_calls()
            except StoreError as error:
                log.warning("the store's bell is silent: %s", error)
            self._hears.clear()
            await asyncio.sleep(RETRY)

    async def _hear_calls(self) -> None:
        async with self._redis.pubsub(ignore_subscribe_messages=False) as calls:
            await calls.subscribe(self._channel)
            while True:
                call = await calls.get_message(timeout=None)
                if call is None:
                    continue
                if call["type"] == "message":
                    self._on_call(call["data"].decode(errors="replace").split("\n"))
                else:
                    self._hears.set()
                    self._on_call(None)
