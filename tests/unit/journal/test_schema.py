"""Files of the previous release are taken over, and it can go on with ours."""

import sqlite3

import pytest

from casare_robot.journal import schema
from casare_robot.journal.journal import Journal


@pytest.fixture
def old_home(home, make_job, monkeypatch):
    """A journal as the previous release left it."""
    with monkeypatch.context() as patch:
        patch.setattr(schema, "VERSION", 1)
        patch.setattr(schema, "CHANGES", schema.CHANGES[:1])
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


def test_a_file_of_the_previous_release_keeps_its_jobs_and_gets_the_new_tables(old_home):
    assert version_of(old_home) == 1

    journal = Journal.open(old_home, reserve=0)

    assert [job.id for job in journal.unfinished()] == ["old"]
    assert journal.steps("old") == [b"step"]
    journal.remember("pause", {"until": 5})
    assert journal.recalled("pause") == {"until": 5}
    assert journal.warnings == ()
    journal.close()
    assert version_of(old_home) == 2


def test_the_previous_release_goes_on_with_a_file_of_this_one(old_home, make_job, end, monkeypatch):
    journal = Journal.open(old_home, reserve=0)
    journal.remember("starts", 7)
    journal.close()

    with monkeypatch.context() as patch:
        patch.setattr(schema, "VERSION", 1)
        patch.setattr(schema, "CHANGES", schema.CHANGES[:1])
        previous = Journal.open(old_home, reserve=0)
        assert [job.id for job in previous.unfinished()] == ["old"]
        previous.finish("old", end("old"))
        previous.accept(make_job("new"))
        previous.close()

    assert version_of(old_home) == 2
    journal = Journal.open(old_home, reserve=0)
    assert journal.recalled("starts") == 7
    assert [job.id for job in journal.unfinished()] == ["new"]
    journal.close()


def test_a_change_of_tables_that_is_interrupted_leaves_the_old_file(old_home, monkeypatch):
    broken = (*schema.SECOND_TABLES, "CREATE TABLE about (key)")
    with monkeypatch.context() as patch:
        patch.setattr(schema, "CHANGES", (schema.FIRST_TABLES, broken))
        connection = sqlite3.connect(old_home / "journal.db", isolation_level=None)
        with pytest.raises(sqlite3.OperationalError):
            schema.prepare(connection)
        connection.close()

    assert version_of(old_home) == 1
    journal = Journal.open(old_home, reserve=0)
    assert [job.id for job in journal.unfinished()] == ["old"]
    journal.close()
