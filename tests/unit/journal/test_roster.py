"""What is known by heart is what the database holds, whatever failed in between."""

import copy
import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casare_robot.domain.errors import JournalError
from casare_robot.domain.job import Job, JobId, JobResult, JobStatus
from casare_robot.journal.journal import Journal
from casare_robot.journal.roster import Live, Roster

A = JobId("a")
MakeJob = Callable[..., Job]
End = Callable[..., JobResult]
STATUSES = ("running", "queued", "needs_attention", "completed", "failed")
CHANGES = st.lists(
    st.tuples(
        st.sampled_from(("add", "step", "left", "forget", *STATUSES)), st.sampled_from("abc")
    ),
    max_size=12,
)


def change(roster: Roster, changes: list[tuple[str, str]]) -> None:
    for what, job_id in changes:
        number = roster.open_number(JobId(job_id))
        if what == "add":
            roster.add(JobId(job_id), "desk" if job_id == "a" else "line")
        elif what in STATUSES:
            roster.change(JobId(job_id), what)
        elif what == "left" and JobId(job_id) in roster.numbers:
            roster.set_left(roster.numbers[JobId(job_id)], 7)
        elif what == "forget":
            roster.forget(JobId(job_id))
        elif number is not None:
            roster.set_last_step(number, roster.last_step.get(number, 0) + 1)


def known(roster: Roster) -> Any:
    return copy.deepcopy((roster.numbers, roster.live, roster.last_step, roster.left))


@settings(max_examples=50)
@given(kept=CHANGES, lost=CHANGES)
def test_what_is_taken_back_leaves_no_trace(
    kept: list[tuple[str, str]], lost: list[tuple[str, str]]
) -> None:
    roster = Roster()
    change(roster, kept)
    roster.keep()
    before = known(roster)

    change(roster, lost)
    roster.take_back()

    assert known(roster) == before


def test_only_an_end_that_nobody_waits_for_makes_a_job_no_longer_live() -> None:
    roster = Roster()
    for job_id, origin in (("a", "desk"), ("b", "line"), ("c", "desk")):
        roster.add(JobId(job_id), origin)

    roster.change(JobId("a"), "completed")
    roster.change(JobId("b"), "completed")
    roster.change(JobId("c"), "needs_attention")

    assert set(roster.live) == {2, 3}
    assert roster.owed("line") == roster.owed(None) == [2]
    assert roster.held("line") == ["b"]
    roster.set(2, Live(JobId("b"), "line", "completed", True))
    assert set(roster.live) == {3}
    assert roster.numbers == {"a": 1, "b": 2, "c": 3}


def test_after_a_restart_the_same_is_known(
    journal: Journal, home: Path, make_job: MakeJob, end: End
) -> None:
    for number in range(12):
        origin = ("desk", "line")[number % 2]
        journal.accept(make_job(str(number), origin=origin, workflow=b"w" * number * 1000))
        if number % 3:
            journal.start(JobId(str(number)))
            journal.append(JobId(str(number)), b"step")
            journal.append(JobId(str(number)), b"step")
        if number % 4 == 0:
            journal.finish(JobId(str(number)), end(str(number)))
        if number % 4 == 1:
            journal.finish(JobId(str(number)), end(str(number), JobStatus.NEEDS_ATTENTION))
    before = known(journal.roster)
    journal.close()

    again = Journal.open(home, reserve=0)

    assert known(again.roster) == before
    assert again.accept(make_job("new"))
    assert again.roster.numbers["new"] == 13
    again.close()


class Failing(sqlite3.Connection):
    """Fails once at a statement that begins so, before or after it was done."""

    word = "never"
    after = False
    error: BaseException = sqlite3.OperationalError("the disk does not answer")

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        return self._failing(sql, super().execute, parameters)

    def executemany(self, sql: str, parameters: Any, /) -> sqlite3.Cursor:
        return self._failing(sql, super().executemany, parameters)

    def _failing(self, sql: str, do: Callable[..., sqlite3.Cursor], parameters: Any) -> Any:
        is_now = sql.startswith(Failing.word)
        if is_now:
            Failing.word = "never"
        if is_now and not self.after:
            raise self.error
        cursor = do(sql, parameters)
        if is_now:
            raise self.error
        return cursor


@pytest.fixture
def fail(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def fail(word: str, **how: Any) -> None:
        for name, value in {"word": word, **how}.items():
            monkeypatch.setattr(Failing, name, value)

    return fail


@pytest.fixture
def failing_journal(home: Path) -> Any:
    connect = partial(
        sqlite3.connect, home / "journal.db", isolation_level=None, check_same_thread=False,
        factory=Failing,
    )  # fmt: skip
    journal = Journal.open(home, connect=connect, reserve=0)
    yield journal
    journal.close()


@pytest.mark.parametrize("size", [10, 9000])
def test_a_job_that_could_not_be_kept_is_not_known(
    failing_journal: Journal, make_job: MakeJob, fail: Callable[..., None], size: int
) -> None:
    fail("INSERT INTO jobs")

    with pytest.raises(JournalError):
        failing_journal.accept(make_job(workflow=b"w" * size))

    assert failing_journal.status(A) is None
    assert failing_journal.accept(make_job(workflow=b"w" * size))


@pytest.mark.parametrize("word", ["DELETE FROM steps", "REPLACE INTO states", "COMMIT"])
def test_an_end_that_could_not_be_kept_leaves_the_job_as_it_was(
    failing_journal: Journal, make_job: MakeJob, end: End, fail: Callable[..., None], word: str
) -> None:
    failing_journal.accept(make_job())
    failing_journal.append(A, b"1")
    fail(word)

    with pytest.raises(JournalError):
        failing_journal.finish(A, end())

    assert failing_journal.steps(A) == [b"1"]
    assert failing_journal.append(A, b"2") == 2
    failing_journal.finish(A, end())
    assert failing_journal.steps(A) == []


def test_a_step_that_was_interrupted_after_it_was_kept_keeps_its_number(
    failing_journal: Journal, make_job: MakeJob, fail: Callable[..., None]
) -> None:
    failing_journal.accept(make_job())
    fail("INSERT INTO steps", after=True, error=KeyboardInterrupt())

    with pytest.raises(KeyboardInterrupt):
        failing_journal.append(A, b"1")

    assert failing_journal.append(A, b"2") == 2
    assert failing_journal.steps(A) == [b"1", b"2"]
