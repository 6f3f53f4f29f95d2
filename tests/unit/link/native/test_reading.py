from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casare_robot.domain.json_guard import JsonRefusedError, read_json
from casare_robot.link.native import messages
from casare_robot.link.native.reading import (
    LARGEST_FRAME,
    MessageRefusedError,
    encode,
    from_robot,
    from_server,
)


def assignment(rest=b"", workflow=b"{}", job=b'"j"'):
    return b'{"type":"job_assignment","job_id":%b,"workflow":%b%b}' % (job, workflow, rest)


REFUSED = [
    (b"", "E-MSG-101", ""),
    (b"{", "E-MSG-101", ""),
    (b'{"type":"pause"} x', "E-MSG-101", ""),
    (b'\xef\xbb\xbf{"type":"pause"}', "E-MSG-101", ""),
    (assignment(workflow=b'{"a":%b}' % (b"[" * 100 + b"]" * 100)), "E-MSG-102", "j"),
    (b"[" * 100_000, "E-MSG-102", ""),
    (assignment(workflow=b'{"a":NaN}'), "E-MSG-103", ""),
    (assignment(workflow=b'{"a":1e999}'), "E-MSG-103", "j"),
    (assignment(b',"job_id":"k"'), "E-MSG-104", "k"),
    (assignment(workflow=b'{"a":1,"b":{"c":1,"c":2}}'), "E-MSG-104", "j"),
    (assignment(workflow=b'{"a":1,"\\u0061":2}'), "E-MSG-104", "j"),
    (assignment(workflow=b'{"a":"\\u003a","a":2}'), "E-MSG-104", "j"),
    (assignment(workflow=b'{"a":"\\ud800"}'), "E-MSG-105", ""),
    (assignment(workflow=b'{"a":%b}' % (b"9" * 1_001)), "E-MSG-106", "j"),
    (assignment(workflow=b'{"a":0.%b}' % (b"9" * 1_001)), "E-MSG-106", "j"),
    (b'{"type":"pause","reason":"\xff"}', "E-MSG-108", "pause"),
    (assignment(workflow=b'{"a":"\xff"}'), "E-MSG-108", "j"),
    (assignment(workflow=b"[]"), "E-MSG-110", "j"),
    (assignment(workflow=b'"{}"'), "E-MSG-110", "j"),
    (assignment(job=b"5"), "E-MSG-110", "job_assignment"),
    (assignment(job=b'""'), "E-MSG-110", "job_assignment"),
    (assignment(job=b'"a\\nb"'), "E-MSG-110", "a\nb"),
    (assignment(job=b'"%b"' % (b"j" * 201)), "E-MSG-110", "j" * 200),
    (assignment(b',"timeout":0'), "E-MSG-110", "j"),
    (assignment(b',"timeout":"5"'), "E-MSG-110", "j"),
    (assignment(b',"priority":1.5'), "E-MSG-110", "j"),
    (assignment(b',"expires_at":"2026-11-21T00:00:00"'), "E-MSG-110", "j"),
    (assignment(b',"on_disconnect":"stop"'), "E-MSG-110", "j"),
    (assignment(b',"variables":[]'), "E-MSG-110", "j"),
    (b'{"type":"heartbeat_ack","n":-1}', "E-MSG-110", "heartbeat_ack"),
    (b"[]", "E-MSG-111", ""),
    (b"7", "E-MSG-111", ""),
    (b"null", "E-MSG-111", ""),
    (b"{}", "E-MSG-111", ""),
    (b'{"type":5}', "E-MSG-111", ""),
    (b'{"type":"hello","protocol":1}', "E-MSG-120", "hello"),
    (b'{"type":"job_assign","job_id":"j"}', "E-MSG-120", "j"),
    (b" " * (LARGEST_FRAME + 1), "E-MSG-107", ""),
]


@pytest.mark.parametrize(("frame", "code", "about"), REFUSED, ids=lambda value: repr(value)[:40])
def test_a_frame_that_is_no_message_is_refused_with_its_code(frame, code, about):
    with pytest.raises(MessageRefusedError) as refused:
        from_server.read(frame)

    assert (refused.value.code, refused.value.about) == (code, about)
    assert str(refused.value)


@pytest.mark.parametrize(
    "frame",
    [
        assignment(b',"something_new":{"a":[1,{"b":null}]}'),
        assignment(workflow=b'{"a":"\\u003a :: \\" :"}'),
        assignment(workflow=b'{"a":"\\ud83d\\ude00"}'),
        assignment(workflow=b'\n {"a": %b}' % (b"[" * 95 + b"]" * 95)),
        assignment(workflow=b'{"%b":1}' % (b"0" * 5_000)),
        assignment(workflow=b'{"a":"%b"}' % (b"[{" * 500)),
    ],
)
def test_unusual_messages_are_taken(frame):
    assert from_server.read(frame).job_id == "j"


def test_the_workflow_is_kept_byte_for_byte():
    workflow = b'{ "nodes" : {"a":  1.50} }'

    job = from_server.read(assignment(workflow=workflow)).job("link")

    assert job.workflow == workflow
    assert (job.profile, job.origin) == ("remote", "link")


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
IDS = st.text(
    st.characters(min_codepoint=32, exclude_categories=["C", "Z"]), min_size=1, max_size=200
)
TIMES = st.datetimes(timezones=st.just(UTC))


@settings(max_examples=50)
@given(
    st.builds(
        messages.JobAssignment,
        job_id=IDS,
        workflow=st.dictionaries(st.text(), JSON, max_size=4).map(
            lambda value: msgspec.Raw(msgspec.json.encode(value))
        ),
        variables=st.dictionaries(st.text(), JSON, max_size=4),
        name=st.text(max_size=500),
        timeout=st.none() | st.floats(0.001, 1e6),
        priority=st.integers(-1_000_000, 1_000_000),
        expires_at=st.none() | TIMES,
        needs_desktop=st.booleans(),
        restartable=st.booleans(),
        on_disconnect=st.sampled_from(["continue", "abort"]),
    )
)
def test_an_assignment_survives_the_way_there(message):
    frame = encode(message)
    read = from_server.read(frame)

    assert encode(read) == frame
    assert read.job("link").variables == message.variables


@settings(max_examples=50)
@given(
    st.builds(
        messages.StatusUpdate,
        robot_id=IDS,
        status=st.sampled_from(messages.RobotState),
        current_job=st.none() | IDS,
        current_jobs=st.lists(IDS, max_size=3).map(tuple),
        free_slots=st.integers(0, 100),
        waiting=st.integers(0, 10_000),
        metrics=st.dictionaries(st.text(), JSON, max_size=4),
    )
    | st.builds(messages.Heartbeat, n=st.integers(0, 2**60), sent_at=TIMES)
    | st.builds(messages.Goodbye, reason=st.text(max_size=100))
    | st.builds(
        messages.Hello,
        protocol=st.just(1),
        robot_id=IDS,
        session=IDS,
        jobs=st.lists(IDS, max_size=5).map(tuple),
    )
)
def test_what_a_robot_says_survives_the_way_there(message):
    assert from_robot.read(encode(message)) == message


@settings(max_examples=50)
@given(st.binary(max_size=60) | JSON.map(msgspec.json.encode) | st.text().map(str.encode))
def test_the_quick_guard_lets_nothing_through_that_the_thorough_one_refuses(rest):
    frame = assignment(b',"variables":{"a":%b}' % rest)
    try:
        read_json(frame)
    except JsonRefusedError:
        with pytest.raises(MessageRefusedError):
            from_server.read(frame)


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(MessageRefusedError, match="timezone"):
        from_robot.read(b'{"type":"heartbeat","n":1,"sent_at":"2026-11-21T00:00:00"}')
    good = b'{"type":"heartbeat","n":1,"sent_at":"2026-11-21T01:00:00+01:00"}'
    assert from_robot.read(good).sent_at == datetime(2026, 11, 21, tzinfo=UTC)
