"""A caller that blocks commits in its own thread when nobody is before it."""

import sqlite3
import threading

import pytest

from casare_robot.domain.errors import JournalError
from casare_robot.journal.writer import Writer

INSERT = "INSERT INTO t VALUES (?)"


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "t.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE t (a UNIQUE)")
    connection.close()
    return path


@pytest.fixture
def writer(path):
    opened = Writer(
        lambda: sqlite3.connect(path, isolation_level=None, check_same_thread=False),
        idle_after=3600.0,
    )
    yield opened
    opened.close()


def rows(path):
    connection = sqlite3.connect(path)
    try:
        return [row[0] for row in connection.execute("SELECT a FROM t ORDER BY rowid")]
    finally:
        connection.close()


def thread_of(writer):
    return writer.write_now(lambda _: threading.current_thread())


def test_alone_the_caller_commits_in_its_own_thread(writer, path):
    assert thread_of(writer) is threading.current_thread()
    writer.write_now(INSERT, (1,))
    assert rows(path) == [1]


def test_what_was_handed_in_before_is_committed_before(writer, path):
    is_busy, may_go = threading.Event(), threading.Event()

    def wait(_):
        is_busy.set()
        may_go.wait(60)

    writer.post(wait, done=lambda error, result: None)
    is_busy.wait(60)
    for number in range(5):
        writer.post(INSERT, (number,), done=lambda error, result: None)
    threading.Timer(0.05, may_go.set).start()
    writer.write_now(INSERT, (5,))
    assert rows(path) == [0, 1, 2, 3, 4, 5]


def test_many_threads_lose_nothing(writer, path):
    def write(first):
        for number in range(first, first + 50):
            if number % 3:
                writer.write_now(INSERT, (number,))
            else:
                writer.post(INSERT, (number,), done=lambda error, result: None)

    threads = [threading.Thread(target=write, args=(50 * n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.write_now(INSERT, (300,))
    assert sorted(rows(path)) == list(range(301))


def test_a_failure_fails_alone_and_leaves_nothing_half_done(writer, path):
    def half(connection):
        connection.execute(INSERT, (1,))
        raise ValueError("on purpose")

    with pytest.raises(ValueError, match="on purpose"):
        writer.write_now(half)
    writer.write_now(INSERT, (2,))
    assert rows(path) == [2]


def test_an_interrupt_leaves_nothing_half_done(writer, path):
    def interrupted(connection):
        connection.execute(INSERT, (1,))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        writer.write_now(interrupted)
    writer.write_now(INSERT, (2,))
    assert rows(path) == [2]


def test_a_writer_that_rests_is_woken_to_watch_for_the_next_idle_moment(path):
    opened = Writer(
        lambda: sqlite3.connect(path, isolation_level=None, check_same_thread=False),
        idle_after=0.001,
    )
    here = threading.current_thread()
    for _ in range(10_000):
        if thread_of(opened) is not here:
            break
        threading.Event().wait(0.002)
    else:
        pytest.fail("the writer never rested")
    opened.close()


def test_a_closed_writer_takes_nothing(writer):
    writer.close()
    with pytest.raises(JournalError, match="closed"):
        writer.write_now(INSERT, (1,))
