"""JSON from strangers: read in bounded time, or refused with the place. Pure.

Refuses what Python's own reader lets through and what breaks later: deep
nesting, ``NaN`` and ``1e999``, duplicate keys, lone surrogates, endless numbers.

Source: reliability, T12 and 3.5.
"""

import json
import math
import re
from collections.abc import Mapping
from typing import Any, NoReturn

from casare_robot.domain.errors import RobotError

DEEPEST = 100
"""Levels of nesting."""
LARGEST = 100 * 1024 * 1024
"""Bytes of a document."""
LONGEST_NUMBER = 1_000
"""Digits of a number."""

_TOKEN = re.compile(
    r'"(?:[^"\\]|\\.)*+"|[{}\[\],:]|-?\d++(?:\.\d++)?(?:[eE][+-]?\d++)?|-?(?:NaN|Infinity)',
    re.DOTALL,
)


class JsonRefusedError(RobotError):
    """A document is no JSON that we take.

    Attributes:
        code: ``E-MSG-101`` no JSON, ``102`` nested too deeply, ``103`` not a
            finite number, ``104`` a key twice, ``105`` a lone surrogate, ``106``
            an endless number, ``107`` too large, ``108`` not UTF-8.
        place: Where, such as ``line 3 column 7``, ``line 2, byte 40`` or ``$.nodes.a``.
    """

    def __init__(self, number: int, message: str, place: str = "") -> None:
        super().__init__(f"{message} ({place})" if place else message)
        self.code = f"E-MSG-{number}"
        self.place = place


class _OffenceError(ValueError):
    """Something to refuse was seen; where, is looked up afterwards."""


def read_json(document: bytes | str) -> Any:
    """The value of a JSON document.

    Args:
        document: UTF-8 (a byte order mark is fine) or text.

    Raises:
        JsonRefusedError: It is none that we take.
    """
    text = _decoded(document)
    if not text.strip():
        raise JsonRefusedError(101, "not JSON: there is nothing in it", "line 1 column 1")
    if text.count("[") + text.count("{") > DEEPEST:
        _refuse_depth(text)
    try:
        value = json.loads(
            text,
            parse_constant=_refuse_constant,
            parse_float=_finite,
            parse_int=_bounded,
            object_pairs_hook=_without_duplicates,
        )
    except json.JSONDecodeError as error:
        raise JsonRefusedError(101, f"not JSON: {error.msg}", _place(text, error.pos)) from None
    except _OffenceError:
        _refuse_first_offence(text)
    if "\\u" in text:
        _refuse_surrogates(text, value)
    return value


def check_value(value: Any) -> None:
    """Refuse a ready value that could not have come out of `read_json`.

    Raises:
        JsonRefusedError: It is nested too deeply, holds NaN, or has keys that are no text.
    """
    level, depth = [("$", value)], 0
    while level:
        if depth > DEEPEST:
            raise JsonRefusedError(102, f"nested more than {DEEPEST} levels deep", level[0][0])
        below: list[tuple[str, Any]] = []
        for path, item in level:
            if isinstance(item, Mapping):
                for key, inner in item.items():
                    if not isinstance(key, str):
                        raise JsonRefusedError(101, f"the key {key!r} is not text", path)
                    _check_text(key, path)
                    below.append((f"{path}.{key[:50]}", inner))
            elif isinstance(item, list | tuple):
                below += [(f"{path}[{index}]", inner) for index, inner in enumerate(item)]
            elif isinstance(item, float) and not math.isfinite(item):
                raise JsonRefusedError(103, f"{item} is not a finite number", path)
            elif isinstance(item, str):
                _check_text(item, path)
        level, depth = below, depth + 1
        if len(level) > LARGEST // 8:
            raise JsonRefusedError(107, "too many values", level[0][0])


def _check_text(text: str, path: str) -> None:
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise JsonRefusedError(105, "a lone surrogate is no character", path) from None


def _decoded(document: bytes | str) -> str:
    if len(document) > LARGEST:
        raise JsonRefusedError(107, f"larger than {LARGEST // 2**20} MB")
    if isinstance(document, bytes):
        try:
            text = document.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = document.count(b"\n", 0, error.start) + 1
            place = f"line {line}, byte {error.start}"
            raise JsonRefusedError(108, _not_utf_8(document), place) from None
        if "\0" in text[:4]:
            raise JsonRefusedError(108, _not_utf_8(document))
        return text
    try:
        document.encode()
    except UnicodeEncodeError as error:
        place = _place(document, error.start)
        raise JsonRefusedError(105, "a lone surrogate is no character", place) from None
    return document.removeprefix("\ufeff")


def _not_utf_8(document: bytes) -> str:
    found = json.detect_encoding(document)
    try:
        document.decode(found)
    except UnicodeDecodeError:
        return "not UTF-8; save it as UTF-8"
    return f"this is {found[:6].upper()}, not UTF-8; save it as UTF-8"


def _refuse_constant(name: str) -> NoReturn:
    raise _OffenceError(name)


def _finite(number: str) -> float:
    value = float(number) if len(number) <= LONGEST_NUMBER else math.inf
    if not math.isfinite(value):
        raise _OffenceError(number)
    return value


def _bounded(number: str) -> int:
    if len(number) > LONGEST_NUMBER:
        raise _OffenceError(number)
    return int(number)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entries = dict(pairs)
    if len(entries) != len(pairs):
        raise _OffenceError("duplicate key")
    return entries


def _refuse_depth(text: str) -> None:
    depth = 0
    for token in re.finditer(r'"(?:[^"\\]|\\.)*+"|[{}\[\]]', text, re.DOTALL):
        if token[0] in "[{":
            depth += 1
            if depth > DEEPEST:
                place = _place(text, token.start())
                raise JsonRefusedError(102, f"nested more than {DEEPEST} levels deep", place)
        elif token[0] in "]}":
            depth -= 1


def _refuse_first_offence(text: str) -> NoReturn:
    """Walk the tokens up to the first thing the reader refused, to name its place."""
    keys: list[set[str] | None] = []
    previous = ""
    for token in _TOKEN.finditer(text):
        written, place = token[0], token.start()
        if written in "{[":
            keys.append(set() if written == "{" else None)
        elif written in "}]":
            keys.pop()
        elif written[0] == '"':
            seen = keys[-1] if keys else None
            if seen is not None and previous in "{,":
                key = json.loads(written, strict=False)
                if key in seen:
                    raise JsonRefusedError(
                        104, f"the key {key[:100]!r} is there twice", _place(text, place)
                    )
                seen.add(key)
        elif written in ("NaN", "Infinity", "-Infinity"):
            raise JsonRefusedError(103, f"{written} is not a number", _place(text, place))
        elif written[0] in "-0123456789":
            if len(written) > LONGEST_NUMBER:
                message = f"a number of more than {LONGEST_NUMBER:,} digits"
                raise JsonRefusedError(106, message, _place(text, place))
            if any(sign in written for sign in ".eE") and math.isinf(float(written)):
                raise JsonRefusedError(103, f"{written} is too big a number", _place(text, place))
        previous = written
    raise JsonRefusedError(101, "not JSON")


def _refuse_surrogates(text: str, value: Any) -> None:
    if re.search(r"\\u[dD][89a-fA-F]", text) is None:
        return
    for token in re.finditer(r'"(?:[^"\\]|\\.)*+"', text, re.DOTALL):
        if "\\u" in token[0]:
            try:
                json.loads(token[0], strict=False).encode()
            except UnicodeEncodeError:
                place = _place(text, token.start())
                raise JsonRefusedError(105, "a lone surrogate is no character", place) from None


def _place(text: str, position: int) -> str:
    line = text.count("\n", 0, position) + 1
    return f"line {line} column {position - text.rfind(chr(10), 0, position)}"
