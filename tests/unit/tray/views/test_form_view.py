"""The variables of a workflow as a form."""

import pytest

from casare_robot.domain.workflow import Variable, Workflow
from casare_robot.tray.views.form_view import run_form, values_of


def form(*variables):
    workflow = Workflow(name="", nodes={}, variables={it.name: it for it in variables})
    return run_form(workflow, name="invoices", warnings=["odd"])


@pytest.mark.parametrize(
    ("type_", "default", "kind", "text"),
    [
        ("String", "World", "text", "World"),
        ("Integer", 3, "text", "3"),
        ("Boolean", True, "switch", "true"),
        ("List", ["a"], "json", '["a"]'),
        ("Dict", {"ä": 1}, "json", '{"ä": 1}'),
        ("Any", None, "text", ""),
    ],
)
def test_each_type_has_its_field(type_, default, kind, text) -> None:
    field = form(Variable(name="x", type=type_, default=default)).fields[0]

    assert (field.kind, field.text) == (kind, text)


def test_a_sensitive_variable_is_typed_unseen_and_a_readonly_one_not_at_all() -> None:
    made = form(
        Variable(name="password", type="String", sensitive=True),
        Variable(name="fixed", readonly=True),
    )

    assert [(field.name, field.kind) for field in made.fields] == [("password", "secret")]


def test_a_workflow_without_a_name_is_called_like_its_file() -> None:
    assert form().title == "invoices"
    assert form().warnings == ("odd",)


def test_only_what_was_changed_is_handed_over() -> None:
    made = form(Variable(name="a", default="1"), Variable(name="b", default="2"))

    assert values_of(made, {"a": "1", "b": "3"}) == {"b": "3"}
