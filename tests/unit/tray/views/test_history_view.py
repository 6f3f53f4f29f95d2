"""The history as rows, and one job in full."""

from datetime import timedelta

import pytest

from casare_robot.domain.job import (
    JobError,
    JobId,
    JobResult,
    JobStatus,
    LogLine,
    NodeTime,
    UnknownStep,
)
from casare_robot.domain.job_history import HistoryEntry
from casare_robot.domain.robot_events import JobStarted, NodeCompleted, NodeFailed
from casare_robot.tray.views.history_view import (
    MARKS,
    as_table,
    cells,
    job_view,
    status_word,
    wanted,
)
from casare_robot.tray.views.timeline import MOST_JOBS, MOST_NODES, NodeRun, Timelines

ERROR = JobError(
    code="E-NODE-001", message="no such file", node_id="read", node_type="ReadFileNode"
)


@pytest.fixture
def entry(now):
    def make(name, status=JobStatus.COMPLETED, **facts):
        known = {
            "job_id": JobId(f"id-{name}"),
            "name": name,
            "origin": "desk",
            "status": status,
            "accepted_at": now - timedelta(minutes=5),
            "changed_at": now - timedelta(minutes=4),
        }
        return HistoryEntry(**{**known, **facts})

    return make


def test_every_status_has_a_mark_and_a_word() -> None:
    assert set(MARKS) == set(JobStatus)
    assert len({status_word(status) for status in JobStatus}) == len(JobStatus)


def test_a_row_tells_status_name_time_origin_and_error(entry, now) -> None:
    row = cells(entry("Payroll", JobStatus.FAILED, error=ERROR), now)

    assert row == ("✕  failed", "Payroll", "14:26", "this desk", "no such file")


SEARCHES = [
    # search         status            found
    ("", None, ["Payroll", "Report", "Mail"]),
    ("PAY", None, ["Payroll"]),
    ("id-mail", None, ["Mail"]),
    ("no such", None, ["Report"]),
    ("", JobStatus.FAILED, ["Report"]),
    ("pay", JobStatus.FAILED, []),
]


@pytest.mark.parametrize(("search", "status", "found"), SEARCHES)
def test_search_and_filter_find_what_they_should(entry, search, status, found) -> None:
    entries = [
        entry("Payroll"),
        entry("Report", JobStatus.FAILED, error=ERROR),
        entry("Mail"),
    ]

    assert [it.name for it in wanted(entries, search=search, status=status)] == found


def test_a_failed_job_tells_where_and_can_be_run_again(entry, now) -> None:
    failed = entry("Payroll", JobStatus.FAILED)
    result = JobResult(
        job_id=failed.job_id,
        status=JobStatus.FAILED,
        error=ERROR,
        log=(LogLine(level="INFO", message="began"),),
        variables={"total": 3, "name": "Ada"},
        nodes_executed=2,
        duration_ms=1500,
        executed_nodes=("start",),
    )

    view = job_view(failed, result, Timelines().of(failed.job_id, result, now), now=now)

    assert view.error == "no such file\nE-NODE-001, at node read (ReadFileNode)"
    assert [(it.start, it.version) for it in view.retries] == [("start", "old")]
    assert not view.can_cancel
    assert view.log == "INFO    began"
    assert view.values == "total = 3\nname = Ada"
    assert ("Took", "1.5 s") in view.facts
    assert [(run.node_id, run.error) for run in view.timeline] == [
        ("start", ""),
        ("read", "no such file"),
    ]


def test_how_long_it_took_includes_the_wait_for_a_person(entry, now) -> None:
    done = entry("Payroll", JobStatus.COMPLETED)
    result = JobResult(job_id=done.job_id, status=JobStatus.COMPLETED, duration_ms=45)
    asked = NodeRun(node_id="ask", began=now - timedelta(seconds=9), seconds=4.3)
    after = NodeRun(node_id="say", began=now - timedelta(seconds=4), seconds=0.5)

    view = job_view(done, result, [asked, after, NodeRun(node_id="end")], now=now)

    assert ("Took", "5.5 s") in view.facts


def test_a_job_that_needs_a_person_offers_its_steps(entry, now) -> None:
    step = UnknownStep(key="1/pay", node_id="pay", node_type="PayNode")
    result = JobResult(job_id=JobId("x"), status=JobStatus.NEEDS_ATTENTION, needs_attention=(step,))

    view = job_view(entry("Pay", JobStatus.NEEDS_ATTENTION), result, (), now=now)

    assert [choice.key for choice in view.choices] == ["1/pay"]
    assert view.retries == ()


def test_a_running_job_can_be_cancelled_and_has_no_end(entry, now) -> None:
    view = job_view(entry("Pay", JobStatus.RUNNING), None, (), now=now)

    assert view.can_cancel
    assert "Ended" not in dict(view.facts)


def test_a_failed_job_of_a_file_can_be_run_again_in_four_ways(entry, now) -> None:
    failed = entry("Pay", JobStatus.FAILED, error=ERROR, can_go_on=True, path="/home/ada/pay.json")

    view = job_view(failed, None, (), now=now)

    assert [(it.text, it.start, it.version) for it in view.retries] == [
        ("Go on at read", "failed", "old"),
        ("Run it from its start", "start", "old"),
        ("Go on at read, with the changed file", "failed", "new"),
        ("Run it from its start, with the changed file", "start", "new"),
    ]
    assert "/home/ada/pay.json" in view.retries[2].hint


def test_a_table_has_headings_and_a_row_for_each_job(entry) -> None:
    table = as_table([entry("Payroll", JobStatus.FAILED, error=ERROR)])

    assert table[0][0] == "job_id"
    assert table[1][3] == "failed"
    assert table[1][-2:] == ["E-NODE-001 no such file", "read"]


def test_nodes_that_were_heard_have_their_times(now) -> None:
    timelines = Timelines()
    job_id = JobId("j")
    facts = {"job_id": job_id, "node_type": "N", "at": now}
    timelines.hear(NodeCompleted(node_id="a", seconds=2.0, **facts))
    timelines.hear(NodeFailed(node_id="b", seconds=1.0, error="no", **facts))

    runs = timelines.of(job_id, None, now)

    assert [(run.node_id, run.error) for run in runs] == [("a", ""), ("b", "no")]
    assert runs[0].began == now - timedelta(seconds=2)


def test_what_is_remembered_is_bounded(now) -> None:
    timelines = Timelines()
    for number in range(MOST_JOBS + 5):
        timelines.hear(JobStarted(job_id=JobId(f"{number}"), name="", at=now))
    for _ in range(MOST_NODES + 5):
        done = NodeCompleted(job_id=JobId("new"), node_id="a", node_type="N", seconds=0.1, at=now)
        timelines.hear(done)

    assert len(timelines.of(JobId("new"), None, now)) == MOST_NODES
    assert len(timelines._runs) == MOST_JOBS


def test_the_nodes_of_a_job_nobody_watched_have_the_times_that_were_kept(now) -> None:
    result = JobResult(
        job_id=JobId("j"),
        status=JobStatus.FAILED,
        error=ERROR,
        duration_ms=5000,
        executed_nodes=("start", "wait", "try", "read"),
        times=(
            NodeTime("wait", 1000, 2000),
            NodeTime("try", 3000, 10, has_failed=True),
            NodeTime("read", 3500, 1500, has_failed=True),
        ),
    )

    runs = Timelines().of(JobId("j"), result, now)

    assert [(run.node_id, run.seconds, run.error) for run in runs] == [
        ("wait", 2.0, ""),
        ("try", 0.01, "failed"),
        ("read", 1.5, "no such file"),
    ]
    assert runs[0].began == now - timedelta(seconds=4)


def test_what_was_kept_of_a_job_goes_before_the_part_of_it_that_was_heard(now) -> None:
    timelines = Timelines()
    job_id = JobId("j")
    timelines.hear(NodeCompleted(job_id=job_id, node_id="b", node_type="N", seconds=1, at=now))
    result = JobResult(
        job_id=job_id,
        status=JobStatus.COMPLETED,
        times=(NodeTime("a", 0, 5), NodeTime("b", 5, 5)),
    )

    assert [run.node_id for run in timelines.of(job_id, result, now)] == ["a", "b"]
