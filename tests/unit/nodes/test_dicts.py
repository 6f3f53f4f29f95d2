import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casare_robot.nodes.dicts import dict_to_json, json_parse

PERSON = {"name": "Alice", "age": 30, "addr": {"city": "NYC"}}
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), JSON_VALUES), st.none() | st.integers(0, 4), st.booleans())
@settings(max_examples=50)
def test_what_is_written_as_json_reads_the_same(values, indent, ensure_ascii):
    text = dict_to_json(dict=values, indent=indent, sort_keys=False, ensure_ascii=ensure_ascii)
    data = json_parse(json_string=text["json_string"])["data"]
    assert (data, [*data]) == (values, [*values])


@pytest.mark.parametrize(
    "text",
    ["", "  ", "{", "NaN", "[Infinity]", "[1e999]", "[" * 100_000, "1" * 5_000, 5],
    ids=["empty", "blank", "cut", "nan", "infinity", "overflow", "deep", "long", "number"],
)
def test_what_is_no_json_fails(run_node, text):
    assert run_node("JsonParseNode", inputs={"json_string": text}).error


def test_data_that_was_read_already_passes_through(run_node):
    assert run_node("JsonParseNode", inputs={"json_string": [1]}).outputs == {"data": [1]}


def test_a_byte_order_mark_is_passed_over(run_node):
    assert run_node("JsonParseNode", {"json_string": "\ufeff[1]"}).outputs == {"data": [1]}


@pytest.mark.parametrize(("path", "value"), [("addr.city", "NYC"), ("addr.x", None)])
def test_a_property_is_found_by_its_path(run_node, path, value):
    ran = run_node("GetPropertyNode", {"property_path": path}, inputs={"object": PERSON})
    assert ran.outputs == {"value": value}


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"key": "age"}, {"value": 30, "found": True}),
        ({"key": "x", "default": 1}, {"value": 1, "found": False}),
        ({"key": "x", "default": ""}, {"value": "", "found": False}),
    ],
)
def test_a_value_is_found_by_its_key(run_node, config, expected):
    assert run_node("DictGetNode", {**config, "dict": PERSON}).outputs == expected


def test_a_number_is_a_key_as_text_where_the_dictionary_has_it_so(run_node):
    ran = run_node("DictGetNode", inputs={"dict": {"1": "a"}, "key": 1})
    assert ran.outputs == {"value": "a", "found": True}
    ran = run_node("DictGetNode", inputs={"dict": {1: "b"}, "key": 1})
    assert ran.outputs == {"value": "b", "found": True}


@pytest.mark.parametrize("key", [[1], {"a": 1}])
def test_a_list_is_no_key_and_no_crash(run_node, key):
    ran = run_node("DictHasKeyNode", inputs={"dict": PERSON, "key": key})
    assert ran.outputs == {"has_key": False}


def test_setting_and_removing_leave_the_given_dictionary_as_it_is(run_node):
    values = {"b": 1, "a": 2}
    ran = run_node("DictSetNode", {"key": "c", "value": "3"}, inputs={"dict": values})
    assert [*ran.outputs["result"].items()] == [("b", 1), ("a", 2), ("c", "3")]
    ran = run_node("DictRemoveNode", {"key": "b"}, inputs={"dict": values})
    assert ran.outputs == {"result": {"a": 2}, "removed_value": 1}
    assert values == {"b": 1, "a": 2}


def test_a_key_must_be_given_to_set_a_value(run_node):
    assert run_node("DictSetNode", {"dict": {}, "value": 1}).error == "Key is required"


@pytest.mark.parametrize(
    ("inputs", "result"),
    [
        ({"dict_1": {"a": 1, "b": 1}, "dict_2": {"a": 2}}, {"a": 2, "b": 1}),
        ({"dict_2": {"a": 2}}, {"a": 2}),
    ],
)
def test_the_second_dictionary_wins_a_merge(run_node, inputs, result):
    assert run_node("DictMergeNode", inputs=inputs).outputs == {"result": result}


@pytest.mark.parametrize("inputs", [{}, {"dict_1": {}, "dict_2": "{{gone}}"}])
def test_a_merge_of_no_dictionaries_fails(run_node, inputs):
    assert run_node("DictMergeNode", inputs=inputs).error


def test_keys_values_and_items_keep_their_order(run_node):
    values = {"b": 1, "a": 2}
    assert run_node("DictKeysNode", {"dict": values}).outputs == {"keys": ["b", "a"], "count": 2}
    assert run_node("DictValuesNode", {"dict": values}).outputs == {"values": [1, 2], "count": 2}
    assert run_node("DictItemsNode", {"dict": values}).outputs == {
        "items": [{"key": "b", "value": 1}, {"key": "a", "value": 2}],
        "count": 2,
    }


@pytest.mark.parametrize(
    "node_type",
    [
        "GetPropertyNode",
        "DictGetNode",
        "DictSetNode",
        "DictRemoveNode",
        "DictKeysNode",
        "DictValuesNode",
        "DictItemsNode",
        "DictHasKeyNode",
        "DictToJsonNode",
    ],
)
@pytest.mark.parametrize("value", [None, "{{dict_set.dict}}"])
def test_a_missing_dictionary_is_told(run_node, node_type, value):
    config = {"dict": value, "object": value, "key": "a"}
    assert run_node(node_type, config).error == "Input is not a dictionary"


def test_a_dictionary_is_created_of_any_number_of_pairs(run_node):
    config = {"key_1": "a", "value_1": 1, "key_2": "", "key4": "d", "value4": [1], "key_5": 5}
    ran = run_node("CreateDictNode", config)
    assert ran.outputs == {"dict": {"a": 1, "d": [1], "5": None}}


def test_json_text_escapes_and_sorts_as_asked(run_node):
    config = {"dict": {"b": "é", "a": [1]}}
    assert run_node("DictToJsonNode", config).outputs == {
        "json_string": '{"b": "\\u00e9", "a": [1]}'
    }
    config |= {"sort_keys": "true", "ensure_ascii": "false", "indent": "1"}
    text = run_node("DictToJsonNode", config).outputs["json_string"]
    assert text == json.dumps({"a": [1], "b": "é"}, indent=1, ensure_ascii=False)


@pytest.mark.parametrize("values", [{"a": float("nan")}, {(1, 2): 1}, {"a": 1, 2: 2}])
def test_what_json_cannot_hold_fails(run_node, values):
    ran = run_node("DictToJsonNode", {"sort_keys": True}, inputs={"dict": values})
    assert ran.error.startswith("this cannot be written as JSON")
