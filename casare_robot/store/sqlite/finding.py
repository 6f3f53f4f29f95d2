"""Conditions and order as SQL. Pure; field names are checked, values are bound."""

import math
from collections.abc import Sequence
from typing import Any, TypeAlias

from casare_robot.store.conditions import (
    AnyOf,
    AtLeast,
    Below,
    Scalar,
    Where,
    Within,
    check_fields,
)

Sql: TypeAlias = tuple[str, list[Any]]
"""Text and the values bound to it."""

LIVE = "tbl = ? AND (expires IS NULL OR expires > ?)"


def where_sql(table: str, where: Where | None, now: float) -> Sql:
    """What follows WHERE."""
    where = where or {}
    check_fields(list(where))
    parts, values = [LIVE], [table, now]
    for field, wanted in where.items():
        part, more = _condition(field, wanted)
        parts.append(part)
        values += more
    return " AND ".join(parts), values


def order_sql(order: Sequence[str]) -> str:
    """What follows ORDER BY."""
    check_fields([name.removeprefix("-") for name in order])
    parts = [
        _value(name.removeprefix("-")) + (" DESC" if name.startswith("-") else "") for name in order
    ]
    return ", ".join([*parts, "number"])


def _condition(field: str, wanted: Any) -> Sql:
    match wanted:
        case AnyOf(values):
            marks, bound = _marks(values)
            is_one = f"({_value(field)} IN ({marks}) AND {_is_scalar(field)})"
            if None in values:
                is_one = f"({is_one} OR {_is_nothing(field)})"
            return is_one, bound
        case Within(values):
            marks, bound = _marks(values)
            stranger = f"value NOT IN ({marks}) OR type IN ('array', 'object')"
            if None not in values:
                stranger += " OR value IS NULL"
            else:
                stranger = f"value IS NOT NULL AND ({stranger})"
            items = f"json_each(record, '$.{field}')"
            no_stranger = f"NOT EXISTS (SELECT 1 FROM {items} WHERE {stranger})"  # noqa: S608 - names were checked
            is_within = f"({_type(field)} = 'array' AND {no_stranger})"
            return f"({_is_nothing(field)} OR {is_within})", bound
        case Below(bound):
            return f"({_value(field)} < ? AND {_is_like(field, bound)})", [_bound(bound)]
        case AtLeast(bound):
            return f"({_value(field)} >= ? AND {_is_like(field, bound)})", [_bound(bound)]
        case None:
            return _is_nothing(field), []
    return f"({_value(field)} = ? AND {_is_scalar(field)})", [_bound(wanted)]


def _value(field: str) -> str:
    return f"json_extract(record, '$.{field}')"


def _type(field: str) -> str:
    return f"json_type(record, '$.{field}')"


def _is_nothing(field: str) -> str:
    return f"{_value(field)} IS NULL"


def _is_scalar(field: str) -> str:
    return f"{_type(field)} NOT IN ('array', 'object')"


def _is_like(field: str, bound: str | float) -> str:
    kinds = "'text'" if isinstance(bound, str) else "'integer', 'real', 'true', 'false'"
    return f"{_type(field)} IN ({kinds})"


def _marks(values: Sequence[Scalar]) -> Sql:
    bound = [_bound(value) for value in values if value is not None]
    return ", ".join("?" * len(bound)), bound


def _bound(value: Scalar) -> Scalar:
    """As SQLite has it: whole numbers of more than 64 bits are real numbers there."""
    if not isinstance(value, int) or -(2**63) <= value < 2**63:
        return value
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
