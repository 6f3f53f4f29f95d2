"""What may happen to a job, as a table."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from casare_robot.domain.job import JobError, JobStatus
from casare_robot.link.native.messages import ErrorInfo, JobResult
from casare_robot.orchestrator import job_rules as rules
from casare_robot.orchestrator.job_record import JobRecord, Status, iso, record_of

QUEUED = JobRecord(status=Status.QUEUED, name="report", workflow="digest", created=100.0)
ASSIGNED = replace(QUEUED, status=Status.ASSIGNED, robot="a", assigned=101.0)
ACCEPTED = replace(ASSIGNED, accepted=102.0)
RUNNING = replace(ACCEPTED, status=Status.RUNNING, started=103.0)
ATTENTION = replace(RUNNING, status=Status.NEEDS_ATTENTION, result_key="k0")
DONE = replace(RUNNING, status=Status.COMPLETED, ended=110.0, result_key="k1")
DISK_FULL = ErrorInfo(code="E-DISK-701", message="no space")
DRAIN = ErrorInfo(code="E-JOB-503", message="the robot is draining")
INVALID = ErrorInfo(code="E-WF-400", message="no start node")


def result(key="k1", status=JobStatus.COMPLETED):
    return JobResult(job_id="j", status=status, key=key, nodes_executed=3, execution_time=2.0)


@pytest.mark.parametrize(
    ("case", "after", "expected"),
    [
        ("a waiting job is given", rules.assign(QUEUED, "a", 101.0), ASSIGNED),
        ("a given job is not given again", rules.assign(ASSIGNED, "b", 105.0), None),
        ("its robot accepts", rules.accept(ASSIGNED, "a", 102.0), ACCEPTED),
        ("a second acceptance changes nothing", rules.accept(ACCEPTED, "a", 103.0), None),
        ("another robot cannot accept", rules.accept(ASSIGNED, "b", 102.0), None),
        ("its robot runs it", rules.begin(ACCEPTED, "a", 103.0), RUNNING),
        ("another robot cannot run it", rules.begin(ACCEPTED, "b", 103.0), None),
        ("an ended job does not begin", rules.begin(DONE, "a", 120.0), None),
        ("another robot's result is none", rules.end(RUNNING, "b", result(), 110.0), None),
        ("the same result counts once", rules.end(DONE, "a", result(), 111.0), None),
        ("an ended job ends no other way", rules.end(DONE, "a", result("k2"), 111.0), None),
        ("an ended job cannot be cancelled", rules.cancel(DONE, "x", 1.0, forced=True), None),
        ("a job without an end of life stays", rules.expire(QUEUED, 1e9), None),
        ("a given job does not expire", rules.expire(replace(ASSIGNED, expires=1.0), 2.0), None),
        ("a job never accepted is not lost", rules.forget(ASSIGNED, "a", 105.0), None),
        (
            "who has it does not refuse it",
            rules.refuse(ACCEPTED, "a", DRAIN, 105.0, later=True),
            None,
        ),
    ],
)
def test_a_job_changes_only_as_it_may(case, after, expected):
    assert after == expected, case


def test_a_job_ends_as_its_robot_says():
    after = rules.end(RUNNING, "a", result(), 110.0)

    assert (after.status, after.ended, after.nodes_executed) == (Status.COMPLETED, 110.0, 3)


def test_a_job_that_needed_a_person_can_still_end():
    waiting = rules.end(RUNNING, "a", result("k0", JobStatus.NEEDS_ATTENTION), 105.0)
    again = rules.begin(waiting, "a", 120.0)

    assert (waiting.status, waiting.ended) == (Status.NEEDS_ATTENTION, None)
    assert (again.status, again.started) == (Status.RUNNING, 103.0)
    assert rules.end(again, "a", result("k1"), 130.0).status is Status.COMPLETED


@pytest.mark.parametrize(
    ("targeted", "later", "error", "status", "robot", "refused_by"),
    [
        (False, True, DISK_FULL, Status.QUEUED, None, ()),
        (False, False, INVALID, Status.QUEUED, None, ("a",)),
        (True, True, DISK_FULL, Status.QUEUED, "a", ()),
        (True, False, INVALID, Status.FAILED, "a", ()),
    ],
)
def test_a_refused_job_waits_for_others_or_fails(targeted, later, error, status, robot, refused_by):
    job = replace(ASSIGNED, targeted=targeted)

    after = rules.refuse(job, "a", error, 103.0, later=later)

    assert (after.status, after.robot, after.refused_by) == (status, robot, refused_by)
    assert after.error.code == error.code
    assert (after.ended is not None) == (status is Status.FAILED)


def test_a_cancelled_job_that_nobody_has_ends_at_once():
    after = rules.cancel(QUEUED, "no longer wanted", 105.0, forced=False)

    assert (after.status, after.ended, after.cancel_reason) == (
        Status.CANCELLED,
        105.0,
        "no longer wanted",
    )


def test_a_running_job_ends_when_its_robot_says_so():
    after = rules.cancel(RUNNING, "no longer wanted", 105.0, forced=False)

    assert (after.status, after.cancel_reason) == (Status.RUNNING, "no longer wanted")
    assert rules.cancel(after, "again", 106.0, forced=False) is None
    assert rules.cancel(after, "robot is gone", 107.0, forced=True).status is Status.CANCELLED


def test_a_cancelled_job_that_its_robot_never_had_ends():
    unwanted = rules.cancel(ASSIGNED, "no longer wanted", 105.0, forced=False)

    unknown = rules.forget(unwanted, "a", 106.0)
    refused = rules.refuse(unwanted, "a", DISK_FULL, 106.0, later=True)

    assert (unknown.status, unknown.ended) == (Status.CANCELLED, 106.0)
    assert (refused.status, refused.ended) == (Status.CANCELLED, 106.0)


def test_a_job_that_waits_for_a_person_is_not_lost_and_can_be_cancelled():
    unwanted = rules.cancel(ATTENTION, "no longer wanted", 105.0, forced=False)

    assert rules.forget(ATTENTION, "a", 106.0) is None
    assert rules.forget(unwanted, "a", 106.0).status is Status.CANCELLED


def test_a_job_expires_only_while_it_waits():
    assert rules.expire(replace(QUEUED, expires=200.0), 199.0) is None
    assert rules.expire(replace(QUEUED, expires=200.0), 200.0).status is Status.EXPIRED


def test_what_a_robot_forgot_is_never_run_again_by_itself():
    after = rules.forget(RUNNING, "a", 105.0)

    assert (after.status, after.error.code) == (Status.NEEDS_ATTENTION, rules.LOST_BY_ROBOT)
    assert rules.forget(after, "a", 106.0) is None


def test_a_job_that_is_too_large_for_any_robot_fails():
    error = JobError(code="E-MSG-107", message="too large")

    assert rules.give_up(ASSIGNED, error, 105.0).status is Status.FAILED
    assert rules.give_up(ACCEPTED, error, 105.0) is None


@pytest.mark.parametrize("job", [QUEUED, ASSIGNED, RUNNING, ATTENTION, DONE])
def test_a_record_survives_its_row(job):
    assert record_of(job.row()) == job


def test_times_are_shown_in_utc():
    assert datetime.fromisoformat(iso(100.25)) == datetime.fromtimestamp(100.25, UTC)
