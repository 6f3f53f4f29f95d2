"""Whether an answer fits its question."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casare_robot.domain.answering import checked, fault_of, typed
from casare_robot.domain.errors import QuestionError
from casare_robot.domain.question import NO, YES, Answer, Ask, Field, Form, Page, Table

GOOD = [
    ("text", "Ada", {}),
    ("whole", 3, {}),
    ("number", 2.5, {}),
    ("switch", False, {}),
    ("choice", "b", {"options": ("a", "b")}),
    ("choices", ["a"], {"options": ("a", "b")}),
    ("date", "2026-11-21", {"low": "2026-01-01", "high": "2026-12-31"}),
    ("time", "14:30:00", {}),
    ("moment", "2026-11-21T14:30:00", {}),
    ("colour", "#ff8800", {}),
    ("colour", "#80ff8800", {"alpha": True}),
    ("files", ["/a"], {}),
    ("long_text", "abc", {"most": 3}),
]
BAD = [
    ("text", 3, {}, "no text"),
    ("text", "", {"required": True}, "must be filled in"),
    ("long_text", "abcd", {"most": 3}, "takes 3 characters, not 4"),
    ("whole", 2.5, {}, "no whole number"),
    ("whole", True, {}, "no number"),
    ("number", "x", {}, "no number"),
    ("number", float("inf"), {}, "no number"),
    ("switch", "maybe", {}, "neither true nor false"),
    ("choice", "c", {"options": ("a", "b")}, "not one of 'a', 'b'"),
    ("choices", "a", {"options": ("a",)}, "no list"),
    ("date", "soon", {}, "no date"),
    ("date", "2025-11-21", {"low": "2026-01-01"}, "before 2026-01-01"),
    ("moment", "2027-01-01T00:00:00", {"high": "2026-12-31"}, "after 2026-12-31"),
    ("colour", "red", {}, "no colour"),
    ("colour", "#80ff8800", {}, "no colour"),
]
TYPED = [
    ("whole", "3", 3),
    ("number", "2.5", 2.5),
    ("number", "", None),
    ("switch", "Yes", True),
    ("switch", "n", False),
    ("choices", "a\nb\n", ["a", "b"]),
    ("text", " kept ", " kept "),
    ("date", " 2026-11-21 ", "2026-11-21"),
]


def form(*fields):
    return Ask(title="T", body=Form(pages=(Page(fields=fields),)))


@pytest.mark.parametrize(("kind", "value", "facts"), GOOD)
def test_a_value_that_fits_stays_as_it_is(kind, value, facts):
    ask = form(Field(name="f", kind=kind, **facts))

    assert checked(ask, Answer(button="ok", values={"f": value})).values == {"f": value}


@pytest.mark.parametrize(("kind", "value", "facts", "why"), BAD)
def test_a_value_that_does_not_fit_is_refused_in_words(kind, value, facts, why):
    field = Field(name="f", kind=kind, label="The field:", **facts)

    assert why in fault_of(field, value)
    assert fault_of(field, value).startswith("The field")
    with pytest.raises(QuestionError, match="The field"):
        checked(form(field), Answer(button="ok", values={"f": value}))


@pytest.mark.parametrize(("kind", "text", "value"), TYPED)
def test_typed_text_becomes_what_its_field_wants(kind, text, value):
    assert typed(Field(name="f", kind=kind), text) == value


def test_a_button_that_is_not_there_is_no_answer():
    with pytest.raises(QuestionError, match="only with yes, no"):
        checked(Ask(title="T", buttons=(YES, NO)), Answer(button="ok"))


def test_closing_needs_no_button_and_no_values():
    ask = Ask(title="T", buttons=(YES, NO), dismiss="cancel", proposed="yes")

    assert checked(ask, Answer(button="cancel", values={"x": 1})) == Answer(button="cancel")


def test_what_can_only_be_put_off_cannot_be_closed():
    with pytest.raises(QuestionError):
        checked(Ask(title="T", buttons=(YES, NO), dismiss=""), Answer(button=""))


def test_a_value_that_nothing_asks_for_is_refused():
    with pytest.raises(QuestionError, match="nothing asks for 'g'"):
        checked(form(Field(name="f", kind="text")), Answer(button="ok", values={"g": "x"}))


@pytest.mark.parametrize("row", [2, -1, "0", True])
def test_a_row_that_is_not_there_cannot_be_chosen(row):
    table = Table(columns=("a",), rows=(("1",), ("2",)), can_choose=True)

    with pytest.raises(QuestionError, match="none of the 2 rows"):
        checked(Ask(title="T", body=table), Answer(button="ok", values={"row": row}))


@given(
    kind=st.sampled_from([kind for kind, *_ in GOOD]), value=st.text() | st.integers() | st.none()
)
def test_any_value_fits_or_is_refused_in_words(kind, value):
    field = Field(name="f", kind=kind, options=("a",))

    assert isinstance(fault_of(field, value), str)
