"""Whoever listens hears, and holds nobody up."""

from datetime import UTC, datetime

import pytest

from casare_robot.agent import event_hub
from casare_robot.agent.event_hub import EventHub, Subscription
from casare_robot.domain.job import JobId, JobResult, JobStatus
from casare_robot.domain.robot_events import JobEnded, NodeStarted, RobotEvent

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def step(number: int, job_id: str = "a") -> NodeStarted:
    return NodeStarted(job_id=JobId(job_id), node_id="n", nodes_executed=number, at=NOW)


def end(job_id: str = "a") -> JobEnded:
    result = JobResult(job_id=JobId(job_id), status=JobStatus.COMPLETED)
    return JobEnded(job_id=JobId(job_id), result=result, at=NOW)


async def read(events: Subscription) -> list[RobotEvent]:
    events.close()
    found = []
    while (event := await events.next()) is not None:
        found.append(event)
    return found


async def test_a_slow_listener_misses_progress_and_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_hub, "MOST_PROGRESS", 3)
    hub = EventHub()
    with hub.subscribed() as events:
        for number in range(10):
            hub.tell(step(number))
        hub.tell(end())

        assert await read(events) == [step(0), step(1), step(2), end()]


async def test_a_listener_that_has_gone_to_sleep_is_let_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(event_hub, "MOST_EVENTS", 3)
    hub = EventHub()
    with hub.subscribed() as events:
        for _ in range(10):
            hub.tell(end())

        assert [await events.next() for _ in range(4)] == [end(), end(), end(), None]


async def test_who_listens_to_one_job_hears_of_no_other() -> None:
    hub = EventHub()
    with hub.subscribed(JobId("b")) as events:
        for event in (step(1), step(2, "b"), end(), end("b")):
            hub.tell(event)

        assert await read(events) == [step(2, "b"), end("b")]


async def test_a_sink_that_fails_harms_nobody() -> None:
    def fail(event: RobotEvent) -> None:
        raise ValueError(event)

    hub = EventHub()
    heard: list[RobotEvent] = []
    hub.add_sink(fail)
    hub.add_sink(heard.append)
    hub.tell(end())

    assert heard == [end()]
