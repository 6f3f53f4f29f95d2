"""The variables of a workflow as a form, and what was typed as values. Pure."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from casare_robot.domain.workflow import Variable, Workflow

Kind = Literal["text", "secret", "switch", "json"]

_KINDS: Mapping[str, Kind] = {
    "BOOLEAN": "switch",
    "LIST": "json",
    "DICT": "json",
    "JSON": "json",
}


class FormField(msgspec.Struct, frozen=True, kw_only=True):
    """A variable to fill in; ``text`` is its default as one types it."""

    name: str
    kind: Kind
    text: str
    description: str


class RunForm(msgspec.Struct, frozen=True, kw_only=True):
    """A workflow that is about to be run."""

    title: str
    fields: tuple[FormField, ...]
    warnings: tuple[str, ...] = ()


def run_form(workflow: Workflow, *, name: str, warnings: Sequence[str] = ()) -> RunForm:
    """The form of a workflow; variables that cannot be set are left out.

    Args:
        workflow: Loaded.
        name: Of its file.
        warnings: What is odd about the file.
    """
    return RunForm(
        title=workflow.name or name,
        fields=tuple(_field(it) for it in workflow.variables.values() if not it.readonly),
        warnings=tuple(warnings),
    )


def values_of(form: RunForm, said: Mapping[str, str]) -> dict[str, str]:
    """The variables that differ from their defaults, as typed: the robot makes them of their type.

    Args:
        form: What was asked.
        said: What was typed, by name; ``true`` or ``false`` for switches.
    """
    return {
        field.name: said[field.name]
        for field in form.fields
        if said.get(field.name, field.text) != field.text
    }


def _field(variable: Variable) -> FormField:
    kind: Kind = "secret" if variable.sensitive else _KINDS.get(variable.type.upper(), "text")
    return FormField(
        name=variable.name,
        kind=kind,
        text=_text(variable.default),
        description=variable.description,
    )


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
