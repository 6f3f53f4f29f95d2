import pytest

PERSON = {"name": "Alice", "addr": {"zip": ["1", "2"]}}


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"key": "name"}, {"value": "Alice", "found": True}),
        ({"key": "x", "default_value": "d"}, {"value": "d", "found": False}),
        ({"key": "x"}, {"value": None, "found": False}),
        ({"action": "Get Property", "path": "addr.zip.1"}, {"value": "2", "found": True}),
        (
            {"action": "Get Property", "path": "addr/zip/-1", "separator": "/"},
            {"value": "2", "found": True},
        ),
        ({"action": "Get Property", "key": "addr.zip.0"}, {"value": "1", "found": True}),
        (
            {"action": "Get Property", "path": "addr.x", "default_value": "d"},
            {"value": "d", "found": False},
        ),
        ({"action": "Has Key", "key": "name"}, {"has_key": True}),
        ({"action": "Get Keys"}, {"keys": ["name", "addr"], "count": 2}),
        ({"action": "Get Values"}, {"values": ["Alice", {"zip": ["1", "2"]}], "count": 2}),
        (
            {"action": "Remove Key", "key": "addr"},
            {
                "dict": {"name": "Alice"},
                "removed_value": {"zip": ["1", "2"]},
                "was_removed": True,
            },
        ),
        (
            {"action": "Remove Key", "key": "x", "ignore_missing": "true"},
            {"dict": PERSON, "removed_value": None, "was_removed": False},
        ),
        (
            {"action": "Set Value", "key": "name", "value": "Bob"},
            {
                "dict": {"name": "Bob", "addr": {"zip": ["1", "2"]}},
                "previous": "Alice",
                "was_update": True,
            },
        ),
    ],
)
def test_every_action_on_a_dictionary_works_from_configuration_alone(run_node, config, expected):
    ran = run_node("DictSuperNode", {**config, "dict": PERSON})
    assert (ran.error, ran.outputs) == (None, expected)


def test_items_are_pairs(run_node):
    ran = run_node("DictSuperNode", {"action": "Get Items", "dict": '{"a": 1}'})
    assert ran.outputs == {"items": [{"key": "a", "value": 1}], "count": 1}


def test_a_dictionary_is_created_of_any_number_of_pairs(run_node):
    config = {"action": "Create Dict", "key1": "a", "value1": 1, "key4": "d", "value4": 4}
    assert run_node("DictSuperNode", config).outputs == {"dict": {"a": 1, "d": 4}, "count": 2}


def test_a_path_is_created_unless_told_otherwise(run_node):
    values = {"a": {"x": 1}}
    config = {"action": "Set Value", "key": "a.b.c", "value": 2}
    ran = run_node("DictSuperNode", config, inputs={"dict": values})
    assert ran.outputs == {
        "dict": {"a": {"x": 1, "b": {"c": 2}}},
        "previous": None,
        "was_update": False,
    }
    assert values == {"a": {"x": 1}}
    ran = run_node("DictSuperNode", {**config, "create_path": False}, inputs={"dict": values})
    assert ran.error == "there is no 'b' on the way to 'a.b.c'"


def test_a_key_with_a_dot_that_is_there_is_no_path(run_node):
    config = {"action": "Set Value", "key": "a.b", "value": 2, "dict": {"a.b": 1}}
    assert run_node("DictSuperNode", config).outputs["dict"] == {"a.b": 2}


@pytest.mark.parametrize(
    ("options", "merged"),
    [
        ({}, {"a": 2, "n": {"y": 2}, "b": 1}),
        ({"overwrite": False}, {"a": 1, "n": {"x": 1}, "b": 1}),
        ({"deep_merge": True}, {"a": 2, "n": {"x": 1, "y": 2}, "b": 1}),
        ({"deep_merge": True, "overwrite": False}, {"a": 1, "n": {"x": 1, "y": 2}, "b": 1}),
    ],
)
def test_a_merge_is_as_deep_and_strong_as_asked(run_node, options, merged):
    first, second = {"a": 1, "n": {"x": 1}, "b": 1}, {"a": 2, "n": {"y": 2}}
    config = {"action": "Merge", "dict1": first, "dict2": second, **options}
    assert run_node("DictSuperNode", config).outputs == {"merged": merged, "count": 3}


def test_the_main_dictionary_stands_in_for_the_first_of_a_merge(run_node):
    ran = run_node(
        "DictSuperNode", {"action": "Merge", "dict2": {"b": 2}}, inputs={"dict": {"a": 1}}
    )
    assert ran.outputs == {"merged": {"a": 1, "b": 2}, "count": 2}


def test_json_that_cannot_be_read_is_told_without_failing(run_node):
    config = {"action": "Parse JSON", "json_string": '{"a": [1]}'}
    assert run_node("DictSuperNode", config).outputs == {
        "data": {"a": [1]},
        "success": True,
        "error": "",
    }
    ran = run_node("DictSuperNode", {**config, "json_string": "[NaN]"})
    assert (ran.error, ran.outputs["success"], ran.outputs["data"]) == (None, False, None)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({}, '{"b": "é", "a": 1}'),
        ({"sort_keys": True, "ensure_ascii": True}, '{"a": 1, "b": "\\u00e9"}'),
        ({"indent": "1"}, '{\n "b": "é",\n "a": 1\n}'),
    ],
)
def test_json_is_written_as_asked(run_node, options, text):
    config = {"action": "To JSON", "data": {"b": "é", "a": 1}, **options}
    assert run_node("DictSuperNode", config).outputs == {"json_string": text, "success": True}


@pytest.mark.parametrize(
    "config",
    [
        {"action": "Get Keys"},
        {"action": "Set Value", "dict": {}},
        {"action": "Set Value", "dict": {"a": 1}, "key": "a.b"},
        {"action": "Remove Key", "dict": {}, "key": "x"},
        {"action": "Merge"},
        {"action": "To JSON"},
        {"action": "To JSON", "data": [float("inf")]},
    ],
)
def test_what_cannot_be_done_fails(run_node, config):
    assert run_node("DictSuperNode", config).error
