"""The writer commits together, answers after the commit, and fails one by one."""

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from casare_robot.domain.errors import JournalError
from casare_robot.journal.connection import Connection
from casare_robot.journal.writer import Writer

INSERT = "INSERT INTO t VALUES (?) ON CONFLICT DO NOTHING"
STRICT = "INSERT INTO t VALUES (?)"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "t.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE t (a UNIQUE)")
    connection.close()
    return path


@pytest.fixture
def writer(path: Path) -> Iterator[Writer]:
    writer = Writer(lambda: connect(path))
    yield writer
    writer.close()


def connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False)


def stored(path: Path) -> list[object]:
    connection = sqlite3.connect(path)
    try:
        return [row[0] for row in connection.execute("SELECT a FROM t ORDER BY rowid")]
    finally:
        connection.close()


def held(writer: Writer) -> Callable[[], None]:
    """Keep the writer busy, so that what follows becomes one batch."""
    is_busy, may_go = threading.Event(), threading.Event()

    def wait(_: Connection) -> None:
        is_busy.set()
        may_go.wait(60)

    writer.post(wait, done=lambda error, result: None)
    is_busy.wait(60)
    return may_go.set


def fail(connection: Connection) -> None:
    connection.execute(STRICT, ("half",))
    raise ValueError("on purpose")


async def test_a_failing_operation_does_not_touch_its_neighbours(
    writer: Writer, path: Path
) -> None:
    release = held(writer)
    waiting = [
        writer.submit(STRICT, (1,)),
        writer.submit(fail),
        writer.submit(STRICT, (1,)),
        writer.submit(STRICT, (2,)),
    ]

    release()
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)

    assert outcomes[0] is True
    assert isinstance(outcomes[1], ValueError)
    assert isinstance(outcomes[2], JournalError)
    assert outcomes[3] is True
    assert stored(path) == [1, 2]


async def test_every_row_of_a_run_hears_whether_it_changed_something(writer: Writer) -> None:
    release = held(writer)
    waiting = [writer.submit(INSERT, (value,)) for value in (1, 2, 1, 3, 2)]

    release()

    assert await asyncio.gather(*waiting) == [True, True, False, True, False]


async def test_a_whole_run_of_duplicates_changes_nothing(writer: Writer) -> None:
    await writer.write(INSERT, (1,))
    release = held(writer)
    waiting = [writer.submit(INSERT, (1,)) for _ in range(3)]

    release()

    assert await asyncio.gather(*waiting) == [False, False, False]


async def test_a_cancelled_caller_loses_nothing(writer: Writer, path: Path) -> None:
    release = held(writer)
    task = asyncio.ensure_future(writer.write(STRICT, (1,)))
    await asyncio.sleep(0)
    task.cancel()
    follower = writer.submit(STRICT, (2,))

    release()
    await follower

    assert task.cancelled()
    assert stored(path) == [1, 2]


async def test_what_follows_the_commit_happens_though_the_caller_is_gone(writer: Writer) -> None:
    release = held(writer)
    seen: list[object] = []
    future = writer.submit(STRICT, (1,), after=seen.extend)
    future.cancel()
    follower = writer.submit(STRICT, (2,))

    release()
    await follower

    assert seen == [((1,), None, True)]


def test_the_callback_comes_after_the_commit(writer: Writer, path: Path) -> None:
    seen: list[list[object]] = []
    is_done = threading.Event()

    def done(error: BaseException | None, result: object) -> None:
        seen.append(stored(path))
        is_done.set()

    release = held(writer)
    writer.post(STRICT, (1,), done=lambda error, result: None)
    writer.post(STRICT, (2,), done=done)
    release()

    assert is_done.wait(60)
    assert seen == [[1, 2]]


def test_a_callback_that_fails_stops_nobody(
    writer: Writer, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def explode(error: BaseException | None, result: object) -> None:
        raise ValueError("on purpose")

    with caplog.at_level(logging.ERROR):
        writer.post(STRICT, (1,), done=explode)
        writer.write_now(STRICT, (2,))

    assert stored(path) == [1, 2]
    assert "on disk" in caplog.text


def test_a_batch_wakes_a_loop_once(writer: Writer) -> None:
    class CountingLoop(asyncio.SelectorEventLoop):
        wakes = 0

        def call_soon_threadsafe(self, *args, **kwargs):
            self.wakes += 1
            return super().call_soon_threadsafe(*args, **kwargs)

    async def many() -> None:
        release = held(writer)
        waiting = [writer.submit(STRICT, (value,)) for value in range(100)]
        release()
        await asyncio.gather(*waiting)

    with asyncio.Runner(loop_factory=CountingLoop) as runner:
        runner.run(many())
        loop = runner.get_loop()
        assert isinstance(loop, CountingLoop)
        assert loop.wakes == 1


def test_many_threads_are_all_answered(writer: Writer, path: Path) -> None:
    def work(start: int) -> None:
        for value in range(start, start + 50):
            assert writer.write_now(STRICT, (value,)) is True

    threads = [threading.Thread(target=work, args=(start,)) for start in (0, 50, 100, 150)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(stored(path)) == list(range(200))


def test_the_writer_thread_may_not_wait_for_itself(writer: Writer) -> None:
    errors: list[BaseException] = []
    is_done = threading.Event()

    def done(error: BaseException | None, result: object) -> None:
        try:
            writer.write_now(STRICT, (2,))
        except JournalError as refused:
            errors.append(refused)
        is_done.set()

    writer.post(STRICT, (1,), done=done)

    assert is_done.wait(60)
    assert "cannot wait for itself" in str(errors[0])


def test_closing_finishes_what_was_handed_in_and_refuses_more(path: Path) -> None:
    writer = Writer(lambda: connect(path))
    for value in range(50):
        writer.post(STRICT, (value,), done=lambda error, result: None)
    writer.close()
    writer.close()

    assert stored(path) == list(range(50))
    with pytest.raises(JournalError, match="closed"):
        writer.write_now(STRICT, (1,))


async def test_a_closed_loop_does_not_stop_the_writer(writer: Writer, path: Path) -> None:
    release = held(writer)

    async def leave() -> None:
        writer.submit(STRICT, (1,))

    await asyncio.to_thread(asyncio.run, leave())
    release()
    await writer.write(STRICT, (2,))

    assert stored(path) == [1, 2]


class WatchedConnection(sqlite3.Connection):
    """Tells when the log was folded back."""

    folded = threading.Semaphore(0)

    def execute(self, sql, *args):
        cursor = super().execute(sql, *args)
        if "wal_checkpoint" in sql:
            self.folded.release()
        return cursor


def test_the_first_idle_moment_grows_the_log_and_keeps_the_settings(path: Path) -> None:
    writer = Writer(
        lambda: sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, factory=WatchedConnection
        ),
        wal_reserve=1 << 20,
        idle_after=0.001,
    )
    assert WatchedConnection.folded.acquire(timeout=10)  # before it grows
    assert WatchedConnection.folded.acquire(timeout=10)  # and after

    setting = writer.write_now(lambda db: db.execute("PRAGMA synchronous").fetchone()[0])
    wal_size = path.with_name(path.name + "-wal").stat().st_size
    writer.close()

    assert setting == 2
    assert wal_size >= 1 << 20


def test_a_factory_that_fails_fails_the_constructor(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError):
        Writer(lambda: connect(tmp_path / "missing" / "t.db"))
