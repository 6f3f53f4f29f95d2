"""SQLite, as nodes speak to every database."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from casare_robot.nodes.sql_connection import Column, Parameters, Result, Stream, plainly
from casare_robot.nodes.sql_statements import check_transaction
from casare_robot.nodes.sql_values import with_values

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable


class SqliteDatabase:
    """A SQLite file, or memory.

    Args:
        path: The file, or ``:memory:``.
        timeout: Seconds to wait for another program that writes.
        auto_commit: False: nothing may change outside a transaction.
        may_attach: Whether a statement may open this further file.
    """

    def __init__(
        self,
        path: str,
        *,
        timeout: float,
        auto_commit: bool,
        may_attach: "Callable[[str], bool]",
    ) -> None:
        import sqlite3

        self._lock = threading.RLock()
        self._auto_commit = auto_commit
        with plainly(sqlite3.Error, sqlite3.Warning):
            self._connection = sqlite3.connect(
                path, timeout=timeout, isolation_level=None, check_same_thread=False
            )
            self._connection.row_factory = sqlite3.Row

            def authorize(action: int, name: str | None, *_: str | None) -> int:
                if action != sqlite3.SQLITE_ATTACH or name == "" or (name and may_attach(name)):
                    return sqlite3.SQLITE_OK
                return sqlite3.SQLITE_DENY

            self._connection.set_authorizer(authorize)

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return self._connection.in_transaction

    def execute(self, sql: str, parameters: Parameters) -> Result:
        """As `Database.execute`; ``?`` takes a list, ``:name`` a dict."""
        with self._speaking():
            sql = with_values(sql)
            check_transaction(
                sql, auto_commit=self._auto_commit, in_transaction=self.in_transaction
            )
            cursor = self._connection.execute(sql, parameters)
            rows = [dict(row) for row in cursor]
            columns = [entry[0] for entry in cursor.description or ()]
            return Result(columns, rows, max(cursor.rowcount, 0), cursor.lastrowid or 0)

    @contextmanager
    def stream(self, sql: str, parameters: Parameters) -> Iterator[Stream]:
        """As `Database.stream`."""
        with self._speaking():
            cursor = self._connection.execute(with_values(sql), parameters)
            try:
                columns = [entry[0] for entry in cursor.description or ()]
                yield Stream(columns, map(tuple, cursor))
            finally:
                cursor.close()

    def begin(self) -> None:
        """As `Database.begin`."""
        with self._speaking():
            self._connection.execute("BEGIN")

    def commit(self) -> None:
        """As `Database.commit`."""
        with self._speaking():
            self._connection.commit()

    def rollback(self) -> None:
        """As `Database.rollback`."""
        with self._speaking():
            self._connection.rollback()

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
        with self._speaking():
            found = self._connection.execute("SELECT * FROM pragma_table_info(?)", (table,))
            return [
                Column(
                    row["name"], row["type"], not row["notnull"], row["dflt_value"], bool(row["pk"])
                )
                for row in found
            ]

    def close(self) -> None:
        """As `Database.close`."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def _speaking(self) -> "Iterator[sqlite3.Connection]":
        import sqlite3

        with self._lock, plainly(sqlite3.Error, sqlite3.Warning, OverflowError):
            yield self._connection
