import msgspec
import pytest

from casare_robot.orchestrator.feed import Feed
from casare_robot.orchestrator.job_board import JobBoard
from casare_robot.orchestrator.job_record import Submission
from casare_robot.store.held_lease import HeldLease, LeaseTimes
from casare_robot.store.memory import MemoryStore


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self):
        self.now = 1_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
async def store(clock):
    async with MemoryStore(clock=clock) as store:
        yield store


@pytest.fixture
async def lease(store):
    times = LeaseTimes(ttl=1e6, renewal=1e5)
    async with await HeldLease.take(store, "orchestrator", "test", times=times) as lease:
        yield lease


@pytest.fixture
def feed():
    return Feed()


@pytest.fixture
def board(store, lease, feed, clock):
    return JobBoard(store, mandate=lease, feed=feed, clock=clock, kept=100.0)


@pytest.fixture
def submission():
    def make(**facts):
        content = facts.pop("workflow", {"nodes": {}, "connections": []})
        return Submission(workflow=msgspec.Raw(msgspec.json.encode(content)), **facts)

    return make
