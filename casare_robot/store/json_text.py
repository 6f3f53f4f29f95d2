"""Names and records as they are kept: checked once, the same for every store. Pure."""

import json
import math
from collections.abc import Mapping
from typing import Any

from casare_robot.domain.errors import Fault, InvalidRecordError

LONGEST_NAME = 500
"""Characters of a key, or of the name of a table, stream or lease."""
LARGEST_RECORD = 64 * 1024 * 1024
"""Bytes of a record or an entry."""

_ENCODER = json.JSONEncoder(allow_nan=False, ensure_ascii=False, separators=(",", ":"))


def check_names(**names: str) -> None:
    """Refuse names that a store cannot keep.

    Raises:
        InvalidRecordError: Names every wrong one.
    """
    faults = [
        _fault(f"a {kind} is text of 1 to {LONGEST_NAME} characters, not {name!r:.80}", kind)
        for kind, name in names.items()
        if not isinstance(name, str) or not 0 < len(name) <= LONGEST_NAME or not is_text(name)
    ]
    if faults:
        raise InvalidRecordError(faults)


def is_text(value: object) -> bool:
    """Whether this is text that every store can keep: without NUL and half characters."""
    if not isinstance(value, str):
        return False
    if value.isascii():
        return "\0" not in value
    return not any(character == "\0" or "\ud800" <= character <= "\udfff" for character in value)


def check_seconds(**seconds: float | None) -> None:
    """Refuse durations that are no numbers, or without end.

    Raises:
        InvalidRecordError: Names every wrong one.
    """
    faults = [
        _fault(f"{name} is a number of seconds, not {value!r}", name)
        for name, value in seconds.items()
        if value is not None and not math.isfinite(value)
    ]
    if faults:
        raise InvalidRecordError(faults)


def record_text(record: Mapping[str, Any]) -> str:
    """A record as JSON.

    Raises:
        InvalidRecordError: It is no JSON object, or too large.
    """
    if not isinstance(record, Mapping):
        raise InvalidRecordError(
            [_fault(f"a record is a JSON object, not {type(record).__name__}", "record")]
        )
    return to_text(dict(record))


def to_text(value: Any) -> str:
    """A value as JSON.

    Raises:
        InvalidRecordError: It is no JSON (NaN, bytes, half a character), or too large.
    """
    try:
        text = _ENCODER.encode(value)
        size = len(text.encode())
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidRecordError([_fault(f"this is no JSON: {error}", "record")]) from error
    if size > LARGEST_RECORD:
        message = f"{size} bytes are more than the {LARGEST_RECORD} that are kept"
        raise InvalidRecordError([_fault(message, "record")])
    return text


def from_text(text: str | bytes) -> Any:
    """The value that was kept."""
    return json.loads(text)


def _fault(message: str, key: str) -> Fault:
    return Fault(code=InvalidRecordError.code, message=message, key=key)
