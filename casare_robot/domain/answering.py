"""Whether an answer fits its question, and what typed text means as one. Pure."""

import math
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Any

from casare_robot.domain.errors import QuestionError
from casare_robot.domain.question import Answer, Ask, Copied, Field, Form, Picture, Table

_TRUE = frozenset({"true", "yes", "y", "1", "on"})
_FALSE = frozenset({"false", "no", "n", "0", "off", ""})


def checked(ask: Ask, answer: Answer) -> Answer:
    """The answer as the node gets it: what was left out is the default.

    Raises:
        QuestionError: There is no such button, or a value does not fit its field.
    """
    names = [button.name for button in ask.buttons]
    if answer.button == ask.dismiss != "" and ask.dismiss != ask.proposed:
        return Answer(button=answer.button)
    if answer.button not in names:
        raise QuestionError(
            f"{ask.title!r} cannot be answered with {answer.button!r}, only with {', '.join(names)}"
        )
    if isinstance(ask.body, Form):
        return Answer(button=answer.button, values=_filled(ask.body, answer.values))
    if isinstance(ask.body, Table) and ask.body.can_choose:
        row = answer.values.get("row")
        is_index = isinstance(row, int) and not isinstance(row, bool)
        if row is not None and not (is_index and 0 <= row < len(ask.body.rows)):
            raise QuestionError(f"{row!r} is none of the {len(ask.body.rows)} rows, counted from 0")
        return Answer(button=answer.button, values={"row": row})
    if isinstance(ask.body, Picture) and ask.body.pages:
        page = answer.values.get("page", ask.body.page)
        if not isinstance(page, int) or not 1 <= page <= len(ask.body.pages):
            raise QuestionError(f"{page!r} is none of the {len(ask.body.pages)} pages")
        return Answer(button=answer.button, values={"page": page})
    if isinstance(ask.body, Copied):
        content, changed = answer.values.get("content"), answer.values.get("changed", True)
        if not isinstance(content, str) or not isinstance(changed, bool):
            raise QuestionError("what was copied is a text, and new or not")
        return Answer(button=answer.button, values={"content": content, "changed": changed})
    return Answer(button=answer.button)


def fault_of(field: Field, value: Any) -> str:
    """What is wrong with a value, in a sentence; empty: nothing."""
    try:
        fitting(field, value)
    except QuestionError as error:
        return str(error)
    return ""


def typed(field: Field, text: str) -> Any:
    """What a text means in a field; several choices or files stand on lines of their own.

    Raises:
        QuestionError: It cannot be of the field's kind.
    """
    text = text if field.kind in ("text", "long_text", "secret") else text.strip()
    match field.kind:
        case "whole" | "number":
            return _number(field, text) if text else None
        case "switch":
            word = text.lower()
            if word not in _TRUE | _FALSE:
                raise QuestionError(f"{_name(field)}: {text!r} is neither yes nor no")
            return word in _TRUE
        case "choices" | "files":
            return [line.strip() for line in text.splitlines() if line.strip()]
        case _:
            return text


def fitting(field: Field, value: Any) -> Any:
    """A value as its field wants it; None is the default.

    Raises:
        QuestionError: It does not fit.
    """
    if value is None:
        value = field.default if field.default is not None else _EMPTY.get(field.kind, "")
    if field.required and value in ("", [], None):
        raise QuestionError(f"{_name(field)} must be filled in")
    if value in ("", [], None):
        return value
    return _FIT.get(field.kind, _text)(field, value)


def empty(field: Field) -> Any:
    """What an untouched field holds."""
    return field.default if field.default is not None else _EMPTY.get(field.kind, "")


def _filled(form: Form, values: Mapping[str, Any]) -> dict[str, Any]:
    unknown = values.keys() - {field.name for field in form.fields}
    if unknown:
        raise QuestionError(f"nothing asks for {', '.join(map(repr, sorted(unknown)))}")
    return {field.name: fitting(field, values.get(field.name)) for field in form.fields}


def _name(field: Field) -> str:
    return (field.label or field.name).rstrip(" :") or "it"


def _text(field: Field, value: Any) -> str:
    if not isinstance(value, str):
        raise QuestionError(f"{_name(field)}: {value!r} is no text")
    if field.most and len(value) > field.most:
        raise QuestionError(f"{_name(field)} takes {field.most} characters, not {len(value)}")
    return value


def _number(field: Field, value: Any) -> float | int:
    if isinstance(value, str):
        try:
            value = int(value) if field.kind == "whole" else float(value)
        except ValueError:
            raise QuestionError(f"{_name(field)}: {value!r} is no number") from None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise QuestionError(f"{_name(field)}: {value!r} is no number")
    if field.kind == "whole" and value != int(value):
        raise QuestionError(f"{_name(field)}: {value!r} is no whole number")
    return int(value) if field.kind == "whole" else value


def _switch(field: Field, value: Any) -> bool:
    if not isinstance(value, bool):
        raise QuestionError(f"{_name(field)}: {value!r} is neither true nor false")
    return value


def _choice(field: Field, value: Any) -> str:
    if value not in field.options:
        raise QuestionError(f"{_name(field)}: {value!r} is not one of {_listed(field.options)}")
    return str(value)


def _choices(field: Field, value: Any) -> list[str]:
    return [_choice(field, one) for one in _list(field, value)]


def _files(field: Field, value: Any) -> list[str]:
    return [_text(field, one) for one in _list(field, value)]


def _list(field: Field, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise QuestionError(f"{_name(field)}: {value!r} is no list")
    return value


def _colour(field: Field, value: Any) -> str:
    text = str(value)
    digits = r"#[0-9a-fA-F]{6}(?:[0-9a-fA-F]{2})?" if field.alpha else r"#[0-9a-fA-F]{6}"
    if not re.fullmatch(digits, text):
        raise QuestionError(f"{_name(field)}: {text!r} is no colour such as #3399ff")
    return text.lower()


def _when(field: Field, value: Any) -> str:
    try:
        found = _READ[field.kind](str(value))
    except ValueError:
        raise QuestionError(f"{_name(field)}: {value!r} is no {_WORDS[field.kind]}") from None
    day = found[:10]
    if field.low and day < field.low:
        raise QuestionError(f"{_name(field)}: {day} is before {field.low}")
    if field.high and day > field.high:
        raise QuestionError(f"{_name(field)}: {day} is after {field.high}")
    return found


def _listed(options: tuple[str, ...]) -> str:
    shown = ", ".join(map(repr, options[:10]))
    return shown + (", …" if len(options) > 10 else "")


_READ: Mapping[str, Callable[[str], str]] = {
    "date": lambda text: date.fromisoformat(text).isoformat(),
    "time": lambda text: time.fromisoformat(text).isoformat(),
    "moment": lambda text: datetime.fromisoformat(text).isoformat(),
}
_WORDS = {
    "date": "date such as 2026-11-21",
    "time": "time such as 14:30",
    "moment": "time such as 2026-11-21 14:30",
}
_EMPTY: Mapping[str, Any] = {"switch": False, "choices": [], "files": []}
_FIT = {
    "whole": _number,
    "number": _number,
    "switch": _switch,
    "choice": _choice,
    "choices": _choices,
    "files": _files,
    "colour": _colour,
    "date": _when,
    "time": _when,
    "moment": _when,
}
