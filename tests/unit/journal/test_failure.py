"""Each failure of the database has the robot's own name."""

import sqlite3

import pytest

from casare_robot.domain.errors import (
    DiskFullError,
    JournalBusyError,
    JournalDamagedError,
    JournalError,
)
from casare_robot.journal.failure import as_robot_error


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (sqlite3.SQLITE_FULL, DiskFullError),
        (sqlite3.SQLITE_CORRUPT, JournalDamagedError),
        (sqlite3.SQLITE_CORRUPT_INDEX, JournalDamagedError),
        (sqlite3.SQLITE_NOTADB, JournalDamagedError),
        (sqlite3.SQLITE_BUSY, JournalBusyError),
        (sqlite3.SQLITE_IOERR_WRITE, JournalError),
        (None, JournalError),
    ],
)
def test_codes_become_errors(code: int | None, expected: type[JournalError]) -> None:
    error = sqlite3.OperationalError("why")
    if code is not None:
        error.sqlite_errorcode = code

    mended = as_robot_error(error)

    assert type(mended) is expected
    assert "why" in str(mended)
    assert mended.__cause__ is error


def test_text_that_cannot_be_decoded_is_damage() -> None:
    with pytest.raises(UnicodeDecodeError) as caught:
        b"\xff".decode()

    assert isinstance(as_robot_error(caught.value), JournalDamagedError)


def test_other_errors_stay_as_they_are() -> None:
    for error in (ValueError("no"), JournalError("ours")):
        assert as_robot_error(error) is error
