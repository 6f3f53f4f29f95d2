import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casare_robot.domain.job import JobResult, JobStatus
from casare_robot.link.native import messages
from casare_robot.link.native.messages import Part, PartAck
from casare_robot.link.native.parts import LARGEST, SMALLEST, WHOLE, Receiver, Sender
from casare_robot.link.native.reading import LARGEST_FRAME, MessageRefusedError, from_robot
from casare_robot.link.session import Part as End
from tests.memory_line import DAY_ONE
from tests.session_talk import Talk


def carry(sender, receiver, *, took=0.0, loses=lambda: False):
    """What arrives of the message under way, and the seconds it took."""
    now, wholes = 100.0, []
    while sender.is_busy:
        frame = sender.next_frame(now)
        if frame is None:
            now = sender.wake_at()
            continue
        if loses():
            continue
        ack, whole = receiver.take(from_robot.read(frame))
        now += took
        if whole is not None:
            wholes.append(whole)
        if not loses():
            sender.acknowledged(ack, now)
    return wholes, now - 100.0


@settings(max_examples=50)
@given(
    texts=st.lists(
        st.text(st.characters(exclude_categories=["Cs"])).map(lambda text: text * 700), max_size=4
    ),
    losses=st.lists(st.booleans(), max_size=30),
)
def test_a_message_arrives_once_whatever_is_lost_on_the_way(texts, losses):
    sender, receiver = Sender(30.0), Receiver()
    for text in texts:
        sender.begin(text.encode())
        wholes, _ = carry(sender, receiver, loses=lambda: bool(losses) and losses.pop())
        assert wholes == [text.encode()]


def test_a_quick_line_carries_larger_parts_and_then_whole_messages():
    sender = Sender(30.0)
    assert sender.fits(b"x" * WHOLE)
    assert not sender.fits(b"x" * (WHOLE + 1))

    sender.begin(b"x" * 5_000_000)
    carry(sender, Receiver(), took=0.01)

    assert sender.fits(b"x" * LARGEST)


def test_a_line_that_turns_slow_carries_small_parts_again():
    sender = Sender(30.0)
    sender.begin(b"x" * 5_000_000)
    carry(sender, Receiver(), took=0.01)
    sender.begin(b"x" * 5_000_000)
    carry(sender, Receiver(), took=5.0)
    sender.begin(b"x" * 50_000)

    assert len(sender.next_frame(0.0)) < SMALLEST + 100


def test_only_one_part_is_on_its_way():
    sender = Sender(30.0)
    sender.begin(b"x" * 50_000)

    assert sender.next_frame(0.0) is not None
    assert sender.next_frame(29.0) is None
    assert sender.next_frame(30.0) is not None


@pytest.mark.parametrize(
    "parts",
    [
        [Part(of=1, n=1, text="x")],
        [Part(of=1, n=0, text="x"), Part(of=1, n=2, text="x")],
        [Part(of=1, n=0, text="x"), Part(of=2, n=1, text="x")],
    ],
)
def test_a_part_that_is_not_the_next_one_is_refused(parts):
    receiver = Receiver()
    for part in parts[:-1]:
        receiver.take(part)

    with pytest.raises(MessageRefusedError, match="not the next one") as refused:
        receiver.take(parts[-1])
    assert refused.value.code == "E-MSG-122"


def test_parts_without_end_are_refused_and_let_go():
    receiver = Receiver()
    for number in range(10):
        receiver.take(Part(of=1, n=number, text="x" * (LARGEST_FRAME // 10)))
    with pytest.raises(MessageRefusedError) as refused:
        receiver.take(Part(of=1, n=10, text="x" * 10))

    assert refused.value.code == "E-MSG-107"
    assert receiver.take(Part(of=2, n=0, text="{}", last=True))[1] == b"{}"


def test_an_acknowledgement_of_something_else_changes_nothing():
    sender = Sender(30.0)
    sender.begin(b"x" * 50_000)
    sender.next_frame(0.0)

    assert not sender.acknowledged(PartAck(of=9, n=0), 1.0)
    assert not sender.acknowledged(PartAck(of=1, n=5), 1.0)
    assert sender.next_frame(1.0) is None


@pytest.mark.parametrize("seconds", [0.01, 4.0, 12.0])
def test_a_large_result_does_not_make_a_slow_line_look_dead(seconds):
    """Each part takes so long; heartbeats pass between them."""
    talk, beats = Talk(), 0
    result = JobResult(job_id="j1", status=JobStatus.COMPLETED, variables={"text": "x" * 120_000})
    talk.session.report(result)
    receiver, whole = Receiver(), None
    while whole is None:
        sent = talk.said()
        parts = [message for message in sent if isinstance(message, Part)]
        waiting = [message for message in sent if isinstance(message, messages.Heartbeat)]
        talk.now += seconds if parts else 1.0
        assert not any(isinstance(ask, End) for ask in talk.session.tick(talk.now))
        for part in parts:
            ack, whole = receiver.take(part)
            talk.hear(ack)
        for beat in waiting:
            beats += 1
            talk.hear(messages.HeartbeatAck(n=beat.n, server_time=DAY_ONE))

    assert len(from_robot.read(whole).outputs["text"]) == 120_000
    if seconds > 1:
        assert beats > 2
    assert talk.hear(messages.ResultAck(job_id="j1")) != []


@pytest.mark.parametrize("way", ["up", "down"])
def test_a_part_that_arrives_is_a_sign_of_life_while_the_echo_is_behind_it(way):
    talk, sender = Talk(), Sender(100.0)
    sender.begin(b"x" * 100_000)
    talk.session.report(
        JobResult(job_id="j", status=JobStatus.COMPLETED, variables={"t": "x" * 100_000})
    )
    talk.session.tick(talk.now)
    talk.now = 30.0
    talk.session.tick(talk.now)
    for _ in range(5):
        parts = [message for message in talk.said() if isinstance(message, Part)]
        talk.now += 10.0
        assert talk.session.tick(talk.now) == ()
        if way == "up":
            talk.hear(PartAck(of=1, n=parts[-1].n))
        else:
            frame = sender.next_frame(talk.now)
            talk.hear(frame)
            sender.acknowledged(PartAck(of=1, n=from_robot.read(frame).n), talk.now)

    talk.now += 14.0
    assert talk.session.tick(talk.now) != ()


def test_a_large_job_is_put_together_and_taken_in():
    talk = Talk()
    frame = b'{"type":"job_assignment","job_id":"j","workflow":{"a":"%b"}}' % (b"x" * 50_000)
    sender = Sender(30.0)
    sender.begin(frame)
    asked = []
    while sender.is_busy:
        asked += talk.hear(sender.next_frame(talk.now))
        (ack,) = (message for message in talk.said() if isinstance(message, PartAck))
        sender.acknowledged(ack, talk.now)

    (whole,) = asked
    assert whole.frame == frame
    (offer,) = talk.hear(whole.frame)
    assert offer.job.id == "j"
