"""Lists: create, look up, cut, order, filter, transform, reduce."""

import math
import operator
from collections.abc import Callable
from typing import Any

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.nodes.nested import as_list, find, identity, numbered

_LIST = Port("list", DataType.LIST, required=True)
_RESULT = (Port("result", DataType.LIST),)


@node(
    "CreateListNode",
    category="data",
    inputs=(Port("item_1"), Port("item_2"), Port("item_3")),
    outputs=(Port("list", DataType.LIST),),
    synonyms={"item1": "item_1", "item2": "item_2", "item3": "item_3"},
    open_ports=True,
)
def create_list(**rest: Any) -> Outputs:
    """A list of ``item_1``, ``item_2`` and so on, as many as there are; unset ones are left out."""
    return {"list": list(numbered(rest, "item").values())}


@node(
    "ListGetItemNode",
    category="data",
    inputs=(_LIST, Port("index", DataType.INTEGER, 0)),
    outputs=(Port("item"),),
)
def list_get_item(*, list: Any, index: int) -> Outputs:
    """The item at an index; negative ones count from the end."""
    items = as_list(list)
    if not -len(items) <= index < len(items):
        raise NodeFailure(
            f"List index out of range: {index}", error_type="IndexError", retryable=False
        )
    return {"item": items[index]}


@node(
    "ListLengthNode",
    category="data",
    inputs=(_LIST,),
    outputs=(Port("length", DataType.INTEGER),),
)
def list_length(*, list: Any) -> Outputs:
    """How many items there are."""
    return {"length": len(as_list(list))}


@node(
    "ListAppendNode",
    category="data",
    inputs=(_LIST, Port("item")),
    outputs=_RESULT,
)
def list_append(*, list: Any, item: Any) -> Outputs:
    """A new list with one item more; a single value counts as a list of one."""
    items = [list] if isinstance(list, str | int | float | dict) else as_list(list)
    return {"result": [*items, item]}


@node(
    "ListContainsNode",
    category="data",
    inputs=(_LIST, Port("item")),
    outputs=(Port("contains", DataType.BOOLEAN), Port("index", DataType.INTEGER)),
)
def list_contains(*, list: Any, item: Any) -> Outputs:
    """Whether an item is there, and where first (-1 if nowhere)."""
    items = as_list(list)
    index = items.index(item) if item in items else -1
    return {"contains": index >= 0, "index": index}


@node(
    "ListSliceNode",
    category="data",
    inputs=(_LIST, Port("start", DataType.INTEGER), Port("end", DataType.INTEGER)),
    outputs=_RESULT,
    properties=(Property("step", DataType.INTEGER, 1),),
)
def list_slice(*, list: Any, start: int | None, end: int | None, step: int) -> Outputs:
    """The items from ``start`` up to, not including, ``end``."""
    if step == 0:
        raise NodeFailure("the step of a slice cannot be 0", retryable=False)
    return {"result": as_list(list)[start:end:step]}


@node(
    "ListJoinNode",
    category="data",
    inputs=(_LIST, Port("separator", DataType.STRING)),
    outputs=(Port("result", DataType.STRING),),
    properties=(Property("separator", DataType.STRING, ", "),),
)
def list_join(*, list: Any, separator: Any) -> Outputs:
    """One text of all items."""
    return {"result": str(separator).join(map(str, as_list(list)))}


@node(
    "ListSortNode",
    category="data",
    inputs=(_LIST, Port("reverse", DataType.BOOLEAN), Port("key_path", DataType.STRING)),
    outputs=_RESULT,
    properties=(
        Property("reverse", DataType.BOOLEAN, False),
        Property("key_path", DataType.STRING, ""),
    ),
)
def list_sort(*, list: Any, reverse: bool, key_path: str) -> Outputs:
    """The items in order, or in the order of what ``key_path`` finds in each."""
    try:
        result = sorted(
            as_list(list), key=lambda item: find(item, key_path)[1], reverse=bool(reverse)
        )
    except TypeError as error:
        by = f" by {key_path!r}" if key_path else ""
        raise NodeFailure(f"the list cannot be sorted{by}: {error}", retryable=False) from error
    return {"result": result}


@node("ListReverseNode", category="data", inputs=(_LIST,), outputs=_RESULT)
def list_reverse(*, list: Any) -> Outputs:
    """The items from last to first."""
    return {"result": as_list(list)[::-1]}


@node(
    "ListUniqueNode",
    category="data",
    inputs=(_LIST,),
    outputs=(*_RESULT, Port("removed_count", DataType.INTEGER)),
)
def list_unique(*, list: Any) -> Outputs:
    """The first of each group of equal items, in their order."""
    items = as_list(list)
    first: dict[Any, Any] = {}
    for item in items:
        first.setdefault(identity(item), item)
    return {"result": [*first.values()], "removed_count": len(items) - len(first)}


def _contains(found: Any, value: Any) -> bool:
    if isinstance(found, list | tuple | dict):
        return value in [*found]
    return str(value) in str(found)


def _compared(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def holds(found: Any, value: Any) -> bool:
        try:
            return compare(found, value)
        except TypeError:
            return compare(number_of(found), number_of(value))

    return holds


_WITH_VALUE: dict[str, Callable[[Any, Any], bool]] = {
    "contains": _contains,
    "starts_with": lambda found, value: str(found).startswith(str(value)),
    "ends_with": lambda found, value: str(found).endswith(str(value)),
    "greater_than": _compared(operator.gt),
    "less_than": _compared(operator.lt),
}
_CONDITIONS: dict[str, Callable[[Any, Any], bool]] = {
    "equals": operator.eq,
    "not_equals": operator.ne,
    **_WITH_VALUE,
    "is_not_none": lambda found, _: found is not None,
    "is_none": lambda found, _: found is None,
    "is_truthy": lambda found, _: bool(found),
    "is_falsy": lambda found, _: not found,
}


@node(
    "ListFilterNode",
    category="data",
    inputs=(
        _LIST,
        Port("condition", DataType.STRING),
        Port("value"),
        Port("key_path", DataType.STRING),
    ),
    outputs=(*_RESULT, Port("removed", DataType.LIST)),
    properties=(
        Property(
            "condition",
            DataType.CHOICE,
            "is_not_none",
            choices=tuple(_CONDITIONS),
            is_expression=True,
        ),
        Property("key_path", DataType.STRING, ""),
    ),
    synonyms={"items": "list"},
)
def list_filter(
    ctx: NodeContext, *, list: Any, condition: str, value: Any, key_path: str
) -> Outputs:
    """Keep the items for which a condition holds, of themselves or of what ``key_path`` finds.

    A condition that is not one of the choices is an expression over ``item`` and
    ``index``. ``None`` holds no condition that compares with a value.
    """
    items = as_list(list)
    test = _CONDITIONS.get(condition)
    if test is None:
        return filtered(ctx, items, condition)
    if condition in _WITH_VALUE and value is None:
        raise NodeFailure(f"the condition {condition!r} needs a value", retryable=False)

    def holds(item: Any) -> bool:
        found = find(item, key_path)[1]
        return not (found is None and condition in _WITH_VALUE) and bool(test(found, value))

    return _parted(items, [holds(item) for item in items])


def filtered(ctx: NodeContext, items: list[Any], expression: str) -> Outputs:
    """Part a list by an expression over ``item`` (``x``) and ``index`` (``i``)."""
    return _parted(
        items, [bool(ctx.evaluate(expression, names_of(i, item))) for i, item in enumerate(items)]
    )


def names_of(index: int, item: Any) -> dict[str, Any]:
    """The names that an expression over one item may use."""
    return {"item": item, "index": index, "x": item, "i": index}


def _parted(items: list[Any], kept: list[bool]) -> Outputs:
    pairs = [*zip(items, kept, strict=True)]
    return {
        "result": [item for item, keep in pairs if keep],
        "removed": [item for item, keep in pairs if not keep],
    }


def _whole(value: Any) -> int:
    return int(value) if value is not None else 0


def _real(value: Any) -> float:
    number = float(value) if value is not None else 0.0
    if not math.isfinite(number):
        raise ValueError("it is not a finite number")
    return number


def _text(value: Any) -> str:
    return str(value) if value is not None else ""


_TRANSFORMS: dict[str, Callable[[Any], Any]] = {
    "get_property": lambda value: value,
    "to_string": _text,
    "to_int": _whole,
    "to_float": _real,
    "to_upper": lambda value: _text(value).upper(),
    "to_lower": lambda value: _text(value).lower(),
    "trim": lambda value: _text(value).strip(),
    "length": lambda value: len(value) if value is not None else 0,
}


@node(
    "ListMapNode",
    category="data",
    inputs=(_LIST, Port("transform", DataType.STRING), Port("key_path", DataType.STRING)),
    outputs=_RESULT,
    properties=(
        Property("transform", DataType.CHOICE, "to_string", choices=tuple(_TRANSFORMS)),
        Property("key_path", DataType.STRING, ""),
        Property("expression", DataType.TEXT, "", is_expression=True),
    ),
    synonyms={"items": "list"},
)
def list_map(
    ctx: NodeContext, *, list: Any, transform: str, key_path: str, expression: str
) -> Outputs:
    """Transform every item, or what ``key_path`` finds in it; an expression wins over both."""
    items = as_list(list)
    if expression:
        return {"result": mapped(ctx, items, expression)}
    if transform not in _TRANSFORMS:
        raise NodeFailure(f"{transform!r} is none of: {', '.join(_TRANSFORMS)}", retryable=False)
    change = _TRANSFORMS[transform]
    result = []
    for index, item in enumerate(items):
        found = find(item, key_path)[1]
        try:
            result.append(change(found))
        except (TypeError, ValueError, OverflowError) as error:
            raise NodeFailure(
                f"item {index} cannot be changed {transform!r}: {found!r}: {error}",
                retryable=False,
            ) from error
    return {"result": result}


def mapped(ctx: NodeContext, items: list[Any], expression: str) -> list[Any]:
    """What an expression over ``item`` (``x``) and ``index`` (``i``) makes of each item."""
    return [ctx.evaluate(expression, names_of(i, item)) for i, item in enumerate(items)]


def number_of(value: Any) -> int | float:
    """A number, given as such or as text.

    Raises:
        NodeFailure: It is not a finite one.
    """
    try:
        number = value if isinstance(value, int | float) else _real(value or "")
    except (TypeError, ValueError) as error:
        raise NodeFailure(f"{value!r} is not a number", retryable=False) from error
    return number


def _sum(values: list[Any], initial: Any) -> int | float:
    return sum(map(number_of, values), start=number_of(0 if initial is None else initial))


def _product(values: list[Any], initial: Any) -> int | float:
    return math.prod(map(number_of, values), start=number_of(1 if initial is None else initial))


_OPERATIONS: dict[str, Callable[[list[Any], Any], Any]] = {
    "sum": _sum,
    "product": _product,
    "min": lambda values, _: min(values),
    "max": lambda values, _: max(values),
    "avg": lambda values, _: _sum(values, None) / len(values),
    "count": lambda values, _: len(values),
    "first": lambda values, _: values[0],
    "last": lambda values, _: values[-1],
    "join": lambda values, initial: _text(initial).join(map(str, values)),
}
_OF_NOTHING = {"sum": 0, "product": 0, "avg": 0, "count": 0}


@node(
    "ListReduceNode",
    category="data",
    inputs=(
        _LIST,
        Port("operation", DataType.STRING),
        Port("key_path", DataType.STRING),
        Port("initial"),
    ),
    outputs=(Port("result"),),
    properties=(
        Property("operation", DataType.CHOICE, "sum", choices=tuple(_OPERATIONS)),
        Property("key_path", DataType.STRING, ""),
    ),
)
def list_reduce(*, list: Any, operation: str, key_path: str, initial: Any) -> Outputs:
    """One value of all items, or of what ``key_path`` finds in them; ``None`` is left out.

    ``initial`` is where a sum or product starts, the separator of a join, and
    the result of anything else over no values.
    """
    if operation not in _OPERATIONS:
        raise NodeFailure(f"{operation!r} is none of: {', '.join(_OPERATIONS)}", retryable=False)
    found = (find(item, key_path)[1] for item in as_list(list))
    values = [value for value in found if value is not None]
    if not values and operation == "join":
        return {"result": ""}
    if not values:
        return {"result": _OF_NOTHING.get(operation) if initial is None else initial}
    try:
        result = _OPERATIONS[operation](values, initial)
    except (TypeError, OverflowError) as error:
        raise NodeFailure(
            f"the list has no {operation} of its values: {error}", retryable=False
        ) from error
    if isinstance(result, float) and not math.isfinite(result):
        raise NodeFailure(f"the {operation} of the list is not a finite number", retryable=False)
    return {"result": result}


@node(
    "ListFlattenNode",
    category="data",
    inputs=(_LIST, Port("depth", DataType.INTEGER)),
    outputs=_RESULT,
    properties=(Property("depth", DataType.INTEGER, 1, low=1),),
)
def list_flatten(*, list: Any, depth: float) -> Outputs:
    """Put the items of inner lists in their place, so many levels deep."""
    return {"result": _flat(as_list(list), depth)}


def _flat(items: Any, depth: float) -> list[Any]:
    result: list[Any] = []
    for item in items:
        if isinstance(item, list | tuple) and depth > 0:
            result += _flat(item, depth - 1)
        else:
            result.append(item)
    return result


@node(
    "ShuffleListNode",
    category="utility",
    effect=Effect.READS,
    inputs=(Port("items", DataType.LIST, required=True),),
    outputs=_RESULT,
    properties=(Property("items", DataType.LIST),),
    synonyms={"list": "items"},
)
def shuffle_list(ctx: NodeContext, *, items: Any) -> Outputs:
    """The items in an order that the job's dice decide."""
    shuffled = as_list(items)
    ctx.rng.shuffle(shuffled)
    return {"result": shuffled}
