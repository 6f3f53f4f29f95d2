"""References inside SQL become literals or quoted names, so that data never becomes code. Pure."""

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from casare_robot.domain.bound_code import BoundCode
from casare_robot.domain.errors import NodeFailure

_NAMES_FOLLOW = frozenset(
    {"FROM", "JOIN", "INTO", "UPDATE", "TABLE", "INDEX", "VIEW", "BY", "EXISTS", "ON", "COLUMN"}
)
"""Words after which SQL wants the name of something, not a value."""


def with_values(sql: str, *, backslashes: bool = False) -> str:
    """The statement with every bound reference written as SQL.

    Inside quotes a value becomes text that cannot end them. Elsewhere it is a
    literal (a list becomes several, for ``IN (...)``), or a quoted name where
    SQL wants one: after ``FROM``, ``INTO``, ``ORDER BY`` and the like, or beside
    a dot. As part of a longer word it can be letters, digits and ``_`` only.

    Args:
        sql: The statement; plain text is returned as it is.
        backslashes: A backslash escapes inside quotes (MySQL).

    Raises:
        NodeFailure: A value cannot be written there.
    """
    if not isinstance(sql, BoundCode):
        return sql
    code = sql
    escape = r"\\.|" if backslashes else ""
    parts = re.compile(
        rf"""(?P<quoted>'(?:{escape}''|[^'])*') | (?P<name>"(?:""|[^"])*"|`[^`]*`)
          | (?P<comment>--[^\n]*|/\*.*?\*/) | (?P<word>[A-Za-z_]\w*)""",
        re.VERBOSE | re.DOTALL,
    )
    place = re.compile(code.place)
    last_word = ""

    def write(match: re.Match[str]) -> str:
        nonlocal last_word
        text = match[0]
        if match["comment"]:
            return code.as_written(text)
        if match["quoted"]:
            return place.sub(lambda at: _escaped(code.text(at[0]), backslashes), text)
        if match["name"]:
            quote = text[0]
            return place.sub(lambda at: _text(code.text(at[0])).replace(quote, quote * 2), text)
        if place.sub("", text):
            last_word = text.upper()
            return _word(code, text) if place.search(text) else text
        beside_dot = (
            code[match.start() - 1 : match.start()] == "." or code[match.end() :][:1] == "."
        )
        value = code.values.get(text, code.filled(text))
        if beside_dot or last_word in _NAMES_FOLLOW:
            return _name(value, code.as_written(text))
        return _literal(value, code.as_written(text), backslashes)

    return parts.sub(write, code)


def bound_json(code: BoundCode) -> Any:
    """JSON text as data: a text that is one place is its value, one with places is bound code.

    Raises:
        ValueError: It is no JSON.
    """
    outside = re.compile(rf'"(?:\\.|[^"\\])*"|({code.place})', re.DOTALL)
    quoted = outside.sub(lambda at: f'"{at[0]}"' if at[1] else at[0], code)
    return _bound(json.loads(quoted), code)


def _bound(data: Any, code: BoundCode) -> Any:
    if isinstance(data, str):
        if data in code.values:
            return code.values[data]
        held = re.search(code.place, data)
        return BoundCode(data, code.values, code.written) if held else data
    if isinstance(data, dict):
        return {key: _bound(item, code) for key, item in data.items()}
    return [_bound(item, code) for item in data] if isinstance(data, list) else data


def filled(data: Any) -> Any:
    """Data in which bound code is ordinary text, with the text of each value in its place."""
    if isinstance(data, BoundCode):
        return data.filled(data)
    if isinstance(data, Mapping):
        return {key: filled(item) for key, item in data.items()}
    return [filled(item) for item in data] if isinstance(data, list | tuple) else data


def _word(code: BoundCode, text: str) -> str:
    filled = code.filled(text)
    if not re.fullmatch(r"\w+", filled):
        raise NodeFailure(f"{code.as_written(text)} must be one word of SQL, and is {filled!r}")
    return filled


def _name(value: Any, written: str) -> str:
    if not isinstance(value, str) or not value:
        raise NodeFailure(f"{written} stands where SQL wants a name, and is {value!r}")
    return '"' + _text(value).replace('"', '""') + '"'


def _literal(value: Any, written: str, backslashes: bool) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise NodeFailure(f"{written} is {value!r}, which SQL cannot say")
        return repr(value)
    if isinstance(value, bytes):
        return f"X'{value.hex()}'"
    if isinstance(value, list | tuple):
        return ", ".join(_literal(item, written, backslashes) for item in value) or "NULL"
    text = json.dumps(value) if isinstance(value, Mapping) else str(value)
    return f"'{_escaped(text, backslashes)}'"


def _escaped(text: str, backslashes: bool) -> str:
    text = _text(text).replace("'", "''")
    return text.replace("\\", "\\\\") if backslashes else text


def _text(text: str) -> str:
    if "\0" in text:
        raise NodeFailure("a value with a NUL character cannot be part of SQL")
    return text
