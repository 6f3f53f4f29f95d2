"""The file under the journal: opened, checked, and set aside when it is damaged."""

import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from casare_robot.domain.errors import Fault, JournalDamagedError
from casare_robot.journal.connection import Connection
from casare_robot.journal.failure import as_robot_error, primary_code
from casare_robot.journal.job_table import park_damaged, park_owners_of_strays
from casare_robot.journal.log_room import PAGE
from casare_robot.journal.roster import Roster
from casare_robot.journal.schema import LARGEST_LOG, PRAGMAS, prepare
from casare_robot.journal.set_aside import set_aside

log = logging.getLogger(__name__)

LARGEST_ALWAYS_CHECKED = 32 << 20
"""Bytes of a file whose full check takes some 50 ms."""

SMALLEST_LOG = 1 << 16
"""Bytes of log below which folding back would cost more than it frees."""


class OpenedFile(NamedTuple):
    """A database that passed its check, and what people should know about it."""

    connection: Connection
    roster: Roster
    warnings: tuple[Fault, ...]


def connect(path: Path) -> Connection:
    """Open a SQLite file for one connection that any thread may use, in autocommit mode.

    Damaged text is read as it is, so that it fails its checksum and not its reading.
    """
    import sqlite3

    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=1.0)
    connection.text_factory = partial(str, encoding="utf-8", errors="surrogateescape")
    return connection


def open_file(
    path: Path,
    *,
    connect: Callable[[], Connection],
    now: Callable[[], float],
    largest_log: int = LARGEST_LOG,
) -> OpenedFile:
    """Open the journal's database; a damaged one is mended or set aside.

    Indexes that do not fit their tables are built anew, and then every row is
    checked. Any other damage sets the file aside, and a fresh one is begun.

    Args:
        path: Where ``connect`` opens.
        connect: Opens it.
        now: Wall clock in seconds.
        largest_log: Bytes the write-ahead log may grow to before it is folded back.

    Raises:
        JournalBusyError: Another process has the file open.
        JournalError: A newer release wrote it, or the folder cannot be written.
    """
    if path.is_dir():
        opened = _start_afresh(path, connect, now, "it is a folder")
    else:
        try:
            opened = _open(connect, now, in_full=_deserves_full_check(path))
        except JournalDamagedError as error:
            opened = _start_afresh(path, connect, now, str(error))
    pages = max(largest_log, SMALLEST_LOG) // PAGE
    opened.connection.execute(f"PRAGMA wal_autocheckpoint={pages}").fetchall()
    return opened


def _deserves_full_check(path: Path) -> bool:
    """A stop that left a log behind, or a file small enough not to mind.

    Only the full check compares indexes with tables.
    """
    wal = path.with_name(path.name + "-wal")
    if wal.exists() and wal.stat().st_size > 0:
        return True
    return not path.exists() or path.stat().st_size <= LARGEST_ALWAYS_CHECKED


def _open(
    connect: Callable[[], Connection], now: Callable[[], float], *, in_full: bool
) -> OpenedFile:
    connection = None
    try:
        connection = connect()
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").fetchall()
        finding = _finding(connection, "integrity") if in_full else None
        if finding is not None or not in_full:
            _check(connection, "quick")
        prepare(connection)
        roster = Roster()
        warnings = _mend(connection, roster, now, has_wrong_index=finding is not None)
    except Exception as error:
        if connection is not None:
            _close(connection)
        if primary_code(error) == 1:  # SQLITE_ERROR: what should be SQL in the file is none
            raise JournalDamagedError(f"the journal is damaged: {error}") from error
        mended = as_robot_error(error)
        if mended is error:
            raise
        raise mended from error
    return OpenedFile(connection, roster, warnings)


def _check(connection: Connection, kind: str) -> None:
    finding = _finding(connection, kind)
    if finding is not None:
        raise JournalDamagedError(f"the journal is damaged: {finding}")


def _finding(connection: Connection, kind: str) -> str | None:
    found: str = connection.execute(f"PRAGMA {kind}_check(1)").fetchall()[0][0]
    return None if found == "ok" else found


def _mend(
    connection: Connection, roster: Roster, now: Callable[[], float], *, has_wrong_index: bool
) -> tuple[Fault, ...]:
    now_ms = round(now() * 1000)
    warnings: tuple[Fault, ...] = ()
    connection.execute("BEGIN")
    if has_wrong_index:
        connection.execute("REINDEX")
    messages = park_owners_of_strays(connection, roster, now_ms)
    if has_wrong_index:
        messages += park_damaged(connection, roster, now_ms)
    connection.execute("COMMIT")
    roster.keep()
    if has_wrong_index:
        _check(connection, "integrity")
        mended = "the journal's indexes were damaged and were built anew"
        warnings = (Fault(code="E-DB-611", message=mended),)
    return (
        *warnings,
        *(Fault(code=JournalDamagedError.code, message=message) for message in messages),
    )


def _close(connection: Connection) -> None:
    try:
        connection.close()
    except Exception as error:  # noqa: BLE001 - why it could not be opened is told instead
        log.warning("the journal's file could not be closed: %s", error)


def _start_afresh(
    path: Path, connect: Callable[[], Connection], now: Callable[[], float], why: str
) -> OpenedFile:
    warning = set_aside(path, now=now(), why=why)
    opened = _open(connect, now, in_full=False)
    return opened._replace(warnings=(warning, *opened.warnings))
