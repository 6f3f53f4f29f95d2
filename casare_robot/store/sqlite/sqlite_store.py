"""A store in one file, for the processes of one machine."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Self

import apsw

from casare_robot.domain.errors import StoreError
from casare_robot.store.conditions import Where
from casare_robot.store.doorbell import Belfry, Doorbell
from casare_robot.store.json_text import check_names, check_seconds
from casare_robot.store.records import Change, Claim, Fence, Lease, Reading, Row
from casare_robot.store.sqlite import leases, logs, rows, write_lock
from casare_robot.store.sqlite.bells import KNOWN_FOR, SAY_SO, Bell, Ringer
from casare_robot.store.sqlite.local_disk import network_type
from casare_robot.store.sqlite.schema import prepare
from casare_robot.store.sqlite.worker import Transaction, Worker, wait_for_lock
from casare_robot.store.store import Store, StoreHealth
from casare_robot.store.text_search import words_of_query

OLDEST_SQLITE = (3, 51, 3)
"""Before, several connections could damage a file with a write-ahead log (reliability, fact 6)."""
LARGEST_LOG = 16 * 1024 * 1024
"""Bytes that the write-ahead log keeps after it was folded back."""


class SqliteStore(Store):
    """Opened by `SqliteStore.open`.

    Args:
        path: The file.
        clock: The store's clock, in seconds; the machine's, which all its
            processes share.
    """

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        self._path = path
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._ringer = Ringer()
        self._belfry = Belfry(self._listen)
        self._bell = Bell(self._belfry.ring)
        self._known: asyncio.Task[None] | None = None
        self._worker = Worker(
            partial(connect, path),
            clock=clock,
            ring=self._ring,
            who_writes=partial(write_lock.told, path),
        )

    @classmethod
    async def open(cls, path: Path, *, clock: Callable[[], float] = time.time) -> Self:
        """Open a file, made if it is missing, and bring it to this release's format.

        Raises:
            StoreError: It is on a network share, another program's, damaged, or
                written by a newer release.
        """
        store = cls(path, clock)
        await store._worker.opened()
        return store

    async def commit(self, *changes: Change, fence: Fence | None = None) -> tuple[int, ...]:
        """See `Store.commit`."""

        def operation(transaction: Transaction) -> tuple[int, ...]:
            leases.check(transaction, fence)
            return tuple(rows.make(transaction, change) for change in changes)

        return await self._worker.run(operation)

    async def get(self, table: str, key: str) -> Row | None:
        """See `Store.get`."""
        return await self._worker.run(lambda t: rows.get(t, table, key), writes=False)

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
        return await self._worker.run(
            lambda t: rows.find(t, table, where, order, limit, skip), writes=False
        )

    async def count(self, table: str, where: Where | None = None) -> int:
        """See `Store.count`."""
        return await self._worker.run(lambda t: rows.count(t, table, where), writes=False)

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
        words = words_of_query(text)
        return await self._worker.run(
            lambda t: rows.search(t, table, words, where, every, limit), writes=False
        )

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
        """See `Store.claim_many`; in one transaction."""

        def operation(transaction: Transaction) -> tuple[Claim, ...]:
            leases.check(transaction, fence)
            return rows.claim(transaction, table, most, holder, ttl, where, order, fields or {})

        return await self._worker.run(operation)

    async def read(self, stream: str, *, after: int = 0, limit: int = 1000) -> Reading:
        """See `Store.read`."""
        return await self._worker.run(lambda t: logs.read(t, stream, after, limit), writes=False)

    async def trim(
        self, stream: str, *, keep: int | None = None, max_age: float | None = None
    ) -> int:
        """See `Store.trim`."""
        return await self._worker.run(lambda t: logs.trim(t, stream, keep, max_age))

    def watch(self, *streams: str) -> Doorbell:
        """See `Store.watch`."""
        return Doorbell(streams, self._belfry)

    async def lease_many(
        self, names: Sequence[str], holder: str, *, ttl: float
    ) -> tuple[Lease | None, ...]:
        """See `Store.lease_many`; in one transaction."""
        check_seconds(ttl=ttl)
        for name in names:
            check_names(lease=name, holder=holder)
        return await self._worker.run(lambda t: leases.take_many(t, names, holder, ttl))

    async def unlease(self, fence: Fence) -> bool:
        """See `Store.unlease`."""
        return await self._worker.run(lambda t: leases.release(t, fence))

    async def held(self, *names: str) -> dict[str, Lease]:
        """See `Store.held`."""
        return await self._worker.run(lambda t: leases.in_force(t, names), writes=False)

    async def health(self) -> StoreHealth:
        """See `Store.health`."""
        begin = time.monotonic()
        await self._worker.run(lambda t: t.execute("UPDATE counter SET value = value"))
        return StoreHealth(latency=time.monotonic() - begin)

    async def stats(self) -> dict[str, int]:
        """See `Store.stats`."""
        return await self._worker.run(_stats, writes=False)

    async def close(self) -> None:
        """See `Store.close`."""
        if self._known is not None:
            self._known.cancel()
            with suppress(asyncio.CancelledError):
                await self._known
            self._known = None
            with suppress(StoreError):
                await self._worker.run(
                    lambda t: t.execute(
                        "DELETE FROM bells WHERE address = ?", (self._bell.address,)
                    )
                )
        await self._worker.close()
        self._bell.close()
        self._belfry.close()
        self._ringer.close()

    async def _listen(self) -> None:
        await self._bell.open()
        await self._worker.run(self._make_known)
        self._known = asyncio.create_task(self._stay_known(), name="store bell")

    async def _stay_known(self) -> None:
        while True:
            await asyncio.sleep(SAY_SO)
            with suppress(StoreError):  # until it works again, one looks each second
                await self._worker.run(self._make_known)

    def _make_known(self, transaction: Transaction) -> None:
        now = time.time()
        transaction.execute("DELETE FROM bells WHERE expires < ?", (now,))
        transaction.execute(
            "INSERT OR REPLACE INTO bells VALUES (?, ?)", (self._bell.address, now + KNOWN_FOR)
        )

    def _ring(self, names: frozenset[str], connection: apsw.Connection) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody watches here
            self._loop.call_soon_threadsafe(self._belfry.ring, names)
        found = connection.execute(
            "SELECT address FROM bells WHERE address <> ?", (self._bell.address,)
        )
        self._ringer.ring([str(address) for (address,) in found], names)


def connect(path: Path) -> apsw.Connection:
    """Open a file for one thread, ready for transactions.

    Raises:
        StoreError: It cannot be used; see `SqliteStore.open`.
        apsw.Error: SQLite's own refusal.
    """
    version = tuple(int(part) for part in apsw.sqlite_lib_version().split("."))
    if version < OLDEST_SQLITE:
        raise StoreError(f"SQLite {apsw.sqlite_lib_version()} is too old for a shared file")
    path.parent.mkdir(parents=True, exist_ok=True)
    _refuse_network(path)
    path.touch(mode=0o600, exist_ok=True)
    connection = apsw.Connection(str(path))
    try:
        connection.set_busy_handler(partial(wait_for_lock, []))
        _share(connection, path)
        prepare(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _share(connection: apsw.Connection, path: Path) -> None:
    if connection.pragma("journal_mode", "wal") != "wal":
        raise StoreError(f"the file system under {path} does not let processes share a file")
    connection.pragma("synchronous", "full")
    connection.pragma("journal_size_limit", LARGEST_LOG)


def _refuse_network(path: Path) -> None:
    import psutil

    kind = network_type(path.resolve(), psutil.disk_partitions(all=True))
    if kind is not None:
        raise StoreError(f"{path} is on a network drive ({kind}); a store needs a local disk")


def _stats(transaction: Transaction) -> dict[str, int]:
    now = transaction.now
    ((found, entries, streams, held, pages, size),) = transaction.execute(
        "SELECT (SELECT count(*) FROM rows WHERE expires IS NULL OR expires > ?), "
        "(SELECT count(*) FROM log), (SELECT count(*) FROM streams), "
        "(SELECT count(*) FROM leases WHERE expires > ?), page_count, page_size "
        "FROM pragma_page_count, pragma_page_size",
        (now, now),
    )
    return {
        "rows": int(found),
        "entries": int(entries),
        "streams": int(streams),
        "leases": int(held),
        "bytes": int(pages) * int(size),
    }
