"""What the main window says."""

from datetime import timedelta

import msgspec
import pytest

from casare_robot.domain.errors import Fault
from casare_robot.domain.job import JobId, JobResult, JobStatus, UnknownStep
from casare_robot.domain.job_history import HistoryEntry
from casare_robot.domain.robot_status import RobotState
from casare_robot.tray.views.main_view import MOST_WAITING, Looked, main_view, usual_seconds
from casare_robot.tray.views.sight import Reach


@pytest.fixture
def entry(now):
    def make(name, status=JobStatus.QUEUED):
        return HistoryEntry(
            job_id=JobId(f"id of {name}"),
            name=name,
            origin="desk",
            status=status,
            accepted_at=now - timedelta(minutes=5),
            changed_at=now - timedelta(minutes=4),
        )

    return make


WHY = [
    # case                        state              waiting  reasons              told
    ("nothing to do", RobotState.IDLE, 0, (), ("There is nothing to do: no job waits.",)),
    ("a job is next", RobotState.IDLE, 1, (), ("The next job is about to begin.",)),
    ("paused", RobotState.PAUSED, 1, ("it is paused",), ("It is paused.",)),
]


@pytest.mark.parametrize(("case", "state", "waiting", "reasons", "told"), WHY)
def test_it_says_why_nothing_is_happening(seen, now, case, state, waiting, reasons, told) -> None:
    view = main_view(seen(state, waiting=waiting, reasons=reasons), Looked(), now=now)

    assert view.why == told, case


def test_while_a_job_runs_nothing_is_to_be_explained(seen, running, now) -> None:
    sight = seen(RobotState.EXECUTING, jobs=(running(),), reasons=("all places are taken",))

    assert main_view(sight, Looked(), now=now).why == ()


TIMES = [
    # case                 usual    facts                           times
    ("first run ever", {}, {}, "2 min"),
    ("known", {"Invoice import": 300.0}, {}, "2 min · about 3 min left"),
    ("longer than usual", {"Invoice import": 60.0}, {}, "2 min · usually 1 min"),
    ("being cancelled", {}, {"cancelling": True}, "is being cancelled"),
]


@pytest.mark.parametrize(("case", "usual", "facts", "times"), TIMES)
def test_time_left_is_told_by_experience(seen, running, now, case, usual, facts, times) -> None:
    sight = seen(RobotState.EXECUTING, jobs=(running(**facts),))

    assert main_view(sight, Looked(usual=usual), now=now).jobs[0].times == times, case


def test_a_job_that_stands_still_says_so(seen, running, now) -> None:
    job = running(no_progress_since=now - timedelta(minutes=1))

    card = main_view(seen(jobs=(job,)), Looked(), now=now).jobs[0]

    assert card.is_stuck
    assert card.times.endswith("no progress for 1 min")


@pytest.mark.parametrize(
    ("executed", "total", "done"), [(4, 11, 363), (12, 11, 1000), (4, 0, None)]
)
def test_progress_is_never_more_than_all(seen, running, now, executed, total, done) -> None:
    job = running(nodes_executed=executed, total_nodes=total)

    assert main_view(seen(jobs=(job,)), Looked(), now=now).jobs[0].done == done


def test_many_waiting_jobs_are_counted(seen, entry, now) -> None:
    waiting = tuple(entry(f"Job {number}") for number in range(MOST_WAITING + 1))

    view = main_view(seen(waiting=50), Looked(waiting=waiting), now=now)

    assert len(view.waiting) == MOST_WAITING
    assert view.more_waiting == 42


def test_a_job_that_needs_a_person_shows_each_step(seen, entry, now) -> None:
    step = UnknownStep(key="1/pay", node_id="pay", node_type="SendPaymentNode")
    result = JobResult(job_id=JobId("x"), status=JobStatus.NEEDS_ATTENTION, needs_attention=(step,))
    needs = ((entry("Payroll", JobStatus.NEEDS_ATTENTION), result),)

    card = main_view(seen(needs_attention=1), Looked(needs=needs), now=now).needs[0]

    assert (card.name, card.since, card.steps[0].key) == ("Payroll", "14:26", "1/pay")
    assert "nobody knows" in card.steps[0].text


def test_warnings_are_sentences(seen, now) -> None:
    sight = seen(warnings=(Fault(code="W-1", message="the disk is nearly full"),), trouble="Oh")

    assert main_view(sight, Looked(), now=now).warnings == ("Oh", "The disk is nearly full.")


@pytest.mark.parametrize(
    ("reach", "can_start"), [(Reach.LOOKING, False), (Reach.LOST, True), (Reach.LEFT, True)]
)
def test_a_robot_that_is_not_reached_offers_only_a_start(unreached, now, reach, can_start) -> None:
    view = main_view(unreached(reach), Looked(), now=now)

    assert view.can_start is can_start
    assert (view.can_run, view.can_pause, view.can_resume) == (False, False, False)
    assert view.why


def test_the_usual_duration_is_that_of_the_one_in_the_middle() -> None:
    results = [
        JobResult(job_id=JobId("x"), status=JobStatus.COMPLETED, duration_ms=it)
        for it in (1000.0, 3000.0, 90_000.0)
    ]

    assert usual_seconds(results) == 3.0
    assert usual_seconds([]) is None


def test_a_name_is_always_shown(seen, now) -> None:
    sight = seen(name="")

    assert main_view(sight, Looked(), now=now).name == "r-1"
    nameless = msgspec.structs.replace(sight, status=None, reach=Reach.LOST)
    assert main_view(nameless, Looked(), now=now).name == "Casare Robot"
