import pytest

NUMBERS = [5, 3, 8, 1, 9, 3]
ROWS = [{"n": 1, "s": "ab"}, {"n": 5, "s": "bc"}, {"s": None}]


@pytest.mark.parametrize(
    ("condition", "key_path", "value", "kept"),
    [
        ("equals", "n", 5, [1]),
        ("not_equals", "n", 5, [0, 2]),
        ("contains", "s", "b", [0, 1]),
        ("starts_with", "s", "b", [1]),
        ("ends_with", "s", "b", [0]),
        ("greater_than", "n", 1, [1]),
        ("greater_than", "n", "1.5", [1]),
        ("less_than", "n", 5, [0]),
        ("is_not_none", "n", None, [0, 1]),
        ("is_none", "n", None, [2]),
        ("is_truthy", "s", None, [0, 1]),
        ("is_falsy", "s", None, [2]),
    ],
)
def test_a_filter_parts_the_list(run_node, condition, key_path, value, kept):
    config = {"condition": condition, "key_path": key_path, "list": ROWS, "value": value}
    ran = run_node("ListFilterNode", config)
    assert ran.outputs == {
        "result": [ROWS[i] for i in kept],
        "removed": [row for i, row in enumerate(ROWS) if i not in kept],
    }


def test_a_list_contains_items_and_a_dictionary_keys(run_node):
    items = [[1, [2]], {"[2]": 1}, "x[2]"]
    ran = run_node("ListFilterNode", {"condition": "contains", "value": [2], "list": items})
    assert ran.outputs["result"] == [items[0], items[2]]


def test_a_condition_without_its_value_is_told(run_node):
    ran = run_node("ListFilterNode", {"condition": "starts_with", "list": ["a"]})
    assert "'starts_with' needs a value" in ran.error


def test_what_cannot_be_compared_is_told(run_node):
    ran = run_node("ListFilterNode", {"condition": "less_than", "list": ["x"], "value": 2})
    assert ran.error == "'x' is not a number"


def test_a_condition_may_be_an_expression(run_node):
    config = {"items": None, "list": ROWS[:2], "condition": "item['n'] > 1 and index == 1"}
    assert run_node("ListFilterNode", config).outputs["result"] == [ROWS[1]]


@pytest.mark.parametrize(
    ("transform", "items", "expected"),
    [
        ("to_string", [1, None, "a"], ["1", "", "a"]),
        ("to_int", [" 2 ", 2.9, None], [2, 2, 0]),
        ("to_float", ["1", None], [1.0, 0.0]),
        ("to_upper", ["a", None], ["A", ""]),
        ("to_lower", ["A"], ["a"]),
        ("trim", [" a "], ["a"]),
        ("length", ["ab", [1], None], [2, 1, 0]),
        ("get_property", [1, None], [1, None]),
    ],
)
def test_every_item_is_transformed(run_node, transform, items, expected):
    ran = run_node("ListMapNode", {"transform": transform, "list": items})
    assert ran.outputs == {"result": expected}


def test_a_transform_may_look_inside_the_items(run_node):
    config = {"transform": "get_property", "key_path": "n", "list": ROWS}
    assert run_node("ListMapNode", config).outputs == {"result": [1, 5, None]}


@pytest.mark.parametrize(
    ("transform", "item"), [("to_int", "x"), ("to_int", float("inf")), ("to_float", "nan")]
)
def test_an_item_that_cannot_be_transformed_is_named(run_node, transform, item):
    ran = run_node("ListMapNode", {"transform": transform, "list": [1, item]})
    assert ran.error.startswith("item 1 cannot be changed")


def test_mapping_by_an_expression_wins_over_the_transform(run_node):
    config = {"expression": "item * 2 + index", "transform": "to_string", "list": [1, 2]}
    assert run_node("ListMapNode", config).outputs == {"result": [2, 5]}


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ("sum", 29),
        ("product", 3240),
        ("min", 1),
        ("max", 9),
        ("avg", 29 / 6),
        ("count", 6),
        ("first", 5),
        ("last", 3),
        ("join", "538193"),
    ],
)
def test_a_list_is_reduced(run_node, operation, expected):
    config = {"operation": operation, "list": [*NUMBERS, None]}
    assert run_node("ListReduceNode", config).outputs == {"result": expected}


@pytest.mark.parametrize(
    ("operation", "initial", "expected"),
    [
        ("sum", None, 0),
        ("avg", None, 0),
        ("count", None, 0),
        ("min", None, None),
        ("max", 7, 7),
        ("join", ";", ""),
    ],
)
def test_nothing_is_reduced_to_the_initial_value(run_node, operation, initial, expected):
    config = {"operation": operation, "list": [], "initial": initial}
    assert run_node("ListReduceNode", config).outputs == {"result": expected}


def test_the_initial_value_starts_a_sum_and_separates_a_join(run_node):
    config = {"list": [{"n": "1"}, {"n": 2}], "key_path": "n"}
    ran = run_node("ListReduceNode", {**config, "operation": "sum", "initial": "10"})
    assert ran.outputs == {"result": 13}
    ran = run_node("ListReduceNode", {**config, "operation": "join", "initial": "-"})
    assert ran.outputs == {"result": "1-2"}


@pytest.mark.parametrize(
    ("operation", "items"),
    [("sum", ["x"]), ("max", [1, "a"]), ("product", [1e300, 1e300]), ("median", [1])],
)
def test_a_list_that_cannot_be_reduced_is_told(run_node, operation, items):
    assert run_node("ListReduceNode", {"operation": operation, "list": items}).error
