"""Steps of a group's job: in the shared store before they count, and never after the lease."""

import asyncio

import pytest

from casare_robot.agent.shared_steps import SharedJob, SharedSteps
from casare_robot.domain.errors import JournalError, StaleLeaseError, StoreUnavailableError
from casare_robot.store.held_lease import HeldLease
from casare_robot.store.memory import MemoryStore
from tests.whole import until


class Written:
    """Where steps go, as a test wants it."""

    def __init__(self) -> None:
        self.batches = []
        self.faults = []
        self.is_asked = False
        self.may_write = asyncio.Event()
        self.may_write.set()

    async def append(self, blobs):
        await self._write([*blobs])

    async def replace(self, blob):
        await self._write([b"all:" + blob])

    async def _write(self, blobs):
        self.is_asked = True
        await self.may_write.wait()
        if self.faults:
            raise self.faults.pop(0)
        self.batches.append(blobs)


class Journal:
    """The robot's own, in memory."""

    def __init__(self) -> None:
        self.kept = {}

    def append(self, job_id, blob):
        self.kept.setdefault(job_id, []).append(blob)
        return len(self.kept[job_id])

    def post_append(self, job_id, blob, done):
        done(None, self.append(job_id, blob))

    def replace(self, job_id, upto_seq, blob):
        self.kept[job_id] = [blob]

    def steps(self, job_id):
        return [*self.kept.get(job_id, ())]


@pytest.fixture
async def held():
    store = MemoryStore()
    lease = await HeldLease.take(store, "group_job:1", "a@1")
    yield lease
    await lease.release()
    await store.close()


@pytest.fixture
def written():
    return Written()


@pytest.fixture
def refusals():
    return []


@pytest.fixture
async def shared(written, held, refusals):
    def refused(error):
        refusals.append(error.code)

    return SharedJob(written, held, found=[b"old", b"older"], refused=refused)


@pytest.fixture
def steps(shared):
    both = SharedSteps(Journal())
    both.share("1", shared)
    return both


async def test_what_waits_is_written_together_and_in_order(steps, shared, written) -> None:
    written.may_write.clear()
    first = asyncio.to_thread(steps.append, "1", b"a")
    task = asyncio.create_task(first)
    await until(lambda: written.is_asked)
    for blob in (b"b", b"c"):
        steps.post_append("1", blob, lambda error, seq: None)
    rest = asyncio.create_task(asyncio.to_thread(steps.replace, "1", None, b"d"))
    await until(lambda: len(shared._waiting) == 3)
    is_done = task.done()
    written.may_write.set()
    await asyncio.gather(task, rest)

    assert not is_done
    assert written.batches == [[b"a"], [b"b", b"c"], [b"all:d"]]


async def test_a_store_that_comes_back_gets_the_step_once(steps, written) -> None:
    written.faults = [StoreUnavailableError("away"), StoreUnavailableError("away")]
    await asyncio.to_thread(steps.append, "1", b"a")

    assert written.batches == [[b"a"]]


async def test_a_step_is_refused_once_the_store_knows_another_robot(
    steps, written, refusals
) -> None:
    written.faults = [StaleLeaseError("group_job:1", token=1, current=2)]
    told = []
    with pytest.raises(JournalError, match="cannot be shared"):
        await asyncio.to_thread(steps.append, "1", b"a")
    written.faults = [StaleLeaseError("group_job:1", token=1, current=2)]
    steps.post_append("1", b"b", lambda error, seq: told.append(error))
    await until(lambda: len(told) == 2)

    assert refusals == [StaleLeaseError.code] * 2
    assert isinstance(told[1], JournalError)
    assert written.batches == []


async def test_nothing_is_written_once_the_lease_is_not_trusted(steps, shared, held, written):
    await held.release()
    with pytest.raises(JournalError):
        await asyncio.to_thread(steps.append, "1", b"a")

    assert written.batches == []


async def test_nothing_is_written_of_a_job_that_was_stopped(steps, shared, written) -> None:
    shared.end()
    with pytest.raises(JournalError):
        await asyncio.to_thread(steps.append, "1", b"a")

    assert written.batches == []


async def test_a_step_whose_answer_came_after_the_lease_does_not_count(
    steps, written, held, refusals
) -> None:
    written.may_write.clear()
    kept = asyncio.create_task(asyncio.to_thread(steps.append, "1", b"a"))
    await until(lambda: written.is_asked)
    held.let_run_out()
    written.may_write.set()

    with pytest.raises(JournalError):
        await kept
    assert written.batches == [[b"a"]]
    assert len(refusals) == 1


async def test_what_another_robot_left_becomes_the_journals_own_once(steps) -> None:
    first = steps.steps("1")
    await asyncio.to_thread(steps.append, "1", b"new")

    assert first == [b"old", b"older"]
    assert steps.steps("1") == [b"old", b"older", b"new"]


async def test_other_jobs_go_to_the_journal_alone(steps, written) -> None:
    steps.append("2", b"a")
    steps.post_append("2", b"b", lambda error, seq: None)

    assert steps.steps("2") == [b"a", b"b"]
    assert written.batches == []
