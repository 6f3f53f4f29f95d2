"""Brings a project's database to what robots need; for its owner, over its database address."""

import sys
from pathlib import Path

from casare_robot.domain.errors import StoreError
from casare_robot.store.postgres import schema as store_schema
from casare_robot.store.postgres.connecting import as_store_error, check_installed, connect

FOLDERS = (
    Path(__file__).parents[3] / "resources" / "supabase" / "migrations",
    Path(sys.prefix) / "share" / "casare-robot" / "supabase" / "migrations",
)
"""Where the SQL is: beside the package, or where its installation put it."""


def migrations() -> list[str]:
    """The SQL files that follow those of the shared store, in order."""
    folder = next((folder for folder in FOLDERS if folder.is_dir()), None)
    if folder is None:
        raise StoreError("the SQL for Supabase is missing; install casare-robot again")
    return [file.read_text("utf-8") for file in sorted(folder.glob("*.sql"))]


def whole_text() -> str:
    """Everything that `initialize` does, as one text for the SQL editor of a project."""
    made = (
        "create table if not exists casare_robot.format (format integer not null);\n"
        "delete from casare_robot.format;\n"
        f"insert into casare_robot.format values ({store_schema.FORMAT});\n"
    )
    return "\n".join(["begin;", *store_schema.statements(), made, *migrations(), "commit;", ""])


def initialize(database: str) -> None:
    """Make or renew everything that robots need in a project's database. Blocks.

    Args:
        database: The database's own address, with the right to make tables; a
            pooler in transaction mode will do.

    Raises:
        StoreError: It cannot be reached, or refuses; nothing was changed.
    """
    import psycopg

    check_installed()
    connection = connect(database)
    try:
        store_schema.prepare(connection)
        with connection.transaction():
            for text in migrations():
                connection.execute(text.encode())
    except psycopg.Error as error:
        raise as_store_error(error) from error
    finally:
        connection.close()


def invite(database: str, *, robot_id: str, groups: tuple[str, ...], hours: float) -> str:
    """A code with which one robot enrols itself, once. Blocks.

    Raises:
        StoreError: The database cannot be reached or has not what robots need.
    """
    import psycopg

    check_installed()
    connection = connect(database)
    try:
        row = connection.execute(
            "SELECT casare_robot.invite(%s, %s, %s)", (robot_id, list(groups), hours)
        ).fetchone()
    except psycopg.Error as error:
        raise as_store_error(error) from error
    finally:
        connection.close()
    if row is None:
        raise StoreError("the project gave no code")
    return str(row[0])
