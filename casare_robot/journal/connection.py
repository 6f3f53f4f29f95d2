"""What the journal uses of a SQLite driver."""

from typing import Any, Protocol


class Cursor(Protocol):
    """What the journal uses of a sqlite3 cursor."""

    @property
    def rowcount(self) -> int:
        """Rows changed by an INSERT, UPDATE or DELETE."""
        ...

    def fetchone(self) -> Any:
        """The next row, or None."""
        ...

    def fetchall(self) -> list[Any]:
        """All rows that are left."""
        ...


class Connection(Protocol):
    """What the journal uses of a sqlite3 connection in autocommit mode."""

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        ...

    @property
    def total_changes(self) -> int:
        """Rows changed since the connection was opened."""
        ...

    def execute(self, sql: str, parameters: Any = ..., /) -> Cursor:
        """Run one statement."""
        ...

    def executemany(self, sql: str, parameters: Any, /) -> Cursor:
        """Run one statement for many rows, taking each after the one before is done."""
        ...

    def close(self) -> None:
        """Close the database."""
        ...
