"""Which rows are meant, and in which order. Pure.

A field is a name, or several with dots between them for fields of fields. It
holds text, a number, a truth value or nothing; a condition on any other value
is not met. Truth values count as 1 and 0. Nothing sorts before numbers, numbers
before text (by code point).
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import msgspec

from casare_robot.domain.errors import Fault, InvalidRecordError

Scalar: TypeAlias = str | int | float | bool | None

_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")


class AnyOf(msgspec.Struct, frozen=True):
    """The field is one of these; None stands for a field that is not there."""

    values: tuple[Scalar, ...]


class Within(msgspec.Struct, frozen=True):
    """The field is a list of which every item is one of these, or is not there."""

    values: tuple[Scalar, ...]


class Below(msgspec.Struct, frozen=True):
    """The field is smaller than this, and of the same kind (number or text)."""

    value: str | float


class AtLeast(msgspec.Struct, frozen=True):
    """The field is not smaller than this, and of the same kind (number or text)."""

    value: str | float


Where: TypeAlias = Mapping[str, Scalar | AnyOf | Within | Below | AtLeast]
"""Field to what it must be; every condition has to be met, none is met by all rows."""


def check_fields(fields: Sequence[str]) -> None:
    """Refuse names that are none.

    Raises:
        InvalidRecordError: Names every wrong one.
    """
    faults = [
        Fault(code=InvalidRecordError.code, message=f"{name!r} is not the name of a field")
        for name in fields
        if not _FIELD.fullmatch(name)
    ]
    if faults:
        raise InvalidRecordError(faults)


def matches(record: Mapping[str, Any], where: Where) -> bool:
    """Whether a record meets every condition."""
    return all(_meets(field_of(record, name), wanted) for name, wanted in where.items())


def sorting_key(record: Mapping[str, Any], name: str) -> tuple[int, Any]:
    """What a field sorts by."""
    value = field_of(record, name)
    if isinstance(value, str):
        return (2, value.encode())
    return (0, 0) if value is None else (1, value)


def field_of(record: Mapping[str, Any], name: str) -> Any:
    """The value of a field; None if it is not there."""
    value: Any = record
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _meets(value: Any, wanted: Any) -> bool:
    match wanted:
        case AnyOf(values):
            return not isinstance(value, list | Mapping) and value in values
        case Within(values):
            return value is None or (
                isinstance(value, list) and all(item in values for item in value)
            )
        case Below(bound):
            return _are_of_a_kind(value, bound) and value < bound
        case AtLeast(bound):
            return _are_of_a_kind(value, bound) and value >= bound
    return not isinstance(value, list | Mapping) and bool(value == wanted)


def _are_of_a_kind(value: Any, bound: str | float) -> bool:
    return isinstance(value, str if isinstance(bound, str) else (int, float))
