import json
from datetime import UTC, datetime

import msgspec
import pytest

from casare_robot.domain.job import JobError, JobId, JobResult, JobStatus, LogLine
from casare_robot.domain.robot_events import JobLogged, NodeStarted
from casare_robot.link.casarerpa.envelope import EnvelopeWords
from casare_robot.link.casarerpa.flat import FlatWords
from casare_robot.link.casarerpa.jobs import LARGEST_RESULT
from casare_robot.link.casarerpa.push_session import REPEATS, PushSession
from casare_robot.link.identity import Identity
from casare_robot.link.session import Cancel, Delivered, Established, Offer, Part, Pause, Warned
from casare_robot.link.telemetry import Telemetry
from tests.replicas.robot_process import GOOD
from tests.small_robot import SmallRobot

DAY = datetime(2026, 11, 21, 1, 37, 1, 202960, tzinfo=UTC)
ROBOT = Identity(
    robot_id="robot-it-01", robot_name="interop robot", session="s1", tags=("interop",)
)
FIGURES = {"cpu_percent": 1.0, "memory_percent": 2.0, "memory_mb": 64.0, "disk_percent": 3.0}


class PushTalk:
    """A session spoken with message by message, in one of the two ways."""

    def __init__(self, how, *, is_welcome=True):
        self.now = 0.0
        self.how = how
        self.robot = SmallRobot()
        self.telemetry = Telemetry()
        words = (
            FlatWords(ROBOT, lambda: FIGURES, lambda: DAY)
            if how == "flat"
            else EnvelopeWords(ROBOT, "tok", lambda: FIGURES, lambda: DAY)
        )
        self.session = PushSession(
            words,
            self.robot,
            self.telemetry,
            origin="link",
            session_id="s1",
            interval=30.0,
            now=0.0,
        )
        self.beats = []
        if is_welcome:
            self.said()
            assert self.hear("register_ack", success=True) == [Established()]
            self.said()
            self.echo()

    def hear(self, kind, *, answers=None, **facts):
        if self.how == "flat":
            message = {"type": kind, **facts, "timestamp": DAY.isoformat()}
        else:
            message = {"type": kind, "id": f"o-{kind}", "payload": facts}
            message["correlation_id"] = answers
        return self.take(json.dumps(message).encode())

    def take(self, frame):
        return list(self.session.received(self.session.read(frame), self.now))

    def echo(self, number=-1):
        """Answer a heartbeat."""
        asks = self.hear("heartbeat_ack", answers=self.beats[number])
        return [ask for ask in asks if isinstance(ask, Delivered)]

    def said(self):
        messages = []
        while (frame := self.session.next_frame(self.now)) is not None:
            messages.append(json.loads(frame))
            if messages[-1]["type"] == "heartbeat":
                self.beats.append(messages[-1].get("id"))
        return messages

    def types(self):
        return [message["type"] for message in self.said()]

    def facts(self, kind):
        """The facts of the next message of a kind."""
        (message,) = [it for it in self.said() if it["type"] == kind]
        return message if self.how == "flat" else message["payload"]

    def assign(self, job_id="j1", workflow=GOOD):
        held = {"workflow_data": workflow} if self.how == "flat" else {}
        if self.how != "flat":
            held = {"workflow_json": json.dumps(workflow), "parameters": {"x": 1}}
        (offer,) = self.hear("job_assign", job_id=job_id, workflow_id="wf", **held)
        self.session.accepted(JobId(job_id))
        return offer.job


@pytest.fixture(params=["flat", "envelope"])
def talk(request):
    return PushTalk(request.param)


def result(status=JobStatus.COMPLETED, error=None, **more):
    why = JobError(code="E-X-1", message=error, node_id="n2") if error else None
    return JobResult(job_id=JobId("j1"), status=status, error=why, **more)


def test_a_robot_registers_in_the_flat_words_of_its_orchestrator():
    (said,) = PushTalk("flat", is_welcome=False).said()
    facts = said.pop("capabilities")
    assert said == {
        "type": "register",
        "robot_id": "robot-it-01",
        "robot_name": "interop robot",
        "environment": "default",
        "timestamp": "2026-11-21T01:37:01.202960+00:00",
    }
    assert facts["types"] == ["interop", "desktop"]
    assert facts["max_concurrent_jobs"] == 1


def test_a_robot_registers_in_the_envelope_of_its_orchestrator():
    (said,) = PushTalk("envelope", is_welcome=False).said()
    assert said == {
        "type": "register",
        "id": "s1-1",
        "timestamp": "2026-11-21T01:37:01.202960+00:00",
        "payload": {
            "robot_id": "robot-it-01",
            "robot_name": "interop robot",
            "environment": "default",
            "max_concurrent_jobs": 1,
            "tags": ["interop"],
            "capabilities": {"interop": True, "desktop": True},
            "auth_token": "tok",
        },
    }


def test_nothing_follows_the_registration_until_it_is_answered(talk):
    fresh = PushTalk(talk.how, is_welcome=False)
    assert fresh.types() == ["register"]
    fresh.session.report(result())
    assert fresh.types() == []
    (part,) = fresh.session.tick(fresh.session.wake_at())
    assert isinstance(part, Part)


def test_a_refused_registration_is_a_refusal():
    talk = PushTalk("envelope", is_welcome=False)
    (part,) = talk.hear("register_ack", success=False, message="Authentication failed")
    assert part.is_refusal
    assert "Authentication failed" in part.problem


def test_a_result_is_delivered_when_the_heartbeat_behind_it_is_answered(talk):
    talk.assign()
    talk.said()
    talk.echo()
    talk.session.report(result())
    assert talk.types() == ["job_complete", "heartbeat"]
    assert talk.echo() == [Delivered(JobId("j1"), True)]


def test_the_answer_to_a_heartbeat_before_the_result_shows_nothing(talk):
    talk.assign()
    assert "heartbeat" in talk.types()  # what it holds is news; the answer is on its way
    talk.session.report(result())
    assert talk.types() == ["job_complete"]
    assert talk.echo() == []
    assert talk.types() == ["heartbeat"]
    assert talk.echo() == [Delivered(JobId("j1"), True)]


def test_an_unanswered_heartbeat_ends_the_connection(talk):
    talk.now = 31.0
    assert talk.session.tick(talk.now) == ()
    assert talk.types()[-1] == "heartbeat"
    talk.now = 31.0 + 30 * 0.45
    (part,) = talk.session.tick(talk.now)
    assert "heartbeat" in part.problem


def test_the_robot_registers_again_while_it_was_given_nothing(talk):
    seen = []
    while talk.now < 100:
        talk.now += 0.5
        talk.session.tick(talk.now)
        types = talk.types()
        seen += [talk.now] * types.count("register")
        if "heartbeat" in types:
            talk.echo()
    assert seen[: len(REPEATS)] == list(REPEATS)
    assert len(seen) >= len(REPEATS) + 2


def test_the_robot_does_not_register_again_while_it_has_a_job_of_this_connection(talk):
    talk.assign()
    talk.said()
    talk.echo()
    for _ in range(20):
        talk.now += 1
        talk.session.tick(talk.now)
    assert "register" not in talk.types()


def test_a_registration_is_followed_by_what_the_robot_holds(talk):
    talk.now = REPEATS[0]
    talk.session.tick(talk.now)
    assert talk.types() == ["register", "heartbeat"]


def test_a_job_comes_with_workflow_variables_and_time_limit():
    talk = PushTalk("flat")
    (offer,) = talk.hear(
        "job_assign", job_id=17, workflow_data=GOOD, variables={"x": 1}, timeout=120
    )
    assert isinstance(offer, Offer)
    assert offer.job.id == "17"
    assert json.loads(offer.job.workflow) == GOOD
    assert offer.job.variables == {"x": 1}
    assert offer.job.timeout == 120.0
    assert offer.job.name == "interop"


def test_a_workflow_as_text_is_taken_too():
    talk = PushTalk("flat")
    (offer,) = talk.hear("job_assign", job_id="j1", workflow_json=json.dumps(GOOD))
    assert json.loads(offer.job.workflow) == GOOD


def test_an_envelope_job_is_accepted_with_reference_to_its_assignment():
    talk = PushTalk("envelope")
    job = talk.assign()
    (accept,) = [it for it in talk.said() if it["type"] == "job_accept"]
    assert accept["correlation_id"] == "o-job_assign"
    assert accept["payload"] == {"robot_id": "robot-it-01", "job_id": "j1"}
    assert job.variables == {"x": 1}


def test_an_assignment_without_a_workflow_is_rejected(talk):
    assert talk.hear("job_assign", job_id="j1") == []
    assert talk.facts("job_reject")["job_id"] == "j1"


def test_a_refused_job_is_rejected_with_the_reason(talk):
    talk.assign()
    talk.session.refused(JobId("j1"), "E-QUEUE-429", "the queue is full")
    assert talk.facts("job_reject")["reason"] == "E-QUEUE-429 the queue is full"


def test_a_failure_is_told_in_the_words_that_are_read(talk):
    talk.session.report(result(JobStatus.FAILED, "no such invoice"))
    facts = talk.facts("job_failed")
    name = "error" if talk.how == "flat" else "error_message"
    assert facts[name] == "no such invoice"


def test_a_cancelled_job_of_the_flat_websocket_has_failed():
    talk = PushTalk("flat")
    talk.assign()
    assert talk.hear("job_cancel", job_id="j1") == [Cancel(JobId("j1"), "it was cancelled")]
    talk.session.report(result(JobStatus.CANCELLED, "whatever"))
    assert talk.facts("job_failed")["error"] == "Job cancelled"


def test_a_cancelled_job_of_the_envelope_answers_who_cancelled_it():
    talk = PushTalk("envelope")
    talk.assign()
    talk.hear("job_cancel", job_id="j1", reason="test")
    talk.session.report(result(JobStatus.CANCELLED))
    (said,) = [it for it in talk.said() if it["type"] == "job_cancelled"]
    assert said["correlation_id"] == "o-job_cancel"


def test_a_job_of_the_envelope_that_was_cancelled_here_has_failed():
    talk = PushTalk("envelope")
    talk.assign()
    talk.session.report(result(JobStatus.CANCELLED))
    assert talk.facts("job_failed")["error_message"] == "Job cancelled"


def test_the_envelope_is_told_what_the_robot_holds():
    talk = PushTalk("envelope")
    talk.assign()
    talk.robot.free_slots = 0
    facts = talk.facts("heartbeat")
    assert (facts["status"], facts["active_job_ids"]) == ("busy", ["j1"])
    assert facts["cpu_percent"] == 1.0
    talk.echo()
    talk.session.report(result())
    talk.robot.free_slots = 1
    facts = talk.facts("heartbeat")
    assert (facts["status"], facts["active_job_ids"]) == ("online", [])


def test_a_question_for_the_state_is_answered():
    talk = PushTalk("envelope")
    talk.hear("status_request", robot_id="robot-it-01")
    (said,) = talk.said()
    assert (said["type"], said["correlation_id"]) == ("status_response", "o-status_request")
    assert said["payload"]["current_jobs"] == 0
    assert said["payload"]["uptime_seconds"] == 0


def test_pings_pauses_and_complaints_are_understood(talk):
    talk.hear("ping")
    assert talk.types() == ["pong"]
    assert talk.hear("pause") == [Pause("the orchestrator said pause")]
    assert talk.hear("error", message="what?", error_message="what?") == [
        Warned("the orchestrator complains: what?")
    ]


@pytest.mark.parametrize("frame", [b"", b"nonsense", b"[1]", b'{"type": 5}', b'{"type": "new"}'])
def test_what_cannot_be_understood_is_ignored(talk, frame):
    assert talk.take(frame) == []
    assert talk.said() == []


def test_progress_and_lines_are_told_now_and_then(talk):
    talk.assign()
    talk.said()
    talk.echo()
    for number in range(1, 3):
        event = NodeStarted(job_id=JobId("j1"), node_id="n2", nodes_executed=number, at=DAY)
        talk.telemetry.add(event, talk.now)
    line = LogLine(level="WARN", message="careful", node_id="n2")
    talk.telemetry.add(JobLogged(job_id=JobId("j1"), line=line, at=DAY), talk.now)
    talk.now = 5.0
    progress, log = talk.said()
    if talk.how == "envelope":
        progress, log = progress["payload"], log["payload"]
        assert log["entries"] == [{"level": "WARN", "message": "careful", "node_id": "n2"}]
    else:
        assert log["logs"][0]["level"] == "WARNING"
        assert log["sequence"] == 1
    assert (progress["progress"], progress["current_node"]) == (66, "n2")


def test_a_result_never_outgrows_what_the_servers_read(talk):
    variables = {"big": "x" * LARGEST_RESULT, "small": 1, "secret": "***"}
    talk.session.report(result(variables=variables))
    facts = talk.facts("job_complete")
    assert facts["result"]["result_data"] == {"variables": {"small": 1}, "left_out": ["big"]}
    assert len(msgspec.json.encode(facts)) < 1 << 20


def test_leaving_says_goodbye_where_that_is_understood():
    flat, envelope = PushTalk("flat"), PushTalk("envelope")
    for talk in (flat, envelope):
        talk.session.leave("the robot stops")
    assert flat.types() == []
    assert envelope.facts("disconnect")["reason"] == "the robot stops"


@pytest.mark.parametrize(("how", "other"), [("flat", "envelope"), ("envelope", "flat")])
def test_who_welcomes_the_robot_in_another_dialect_is_told_apart(how, other):
    talk, foreign = PushTalk(how, is_welcome=False), PushTalk(other, is_welcome=False)
    talk.how = foreign.how  # whoever is there answers as it can
    (part,) = talk.hear("register_ack", success=True, robot_id=None)

    assert isinstance(part, Part)
    assert f"--dialect {other}" in part.problem


@pytest.mark.parametrize("how", ["flat", "envelope"])
@pytest.mark.parametrize("names", [("workflow_data", "variables"), ("workflow_json", "parameters")])
def test_a_job_is_understood_in_the_words_of_either_dialect(how, names):
    talk = PushTalk(how)
    data, given = names
    facts = {"workflow_data": None, "workflow_json": None, data: GOOD, given: {"x": 1}}
    (offer,) = talk.hear("job_assign", job_id="j1", timeout="120", **facts)

    assert json.loads(offer.job.workflow) == GOOD
    assert offer.job.timeout == 120
    if how == "envelope" or given == "variables":
        assert offer.job.variables == {"x": 1}
