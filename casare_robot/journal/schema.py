"""The tables of the journal and how older files become newer ones."""

from casare_robot.domain.errors import JournalDamagedError, JournalError
from casare_robot.journal.connection import Connection

VERSION = 1
"""Kept in ``PRAGMA user_version``; grows with every change of the tables."""

OLDEST_READER = 1
"""The oldest ``VERSION`` whose program can use the file as this one leaves it."""

LARGEST_LOG = 32 << 20
"""Bytes of the write-ahead log beyond which it is folded back even when never idle."""

PRAGMAS = (
    "locking_mode=EXCLUSIVE",  # exactly one connection, which old SQLites need to be safe
    "journal_mode=WAL",
    "synchronous=FULL",  # NORMAL loses acknowledged rows when the power goes
    f"journal_size_limit={LARGEST_LOG}",
    "cell_size_check=ON",
    "trusted_schema=OFF",
)

TABLES = (
    """CREATE TABLE about (key TEXT PRIMARY KEY, value) WITHOUT ROWID""",
    """CREATE TABLE contents (
        digest BLOB NOT NULL UNIQUE,
        data BLOB NOT NULL)""",
    # No index: which job has which number is known by heart.
    """CREATE TABLE jobs (
        number INTEGER PRIMARY KEY,
        id TEXT NOT NULL,
        origin TEXT NOT NULL,
        accepted_ms INTEGER NOT NULL,
        content BLOB,
        sent BLOB NOT NULL,
        received BLOB NOT NULL,
        sum INTEGER NOT NULL)""",
    # Apart from the jobs, so that many ends go to one page. A job without a row is queued.
    """CREATE TABLE states (
        number INTEGER PRIMARY KEY,
        job INTEGER NOT NULL,
        status TEXT NOT NULL,
        changed_ms INTEGER NOT NULL,
        delivered INTEGER NOT NULL,
        sum INTEGER NOT NULL,
        result BLOB)""",
    # A place is jobs.number << 32 | seq, so that a step goes to the end of the table.
    """CREATE TABLE steps (
        place INTEGER PRIMARY KEY,
        job INTEGER NOT NULL,
        kind INTEGER NOT NULL,
        data BLOB NOT NULL,
        crc INTEGER NOT NULL)""",
    """CREATE TABLE notes (
        key TEXT PRIMARY KEY,
        value BLOB NOT NULL,
        crc INTEGER NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE audit (
        seq INTEGER PRIMARY KEY,
        body BLOB NOT NULL,
        hash BLOB NOT NULL)""",
    """CREATE TABLE audit_heads (
        seq INTEGER PRIMARY KEY,
        head BLOB NOT NULL)""",
    """CREATE TABLE metrics (
        minute INTEGER PRIMARY KEY,
        data BLOB NOT NULL)""",
)

FIRST_ROWS = (
    "INSERT INTO states VALUES (0, 0, '', 0, 0, 0, NULL)",
    "INSERT INTO steps VALUES (0, 0, 0, x'', 0)",
)
"""They belong to no job. A table that has lost them is another, in the place of this one."""

CHANGES = (TABLES,)
"""What each version added to the one before; the first begins with an empty file."""


def prepare(connection: Connection) -> None:
    """Bring a file to ``VERSION``, whatever it was before; an empty one included.

    Raises:
        JournalDamagedError: Its tables are not those of its version.
        JournalError: A newer release wrote it in a way this one cannot use.
    """
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    tables = {row[0] for row in connection.execute("SELECT sql FROM sqlite_schema").fetchall()}
    if version > VERSION:
        row = connection.execute("SELECT value FROM about WHERE key = 'oldest_reader'").fetchone()
        if row is None or row[0] > VERSION:
            raise JournalError(
                f"the journal has format {version}, written by a newer release; "
                f"this one knows formats up to {VERSION}"
            )
    elif version == 0 and tables:
        raise JournalDamagedError(f"the journal has tables, but says it has format {version}")
    elif not tables.issuperset(table for change in CHANGES[:version] for table in change):
        raise JournalDamagedError("the journal's tables are not as they were made")
    elif version < VERSION:
        _change(connection, version)
    for first in ("SELECT 1 FROM states WHERE number = 0", "SELECT 1 FROM steps WHERE place = 0"):
        if connection.execute(first).fetchone() is None:
            raise JournalDamagedError("the journal's jobs have lost their states or steps")


def _change(connection: Connection, version: int) -> None:
    connection.execute("BEGIN")
    for change in CHANGES[version:]:
        for statement in change:
            connection.execute(statement)
    for statement in FIRST_ROWS if version == 0 else ():
        connection.execute(statement)
    connection.execute("REPLACE INTO about VALUES ('oldest_reader', ?)", (OLDEST_READER,))
    connection.execute(f"PRAGMA user_version={VERSION}")
    connection.execute("COMMIT")
