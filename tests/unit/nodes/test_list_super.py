import pytest

NUMBERS = [5, 3, 8, 3]


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"action": "Length"}, {"length": 4, "is_empty": False}),
        ({"action": "Contains", "item": 3}, {"contains": True, "index": 1, "count": 2}),
        ({"action": "Append", "item": 1}, {"list": [5, 3, 8, 3, 1], "length": 5}),
        (
            {"action": "Append", "item": [1, 2], "extend": True, "position": "start"},
            {"list": [1, 2, 5, 3, 8, 3], "length": 6},
        ),
        (
            {"action": "Append", "item": 1, "position": "index", "insert_index": "1"},
            {"list": [5, 1, 3, 8, 3], "length": 5},
        ),
        ({"action": "Slice", "start": 1, "end": 3}, {"slice": [3, 8], "length": 2}),
        ({"action": "Slice", "step": "2"}, {"slice": [5, 8], "length": 2}),
        ({"action": "Sort"}, {"sorted": [3, 3, 5, 8], "length": 4}),
        ({"action": "Sort", "descending": "true"}, {"sorted": [8, 5, 3, 3], "length": 4}),
        ({"action": "Reverse"}, {"reversed": [3, 8, 3, 5], "length": 4}),
        ({"action": "Unique"}, {"unique": [5, 3, 8], "length": 3, "duplicates_removed": 1}),
        (
            {"action": "Filter", "expression": "item > 3"},
            {"filtered": [5, 8], "rejected": [3, 3], "length": 2},
        ),
        ({"action": "Filter"}, {"filtered": NUMBERS, "rejected": [], "length": 4}),
        ({"action": "Map", "expression": "x * 2 + i"}, {"mapped": [10, 7, 18, 9], "length": 4}),
        ({"action": "Map"}, {"mapped": NUMBERS, "length": 4}),
        ({"action": "Reduce"}, {"result": 19}),
        ({"action": "Reduce", "initial": "1"}, {"result": 20}),
        ({"action": "Reduce", "reduce_operation": "product"}, {"result": 360}),
        ({"action": "Reduce", "reduce_operation": "min"}, {"result": 3}),
        ({"action": "Reduce", "reduce_operation": "max"}, {"result": 8}),
        ({"action": "Reduce", "reduce_operation": "concat"}, {"result": NUMBERS}),
        (
            {"action": "Reduce", "reduce_operation": "custom", "expression": "acc - item"},
            {"result": -9},
        ),
        (
            {
                "action": "Reduce",
                "reduce_operation": "custom",
                "expression": "acc + item * index",
                "initial": 0,
            },
            {"result": 28},
        ),
        ({"action": "Join", "separator": "|"}, {"result": "5|3|8|3"}),
        ({"action": "Get Item", "index": "-1"}, {"item": 3, "found": True}),
        ({"action": "Get Item", "index": 9}, {"item": None, "found": False}),
        ({"index": 9, "default_value": "none"}, {"item": "none", "found": False}),
        ({"index": -1, "negative_index": False}, {"item": None, "found": False}),
    ],
)
def test_every_action_works_from_configuration_alone(run_node, config, expected):
    ran = run_node("ListSuperNode", {**config, "list": NUMBERS})
    assert (ran.error, ran.outputs) == (None, expected)


def test_a_list_is_created_of_any_number_of_items(run_node):
    config = {"action": "Create List", "item1": "a", "item2": "b", "item5": "e"}
    assert run_node("ListSuperNode", config).outputs == {"list": ["a", "b", "e"], "length": 3}


def test_texts_are_concatenated(run_node):
    config = {"action": "Reduce", "reduce_operation": "concat", "list": ["a", "b"]}
    assert run_node("ListSuperNode", {**config, "initial": ">"}).outputs == {"result": ">ab"}


def test_rows_are_sorted_by_a_key(run_node):
    config = {"action": "Sort", "sort_key": "n", "list": [{"n": 2}, {"n": 1}]}
    assert run_node("ListSuperNode", config).outputs["sorted"] == [{"n": 1}, {"n": 2}]


@pytest.mark.parametrize(
    ("depth", "expected"), [(-1, [1, 2, 3]), (1, [1, [2, [3]]]), (0, [[1, [2, [3]]]])]
)
def test_flattening_goes_all_the_way_unless_told(run_node, depth, expected):
    config = {"action": "Flatten", "depth": depth, "list": [[1, [2, [3]]]]}
    ran = run_node("ListSuperNode", config)
    assert ran.outputs == {"flattened": expected, "length": len(expected)}


@pytest.mark.parametrize(
    "config",
    [
        {"action": "Length"},
        {"action": "Reduce", "reduce_operation": "custom", "list": [1]},
        {"action": "Filter", "expression": "item >", "list": [1]},
        {"action": "Append", "position": "middle", "list": [1]},
    ],
)
def test_what_cannot_be_done_fails(run_node, config):
    assert run_node("ListSuperNode", config).error
