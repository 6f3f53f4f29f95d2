"""A store in PostgreSQL, for the robots of a network."""

import asyncio
import secrets
import time
from collections.abc import Callable
from functools import partial
from typing import Self

from casare_robot.store import wire
from casare_robot.store.doorbell import Belfry, Doorbell
from casare_robot.store.function_store import FunctionStore
from casare_robot.store.json_text import check_names
from casare_robot.store.postgres.connecting import check_installed, connect, opened
from casare_robot.store.postgres.succession import Succession
from casare_robot.store.postgres.worker import Worker
from casare_robot.store.records import Fence, Lease
from casare_robot.store.store import StoreHealth

BELL_TRIAL = 1.0
"""Seconds within which a notification is heard, if they come through at all."""


class PostgresStore(FunctionStore):
    """Opened by `PostgresStore.open`.

    Args:
        url: The database.
        clock: For tests: instead of the database's clock.
    """

    def __init__(self, url: str, clock: Callable[[], float] | None) -> None:
        self._url = url
        self._belfry = Belfry(self._listen)
        self._worker = Worker(url, clock, self._ring)
        self._succession = Succession(url, self._worker.set_clock)
        self._trials: set[str] = set()
        self._heard = asyncio.Event()
        self._is_deaf = False

    @classmethod
    async def open(cls, url: str, *, clock: Callable[[], float] | None = None) -> Self:
        """Open a database and bring it to this release's format.

        Raises:
            StoreError: It cannot be reached or used, or psycopg is missing.
        """
        check_installed()
        store = cls(url, clock)
        await store._worker.open()
        return store

    @property
    def _calls(self) -> Worker:
        return self._worker

    def watch(self, *streams: str) -> Doorbell:
        """See `Store.watch`."""
        return Doorbell(streams, self._belfry)

    async def succeed(self, name: str, holder: str, *, ttl: float) -> Lease:
        """See `Store.succeed`; of several in this process one waits for the deaths of others."""
        check_names(lease=name, holder=holder)
        if self._succession.is_busy(name) or not self._worker.is_direct:
            return await super().succeed(name, holder, ttl=ttl)
        return await self._succession.wait(name, holder, ttl)

    async def unlease(self, fence: Fence) -> bool:
        """See `Store.unlease`."""
        try:
            return bool(await self._worker.call("unlease", {"fence": wire.fence_json(fence)}))
        finally:
            self._succession.end(fence)

    async def health(self) -> StoreHealth:
        """See `Store.health`."""
        begin = time.monotonic()
        await self._worker.call("probe", {})
        took = time.monotonic() - begin
        warnings = []
        if self._is_deaf:
            warnings.append(
                "notifications do not come through: a pooler in transaction mode? Changes are "
                "seen within a second; for less, use the direct or session-mode address"
            )
        elif self._belfry.has_begun and not self._worker.is_connected:
            warnings.append("the connection for notifications is lost; one looks each second")
        return StoreHealth(latency=took, warnings=tuple(warnings))

    async def close(self) -> None:
        """See `Store.close`."""
        if not self._belfry.is_closed:
            self._belfry.close()
        self._succession.close()
        await self._worker.close()

    async def _listen(self) -> None:
        self._worker.stay()
        if not self._worker.is_direct:
            await self._try_bell()

    async def _try_bell(self) -> None:
        """Find out whether the pooler between lets notifications through.

        Rung from a connection of its own: what a shared one rings, it hears itself.
        """
        trial = f"trial {secrets.token_hex(8)}"
        self._trials.add(trial)
        other = await opened(partial(connect, self._url))
        try:
            await asyncio.to_thread(other.execute, "SELECT casare_robot.ring(%s)", ([trial],))
        finally:
            other.close()
        try:
            async with asyncio.timeout(BELL_TRIAL):
                await self._heard.wait()
        except TimeoutError:
            self._is_deaf = True

    def _ring(self, names: frozenset[str] | None) -> None:
        if names is not None and names & self._trials:
            self._heard.set()
        self._belfry.ring(names)
