"""Values nobody can foretell; all dice are the job's."""

import math
from random import Random
from typing import TYPE_CHECKING, Any

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.nodes.choices import chosen

if TYPE_CHECKING:
    from uuid import UUID

_LONGEST = 1_000_000
_MOST_UUIDS = 100
_TICKS_BEFORE_1970 = 0x01B21DD213814000  # 100 ns steps since 1582-10-15, RFC 9562


@node(
    "RandomNumberNode",
    category="utility",
    effect=Effect.READS,
    inputs=(Port("min_value", DataType.FLOAT, 0.0), Port("max_value", DataType.FLOAT, 100.0)),
    outputs=(Port("result", DataType.FLOAT),),
    properties=(Property("integer_only", DataType.BOOLEAN, False),),
)
def random_number(
    ctx: NodeContext, *, min_value: Any, max_value: Any, integer_only: bool
) -> Outputs:
    """A number between two bounds, either way round; whole ones include both bounds."""
    low, high = sorted((_bound(min_value), _bound(max_value)))
    if not integer_only:
        return {"result": ctx.rng.uniform(low, high)}
    first, last = math.ceil(low), math.floor(high)
    if first > last:
        raise NodeFailure(f"there is no whole number between {low} and {high}")
    return {"result": ctx.rng.randint(first, last)}


def _bound(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise NodeFailure(f"{value!r:.80} is not a number") from error
    if not math.isfinite(number):
        raise NodeFailure(f"a bound must be finite, not {number}")
    return number


@node(
    "RandomChoiceNode",
    category="utility",
    effect=Effect.READS,
    inputs=(Port("items", DataType.LIST, required=True),),
    outputs=(Port("result"), Port("index", DataType.INTEGER)),
    properties=(
        Property("items", DataType.LIST, required=True),
        Property("count", DataType.INTEGER, 1, low=1),
        Property("allow_duplicates", DataType.BOOLEAN, False),
    ),
)
def random_choice(ctx: NodeContext, *, items: Any, count: int, allow_duplicates: bool) -> Outputs:
    """Choose one item and its index; or a list of ``count``, with index -1.

    Without duplicates there are never more than the list has.
    """
    if not isinstance(items, list | tuple | str | dict):
        raise NodeFailure(f"a list of items is needed, not {items!r:.80}")
    items = list(items)
    if not items:
        raise NodeFailure("items list cannot be empty")
    if count < 1:
        raise NodeFailure(f"count must be at least 1, not {count}")
    if count == 1:
        index = ctx.rng.randrange(len(items))
        return {"result": items[index], "index": index}
    if allow_duplicates:
        _check_size("count", count)
        return {"result": ctx.rng.choices(items, k=count), "index": -1}
    return {"result": ctx.rng.sample(items, min(count, len(items))), "index": -1}


@node(
    "RandomStringNode",
    category="utility",
    effect=Effect.READS,
    inputs=(Port("length", DataType.INTEGER, 8),),
    outputs=(Port("result", DataType.STRING),),
    properties=(
        Property("include_uppercase", DataType.BOOLEAN, True),
        Property("include_lowercase", DataType.BOOLEAN, True),
        Property("include_digits", DataType.BOOLEAN, True),
        Property("include_special", DataType.BOOLEAN, False),
        Property("custom_chars", DataType.STRING, ""),
    ),
)
def random_string(
    ctx: NodeContext,
    *,
    length: int,
    include_uppercase: bool,
    include_lowercase: bool,
    include_digits: bool,
    include_special: bool,
    custom_chars: str,
) -> Outputs:
    """Characters of the kinds asked for, or of ``custom_chars`` alone; not for secrets."""
    import string

    kinds = (
        (include_uppercase, string.ascii_uppercase),
        (include_lowercase, string.ascii_lowercase),
        (include_digits, string.digits),
        (include_special, string.punctuation),
    )
    characters = custom_chars or "".join(kind for wanted, kind in kinds if wanted)
    if not characters:
        raise NodeFailure("there are no characters to choose from: include at least one kind")
    _check_size("length", length)
    return {"result": "".join(ctx.rng.choices(characters, k=length))}


def _check_size(name: str, size: int) -> None:
    if not 0 <= size <= _LONGEST:
        raise NodeFailure(f"{name} must be from 0 to {_LONGEST}, not {size}")


@node(
    "RandomUUIDNode",
    category="utility",
    effect=Effect.READS,
    outputs=(Port("result", DataType.STRING),),
    properties=(
        Property("version", DataType.INTEGER, 4, choices=("1", "4")),
        Property("format", DataType.CHOICE, "standard", choices=("standard", "hex", "urn")),
    ),
)
def random_uuid(ctx: NodeContext, *, version: int, format: str) -> Outputs:
    """A UUID: version 4 is random, version 1 holds the time."""
    uuid = _uuid(ctx, str(version))
    shapes = {"standard": str(uuid), "hex": uuid.hex, "urn": uuid.urn}
    return {"result": chosen(shapes, format, "format")}


@node(
    "UUIDGeneratorNode",
    category="system",
    effect=Effect.READS,
    outputs=(
        Port("uuid", DataType.STRING),
        Port("uuids", DataType.LIST),
        Port("success", DataType.BOOLEAN),
    ),
    properties=(
        Property("uuid_version", DataType.CHOICE, "4", choices=("1", "4")),
        Property("count", DataType.INTEGER, 1, low=1, high=_MOST_UUIDS),
    ),
)
def uuid_generator(ctx: NodeContext, *, uuid_version: str, count: int) -> Outputs:
    """One or more UUIDs; ``uuid`` is the first."""
    if not 1 <= count <= _MOST_UUIDS:
        raise NodeFailure(f"count must be from 1 to {_MOST_UUIDS}, not {count}")
    uuids = [str(_uuid(ctx, uuid_version)) for _ in range(count)]
    return {"uuid": uuids[0], "uuids": uuids, "success": True}


def _uuid(ctx: NodeContext, version: str) -> "UUID":
    from uuid import UUID

    if version not in ("1", "4"):
        raise NodeFailure(f"UUID version {version!r} is none of: 1, 4")
    if version == "4":
        return UUID(int=ctx.rng.getrandbits(128), version=4)
    ticks = int(ctx.now().timestamp() * 1_000_000) * 10 + _TICKS_BEFORE_1970
    return UUID(fields=(*_time_fields(ticks), *_place_fields(ctx.rng)), version=1)


def _time_fields(ticks: int) -> tuple[int, int, int]:
    return ticks & 0xFFFFFFFF, ticks >> 32 & 0xFFFF, ticks >> 48 & 0x0FFF


def _place_fields(rng: Random) -> tuple[int, int, int]:
    """Random in place of the network card's address, marked as such by the multicast bit."""
    return rng.getrandbits(6), rng.getrandbits(8), rng.getrandbits(48) | 1 << 40
