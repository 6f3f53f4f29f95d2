"""Python code with values beside it. Pure."""

import ast
import io
import re
import tokenize
import warnings
from collections.abc import Iterator
from typing import Any

from casare_robot.domain.bound_code import BoundCode
from casare_robot.domain.errors import NodeFailure

_Edit = tuple[int, int, str]
_FORMATTED = ("FSTRING", "TSTRING")


def bound_python(code: str) -> tuple[str, dict[str, Any]]:
    """The code to run and the names it needs.

    A reference outside strings becomes a name. A string literal with references
    in it is written anew with the values' text. In an f-string ``{{x}}`` is
    Python's own and stays. Code that is no Python is left to the interpreter.

    Raises:
        NodeFailure: A reference is to be part of a name, or set.
    """
    if not isinstance(code, BoundCode):
        return code, {}
    text = code.replace("\r\n", "\n").replace("\r", "\n")
    try:
        edits = list(_edits(code, text))
    except (tokenize.TokenError, SyntaxError):
        return text, dict(code.values)
    for start, end, replacement in reversed(edits):
        text = text[:start] + replacement + text[end:]
    return text + "\n", dict(code.values)


def _edits(code: BoundCode, text: str) -> Iterator[_Edit]:
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    depth, opened = 0, 0
    before, place = "", ""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        start = starts[token.start[0] - 1] + token.start[1]
        end = starts[token.end[0] - 1] + token.end[1]
        kind = tokenize.tok_name[token.type]
        if kind.startswith(_FORMATTED) and kind.endswith("START"):
            opened = opened if depth else start
            depth += 1
        elif kind.startswith(_FORMATTED) and kind.endswith("END"):
            depth -= 1
            if not depth:
                yield from _changed(text, opened, end, code.as_written(text[opened:end]))
        elif not depth:
            if place and token.string == "=":
                raise NodeFailure(f"{place} stands for a value, so it cannot be set")
            place = ""
            if kind == "STRING":
                yield from _changed(text, start, end, _literal(code, token.string))
            elif kind == "NAME" and code.as_written(token.string) != token.string:
                place = code.as_written(token.string)
                if token.string not in code.values or before == ".":
                    raise NodeFailure(f"{place} stands for a value, not for part of a name")
            before = token.string


def _changed(text: str, start: int, end: int, replacement: str) -> Iterator[_Edit]:
    if text[start:end] != replacement:
        yield start, end, replacement


def _literal(code: BoundCode, literal: str) -> str:
    """A string literal with the values' text, on as many lines as before."""
    prefix = literal[: min(literal.find(quote) % len(literal) for quote in "\"'")].lower()
    if "f" in prefix or "t" in prefix:
        return code.as_written(literal)
    if code.filled(literal) == literal and code.as_written(literal) == literal:
        return literal
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        value = ast.literal_eval(literal)
    if isinstance(value, bytes):
        filled = repr(re.sub(code.place.encode(), lambda match: _encoded(code, match), value))
    else:
        filled = repr(code.filled(value))
    return filled + " \\\n" * literal.count("\n")


def _encoded(code: BoundCode, match: re.Match[bytes]) -> bytes:
    return code.text(match[0].decode()).encode("utf-8", "surrogatepass")
