"""The tables of the file, and how an older one becomes them."""

import apsw

from casare_robot.domain.errors import StoreError

APPLICATION = 0x43524F42
"""Marks the file as ours ("CROB")."""

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE counter (value INTEGER NOT NULL)",
        "INSERT INTO counter VALUES (0)",
        # A row's number is its first version: it sorts by age.
        """CREATE TABLE rows (
            number INTEGER PRIMARY KEY,
            tbl TEXT NOT NULL,
            key TEXT NOT NULL,
            version INTEGER NOT NULL,
            expires REAL,
            record TEXT NOT NULL,
            UNIQUE (tbl, key))""",
        "CREATE INDEX rows_expiring ON rows (expires) WHERE expires IS NOT NULL",
        """CREATE INDEX rows_status ON rows (tbl, json_extract(record, '$.status'),
            json_extract(record, '$.priority') DESC)""",
        "CREATE INDEX rows_group ON rows (tbl, json_extract(record, '$.group'))",
        "CREATE INDEX rows_robot ON rows (tbl, json_extract(record, '$.robot'))",
        """CREATE TABLE streams (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            newest INTEGER NOT NULL)""",
        """CREATE TABLE log (
            stream INTEGER NOT NULL,
            seq INTEGER NOT NULL,
            at REAL NOT NULL,
            body TEXT NOT NULL,
            PRIMARY KEY (stream, seq)) WITHOUT ROWID""",
        """CREATE TABLE leases (
            name TEXT PRIMARY KEY,
            holder TEXT NOT NULL,
            token INTEGER NOT NULL,
            ttl REAL NOT NULL,
            expires REAL NOT NULL) WITHOUT ROWID""",
        "CREATE TABLE bells (address TEXT PRIMARY KEY, expires REAL NOT NULL) WITHOUT ROWID",
    ),
)
"""Statements that lead from each version (``user_version``) to the next; never changed, only
added to."""

VERSION = len(MIGRATIONS)


def prepare(connection: apsw.Connection) -> None:
    """Bring a file to ``VERSION``; of several processes one does it, the others wait.

    Raises:
        StoreError: It is another program's, or a newer release's.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = connection.pragma("user_version")
        if connection.pragma("application_id") != APPLICATION:
            if version or connection.execute("SELECT 1 FROM sqlite_schema").fetchone():
                raise StoreError("the file is a database of another program")
            connection.pragma("application_id", APPLICATION)
        if version > VERSION:
            raise StoreError(
                f"the store has format {version}, written by a newer release; "
                f"this one knows formats up to {VERSION}"
            )
        for statements in MIGRATIONS[version:]:
            for statement in statements:
                connection.execute(statement)
        if version < VERSION:
            connection.pragma("user_version", VERSION)
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
