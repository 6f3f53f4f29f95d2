"""Files of the previous release are taken over, and it can go on with ours."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from casare_robot.journal import schema
from casare_robot.journal.journal import Journal

NextRelease = Callable[..., AbstractContextManager[None]]


@pytest.fixture
def next_release(monkeypatch: pytest.MonkeyPatch) -> NextRelease:
    """Within it the program is a later one, with more tables."""

    @contextmanager
    def patched(*tables: str) -> Iterator[None]:
        with monkeypatch.context() as patch:
            patch.setattr(schema, "VERSION", schema.VERSION + 1)
            patch.setattr(schema, "CHANGES", (*schema.CHANGES, tables))
            yield

    return patched


@pytest.fixture
def old_home(home, make_job):
    """A journal as this release leaves it."""
    journal = Journal.open(home, reserve=0)
    journal.accept(make_job("old"))
    journal.append("old", b"step")
    journal.close()
    return home


def version_of(home):
    connection = sqlite3.connect(home / "journal.db")
    try:
        return connection.execute("PRAGMA user_version").fetchone()[0]
    finally:
        connection.close()


def test_a_file_of_the_previous_release_keeps_its_jobs_and_gets_the_new_tables(
    old_home, next_release
):
    with next_release("CREATE TABLE colours (name)"):
        journal = Journal.open(old_home, reserve=0)

    assert [job.id for job in journal.unfinished()] == ["old"]
    assert journal.steps("old") == [b"step"]
    journal.writer.write_now("INSERT INTO colours VALUES ('red')")
    assert journal.warnings == ()
    journal.close()
    assert version_of(old_home) == schema.VERSION + 1


def test_the_previous_release_goes_on_with_a_file_of_this_one(
    old_home, next_release, make_job, end
):
    with next_release("CREATE TABLE colours (name)"):
        Journal.open(old_home, reserve=0).close()

    previous = Journal.open(old_home, reserve=0)
    assert [job.id for job in previous.unfinished()] == ["old"]
    previous.finish("old", end("old"))
    previous.accept(make_job("new"))
    previous.close()

    assert version_of(old_home) == schema.VERSION + 1
    with next_release("CREATE TABLE colours (name)"):
        journal = Journal.open(old_home, reserve=0)
    assert [job.id for job in journal.unfinished()] == ["new"]
    journal.close()


def test_a_change_of_tables_that_is_interrupted_leaves_the_old_file(old_home, next_release):
    with next_release("CREATE TABLE colours (name)", "CREATE TABLE about (key)"):
        connection = sqlite3.connect(old_home / "journal.db", isolation_level=None)
        with pytest.raises(sqlite3.OperationalError):
            schema.prepare(connection)
        connection.close()

    assert version_of(old_home) == schema.VERSION
    journal = Journal.open(old_home, reserve=0)
    assert [job.id for job in journal.unfinished()] == ["old"]
    journal.close()
