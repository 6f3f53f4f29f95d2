import json

import msgspec
import pytest

from casare_robot.domain.audit_head import AuditHead
from casare_robot.domain.job import Job, JobError, JobResult, JobStatus, LogLine
from casare_robot.domain.robot_events import JobLogged, NodeCompleted, NodeFailed, StatusChanged
from casare_robot.domain.robot_status import (
    LinkState,
    LinkStatus,
    RobotState,
    RobotStatus,
    RunningJob,
)
from casare_robot.link import session as asks
from casare_robot.link.native import messages
from casare_robot.link.native.reading import LARGEST_FRAME, encode, from_robot
from casare_robot.link.native.results import result_frame
from casare_robot.link.native.robot_session import (
    LARGEST_BATCH,
    MOST_ANSWERS,
    SMALLEST_CREDIT,
)
from tests.memory_line import DAY_ONE
from tests.session_talk import WELCOME, Talk
from tests.small_robot import SmallRobot

HEAD = AuditHead(seq=4, at_ms=5, hash=b"h" * 32, key=b"k" * 32, signature=b"s" * 64)
RESULT = JobResult(job_id="j1", status=JobStatus.COMPLETED, variables={"n": 1})


@pytest.fixture
def talk():
    return Talk()


def job(name="j1"):
    return messages.JobAssignment(job_id=name, workflow=msgspec.Raw(b"{}"))


def test_a_robot_introduces_itself_with_what_it_holds_and_says_nothing_else_before_the_welcome():
    robot = SmallRobot()
    robot.held = {"a": None, "b": None}
    robot.parked = {"b": None, "c": None}
    talk = Talk(robot=robot, welcome=None)
    talk.session.report(RESULT)
    talk.session.look()
    talk.now = 5.0

    (hello,) = talk.said()

    assert hello == messages.Hello(
        protocol=1,
        robot_id="robot-1",
        session="s1",
        version="0.1.0",
        epoch=1,
        jobs=("a", "b", "c"),
    )
    assert talk.hear(WELCOME) == [asks.Established()]
    assert talk.types() == ["heartbeat", "job_result", "status_update"]


HEARD = [
    (job(), [asks.Offer(Job(id="j1", workflow=b"{}", origin="link", profile="remote"))]),
    (messages.JobCancel(job_id="j", reason="r"), [asks.Cancel("j", "r")]),
    (messages.JobCancel(job_id="j", abandon=True), [asks.Cancel("j", "", abandon=True)]),
    (messages.Pause(reason="noon"), [asks.Pause("noon")]),
    (messages.Resume(), [asks.Resume()]),
    (messages.ResultAck(job_id="j"), [asks.Delivered("j", True)]),
    (messages.Error(code="E-MSG-120", message="what?", about="status_update"), []),
    (messages.HeartbeatAck(n=99, server_time=DAY_ONE), []),
    (WELCOME, []),
]


@pytest.mark.parametrize(
    ("message", "expected"), HEARD, ids=[type(message).__name__ for message, _ in HEARD]
)
def test_each_message_asks_for_one_thing(talk, message, expected):
    assert talk.hear(message) == expected


def test_who_gives_a_job_without_a_welcome_is_spoken_with_in_the_words_of_the_reference():
    talk = Talk(welcome=None)
    talk.said()

    [instead] = talk.hear(job())

    talk.session = instead.session
    assert talk.session.received(instead.said, 0.0) == (asks.Established(), HEARD[0][1][0])


def test_a_job_after_a_garbled_message_is_no_sign_of_another_dialect():
    talk = Talk(welcome=None)
    talk.said()

    assert talk.hear(b'{"type":"wflcome"}') == []

    assert talk.hear(job()) == []
    assert [error.code for error in talk.said()] == ["E-MSG-120", "E-MSG-121"]


def test_who_says_no_welcome_is_told_soon_what_the_robot_does():
    talk = Talk(welcome=None)
    talk.said()
    talk.now = talk.session.wake_at()

    assert list(talk.session.tick(talk.now)) == []
    assert talk.types() == ["status_update"]
    assert talk.now <= 3.0
    assert talk.session.wake_at() > 10.0


@pytest.mark.parametrize("message", [m for m, asked in HEARD[1:] if asked])
def test_nothing_is_done_before_the_welcome(message):
    talk = Talk(welcome=None)
    talk.said()

    assert talk.hear(message) == []
    assert [answer.code for answer in talk.said()] == ["E-MSG-121"]


def test_rubbish_is_answered_by_a_code_and_nothing_happens(talk):
    assert talk.hear(b'{"type":"job_assignment","job_id":"j1","workflow":{"a":1,"a":2}}') == []
    assert talk.hear(b'{"type":"job_assign","job_id":"j2"}') == []

    answers = [(answer.code, answer.about) for answer in talk.said()]
    assert answers == [("E-MSG-104", "j1"), ("E-MSG-120", "j2")]


def test_a_peer_that_sends_rubbish_and_does_not_read_gets_no_more_answers(talk):
    for _ in range(MOST_ANSWERS + 500):
        talk.hear(b"rubbish")

    assert len(talk.said()) == MOST_ANSWERS


def test_answers_go_first_then_the_heartbeat_then_results_then_what_informs(talk):
    talk.now = 30.0
    talk.session.tick(30.0)
    talk.telemetry.add(NodeFailed(**NODE, error="no"), 20.0)
    talk.session.report(RESULT)
    talk.session.accepted("j2")

    assert talk.types() == [
        *("job_accepted", "heartbeat", "job_result", "status_update", "job_progress")
    ]


NODE = {"job_id": "j", "node_id": "n", "node_type": "T", "seconds": 0.1, "at": DAY_ONE}


def test_the_status_tells_jobs_and_slots(talk):
    talk.robot.free_slots = 2
    running = tuple(
        RunningJob(job_id=name, name="", origin="link", started_at=DAY_ONE) for name in ("a", "b")
    )
    status = RobotStatus(
        robot_id="robot-1",
        name="",
        state=RobotState.EXECUTING,
        since=DAY_ONE,
        link=LinkStatus(state=LinkState.CONNECTED, since=DAY_ONE),
        version="",
        session="s1",
        started_at=DAY_ONE,
        jobs=running,
        waiting=3,
        metrics={"cpu": float("nan"), "raw": b"x"},
    )
    talk.telemetry.add(StatusChanged(status=status, at=DAY_ONE), 0.0)

    (told,) = talk.said()

    assert msgspec.structs.replace(told, metrics={}) == messages.StatusUpdate(
        robot_id="robot-1",
        status=RobotState.EXECUTING,
        current_job="a",
        current_jobs=("a", "b"),
        free_slots=2,
        waiting=3,
    )
    assert told.metrics == {
        "cpu": {"$type": "float", "repr": "nan"},
        "raw": {"$type": "bytes", "repr": "b'x'"},
    }


def test_slots_that_changed_unnoticed_are_told_with_the_next_heartbeat(talk):
    talk.robot.free_slots = 7
    talk.now = 31.0
    talk.session.tick(31.0)
    talk.session.tick(31.0)

    assert [m.free_slots for m in talk.said() if hasattr(m, "free_slots")] == [7]


def test_a_result_is_sent_again_after_an_interval_and_never_after_its_acknowledgement(talk):
    talk.session.report(RESULT)
    (first,) = talk.said()
    talk.now = 29.0
    talk.session.tick(29.0)
    assert "job_result" not in talk.types()
    talk.now = 30.0
    talk.session.tick(30.0)
    again = [m for m in talk.said() if isinstance(m, messages.JobResult)]
    assert again == [first]

    talk.session.report(RESULT)
    assert talk.hear(messages.ResultAck(job_id="j1")) == [asks.Delivered("j1", True)]
    talk.now = 100.0
    talk.session.tick(30.1)
    assert "job_result" not in talk.types()


def test_a_result_that_the_other_side_cannot_use_is_told_as_not_delivered(talk):
    talk.session.report(RESULT)
    talk.said()
    error = messages.Error(code="E-MSG-110", message="?", about="j1")

    assert talk.hear(error) == [asks.Delivered("j1", False)]
    assert talk.hear(error) == []


def test_what_informs_waits_for_echoes_when_the_line_is_slow(talk):
    def tell(seconds):
        for _ in range(300):
            talk.telemetry.add(NodeFailed(**NODE, error="x" * 200), talk.now)
        sent = 0
        for _ in range(20):
            talk.now += 0.05
            talk.session.tick(talk.now)
            frames = talk.said()
            sent += sum(len(encode(m)) for m in frames)
            beats = [m.n for m in frames if isinstance(m, messages.Heartbeat)]
            if beats:
                talk.now += seconds
                talk.hear(messages.HeartbeatAck(n=beats[-1], server_time=DAY_ONE))
        return sent

    assert tell(seconds=0.01) > 50_000
    assert tell(seconds=5.0) > 20_000
    for _ in range(10):
        tell(seconds=5.0)
    for _ in range(2_000):
        talk.telemetry.add(NodeFailed(**NODE, error="x" * 200), talk.now)
    talk.now += 1.0
    talk.session.tick(talk.now)
    frames = []
    while (frame := talk.session.next_frame(talk.now)) is not None:
        frames.append(frame)
    assert 0 < sum(map(len, frames)) < 2 * SMALLEST_CREDIT


def test_frames_of_progress_are_bounded(talk):
    for _ in range(50):
        for _ in range(2_000):
            talk.telemetry.add(NodeCompleted(**NODE), talk.now)
            line = LogLine(level="INFO", message="y" * 300)
            talk.telemetry.add(JobLogged(job_id="j", line=line, at=DAY_ONE), talk.now)
        talk.now += 0.05
        talk.session.tick(talk.now)
        while (frame := talk.session.next_frame(talk.now)) is not None:
            assert len(frame) < LARGEST_BATCH + 1_000
            message = from_robot.read(frame)
            if isinstance(message, messages.Heartbeat):
                talk.hear(messages.HeartbeatAck(n=message.n, server_time=DAY_ONE))


def test_a_surrogate_in_what_is_told_does_not_stop_the_telling(talk):
    talk.telemetry.add(NodeFailed(**NODE, error="no \ud800 file"), 0.0)
    line = LogLine(level="INFO", message="\ud800")
    talk.telemetry.add(JobLogged(job_id="j", line=line, at=DAY_ONE), 0.0)
    talk.now = 1.0

    progress, batch = talk.said()

    assert progress.events[0].error == "no ? file"
    assert batch.lines[0].message == "?"


@pytest.mark.parametrize(
    ("message", "part"),
    [
        (messages.Superseded(by="s2"), {"superseded_by": "s2"}),
        (messages.Welcome(session="other", server_time=DAY_ONE), {"superseded_by": ""}),
    ],
)
def test_some_messages_end_the_connection(talk, message, part):
    (ask,) = talk.hear(message)

    assert isinstance(ask, asks.Part)
    assert ask.superseded_by == part["superseded_by"]


def test_after_the_goodbye_nothing_is_said(talk):
    talk.session.report(RESULT)
    talk.session.leave("the robot stops")
    talk.now = 100.0

    assert talk.types() == ["goodbye"]


def test_the_server_may_want_heartbeats_oftener_but_not_more_rarely():
    welcome = messages.Welcome(session="s1", server_time=DAY_ONE, heartbeat_interval=10.0)
    assert Talk(welcome=welcome).session.wake_at() == 10.0
    welcome = messages.Welcome(session="s1", server_time=DAY_ONE, heartbeat_interval=100.0)
    assert Talk(welcome=welcome).session.wake_at() == 30.0


def test_a_result_has_the_documented_fields_and_the_same_bytes_each_time():
    result = JobResult(
        job_id="j1",
        status=JobStatus.FAILED,
        error=JobError(code="E-NODE-001", message="no"),
        variables={"n": 1, "secret": "***", "raw": b"\x00", "deep": deep(200)},
        duration_ms=123_450.0,
        log=(LogLine(level="INFO", message="hello"),),
        executed_nodes=("a", "b"),
        nodes_executed=5,
    )

    frame = result_frame(result)
    sent = json.loads(frame)

    assert frame == result_frame(result)
    assert sent["execution_time"] == 123.45
    assert sent["outputs"]["n"] == 1
    assert sent["outputs"]["raw"] == {"$type": "bytes", "repr": "b'\\x00'"}
    assert "secret" not in sent["outputs"]
    assert from_robot.read(frame).status is JobStatus.FAILED
    assert len(sent["key"]) == 32


def deep(levels):
    value = 1
    for _ in range(levels):
        value = [value]
    return value


def test_a_result_too_large_for_a_message_leaves_out_parts_and_says_so():
    large = "x" * (LARGEST_FRAME - 1_000)
    log = (LogLine(level="INFO", message="y" * 2_000),)
    fits_without_log = JobResult(
        job_id="j1", status=JobStatus.COMPLETED, variables={"a": large}, log=log
    )
    does_not_fit = msgspec.structs.replace(fits_without_log, variables={"a": large, "b": large})

    first, second = map(from_robot.read, map(result_frame, (fits_without_log, does_not_fit)))

    assert (first.log, len(first.outputs["a"])) == ((), len(large))
    assert [warning.key for warning in first.warnings] == ["log"]
    assert [warning.key for warning in second.warnings] == ["log", "outputs"]
    assert second.status is JobStatus.COMPLETED


def test_the_heartbeat_tells_the_audits_newest_end_once_on_each_connection():
    ends = [None, HEAD, HEAD, msgspec.structs.replace(HEAD, seq=9)]
    told = []
    talk = Talk(audit=lambda: ends[0])
    for number in range(len(ends)):
        talk.now += 30.0
        talk.session.tick(talk.now)
        (beat,) = (m for m in talk.said() if isinstance(m, messages.Heartbeat))
        told.append(beat.audit)
        talk.hear(messages.HeartbeatAck(n=number + 2, server_time=DAY_ONE))
        del ends[: len(ends) > 1]
    again = Talk(audit=lambda: HEAD, welcome=None)
    again.said()
    again.hear(WELCOME)

    assert told == [None, HEAD, None, msgspec.structs.replace(HEAD, seq=9)]
    assert HEAD in [getattr(message, "audit", None) for message in again.said()]
