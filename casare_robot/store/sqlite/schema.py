"""The tables of the file, and how an older one becomes them."""

from typing import Any

import apsw

from casare_robot.domain.errors import StoreError
from casare_robot.store.text_search import words_of

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
    (
        # The words by which rows are found; kept in step by triggers, whoever drops a row.
        """CREATE VIRTUAL TABLE words USING fts5 (content,
            content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 0')""",
        """CREATE TRIGGER rows_words_in AFTER INSERT ON rows
            WHEN json_type(new.record, '$.content') = 'text' BEGIN
            INSERT INTO words (rowid, content)
                VALUES (new.number, words_of(json_extract(new.record, '$.content')));
            END""",
        """CREATE TRIGGER rows_words_out AFTER DELETE ON rows
            WHEN json_type(old.record, '$.content') = 'text' BEGIN
            DELETE FROM words WHERE rowid = old.number;
            END""",
        """CREATE TRIGGER rows_words_changed AFTER UPDATE OF record ON rows
            WHEN json_extract(old.record, '$.content') IS NOT json_extract(new.record, '$.content')
            BEGIN
            DELETE FROM words
                WHERE rowid = old.number AND json_type(old.record, '$.content') = 'text';
            INSERT INTO words (rowid, content)
                SELECT new.number, words_of(json_extract(new.record, '$.content'))
                WHERE json_type(new.record, '$.content') = 'text';
            END""",
        """INSERT INTO words (rowid, content)
            SELECT number, words_of(json_extract(record, '$.content')) FROM rows
            WHERE json_type(record, '$.content') = 'text'""",
    ),
)
"""Statements that lead from each version (``user_version``) to the next; never changed, only
added to."""

VERSION = len(MIGRATIONS)


def prepare(connection: apsw.Connection) -> None:
    """Teach it ``words_of`` and ``tally``, and bring a file to ``VERSION``.

    Of several processes one does so, the others wait.

    Raises:
        StoreError: It is another program's, or a newer release's.
    """
    connection.create_scalar_function("words_of", _words_of, 1, deterministic=True)
    connection.register_fts5_function("tally", _tally)
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


def _words_of(*texts: Any) -> str:
    return " ".join(words_of(texts[0]))


def _tally(found: apsw.FTS5ExtensionApi, *tallies: Any) -> None:
    """Add what `text_search.tally` tells of a row that was found to a list."""
    times = [len(found.phrase_locations(word)[0]) for word in range(found.phrase_count)]
    tallies[0].append((found.column_size(0), *times))
