import json

import pytest

from casare_robot.domain.job import JobResult, JobStatus
from casare_robot.domain.robot_status import RobotState
from casare_robot.link import session as asks
from casare_robot.link.echoing import ECHO
from casare_robot.link.native.reference_session import ReferenceSession
from casare_robot.link.telemetry import Telemetry
from tests.small_robot import SmallRobot

ASSIGNMENT = b'{"type":"job_assignment","job_id":"j1","workflow":{},"variables":{"n":1},"more":2}'
RESULT = JobResult(job_id="j1", status=JobStatus.COMPLETED)


class Talk:
    def __init__(self):
        self.now = 0.0
        self.session = ReferenceSession(
            "robot-1", SmallRobot(), Telemetry(), origin="link", interval=30.0, now=0.0
        )

    def hear(self, frame):
        return list(self.session.received(self.session.read(frame), self.now))

    def said(self):
        frames = []
        while (frame := self.session.next_frame(self.now)) is not None:
            frames.append(frame if frame.startswith(ECHO) else json.loads(frame))
        return frames

    def pass_to(self, now):
        self.now = now
        return list(self.session.tick(now))


@pytest.fixture
def talk():
    return Talk()


@pytest.fixture
def known(talk):
    echo, _status = talk.said()
    assert talk.hear(echo) == [asks.Established(), asks.Proved()]
    return talk


def test_it_begins_with_what_the_robot_does_and_a_ping(talk):
    echo, status = talk.said()

    assert echo.startswith(ECHO)
    assert (status["type"], status["robot_id"], status["status"]) == (
        "status_update",
        "robot-1",
        RobotState.IDLE,
    )
    assert status["current_job"] is None
    assert not talk.session.is_established


def test_a_job_makes_it_known_and_is_offered(talk):
    established, offer = talk.hear(ASSIGNMENT)

    assert established == asks.Established()
    assert (offer.job.id, offer.job.variables, offer.job.profile) == ("j1", {"n": 1}, "remote")


def test_a_result_counts_as_delivered_when_a_ping_behind_it_was_answered(known):
    known.session.report(RESULT)

    result, echo = known.said()

    assert result["type"] == "job_result"
    assert (result["status"], result["outputs"], result["execution_time"]) == ("completed", {}, 0)
    assert known.hear(echo) == [asks.Proved(), asks.Delivered("j1", True)]


def test_a_result_behind_the_ping_is_not_delivered_by_it(known):
    known.now = 30.0
    known.session.tick(known.now)
    echo = known.session.next_frame(known.now)
    known.session.report(RESULT)
    assert "job_result" in [frame["type"] for frame in known.said()]

    assert known.hear(echo) == [asks.Proved()]

    [behind] = known.said()
    assert known.hear(behind) == [asks.Proved(), asks.Delivered("j1", True)]


def test_an_echo_that_nobody_asked_for_says_nothing(known):
    assert known.hear(ECHO + b"77") == []


def test_a_dead_line_is_noticed_before_and_after_the_first_echo(talk):
    talk.said()
    assert isinstance(talk.pass_to(14.0)[0], asks.Part)

    other = Talk()
    echo, _ = other.said()
    other.hear(echo)
    assert other.pass_to(30.0) == []
    assert isinstance(other.pass_to(44.0)[0], asks.Part)


def test_what_the_robot_does_is_told_again_each_interval(known):
    known.pass_to(known.session.wake_at())

    assert known.now == 30.0
    assert "status_update" in [frame["type"] for frame in known.said()[1:]]


def test_a_job_that_is_refused_has_failed(known):
    known.session.refused("j1", "E-WF-101", "no nodes")

    result = known.said()[0]

    assert (result["job_id"], result["status"]) == ("j1", "failed")
    assert result["error"]["code"] == "E-WF-101"


def test_an_assignment_that_is_none_has_failed_and_people_are_told(known):
    [warned] = known.hear(b'{"type":"job_assignment","job_id":"j1","workflow":[]}')

    assert isinstance(warned, asks.Warned)
    assert known.said()[0]["status"] == "failed"


@pytest.mark.parametrize(
    ("frame", "asked"),
    [
        (b'{"type":"job_cancel","job_id":"j1"}', asks.Cancel("j1", "")),
        (b'{"type":"pause"}', asks.Pause("")),
        (b'{"type":"resume"}', asks.Resume()),
        (b'{"type":"result_ack","job_id":"j1"}', asks.Delivered("j1", True)),
    ],
)
def test_what_our_own_protocol_adds_is_understood(known, frame, asked):
    assert known.hear(frame) == [asked]


def test_nothing_is_said_after_leaving(known):
    known.session.report(RESULT)
    known.session.leave("bye")

    assert known.said() == []
