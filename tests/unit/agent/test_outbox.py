"""Results reach their source, however often that fails at first. Time is virtual."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from casare_robot.agent.outbox import Outbox
from casare_robot.domain.job import Job, JobId, JobResult, JobStatus
from casare_robot.journal.journal import Journal
from casare_robot.journal.offline_queue import OfflineQueue
from casare_robot.resilience.backoff import Backoff
from tests.unit.agent.test_robot_agent import Line


class Refusing(Line):
    """A line that answers as it is told."""

    def __init__(self, *answers: bool | Exception) -> None:
        super().__init__()
        self.answers = list(answers)

    async def report(self, result: JobResult) -> bool:
        answer = self.answers.pop(0) if self.answers else True
        if isinstance(answer, Exception):
            raise answer
        if answer:
            self.reported.append(result)
        return answer


@pytest.fixture
async def queue(tmp_path: Path) -> AsyncIterator[OfflineQueue]:
    journal = Journal.open(tmp_path)
    queue = OfflineQueue(journal)
    for job_id in (JobId("a"), JobId("b")):
        await queue.enqueue(Job(id=job_id, workflow=b"{}", origin="line"))
        await queue.acknowledge(JobResult(job_id=job_id, status=JobStatus.COMPLETED))
    yield queue
    journal.close()


@pytest.mark.parametrize(
    "answers",
    [
        (),
        (ConnectionError("no line"), ConnectionError("no line")),
        (False, True, False),
        (True, ConnectionError("gone in the middle")),
        (KeyError("a fault of the source itself"),),
    ],
)
async def test_every_result_arrives_in_the_end_and_once(
    queue: OfflineQueue, answers: tuple[bool | Exception, ...]
) -> None:
    line = Refusing(*answers)
    outbox = Outbox(queue, line, backoff=Backoff(base_delay=0.001, max_delay=0.001))
    running = asyncio.create_task(outbox.run())
    await asyncio.wait_for(outbox.emptied(), 60)
    running.cancel()

    assert sorted(result.job_id for result in line.reported) == ["a", "b"]
    assert await queue.undelivered("line") == 0


async def test_it_tells_how_many_results_wait_while_nobody_takes_them(
    queue: OfflineQueue,
) -> None:
    line = Refusing(ConnectionError("no line"))
    outbox = Outbox(queue, line, backoff=Backoff(base_delay=3600, max_delay=3600))
    running = asyncio.create_task(outbox.run())
    async with asyncio.timeout(60):
        while not outbox.waiting:
            await asyncio.sleep(0)
    waited = outbox.waiting
    outbox.ring()
    await asyncio.wait_for(outbox.emptied(), 60)
    running.cancel()

    assert (waited, outbox.waiting) == (2, 0)


async def test_the_bell_cuts_a_long_wait_short(queue: OfflineQueue) -> None:
    line = Refusing(ConnectionError("no line"))
    outbox = Outbox(queue, line, backoff=Backoff(base_delay=3600, max_delay=3600))
    running = asyncio.create_task(outbox.run())
    while line.answers:
        await queue.undelivered("line")
    outbox.ring()
    await asyncio.wait_for(outbox.emptied(), 60)
    running.cancel()

    assert len(line.reported) == 2
