"""What an error of the database means to the robot. Pure.

Source of the numbers: sqlite.org/rescode.html.
"""

from casare_robot.domain.errors import (
    DiskFullError,
    JournalBusyError,
    JournalDamagedError,
    JournalError,
    RobotError,
)


def as_robot_error(error: BaseException) -> BaseException:
    """The robot's own error for one of sqlite3; any other error as it is."""
    import sqlite3

    if isinstance(error, UnicodeDecodeError):  # of text or of a message that quotes the file
        damaged = JournalDamagedError(f"the journal is damaged: {error}")
        damaged.__cause__ = error
        return damaged
    if isinstance(error, RobotError) or not isinstance(error, sqlite3.Error):
        return error
    match primary_code(error):
        case 13:  # SQLITE_FULL
            mended: JournalError = DiskFullError(f"no space is left for the journal: {error}")
        case 11 | 26:  # SQLITE_CORRUPT, SQLITE_NOTADB
            mended = JournalDamagedError(f"the journal is damaged: {error}")
        case 5 | 6:  # SQLITE_BUSY, SQLITE_LOCKED
            mended = JournalBusyError(f"another process holds the journal: {error}")
        case _:
            mended = JournalError(f"the journal cannot be used: {error}")
    mended.__cause__ = error
    return mended


def primary_code(error: BaseException) -> int | None:
    """SQLite's primary result code, without the extension; None if it has none."""
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else int(code) & 0xFF
