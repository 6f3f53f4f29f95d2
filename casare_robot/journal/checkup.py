"""Looks whether the journal's file is sound, without opening it as a journal."""

from contextlib import closing
from pathlib import Path

from casare_robot.desktop.file_lock import FileLock
from casare_robot.domain.errors import JournalBusyError, JournalDamagedError, JournalError
from casare_robot.journal import job_rows


def sqlite_version() -> str:
    """The version of the SQLite that the journal is kept with."""
    import sqlite3

    return sqlite3.sqlite_version


def check_file(folder: Path) -> bool:
    """Check the journal of a folder; False if there is none. Nothing is changed.

    Raises:
        JournalBusyError: A robot works with it; two connections are one too many.
        JournalDamagedError: It is not sound.
        JournalError: It cannot be read.
    """
    import sqlite3

    path = folder / "journal.db"
    if not path.exists():
        return False
    lock = FileLock(folder / "journal.lock")
    try:
        if not lock.acquire():
            raise JournalBusyError(f"a robot works in {folder}")
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            [(verdict,)] = connection.execute("PRAGMA quick_check(1)").fetchall()
    except sqlite3.DatabaseError as error:
        raise JournalDamagedError(f"the database is not sound: {error}") from error
    except OSError as error:
        raise JournalError(f"the database cannot be read: {error}") from error
    finally:
        lock.release()
    if verdict != "ok":
        raise JournalDamagedError(f"the database is not sound: {verdict}")
    return True


def workflows_seen(folder: Path, most: int) -> list[bytes]:
    """The different workflows of the newest jobs.

    Raises:
        JournalBusyError: A robot works with it; two connections are one too many.
        JournalError: It cannot be read.
    """
    import sqlite3

    path = folder / "journal.db"
    if not path.exists():
        return []
    lock = FileLock(folder / "journal.lock")
    try:
        if not lock.acquire():
            raise JournalBusyError(f"a robot works in {folder}")
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            return job_rows.workflows_seen(connection, most)
    except (sqlite3.DatabaseError, OSError) as error:
        raise JournalError(f"the database cannot be read: {error}") from error
    finally:
        lock.release()
