"""Calls and answers of the SQL functions in resources/sql, as JSON. Pure.

The same whether they travel by a connection of their own or by RPC.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from casare_robot.domain.errors import (
    ConflictError,
    Fault,
    InvalidRecordError,
    LimitReachedError,
    NotFoundError,
    StaleLeaseError,
    StoreError,
)
from casare_robot.store.conditions import AnyOf, AtLeast, Below, Scalar, Where, Within, check_fields
from casare_robot.store.json_text import check_names, is_text, record_text, to_text
from casare_robot.store.records import (
    Append,
    Change,
    Claim,
    Entry,
    Fence,
    Lease,
    Limit,
    Patch,
    Put,
    Reading,
    Row,
)
from casare_robot.store.text_search import words_of_record

MOST_PLACES = 250
"""Times that a word counts in one text; PostgreSQL keeps 256."""
LAST_PLACE = 16_383
"""PostgreSQL counts the words of a text no further."""
REFUSED = ("22P05", "54000", "22003")
"""What PostgreSQL says of names and values that it cannot keep."""


def change_text(change: Change, space: str = "") -> str:
    """A change as JSON; ``space`` stands before the names of tables and streams.

    Raises:
        InvalidRecordError: A name or value cannot be kept.
    """
    match change:
        case Append(stream=stream, bodies=bodies):
            check_names(stream=stream)
            name, given = to_text(space + stream), to_text(list(bodies))
            return f'{{"do":"append","stream":{name},"bodies":{given}}}'
        case Limit(table=table, most=most, where=where):
            told = {"do": "limit", "table": space + table, "most": most}
            return to_text({**told, "conditions": conditions(where)})
    check_names(table=change.table, key=change.key)
    told = {"table": space + change.table, "key": change.key, "version": change.version}
    match change:
        case Put(record=record):
            told |= {"do": "put", "ttl": change.ttl}
        case Patch(fields=record):
            told |= {"do": "patch", "ttl": change.ttl}
        case _:
            return to_text({**told, "do": "drop"})
    text = record_text(record)
    told["words"] = vector(words_of_record(record))
    return f'{to_text(told)[:-1]},"record":{text}}}'


def conditions(where: Where | None) -> list[dict[str, Any]]:
    """Conditions as ``where_sql`` takes them.

    Raises:
        InvalidRecordError: A field is none.
    """
    where = where or {}
    check_fields(list(where))
    return [{"field": name.split("."), **_test(wanted)} for name, wanted in where.items()]


def ordering(order: Sequence[str]) -> list[dict[str, Any]]:
    """An order as ``order_sql`` takes it.

    Raises:
        InvalidRecordError: A field is none.
    """
    names = [name.removeprefix("-") for name in order]
    check_fields(names)
    return [
        {"field": name.split("."), "down": name != whole}
        for name, whole in zip(names, order, strict=True)
    ]


def fence_json(fence: Fence | None, space: str = "") -> dict[str, Any] | None:
    """A fence as ``check_fence`` takes it."""
    return None if fence is None else {"name": space + fence.name, "token": fence.token}


def vector(words: Sequence[str]) -> str | None:
    """Words as PostgreSQL's tsvector, with the places where they are; None without any."""
    places: dict[str, list[str]] = {}
    for place, word in enumerate(words, 1):
        known = places.setdefault(word, [])
        if len(known) < MOST_PLACES:
            known.append(str(min(place, LAST_PLACE)))
    return " ".join(f"'{word}':{','.join(at)}" for word, at in places.items()) or None


def query(words: Sequence[str], *, every: bool) -> str:
    """Words as PostgreSQL's tsquery."""
    return (" & " if every else " | ").join(f"'{word}'" for word in words)


def row(table: str, told: Mapping[str, Any]) -> Row:
    """A row as ``row_json`` tells it."""
    return Row(
        table=table,
        key=told["key"],
        version=told["version"],
        record=told["record"],
        expires=told["expires"],
    )


def lease(told: Mapping[str, Any], space: str = "") -> Lease:
    """A lease as it is told."""
    return Lease(
        name=told["name"].removeprefix(space),
        holder=told["holder"],
        token=told["token"],
        ttl=told["ttl"],
        expires=told["expires"],
    )


def given(name: str, holder: str, ttl: float, told: Sequence[Any]) -> Lease:
    """A lease that was asked for, as ``lease`` tells it: token and end."""
    token, expires = told
    return Lease(name=name, holder=holder, token=token, ttl=ttl, expires=expires)


def claim(table: str, told: Mapping[str, Any], space: str = "") -> Claim:
    """A claim as it is told."""
    return Claim(row=row(table, told), lease=lease(told["lease"], space))


def reading(stream: str, told: Mapping[str, Any] | None) -> Reading:
    """What ``read`` tells; None for a log that nobody wrote."""
    if told is None:
        return Reading(entries=(), oldest=1, newest=0)
    entries = (Entry(stream=stream, seq=seq, at=at, body=body) for seq, at, body in told["entries"])
    return Reading(entries=tuple(entries), oldest=told["oldest"], newest=told["newest"])


def refusal(code: str, message: str, detail: str | None, space: str = "") -> StoreError:
    """The error that a function raised, by its SQLSTATE and its detail."""
    about = json.loads(detail) if code.startswith("CR") and detail else {}
    about |= {name: about[name].removeprefix(space) for name in ("table", "name") if name in about}
    match code:
        case "CR404":
            return NotFoundError(about["table"], about["key"])
        case "CR409":
            return ConflictError(
                about["table"],
                about["key"],
                expected=about["expected"],
                current=about["current"],
            )
        case "CR423":
            return StaleLeaseError(about["name"], token=about["token"], current=about["current"])
        case "CR429":
            return LimitReachedError(about["table"], most=about["most"])
    if code in REFUSED:
        fault = Fault(code=InvalidRecordError.code, message=f"cannot be kept: {message}")
        return InvalidRecordError([fault])
    return StoreError(f"the store refused: {message} ({code})")


def _test(wanted: Any) -> dict[str, Any]:
    match wanted:
        case AnyOf(values):
            return {"test": "any", "values": _possible(values)}
        case Within(values):
            return {"test": "within", "values": _possible(values)}
        case Below(value):
            return {"test": "below", "value": value}
        case AtLeast(value):
            return {"test": "at_least", "value": value}
    return {"test": "any", "values": _possible([wanted])}


def _possible(values: Sequence[Scalar]) -> list[Scalar]:
    """Those that a record in PostgreSQL may hold."""
    return [value for value in values if not isinstance(value, str) or is_text(value)]
