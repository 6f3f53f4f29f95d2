"""The figures are those of what happened."""

import os
from datetime import UTC, datetime

import pytest

from casare_robot.observability import metrics as metrics_module
from casare_robot.observability.metrics import MetricsCollector


def at(seconds):
    return datetime.fromtimestamp(seconds, UTC)


@pytest.fixture
def depth():
    return {"waiting": 3}


@pytest.fixture
def metrics(clock, journal, depth):
    return MetricsCollector(
        queues={"waiting": lambda: depth["waiting"]},
        journal=journal,
        clock=clock,
        monotonic=clock,
    )


def test_several_jobs_at_once_have_their_own_times(metrics, clock):
    metrics.record_job_start("a")
    clock.now += 10
    metrics.record_job_start("b")
    clock.now += 10
    metrics.record_job_end("a", success=True)
    clock.now += 80
    metrics.record_job_end("b", success=False)

    jobs = metrics.get_summary()["jobs"]

    assert (jobs["started"], jobs["completed"], jobs["failed"], jobs["running"]) == (2, 1, 1, 0)
    assert jobs["success_rate"] == 0.5
    assert jobs["seconds"]["count"] == 2
    assert jobs["seconds"]["mean"] == 55
    assert jobs["seconds"]["max"] == 90


def test_without_an_ended_job_there_is_no_success_rate(metrics):
    metrics.record_job_start("a")

    assert metrics.get_summary()["jobs"]["success_rate"] is None
    assert metrics.get_summary()["jobs"]["running"] == 1


def test_the_end_of_a_job_that_nobody_saw_begin_is_counted_without_a_time(metrics):
    metrics.record_job_end("a", success=True)

    jobs = metrics.get_summary()["jobs"]
    assert (jobs["completed"], jobs["seconds"]["count"]) == (1, 0)


def test_every_node_execution_is_counted_however_many_there_are(metrics):
    for number in range(2500):
        metrics.record_node_execution(f"n{number % 3}", 0.001 * (number % 3 + 1))

    nodes = metrics.get_summary()["nodes"]

    assert nodes["seconds"]["count"] == 2500
    assert [it["node_id"] for it in nodes["slowest"]] == ["n2", "n1", "n0"]
    assert nodes["slowest"][0] == {
        "node_id": "n2",
        "count": 833,
        "mean": pytest.approx(0.003),
        "max": 0.003,
    }


def test_the_memory_of_nodes_is_bounded_and_keeps_the_newest(metrics, monkeypatch):
    monkeypatch.setattr(metrics_module, "MOST_NODES", 50)
    for number in range(5000):
        metrics.record_node_execution(f"n{number}", 1.0)
    metrics.fold()

    assert len(metrics._nodes) == 50
    assert "n4999" in metrics._nodes
    assert metrics.node_seconds.count == 5000


def test_queues_and_processes_are_in_the_summary(metrics, depth):
    depth["waiting"] = 8

    summary = metrics.get_summary()

    assert summary["queues"] == {"waiting": 8}
    assert summary["processes"]["agent"]["memory_bytes"] > 1 << 20
    assert summary["processes"]["executors"]["processes"] == 0


async def test_each_minute_is_a_row_of_what_happened_in_it(metrics, clock, depth):
    clock.now = 6000 * 60
    metrics.record_job_start("a")
    clock.now += 60
    metrics.record_node_execution("n", 0.5)
    metrics.record_job_end("a", success=True)
    metrics.keep_minute()
    clock.now += 60
    metrics.record_node_execution("n", 0.25)
    depth["waiting"] = 0
    metrics.keep_minute()

    rows = await metrics.history(at(0), at(clock.now - 60))

    assert [row.timestamp() / 60 for row, _ in rows] == [6000, 6001]
    assert [(it.jobs_completed, it.nodes, it.queues["waiting"]) for _, it in rows] == [
        (1, 1, 3),
        (0, 1, 0),
    ]
    assert [it.node_seconds for _, it in rows] == [0.5, 0.25]


async def test_history_is_forgotten_after_its_days(metrics, clock):
    metrics.keep_minute()
    clock.now += (metrics_module.HISTORY_DAYS + 1) * 86_400
    metrics.keep_minute()

    rows = await metrics.history(at(0), at(clock.now - 60))

    assert len(rows) == 1


async def test_what_the_running_minute_holds_is_told_before_it_is_over_and_kept_once(
    metrics, clock
):
    clock.now = 6000 * 60 + 7
    metrics.record_job_start("a")
    metrics.record_job_end("a", success=True)

    told = [await metrics.history(at(0), at(clock.now)) for _ in range(2)]
    clock.now = 6001 * 60
    metrics.keep_minute()
    later = await metrics.history(at(0), at(clock.now))

    assert [[(row.timestamp() / 60, it.jobs_completed) for row, it in each] for each in told] == [
        [(6000, 1)]
    ] * 2
    assert [(row.timestamp() / 60, it.jobs_completed) for row, it in later] == [
        (6000, 1),
        (6001, 0),
    ]


async def test_the_loop_wakes_at_the_turn_of_each_minute(metrics, clock):
    clock.now = 6000 * 60 + 12.5
    slept = []

    async def sleep(seconds):
        slept.append(seconds)
        clock.now += seconds
        if len(slept) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await metrics.run(sleep)

    assert slept == [47.5, 60, 60]


async def test_a_closed_journal_costs_the_history_and_nothing_else(metrics, journal):
    journal.close()

    metrics.keep_minute()

    assert metrics.get_summary()["jobs"]["started"] == 0


def test_processes_are_looked_at_rarely_and_only_when_asked(clock):
    looks = []

    def executors():
        looks.append(clock.now)
        return [os.getpid(), 2**30]

    metrics = MetricsCollector(executors=executors, clock=clock, monotonic=clock)
    assert looks == []

    for _ in range(5):
        executors_now = metrics.get_summary()["processes"]["executors"]
        clock.now += 2

    assert len(looks) == 2
    assert executors_now["processes"] == 1
