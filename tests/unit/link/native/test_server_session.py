from collections import defaultdict

import msgspec
import pytest

from casare_robot.domain.job import JobStatus
from casare_robot.link.native import messages
from casare_robot.link.native.reading import LARGEST_FRAME, encode, from_server
from casare_robot.link.native.server_session import (
    MOST_ATTEMPTS,
    ServerSession,
    SessionBook,
    reconcile,
)
from tests.memory_line import DAY_ONE


class Talk:
    """A session at a time of the test's own; ``said`` is read as the robot reads it."""

    def __init__(self, *, hello=True):
        self.now = 0.0
        self.session = ServerSession(interval=30.0, now=0.0, wall=lambda: DAY_ONE)
        if hello:
            self.hear(greeting())
            self.said()

    def hear(self, message):
        frame = message if isinstance(message, bytes) else encode(message)
        return self.session.received(self.session.read(frame), self.now)

    def said(self):
        frames = []
        while (frame := self.session.next_frame(self.now)) is not None:
            frames.append(from_server.read(frame))
        return frames


def greeting(session="s1", epoch=0, **fields):
    return messages.Hello(protocol=1, robot_id="r", session=session, epoch=epoch, **fields)


def job(name):
    return messages.JobAssignment(job_id=name, workflow=msgspec.Raw(b"{}"))


def ids(frames):
    return [message.job_id for message in frames]


@pytest.fixture
def talk():
    return Talk()


def test_a_robot_is_greeted_before_anything_else():
    talk = Talk(hello=False)
    assert talk.hear(messages.JobAccepted(job_id="j")) is None
    assert [answer.code for answer in talk.said()] == ["E-MSG-121"]

    assert talk.hear(greeting(jobs=("j",))) == greeting(jobs=("j",))
    talk.session.welcome(["j"])
    (welcome,) = talk.said()
    assert (welcome.session, welcome.known_jobs) == ("s1", ("j",))


def test_another_version_is_answered_and_left():
    talk = Talk(hello=False)
    assert talk.hear(b'{"type":"hello","protocol":2,"robot_id":"r","session":"s"}') is None

    assert [answer.code for answer in talk.said()] == ["E-MSG-120"]
    assert (talk.session.is_ending, talk.session.close_code) == (True, 4406)


def test_heartbeats_are_answered_without_the_orchestrator(talk):
    assert talk.hear(messages.Heartbeat(n=7, sent_at=DAY_ONE)) is None
    assert talk.said() == [messages.HeartbeatAck(n=7, server_time=DAY_ONE)]


def test_jobs_go_one_after_the_other_and_each_until_it_is_answered(talk):
    for name in ("a", "b", "c"):
        talk.session.assign(job(name), 0.0)
    assert ids(talk.said()) == ["a"]
    talk.now = 29.0
    assert talk.said() == []
    talk.now = 30.0
    assert ids(talk.said()) == ["a"]

    talk.hear(messages.JobAccepted(job_id="a"))
    assert ids(talk.said()) == ["b"]
    for code in ("E-QUEUE-429", "E-JOB-503"):
        error = messages.ErrorInfo(code=code, message="not now")
        assert messages.JobRefused(job_id="b", error=error).is_temporary
    assert talk.hear(messages.JobRefused(job_id="b", error=error)).is_temporary
    assert ids(talk.said()) == ["c"]
    assert talk.session.unanswered == {"c"}


def test_a_job_that_cannot_be_read_is_sent_again_but_not_for_ever(talk):
    talk.session.assign(job("a"), 0.0)
    error = messages.Error(code="E-MSG-101", message="not JSON", about="a")
    for attempt in range(1, MOST_ATTEMPTS):
        assert talk.said() != []
        assert talk.hear(error) is None
        talk.now = attempt * 30.0

    refused = talk.hear(error)

    assert (refused.job_id, refused.error.code, refused.is_temporary) == ("a", "E-MSG-101", False)
    talk.now = 1_000.0
    assert talk.said() == []


def test_a_cancellation_is_repeated_until_the_result_or_until_the_robot_does_not_know(talk):
    talk.session.cancel("a", "why", 0.0)
    talk.session.cancel("b", "why", 0.0)
    assert ids(talk.said()) == ["a", "b"]
    talk.now = 30.0
    assert ids(talk.said()) == ["a", "b"]

    result = messages.JobResult(job_id="a", status=JobStatus.CANCELLED, key="k")
    assert talk.hear(result) == result
    unknown = messages.Error(code="E-JOB-404", message="not here", about="b")
    assert talk.hear(unknown) == unknown
    talk.now = 60.0
    assert talk.said() == []


def test_abandoning_is_said_once_and_takes_back_an_assignment(talk):
    talk.session.assign(job("a"), 0.0)
    talk.session.cancel("a", "taken over", 0.0, abandon=True)

    assert [message.abandon for message in talk.said()] == [True]
    talk.now = 100.0
    assert talk.said() == []


def test_a_job_too_large_for_a_message_is_not_sent(talk):
    large = messages.JobAssignment(
        job_id="a", workflow=msgspec.Raw(b'{"a":"%b"}' % (b"x" * LARGEST_FRAME))
    )

    assert talk.session.assign(large, 0.0) is False
    assert talk.said() == []


def test_a_silent_robot_is_gone_after_one_and_a_half_intervals(talk):
    talk.now = 10.0
    talk.hear(messages.Heartbeat(n=1, sent_at=DAY_ONE))

    assert not talk.session.tick(54.9)
    assert talk.session.wake_at() == 55.0
    assert talk.session.tick(55.0)


def test_a_superseded_session_hears_of_it_and_of_nothing_else(talk):
    talk.session.assign(job("a"), 0.0)
    talk.session.supersede("s2")

    assert talk.said() == [messages.Superseded(by="s2")]
    assert (talk.session.is_ending, talk.session.close_code) == (True, 4409)


@pytest.mark.parametrize(
    ("held", "known", "missing", "foreign"),
    [
        ((), (), (), ()),
        (("a",), ("a",), (), ()),
        ((), ("b", "a"), ("b", "a"), ()),
        (("c", "a"), ("a", "b"), ("b",), ("c",)),
    ],
)
def test_both_sides_are_compared(held, known, missing, foreign):
    both = reconcile(held, known)

    assert (both.missing, both.foreign) == (missing, foreign)


#    who comes, in order (session, epoch, insists; "-s" leaves, "~s": its first line ends)
#    and what the last one is told
BOOK = [
    ("the first is let in", ["a0"], (None, None)),
    ("the same again", ["a0", "a0"], (None, None)),
    ("a restarted robot takes over", ["a0", "b1"], (None, "a")),
    ("a clone takes over", ["a1", "b1"], (None, "a")),
    ("who had to go is not let in again", ["a1", "b1", "a1"], ("b", None)),
    ("not even while the other is away", ["a1", "b1", "-b", "a1"], ("b", None)),
    ("unless a person insists", ["a1", "b1", "a1!"], (None, "b")),
    ("and then the other has to go", ["a1", "b1", "a1!", "b1"], ("a", None)),
    ("an older start that comes late", ["b2", "a1"], ("b", None)),
    ("a robot that lost its count, the other away", ["b2", "-b", "a0"], (None, "b")),
    ("a robot that lost its count insists", ["b2", "a0!"], (None, "b")),
    ("a line that ends late lets no older one in", ["b2", "b2", "~b", "a1"], ("b", None)),
]


@pytest.mark.parametrize(("case", "who", "told"), BOOK, ids=[case for case, _, _ in BOOK])
def test_one_session_speaks_for_a_robot(case, who, told):
    book, answer, came = SessionBook(), None, defaultdict(list)
    for step in who:
        if step[0] in "-~":
            book.left(came[step[1]][-1 if step[0] == "-" else 0])
        else:
            hello = greeting(step[0], int(step[1]), insists=step.endswith("!"))
            came[step[0]].append(hello)
            answer = book.claim(hello)

    assert answer == told
