"""The dispatcher and a connection that takes another's place."""

import asyncio

import msgspec
import pytest

from casare_robot.domain.robot_status import RobotState
from casare_robot.link.native.messages import Error, Hello, StatusUpdate
from casare_robot.link.native.server_session import SessionBook
from casare_robot.orchestrator.audit_heads import AuditHeads
from casare_robot.orchestrator.dispatcher import Dispatcher
from casare_robot.orchestrator.job_record import Status
from casare_robot.orchestrator.keys import Holder
from casare_robot.orchestrator.robot_line import RobotLine
from casare_robot.orchestrator.roster import Roster
from casare_robot.orchestrator.trace import Traces

HELLO = Hello(protocol=1, robot_id="r", session="s")


class Silence:
    """A socket on which nothing is said."""

    async def receive(self):
        await asyncio.Event().wait()

    async def send(self, frame):
        """Nobody hears it."""

    async def close(self, code):
        """It is closed."""


@pytest.fixture
def roster(store, feed, clock):
    return Roster(store, feed=feed, clock=clock)


@pytest.fixture
async def dispatcher(board, roster):
    return Dispatcher(board, roster, now=asyncio.get_running_loop().time)


@pytest.fixture
async def line(board, store, roster, dispatcher):
    def make():
        line = RobotLine(
            Silence(),
            holder=Holder(kind="robot"),
            board=board,
            roster=roster,
            traces=Traces(),
            dispatcher=dispatcher,
            book=SessionBook(),
            heads=AuditHeads(store),
            interval=30.0,
        )
        line.session.received(HELLO, 0.0)
        return line

    return make


async def is_here(line, roster):
    """The robot has come on a line, and is idle."""
    await line._greet(HELLO)
    status = StatusUpdate(robot_id="r", status=RobotState.IDLE, free_slots=1)
    roster.update(roster.find("r"), status)


def frames(line):
    """What is sent on a line next, in order."""
    while frame := line.session.next_frame(line._now()):
        yield msgspec.json.decode(frame)["type"]


async def test_a_job_that_is_assigned_while_the_robot_connects_anew_reaches_the_new_line(
    board, roster, dispatcher, line, submission
):
    old, new = line(), line()
    await is_here(old, roster)
    job_id, _ = await board.submit(submission(robot_id="r"))
    own, may_go_on = board.own, asyncio.Event()

    async def slow(robot, *, resting):
        found = await own(robot, resting=resting)
        await may_go_on.wait()
        return found

    board.own = slow
    dispatching = asyncio.create_task(dispatcher.run())
    await asyncio.sleep(0.05)
    greeting = asyncio.create_task(new._greet(HELLO))
    await asyncio.sleep(0.05)
    may_go_on.set()
    await greeting
    dispatching.cancel()

    assert job_id in new.session.unanswered


async def test_the_end_of_a_job_that_is_being_given_does_not_come_before_it(
    board, roster, dispatcher, line, submission
):
    there = line()
    await is_here(there, roster)
    list(frames(there))
    job_id, _ = await board.submit(submission(robot_id="r"))
    assign, is_given, may_go_on = board.assign, asyncio.Event(), asyncio.Event()

    async def slow(job_id, robot):
        given = await assign(job_id, robot)
        is_given.set()
        await may_go_on.wait()
        return given

    board.assign = slow
    dispatching = asyncio.create_task(dispatcher.run())
    await is_given.wait()
    cancelling = asyncio.create_task(dispatcher.cancel(job_id, "not wanted", forced=False))
    await asyncio.sleep(0.05)
    may_go_on.set()
    await cancelling
    await there._handle(Error(code="E-JOB-404", message="it is not here", about=job_id))
    dispatching.cancel()

    assert list(frames(there)) == ["job_cancel"]
    assert (await board.job(job_id)).status is Status.CANCELLED


async def test_a_cancelled_job_that_never_reached_its_robot_ends_when_that_comes_back(
    board, roster, dispatcher, line, submission
):
    before, after = line(), line()
    await is_here(before, roster)
    job_id, _ = await board.submit(submission(robot_id="r"))
    await board.assign(job_id, "r")
    await dispatcher.cancel(job_id, "not wanted", forced=False)

    await is_here(after, roster)

    assert list(frames(after)) == ["welcome"]
    assert (await board.job(job_id)).status is Status.CANCELLED
