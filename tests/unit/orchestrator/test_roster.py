import pytest

from casare_robot.domain.robot_status import RobotState
from casare_robot.link.native.messages import StatusUpdate
from casare_robot.orchestrator.roster import Robot, Roster

HERE = object()


def robot(state, *, free, current=()):
    status = StatusUpdate(robot_id="a", status=state, free_slots=free, current_jobs=current)
    return Robot(robot_id="a", line=HERE, status=status)


RUNS_J = robot(RobotState.EXECUTING, free=1, current=("j",))


@pytest.mark.parametrize(
    ("case", "robot", "open_jobs", "free"),
    [
        ("idle", robot(RobotState.IDLE, free=2), (), 2),
        ("what it runs is counted in its slots", RUNS_J, ("j",), 1),
        ("what is on its way takes a slot", robot(RobotState.IDLE, free=2), ("j",), 1),
        ("more on its way than slots", robot(RobotState.IDLE, free=1), ("j", "k", "l"), 0),
        ("paused", robot(RobotState.PAUSED, free=1), (), 0),
        ("draining", robot(RobotState.DRAINING, free=1), (), 0),
        ("away", Robot(robot_id="a", status=robot(RobotState.IDLE, free=1).status), (), 0),
        ("said nothing yet", Robot(robot_id="a", line=HERE), (), 0),
    ],
)  # fmt: skip
def test_slots_are_counted_once(case, robot, open_jobs, free):
    assert robot.free_slots(frozenset(open_jobs)) == free, case


async def test_robots_of_earlier_days_are_known_after_a_restart(store, feed, clock):
    from casare_robot.link.native.messages import Hello

    class Line:
        hello = Hello(protocol=1, robot_id="a", robot_name="Desk", session="s", tags=("sap",))

    roster = Roster(store, feed=feed, clock=clock)
    line = Line()
    await roster.connected(line.hello, line)
    clock.now += 5
    await roster.left(line)

    later = Roster(store, feed=feed, clock=clock)
    await later.load()

    [known] = later
    assert (known.name, known.tags, known.state) == ("Desk", ("sap",), "offline")
    assert known.shown(clock.now)["heartbeat_age"] == 5


async def test_an_older_connection_does_not_take_the_robot_away(store, feed, clock):
    from casare_robot.link.native.messages import Hello

    class Line:
        def __init__(self, session):
            self.hello = Hello(protocol=1, robot_id="a", session=session)

    roster = Roster(store, feed=feed, clock=clock)
    old, new = Line("s1"), Line("s2")
    await roster.connected(old.hello, old)
    await roster.connected(new.hello, new)

    await roster.left(old)

    assert roster.find("a").line is new
