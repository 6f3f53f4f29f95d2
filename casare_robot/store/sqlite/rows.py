"""Rows in the file; each function is part of a transaction."""

from collections.abc import Mapping, Sequence
from typing import Any

import apsw

from casare_robot.domain.errors import ConflictError, LimitReachedError, NotFoundError
from casare_robot.store.conditions import Where
from casare_robot.store.json_text import check_names, check_seconds, from_text, is_text, record_text
from casare_robot.store.records import Append, Change, Claim, Drop, Limit, Patch, Put, Row
from casare_robot.store.sqlite import leases, logs
from casare_robot.store.sqlite.finding import order_sql, where_sql
from casare_robot.store.sqlite.worker import Transaction
from casare_robot.store.text_search import NEWEST, best

_COLUMNS = "key, version, record, expires"


def make(transaction: Transaction, change: Change) -> int:
    """Make one change and give its result."""
    match change:
        case Append(stream=stream, bodies=bodies):
            return logs.append(transaction, stream, bodies)
        case Limit(table=table, most=most, where=where):
            matching = count(transaction, table, where)
            if matching > most:
                raise LimitReachedError(table, most=most)
            return matching
    table, key = change.table, change.key
    check_names(table=table, key=key)
    before = get(transaction, table, key)
    current = 0 if before is None else before.version
    if change.version is not None and change.version != current:
        raise ConflictError(table, key, expected=change.version, current=current)
    match change:
        case Drop():
            transaction.execute("DELETE FROM rows WHERE tbl = ? AND key = ?", (table, key))
            return int(before is not None)
        case Patch(fields=fields):
            if before is None:
                raise NotFoundError(table, key)
            text, expires = record_text({**before.record, **fields}), before.expires
        case Put(record=record):
            text, expires = record_text(record), None
    check_seconds(ttl=change.ttl)
    if change.ttl is not None:
        expires = transaction.now + change.ttl
        # expired rows cannot grow in number without new ones
        transaction.execute("DELETE FROM rows WHERE expires <= ?", (transaction.now,))
    version = transaction.next_number()
    if before is None:
        # one that has expired; REPLACE would leave its words
        transaction.execute("DELETE FROM rows WHERE tbl = ? AND key = ?", (table, key))
        transaction.execute(
            "INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?)",
            (version, table, key, version, expires, text),
        )
    else:
        transaction.execute(
            "UPDATE rows SET version = ?, expires = ?, record = ? WHERE tbl = ? AND key = ?",
            (version, expires, text, table, key),
        )
    return version


def get(transaction: Transaction, table: str, key: str) -> Row | None:
    """See `Store.get`."""
    if not (is_text(table) and is_text(key)):
        return None
    row: Any = transaction.execute(
        f"SELECT {_COLUMNS} FROM rows WHERE key = ?"  # noqa: S608 - a constant
        " AND tbl = ? AND (expires IS NULL OR expires > ?)",
        (key, table, transaction.now),
    ).fetchone()
    return None if row is None else _row(table, row)


def find(
    transaction: Transaction,
    table: str,
    where: Where | None,
    order: Sequence[str],
    limit: int | None,
    skip: int,
) -> tuple[Row, ...]:
    """See `Store.find`."""
    condition, values = where_sql(table, where, transaction.now)
    sql = (
        f"SELECT {_COLUMNS} FROM rows WHERE {condition} "  # noqa: S608 - names were checked
        f"ORDER BY {order_sql(order)} LIMIT ? OFFSET ?"
    )
    found = transaction.execute(sql, (*values, -1 if limit is None else limit, skip))
    return tuple(_row(table, row) for row in found)


def count(transaction: Transaction, table: str, where: Where | None) -> int:
    """See `Store.count`."""
    condition, values = where_sql(table, where, transaction.now)
    sql = f"SELECT count(*) FROM rows WHERE {condition}"  # noqa: S608 - names were checked
    ((number,),) = transaction.execute(sql, values)
    return int(number)


def search(
    transaction: Transaction,
    table: str,
    words: Sequence[str],
    where: Where | None,
    every: bool,
    limit: int,
) -> tuple[Row, ...]:
    """See `Store.search`."""
    condition, values = where_sql(table, where, transaction.now)
    if not words:
        return ()
    sql = (
        "SELECT number, tally(words, ?) FROM words "  # noqa: S608 - names were checked
        f"CROSS JOIN rows ON number = words.rowid WHERE words MATCH ? AND {condition} "
        "ORDER BY words.rowid DESC LIMIT ?"
    )
    quoted = (f'"{word}"' for word in words)
    match = (" AND " if every else " OR ").join(quoted)
    # FTS5's own rank would look at every row that has one of the words, however old.
    tallies: list[tuple[int, ...]] = []
    told = transaction.execute(sql, (apsw.pyobject(tallies), match, *values, NEWEST))
    numbers = best([number for number, _ in told], tallies, limit)
    one = f"SELECT {_COLUMNS} FROM rows WHERE number = ?"  # noqa: S608 - a constant
    return tuple(_row(table, *transaction.execute(one, (number,))) for number in numbers)


def claim(
    transaction: Transaction,
    table: str,
    most: int,
    holder: str,
    ttl: float,
    where: Where | None,
    order: Sequence[str],
    fields: Mapping[str, Any],
) -> tuple[Claim, ...]:
    """See `Store.claim_many`."""
    check_names(holder=holder)
    check_seconds(ttl=ttl)
    condition, values = where_sql(table, where, transaction.now)
    sql = (
        f"SELECT key FROM rows WHERE {condition} AND NOT EXISTS "  # noqa: S608 - names were checked
        "(SELECT 1 FROM leases WHERE name = tbl || ':' || key AND leases.expires > ?) "
        f"ORDER BY {order_sql(order)} LIMIT ?"
    )
    found: Any = transaction.execute(sql, (*values, transaction.now, most)).fetchall()
    return tuple(_take(transaction, table, key, holder, ttl, fields) for (key,) in found)


def _take(
    transaction: Transaction,
    table: str,
    key: str,
    holder: str,
    ttl: float,
    fields: Mapping[str, Any],
) -> Claim:
    name = f"{table}:{key}"
    check_names(lease=name)
    make(transaction, Patch(table=table, key=key, fields=fields))
    lease = leases.give(transaction, name, holder, ttl)
    row = get(transaction, table, key)
    if row is None:
        raise NotFoundError(table, key)
    return Claim(row=row, lease=lease)


def _row(table: str, row: Sequence[Any]) -> Row:
    key, version, text, expires = row
    return Row(table=table, key=key, version=version, record=from_text(text), expires=expires)
