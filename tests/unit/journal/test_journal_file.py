"""A damaged, strange or newer file is met with a clear answer, and is never lost."""

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from casare_robot.domain.errors import JournalError
from casare_robot.domain.job import Job, JobId
from casare_robot.journal import journal_file
from casare_robot.journal.journal import Journal

MakeJob = Callable[..., Job]


def filled(home: Path, make_job: MakeJob) -> Path:
    journal = Journal.open(home, reserve=0)
    for number in range(50):
        journal.accept(make_job(str(number), workflow=b"w" * 2000))
    journal.close()
    return home / "journal.db"


def overwrite(path: Path, offset: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(data)


def rename_in_schema(path: Path, old: str, new: str) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute("UPDATE sqlite_schema SET sql = replace(sql, ?, ?)", (old, new))
    connection.close()


@pytest.mark.parametrize("is_large", [False, True])
@pytest.mark.parametrize(
    ("case", "damage"),
    [
        ("no database", lambda path: path.write_bytes(b"not a database" * 1000)),
        ("zeroed pages", lambda path: overwrite(path, 4096 * 5, bytes(4096 * 3))),
        ("cut off", lambda path: os.truncate(path, path.stat().st_size // 2)),
        ("header gone", lambda path: overwrite(path, 0, bytes(100))),
        ("no version", lambda path: overwrite(path, 60, bytes(4))),
        (
            "a column lost its name",
            lambda path: rename_in_schema(path, "origin TEXT", "orgin TEXT"),
        ),
        ("a folder", lambda path: (path.unlink(), path.mkdir())),
    ],
)
def test_a_damaged_file_is_kept_aside_and_a_new_one_begun(
    home: Path,
    make_job: MakeJob,
    clock,
    monkeypatch: pytest.MonkeyPatch,
    case: str,
    damage: Callable[[Path], object],
    is_large: bool,
) -> None:
    if is_large:
        monkeypatch.setattr(journal_file, "LARGEST_ALWAYS_CHECKED", -1)
    path = filled(home, make_job)
    damage(path)

    journal = Journal.open(home, reserve=0, clock=clock)

    assert journal.unfinished() == []
    assert journal.accept(make_job("new"))
    assert [warning.code for warning in journal.warnings] == ["E-DB-610"]
    aside = home / "journal.damaged-20270115T080000000000Z.db"
    assert str(aside) == journal.warnings[0].key
    assert aside.exists()
    journal.close()


@pytest.mark.parametrize("content", [b"", None])
def test_an_empty_or_missing_file_is_a_new_journal(
    home: Path, make_job: MakeJob, content: bytes | None
) -> None:
    home.mkdir()
    if content is not None:
        (home / "journal.db").write_bytes(content)

    journal = Journal.open(home, reserve=0)

    assert journal.accept(make_job())
    assert journal.warnings == ()
    journal.close()


def test_a_newer_file_that_this_release_can_read_is_read(
    journal: Journal, home: Path, make_job: MakeJob, spoil: Callable[..., None]
) -> None:
    journal.accept(make_job())
    journal.close()
    spoil("PRAGMA user_version = 7")
    spoil("ALTER TABLE jobs ADD COLUMN colour TEXT DEFAULT 'red'")

    again = Journal.open(home, reserve=0)

    assert again.job(JobId("a")) == make_job()
    assert again.accept(make_job("b"))
    again.close()


def test_a_newer_file_that_this_release_cannot_read_is_left_alone(
    journal: Journal, home: Path, make_job: MakeJob, spoil: Callable[..., None]
) -> None:
    journal.close()
    spoil("PRAGMA user_version = 7")
    spoil("UPDATE about SET value = 7 WHERE key = 'oldest_reader'")
    before = (home / "journal.db").read_bytes()

    with pytest.raises(JournalError, match="newer release"):
        Journal.open(home, reserve=0)

    assert (home / "journal.db").read_bytes() == before
    assert sorted(path.suffix for path in home.iterdir()) == [".db", ".lock"]


def test_an_index_that_does_not_fit_is_built_anew(home: Path, make_job: MakeJob) -> None:
    journal = Journal.open(home, reserve=0)
    for number in range(4):
        journal.accept(make_job(str(number), workflow=bytes([number]) * 9000))
    journal.close()
    path = home / "journal.db"
    connection = sqlite3.connect(path)
    name = connection.execute("SELECT digest FROM contents").fetchone()[0]
    index = "SELECT rootpage FROM sqlite_schema WHERE name = 'sqlite_autoindex_contents_1'"
    page = (connection.execute(index).fetchone()[0] - 1) * 4096
    connection.close()
    overwrite(path, path.read_bytes().index(name, page), bytes(len(name)))

    journal = Journal.open(home, reserve=0)

    assert [warning.code for warning in journal.warnings] == ["E-DB-611"]
    assert [job.id for job in journal.unfinished()] == ["0", "1", "2", "3"]
    journal.close()


def test_a_large_file_is_checked_in_full_only_after_an_unclean_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "journal.db"
    path.write_bytes(b"x" * 100)
    monkeypatch.setattr(journal_file, "LARGEST_ALWAYS_CHECKED", 50)

    assert not journal_file._deserves_full_check(path)
    (tmp_path / "journal.db-wal").write_bytes(b"x")
    assert journal_file._deserves_full_check(path)


def test_the_file_is_written_with_the_settings_that_count(journal: Journal) -> None:
    settings = journal.writer.write_now(
        lambda db: [
            db.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "locking_mode")
        ]
    )

    assert settings == ["wal", 2, "exclusive"]
