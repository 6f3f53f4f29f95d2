"""Every list operation in one node, chosen by its action."""

import math
from typing import Any

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import Action, DataType, NodeType, Outputs, Port, Property
from casare_robot.nodes.list_rules import filtered, list_reduce, mapped, names_of
from casare_robot.nodes.lists import (
    create_list,
    list_contains,
    list_flatten,
    list_join,
    list_reverse,
    list_slice,
    list_sort,
    list_unique,
)
from casare_robot.nodes.nested import as_list

_LIST = Port("list", DataType.LIST, required=True)
_SEQUENCES = (list, tuple)


def _with_length(name: str, items: list[Any]) -> Outputs:
    return {name: items, "length": len(items)}


def create(**rest: Any) -> Outputs:
    """As `create_list`, with its length."""
    return _with_length("list", create_list(**rest)["list"])


def get_item(*, list: Any, index: int, default_value: Any, negative_index: bool) -> Outputs:
    """The item at an index, or the default and ``found`` false."""
    items = as_list(list)
    lowest = -len(items) if negative_index else 0
    if lowest <= index < len(items):
        return {"item": items[index], "found": True}
    return {"item": None if default_value == "" else default_value, "found": False}


def length(*, list: Any) -> Outputs:
    """How many items there are, and whether none."""
    count = len(as_list(list))
    return {"length": count, "is_empty": count == 0}


def contains(*, list: Any, item: Any) -> Outputs:
    """As `list_contains`, with how often."""
    return {**list_contains(list=list, item=item), "count": as_list(list).count(item)}


def append(*, list: Any, item: Any, extend: bool, position: str, insert_index: int) -> Outputs:
    """A new list with one item more, or with each of ``item``'s own if ``extend``."""
    items = as_list(list)
    added = as_list(item) if extend and isinstance(item, _SEQUENCES) else [item]
    place = {"start": 0, "end": len(items), "index": insert_index}.get(position)
    if place is None:
        raise NodeFailure(f"{position!r} is none of: end, start, index", retryable=False)
    items[place:place] = added
    return _with_length("list", items)


def cut(*, list: Any, start: int | None, end: int | None, step: int) -> Outputs:
    """As `list_slice`, with its length."""
    part = list_slice(list=list, start=start, end=end, step=step)
    return _with_length("slice", part["result"])


def sort(*, list: Any, descending: bool, sort_key: str) -> Outputs:
    """As `list_sort`, with its length."""
    ordered = list_sort(list=list, reverse=descending, key_path=sort_key)
    return _with_length("sorted", ordered["result"])


def reverse(*, list: Any) -> Outputs:
    """As `list_reverse`, with its length."""
    return _with_length("reversed", list_reverse(list=list)["result"])


def unique(*, list: Any) -> Outputs:
    """As `list_unique`; order is kept even where ``preserve_order`` does not ask for it."""
    found = list_unique(list=list)
    return {
        **_with_length("unique", found["result"]),
        "duplicates_removed": found["removed_count"],
    }


def filter_items(ctx: NodeContext, *, list: Any, expression: str) -> Outputs:
    """Part the items by an expression; without one all are kept."""
    parts = filtered(ctx, as_list(list), expression or "True")
    return {**_with_length("filtered", parts["result"]), "rejected": parts["removed"]}


def map_items(ctx: NodeContext, *, list: Any, expression: str) -> Outputs:
    """What an expression makes of each item; without one they stay as they are."""
    items = as_list(list)
    return _with_length("mapped", mapped(ctx, items, expression) if expression else items)


def reduce_items(
    ctx: NodeContext, *, list: Any, initial: Any, reduce_operation: str, expression: str
) -> Outputs:
    """One value of all items; ``custom`` evaluates the expression with ``acc`` and ``item``."""
    if reduce_operation == "custom":
        return {"result": _folded(ctx, as_list(list), initial, expression)}
    if reduce_operation == "concat":
        return {"result": _concatenated(as_list(list), initial)}
    return list_reduce(list=list, operation=reduce_operation, key_path="", initial=initial)


def _folded(ctx: NodeContext, items: list[Any], initial: Any, expression: str) -> Any:
    if not expression:
        raise NodeFailure("the operation 'custom' needs an expression", retryable=False)
    if initial is None:
        if not items:
            return None
        initial, *items = items
    for index, item in enumerate(items):
        names = {**names_of(index, item), "acc": initial, "accumulator": initial}
        initial = ctx.evaluate(expression, names)
    return initial


def _concatenated(items: list[Any], initial: Any) -> str | list[Any]:
    parts = items if initial is None else [initial, *items]
    if parts and all(isinstance(part, str) for part in parts):
        return "".join(parts)
    joined: list[Any] = list_flatten(list=parts, depth=1)["result"]
    return joined


def flatten(*, list: Any, depth: int) -> Outputs:
    """As `list_flatten`, with its length; a negative depth means all the way down."""
    flat = list_flatten(list=list, depth=depth if depth >= 0 else math.inf)
    return _with_length("flattened", flat["result"])


def _listed(name: str, *more: str) -> tuple[Port, ...]:
    counts = tuple(Port(other, DataType.INTEGER) for other in more)
    return (Port(name, DataType.LIST), Port("length", DataType.INTEGER), *counts)


_ACTIONS = {
    "Create List": Action(
        create, inputs=(Port("item1"), Port("item2"), Port("item3")), outputs=_listed("list")
    ),
    "Get Item": Action(
        get_item,
        inputs=(_LIST, Port("index", DataType.INTEGER, 0)),
        outputs=(Port("item"), Port("found", DataType.BOOLEAN)),
    ),
    "Length": Action(
        length,
        inputs=(_LIST,),
        outputs=(Port("length", DataType.INTEGER), Port("is_empty", DataType.BOOLEAN)),
    ),
    "Contains": Action(
        contains,
        inputs=(_LIST, Port("item")),
        outputs=(
            Port("contains", DataType.BOOLEAN),
            Port("index", DataType.INTEGER),
            Port("count", DataType.INTEGER),
        ),
    ),
    "Append": Action(append, inputs=(_LIST, Port("item")), outputs=_listed("list")),
    "Slice": Action(
        cut,
        inputs=(_LIST, Port("start", DataType.INTEGER), Port("end", DataType.INTEGER)),
        outputs=_listed("slice"),
    ),
    "Sort": Action(sort, inputs=(_LIST,), outputs=_listed("sorted")),
    "Reverse": Action(reverse, inputs=(_LIST,), outputs=_listed("reversed")),
    "Unique": Action(unique, inputs=(_LIST,), outputs=_listed("unique", "duplicates_removed")),
    "Filter": Action(
        filter_items,
        inputs=(_LIST,),
        outputs=(*_listed("filtered"), Port("rejected", DataType.LIST)),
    ),
    "Map": Action(map_items, inputs=(_LIST,), outputs=_listed("mapped")),
    "Reduce": Action(reduce_items, inputs=(_LIST, Port("initial")), outputs=(Port("result"),)),
    "Flatten": Action(flatten, inputs=(_LIST,), outputs=_listed("flattened")),
    "Join": Action(list_join, inputs=(_LIST,), outputs=(Port("result", DataType.STRING),)),
}

NODE_TYPES = (
    NodeType(
        "ListSuperNode",
        category="data",
        effect=Effect.PURE,
        inputs=(_LIST, Port("index", DataType.INTEGER, 0)),
        outputs=(Port("item"), Port("found", DataType.BOOLEAN)),
        properties=(
            Property("list", DataType.LIST),
            Property("index", DataType.INTEGER),
            Property("action", DataType.CHOICE, "Get Item", choices=tuple(_ACTIONS)),
            Property("default_value", DataType.STRING, ""),
            Property("step", DataType.INTEGER, 1),
            Property("descending", DataType.BOOLEAN, False),
            Property("preserve_order", DataType.BOOLEAN, True),
            Property("expression", DataType.TEXT, "", is_expression=True),
            Property("depth", DataType.INTEGER, -1),
            Property("separator", DataType.STRING, ", "),
            Property("extend", DataType.BOOLEAN, False),
            Property("negative_index", DataType.BOOLEAN, True),
            Property("sort_key", DataType.STRING, ""),
            Property(
                "reduce_operation",
                DataType.CHOICE,
                "sum",
                choices=("sum", "product", "min", "max", "concat", "custom"),
            ),
            Property("position", DataType.CHOICE, "end", choices=("end", "start", "index")),
            Property("insert_index", DataType.INTEGER, 0),
        ),
        actions=_ACTIONS,
        synonyms={"items": "list", "value": "item"},
        open_ports=True,
    ),
)
