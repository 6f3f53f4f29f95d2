import asyncio

import pytest

from casare_robot.agent.journal_recorder import JournalRecorder
from casare_robot.domain.job import Job, JobId
from casare_robot.journal.journal import Journal

JOB = Job(id=JobId("one"), workflow=b"{}")


@pytest.fixture
def journal(tmp_path):
    opened = Journal.open(tmp_path)
    opened.accept(JOB)
    opened.start(JOB.id)
    yield opened
    opened.close()


async def turns_during_append(journal, *, owns_loop):
    """Whether the loop gets a turn while a delta is written."""
    turned = []
    asyncio.get_running_loop().call_soon(turned.append, True)
    await JournalRecorder(journal, JOB.id, owns_loop=owns_loop).append(b"delta", wait=True)
    return bool(turned)


async def test_a_run_that_owns_its_loop_blocks_for_its_only_branch(journal):
    assert not await turns_during_append(journal, owns_loop=True)
    assert journal.steps(JOB.id) == [b"delta"]


async def test_a_run_that_owns_its_loop_lets_other_branches_go_on(journal):
    other = asyncio.create_task(asyncio.Event().wait())
    assert await turns_during_append(journal, owns_loop=True)
    other.cancel()


async def test_a_run_on_the_loop_of_another_program_never_blocks_it(journal):
    assert await turns_during_append(journal, owns_loop=False)


async def test_deltas_are_kept_in_the_order_in_which_they_were_given(journal):
    recorder = JournalRecorder(journal, JOB.id, owns_loop=True)
    for number in range(20):
        await recorder.append(b"%d" % number, wait=number % 3 == 0)
    assert journal.steps(JOB.id) == [b"%d" % number for number in range(20)]
