"""Before a job takes mouse and keyboard somebody can say *not now*; with the whole agent."""

import asyncio

import pytest

from casare_robot.domain.job import JobId
from casare_robot.domain.question import Answer
from tests.unit.agent.conftest import settle

A, B = JobId("a"), JobId("b")
NOT_NOW, START = Answer(button="not_now"), Answer(button="start")


class Countdown:
    """Ends when a test says so."""

    def __init__(self):
        self.waits = []

    async def __call__(self, seconds):
        over = asyncio.Event()
        self.waits.append((seconds, over))
        await over.wait()

    def end(self, seconds):
        for waited, over in self.waits:
            if waited == seconds:
                over.set()


@pytest.fixture
def countdown():
    return Countdown()


@pytest.fixture
async def agent(make_agent, countdown):
    made = make_agent(
        sleep=countdown, desktop_delay=7, desktop_retry_delay=300, max_concurrent_jobs=2
    )
    await made.start()
    return made


async def offer(agent, make_job, job_id="a", **facts):
    await agent.intake.offer(make_job(job_id, name="Payroll", **facts), "desk")
    await settle(agent)


async def test_a_countdown_runs_before_a_job_takes_the_desktop_and_then_it_begins(
    agent, make_job, executor, countdown
):
    with agent.questions.attended("tray"):
        await offer(agent, make_job, needs_desktop=True)
        [question] = agent.questions.open()
        before = dict(executor.running)
        countdown.end(7)
        await settle(agent)

    assert (question.ask.title, question.job) == ("Payroll needs mouse and keyboard", "Payroll")
    assert (before, list(executor.running)) == ({}, [A])
    assert agent.questions.open() == ()


async def test_start_now_needs_no_countdown(agent, make_job, executor):
    with agent.questions.attended("tray"):
        await offer(agent, make_job, needs_desktop=True)
        await agent.questions.answer(agent.questions.open()[0].id, START)
        await settle(agent)

    assert list(executor.running) == [A]


async def test_not_now_lets_the_job_wait_says_so_and_asks_again(agent, make_job, executor, clock):
    with agent.questions.attended("tray"):
        await offer(agent, make_job, needs_desktop=True)
        [asked] = agent.look_at().reasons
        await agent.questions.answer(agent.questions.open()[0].id, NOT_NOW)
        await settle(agent)
        [refused] = agent.look_at().reasons
        clock.move(299)
        agent.conductor.look_around()
        await settle(agent)
        too_early = agent.questions.open()
        clock.move(2)
        agent.conductor.look_around()
        await settle(agent)
        again = agent.questions.open()

    assert asked.endswith("and you are asked whether it may begin now")
    assert "and you said not now; you are asked again at" in refused
    assert (too_early, len(again), executor.running) == ((), 1, {})


async def test_others_run_meanwhile(agent, make_job, executor):
    with agent.questions.attended("tray"):
        await offer(agent, make_job, needs_desktop=True)
        await offer(agent, make_job, "b")

        assert list(executor.running) == [B]


async def test_where_no_tray_is_nobody_is_asked(agent, make_job, executor):
    with agent.questions.attended("terminal"):
        await offer(agent, make_job, needs_desktop=True)

        assert (list(executor.running), agent.questions.open()) == ([A], ())


async def test_a_job_that_needs_no_desktop_asks_nobody(agent, make_job, executor):
    with agent.questions.attended("tray"):
        await offer(agent, make_job)

        assert list(executor.running) == [A]


async def test_no_delay_is_no_countdown(make_agent, make_job, executor):
    agent = make_agent(desktop_delay=0)
    await agent.start()
    with agent.questions.attended("tray"):
        await offer(agent, make_job, needs_desktop=True)

        assert list(executor.running) == [A]


async def test_a_job_that_is_cancelled_meanwhile_is_asked_about_no_more(agent, make_job, countdown):
    with agent.questions.attended("tray"):
        await offer(agent, make_job, needs_desktop=True)
        agent.intake.cancel(A)
        await settle(agent)
        open_then = agent.questions.open()
        countdown.end(7)
        await settle(agent)

    assert open_then == ()
    assert not agent.conductor.look().no_desktop
