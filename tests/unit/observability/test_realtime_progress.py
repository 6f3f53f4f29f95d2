"""What is told over Realtime: quickly, rarely, in small pieces, and the end in any case."""

import asyncio
import json
from datetime import UTC, datetime

import pytest

from casare_robot.domain.errors import StoreError, StoreUnavailableError
from casare_robot.domain.job import JobError, JobId, JobResult, JobStatus
from casare_robot.domain.robot_events import JobEnded, NodeCompleted, NodeFailed, NodeStarted
from casare_robot.observability.realtime_progress import (
    LARGEST,
    MOST_WAITING,
    RealtimeProgress,
    capped,
)

AT = datetime(2026, 11, 21, tzinfo=UTC)


def started(job="j", node="n"):
    return NodeStarted(job_id=JobId(job), node_id=node, nodes_executed=1, at=AT)


def completed(job="j", node="n"):
    return NodeCompleted(
        job_id=JobId(job), node_id=node, node_type="T", seconds=1.0, at=AT, outputs={"a": 1}
    )


def failed(job="j", node="n"):
    return NodeFailed(
        job_id=JobId(job), node_id=node, node_type="T", seconds=1.0, error="no", at=AT
    )


def ended(job="j", **more):
    result = JobResult(job_id=JobId(job), status=JobStatus.COMPLETED, **more)
    return JobEnded(job_id=JobId(job), result=result, at=AT)


class Far:
    """The other side, with the time at which each message came."""

    def __init__(self):
        self.came = []
        self.is_away = False
        self.refuses = ()

    async def push(self, event, payload):
        if self.is_away:
            raise StoreUnavailableError("away")
        if event in self.refuses:
            raise StoreError("too large")
        self.came.append((asyncio.get_running_loop().time(), event, payload))

    @property
    def events(self):
        return [event for _, event, _ in self.came]


async def for_a_while(progress, seconds):
    running = asyncio.create_task(progress.run())
    await asyncio.sleep(seconds)
    running.cancel()
    await asyncio.wait([running])


@pytest.mark.looptime
async def test_fifty_robots_stay_under_the_caps_and_no_end_is_late():
    fars = [Far() for _ in range(50)]
    ends = {}

    async def work(number):
        progress = RealtimeProgress(f"r{number}", fars[number].push)
        running = asyncio.create_task(progress.run())
        await asyncio.sleep(number / 100)
        for job in range(6):
            for node in range(100):
                progress.hear(started(f"{number}.{job}", f"n{node}"))
                await asyncio.sleep(0.05)
                progress.hear(completed(f"{number}.{job}", f"n{node}"))
                await asyncio.sleep(0.05)
            progress.hear(ended(f"{number}.{job}"))
            ends[f"{number}.{job}"] = asyncio.get_running_loop().time()
        await asyncio.sleep(5)
        running.cancel()

    await asyncio.gather(*map(work, range(50)))

    for far in fars:
        times = [at for at, *_ in far.came]
        assert all(later - at >= 1.0 - 1e-6 for at, later in zip(times, times[2:], strict=False))
    every = sorted(at for far in fars for at, *_ in far.came)
    rates = [later - at for at, later in zip(every, every[100:], strict=False)]
    assert min(rates) >= 1.0 - 1e-6
    told = {p["job_id"]: at for far in fars for at, e, p in far.came if e == "job_completed"}
    assert told.keys() == ends.keys()
    assert max(told[job] - ends[job] for job in ends) <= 1.0


@pytest.mark.looptime
async def test_of_many_that_wait_only_the_newest_of_a_kind_is_told():
    far = Far()
    progress = RealtimeProgress("r", far.push)
    for number in range(1_000):
        progress.hear(started(node=f"n{number}"))
        progress.hear(completed(node=f"n{number}"))
    progress.hear(failed(node="bad"))
    progress.hear(failed(node="worse"))

    await for_a_while(progress, 10)

    assert far.events == ["node_error", "node_error", "node_completed", "node_started"]
    assert far.came[-1][2]["node_id"] == "n999"
    assert far.came[-1][2]["coalesced"] == 1_000


@pytest.mark.looptime
async def test_the_end_of_a_job_makes_needless_what_waits_of_it():
    far = Far()
    progress = RealtimeProgress("r", far.push)
    for event in (started(), completed(), failed(), started("other"), ended()):
        progress.hear(event)

    await for_a_while(progress, 10)

    assert [(e, p["job_id"]) for _, e, p in far.came] == [
        ("job_completed", "j"),
        ("node_started", "other"),
    ]


@pytest.mark.looptime
async def test_twenty_thousand_events_during_an_outage_take_bounded_room_and_the_end_is_told():
    far = Far()
    far.is_away = True
    progress = RealtimeProgress("r", far.push)
    running = asyncio.create_task(progress.run())
    tasks = len(asyncio.all_tasks())
    for number in range(20_000):
        progress.hear(failed(job=f"j{number % 7}", node=f"n{number}"))
        if number % 1000 == 0:
            await asyncio.sleep(1)
    progress.hear(ended("j3"))
    most = progress.waiting
    assert len(asyncio.all_tasks()) <= tasks
    far.is_away = False
    await asyncio.sleep(2)
    running.cancel()

    assert most <= MOST_WAITING
    assert progress.dropped > 0
    assert far.events[0] == "job_completed"


@pytest.mark.looptime
async def test_the_end_of_a_job_outlives_the_process():
    far, kept = Far(), []

    async def keep(told):
        kept[:] = json.loads(json.dumps(told))

    far.is_away = True
    first = RealtimeProgress("r", far.push, keep=keep)
    first.hear(started())
    first.hear(ended())
    await for_a_while(first, 3)
    far.is_away = False
    second = RealtimeProgress("r", far.push, kept=list(kept), keep=keep)
    await for_a_while(second, 3)

    assert far.events == ["job_completed"]
    assert kept == []


@pytest.mark.looptime
async def test_errors_of_nodes_outlive_the_process_until_their_job_ends():
    far, kept = Far(), []

    async def keep(told):
        kept[:] = json.loads(json.dumps(told))

    far.is_away = True
    first = RealtimeProgress("r", far.push, keep=keep)
    for event in (failed(node="bad"), failed("other"), started(), ended("other")):
        first.hear(event)
    await for_a_while(first, 3)
    far.is_away = False
    second = RealtimeProgress("r", far.push, kept=list(kept), keep=keep)
    await for_a_while(second, 3)

    assert far.events == ["job_completed", "node_error"]
    assert far.came[1][2]["node_id"] == "bad"
    assert kept == []


@pytest.mark.looptime
async def test_of_errors_without_end_the_newest_are_kept():
    far, kept = Far(), []

    async def keep(told):
        kept[:] = told

    far.is_away = True
    progress = RealtimeProgress("r", far.push, keep=keep)
    for number in range(300):
        progress.hear(failed(node=f"n{number}"))
    await for_a_while(progress, 3)

    assert [told["node_id"] for _, told in kept] == [f"n{n}" for n in range(200, 300)]


@pytest.mark.looptime
async def test_what_is_refused_is_not_sent_again():
    far = Far()
    far.refuses = ("node_error",)
    progress = RealtimeProgress("r", far.push)
    progress.hear(failed())
    progress.hear(started())

    await for_a_while(progress, 10)

    assert far.events == ["node_started"]
    assert (progress.sent, progress.dropped) == (1, 1)


@pytest.mark.parametrize("large", ["variables", "outputs", "errors"])
def test_what_is_large_is_told_by_reference(large):
    many = {f"k{n}": "ü" * 1000 for n in range(100)}
    more = {
        "variables": {"variables": many, "outputs": {"n": {"a": 1}}},
        "outputs": {"outputs": {"n": many}},
        "errors": {"errors": tuple(JobError(code="E", message="x" * 1000) for _ in range(100))},
    }[large]
    seen = []
    progress = RealtimeProgress("r", _refusing)
    progress._put = lambda name, payload: seen.append(payload)

    progress.hear(ended(**more))

    assert len(json.dumps(seen[0], ensure_ascii=False).encode()) < LARGEST * 1.1
    assert seen[0][large]["$ref"] == "group_job:j"
    assert seen[0][large]["bytes"] > LARGEST
    assert seen[0]["status"] == "completed"


def test_what_is_small_is_told_whole():
    assert capped({"job_id": "j", "outputs": {"a": 1}}) == {"job_id": "j", "outputs": {"a": 1}}


async def _refusing(event, payload):
    raise AssertionError
