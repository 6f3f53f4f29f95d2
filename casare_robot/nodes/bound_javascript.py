"""JavaScript code with values beside it. Pure.

The scanner tells strings from the rest without knowing all of the language. It
need not: wherever it is wrong, what it writes is a name or escapes that mean
nothing outside strings, never a value's own characters.
"""

import re
from collections.abc import Callable
from typing import Any

from casare_robot.domain.bound_code import BoundCode
from casare_robot.domain.errors import NodeFailure

_TOKEN = re.compile(
    r"""
    (?P<comment>//[^\n\r]*|/\*.*?(?:\*/|\Z))
    | (?P<string>"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?)
    | (?P<word>[\w$]+)
    | (?P<space>\s+)
    | (?P<mark>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_REGEX = re.compile(r"/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\[\n])+/")
_TEMPLATE = re.compile(r"(?:\\.|\$(?!\{)|[^`\\$])*(?P<end>`|\$\{|\Z)", re.DOTALL)
_BEFORE_REGEX = re.compile(
    r"return|typeof|case|in|of|do|else|void|delete|throw|new|instanceof|await|yield"
)
_AFTER_VALUE = re.compile(r"[\w$)\]}\"'`]$")


def bound_javascript(code: str) -> tuple[str, dict[str, Any]]:
    """The code to run and the constants it needs.

    A reference outside strings becomes a constant. In quotes and regular
    expressions the value's text is written in escapes, in a template it is
    ``${...}``. A constant for the text of place ``p`` is named ``p`` + ``text``.

    Raises:
        NodeFailure: A reference is to be part of a name, or a property's name.
    """
    if not isinstance(code, BoundCode):
        return code, {}
    texts = {f"{place}text": code.text(place) for place in code.values}
    return "".join(_pieces(code)), {**code.values, **texts}


def _pieces(code: BoundCode) -> list[str]:
    pieces: list[str] = []
    braces: list[int] = []
    """For each open template the braces open in its ``${...}``."""
    at, last, in_template = 0, "", False
    while at < len(code):
        if in_template:
            match = _TEMPLATE.match(code, at)
            pieces.append(_filled(code, match[0], _in_template) if match else "")
            in_template = False
            if match and match["end"] == "${":
                braces.append(0)
            last = "`" if match and match["end"] == "`" else "{"
            at = match.end() if match else len(code)
            continue
        match = _token(code, at, last)
        kind = match.lastgroup
        piece = match[0]
        if kind in ("string", None):
            pieces.append(_filled(code, piece, _escaped))
        else:
            if kind == "word":
                _check_word(code, piece, last, match.end())
            pieces.append(piece)
        if piece == "`":
            in_template = True
        elif piece == "{" and braces:
            braces[-1] += 1
        elif piece == "}" and braces:
            if braces[-1]:
                braces[-1] -= 1
            else:
                braces.pop()
                in_template = True
        if kind not in ("space", "comment"):
            last = piece
        at = match.end()
    return pieces


def _token(code: str, at: int, last: str) -> re.Match[str]:
    """The next token; a regular expression has no group."""
    match = _TOKEN.match(code, at)
    if match is None:
        raise IndexError(at)
    is_division = _AFTER_VALUE.search(last) and not _BEFORE_REGEX.fullmatch(last)
    if match["mark"] == "/" and not is_division:
        return _REGEX.match(code, at) or match
    return match


def _check_word(code: BoundCode, word: str, last: str, end: int) -> None:
    written = code.as_written(word)
    if written == word:
        return
    if word not in code.values or last == ".":
        raise NodeFailure(f"{written} stands for a value, not for part of a name")
    if last in ("{", ",") and re.match(r"\s*:", code[end:]):
        raise NodeFailure(f"{written} is a value; as a property's name it is written [{written}]")


def _filled(code: BoundCode, text: str, write: Callable[[BoundCode, str], str]) -> str:
    """Text with the places filled; a backslash before one escapes nothing."""
    return re.sub(
        rf"\\?(?P<place>{code.place})|\\.",
        lambda match: write(code, match["place"]) if match["place"] else match[0],
        text,
        flags=re.DOTALL,
    )


def _in_template(_code: BoundCode, place: str) -> str:
    return f"${{{place}text}}"


def _escaped(code: BoundCode, place: str) -> str:
    units = memoryview(code.text(place).encode("utf-16-le", "surrogatepass")).cast("H")
    return "".join(f"\\x{unit:02x}" if unit < 256 else f"\\u{unit:04x}" for unit in units)
