import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casare_robot.nodes.lists import list_flatten, list_sort, list_unique

NUMBERS = [5, 3, 8, 1, 9, 3]


def test_a_created_list_has_as_many_items_as_are_given(run_node):
    config = {"item_1": "a", "item_2": "b", "item_4": "d", "item_11": "k", "status": "idle"}
    assert run_node("CreateListNode", config).outputs == {"list": ["a", "b", "d", "k"]}
    assert run_node("CreateListNode", {"item1": 1, "item2": 0}).outputs == {"list": [1, 0]}
    assert run_node("CreateListNode").outputs == {"list": []}


@pytest.mark.parametrize(("index", "item"), [(0, 5), ("2", 8), (-1, 3), (None, 5)])
def test_an_item_is_found_by_its_index(run_node, index, item):
    ran = run_node("ListGetItemNode", {"index": index}, inputs={"list": NUMBERS})
    assert ran.outputs == {"item": item}


@pytest.mark.parametrize("index", [6, -7])
def test_an_index_outside_the_list_fails(run_node, index):
    ran = run_node("ListGetItemNode", {"index": index, "list": NUMBERS})
    assert ran.error == f"List index out of range: {index}"


@pytest.mark.parametrize(
    "node_type",
    [
        "ListGetItemNode",
        "ListLengthNode",
        "ListAppendNode",
        "ListContainsNode",
        "ListSliceNode",
        "ListJoinNode",
        "ListSortNode",
        "ListReverseNode",
        "ListUniqueNode",
        "ListFilterNode",
        "ListMapNode",
        "ListReduceNode",
        "ListFlattenNode",
        "ShuffleListNode",
    ],
)
def test_a_missing_list_is_told(run_node, node_type):
    assert run_node(node_type).error == "Input is not a list"


def test_a_list_may_be_json_text_in_the_configuration(run_node):
    assert run_node("ListLengthNode", {"list": "[1, 2, 3]"}).outputs == {"length": 3}


def test_appending_leaves_the_given_list_as_it_is(run_node):
    given_list = [1]
    ran = run_node("ListAppendNode", inputs={"list": given_list, "item": [2]})
    assert (ran.outputs, given_list) == ({"result": [1, [2]]}, [1])


def test_a_single_value_is_appended_to_as_a_list_of_one(run_node):
    ran = run_node("ListAppendNode", inputs={"list": "a", "item": "b"})
    assert ran.outputs == {"result": ["a", "b"]}


@pytest.mark.parametrize(
    ("item", "expected"),
    [(3, {"contains": True, "index": 1}), (7, {"contains": False, "index": -1})],
)
def test_contains_tells_the_first_place(run_node, item, expected):
    ran = run_node("ListContainsNode", inputs={"list": NUMBERS, "item": item})
    assert ran.outputs == expected


def test_a_slice_as_the_designer_writes_it_has_no_end(run_node):
    config = {"start": "0", "end": "", "step": "1", "list": NUMBERS}
    assert run_node("ListSliceNode", config).outputs == {"result": NUMBERS}
    assert run_node("ListSliceNode", {**config, "step": "2"}).outputs == {"result": [5, 8, 9]}
    assert "step" in run_node("ListSliceNode", {**config, "step": "0"}).error


def test_joining_uses_a_comma_unless_told_otherwise(run_node):
    assert run_node("ListJoinNode", {"list": [1, "b"]}).outputs == {"result": "1, b"}
    assert run_node("ListJoinNode", {"list": [1, 2], "separator": ""}).outputs == {"result": "12"}


@given(st.lists(st.integers()))
@settings(max_examples=30)
def test_sorting_in_reverse_is_the_sorted_list_backwards(items):
    forward = list_sort(list=items, reverse=False, key_path="")["result"]
    assert list_sort(list=items, reverse=True, key_path="")["result"] == forward[::-1]


def test_what_has_no_order_is_told(run_node):
    assert "cannot be sorted" in run_node("ListSortNode", {"list": [1, "a"]}).error
    ran = run_node("ListSortNode", {"list": [{"n": 1}, {}], "key_path": "n"})
    assert "by 'n'" in ran.error


def test_a_list_is_reversed(run_node):
    assert run_node("ListReverseNode", {"list": [1, 2]}).outputs == {"result": [2, 1]}


@given(st.lists(st.lists(st.integers(0, 2), max_size=2), max_size=8))
@settings(max_examples=30)
def test_unique_items_are_all_there_once_and_in_order(items):
    unique = list_unique(list=items)
    expected = [item for i, item in enumerate(items) if item not in items[:i]]
    assert unique == {"result": expected, "removed_count": len(items) - len(expected)}


@pytest.mark.parametrize(
    ("depth", "expected"), [(1, [1, [2, [3]]]), (2, [1, 2, [3]]), (9, [1, 2, 3])]
)
def test_flattening_goes_as_deep_as_asked(depth, expected):
    assert list_flatten(list=[[1, [2, [3]]]], depth=depth) == {"result": expected}


def test_shuffling_follows_the_dice_of_the_job(run_node):
    items = [*range(20)]
    expected = [*items]
    random.Random(7).shuffle(expected)
    ran = run_node("ShuffleListNode", inputs={"items": items})
    assert (ran.outputs, items) == ({"result": expected}, [*range(20)])
