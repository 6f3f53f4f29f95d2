"""Arithmetic, comparison, expressions."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casare_robot.domain.errors import NodeFailure
from casare_robot.nodes.catalogue import load_catalogue
from casare_robot.nodes.numbers import comparison, math_operation

OPERATIONS = [
    ("add", 7, 2, 9),
    ("subtract", 7, 2, 5),
    ("multiply", 7, 2, 14),
    ("divide", 7, 2, 3.5),
    ("floor_divide", 7, 2, 3),
    ("power", 7, 2, 49),
    ("modulo", 7, 2, 1),
    ("min", 7, 2, 2),
    ("max", 7, 2, 7),
    ("abs", -7, 0, 7),
    ("sqrt", 9, 0, 3),
    ("floor", 1.5, 0, 1),
    ("ceil", 1.5, 0, 2),
    ("round", 2.5, 0, 2),
    ("sin", 0, 0, 0),
    ("cos", 0, 0, 1),
    ("tan", 0, 0, 0),
    ("log", math.e, 0, 1),
    ("log", 8, 2, 3),
    ("log10", 100, 0, 2),
    ("exp", 0, 0, 1),
    ("negate", 7, 0, -7),
    (" ADD ", 7, 2, 9),
]


@pytest.mark.parametrize(("operation", "a", "b", "result"), OPERATIONS)
def test_an_operation_computes(run_node, operation, a, b, result):
    run = run_node("MathOperationNode", {"operation": operation, "a": a, "b": b})

    assert run.outputs == {"result": pytest.approx(result)}


FAILURES = [
    ("divide", 1, 0, "Division by zero"),
    ("floor_divide", 1, 0, "Division by zero"),
    ("sqrt", -1, 0, "sqrt(-1.0) is not defined"),
    ("log", 2, 1, "log(2.0, 1.0) is not defined"),
    ("power", 0, -1, "power(0.0, -1.0) is not defined"),
    ("exp", 1000, 0, "exp(1000.0) is too large a number"),
    ("multiply", 1e200, 1e200, "multiply(1e+200, 1e+200) is inf, which is not a number"),
    ("floor", math.inf, 0, "floor(inf) is too large a number"),
]


@pytest.mark.parametrize(("operation", "a", "b", "error"), FAILURES)
def test_what_has_no_value_fails_and_says_so(run_node, operation, a, b, error):
    run = run_node("MathOperationNode", {"operation": operation, "a": a, "b": b})

    assert run.error == error


@given(
    st.sampled_from(
        load_catalogue().get("MathOperationNode").properties[0].choices,
    ),
    st.floats(),
    st.floats(),
)
def test_a_result_is_finite_or_a_failure(operation, a, b):
    try:
        result = math_operation(
            None, operation=operation, a=a, b=b, round_digits=None, output_var=""
        )["result"]
    except NodeFailure:
        return

    assert math.isfinite(result)


@pytest.mark.parametrize(("digits", "result"), [("0", 2.0), ("", 2.5), ("1", 2.5), (None, 2.5)])
def test_round_digits_is_honoured_as_written(run_node, digits, result):
    run = run_node(
        "MathOperationNode", {"operation": "divide", "a": 5, "b": 2, "round_digits": digits}
    )

    assert run.outputs["result"] == result


def test_output_var_sets_a_variable_too(run_node):
    run = run_node("MathOperationNode", {"a": 1, "b": 2, "output_var": "sum"})

    assert run.variables == {"sum": 3.0}


COMPARISONS = [
    ("==", True, False, False),
    ("!=", False, True, True),
    (">", False, False, True),
    ("<", False, True, False),
    (">=", True, False, True),
    ("<=", True, True, False),
]
WORDS = {
    "==": "equals (==)",
    "!=": "not equals (!=)",
    ">": "greater than (>)",
    "<": "less than (<)",
    ">=": "greater or equal (>=)",
    "<=": "less or equal (<=)",
}


@pytest.mark.parametrize(("symbol", "same", "smaller", "larger"), COMPARISONS)
def test_both_spellings_of_an_operator_compare_alike(symbol, same, smaller, larger):
    for operator in (symbol, WORDS[symbol]):
        results = [comparison(a=a, b=2, operator=operator)["result"] for a in (2, 1, 3)]

        assert results == [same, smaller, larger]


def test_an_unknown_operator_is_refused(run_node):
    assert "'~' is none of" in run_node("ComparisonNode", {"a": 1, "b": 1, "operator": "~"}).error


def test_an_expression_sees_variables_and_its_own(run_node):
    pytest.importorskip("casare_robot.execution.language.expressions")

    run = run_node(
        "EvalExpressionNode",
        {"expression": "x * factor", "variables": {"factor": 2}},
        variables={"x": 21},
    )

    assert run.outputs == {"result": 42, "type": "int", "success": True, "error": ""}


def test_a_failing_expression_leaves_its_error_on_the_ports(run_node):
    pytest.importorskip("casare_robot.execution.language.expressions")

    run = run_node("EvalExpressionNode", {"expression": "1 +"})

    assert run.error == run.outputs["error"]
    assert (run.outputs["type"], run.outputs["success"]) == ("error", False)
