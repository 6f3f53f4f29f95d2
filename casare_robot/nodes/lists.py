"""Lists: create, look up, cut, order."""

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
