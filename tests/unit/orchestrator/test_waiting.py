import pytest

from casare_robot.domain.robot_status import RobotState
from casare_robot.link.native.messages import StatusUpdate
from casare_robot.orchestrator.job_record import JobRecord, Status
from casare_robot.orchestrator.roster import Robot
from casare_robot.orchestrator.waiting import reason

HERE = object()


def job(**facts):
    return JobRecord(status=Status.QUEUED, name="", workflow="", created=0.0, **facts)


def robot(state=RobotState.EXECUTING, **facts):
    return Robot(robot_id="a", line=HERE, status=StatusUpdate(robot_id="a", status=state), **facts)


@pytest.mark.parametrize(
    ("job", "robots", "said"),
    [
        (job(), [], "no robot is connected"),
        (job(), [Robot(robot_id="a")], "no robot is connected"),
        (job(robot="b", targeted=True), [robot()], "robot b is not connected"),
        (job(robot="a", targeted=True), [robot()], ""),
        (job(tags=("sap",)), [robot()], "no connected robot has the tags sap"),
        (job(refused_by=("a",)), [robot()], "no connected robot has not refused it"),
        (job(environment="x"), [robot()], "no connected robot works for environment x"),
        (job(), [robot(RobotState.PAUSED)], "every robot that could run it is paused"),
        (job(), [robot()], "every robot that could run it is busy"),
    ],
)
def test_who_waits_is_told_for_what(job, robots, said):
    assert reason(job, robots) == said
