"""Steps in order, with no look at the database where the last one is remembered."""

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from casare_robot.domain.errors import JobStateError, JournalError
from casare_robot.domain.job import Job, JobId, JobResult
from casare_robot.journal import job_table
from casare_robot.journal.journal import Journal
from casare_robot.journal.log_room import PAGE
from casare_robot.journal.records import store_result
from casare_robot.journal.step_log import SEQ, Append

A, B = JobId("a"), JobId("b")
MakeJob = Callable[..., Job]
End = Callable[..., JobResult]


class Counting:
    """A connection that keeps the statements it was given."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.statements: list[str] = []

    @property
    def in_transaction(self) -> bool:
        return self._connection.in_transaction

    @property
    def total_changes(self) -> int:
        return self._connection.total_changes

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        self.statements.append(sql.split()[0])
        return self._connection.execute(sql, parameters)

    def executemany(self, sql: str, parameters: Any, /) -> sqlite3.Cursor:
        self.statements.append(sql.split()[0])
        return self._connection.executemany(sql, parameters)

    def close(self) -> None:
        self._connection.close()


def together(journal: Journal, *operations: tuple[Any, tuple[Any, ...]]) -> list[object]:
    """Run operations in one batch; what each came to."""
    told: list[object] = []
    is_busy, may_go, is_done = threading.Event(), threading.Event(), threading.Semaphore(0)

    def wait(_: object) -> None:
        is_busy.set()
        may_go.wait(60)

    def done(error: BaseException | None, result: object) -> None:
        told.append(error or result)
        is_done.release()

    journal.writer.post(wait, done=lambda _error, _result: None)
    is_busy.wait(60)
    for operation, parameters in operations:
        journal.writer.post(operation, parameters, done=done)
    may_go.set()
    for _ in operations:
        assert is_done.acquire(timeout=10)
    return told


def test_after_the_first_a_step_is_one_statement(home: Path, make_job: MakeJob) -> None:
    made: list[Counting] = []

    def connect() -> Counting:
        path = home / "journal.db"
        made.append(Counting(sqlite3.connect(path, isolation_level=None, check_same_thread=False)))
        return made[-1]

    journal = Journal.open(home, connect=connect, reserve=0)
    journal.accept(make_job())
    journal.append(A, b"1")
    made[-1].statements.clear()

    assert [journal.append(A, b"2"), journal.append(A, b"3")] == [2, 3]
    assert made[-1].statements == ["INSERT", "INSERT"]
    journal.close()


def test_a_step_takes_little_more_than_a_page_of_the_log(
    journal: Journal, home: Path, make_job: MakeJob
) -> None:
    journal.accept(make_job())
    wal = home / "journal.db-wal"
    journal.append(A, b"d" * 250)
    before = wal.stat().st_size

    for _ in range(300):
        journal.append(A, b"d" * 250)

    assert wal.stat().st_size - before < 300 * 1.25 * PAGE


def test_a_step_after_the_end_in_the_same_batch_is_refused(
    journal: Journal, make_job: MakeJob, end: End
) -> None:
    journal.accept(make_job())
    journal.append(A, b"1")

    append, become = Append(journal.roster), job_table.Become(journal.roster)
    change = (A, "completed", 1, store_result(end()))

    first, finished, late = together(
        journal, (append, (A, b"2")), (become, change), (append, (A, b"3"))
    )

    assert (first, finished) == (2, True)
    assert isinstance(late, JobStateError)
    assert journal.steps(A) == []


def test_numbers_have_no_gap_after_a_batch_that_was_rolled_back(
    journal: Journal, make_job: MakeJob
) -> None:
    journal.accept(make_job())
    journal.append(A, b"1")

    append = Append(journal.roster)

    told = together(journal, (append, (A, b"2")), (append, (B, b"1")), (append, (A, b"3")))

    assert (told[0], told[2]) == (2, 3)
    assert isinstance(told[1], JobStateError)
    assert journal.append(A, b"4") == 4
    assert journal.steps(A) == [b"1", b"2", b"3", b"4"]


def test_steps_of_jobs_that_take_turns_stay_apart(journal: Journal, make_job: MakeJob) -> None:
    journal.accept(make_job("b"))
    journal.accept(make_job("a"))

    for step in (b"1", b"2", b"3"):
        assert journal.append(A, b"a" + step) == journal.append(B, b"b" + step)
    journal.replace(B, 2, b"b12")

    assert journal.append(B, b"b4") == 4
    assert journal.steps(A) == [b"a1", b"a2", b"a3"]
    assert journal.steps(B) == [b"b12", b"b3", b"b4"]


def test_a_job_out_of_numbers_takes_no_place_of_the_next_job(
    journal: Journal, home: Path, make_job: MakeJob
) -> None:
    journal.accept(make_job())
    journal.accept(make_job("b"))
    row = (1 << 32 | SEQ, 1, 0, b"", 0)
    journal.writer.write_now("INSERT INTO steps VALUES (?, ?, ?, ?, ?)", row)
    journal.close()
    journal = Journal.open(home, reserve=0)

    with pytest.raises(JournalError, match="takes no more"):
        journal.append(A, b"1")
    assert journal.append(B, b"1") == 1
    journal.close()
