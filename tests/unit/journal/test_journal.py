"""What the journal promises about jobs, steps and results."""

import asyncio
import sqlite3
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from casare_robot.domain.errors import (
    JobRefusedError,
    JobStateError,
    JournalBusyError,
    JournalDamagedError,
    JournalError,
)
from casare_robot.domain.job import Job, JobError, JobId, JobResult, JobStatus
from casare_robot.journal import step_log
from casare_robot.journal.journal import Journal
from casare_robot.journal.journal_file import connect as connect_to_file
from casare_robot.journal.records import LARGEST_INLINE

A = JobId("a")
MakeJob = Callable[..., Job]
End = Callable[..., JobResult]
Spoil = Callable[..., None]


def reopened(home: Path) -> Journal:
    return Journal.open(home, reserve=0)


def test_a_new_job_is_new_once(journal: Journal, make_job: MakeJob) -> None:
    assert journal.accept(make_job())
    assert not journal.accept(make_job())
    assert journal.job(A) == make_job()
    assert journal.status(A) is JobStatus.QUEUED


def test_when_a_job_was_received_does_not_make_it_another(
    journal: Journal, make_job: MakeJob
) -> None:
    journal.accept(make_job(engine_version="1"))

    assert not journal.accept(make_job(engine_version="2"))


@pytest.mark.parametrize(
    "changes",
    [{"workflow": b"[]"}, {"workflow": b"x" * 9000}, {"variables": {"n": 1}}, {"timeout": 3.0}],
)
def test_the_same_id_with_other_content_is_refused(
    journal: Journal, make_job: MakeJob, changes: dict[str, object]
) -> None:
    journal.accept(make_job())

    with pytest.raises(JobRefusedError) as caught:
        journal.accept(make_job(**changes))

    assert caught.value.code == "E-JOB-209"
    assert journal.job(A) == make_job()


def test_the_same_id_with_another_large_workflow_is_refused(
    journal: Journal, make_job: MakeJob
) -> None:
    """Large workflows are kept apart from their jobs, which are alike then."""
    first = make_job(workflow=b"a" * (2 * LARGEST_INLINE))
    journal.accept(first)

    with pytest.raises(JobRefusedError) as caught:
        journal.accept(make_job(workflow=b"b" * (2 * LARGEST_INLINE)))

    assert caught.value.code == "E-JOB-209"
    assert journal.job(A) == first


def test_the_order_of_variables_does_not_make_another_job(
    journal: Journal, make_job: MakeJob
) -> None:
    journal.accept(make_job(variables={"a": 1, "b": 2}))

    assert not journal.accept(make_job(variables={"b": 2, "a": 1}))


def test_variables_that_are_no_plain_data_are_refused(journal: Journal, make_job: MakeJob) -> None:
    with pytest.raises(JobRefusedError) as caught:
        journal.accept(make_job(variables={"f": object()}))

    assert caught.value.code == "E-JOB-210"
    assert journal.job(A) is None


def test_large_workflows_are_kept_once(
    journal: Journal, home: Path, make_job: MakeJob, end: End
) -> None:
    workflow = bytes(range(256)) * 400
    for number in range(5):
        journal.accept(make_job(str(number), workflow=workflow))

    count = journal.writer.write_now(
        lambda db: db.execute("SELECT count(*), max(length(data)) FROM contents").fetchone()
    )

    assert count[0] == 1
    assert count[1] < len(workflow) // 10
    assert journal.job(JobId("3")) == make_job("3", workflow=workflow)


def test_what_was_acknowledged_is_there_after_a_restart(
    journal: Journal, home: Path, make_job: MakeJob, end: End
) -> None:
    for job_id in ("a", "b", "c"):
        journal.accept(make_job(job_id))
    journal.start(A)
    journal.append(A, b"1")
    journal.finish(JobId("b"), end("b", variables={"x": 1}))
    journal.close()

    again = reopened(home)

    assert [job.id for job in again.unfinished()] == ["a", "c"]
    assert again.steps(A) == [b"1"]
    assert again.result(JobId("b")) == end("b", variables={"x": 1})
    assert again.warnings == ()
    again.close()


def test_one_home_has_one_owner(journal: Journal, home: Path) -> None:
    with pytest.raises(JournalBusyError) as caught:
        Journal.open(home)

    assert caught.value.code == "E-DB-605"


def test_a_home_has_one_owner_even_if_its_database_does_not_lock(home: Path) -> None:
    """Two databases stand for one on a disk of the network, where SQLite's locks may not hold."""
    first = Journal.open(home, connect=partial(connect_to_file, home / "one.db"))

    with pytest.raises(JournalBusyError, match="another robot already works in"):
        Journal.open(home, connect=partial(connect_to_file, home / "other.db"))
    first.close()

    Journal.open(home, connect=partial(connect_to_file, home / "other.db")).close()


def test_a_home_that_cannot_be_made_is_an_error_for_people(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(JournalError, match="cannot hold a journal"):
        Journal.open(tmp_path / "file" / "home")


def test_steps_are_numbered_without_gaps(journal: Journal, make_job: MakeJob) -> None:
    journal.accept(make_job())
    journal.accept(make_job("b"))

    assert [journal.append(A, b"x"), journal.append(JobId("b"), b"y"), journal.append(A, b"z")] == [
        1,
        1,
        2,
    ]
    assert journal.steps(A) == [b"x", b"z"]


def test_a_snapshot_takes_the_place_of_what_it_holds(journal: Journal, make_job: MakeJob) -> None:
    journal.accept(make_job())
    for blob in (b"1", b"2", b"3"):
        journal.append(A, blob)

    journal.replace(A, 2, b"1+2")

    assert journal.steps(A) == [b"1+2", b"3"]
    assert journal.append(A, b"4") == 4
    journal.replace(A, 4, b"all")
    assert journal.steps(A) == [b"all"]
    assert journal.append(A, b"5") == 5
    assert journal.steps(A) == [b"all", b"5"]
    journal.replace(A, None, b"everything")
    assert journal.steps(A) == [b"everything"]
    assert journal.append(A, b"6") == 6


@pytest.mark.parametrize("upto", [0, 3])
def test_a_snapshot_of_steps_that_are_not_there_is_refused(
    journal: Journal, make_job: MakeJob, upto: int
) -> None:
    journal.accept(make_job())
    journal.append(A, b"1")
    journal.append(A, b"2")

    with pytest.raises(JobStateError):
        journal.replace(A, upto, b"s")

    assert journal.steps(A) == [b"1", b"2"]


def test_the_step_log_goes_when_the_job_ends(journal: Journal, make_job: MakeJob, end: End) -> None:
    journal.accept(make_job())
    journal.append(A, b"1")

    journal.finish(A, end())

    assert journal.steps(A) == []
    assert journal.status(A) is JobStatus.COMPLETED


@pytest.mark.parametrize("status", [JobStatus.FAILED, JobStatus.CANCELLED, JobStatus.TIMED_OUT])
def test_the_step_log_of_a_job_that_did_not_succeed_is_left_for_a_later_one(
    home: Path, journal: Journal, make_job: MakeJob, end: End, status: JobStatus
) -> None:
    journal.accept(make_job())
    journal.append(A, b"1")
    journal.append(A, b"2")
    journal.finish(A, end(status=status))
    with pytest.raises(JobStateError, match="takes no steps"):
        journal.append(A, b"3")
    journal.close()

    with closing(Journal.open(home, reserve=0)) as again:
        assert again.left_steps(A) == [b"1", b"2"]
        with pytest.raises(JobStateError, match="takes no steps"):
            again.append(A, b"3")


def test_only_the_newest_step_logs_are_left(
    journal: Journal, make_job: MakeJob, end: End, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(step_log, "MOST_LEFT", 2)
    monkeypatch.setattr(step_log, "MOST_LEFT_BYTES", 10)
    ids = [JobId(name) for name in "abcd"]
    for job_id, blob in zip(ids, (b"1", b"1", b"1" * 9, b"1" * 11), strict=True):
        journal.accept(make_job(job_id))
        journal.append(job_id, blob)
        journal.finish(job_id, end(job_id, status=JobStatus.FAILED))
        if job_id == "c":
            assert [bool(journal.left_steps(it)) for it in ids] == [False, True, True, False]

    assert [bool(journal.left_steps(it)) for it in ids] == [False] * 4


def test_what_a_job_left_goes_when_it_is_forgotten(
    home: Path, journal: Journal, make_job: MakeJob, end: End, clock: Any
) -> None:
    journal.accept(make_job(origin="desk"))
    journal.append(A, b"1")
    journal.finish(A, end(status=JobStatus.FAILED))
    clock.now += 100 * 86_400

    assert journal.prune(keep_days=1, keep_jobs=10) == 1

    journal.close()
    with closing(sqlite3.connect(home / "journal.db")) as database:
        assert database.execute("SELECT count(*) FROM steps WHERE place > 0").fetchone() == (0,)


def test_a_job_is_kept_with_the_steps_from_which_it_goes_on(
    journal: Journal, make_job: MakeJob
) -> None:
    journal.accept_begun(make_job(), [b"1", b"2"])

    assert journal.steps(A) == [b"1", b"2"]
    assert journal.append(A, b"3") == 3
    with pytest.raises(JobRefusedError):
        journal.accept_begun(make_job(), [b"1"])


def test_the_step_log_stays_while_a_job_needs_attention(
    journal: Journal, make_job: MakeJob, end: End
) -> None:
    journal.accept(make_job())
    journal.append(A, b"1")

    journal.finish(A, end(status=JobStatus.NEEDS_ATTENTION))

    assert journal.steps(A) == [b"1"]
    assert journal.unfinished() == []


def test_resolving_queues_the_job_again_with_the_decision(
    journal: Journal, make_job: MakeJob, end: End
) -> None:
    journal.accept(make_job())
    journal.append(A, b"1")
    journal.finish(A, end(status=JobStatus.NEEDS_ATTENTION))

    journal.resolve(A, b"done by hand")

    assert journal.status(A) is JobStatus.QUEUED
    assert journal.steps(A) == [b"1", b"done by hand"]
    assert journal.result(A) is None
    with pytest.raises(JobStateError, match="cannot be resolved"):
        journal.resolve(A)


def test_an_ended_job_takes_no_more_steps_and_does_not_start(
    journal: Journal, make_job: MakeJob, end: End
) -> None:
    journal.accept(make_job())
    journal.start(A)
    journal.finish(A, end())

    with pytest.raises(JobStateError):
        journal.append(A, b"late")
    with pytest.raises(JobStateError) as caught:
        journal.start(A)
    assert caught.value.code == "E-JOB-409"


def test_an_end_is_told_once_and_may_be_repeated(
    journal: Journal, make_job: MakeJob, end: End
) -> None:
    journal.accept(make_job())
    journal.finish(A, end())

    journal.finish(A, end())
    with pytest.raises(JobStateError):
        journal.finish(A, end(status=JobStatus.FAILED))
    assert journal.result(A) == end()


def test_an_unknown_job_is_an_error(journal: Journal, end: End) -> None:
    for call in (
        lambda: journal.start(A),
        lambda: journal.append(A, b""),
        lambda: journal.finish(A, end()),
        lambda: journal.resolve(A),
    ):
        with pytest.raises(JobStateError) as caught:
            call()
        assert caught.value.code == "E-JOB-404"
    assert journal.job(A) is None
    assert journal.result(A) is None
    assert journal.status(A) is None
    assert journal.steps(A) == []


def test_results_keep_what_has_no_form_on_disk_as_a_description(
    journal: Journal, make_job: MakeJob, end: End
) -> None:
    journal.accept(make_job())

    journal.finish(A, end(variables={"p": Path("x"), "n": 2**99, "s": "\ud800", "f": float("inf")}))

    kept = journal.result(A)
    assert kept is not None
    assert kept.variables["p"]["repr"].endswith("Path('x')")
    assert kept.variables["n"] == 2**99
    assert kept.variables["s"] == "\ud800"
    assert kept.variables["f"] == float("inf")


async def test_the_async_twins_do_the_same(journal: Journal, make_job: MakeJob, end: End) -> None:
    assert await journal.aaccept(make_job())
    assert not await journal.aaccept(make_job())
    with pytest.raises(JobRefusedError):
        await journal.aaccept(make_job(workflow=b"[]"))
    await journal.astart(A)
    assert await journal.aappend(A, b"1") == 1
    assert await journal.ajob(A) == make_job()
    await journal.afinish(A, end())
    await journal.afinish(A, end())
    with pytest.raises(JobStateError):
        await journal.astart(A)
    with pytest.raises(JobStateError):
        await journal.aappend(A, b"2")


async def test_many_jobs_at_once_are_all_kept(journal: Journal, make_job: MakeJob) -> None:
    jobs = [make_job(str(number), workflow=b"w" * (number * 100)) for number in range(100)]

    news = await asyncio.gather(*(journal.aaccept(job) for job in jobs + jobs))

    assert news == [True] * 100 + [False] * 100
    assert journal.unfinished() == jobs


def test_a_posted_step_is_told_its_number(journal: Journal, make_job: MakeJob) -> None:
    journal.accept(make_job())
    answers: list[tuple[object, object]] = []
    is_done = threading.Event()

    def done(error: BaseException | None, seq: object) -> None:
        answers.append((error, seq))
        is_done.set()

    journal.post_append(A, b"1", done)

    assert is_done.wait(60)
    assert answers == [(None, 1)]


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE steps SET data = x'00' WHERE place & 255 = 2",
        "UPDATE steps SET crc = crc + 1 WHERE place & 255 = 1",
        "UPDATE steps SET kind = 1 WHERE place & 255 = 2",
        "DELETE FROM steps WHERE place & 255 = 1",
        "DELETE FROM steps WHERE place & 255 = 2",
        "UPDATE steps SET data = 'text' WHERE place & 255 = 3",
    ],
)
def test_a_damaged_step_parks_the_job(
    journal: Journal, home: Path, make_job: MakeJob, spoil: Spoil, damage: str
) -> None:
    journal.accept(make_job())
    journal.accept(make_job("b"))
    for blob in (b"1", b"2", b"3"):
        journal.append(A, blob)
    journal.close()
    spoil(damage)

    again = reopened(home)
    with pytest.raises(JournalDamagedError) as caught:
        again.steps(A)

    assert caught.value.code == "E-DB-601"
    assert again.status(A) is JobStatus.NEEDS_ATTENTION
    assert [job.id for job in again.unfinished()] == ["b"]
    assert "needs attention" in again.warnings[0].message
    again.close()


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE states SET status = 'running' WHERE number = 3",
        "UPDATE states SET status = 'queued', delivered = 0, sum = sum + 2 WHERE number = 3",
        "UPDATE states SET number = 5 WHERE number = 3",
        "UPDATE states SET number = 2 WHERE number = 3",
        "UPDATE states SET number = 2, delivered = 1, sum = sum + 1 WHERE number = 3",
        "UPDATE states SET job = 7 WHERE number = 3",
        "UPDATE states SET sum = 1.5 WHERE number = 3",
        "UPDATE states SET job = 7, delivered = 'x' WHERE number = 3",
        "UPDATE states SET job = 'x', changed_ms = 'x' WHERE number = 3",
        "UPDATE jobs SET sent = x'00' || substr(sent, 2) WHERE id = 'a'",
        "UPDATE jobs SET origin = 'desk' WHERE id = 'a'",
        "UPDATE jobs SET id = 'x' WHERE id = 'a'",
        "UPDATE jobs SET id = CAST(x'ff61' AS TEXT) WHERE id = 'a'",
        "UPDATE jobs SET id = 'b' WHERE id = 'a'",
        "UPDATE jobs SET id = 'done' WHERE id = 'a'",
        "UPDATE jobs SET id = 'b' WHERE id = 'done'",
        "UPDATE jobs SET id = 'done', number = 9 WHERE id = 'a'",
        "UPDATE jobs SET sent = 'text' WHERE id = 'a'",
        "UPDATE jobs SET sum = sum + 2 WHERE id = 'a'",
    ],
)
def test_a_damaged_row_is_never_run(
    journal: Journal, home: Path, make_job: MakeJob, end: End, spoil: Spoil, damage: str
) -> None:
    for job_id in ("a", "b", "done"):
        journal.accept(make_job(job_id))
    journal.finish(JobId("done"), end("done"))
    journal.close()
    spoil(damage)

    again = reopened(home)
    unfinished = [job.id for job in again.unfinished()]

    assert "done" not in unfinished
    assert "b" in unfinished
    assert len(again.warnings) == 1
    assert len(again.history(10)) == 3
    again.close()


def test_an_ended_job_with_a_damaged_number_is_not_run_again(
    journal: Journal, home: Path, make_job: MakeJob, end: End, spoil: Spoil
) -> None:
    """Its state is at the old number; a job without one would be queued."""
    journal.accept(make_job())
    journal.finish(A, end())
    journal.close()
    spoil("UPDATE jobs SET number = 5")

    again = reopened(home)

    assert "lost job" in again.warnings[0].message
    assert again.unfinished() == []
    assert again.history(1)[0].status is JobStatus.NEEDS_ATTENTION
    again.close()


def test_jobs_that_lost_their_states_are_not_run_again(
    journal: Journal, home: Path, make_job: MakeJob, end: End, spoil: Spoil
) -> None:
    journal.accept(make_job())
    journal.finish(A, end())
    journal.close()
    spoil("DELETE FROM states")

    again = reopened(home)

    assert [warning.code for warning in again.warnings] == ["E-DB-610"]
    assert again.unfinished() == []
    again.close()


@pytest.mark.parametrize(("sound", "damaged"), [("a", "b"), ("b", "a")])
def test_an_id_that_two_rows_have_belongs_to_the_sound_one(
    journal: Journal, home: Path, make_job: MakeJob, spoil: Spoil, sound: str, damaged: str
) -> None:
    for job_id in ("a", "b"):
        journal.accept(make_job(job_id, name=job_id))
    journal.close()
    spoil("UPDATE jobs SET id = ? WHERE id = ?", sound, damaged)

    again = reopened(home)

    assert not again.accept(make_job(sound, name=sound))
    assert again.unfinished() == [make_job(sound, name=sound)]
    assert len(again.warnings) == 1
    again.close()


def test_a_result_that_seems_delivered_by_damage_is_not_forgotten(
    journal: Journal, home: Path, make_job: MakeJob, end: End, spoil: Spoil
) -> None:
    journal.accept(make_job())
    journal.finish(A, end())
    journal.close()
    spoil("UPDATE states SET delivered = 1 WHERE number = 1")

    again = reopened(home)

    assert again.prune(keep_days=0, keep_jobs=0) == 0
    assert again.unfinished() == []
    assert again.status(A) is JobStatus.NEEDS_ATTENTION
    assert len(again.warnings) == 1
    again.close()


def test_a_step_under_a_damaged_key_parks_its_job(
    journal: Journal, home: Path, make_job: MakeJob, spoil: Spoil
) -> None:
    """Else the job would seem to have a shorter log, and run its last step again."""
    for job_id in ("a", "b"):
        journal.accept(make_job(job_id))
        journal.append(JobId(job_id), b"1")
        journal.append(JobId(job_id), b"2")
    journal.close()
    spoil("UPDATE steps SET job = job + 4 WHERE place & 255 = 2 AND job = 1")

    again = reopened(home)

    assert [job.id for job in again.unfinished()] == ["b"]
    assert again.status(A) is JobStatus.NEEDS_ATTENTION
    assert len(again.warnings) == 1
    again.close()


def test_a_step_at_the_place_of_another_job_parks_its_job(
    journal: Journal, home: Path, make_job: MakeJob, spoil: Spoil
) -> None:
    """Places are dense: the neighbour is another job, and has no steps that it would clash with."""
    for job_id in ("a", "b", "c"):
        journal.accept(make_job(job_id))
    journal.append(A, b"1")
    journal.close()
    spoil("UPDATE steps SET place = place + (1 << 32) WHERE job = 1")

    again = reopened(home)

    assert again.status(A) is JobStatus.NEEDS_ATTENTION
    with pytest.raises(JournalDamagedError):
        again.steps(JobId("b"))
    assert [job.id for job in again.unfinished()] == ["c"]
    again.close()


def test_a_damaged_workflow_kept_apart_parks_its_jobs(
    journal: Journal, home: Path, make_job: MakeJob, spoil: Spoil
) -> None:
    journal.accept(make_job(workflow=b"w" * 9000))
    journal.accept(make_job("b"))
    journal.close()
    spoil("UPDATE contents SET data = (SELECT substr(data, 1, 20) || x'00' FROM contents)")

    again = reopened(home)

    assert [job.id for job in again.unfinished()] == ["b"]
    assert again.status(A) is JobStatus.NEEDS_ATTENTION
    parked = again.result(A)
    assert parked is not None
    assert parked.error is not None
    assert parked.error.code == "E-DB-601"
    again.close()


def test_a_damaged_result_is_not_shown_as_one(
    journal: Journal, home: Path, make_job: MakeJob, end: End, spoil: Spoil
) -> None:
    journal.accept(make_job())
    journal.finish(A, end())
    journal.close()
    spoil("UPDATE states SET result = x'00' || substr(result, 2)")

    again = reopened(home)

    with pytest.raises(JournalDamagedError):
        again.result(A)
    assert again.history(1)[0].status is JobStatus.NEEDS_ATTENTION
    again.close()


def test_history_shows_the_newest_first(
    journal: Journal, make_job: MakeJob, end: End, clock
) -> None:
    for job_id in ("a", "b", "c"):
        journal.accept(make_job(job_id, name=job_id.upper()))
    clock.now += 60
    error = JobError(code="E-NODE-001", message="no")
    journal.finish(JobId("b"), end("b", status=JobStatus.FAILED, error=error))

    entries = journal.history(2)

    assert [(entry.job_id, entry.name) for entry in entries] == [("c", "C"), ("b", "B")]
    assert entries[1].error == error
    assert (entries[1].changed_at - entries[1].accepted_at).total_seconds() == 60
    assert [entry.job_id for entry in journal.history(9, JobStatus.FAILED)] == ["b"]


def test_pruning_forgets_old_ended_jobs_only(
    journal: Journal, make_job: MakeJob, end: End, clock
) -> None:
    for job_id in ("old", "parked", "open", "new"):
        journal.accept(make_job(job_id, origin="desk", workflow=job_id.encode() * 2000))
    journal.finish(JobId("old"), end("old"))
    journal.finish(JobId("parked"), end("parked", status=JobStatus.NEEDS_ATTENTION))
    clock.now += 10 * 86_400
    journal.finish(JobId("new"), end("new"))

    removed = journal.prune(keep_days=5, keep_jobs=100)

    assert removed == 1
    assert [entry.job_id for entry in journal.history(9)] == ["new", "open", "parked"]
    assert journal.job(JobId("open")) == make_job("open", origin="desk", workflow=b"open" * 2000)
    contents = journal.writer.write_now(
        lambda db: db.execute("SELECT count(*) FROM contents").fetchone()[0]
    )
    assert contents == 3


def test_pruning_keeps_so_many_and_every_undelivered_result(
    journal: Journal, make_job: MakeJob, end: End
) -> None:
    for number in range(10):
        job_id = str(number)
        journal.accept(make_job(job_id, origin="line" if number == 1 else "desk"))
        journal.finish(JobId(job_id), end(job_id))

    removed = journal.prune(keep_days=100, keep_jobs=3)

    assert removed == 6
    assert [entry.job_id for entry in journal.history(99)] == ["9", "8", "7", "1"]


def test_a_pruned_job_may_come_again(journal: Journal, make_job: MakeJob, end: End) -> None:
    journal.accept(make_job(origin="desk"))
    journal.finish(A, end())
    journal.prune(keep_days=100, keep_jobs=0)

    assert journal.accept(make_job(origin="desk"))


async def test_a_removed_job_leaves_nothing_and_may_come_again(
    journal: Journal, make_job: MakeJob
) -> None:
    journal.accept(make_job(origin="group"))
    journal.start(A)
    journal.append(A, b"step")

    assert await journal.aremove(A)
    assert not await journal.aremove(A)
    assert (journal.job(A), journal.status(A), journal.unfinished()) == (None, None, [])
    assert journal.accept(make_job(origin="group", workflow=b"another"))
    assert journal.steps(A) == []


def test_a_small_workflow_counts_once_towards_what_is_held(
    journal: Journal, make_job: MakeJob
) -> None:
    for job_id in "abc":
        journal.accept(make_job(job_id, workflow=b"w" * 1000))

    heads = journal.unfinished_heads(3000)

    assert [job is not None for _, job in heads] == [True, True, True]


@pytest.mark.skipif(sys.platform == "win32", reason="a user's folders are private there already")
def test_a_folder_made_for_a_journal_is_its_users_alone(tmp_path: Path) -> None:
    Journal.open(tmp_path / "made", reserve=0).close()

    assert (tmp_path / "made").stat().st_mode & 0o077 == 0
