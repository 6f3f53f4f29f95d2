"""The queue against a plain list, through restarts; and what a list cannot show."""

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from casare_robot.domain.errors import JobRefusedError, JobStateError
from casare_robot.domain.job import Job, JobId, JobResult, JobStatus
from casare_robot.journal import offline_queue
from casare_robot.journal.journal import Journal
from casare_robot.journal.offline_queue import OfflineQueue

MakeJob = Callable[..., Job]
End = Callable[..., JobResult]
MAX_JOBS = 3


class QueueAgainstList(RuleBasedStateMachine):
    """Every answer of the queue is that of a list that never forgets."""

    def __init__(self) -> None:
        super().__init__()
        self.home = Path(tempfile.mkdtemp(prefix="queue-"))
        self.runner = asyncio.Runner()
        self.order: list[JobId] = []  # of acceptance, for restarts
        self.content: dict[JobId, bytes] = {}
        self.waiting: list[JobId] = []
        self.taken: list[JobId] = []
        self.undelivered: dict[JobId, JobResult] = {}
        self.open()

    def open(self) -> None:
        self.journal = Journal.open(self.home, reserve=0)
        self.queue = OfflineQueue(self.journal, max_jobs=MAX_JOBS)

    def teardown(self) -> None:
        self.journal.close()
        self.runner.close()
        shutil.rmtree(self.home)

    @rule(number=st.integers(0, 7), content=st.sampled_from((b"x", b"x", b"x", b"y" * 5000)))
    def enqueue(self, number: int, content: bytes) -> None:
        job_id = JobId(f"job-{number}")
        call = self.queue.enqueue(Job(id=job_id, workflow=content, origin="line"))
        if job_id in self.content and self.content[job_id] != content:
            with pytest.raises(JobRefusedError, match="other content"):
                self.runner.run(call)
        elif job_id in self.content:
            assert self.runner.run(call) is False
        elif len(self.waiting) + len(self.taken) == MAX_JOBS:
            with pytest.raises(JobRefusedError, match="takes no more"):
                self.runner.run(call)
        else:
            assert self.runner.run(call) is True
            self.content[job_id] = content
            self.order.append(job_id)
            self.waiting.append(job_id)

    @rule()
    def dequeue(self) -> None:
        job = self.runner.run(self.queue.dequeue())
        if not self.waiting:
            assert job is None
        else:
            job_id = self.waiting.pop(0)
            assert job is not None
            assert (job.id, job.workflow) == (job_id, self.content[job_id])
            self.taken.append(job_id)

    @rule()
    def peek(self) -> None:
        job = self.runner.run(self.queue.peek())
        assert (None if job is None else job.id) == (self.waiting[0] if self.waiting else None)

    @precondition(lambda self: self.taken)
    @rule(data=st.data())
    def put_back(self, data: st.DataObject) -> None:
        job_id = data.draw(st.sampled_from(self.taken))
        self.queue.put_back(job_id)
        self.taken.remove(job_id)
        self.waiting.insert(0, job_id)

    @precondition(lambda self: self.taken or self.waiting)
    @rule(data=st.data(), status=st.sampled_from((JobStatus.COMPLETED, JobStatus.FAILED)))
    def acknowledge(self, data: st.DataObject, status: JobStatus) -> None:
        job_id = data.draw(st.sampled_from(self.taken + self.waiting))
        result = JobResult(job_id=job_id, status=status)
        self.runner.run(self.queue.acknowledge(result))
        (self.taken if job_id in self.taken else self.waiting).remove(job_id)
        self.undelivered[job_id] = result

    @rule(refused=st.sets(st.integers(0, 7)))
    def sync(self, refused: set[int]) -> None:
        sent: list[JobResult] = []

        async def send(result: JobResult) -> bool:
            sent.append(result)
            return int(result.job_id.removeprefix("job-")) not in refused

        delivered = self.runner.run(self.queue.sync_with_orchestrator(send))
        expected = [self.undelivered[one] for one in self.order if one in self.undelivered]
        assert sent == expected
        for result in expected:
            if int(result.job_id.removeprefix("job-")) not in refused:
                del self.undelivered[result.job_id]
        assert delivered == len(expected) - len(self.undelivered)

    @rule()
    def restart(self) -> None:
        self.journal.close()
        self.open()
        self.waiting = [one for one in self.order if one in self.waiting + self.taken]
        self.taken = []

    @invariant()
    def has_its_size(self) -> None:
        assert len(self.queue) == len(self.waiting) + len(self.taken)


TestQueueAgainstList = QueueAgainstList.TestCase
TestQueueAgainstList.settings = settings(max_examples=30, stateful_step_count=25, deadline=None)


@pytest.fixture
def queue(journal: Journal) -> Iterator[OfflineQueue]:
    return OfflineQueue(journal, max_jobs=100)


@pytest.mark.parametrize("held_bytes", [0, 300, 1 << 20])
async def test_many_callers_share_the_jobs_and_none_is_given_twice(
    journal: Journal, make_job: MakeJob, monkeypatch: pytest.MonkeyPatch, held_bytes: int
) -> None:
    monkeypatch.setattr(offline_queue, "HELD_BYTES", held_bytes)
    for number in range(300):
        await journal.aaccept(make_job(f"{number:03}"))
    queue = OfflineQueue(journal, max_jobs=1000)

    taken = await asyncio.gather(*(queue.dequeue() for _ in range(310)))

    ids = [job.id for job in taken if job is not None]
    assert sorted(ids) == [f"{number:03}" for number in range(300)]
    assert taken[300:] == [None] * 10


async def test_jobs_beyond_the_memory_kept_for_them_are_read_in_their_turn(
    queue: OfflineQueue, make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offline_queue, "HELD_BYTES", 10_000)
    jobs = [make_job(str(number), workflow=bytes([number]) * 6000) for number in range(5)]
    for job in jobs:
        await queue.enqueue(job)

    assert [await queue.dequeue() for _ in range(6)] == [*jobs, None]


async def test_a_full_queue_refuses_new_jobs_and_knows_the_old_ones(
    journal: Journal, make_job: MakeJob, end: End
) -> None:
    queue = OfflineQueue(journal, max_jobs=2)
    await queue.enqueue(make_job("a"))
    await queue.enqueue(make_job("b"))
    await queue.dequeue()

    with pytest.raises(JobRefusedError) as caught:
        await queue.enqueue(make_job("c"))
    assert caught.value.code == "E-QUEUE-429"
    assert not await queue.enqueue(make_job("a"))
    await queue.acknowledge(end("a"))
    assert await queue.enqueue(make_job("c"))


async def test_a_cancelled_enqueue_still_brings_its_job(
    queue: OfflineQueue, journal: Journal, make_job: MakeJob
) -> None:
    task = asyncio.ensure_future(queue.enqueue(make_job()))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await journal.writer.write(lambda db: None)  # whatever was handed in before is done

    job = await queue.dequeue()

    assert task.cancelled()
    assert job == make_job()
    assert len(queue) == 1


async def test_a_cancelled_dequeue_takes_nothing(
    journal: Journal, make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offline_queue, "HELD_BYTES", -2)
    await journal.aaccept(make_job())
    queue = OfflineQueue(journal)
    task = asyncio.ensure_future(queue.dequeue())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert task.cancelled()
    assert await queue.dequeue() == make_job()


async def test_a_cancelled_acknowledge_still_ends_the_job(
    queue: OfflineQueue, journal: Journal, make_job: MakeJob, end: End
) -> None:
    await queue.enqueue(make_job())
    await queue.dequeue()
    task = asyncio.ensure_future(queue.acknowledge(end()))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await journal.writer.write(lambda db: None)

    assert len(queue) == 0
    assert (await journal.writer.write(lambda db: None)) is None


async def test_the_same_job_twice_at_once_is_one(queue: OfflineQueue, make_job: MakeJob) -> None:
    news = await asyncio.gather(*(queue.enqueue(make_job()) for _ in range(5)))

    assert sorted(news) == [False, False, False, False, True]
    assert len(queue) == 1


async def test_a_job_that_was_run_is_not_run_again(
    queue: OfflineQueue, make_job: MakeJob, end: End
) -> None:
    await queue.enqueue(make_job())
    await queue.dequeue()
    await queue.acknowledge(end())

    assert not await queue.enqueue(make_job())
    assert await queue.dequeue() is None


async def test_a_damaged_job_is_passed_over_and_told(
    journal: Journal, make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offline_queue, "HELD_BYTES", -2)
    for job_id in ("a", "b"):
        await journal.aaccept(make_job(job_id))
    queue = OfflineQueue(journal)
    await journal.writer.write("UPDATE jobs SET sent = x'00' WHERE id = ?", ("a",))

    job = await queue.dequeue()

    assert job is not None
    assert job.id == "b"
    assert len(queue) == 1
    assert "needs attention" in journal.warnings[0].message


async def test_results_of_the_desk_are_not_delivered(
    queue: OfflineQueue, make_job: MakeJob, end: End
) -> None:
    await queue.enqueue(make_job(origin="desk"))
    await queue.acknowledge(end())

    assert await queue.sync_with_orchestrator(never) == 0


async def test_a_damaged_result_is_delivered_as_needing_attention(
    queue: OfflineQueue, journal: Journal, make_job: MakeJob, end: End
) -> None:
    await queue.enqueue(make_job())
    await queue.acknowledge(end())
    await journal.writer.write("UPDATE states SET result = x'00' WHERE number = 1")
    sent: list[JobStatus] = []

    async def send(result: JobResult) -> bool:
        sent.append(result.status)
        return True

    await queue.sync_with_orchestrator(send)
    await queue.sync_with_orchestrator(send)

    assert sent == [JobStatus.NEEDS_ATTENTION]


async def test_a_send_that_fails_keeps_what_was_acknowledged_before(
    queue: OfflineQueue, make_job: MakeJob, end: End
) -> None:
    for job_id in ("a", "b"):
        await queue.enqueue(make_job(job_id))
        await queue.acknowledge(end(job_id))
    sent: list[str] = []

    async def send(result: JobResult) -> bool:
        sent.append(result.job_id)
        if sent == ["a", "b"]:
            raise ConnectionError("the line is gone")
        return True

    with pytest.raises(ConnectionError):
        await queue.sync_with_orchestrator(send)

    assert await queue.sync_with_orchestrator(send) == 1
    assert sent == ["a", "b", "b"]


async def test_a_newer_result_is_not_taken_for_the_delivered_one(
    queue: OfflineQueue, journal: Journal, make_job: MakeJob, end: End
) -> None:
    await queue.enqueue(make_job())
    await queue.acknowledge(end(status=JobStatus.NEEDS_ATTENTION))
    sent: list[JobStatus] = []

    async def send(result: JobResult) -> bool:
        if not sent:
            await journal.afinish(JobId("a"), end())
        sent.append(result.status)
        return True

    await queue.sync_with_orchestrator(send)
    await queue.sync_with_orchestrator(send)
    await queue.sync_with_orchestrator(send)

    assert sent == [JobStatus.NEEDS_ATTENTION, JobStatus.COMPLETED]


async def test_more_results_than_a_page_are_all_delivered(
    queue: OfflineQueue, make_job: MakeJob, end: End, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offline_queue, "PAGE", 7)
    for number in range(20):
        await queue.enqueue(make_job(str(number)))
        await queue.acknowledge(end(str(number)))

    async def send(result: JobResult) -> bool:
        return True

    assert await queue.sync_with_orchestrator(send) == 20


async def test_acknowledging_an_unknown_job_is_an_error(queue: OfflineQueue, end: End) -> None:
    with pytest.raises(JobStateError):
        await queue.acknowledge(end("nobody"))


async def never(result: JobResult) -> bool:
    raise AssertionError(f"{result.job_id} was sent")


async def test_the_highest_priority_goes_first_also_after_a_restart(
    journal: Journal, make_job: MakeJob
) -> None:
    queue = OfflineQueue(journal)
    for job_id, priority in (("a", 0), ("b", 5), ("c", -1), ("d", 5)):
        await queue.enqueue(make_job(job_id, priority=priority))
    again = OfflineQueue(journal)

    for one in (queue, again):
        assert [job.id for _ in range(4) if (job := await one.dequeue())] == ["b", "d", "a", "c"]


async def test_an_expired_job_is_never_given_out(
    journal: Journal, make_job: MakeJob, clock: Callable[[], float]
) -> None:
    queue = OfflineQueue(journal, clock=clock)
    at = datetime.fromtimestamp(clock() + 10, UTC)
    await queue.enqueue(make_job("a", expires_at=at))
    await queue.enqueue(make_job("b"))
    clock.now += 10

    job = await queue.dequeue()

    assert job is not None
    assert job.id == "b"
    assert await queue.dequeue() is None
    assert queue.expired() == ["a"]
    assert not queue.expired()


async def test_a_job_that_had_begun_goes_first_and_does_not_expire(
    journal: Journal, make_job: MakeJob, clock: Callable[[], float]
) -> None:
    queue = OfflineQueue(journal, clock=clock)
    await queue.enqueue(make_job("a", priority=9))
    at = datetime.fromtimestamp(clock() + 10, UTC)
    await queue.enqueue(make_job("b", expires_at=at))
    await journal.astart(JobId("b"))
    clock.now += 100

    again = OfflineQueue(journal, clock=clock)
    job = await again.dequeue()

    assert not again.expired()
    assert job is not None
    assert job.id == "b"
    assert again.has_begun(job.id)


async def test_a_job_for_the_desktop_can_be_passed_over(
    queue: OfflineQueue, make_job: MakeJob
) -> None:
    await queue.enqueue(make_job("a", needs_desktop=True))
    await queue.enqueue(make_job("b"))

    first = await queue.dequeue(desktop=False)
    none = await queue.dequeue(desktop=False)

    assert first is not None
    assert first.id == "b"
    assert none is None
    assert await queue.dequeue() == make_job("a", needs_desktop=True)


async def test_results_go_to_their_own_source_only(
    queue: OfflineQueue, make_job: MakeJob, end: End
) -> None:
    for origin in ("line", "group"):
        await queue.enqueue(make_job(origin, origin=origin))
        await queue.acknowledge(end(origin))
    sent: list[str] = []

    async def send(result: JobResult) -> bool:
        sent.append(result.job_id)
        return True

    await queue.sync_with_orchestrator(send, origin="group")

    assert sent == ["group"]
    assert await queue.undelivered("line") == 1
    assert await queue.undelivered("group") == 0
    assert queue.held("line") == ("line",)


async def test_a_result_can_be_wanted_again_and_by_nobody(
    queue: OfflineQueue, make_job: MakeJob, end: End
) -> None:
    await queue.enqueue(make_job())
    await queue.acknowledge(end())

    await queue.forget(JobId("a"))
    forgotten = await queue.undelivered("line")
    await queue.deliver_again(JobId("a"))
    await queue.deliver_again(JobId("a"))

    assert forgotten == 0
    assert await queue.undelivered("line") == 1


async def test_a_job_with_a_moment_that_cannot_be_kept_is_refused_and_takes_no_room(
    queue: OfflineQueue, make_job: MakeJob
) -> None:
    beyond = datetime.fromisoformat("9999-12-31T23:59:59-12:00")

    with pytest.raises(JobRefusedError) as refused:
        await queue.enqueue(make_job(expires_at=beyond))

    assert refused.value.code == "E-JOB-210"
    assert (len(queue), queue.holds(JobId("a"))) == (0, False)
