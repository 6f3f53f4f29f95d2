"""Whatever an orchestrator answers, a session takes it in: nothing is raised, nothing hangs."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casare_robot.link.casarerpa.queue_table import QueueTableWords
from casare_robot.link.casarerpa.rest import RestWords
from casare_robot.link.casarerpa.tables import TablesWords
from casare_robot.link.exchange import HttpAnswer, SqlAnswer, frame
from casare_robot.link.session import Offer
from tests.replicas.poll_talk import IDENTITY, PollTalk
from tests.unit.link.casarerpa.test_poll_session import DAY
from tests.unit.link.casarerpa.test_push_session import PushTalk

WORDS = st.sampled_from(
    [
        *("job_id", "workflow_json", "workflow_data", "workflow", "variables", "id", "status"),
        *("claimed_at", "created_at", "timeout", "cancel_requested", "error", "config", "success"),
        *("heartbeat_interval", "robot_id", "message", "reason", "parameters", "detail"),
    ]
)
ATOMS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    ATOMS | st.text(max_size=5) | st.sampled_from(["{}", "[]", "j1", "2026-11-21T00:00:00Z"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=5),
    max_leaves=12,
)
KINDS = st.sampled_from(
    [
        *("register_ack", "heartbeat_ack", "job_assign", "job_cancel", "ping", "pause", "resume"),
        *("shutdown", "status_request", "error", "something else"),
    ]
)


@pytest.mark.parametrize("words", ["rest", "tables"])
@given(answers=st.lists(st.tuples(st.sampled_from([200, 201, 404, 409, 500]), VALUES), max_size=8))
@settings(max_examples=50, deadline=None)
def test_answers_over_http_of_any_shape_are_taken_in(words, answers):
    made = RestWords(IDENTITY, dict) if words == "rest" else TablesWords(IDENTITY, lambda: DAY)
    talk = PollTalk(made, None)
    for status, content in answers:
        talk.ask()
        asked, talk.open = talk.open, {}
        for number in asked:
            said = frame(HttpAnswer(number, status), json.dumps(content).encode())
            asks = talk.session.received(talk.session.read(said), talk.now)
            for job in (ask.job for ask in asks if isinstance(ask, Offer)):
                talk.session.accepted(job.id)
        talk.now += 5.0


@given(states=st.lists(st.sampled_from(["", "42P01", "23502", "57014", "40001"]), max_size=8))
@settings(max_examples=30, deadline=None)
def test_whatever_the_database_refuses_is_taken_in(states):
    talk = PollTalk(QueueTableWords(IDENTITY, dict), None)
    number = 0
    for state in states:
        while talk.session.next_frame(talk.now) is not None:
            number += 1
        said = frame(SqlAnswer(number, state, "no"), b"" if state else b"[]")
        talk.session.received(talk.session.read(said), talk.now)
        talk.now += 5.0


@pytest.mark.parametrize("how", ["flat", "envelope"])
@given(
    messages=st.lists(st.tuples(KINDS, st.dictionaries(WORDS, VALUES, max_size=6)), max_size=8),
    garbage=st.binary(max_size=20),
)
@settings(max_examples=50, deadline=None)
def test_messages_of_any_shape_are_taken_in(how, messages, garbage):
    talk = PushTalk(how)
    talk.take(garbage)
    for kind, facts in messages:
        for ask in talk.hear(kind, **{k: v for k, v in facts.items() if k != "answers"}):
            if isinstance(ask, Offer):
                talk.session.accepted(ask.job.id)
        talk.said()
        talk.now += 1.0
        talk.session.tick(talk.now)
