"""The quick way to read an assignment: it takes nothing that the thorough one does not."""

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from casare_robot.link.native.assignments import read_assignment
from casare_robot.link.native.messages import JobAssignment, ServerMessage
from casare_robot.link.native.reading import MessageRefusedError, Reader, encode, from_server

thorough = Reader(ServerMessage)
WORKFLOW = {"nodes": {f"n{i}": {"config": {"a": [1, 2.5, None, "ü"]}} for i in range(40)}}


def assignment(workflow, rest=b""):
    return b'{"type":"job_assignment","job_id":"j","workflow":%b%b}' % (workflow, rest)


def outcome(reader, frame):
    """What a reader makes of a frame."""
    try:
        return encode(reader.read(frame))
    except MessageRefusedError as refused:
        return refused.code, refused.about, refused.type, str(refused)


SCALARS = st.sampled_from(
    (
        *(b"1", b"-0", b"1.50", b"1e999", b"NaN", b"null", b"true", b"9" * 1_001, b"9" * 999),
        *(b"0." + b"1" * 1_200, b"1e" + b"0" * 400, b"[" * 7 + b"]" * 7, b"[" * 99 + b"]" * 99),
        *(
            b'"a"',
            b'"\\u0061"',
            b'"\\ud800"',
            b'"\xff"',
            b'"\xc3\xbc"',
            b'"}{]["',
            b'"\\"workflow\\":"',
        ),
        *(b" 1", b"{}", b"[]", b"", b"{"),
    )
)
KEYS = st.sampled_from((b'"a"', b'"b"', b'"\\u0061"', b'"workflow"', b'"'))


def written(inner):
    pairs = st.tuples(KEYS, inner).map(lambda pair: b"%b:%b" % pair)
    return st.lists(pairs, max_size=4).map(lambda them: b"{%b}" % b",".join(them)) | st.lists(
        inner, max_size=3
    ).map(lambda them: b"[%b]" % b",".join(them))


JSON = st.recursive(SCALARS, written, max_leaves=10)


@settings(max_examples=200)
@given(JSON, st.sampled_from((b"", b',"variables":{"a":1}', b',"timeout":0', b',"job_id":"k"')))
@example(b'{"a":1,"a":1}', b"")
@example(b'{"a":"\\"workflow\\":"}', b',"name":"n"')
@example(b'{"a":%b}' % (b"9" * 1_001), b"")
@example(b'{"a":%b}' % (b"[" * 99 + b"]" * 99), b"")
def test_both_ways_take_and_refuse_the_same(workflow, rest):
    frame = assignment(workflow, rest)

    assert outcome(from_server, frame) == outcome(thorough, frame)


@pytest.mark.parametrize(
    "message",
    [
        JobAssignment(job_id="j", workflow=msgspec.Raw(b"{}")),
        JobAssignment(job_id='"workflow":{}', workflow=msgspec.Raw(msgspec.json.encode(WORKFLOW))),
        JobAssignment(
            job_id="j",
            workflow=msgspec.Raw(msgspec.json.encode(WORKFLOW)),
            variables={"workflow": {"a": [1]}},
            name="n",
            priority=3,
            needs_desktop=True,
        ),
    ],
)
def test_what_our_own_orchestrator_writes_is_read_the_quick_way(message):
    assert read_assignment(encode(message)) == message


@pytest.mark.parametrize(
    "workflow",
    [
        b'{"a":1,"a":1}',
        b'{ "a":1}',
        b'{"a":1.50}',
        b'{"a":%b}' % (b"9" * 1_001),
        b'{"a":0.%b}' % (b"1" * 1_001),
        b'{"a":%b}' % (b"[" * 20 + b"]" * 20),
    ],
)
def test_all_else_goes_the_thorough_way(workflow):
    assert read_assignment(assignment(workflow)) is None


def test_other_messages_and_other_ends_have_no_quick_way():
    assert read_assignment(b'{"type":"pause"}') is None
    assert read_assignment(assignment(b"{}", b',"unknown":1')) is None
