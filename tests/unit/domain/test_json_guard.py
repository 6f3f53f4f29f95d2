import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casare_robot.domain.json_guard import JsonRefusedError, check_value, read_json


@pytest.mark.parametrize(
    ("document", "code", "place"),
    [
        ("", "E-MSG-101", "line 1 column 1"),
        ('{"a": 1,\n "b" 2}', "E-MSG-101", "line 2 column 6"),
        ("[" * 100_000, "E-MSG-102", "line 1 column 101"),
        ('{"a":' * 101 + "1" + "}" * 101, "E-MSG-102", "line 1 column 501"),
        ("[1,\n NaN]", "E-MSG-103", "line 2 column 2"),
        ("[-Infinity]", "E-MSG-103", "line 1 column 2"),
        ('{"NaN": 1e999}', "E-MSG-103", "line 1 column 9"),
        ('{"a": {"x": 1, "y": 2,\n"x": 3}, "b": 0}', "E-MSG-104", "line 2 column 1"),
        ('["\\ud800"]', "E-MSG-105", "line 1 column 2"),
        ('{"\\udc00": 1}', "E-MSG-105", "line 1 column 2"),
        ("[%s]" % ("9" * 1_001), "E-MSG-106", "line 1 column 2"),
        ("[0.%s]" % ("9" * 1_001), "E-MSG-106", "line 1 column 2"),
        (b'{"a": "\xff"}', "E-MSG-108", "line 1, byte 7"),
        (b'{"a":\n"\xff"}', "E-MSG-108", "line 2, byte 7"),
        ('"\ud800"', "E-MSG-105", "line 1 column 2"),
    ],
)
def test_bad_json_is_refused_with_its_place(document, code, place):
    with pytest.raises(JsonRefusedError) as refused:
        read_json(document)
    assert (refused.value.code, refused.value.place) == (code, place)


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ('{"a": 1}'.encode("utf-16"), "this is UTF-16, not UTF-8; save it as UTF-8"),
        ('{"a": 1}'.encode("utf-16-be"), "this is UTF-16, not UTF-8; save it as UTF-8"),
        ('{"a": 1}'.encode("utf-32"), "this is UTF-32, not UTF-8; save it as UTF-8"),
        ('{"ä": 1}'.encode("latin-1"), "not UTF-8; save it as UTF-8"),
        (bytes(range(256)), "not UTF-8; save it as UTF-8"),
        (b" \n", "not JSON: there is nothing in it"),
    ],
)
def test_what_a_file_is_instead_is_told(document, told):
    with pytest.raises(JsonRefusedError) as refused:
        read_json(document)
    assert str(refused.value).startswith(told)


@pytest.mark.parametrize(
    ("document", "value"),
    [
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        ('["\\ud83d\\ude00"]', ["\U0001f600"]),
        ("[" * 100 + "]" * 100, json.loads("[" * 100 + "]" * 100)),
        ('["' + "[" * 1000 + '"]', ["[" * 1000]),
        ('["NaN", "\\\\ud800", -1.5e3]', ["NaN", "\\ud800", -1500.0]),
        ('[{"a": 1}, {"a": 2}]', [{"a": 1}, {"a": 2}]),
    ],
)
def test_good_json_is_read(document, value):
    assert read_json(document) == value


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ({"a": float("nan")}, "E-MSG-103"),
        ({"a": [{1: 2}]}, "E-MSG-101"),
        ({"a": "\ud800"}, "E-MSG-105"),
    ],
)
def test_a_ready_value_that_is_no_json_is_refused(value, code):
    with pytest.raises(JsonRefusedError) as refused:
        check_value(value)
    assert refused.value.code == code


def test_a_ready_value_that_contains_itself_is_refused():
    value = {}
    value["again"] = value
    with pytest.raises(JsonRefusedError, match="levels deep"):
        check_value(value)


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    )
)
@settings(max_examples=50, deadline=None)
def test_what_is_written_as_json_is_read_back(value):
    assert read_json(json.dumps(value)) == value
    assert read_json(json.dumps(value, ensure_ascii=False).encode()) == value
