"""A store in this process: for one robot alone, for tests, and as the model of the others."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any

import msgspec

from casare_robot.domain.errors import (
    ConflictError,
    LimitReachedError,
    NotFoundError,
    StaleLeaseError,
    StoreUnavailableError,
)
from casare_robot.store.conditions import Where, check_fields, matches, sorting_key
from casare_robot.store.doorbell import Belfry, Doorbell
from casare_robot.store.json_text import check_names, check_seconds, from_text, record_text, to_text
from casare_robot.store.lease_rule import FORGOTTEN_AFTER, Verdict, decide, is_in_force
from casare_robot.store.records import (
    Append,
    Change,
    Claim,
    Drop,
    Entry,
    Fence,
    Lease,
    Limit,
    Patch,
    Put,
    Reading,
    Row,
)
from casare_robot.store.store import Store, StoreHealth
from casare_robot.store.text_search import (
    NEWEST,
    best,
    has_words,
    tally,
    words_of_query,
    words_of_record,
)


class _Kept(msgspec.Struct, frozen=True):
    """A row as it is kept: its place in the order, its text, and what conditions see."""

    number: int
    version: int
    text: str
    record: Mapping[str, Any]
    expires: float | None
    words: Sequence[str]


class _Log(msgspec.Struct):
    newest: int = 0
    entries: list[tuple[int, float, str]] = []


class MemoryStore(Store):
    """Everything in dictionaries; nothing outlives the process.

    A call never waits, so each is one transaction.

    Args:
        clock: Seconds, for expiry and leases.
    """

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._last_number = 0
        self._tables: dict[str, dict[str, _Kept]] = {}
        self._next_expiry: dict[str, float] = {}
        self._logs: dict[str, _Log] = {}
        self._leases: dict[str, Lease] = {}
        self._belfry = Belfry()

    async def commit(self, *changes: Change, fence: Fence | None = None) -> tuple[int, ...]:
        """See `Store.commit`."""
        self._check_open()
        self._check_fence(fence)
        undo: list[Callable[[], object]] = []
        last_number = self._last_number
        try:
            results = tuple(self._make(change, undo) for change in changes)
        except BaseException:
            for step in reversed(undo):
                step()
            self._last_number = last_number
            raise
        self._belfry.ring(change.stream for change in changes if isinstance(change, Append))
        return results

    async def get(self, table: str, key: str) -> Row | None:
        """See `Store.get`."""
        self._check_open()
        kept = self._live(table).get(key)
        return None if kept is None else _row(table, key, kept)

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
        self._check_open()
        found = self._found(table, where, order)
        end = None if limit is None else skip + limit
        return tuple(_row(table, key, kept) for key, kept in found[skip:end])

    async def count(self, table: str, where: Where | None = None) -> int:
        """See `Store.count`."""
        self._check_open()
        return self._counted(table, where)

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
        self._check_open()
        wanted = words_of_query(text)
        newest_first = reversed(self._found(table, where, ()))
        matching = (item for item in newest_first if has_words(item[1].words, wanted, every=every))
        found = list(islice(matching, NEWEST)) if wanted else []
        tallies = [tally(kept.words, wanted) for _, kept in found]
        return tuple(_row(table, key, kept) for key, kept in best(found, tallies, limit))

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
        self._check_open()
        self._check_fence(fence)
        check_names(holder=holder)
        check_seconds(ttl=ttl)
        now = self._clock()
        free = (
            (key, name)
            for key, _ in self._found(table, where, order)
            if not is_in_force(self._leases.get(name := f"{table}:{key}"), now=now)
        )
        claims = []
        for key, name in islice(free, most):
            check_names(lease=name)
            self._make(Patch(table=table, key=key, fields=fields or {}), [])
            lease = self._give(name, holder, ttl, now)
            claims.append(Claim(row=_row(table, key, self._tables[table][key]), lease=lease))
        return tuple(claims)

    async def read(self, stream: str, *, after: int = 0, limit: int = 1000) -> Reading:
        """See `Store.read`."""
        self._check_open()
        log = self._logs.get(stream) or _Log()
        oldest = log.entries[0][0] if log.entries else log.newest + 1
        begin = max(0, after + 1 - oldest)
        return Reading(
            entries=tuple(
                Entry(stream=stream, seq=seq, at=at, body=from_text(text))
                for seq, at, text in log.entries[begin : begin + limit]
            ),
            oldest=oldest,
            newest=log.newest,
        )

    async def trim(
        self, stream: str, *, keep: int | None = None, max_age: float | None = None
    ) -> int:
        """See `Store.trim`."""
        self._check_open()
        check_seconds(max_age=max_age)
        log = self._logs.get(stream)
        if log is None:
            return 0
        before = len(log.entries)
        if keep is not None:
            del log.entries[: max(0, before - keep)]
        if max_age is not None:
            limit = self._clock() - max_age
            young = next((n for n, entry in enumerate(log.entries) if entry[1] >= limit), before)
            del log.entries[:young]
        return before - len(log.entries)

    def watch(self, *streams: str) -> Doorbell:
        """See `Store.watch`."""
        return Doorbell(streams, self._belfry)

    async def lease_many(
        self, names: Sequence[str], holder: str, *, ttl: float
    ) -> tuple[Lease | None, ...]:
        """See `Store.lease_many`."""
        self._check_open()
        check_seconds(ttl=ttl)
        for name in names:
            check_names(lease=name, holder=holder)
        return tuple(self._lease(name, holder, ttl) for name in names)

    async def unlease(self, fence: Fence) -> bool:
        """See `Store.unlease`."""
        self._check_open()
        held, now = self._leases.get(fence.name), self._clock()
        if held is None or held.token != fence.token or not is_in_force(held, now=now):
            return False
        self._leases[fence.name] = msgspec.structs.replace(held, expires=now)
        self._belfry.ring([f"lease:{fence.name}"])
        return True

    async def held(self, *names: str) -> dict[str, Lease]:
        """See `Store.held`."""
        self._check_open()
        now = self._clock()
        known = ((name, self._leases.get(name)) for name in names)
        return {name: held for name, held in known if held and is_in_force(held, now=now)}

    async def health(self) -> StoreHealth:
        """See `Store.health`."""
        self._check_open()
        return StoreHealth(latency=0.0)

    async def stats(self) -> dict[str, int]:
        """See `Store.stats`."""
        self._check_open()
        now = self._clock()
        tables = {name: self._live(name) for name in tuple(self._tables)}
        entries = [entry for log in self._logs.values() for entry in log.entries]
        return {
            "rows": sum(map(len, tables.values())),
            "entries": len(entries),
            "streams": len(self._logs),
            "leases": sum(is_in_force(held, now=now) for held in self._leases.values()),
            "bytes": sum(len(kept.text) for table in tables.values() for kept in table.values())
            + sum(len(text) for _, _, text in entries),
        }

    async def close(self) -> None:
        """See `Store.close`."""
        self._belfry.close()

    def _check_open(self) -> None:
        if self._belfry.is_closed:
            raise StoreUnavailableError("the store is closed")

    def _next_number(self) -> int:
        self._last_number += 1
        return self._last_number

    def _give(self, name: str, holder: str, ttl: float, now: float) -> Lease:
        lease = Lease(
            name=name, holder=holder, token=self._next_number(), ttl=ttl, expires=now + ttl
        )
        forgotten = [
            other for other, held in self._leases.items() if held.expires < now - FORGOTTEN_AFTER
        ]
        for other in forgotten:
            del self._leases[other]
        self._leases[name] = lease
        return lease

    def _lease(self, name: str, holder: str, ttl: float) -> Lease | None:
        held, now = self._leases.get(name), self._clock()
        match decide(held, holder, now=now):
            case Verdict.TAKE:
                return self._give(name, holder, ttl, now)
            case Verdict.RENEW if held is not None:
                renewed = msgspec.structs.replace(held, ttl=ttl, expires=now + ttl)
                self._leases[name] = renewed
                return renewed
            case Verdict.SHORTEN if held is not None:
                shorter = msgspec.structs.replace(held, expires=now + held.ttl)
                self._leases[name] = shorter
        return None

    def _check_fence(self, fence: Fence | None) -> None:
        if fence is None:
            return
        held = self._leases.get(fence.name)
        if held is None or held.token != fence.token or not is_in_force(held, now=self._clock()):
            current = 0 if held is None else held.token
            raise StaleLeaseError(fence.name, token=fence.token, current=current)

    def _live(self, table: str) -> dict[str, _Kept]:
        rows = self._tables.get(table, {})
        now = self._clock()
        if self._next_expiry.get(table, math.inf) <= now:
            for key in [k for k, kept in rows.items() if kept.expires and kept.expires <= now]:
                del rows[key]
            left = (kept.expires for kept in rows.values() if kept.expires)
            self._next_expiry[table] = min(left, default=math.inf)
        return rows

    def _counted(self, table: str, where: Where | None) -> int:
        rows, where = self._live(table), where or {}
        check_fields([*where])
        return sum(matches(kept.record, where) for kept in rows.values()) if where else len(rows)

    def _found(
        self, table: str, where: Where | None, order: Sequence[str]
    ) -> list[tuple[str, _Kept]]:
        where = where or {}
        check_fields([*where, *(name.removeprefix("-") for name in order)])
        found = [item for item in self._live(table).items() if matches(item[1].record, where)]
        found.sort(key=lambda item: item[1].number)
        for name in reversed(order):
            field = name.removeprefix("-")
            found.sort(key=partial(_sorting_key, field=field), reverse=field != name)
        return found

    def _make(self, change: Change, undo: list[Callable[[], object]]) -> int:
        match change:
            case Append(stream=stream, bodies=bodies):
                return self._append(stream, bodies, undo)
            case Limit(table=table, most=most, where=where):
                matching = self._counted(table, where)
                if matching > most:
                    raise LimitReachedError(table, most=most)
                return matching
        check_names(table=change.table, key=change.key)
        rows = self._live(change.table)
        before = rows.get(change.key)
        current = 0 if before is None else before.version
        if change.version is not None and change.version != current:
            raise ConflictError(change.table, change.key, expected=change.version, current=current)
        if before is None:
            undo.append(lambda: self._tables.get(change.table, {}).pop(change.key, None))
        else:
            undo.append(partial(self._keep, change.table, change.key, before))
        match change:
            case Drop():
                return int(rows.pop(change.key, None) is not None)
            case Patch(fields=fields):
                if before is None:
                    raise NotFoundError(change.table, change.key)
                text, expires = record_text({**before.record, **fields}), before.expires
            case Put(record=record):
                text, expires = record_text(record), None
        check_seconds(ttl=change.ttl)
        if change.ttl is not None:
            expires = self._clock() + change.ttl
        version = self._next_number()
        number = version if before is None else before.number
        kept = from_text(text)
        row = _Kept(number, version, text, kept, expires, words_of_record(kept))
        self._keep(change.table, change.key, row)
        return version

    def _keep(self, table: str, key: str, row: _Kept) -> None:
        self._tables.setdefault(table, {})[key] = row
        if row.expires is not None:
            next_expiry = self._next_expiry.get(table, math.inf)
            self._next_expiry[table] = min(row.expires, next_expiry)

    def _append(self, stream: str, bodies: Sequence[Any], undo: list[Callable[[], object]]) -> int:
        check_names(stream=stream)
        now = self._clock()
        texts = [to_text(body) for body in bodies]
        log = self._logs.setdefault(stream, _Log())
        newest, length = log.newest, len(log.entries)

        def forget() -> None:
            log.newest = newest
            del log.entries[length:]

        undo.append(forget)
        for text in texts:
            log.newest += 1
            log.entries.append((log.newest, now, text))
        return log.newest


def _sorting_key(item: tuple[str, _Kept], *, field: str) -> tuple[int, Any]:
    return sorting_key(item[1].record, field)


def _row(table: str, key: str, kept: _Kept) -> Row:
    return Row(
        table=table,
        key=key,
        version=kept.version,
        record=from_text(kept.text),
        expires=kept.expires,
    )
