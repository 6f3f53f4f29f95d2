"""A store in PostgreSQL, for the robots of a network."""

import asyncio
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

from casare_robot.store import wire
from casare_robot.store.conditions import Where
from casare_robot.store.doorbell import Belfry, Doorbell
from casare_robot.store.json_text import check_names, record_text, to_text
from casare_robot.store.postgres.connecting import check_installed
from casare_robot.store.postgres.succession import Succession
from casare_robot.store.postgres.worker import Worker
from casare_robot.store.records import Change, Claim, Fence, Lease, Reading, Row
from casare_robot.store.store import Store, StoreHealth
from casare_robot.store.text_search import NEWEST, words_of_query, words_of_record

BELL_TRIAL = 1.0
"""Seconds within which a notification is heard, if they come through at all."""
MOST = 2**62
"""More than there can be; PostgreSQL's own limit is a little greater."""


class PostgresStore(Store):
    """Opened by `PostgresStore.open`.

    Args:
        url: The database.
        clock: For tests: instead of the database's clock.
    """

    def __init__(self, url: str, clock: Callable[[], float] | None) -> None:
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

    async def commit(self, *changes: Change, fence: Fence | None = None) -> tuple[int, ...]:
        """See `Store.commit`."""
        told = ",".join(wire.change_text(change) for change in changes)
        arguments = f'{{"changes":[{told}],"fence":{to_text(wire.fence_json(fence))}}}'
        return tuple(await self._worker.call("commit", arguments))

    async def get(self, table: str, key: str) -> Row | None:
        """See `Store.get`."""
        told = await self._worker.call("get", {"tbl": table, "key": key})
        return None if told is None else wire.row(table, told)

    async def find(
        self,
        table: str,
        where: Where | None = None,
        *,
        order: Sequence[str] = (),
        limit: int | None = None,
        skip: int = 0,
    ) -> tuple[Row, ...]:
        """See `Store.find`."""
        told = await self._worker.call(
            "find",
            {
                "tbl": table,
                "conditions": wire.conditions(where),
                "fields": wire.ordering(order),
                "most": limit,
                "skip": skip,
            },
        )
        return tuple(wire.row(table, each) for each in told)

    async def count(self, table: str, where: Where | None = None) -> int:
        """See `Store.count`."""
        told = {"tbl": table, "conditions": wire.conditions(where)}
        return int(await self._worker.call("count", told))

    async def search(
        self,
        table: str,
        text: str,
        *,
        where: Where | None = None,
        every: bool = False,
        limit: int = 10,
    ) -> tuple[Row, ...]:
        """See `Store.search`."""
        meant = wire.conditions(where)
        words = words_of_query(text)
        if not words:
            return ()
        told = await self._worker.call(
            "search",
            {
                "tbl": table,
                "query": wire.query(words, every=every),
                "conditions": meant,
                "most": limit,
                "newest": NEWEST,
            },
        )
        return tuple(wire.row(table, each) for each in told)

    async def claim_many(
        self,
        table: str,
        *,
        most: int,
        holder: str,
        ttl: float,
        where: Where | None = None,
        order: Sequence[str] = (),
        fields: Mapping[str, Any] | None = None,
        fence: Fence | None = None,
    ) -> tuple[Claim, ...]:
        """See `Store.claim_many`; in one statement."""
        check_names(holder=holder)
        fields = fields or {}
        told = to_text(
            {
                "tbl": table,
                "holder": holder,
                "ttl": ttl,
                "conditions": wire.conditions(where),
                "fields": wire.ordering(order),
                "words": wire.vector(words_of_record(fields)),
                "most": most,
                "fence": wire.fence_json(fence),
            }
        )
        claims = await self._worker.call("claim", f'{told[:-1]},"record":{record_text(fields)}}}')
        return tuple(wire.claim(table, each) for each in claims)

    async def read(self, stream: str, *, after: int = 0, limit: int = 1000) -> Reading:
        """See `Store.read`."""
        told = {"stream": stream, "after": after, "most": min(limit, MOST)}
        return wire.reading(stream, await self._worker.call("read", told))

    async def trim(
        self, stream: str, *, keep: int | None = None, max_age: float | None = None
    ) -> int:
        """See `Store.trim`."""
        told = {"stream": stream, "keep": keep, "max_age": max_age}
        return int(await self._worker.call("trim", told))

    def watch(self, *streams: str) -> Doorbell:
        """See `Store.watch`."""
        return Doorbell(streams, self._belfry)

    async def lease_many(
        self, names: Sequence[str], holder: str, *, ttl: float
    ) -> tuple[Lease | None, ...]:
        """See `Store.lease_many`; in one statement."""
        for name in names:
            check_names(lease=name, holder=holder)
        told = await self._worker.lease(names, holder, ttl)
        return tuple(
            None if each is None else wire.given(name, holder, ttl, each)
            for name, each in zip(names, told, strict=True)
        )

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

    async def held(self, *names: str) -> dict[str, Lease]:
        """See `Store.held`."""
        told = await self._worker.call("held", {"names": names})
        found = {each["name"]: wire.lease(each) for each in told}
        return {name: found[name] for name in names if name in found}

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

    async def stats(self) -> dict[str, int]:
        """See `Store.stats`."""
        return dict(await self._worker.call("stats", {}))

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
        """Find out whether the pooler between lets notifications through."""
        trial = f"trial {secrets.token_hex(8)}"
        self._trials.add(trial)
        await self._worker.call("ring", {"names": [trial]})
        try:
            async with asyncio.timeout(BELL_TRIAL):
                await self._heard.wait()
        except TimeoutError:
            self._is_deaf = True

    def _ring(self, names: frozenset[str] | None) -> None:
        if names is not None and names & self._trials:
            self._heard.set()
        self._belfry.ring(names)
