"""What happens to a job reaches everybody who listens, in order and in batches."""

import asyncio
import threading

import pytest

from casare_robot.domain.job import JobResult, JobStatus, LogLine
from casare_robot.domain.robot_events import (
    JobEnded,
    JobLogged,
    JobStarted,
    NodeCompleted,
    NodeFailed,
    NodeStarted,
)
from casare_robot.observability import progress_reporter as module
from casare_robot.observability.metrics import MetricsCollector
from casare_robot.observability.progress_reporter import ProgressReporter


@pytest.fixture
def events():
    return []


@pytest.fixture
def metrics():
    return MetricsCollector()


@pytest.fixture
async def reporter(job, events, metrics):
    return ProgressReporter(job, sinks=[events.append, metrics.hear])


def in_a_thread(work) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def ended(job, status=JobStatus.COMPLETED) -> JobResult:
    return JobResult(job_id=job.id, status=status)


async def test_a_job_told_by_hand_is_told_as_it_was(reporter, events, metrics, job):
    reporter.report_job_started()
    reporter.report_node_started("n1")
    reporter.report_node_completed("n1", {"status": 200, "rows": [1, 2], "body": "x" * 500})
    reporter.report_node_started("n2")
    reporter.report_node_error("n2", ValueError("no such file"))
    reporter.report_job_completed(ended(job, JobStatus.FAILED))

    assert [type(event) for event in events] == [
        JobStarted,
        NodeStarted,
        NodeCompleted,
        NodeStarted,
        NodeFailed,
        JobEnded,
    ]
    assert events[4].error == "no such file"
    assert events[2].outputs == {"status": 200, "rows": "(2 items)", "body": "x" * 99 + "…"}
    summary = metrics.get_summary()
    assert summary["nodes"]["seconds"]["count"] == 2
    assert (summary["jobs"]["failed"], summary["jobs"]["running"]) == (1, 0)


async def test_what_the_executor_tells_arrives_on_the_loop_in_order(reporter, events, job):
    threads = set()
    reporter._sinks = (*reporter._sinks, lambda _: threads.add(threading.get_ident()))

    def run():
        reporter.progress("n1", 1)
        reporter.node_ended("n1", "HttpRequestNode", 0.5, None, {})
        reporter.log(LogLine(level="info", message="hello"))
        reporter.progress("n2", 2)
        reporter.node_ended("n2", "HttpRequestNode", 0.5, "it failed", {})

    in_a_thread(run)
    assert events == []
    reporter.report_job_completed(ended(job))

    assert [type(event) for event in events] == [
        NodeStarted,
        NodeCompleted,
        JobLogged,
        NodeStarted,
        NodeFailed,
        JobEnded,
    ]
    assert threads == {threading.get_ident()}


async def test_a_thousand_nodes_wake_the_loop_once(reporter, events):
    loop, wakes = asyncio.get_running_loop(), []
    reporter._loop = type(
        "Loop", (), {"call_soon_threadsafe": wakes.append, "call_later": loop.call_later}
    )()

    def run():
        for number in range(1000):
            reporter.node_ended(f"n{number}", "ClickNode", 0.1, None, {})

    in_a_thread(run)
    assert len(wakes) == 1
    wakes[0]()

    assert len(events) == 1000


@pytest.mark.looptime
async def test_the_first_event_is_told_at_once_and_the_next_within_20_ms(reporter, events):
    reporter.progress("n1", 1)
    await asyncio.sleep(0)
    assert len(events) == 1
    reporter.progress("n2", 2)
    await asyncio.sleep(module.EVERY / 2)
    assert len(events) == 1
    await asyncio.sleep(module.EVERY)
    assert len(events) == 2

    await asyncio.sleep(1)
    reporter.progress("n3", 3)
    await asyncio.sleep(0)
    assert len(events) == 3


async def test_progress_that_is_overtaken_is_left_out(reporter, events):
    for number in range(100):
        reporter.progress(None, number)
    await asyncio.sleep(0)

    assert [event.nodes_executed for event in events] == [99]


async def test_a_flood_is_bounded(reporter, events, monkeypatch, job):
    monkeypatch.setattr(module, "MOST_WAITING", 100)
    for number in range(1000):
        reporter.node_ended(f"n{number}", "ClickNode", 0.1, None, {})
    reporter.report_job_completed(ended(job))

    assert len(events) == 101
    assert reporter.dropped == 900
    assert events[-2].node_id == "n999"


async def test_a_listener_that_fails_is_logged_and_hurts_nobody(job, events, caplog):
    def broken(_event):
        raise ZeroDivisionError

    reporter = ProgressReporter(job, sinks=[broken, events.append])
    reporter.report_job_started()

    assert len(events) == 1
    assert "a listener of job one failed" in caplog.text


async def test_secrets_are_taken_out_of_lines_and_errors(job, events):
    reporter = ProgressReporter(
        job, sinks=[events.append], mask=lambda text: text.replace("hush", "***")
    )
    reporter.log(LogLine(level="info", message="it is hush"))
    reporter.node_ended("n", "T", 0.0, "bad hush", {})
    await asyncio.sleep(0)

    assert events[0].line.message == "it is ***"
    assert events[1].error == "bad ***"


async def test_after_its_end_a_job_tells_nothing_more(reporter, events, job):
    reporter.report_job_completed(ended(job))
    reporter.progress("late", 5)
    await asyncio.sleep(0)

    assert len(events) == 1


def test_an_executor_that_talks_to_a_closed_loop_is_not_hurt(job):
    loop = asyncio.new_event_loop()
    reporter = ProgressReporter(job, sinks=[], loop=loop)
    loop.close()

    reporter.progress("n", 1)
