"""Which jobs have ended since somebody looked."""

import pytest

from casare_robot.domain.job import JobId, JobStatus
from casare_robot.journal import job_table
from casare_robot.journal.journal import Journal

LIMIT = 3


@pytest.fixture
def fresh(journal):
    """Looks again and again; what has ended since the last time."""
    mark = None

    def fresh():
        nonlocal mark
        entries, mark = journal.ended(LIMIT, mark)
        return [(entry.job_id, entry.status) for entry in entries]

    return fresh


@pytest.fixture
def run(journal, make_job, end):
    def run(*job_ids):
        for job_id in job_ids:
            journal.accept(make_job(job_id))
            journal.finish(JobId(job_id), end(job_id))

    return run


def completed(*job_ids):
    return [(job_id, JobStatus.COMPLETED) for job_id in job_ids]


def test_who_looks_for_the_first_time_sees_what_ends_from_then_on(
    journal, make_job, end, run, fresh
):
    run("before")
    journal.accept(make_job("open"))
    journal.accept(make_job("parked"))
    journal.finish(JobId("parked"), end("parked", status=JobStatus.NEEDS_ATTENTION))
    first = fresh()
    journal.finish(JobId("open"), end("open"))

    assert (first, fresh(), fresh()) == ([], completed("open"), [])


def test_an_end_is_seen_although_the_clock_was_far_ahead_once(clock, run, fresh):
    fresh()
    clock.now += 1e9
    run("a")
    assert fresh() == completed("a")
    clock.now -= 1e9
    run("b")
    assert fresh() == completed("b")


def test_the_end_of_a_long_job_is_seen_however_many_newer_ones_ended_before(
    journal, make_job, end, run, fresh
):
    fresh()
    journal.accept(make_job("long"))
    run(*"abcdefg")
    journal.finish(JobId("long"), end("long"))

    seen = [one for _ in range(9) for one in fresh()]

    assert sorted(seen) == sorted(completed("long", *"abcdefg"))


def test_a_job_that_waits_for_a_person_again_is_seen_again(journal, make_job, end, clock, fresh):
    def park():
        clock.now += 1
        journal.finish(JobId("a"), end(status=JobStatus.NEEDS_ATTENTION))

    fresh()
    journal.accept(make_job())
    park()
    seen = [fresh(), fresh()]
    journal.resolve(JobId("a"), b"decided")
    park()
    seen += [fresh(), fresh()]

    parked = [("a", JobStatus.NEEDS_ATTENTION)]
    assert seen == [parked, [], parked, []]


def test_a_mark_outlasts_a_restart_and_a_job_that_was_taken_back(
    home, journal, make_job, end, clock
):
    _, mark = journal.ended(LIMIT, None)
    journal.accept(make_job("gone"))
    _, mark = journal.ended(LIMIT, mark)
    journal.writer.write_now(lambda db: job_table.remove(db, journal.roster, JobId("gone")))
    journal.close()
    again = Journal.open(home, clock=clock, reserve=0)
    entries, mark = again.ended(LIMIT, mark)
    again.accept(make_job("new"))  # it has the number of the one that is gone
    again.finish(JobId("new"), end("new"))
    later, _ = again.ended(LIMIT, mark)
    again.close()

    assert (entries, [entry.job_id for entry in later]) == ([], ["new"])
