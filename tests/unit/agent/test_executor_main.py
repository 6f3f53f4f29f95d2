"""An executor's run reads its answers itself where it can, and misses nothing else meanwhile."""

import asyncio
import json
import os
import threading
from collections.abc import Callable
from typing import Any

import pytest

from casare_robot.agent import executor_main
from casare_robot.agent.executor_main import Parent
from casare_robot.agent.preparation import prepare
from casare_robot.domain.errors import JournalError
from casare_robot.domain.job import Job, JobId
from casare_robot.domain.policy import Policy
from casare_robot.execution import executor_protocol as protocol
from tests.drawing import draw

PATIENCE = 60
LONG = 120.0


class WatchedChannel(protocol.Channel):
    """Remembers who took which message."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.taken: list[tuple[Any, threading.Thread]] = []

    def receive(self) -> Any:
        message = super().receive()
        self.taken.append((message, threading.current_thread()))
        return message


class Agent:
    """The other end, in a thread; its pipes stay open, because an executor without them exits."""

    def __init__(self, answers: Callable[[Any], list[Any]]) -> None:
        said, heard = os.pipe(), os.pipe()
        self.executors_end = WatchedChannel(heard[0], said[1], protocol.ToExecutor)
        self._channel = protocol.Channel(said[0], heard[1], protocol.FromExecutor)
        self._answers = answers
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while (message := self._channel.receive()) is not None:
            for answer in self._answers(message):
                self._channel.send(answer)


@pytest.fixture
def run():
    file = json.dumps(draw({"start": "Start", "end": "End"}, "start > end"))
    return prepare(Job(id=JobId("a"), workflow=file.encode()), policy=Policy())


@pytest.fixture
def _long_hand_over(monkeypatch):
    """The listening thread stays away until it is asked for."""
    monkeypatch.setattr(executor_main, "HANDED_OVER", LONG)


def durable(message, *before):
    if isinstance(message, protocol.Append):
        return [*before, protocol.Durable(message.number)]
    return [protocol.Secret(value="s")] if isinstance(message, protocol.AskSecret) else []


@pytest.mark.usefixtures("_long_hand_over")
async def test_only_the_first_answer_needs_the_other_thread(run):
    agent = Agent(durable)
    parent = Parent(agent.executors_end)
    parent.begin(run)

    for _ in range(4):
        await parent.append(b"delta", wait=True)

    here = threading.current_thread()
    assert [thread is here for _, thread in agent.executors_end.taken] == [False, True, True, True]


@pytest.mark.usefixtures("_long_hand_over")
async def test_a_cancellation_read_by_a_blocked_run_ends_it(run):
    agent = Agent(lambda message: durable(message, protocol.Cancel()))
    parent = Parent(agent.executors_end)
    parent.begin(run)
    await parent.append(b"delta", wait=True)
    await parent.append(b"delta", wait=True)
    run.cancelling = False

    await parent.append(b"delta", wait=True)
    await asyncio.sleep(0)

    assert run.cancelling


@pytest.mark.usefixtures("_long_hand_over")
async def test_a_run_of_several_branches_hears_at_once_after_one_that_was_alone(run):
    agent = Agent(durable)
    parent = Parent(agent.executors_end)
    parent.begin(run)
    await parent.append(b"delta", wait=True)
    await parent.append(b"delta", wait=True)

    both = asyncio.gather(*(parent.append(b"delta", wait=True) for _ in range(2)))

    await asyncio.wait_for(both, PATIENCE)


@pytest.mark.usefixtures("_long_hand_over")
async def test_a_secret_comes_while_the_other_thread_stays_away(run):
    agent = Agent(durable)
    parent = Parent(agent.executors_end)
    parent.begin(run)
    await parent.append(b"delta", wait=True)

    assert await asyncio.wait_for(asyncio.to_thread(parent.secret, "name"), PATIENCE) == "s"


async def test_what_could_not_be_written_is_raised_in_the_run(run):
    agent = Agent(
        lambda message: (
            [protocol.Durable(message.number, "the disk is full")]
            if isinstance(message, protocol.Append)
            else []
        )
    )
    parent = Parent(agent.executors_end)
    parent.begin(run)

    for _ in range(3):
        with pytest.raises(JournalError, match="the disk is full"):
            await parent.append(b"delta", wait=True)
