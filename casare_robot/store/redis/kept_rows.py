"""Rows as Redis keeps them, and what a commit makes of those that were seen. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from casare_robot.domain.errors import ConflictError, LimitReachedError, NotFoundError
from casare_robot.store.conditions import AnyOf, Where, matches
from casare_robot.store.json_text import check_names, from_text, record_text, to_text
from casare_robot.store.records import Append, Change, Drop, Limit, Patch, Put, Row


class Kept(msgspec.Struct, frozen=True):
    """A row: the number it sorts by, its version, its end, its record as text and as it is."""

    number: int
    version: int
    expires: float | None
    record: Mapping[str, Any]


def parse(raw: bytes | None, now: float) -> Kept | None:
    """A row from ``number:version:expires:record``; None if there is none, or it expired."""
    kept = parsed(raw) if raw else None
    return None if kept is None or (kept.expires is not None and kept.expires <= now) else kept


def parsed(raw: bytes) -> Kept:
    """A row, expired or not."""
    number, version, end, text = raw.split(b":", 3)
    return Kept(int(number), int(version), float(end) if end else None, from_text(text))


def status_of(record: Mapping[str, Any]) -> str | None:
    """By what a row can be found without a look at its whole table."""
    status = record.get("status")
    return status if isinstance(status, str) else None


def statuses(where: Where) -> list[str] | None:
    """The statuses that rows must have one of; None if that cannot be said."""
    wanted = where.get("status")
    values = wanted.values if isinstance(wanted, AnyOf) else (wanted,)
    return [str(value) for value in values] if all(isinstance(v, str) for v in values) else None


def row(table: str, key: str, kept: Kept) -> Row:
    """A row as the store hands it out."""
    return Row(table=table, key=key, version=kept.version, record=kept.record, expires=kept.expires)


class Seen(msgspec.Struct, frozen=True):
    """What was looked at: the time, the last version given, rows, and whole tables.

    A table comes with how often it was changed.
    """

    now: float
    counter: int
    rows: Mapping[tuple[str, str], Kept | None]
    tables: Mapping[str, tuple[str, Mapping[str, Kept]]]


def needs(changes: Sequence[Change]) -> tuple[list[tuple[str, str]], list[str]]:
    """Which rows and which whole tables a commit has to look at.

    Raises:
        InvalidRecordError: A name cannot be kept.
    """
    rows: list[tuple[str, str]] = []
    tables: list[str] = []
    for change in changes:
        match change:
            case Append(stream=stream):
                check_names(stream=stream)
            case Limit(table=table):
                tables.append(table)
            case _:
                check_names(table=change.table, key=change.key)
                rows.append((change.table, change.key))
    return list(dict.fromkeys(rows)), list(dict.fromkeys(tables))


def plan(changes: Sequence[Change], seen: Seen) -> dict[str, Any]:
    """What the script is to do if all is as it was seen.

    Raises:
        StoreError: The commit is refused.
    """
    rows = dict(seen.rows)
    counter = seen.counter
    told: list[dict[str, Any]] = []
    for change in changes:
        match change:
            case Append(stream=stream, bodies=bodies):
                texts = [to_text(body) for body in bodies]
                told.append({"do": "append", "stream": stream, "bodies": texts})
                continue
            case Limit():
                told.append({"do": "limit", "result": _count(change, rows, seen)})
                continue
        before = rows[change.table, change.key]
        current = 0 if before is None else before.version
        if change.version is not None and change.version != current:
            raise ConflictError(change.table, change.key, expected=change.version, current=current)
        about: dict[str, Any] = {"table": change.table, "key": change.key}
        match change:
            case Drop():
                rows[change.table, change.key] = None
                told.append({**about, "do": "drop", "result": int(before is not None)})
                continue
            case Patch(fields=fields):
                if before is None:
                    raise NotFoundError(change.table, change.key)
                text = record_text({**before.record, **fields})
                about |= {"keeps": True, "ttl": change.ttl}
            case Put(record=record):
                text = record_text(record)
                about |= {"ttl": change.ttl}
        counter += 1
        kept = from_text(text)
        rows[change.table, change.key] = Kept(counter, counter, None, kept)
        told.append({**about, "do": "write", "text": text, "status": status_of(kept)})
    return {
        "rows": [
            {"table": table, "key": key, "version": kept.version if kept else 0}
            for (table, key), kept in seen.rows.items()
        ],
        "tables": [[table, changes] for table, (changes, _) in seen.tables.items()],
        "changes": told,
    }


def _count(limit: Limit, rows: Mapping[tuple[str, str], Kept | None], seen: Seen) -> int:
    """How many match, with the changes that were planned before.

    Raises:
        LimitReachedError: Too many.
    """
    _, there = seen.tables[limit.table]
    now = {key: kept for (table, key), kept in rows.items() if table == limit.table}
    merged = {**there, **now}
    number = sum(kept is not None and matches(kept.record, limit.where) for kept in merged.values())
    if number > limit.most:
        raise LimitReachedError(limit.table, most=limit.most)
    return number
