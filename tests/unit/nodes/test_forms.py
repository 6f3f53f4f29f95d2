"""Forms and wizards."""

import json

import pytest

FIELDS = [
    {"name": "who", "type": "text", "label": "Who", "required": True},
    {"name": "many", "type": "number", "default": 3},
    {"name": "sure", "type": "checkbox", "default": True},
    {"name": "size", "type": "select", "options": ["S", "L"], "default": "L"},
]
SECRET = {"name": "pw", "type": "password", "default": "x"}


@pytest.mark.parametrize("fields", [FIELDS, json.dumps(FIELDS)])
def test_a_form_is_filled_in_and_what_is_left_out_is_the_default(run_node, at_desk, fields):
    desk = at_desk("ok", who="Ada", many=2.5)

    run = run_node("FormDialogNode", {"fields": fields}, surroundings=desk)

    assert run.outputs == {
        "data": {"who": "Ada", "many": 2.5, "sure": True, "size": "L"},
        "confirmed": True,
    }


def test_a_required_field_may_not_stay_empty(run_node, at_desk):
    run = run_node("FormDialogNode", {"fields": FIELDS}, surroundings=at_desk("ok"))

    assert "Who must be filled in" in run.error


def test_a_form_without_fields_asks_nothing(run_node, at_desk):
    run = run_node("FormDialogNode", {}, surroundings=at_desk())

    assert (run.outputs, run.surroundings.asked) == ({"data": {}, "confirmed": False}, [])


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ("{", "no JSON list"),
        ([1], "a list of objects"),
        ([{"type": "text"}], "has no name"),
        ([{"name": "a", "type": "select"}], "no options"),
        ([{"name": "a", "type": "number", "default": "x"}], "no number"),
    ],
)
def test_a_form_that_makes_no_sense_is_refused(run_node, at_desk, fields, why):
    assert why in run_node("FormDialogNode", {"fields": fields}, surroundings=at_desk()).error


def test_where_nobody_is_there_a_form_whose_fields_have_defaults_is_filled_in(run_node, at_desk):
    run = run_node("FormDialogNode", {"fields": FIELDS[1:]}, surroundings=at_desk())

    assert run.outputs["data"] == {"many": 3, "sure": True, "size": "L"}


@pytest.mark.parametrize("fields", [FIELDS, [SECRET]])
def test_a_field_without_a_default_or_with_a_secret_needs_somebody(run_node, at_desk, fields):
    run = run_node("FormDialogNode", {"fields": fields}, surroundings=at_desk())

    assert "nobody is there" in run.error


def test_a_wizard_names_values_after_their_steps(run_node, at_desk):
    steps = [
        {"title": "One", "description": "first", "fields": FIELDS[:1]},
        {"title": "Two", "fields": FIELDS[:1]},
    ]
    desk = at_desk("ok", step0_who="Ada", step1_who="Bob")

    run = run_node("WizardDialogNode", {"steps": steps, "allow_back": False}, surroundings=desk)

    assert run.outputs == {
        "data": {"step0_who": "Ada", "step1_who": "Bob"},
        "completed": True,
        "canceled": False,
        "last_step": 1,
    }
    body = run.surroundings.asked[0].body
    assert ([page.title for page in body.pages], body.can_go_back) == (["One", "Two"], False)


def test_a_cancelled_wizard_has_no_data(run_node, at_desk):
    steps = [{"fields": FIELDS}]

    run = run_node("WizardDialogNode", {"steps": steps}, surroundings=at_desk("cancel"))

    assert (run.outputs["data"], run.outputs["canceled"]) == ({}, True)
