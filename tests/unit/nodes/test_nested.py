import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casare_robot.domain.errors import NodeFailure
from casare_robot.nodes.nested import find, identity, numbered

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.text("ab", max_size=2),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=1), inner, max_size=2)
    ),
    max_leaves=6,
)


@given(VALUES, VALUES)
@settings(max_examples=50)
def test_identities_are_equal_exactly_when_values_are(left, right):
    assert (identity(left) == identity(right)) == (left == right)


def test_what_cannot_be_told_apart_has_no_identity():
    with pytest.raises(NodeFailure, match="bytearray"):
        identity([bytearray(b"a")])


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a.b", (True, 1)),
        ("", (True, {"a": {"b": 1}, "l": [{"c": 2}]})),
        ("a.x", (False, None)),
        ("a.b.c", (False, None)),
        ("l.0", (False, None)),
    ],
)
def test_a_path_leads_through_dictionaries(path, expected):
    assert find({"a": {"b": 1}, "l": [{"c": 2}]}, path) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [("l/0/c", (True, 2)), ("l/-1/c", (True, 2)), ("l/1", (False, None)), ("l/x", (False, None))],
)
def test_a_path_may_lead_through_lists(path, expected):
    assert find({"l": [{"c": 2}]}, path, separator="/", through_lists=True) == expected


def test_an_empty_separator_makes_the_path_one_key():
    assert find({"a.b": 1}, "a.b", separator="") == (True, 1)


def test_numbered_values_come_in_the_order_of_their_numbers():
    values = {"item_10": "j", "item2": "b", "item_1": "a", "items": "no", "item_3": None}
    assert numbered(values, "item") == {1: "a", 2: "b", 10: "j"}
