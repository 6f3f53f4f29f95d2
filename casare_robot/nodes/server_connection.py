"""PostgreSQL and MySQL, as nodes speak to every database."""

import functools
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from casare_robot.domain.errors import NodeFailure
from casare_robot.nodes.sql_connection import Column, Parameters, Result, Stream, plainly
from casare_robot.nodes.sql_statements import check_transaction
from casare_robot.nodes.sql_values import with_values

if TYPE_CHECKING:
    from sqlalchemy import Connection, CursorResult, Engine

_AT_ONCE = 1000
"""Rows of a stream that are held at a time."""
_PLAIN = frozenset({str, int, float, bool, type(None), bytes})
"""Types that wires carry as they are."""


class ServerDatabase:
    """PostgreSQL or MySQL, through a SQLAlchemy engine with a pool.

    Outside a transaction each statement takes a connection of the pool and is
    kept at once, so that parallel branches do not wait for each other.
    """

    def __init__(self, engine: "Engine", *, auto_commit: bool) -> None:
        self._engine = engine
        self._auto_commit = auto_commit
        self._lock = threading.RLock()
        self._transaction: Connection | None = None
        with self._plainly():
            engine.connect().close()

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return self._transaction is not None

    def execute(self, sql: str, parameters: Parameters) -> Result:
        """As `Database.execute`; a list goes to ``$1`` or ``%s``, a dict to ``:name``."""
        from sqlalchemy import text

        with self._plainly():
            backslashes = self._engine.dialect.name == "mysql"
            sql = with_values(sql, backslashes=backslashes)
            statement, values = bound(sql, parameters, backslashes=backslashes)
            with self._lock:
                check_transaction(
                    sql, auto_commit=self._auto_commit, in_transaction=self.in_transaction
                )
                if self._transaction is not None:
                    return _result(self._transaction.execute(text(statement), values))
            with self._engine.begin() as connection:
                return _result(connection.execute(text(statement), values))

    @contextmanager
    def stream(self, sql: str, parameters: Parameters) -> Iterator[Stream]:
        """As `Database.stream`; the server is asked for `_AT_ONCE` rows at a time."""
        from sqlalchemy import text

        backslashes = self._engine.dialect.name == "mysql"
        sql = with_values(sql, backslashes=backslashes)
        statement, values = bound(sql, parameters, backslashes=backslashes)
        with self._plainly(), self._asking() as connection:
            found = connection.execution_options(yield_per=_AT_ONCE).execute(
                text(statement), values
            )
            with found:
                rows = ([plain_value(value) for value in row] for row in found)
                yield Stream(list(found.keys()), rows)

    @contextmanager
    def _asking(self) -> "Iterator[Connection]":
        """The transaction's connection, or one of the pool."""
        with self._lock:
            if self._transaction is not None:
                yield self._transaction
                return
        with self._engine.connect() as connection:
            yield connection

    def begin(self) -> None:
        """As `Database.begin`."""
        with self._plainly(), self._lock:
            if self._transaction is not None:
                raise NodeFailure("a transaction is open already", retryable=False)
            connection = self._engine.connect()
            connection.begin()
            self._transaction = connection

    def commit(self) -> None:
        """As `Database.commit`."""
        self._end("commit")

    def rollback(self) -> None:
        """As `Database.rollback`."""
        self._end("rollback")

    def _end(self, how: str) -> None:
        with self._plainly(), self._lock:
            connection, self._transaction = self._transaction, None
            if connection is not None:
                with connection:
                    getattr(connection, how)()

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """As `Database.exclusive`."""
        with self._lock:
            yield

    def table_exists(self, table: str) -> bool:
        """As `Database.table_exists`."""
        return bool(self.columns(table))

    def columns(self, table: str) -> list[Column]:
        """As `Database.columns`."""
        from sqlalchemy import inspect
        from sqlalchemy.exc import NoSuchTableError

        schema, _, name = table.rpartition(".")
        with self._plainly(), self._lock:
            inspector = inspect(self._transaction or self._engine)
            try:
                found = inspector.get_columns(name, schema=schema or None)
            except NoSuchTableError:
                return []
            keys = inspector.get_pk_constraint(name, schema=schema or None)["constrained_columns"]
            return [
                Column(
                    entry["name"],
                    str(entry["type"]),
                    bool(entry["nullable"]),
                    entry["default"],
                    entry["name"] in keys,
                )
                for entry in found
            ]

    def close(self) -> None:
        """As `Database.close`."""
        try:
            self.rollback()
        finally:
            self._engine.dispose()

    @contextmanager
    def _plainly(self) -> Iterator[None]:
        from sqlalchemy.exc import SQLAlchemyError

        with plainly(SQLAlchemyError):
            yield


@functools.cache
def _parts(backslashes: bool) -> re.Pattern[str]:
    """What of a statement is not plain: quotes, comments, casts, place-holders."""
    escape = r"\\.|" if backslashes else ""
    inside = r"[^'\\]" if backslashes else "[^']"
    return re.compile(
        rf"""'(?:{escape}{inside}|'')*' | "(?:[^"]|"")*" | `[^`]*`
          | --[^\n]* | /\*.*?\*/
          | \$(?P<tag>[A-Za-z_]\w*|)\$.*?\$(?P=tag)\$
          | (?P<cast>::) | (?P<number>\$\d+) | (?P<next>%s)
        """,
        re.VERBOSE | re.DOTALL,
    )


def bound(
    sql: str, parameters: Parameters, *, backslashes: bool = False
) -> tuple[str, dict[str, Any]]:
    r"""A statement with the place-holders SQLAlchemy reads, and their values. Pure.

    A list is bound to ``$1, $2 ...`` by number or to each ``%s`` in turn, a dict
    to ``:name``. Quoted text and comments are left alone; ``backslashes`` says
    that ``\'`` does not end a quote (MySQL).

    Raises:
        NodeFailure: Place-holders and parameters do not match.
    """
    named = dict(parameters) if isinstance(parameters, Mapping) else {}
    values = [] if isinstance(parameters, Mapping) else list(parameters)
    used: set[int] = set()
    position = 0

    def replace(match: re.Match[str]) -> str:
        nonlocal position
        if match["cast"] or named or not (match["number"] or match["next"]):
            return match[0].replace(":", r"\:")
        position += 1
        place = int(match["number"][1:]) if match["number"] else position
        if not 1 <= place <= len(values):
            raise NodeFailure(
                f"the statement wants parameter {place}, but there are {len(values)}",
                retryable=False,
            )
        used.add(place)
        return f":p{place}"

    statement = _parts(backslashes).sub(replace, sql)
    if len(used) < len(values):
        raise NodeFailure(
            f"{len(values)} parameters are given, but the statement has {len(used)} places",
            retryable=False,
        )
    return statement, named or {f"p{place}": value for place, value in enumerate(values, 1)}


def _result(cursor: "CursorResult[Any]") -> Result:
    if not cursor.returns_rows:
        last = getattr(cursor.context.cursor, "lastrowid", 0)
        return Result([], [], max(cursor.rowcount, 0), last or 0)
    columns = list(cursor.keys())
    rows = [dict(zip(columns, map(plain_value, row), strict=True)) for row in cursor]
    first = next(iter(rows[0].values()), 0) if rows else 0
    return Result(columns, rows, len(rows), first if isinstance(first, int) else 0)


def plain_value(value: Any) -> Any:
    """A value of a database as wires carry it: dates are ISO text, decimals numbers. Pure."""
    if type(value) in _PLAIN:
        return value
    from datetime import date, time, timedelta
    from decimal import Decimal
    from uuid import UUID

    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Decimal):
        whole = value.is_finite() and value == value.to_integral_value()
        return int(value) if whole else float(value)
    if isinstance(value, UUID):
        return str(value)
    return bytes(value) if isinstance(value, memoryview) else value
