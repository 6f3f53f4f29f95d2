"""The log is made longer before commits need it; the database shows nothing of that."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from casare_robot.journal.log_room import FREE, PAGE, PIECE, LogRoom


class Refusing(sqlite3.Connection):
    """Takes no large value: the disk is full but for a few pages."""

    asked = 0

    def execute(self, sql, *args):
        if "zeroblob" in sql:
            self.asked += 1
            raise sqlite3.OperationalError("database or disk is full")
        return super().execute(sql, *args)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "t.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE about (key TEXT PRIMARY KEY, value) WITHOUT ROWID")
    connection.close()
    return path


def connect(path, factory=sqlite3.Connection):
    return sqlite3.connect(path, isolation_level=None, factory=factory)


def commit(connection, room, times):
    for _ in range(times):
        room.use()
        connection.execute("INSERT INTO about VALUES (hex(randomblob(8)), 1)")


def wal_size(path):
    return path.with_name(path.name + "-wal").stat().st_size


def test_after_some_commits_the_log_is_a_piece_longer_than_they_need(path):
    connection = connect(path)
    room = LogRoom(connection, 1 << 20)

    commit(connection, room, FREE)
    before = wal_size(path)
    commit(connection, room, 1)

    assert wal_size(path) - before > 0.9 * PIECE * PAGE
    connection.close()


def test_a_program_of_few_commits_makes_no_room(path):
    connection = connect(path)
    commit(connection, LogRoom(connection, 1 << 20), FREE)
    assert wal_size(path) < 4 * FREE * PAGE
    connection.close()


def test_commits_go_where_the_file_is_already(path):
    connection = connect(path)
    room = LogRoom(connection, 1 << 20)
    commit(connection, room, FREE + 1)
    before = wal_size(path)

    commit(connection, room, PIECE // 2)

    assert wal_size(path) == before
    connection.close()


def test_no_more_is_made_than_the_limit(path):
    connection = connect(path)
    room = LogRoom(connection, PIECE // 2 * PAGE)
    commit(connection, room, FREE)
    before = wal_size(path)

    commit(connection, room, 1)

    assert 0.8 * PIECE // 2 * PAGE < wal_size(path) - before < 1.2 * PIECE // 2 * PAGE
    assert not room.is_missing
    connection.close()


def test_the_database_is_as_if_nothing_had_been_made(path):
    connection = connect(path)
    cache = connection.execute("PRAGMA cache_size").fetchone()
    commit(connection, LogRoom(connection, 1 << 20), FREE + PIECE + 2)

    assert connection.execute("PRAGMA cache_size").fetchone() == cache
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert connection.execute("SELECT count(*) FROM about").fetchone() == (FREE + PIECE + 2,)
    assert connection.execute("PRAGMA page_count").fetchone()[0] < PIECE // 2
    connection.close()


def test_a_stop_right_after_a_piece_was_made_loses_no_commit(path, tmp_path):
    connection = connect(path)
    room = LogRoom(connection, 1 << 20)
    commit(connection, room, FREE)
    room.use()

    home = tmp_path / "after"
    home.mkdir()
    for file in (path, path.with_name(path.name + "-wal")):
        shutil.copy(file, home)
    again = connect(home / path.name)

    assert wal_size(path) > 0.9 * PIECE * PAGE
    assert again.execute("SELECT count(*) FROM about").fetchone() == (FREE,)
    assert again.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    again.close()
    connection.close()


def test_a_disk_without_space_for_a_piece_takes_commits_and_is_not_asked_again(path, caplog):
    connection = connect(path, Refusing)
    cache = connection.execute("PRAGMA cache_size").fetchone()

    commit(connection, LogRoom(connection, 1 << 20), FREE + 5)

    assert connection.asked == 1
    assert "could not be grown" in caplog.text
    assert not connection.in_transaction
    assert connection.execute("PRAGMA cache_size").fetchone() == cache
    assert connection.execute("SELECT count(*) FROM about").fetchone() == (FREE + 5,)
    connection.close()
