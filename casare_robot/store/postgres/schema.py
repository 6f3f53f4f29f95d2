"""The tables and functions in the database, and how they come there."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from casare_robot.domain.errors import StoreError

if TYPE_CHECKING:
    import psycopg

FORMAT = 1
"""Grows with every change of resources/sql."""
FOLDERS = (
    Path(__file__).parents[3] / "resources" / "sql",
    Path(sys.prefix) / "share" / "casare-robot" / "sql",
)
"""Where the SQL is: beside the package, or where its installation put it."""


def statements() -> list[str]:
    """The SQL files, in order."""
    folder = next((folder for folder in FOLDERS if folder.is_dir()), None)
    if folder is None:
        raise StoreError("the SQL of the shared store is missing; install casare-robot again")
    return [file.read_text("utf-8") for file in sorted(folder.glob("*.sql"))]


def prepare(connection: "psycopg.Connection[Any]") -> None:
    """Bring a database to ``FORMAT``; of several processes one does it, the others wait.

    Raises:
        StoreError: A newer release wrote it, or this user may not make it.
    """
    import psycopg

    if _format(connection) == FORMAT:
        return
    try:
        with connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('casare_robot', 0))")
            known = _format(connection)
            if known > FORMAT:
                raise StoreError(
                    f"the store has format {known}, written by a newer release; "
                    f"this one knows formats up to {FORMAT}"
                )
            if known < FORMAT:
                _make(connection)
    except psycopg.errors.InsufficientPrivilege as error:
        raise StoreError(f"the database user may not make the store: {error}") from error


def _format(connection: "psycopg.Connection[Any]") -> int:
    found = connection.execute("SELECT to_regclass('casare_robot.format')").fetchone()
    if found is None or found[0] is None:
        return 0
    row = connection.execute("SELECT max(format) FROM casare_robot.format").fetchone()
    return 0 if row is None or row[0] is None else int(row[0])


def _make(connection: "psycopg.Connection[Any]") -> None:
    for text in statements():
        connection.execute(text.encode())
    connection.execute("CREATE TABLE IF NOT EXISTS casare_robot.format (format integer NOT NULL)")
    connection.execute("DELETE FROM casare_robot.format")
    connection.execute("INSERT INTO casare_robot.format VALUES (%s)", (FORMAT,))
