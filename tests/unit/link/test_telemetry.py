from datetime import UTC, datetime

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from casare_robot.domain.job import JobResult, JobStatus, LogLine
from casare_robot.domain.robot_events import (
    JobEnded,
    JobLogged,
    JobStarted,
    NodeCompleted,
    NodeFailed,
    NodeStarted,
)
from casare_robot.link.telemetry import (
    LONGEST_TEXT,
    MOST_EVENTS,
    MOST_LINES,
    MOST_TEXT,
    Telemetry,
)

AT = datetime(2026, 11, 21, tzinfo=UTC)
encode = msgspec.json.encode


def began(job, count):
    return NodeStarted(job_id=job, node_id=f"n{count}", nodes_executed=count, at=AT)


def done(job, node):
    return NodeCompleted(job_id=job, node_id=node, node_type="T", seconds=0.1, at=AT)


def logged(text):
    return JobLogged(job_id="j", line=LogLine(level="INFO", message=text), at=AT)


def told(telemetry, limit=1 << 30):
    frames, dropped = telemetry.take_events(encode, limit)
    return [msgspec.json.decode(frame) for frame in frames], dropped


def test_a_job_that_waits_for_a_person_is_not_said_to_have_begun_after_that():
    telemetry, parked = Telemetry(), JobResult(job_id="a", status=JobStatus.NEEDS_ATTENTION)
    for job in "ab":
        telemetry.add(JobStarted(job_id=job, name="", at=AT), 1.0)
    telemetry.add(JobEnded(job_id="a", result=parked, at=AT), 1.0)
    telemetry.add(JobStarted(job_id="c", name="", at=AT), 1.0)

    events, dropped = told(telemetry)

    assert ([event["job_id"] for event in events], dropped) == (["b", "c"], 0)


def test_of_a_jobs_beginnings_only_the_last_is_told_behind_what_came_before():
    telemetry = Telemetry()
    telemetry.add(JobStarted(job_id="a", name="A", at=AT), 1.0)
    for count in range(1, 4):
        telemetry.add(began("a", count), 2.0)
        telemetry.add(began("b", count * 10), 2.0)
        telemetry.add(done("a", f"n{count}"), 2.0)

    events, dropped = told(telemetry)

    assert [(e["type"], e["job_id"], e.get("nodes_executed")) for e in events] == [
        ("job_started", "a", None),
        ("node_completed", "a", None),
        ("node_completed", "a", None),
        ("node_started", "a", 3),
        ("node_started", "b", 30),
        ("node_completed", "a", None),
    ]
    assert dropped == 0


def test_what_is_too_much_is_left_out_oldest_first_and_counted_once():
    telemetry = Telemetry()
    for number in range(MOST_EVENTS + 7):
        telemetry.add(done("a", f"n{number}"), 1.0)

    events, dropped = told(telemetry)

    assert (events[0]["node_id"], dropped) == ("n7", 7)
    assert told(telemetry) == ([], 0)


def test_lines_are_bounded_in_number_and_in_length():
    telemetry = Telemetry()
    for number in range(MOST_LINES + 5):
        telemetry.add(logged(f"{number}"), 1.0)
    lines, dropped = telemetry.take_lines(encode, 1 << 30)
    assert (len(lines), dropped) == (MOST_LINES, 5)

    for _ in range(MOST_LINES):
        telemetry.add(logged("x" * 3 * LONGEST_TEXT), 1.0)
    lines, dropped = telemetry.take_lines(encode, 1 << 30)
    assert len(lines) == MOST_TEXT // LONGEST_TEXT
    assert len(lines) + dropped == MOST_LINES


def test_an_errors_text_is_cut():
    telemetry = Telemetry()
    telemetry.add(
        NodeFailed(job_id="a", node_id="n", node_type="T", seconds=0, error="x" * 10**6, at=AT), 1.0
    )

    (event,), _ = told(telemetry)

    assert len(event["error"]) == LONGEST_TEXT


def test_a_batch_has_about_the_size_asked_for_and_the_rest_stays():
    telemetry = Telemetry()
    for number in range(100):
        telemetry.add(done("a", f"n{number}"), number)

    first, _ = telemetry.take_events(encode, 1_000)
    assert 1_000 <= sum(map(len, first)) < 1_200
    assert telemetry.since == 0
    rest, _ = telemetry.take_events(encode, 1 << 30)
    assert len(first) + len(rest) == 100
    assert telemetry.since is None


@settings(max_examples=50)
@given(st.lists(st.sampled_from(["started", "done", "log"]), max_size=200), st.integers(1, 500))
def test_nothing_but_beginnings_is_lost_below_the_bounds(kinds, limit):
    telemetry = Telemetry()
    for number, kind in enumerate(kinds):
        made = {"started": began("a", number), "done": done("a", "n"), "log": logged("x")}
        telemetry.add(made[kind], 1.0)

    events, lines = [], []
    while telemetry.has_events:
        events += told(telemetry, limit)[0]
    while telemetry.has_lines:
        lines += telemetry.take_lines(encode, limit)[0]

    assert sum(e["type"] == "node_completed" for e in events) == kinds.count("done")
    assert len(lines) == kinds.count("log")
    assert sum(e["type"] == "node_started" for e in events) == min(kinds.count("started"), 1)
    assert telemetry.since is None
