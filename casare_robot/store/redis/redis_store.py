"""A store in Redis."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext, suppress
from functools import partial
from itertools import islice
from typing import Any, NamedTuple, Self

from casare_robot.domain.errors import (
    StaleLeaseError,
    StoreError,
    StoreUnavailableError,
)
from casare_robot.store.conditions import Where, check_fields, matches, sorting_key
from casare_robot.store.doorbell import Belfry, Doorbell
from casare_robot.store.json_text import check_names, from_text, is_text, record_text, to_text
from casare_robot.store.records import Change, Claim, Entry, Fence, Lease, Limit, Reading, Row
from casare_robot.store.redis import connecting, kept_leases, kept_rows, scripts
from casare_robot.store.redis.bell import Bell
from casare_robot.store.redis.kept_rows import Kept, Seen
from casare_robot.store.store import Store, StoreHealth
from casare_robot.store.text_search import (
    NEWEST,
    best,
    has_words,
    tally,
    words_of_query,
    words_of_record,
)

PREFIX = "{casare_robot}"
"""Before every key; the braces keep them on one node of a cluster."""
FORMAT = "1"
CANDIDATES = 50
"""Rows that a claim offers to the script at once."""
MOST = 10**13
"""More than there can be; Lua writes greater numbers with an exponent."""


class _Asked(NamedTuple):
    names: Sequence[str]
    holder: str
    ttl: float
    future: "asyncio.Future[tuple[Lease | None, ...]]"


class RedisStore(Store):
    """Opened by `RedisStore.open`.

    Args:
        url: The server.
        clock: For tests: instead of the server's clock.
    """

    def __init__(self, url: str, clock: Callable[[], float] | None) -> None:
        self._redis = connecting.client(url)
        self._clock = clock
        self._belfry = Belfry(self._listen)
        self._bell = Bell(self._redis, f"{PREFIX}bell", self._belfry.ring)
        self._one_at_a_time = asyncio.Lock()
        self._asked: list[_Asked] = []
        self._asking: asyncio.Task[None] | None = None
        self._scripts = {
            name: self._redis.register_script(text)
            for name, text in vars(scripts).items()
            if name.isupper() and not name.startswith("_")
        }

    @classmethod
    async def open(cls, url: str, *, clock: Callable[[], float] | None = None) -> Self:
        """Open a server's database.

        Raises:
            StoreError: It cannot be reached, may evict state, or redis is missing.
        """
        store = cls(url, clock)
        try:
            with connecting.own_errors():
                await connecting.check(store._redis)
                await store._check_format()
        except BaseException:
            await store.close()
            raise
        return store

    async def commit(self, *changes: Change, fence: Fence | None = None) -> tuple[int, ...]:
        """See `Store.commit`."""
        rows, tables = kept_rows.needs(changes)
        for change in changes:
            if isinstance(change, Limit):
                check_fields(list(change.where))
        async with self._one_at_a_time if tables else nullcontext():
            while True:
                seen = await self._look(rows, tables, fence)
                told = await self._run(
                    "COMMIT", **kept_rows.plan(changes, seen), fence=_fence(fence)
                )
                if told[0] == b"done":
                    return tuple(int(result) for result in told[1])
                _check_stale(told, fence)

    async def get(self, table: str, key: str) -> Row | None:
        """See `Store.get`."""
        if not key or not table or not (is_text(table) and is_text(key)):
            return None
        seen = await self._look([(table, key)], [], None)
        kept = seen.rows[table, key]
        return None if kept is None else kept_rows.row(table, key, kept)

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
        found = await self._found(table, where, order)
        end = None if limit is None else skip + limit
        return tuple(kept_rows.row(table, key, kept) for key, kept in found[skip:end])

    async def count(self, table: str, where: Where | None = None) -> int:
        """See `Store.count`."""
        return len(await self._found(table, where, ()))

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
        wanted = words_of_query(text)
        newest_first = reversed(await self._found(table, where, ()))
        told = ((key, kept, words_of_record(kept.record)) for key, kept in newest_first)
        matching = (each for each in told if wanted and has_words(each[2], wanted, every=every))
        found = list(islice(matching, NEWEST))
        first = best(found, [tally(words, wanted) for _, _, words in found], limit)
        return tuple(kept_rows.row(table, key, kept) for key, kept, _ in first)

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
        """See `Store.claim_many`."""
        fields = fields or {}
        check_names(holder=holder)
        record_text(fields)
        request = {"holder": holder, "ttl": ttl, "fence": _fence(fence)}
        claims: list[Claim] = []
        async with self._one_at_a_time:  # those of one process do not get in each other's way
            is_over = False
            while not is_over:
                found = await self._found(table, where, order, fence)
                is_over = await self._claim_of(table, found, fields, request, fence, most, claims)
        return tuple(claims)

    async def read(self, stream: str, *, after: int = 0, limit: int = 1000) -> Reading:
        """See `Store.read`."""
        if not is_text(stream):
            return Reading(entries=(), oldest=1, newest=0)
        first = min(after + 1, MOST)
        told = await self._run("READ", stream=stream, after=first, most=min(limit, MOST))
        newest, oldest, entries = told
        return Reading(
            entries=tuple(
                Entry(
                    stream=stream,
                    seq=int(seq.split(b"-")[0]),
                    at=float(fields[1]),
                    body=from_text(fields[3]),
                )
                for seq, fields in entries
            ),
            oldest=int(oldest.split(b"-")[0]) if oldest else int(newest) + 1,
            newest=int(newest),
        )

    async def trim(
        self, stream: str, *, keep: int | None = None, max_age: float | None = None
    ) -> int:
        """See `Store.trim`."""
        return int(await self._run("TRIM", stream=stream, keep=keep, max_age=max_age))

    def watch(self, *streams: str) -> Doorbell:
        """See `Store.watch`."""
        return Doorbell(streams, self._belfry)

    async def lease_many(
        self, names: Sequence[str], holder: str, *, ttl: float
    ) -> tuple[Lease | None, ...]:
        """See `Store.lease_many`; in one script."""
        check_names(holder=holder)
        for name in names:
            check_names(lease=name)
        self._check_open()
        if not names:
            return ()
        asked = _Asked(names, holder, ttl, asyncio.get_running_loop().create_future())
        self._asked.append(asked)
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask_for_leases(), name="store leases")
        return await asked.future

    async def unlease(self, fence: Fence) -> bool:
        """See `Store.unlease`."""
        return bool(await self._run("UNLEASE", fence=_fence(fence)))

    async def held(self, *names: str) -> dict[str, Lease]:
        """See `Store.held`."""
        known = [name for name in names if is_text(name)]
        found = map(kept_leases.lease, await self._run("HELD", names=known))
        return {lease.name: lease for lease in found}

    async def health(self) -> StoreHealth:
        """See `Store.health`."""
        begin = time.monotonic()
        await self._run("PROBE")
        took = time.monotonic() - begin
        with connecting.own_errors():
            known = list(await connecting.warnings(self._redis))
        if self._bell.is_lost:
            known.append("the connection for calls is lost; one looks each second")
        return StoreHealth(latency=took, warnings=tuple(known))

    async def stats(self) -> dict[str, int]:
        """See `Store.stats`."""
        names = ("rows", "entries", "streams", "leases", "bytes")
        return dict(zip(names, map(int, await self._run("STATS")), strict=True))

    async def close(self) -> None:
        """See `Store.close`."""
        self._belfry.close()
        await self._bell.close()
        if self._asking is not None:
            self._asking.cancel()
            with suppress(asyncio.CancelledError):
                await self._asking
        await self._redis.aclose(close_connection_pool=True)

    async def _check_format(self) -> None:
        await self._redis.set(f"{PREFIX}format", FORMAT, nx=True)
        known: Any = await self._redis.get(f"{PREFIX}format")
        if known != FORMAT.encode():
            raise StoreError(
                f"the store has format {known.decode()}, written by a newer release; "
                f"this one knows format {FORMAT}"
            )

    def _check_open(self) -> None:
        if self._belfry.is_closed:
            raise StoreUnavailableError("the store is closed")

    async def _run(self, script: str, **request: Any) -> Any:
        self._check_open()
        now = "" if self._clock is None else repr(self._clock())
        with connecting.own_errors():
            return await self._scripts[script](keys=[PREFIX], args=[to_text(request), now])

    async def _look(
        self,
        rows: Sequence[tuple[str, str]],
        tables: Sequence[str],
        fence: Fence | None,
        *,
        statuses: Sequence[str] | None = None,
    ) -> Seen:
        asked = [[table, statuses] for table in tables]
        told = await self._run("LOOK", rows=rows, tables=asked, fence=_fence(fence))
        now, stale, counter, raw_rows, raw_tables = told
        if stale:
            _check_stale([b"stale", stale], fence)
        raw_rows += [None] * (len(rows) - len(raw_rows))
        seconds = float(now)
        return Seen(
            now=seconds,
            counter=int(counter),
            rows={
                row: kept_rows.parse(raw, seconds) for row, raw in zip(rows, raw_rows, strict=True)
            },
            tables={
                table: (changes.decode(), _table(flat, seconds))
                for table, (changes, flat) in zip(tables, raw_tables, strict=True)
            },
        )

    async def _found(
        self,
        table: str,
        where: Where | None,
        order: Sequence[str],
        fence: Fence | None = None,
    ) -> list[tuple[str, Kept]]:
        where = where or {}
        check_fields([*where, *(name.removeprefix("-") for name in order)])
        seen = await self._look([], [table], fence, statuses=kept_rows.statuses(where))
        _, there = seen.tables[table]
        found = [item for item in there.items() if matches(item[1].record, where)]
        found.sort(key=lambda item: item[1].number)
        for name in reversed(order):
            field = name.removeprefix("-")
            found.sort(key=partial(_sorting_key, field=field), reverse=field != name)
        return found

    async def _claim_of(
        self,
        table: str,
        found: Sequence[tuple[str, Kept]],
        fields: Mapping[str, Any],
        request: Mapping[str, Any],
        fence: Fence | None,
        most: int,
        claims: list[Claim],
    ) -> bool:
        """Add claims of what was found; False if it has changed and one looks again."""
        for begin in range(0, len(found), CANDIDATES):
            offered = found[begin : begin + CANDIDATES]
            rows = [
                {
                    "table": table,
                    "key": key,
                    "version": kept.version,
                    "text": record_text(record),
                    "status": kept_rows.status_of(record),
                    "keeps": True,
                }
                for key, kept in offered
                for record in [{**kept.record, **fields}]
            ]
            told = await self._run("CLAIM", **request, rows=rows, most=most - len(claims))
            _check_stale(told, fence)
            if told[0] == b"again":
                return False
            for place, lease, raw in told[1]:
                row = kept_rows.row(table, offered[place - 1][0], kept_rows.parsed(raw))
                claims.append(Claim(row=row, lease=kept_leases.lease(lease)))
            if len(claims) >= most:
                return True
        return True

    async def _ask_for_leases(self) -> None:
        """All that were asked for meanwhile, in one script."""
        while self._asked:
            asked, self._asked = self._asked, []
            names: dict[tuple[str, float], dict[str, None]] = {}  # each name once
            for each in asked:
                names.setdefault((each.holder, each.ttl), {}).update(dict.fromkeys(each.names))
            wanted = [
                {"holder": holder, "ttl": ttl, "names": list(theirs)}
                for (holder, ttl), theirs in names.items()
            ]
            try:
                told = await self._run("LEASE", asked=wanted)
            except StoreError as error:
                for each in asked:
                    if not each.future.done():
                        each.future.set_exception(error)
                continue
            given = {
                who: kept_leases.given(theirs, *who, line)
                for (who, theirs), line in zip(names.items(), told, strict=True)
            }
            for each in asked:
                if not each.future.done():
                    theirs = given[each.holder, each.ttl]
                    each.future.set_result(tuple(theirs[name] for name in each.names))
        self._asking = None

    async def _listen(self) -> None:
        await self._bell.open()


def _sorting_key(item: tuple[str, Kept], *, field: str) -> tuple[int, Any]:
    return sorting_key(item[1].record, field)


def _fence(fence: Fence | None) -> dict[str, Any] | None:
    return None if fence is None else {"name": fence.name, "token": fence.token}


def _check_stale(told: Sequence[bytes], fence: Fence | None) -> None:
    if told[0] == b"stale" and fence is not None:
        raise StaleLeaseError(fence.name, token=fence.token, current=int(told[1]))


def _table(flat: Sequence[bytes], now: float) -> dict[str, Kept]:
    pairs = zip(flat[::2], flat[1::2], strict=True)
    parsed = ((key.decode(), kept_rows.parse(raw, now)) for key, raw in pairs)
    return {key: kept for key, kept in parsed if kept is not None}
