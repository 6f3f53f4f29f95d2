"""Any value as JSON that every reader takes. Pure."""

import math
from collections.abc import Callable, Mapping
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


def each_changed(value: Any, change: Callable[[Any], Any]) -> Any:
    """Built-in data in which a function has changed each name and all that holds nothing else."""
    match value:
        case Mapping():
            return {
                each_changed(key, change): each_changed(item, change) for key, item in value.items()
            }
        case list() | tuple():
            return [each_changed(item, change) for item in value]
        case _:
            return change(value)


def readable(value: Any) -> Any:
    """Built-in data in which what is no character, a lone surrogate, is written out."""
    return each_changed(value, _written_out)


def without_nul(value: Any) -> Any:
    """Built-in data with a sign in the place of NUL, which PostgreSQL's text cannot hold."""
    return each_changed(value, nul_replaced)


def nul_replaced(value: Any) -> Any:
    """A text with a sign in the place of NUL; anything else as it is."""
    return value.replace("\0", "\N{REPLACEMENT CHARACTER}") if isinstance(value, str) else value


def _written_out(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode(errors="backslashreplace").decode()
    return value


def _shown(value: Any) -> str:
    try:
        text = repr(value)
    except (ValueError, RecursionError) as error:  # endless digits, or nested beyond measure
        text = f"<{error}>"
    return text[:1000].encode("utf-8", "replace").decode()
