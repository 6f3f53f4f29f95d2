"""The dispatcher and a connection that takes another's place."""

import asyncio

from casare_robot.domain.robot_status import RobotState
from casare_robot.link.native.messages import Hello, StatusUpdate
from casare_robot.link.native.server_session import SessionBook
from casare_robot.orchestrator.audit_heads import AuditHeads
from casare_robot.orchestrator.dispatcher import Dispatcher
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


async def test_a_job_that_is_assigned_while_the_robot_connects_anew_reaches_the_new_line(
    board, store, feed, clock, submission
):
    roster = Roster(store, feed=feed, clock=clock)
    dispatcher = Dispatcher(board, roster, now=asyncio.get_running_loop().time)

    def line():
        return RobotLine(
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

    old, new = line(), line()
    for one in (old, new):
        one.session.received(HELLO, 0.0)
    await old._greet(HELLO)
    status = StatusUpdate(robot_id="r", status=RobotState.IDLE, free_slots=1)
    roster.update(roster.find("r"), status)
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
