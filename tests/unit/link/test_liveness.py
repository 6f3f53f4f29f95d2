import pytest
from hypothesis import given
from hypothesis import strategies as st

from casare_robot.link.liveness import Liveness


def test_a_heartbeat_is_due_after_the_interval_and_after_each_answer():
    alive = Liveness(30.0, now=0.0)
    assert not alive.tick(29.9)
    assert not alive.must_send

    assert not alive.tick(30.0)
    assert alive.must_send
    assert alive.sent(30.1) == 1
    assert not alive.must_send
    assert alive.answered(1, 31.0) == pytest.approx(0.9)
    assert alive.wake_at() == 61.0


def test_an_answer_to_another_heartbeat_is_none():
    alive = Liveness(30.0, now=0.0)
    alive.ask(0.0)
    number = alive.sent(0.0)

    assert alive.answered(number + 1, 1.0) is None
    assert alive.answered(0, 1.0) is None
    assert alive.tick(13.5)


def test_a_heartbeat_that_cannot_be_sent_counts_from_when_it_was_due():
    alive = Liveness(30.0, now=0.0)
    alive.tick(30.0)

    assert not alive.tick(43.4)
    assert alive.tick(43.5)


def test_a_large_frame_that_makes_way_is_a_sign_of_life():
    alive = Liveness(30.0, now=0.0)
    alive.tick(30.0)
    for moment in range(35, 500, 5):
        alive.moved(moment)
        assert not alive.tick(moment + 4)

    assert alive.tick(moment + 13.5)


@given(interval=st.floats(0.1, 600), dies=st.floats(0, 5_000), answer=st.floats(0.001, 0.05))
def test_a_line_that_dies_is_noticed_within_one_and_a_half_intervals(interval, dies, answer):
    alive, now = Liveness(interval, now=0.0), 0.0
    while not alive.tick(now):
        assert now <= dies + 1.5 * interval
        if alive.must_send:
            number = alive.sent(now)
            now += answer * interval
            if now <= dies:
                alive.answered(number, now)
                continue
        now = max(alive.wake_at(), now)
