"""The one who watches over a run: time in which it waits for a person is not its own."""

import asyncio
import math
import os
from types import SimpleNamespace

import pytest

from casare_robot.domain.job import Job, JobId
from casare_robot.domain.question import Ask, AskOutcome, Question, Reply
from casare_robot.execution import executor_protocol as protocol
from casare_robot.execution.job_execution import GRACE, JobExecution


class Person:
    """Keeps what it is asked."""

    def __init__(self):
        self.replies = {}

    def ask(self, question, reply):
        self.replies[question.id] = reply

    def withdraw(self, question_id):
        self.replies.pop(question_id, None)


@pytest.fixture
def pipe():
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


def asking(pipe):
    """An execution of a job of ten seconds that asks somebody, and that person."""
    read, write = pipe
    person = Person()
    execution = JobExecution(
        Job(id=JobId("a"), workflow=b"{}", timeout=10.0),
        SimpleNamespace(read_fd=read, write_fd=write),
        None,
        lambda _name: None,
        None,
        person=person,
        memory=None,
        stall_timeout=math.inf,
    )
    question = Question(id="q", job_id=JobId("a"), node_id="n", ask=Ask(title="T"))
    execution._ask(protocol.AskPerson(number=1, question=question))
    return execution, person


@pytest.mark.looptime
async def test_a_limit_does_not_run_while_a_person_is_waited_for(pipe):
    execution, person = asking(pipe)
    loop = asyncio.get_running_loop()
    answer = Reply(outcome=AskOutcome.ANSWERED, button="ok")
    loop.call_later(3600, lambda: person.replies["q"](answer))

    await execution._wait(loop.create_future())

    assert loop.time() == pytest.approx(3600 + 10 + GRACE, abs=1)


@pytest.mark.looptime
async def test_what_is_withdrawn_is_waited_for_no_longer(pipe):
    execution, person = asking(pipe)
    execution._withdraw("q")

    await execution._wait(asyncio.get_running_loop().create_future())

    assert person.replies == {}
    assert asyncio.get_running_loop().time() == pytest.approx(10 + GRACE, abs=1)
