"""Lists by a rule: filter, transform, reduce."""

import math
import operator
from collections.abc import Callable
from typing import Any

from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.nodes.nested import as_list, find

_LIST = Port("list", DataType.LIST, required=True)
_RESULT = (Port("result", DataType.LIST),)


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
