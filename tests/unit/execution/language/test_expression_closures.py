import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simpleeval import InvalidExpression

from casare_robot.execution.language.expression_closures import closure_of
from casare_robot.execution.language.expression_language import OPERATORS, evaluator

NAMES = {"a": 3, "b": "4", "c": None, "d": [1]}
ATOMS = st.sampled_from(["a", "b", "c", "d", "1", "2.5", "'x'", "'3'", "True", "None"])
TEXTS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.builds(
            "({} {} {})".format,
            inner,
            st.sampled_from(["+", "-", "*", "/", "%", "==", "<", ">=", "!=", "in", "and", "or"]),
            inner,
        ),
        st.builds("(not {})".format, inner),
        st.builds("(-{})".format, inner),
    ),
    max_leaves=5,
)


def outcome(compute):
    try:
        return compute()
    except (ArithmeticError, LookupError, TypeError, ValueError, InvalidExpression) as error:
        return type(error), str(error)


@given(TEXTS)
@settings(max_examples=50, deadline=None)
def test_a_closure_gives_what_the_evaluator_gives(text):
    tree = ast.parse(text, mode="eval").body
    closure = closure_of(tree, OPERATORS)
    assert closure is not None
    expected = outcome(lambda: evaluator(NAMES.__getitem__).eval(text, tree))
    assert outcome(lambda: closure(NAMES.__getitem__)) == expected


@pytest.mark.parametrize(
    "text", ["len(a)", "a.b", "a[0]", "1 < a < 3", "b'x'", "[a]", "a if b else c"]
)
def test_what_is_not_plain_is_left_to_the_evaluator(text):
    assert closure_of(ast.parse(text, mode="eval").body, OPERATORS) is None
