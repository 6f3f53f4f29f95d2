"""Variables: set, get, increment."""

import pytest

TYPED = [
    # type        value          becomes
    ("String", "5", "5"),
    ("String", "", ""),
    ("String", None, None),
    ("String", {"k": 1}, {"k": 1}),
    ("Boolean", "Yes", True),
    ("Boolean", "false", False),
    ("Boolean", "", False),
    ("Int32", "42", 42),
    ("Int32", 4.9, 4),
    ("Int32", "4.5", "4.5"),
    ("Int32", 1e400, 1e400),
    ("Float", "4.5", 4.5),
    ("Object", '{"a": 1}', {"a": 1}),
    ("Dict", "", {}),
    ("Dict", "no json", "no json"),
    ("List", "[1, 2]", [1, 2]),
    ("List", "a, b,,c", ["a", "b", "c"]),
    ("Array", "", []),
    ("List", 5, [5]),
    ("DataTable", '[{"a": 1}]', [{"a": 1}]),
    ("FilePath", "/x", "/x"),
]


@pytest.mark.parametrize(("kind", "value", "becomes"), TYPED)
def test_a_value_is_made_of_its_type_where_it_can_be(run_node, kind, value, becomes):
    run = run_node(
        "SetVariableNode",
        {"variable_name": "v", "variable_type": kind},
        inputs={"value": value},
    )

    assert run.variables == {"v": becomes}
    assert type(run.variables["v"]) is type(becomes)
    assert run.outputs == {"value": becomes}


def test_without_a_wire_the_configured_value_is_made_of_the_type(run_node):
    run = run_node(
        "SetVariableNode", {"variable_name": "v", "default_value": "0", "variable_type": "Int32"}
    )

    assert run.variables == {"v": 0}


def test_a_wired_value_comes_before_the_configured_one(run_node):
    run = run_node(
        "SetVariableNode", {"variable_name": "v", "default_value": 1}, inputs={"value": 2}
    )

    assert run.variables == {"v": 2}


def test_setting_does_not_share_the_list_that_came_in(run_node):
    items = [1]

    run = run_node(
        "SetVariableNode", {"variable_name": "v", "variable_type": "List"}, inputs={"value": items}
    )

    assert run.variables["v"] == items
    assert run.variables["v"] is not items


@pytest.mark.parametrize("node_type", ["GetVariableNode", "IncrementVariableNode"])
def test_a_variable_needs_a_name(run_node, node_type):
    assert run_node(node_type, {"variable_name": ""}).error == "Variable name is required"


def test_get_prefers_the_value_even_if_it_counts_as_false(run_node):
    run = run_node(
        "GetVariableNode", {"variable_name": "v", "default_value": 1}, variables={"v": 0}
    )

    assert run.outputs == {"value": 0}


def test_increment_starts_at_zero_and_gives_floats(run_node):
    run = run_node("IncrementVariableNode", {"variable_name": "n"})

    assert repr(run.variables["n"]) == "1.0"


def test_increment_refuses_to_overflow(run_node):
    run = run_node(
        "IncrementVariableNode", {"variable_name": "n", "increment": 1e308}, variables={"n": 1e308}
    )

    assert "too large" in run.error
    assert run.variables == {"n": 1e308}
