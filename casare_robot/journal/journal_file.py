"""The file under the journal: opened, checked, and set aside when it is damaged."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

from casare_robot.domain.errors import Fault, JournalDamagedError
from casare_robot.journal.failure import as_robot_error
from casare_robot.journal.schema import PRAGMAS, prepare
from casare_robot.journal.writer import Connection

log = logging.getLogger(__name__)

LOG_SUFFIXES = ("-wal", "-shm", "-journal")


class OpenedFile(NamedTuple):
    """A database that passed its check, and what people should know about it."""

    connection: Connection
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
    path: Path, *, connect: Callable[[], Connection], now: Callable[[], float]
) -> OpenedFile:
    """Open the journal's database; a damaged one is set aside and a fresh one begun.

    The quick check runs at every start, the full one after a stop that left a
    log behind: it alone compares indexes with tables.

    Args:
        path: Where ``connect`` opens.
        connect: Opens it.
        now: Wall clock in seconds, for the name of a file set aside.

    Raises:
        JournalBusyError: Another process has the file open.
        JournalError: A newer release wrote it, or the folder cannot be written.
    """
    wal = path.with_name(path.name + "-wal")
    was_unclean = wal.exists() and wal.stat().st_size > 0
    if path.is_dir():
        return _start_afresh(path, connect, now, "it is a folder")
    try:
        return OpenedFile(_open(connect, check="integrity" if was_unclean else "quick"), ())
    except JournalDamagedError as error:
        return _start_afresh(path, connect, now, str(error))


def _open(connect: Callable[[], Connection], *, check: str) -> Connection:
    connection = None
    try:
        connection = connect()
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").fetchall()
        _check(connection, check)
        prepare(connection)
    except Exception as error:
        if connection is not None:
            _close(connection)
        mended = as_robot_error(error)
        if mended is error:
            raise
        raise mended from error
    return connection


def _check(connection: Connection, kind: str) -> None:
    findings = connection.execute(f"PRAGMA {kind}_check(1)").fetchall()
    if findings[0][0] != "ok":
        raise JournalDamagedError(f"the journal is damaged: {findings[0][0]}")


def _close(connection: Connection) -> None:
    try:
        connection.close()
    except Exception as error:  # noqa: BLE001 - why it could not be opened is told instead
        log.warning("the journal's file could not be closed: %s", error)


def _start_afresh(
    path: Path, connect: Callable[[], Connection], now: Callable[[], float], why: str
) -> OpenedFile:
    stamp = datetime.fromtimestamp(now(), UTC).strftime("%Y%m%dT%H%M%S%fZ")
    aside = path.with_name(f"{path.stem}.damaged-{stamp}{path.suffix}")
    for suffix in ("", *LOG_SUFFIXES):
        file = path.with_name(path.name + suffix)
        if file.exists():
            file.rename(aside.with_name(aside.name + suffix))
    warning = Fault(
        code="E-DB-610",
        message=f"the robot's memory could not be used ({why}); it was kept as "
        f"{aside.name} and a new one was begun",
        key=str(aside),
    )
    return OpenedFile(_open(connect, check="quick"), (warning,))
