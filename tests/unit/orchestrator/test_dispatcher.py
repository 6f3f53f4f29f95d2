"""The dispatcher and a connection that takes another's place."""

import asyncio
from datetime import UTC, datetime

import msgspec
import pytest

from casare_robot.domain.errors import StoreUnavailableError
from casare_robot.domain.job import JobError, JobStatus
from casare_robot.domain.robot_events import JobStarted, NodeStarted
from casare_robot.domain.robot_status import RobotState
from casare_robot.link.native.messages import (
    Error,
    Hello,
    JobAccepted,
    JobProgress,
    JobResult,
    StatusUpdate,
)
from casare_robot.link.native.server_session import SessionBook
from casare_robot.orchestrator import robot_line
from casare_robot.orchestrator.audit_heads import AuditHeads
from casare_robot.orchestrator.dispatcher import Dispatcher
from casare_robot.orchestrator.job_record import Status
from casare_robot.orchestrator.keys import Holder
from casare_robot.orchestrator.robot_line import RobotLine
from casare_robot.orchestrator.roster import Roster
from casare_robot.orchestrator.trace import Traces
from casare_robot.store.memory import MemoryStore

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
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
        line.session.received(HELLO, line._now())
        return line

    return make


async def is_here(line, roster, hello=HELLO):
    """The robot has come on a line, and is idle."""
    await line._greet(hello)
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
    async with dispatcher.giving:
        pass  # it is given
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


async def test_who_holds_a_job_has_it_even_if_its_acceptance_was_lost(
    board, roster, dispatcher, line, submission
):
    accepting, again, empty = line(), line(), line()
    await is_here(accepting, roster)
    job_id, _ = await board.submit(submission(robot_id="r"))
    await board.assign(job_id, "r")
    await is_here(again, roster, msgspec.structs.replace(HELLO, jobs=(job_id,)))
    await is_here(empty, roster)

    assert list(frames(empty)) == ["welcome"]  # it may have done parts of it: not given again
    assert (await board.job(job_id)).status is Status.NEEDS_ATTENTION


async def test_what_a_robot_was_given_while_the_store_failed_reaches_it(
    board, store, roster, dispatcher, line, submission
):
    there, again = line(), line()
    await is_here(there, roster)
    job_id, _ = await board.submit(submission(robot_id="r"))
    read, ended = board._workflow, asyncio.Event()

    async def fails(job):
        board._workflow = read
        raise StoreUnavailableError("the store is away")

    async def close(code):
        ended.set()

    board._workflow = fails
    there._socket.close = close
    serving = asyncio.create_task(there.run())
    dispatching = asyncio.create_task(dispatcher.run())
    async with asyncio.timeout(60):
        await ended.wait()
        await serving
    await is_here(again, roster)
    dispatching.cancel()

    assert job_id in again.session.unanswered


async def parked(board, line):
    """A job that waits for a person, as its robot has told."""
    await line._handle(JobAccepted(job_id="j"))
    await line._handle(begun())
    await line._handle(waiting())


def begun():
    return JobProgress(events=(JobStarted(job_id="j", name="", at=NOON),))


def waiting():
    why = JobError(code="E-DB-601", message="a step is damaged")
    return JobResult(job_id="j", status=JobStatus.NEEDS_ATTENTION, error=why, key="k")


async def test_a_robot_that_was_away_hears_that_its_parked_job_was_cancelled(
    board, roster, dispatcher, line, submission
):
    before, after = line(), line()
    await is_here(before, roster)
    await board.submit(submission(robot_id="r", job_id="j"))
    await board.assign("j", "r")
    await parked(board, before)
    await dispatcher.cancel("j", "not wanted", forced=False)
    await is_here(after, roster)
    said = list(frames(after))
    await after._handle(Error(code="E-JOB-404", message="it is not here", about="j"))

    assert said == ["welcome", "job_cancel"]
    assert (await board.job("j")).status is Status.CANCELLED


async def test_a_job_that_waits_for_a_person_again_for_the_same_reason_does_not_seem_to_run(
    board, roster, dispatcher, line, submission
):
    there = line()
    await is_here(there, roster)
    await board.submit(submission(robot_id="r", job_id="j"))
    await board.assign("j", "r")
    await parked(board, there)
    await there._handle(begun())
    await there._handle(waiting())

    assert (await board.job("j")).status is Status.NEEDS_ATTENTION


async def test_a_line_does_not_know_every_job_for_ever(
    board, roster, line, submission, monkeypatch
):
    monkeypatch.setattr(robot_line, "MOST_KNOWN", 2)
    there = line()
    await is_here(there, roster)
    for number in range(5):
        job_id = f"j{number}"
        await board.submit(submission(robot_id="r", job_id=job_id))
        await board.assign(job_id, "r")
        began = NodeStarted(job_id=job_id, node_id="n", nodes_executed=1, at=NOON)
        await there._handle(JobProgress(events=(began,)))

    assert len(there._own) <= 2
    assert all(there._traces.find(f"j{number}") for number in range(5))


async def test_a_robot_whose_greeting_the_store_could_not_keep_is_not_here(
    roster, line, monkeypatch
):
    there = line()

    async def away(*_args, **_more):
        raise StoreUnavailableError("the store is away")

    monkeypatch.setattr(MemoryStore, "put", away)
    with pytest.raises(StoreUnavailableError):
        await there._greet(HELLO)
    await there._leave()

    assert roster.find("r").line is None


async def test_what_a_robot_did_before_it_connected_anew_is_not_what_it_does_now(roster, line):
    old, new = line(), line()
    await is_here(old, roster)
    await is_here(new, roster)
    busy = StatusUpdate(robot_id="r", status=RobotState.EXECUTING, current_jobs=("j",))
    await old._handle(busy)  # it was read late

    assert roster.find("r").free_slots(frozenset()) == 1
