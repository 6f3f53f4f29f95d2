"""Any value as JSON that every reader takes. Pure."""

import math
from collections.abc import Mapping
from typing import Any

from casare_robot.domain.json_guard import DEEPEST, LONGEST_NUMBER

_SHOWN_DEPTH = DEEPEST - 10
"""Levels of a value that are kept, so that it still fits into a message."""
_BIGGEST = 10**LONGEST_NUMBER


def plain(value: Any, depth: int = 0) -> Any:
    """A value as JSON; what JSON cannot say becomes ``{"$type", "repr"}``."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if isinstance(value, int) and -_BIGGEST < value < _BIGGEST:
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if depth < _SHOWN_DEPTH:
        if isinstance(value, Mapping):
            return {plain(str(key)): plain(item, depth + 1) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [plain(item, depth + 1) for item in value]
    return {"$type": type(value).__name__, "repr": _shown(value)}


def readable(value: Any) -> Any:
    """Built-in data in which what is no character, a lone surrogate, is written out."""
    match value:
        case str():
            return value.encode(errors="backslashreplace").decode()
        case dict():
            return {readable(key): readable(item) for key, item in value.items()}
        case list() | tuple():
            return [readable(item) for item in value]
        case _:
            return value


def _shown(value: Any) -> str:
    try:
        text = repr(value)
    except (ValueError, RecursionError) as error:  # endless digits, or nested beyond measure
        text = f"<{error}>"
    return text[:1000].encode("utf-8", "replace").decode()
