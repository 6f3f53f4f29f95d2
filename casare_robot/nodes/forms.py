"""Forms and wizards, filled in by the person at this machine."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.domain.question import Answer, Ask, Field, FieldKind, Form, Page
from casare_robot.nodes.asking import asked, is_given, text

_KINDS: Mapping[str, FieldKind] = {
    "text": "text",
    "string": "text",
    "multiline": "long_text",
    "textarea": "long_text",
    "password": "secret",
    "integer": "whole",
    "number": "number",
    "checkbox": "switch",
    "boolean": "switch",
    "select": "choice",
    "dropdown": "choice",
    "date": "date",
    "time": "time",
    "datetime": "moment",
    "color": "colour",
    "file": "file",
    "folder": "folder",
}
"""Words of the designer's files to kinds of fields; any other word is a text."""


@node(
    "FormDialogNode",
    category="system",
    effect=Effect.READS,
    needs="gui",
    inputs=(Port("fields"),),
    outputs=(Port("data", DataType.DICT), Port("confirmed", DataType.BOOLEAN)),
    properties=(
        Property("title", DataType.STRING, "Form"),
        Property("fields", DataType.JSON, "[]"),
    ),
)
async def form_dialog(ctx: NodeContext, *, title: str, fields: Any) -> Outputs:
    """What was filled in, by field; a form without fields asks nothing."""
    found = [_field(entry, "") for entry in _entries(fields, "fields")]
    if not found:
        return {"data": {}, "confirmed": False}
    ask = Ask(title=text(title), body=Form(pages=(Page(fields=tuple(found)),)))
    reply = await asked(ctx, ask, unattended=_defaults(found), default_of="default in each field")
    is_confirmed = is_given(reply)
    return {"data": reply.values if is_confirmed else {}, "confirmed": is_confirmed}


@node(
    "WizardDialogNode",
    category="system",
    effect=Effect.READS,
    needs="gui",
    inputs=(Port("steps"),),
    outputs=(
        Port("data", DataType.DICT),
        Port("completed", DataType.BOOLEAN),
        Port("canceled", DataType.BOOLEAN),
        Port("last_step", DataType.INTEGER),
    ),
    properties=(
        Property("title", DataType.STRING, "Wizard"),
        Property("steps", DataType.JSON, "[]"),
        Property("allow_back", DataType.BOOLEAN, True),
    ),
)
async def wizard_dialog(ctx: NodeContext, *, title: str, steps: Any, allow_back: bool) -> Outputs:
    """What was filled in, as ``stepN_name``, N from 0; the last step is an index."""
    pages = [_page(entry, number) for number, entry in enumerate(_entries(steps, "steps"))]
    if not pages:
        return {"data": {}, "completed": False, "canceled": True, "last_step": -1}
    form = Form(pages=tuple(pages), can_go_back=allow_back)
    unattended = _defaults(form.fields)
    reply = await asked(
        ctx,
        Ask(title=text(title), body=form),
        unattended=unattended,
        default_of="default in each field",
    )
    is_completed = is_given(reply)
    return {
        "data": reply.values if is_completed else {},
        "completed": is_completed,
        "canceled": not is_completed,
        "last_step": len(pages) - 1 if is_completed else -1,
    }


def _page(entry: Mapping[str, Any], number: int) -> Page:
    fields = _entries(entry.get("fields", ()), f"fields of step {number + 1}")
    return Page(
        title=text(entry.get("title")),
        text=text(entry.get("description")),
        fields=tuple(_field(one, f"step{number}_") for one in fields),
    )


def _field(entry: Mapping[str, Any], prefix: str) -> Field:
    name = text(entry.get("name"))
    if not name:
        raise NodeFailure(f"a field has no name: {entry!r:.200}", code="E-ASK-400")
    default = entry.get("default")
    kind = _KINDS.get(text(entry.get("type")).lower(), "text")
    options = tuple(text(option) for option in entry.get("options") or ())
    if kind == "choice":
        if not options:
            raise NodeFailure(f"field {name!r} has no options to choose from", code="E-ASK-400")
        default = text(default) if text(default) in options else options[0]
    elif kind in ("whole", "number"):
        default = _number(name, default)
    elif kind == "switch":
        default = default in (True, 1, "true", "True", "1", "yes")
    elif default is not None:
        default = text(default)
    return Field(
        name=prefix + name,
        kind=kind,
        label=text(entry.get("label")) or name,
        default=default,
        required=entry.get("required") in (True, "true", "True"),
        options=options,
        placeholder=text(entry.get("placeholder")),
    )


def _number(name: str, default: Any) -> float | int | None:
    if default in (None, ""):
        return None
    try:
        return int(default) if float(default).is_integer() else float(default)
    except (TypeError, ValueError, OverflowError) as error:
        message = f"the default of field {name!r} is no number: {default!r}"
        raise NodeFailure(message, code="E-ASK-400") from error


def _defaults(fields: Sequence[Field]) -> Answer | None:
    """The answer of an empty desk: each field has a default of its own, and none is a secret."""
    if any(field.default is None or field.kind == "secret" for field in fields):
        return None
    return Answer(button="ok", values={field.name: field.default for field in fields})


def _entries(value: Any, name: str) -> list[Mapping[str, Any]]:
    if isinstance(value, str):
        try:
            value = json.loads(value or "[]")
        except ValueError as error:
            raise NodeFailure(f"{name} is no JSON list: {error}", code="E-ASK-400") from error
    if not isinstance(value, list | tuple) or not all(isinstance(one, Mapping) for one in value):
        raise NodeFailure(f"{name} must be a list of objects, not {value!r:.200}", code="E-ASK-400")
    return list(value)
