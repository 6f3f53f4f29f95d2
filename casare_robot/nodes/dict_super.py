"""Every dictionary operation in one node, chosen by its action."""

from typing import Any

from casare_robot.domain.conversion import convert
from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_type import Action, DataType, NodeType, Outputs, Port, Property
from casare_robot.nodes.dicts import (
    create_dict,
    dict_get,
    dict_has_key,
    dict_items,
    dict_keys,
    dict_values,
    dumped,
    key_of,
    parsed,
)
from casare_robot.nodes.nested import as_dict, find

_DICT = Port("dict", DataType.DICT, required=True)
_KEY = Port("key", DataType.STRING, required=True)
_MAPPING = dict


def _as_dict(value: Any) -> dict[Any, Any]:
    return as_dict(convert(value, DataType.DICT))


def _default(value: Any) -> Any:
    return None if value == "" else value


def create(**rest: Any) -> Outputs:
    """As `create_dict`, with how many keys."""
    values = create_dict(**rest)["dict"]
    return {"dict": values, "count": len(values)}


def get_value(*, dict: Any, key: Any, default_value: Any) -> Outputs:
    """As `dict_get`."""
    return dict_get(dict=_as_dict(dict), key=key, default=_default(default_value))


def get_property(
    *, dict: Any, path: str | None, key: str | None, separator: str, default_value: Any
) -> Outputs:
    """What a path of keys and list indices leads to; without ``path``, ``key`` is the path."""
    wanted = key if path in (None, "") else path
    found, value = find(_as_dict(dict), str(wanted or ""), separator=separator, through_lists=True)
    return {"value": value if found else _default(default_value), "found": found}


def has_key(*, dict: Any, key: Any) -> Outputs:
    """As `dict_has_key`."""
    return dict_has_key(dict=_as_dict(dict), key=key)


def keys(*, dict: Any) -> Outputs:
    """As `dict_keys`."""
    return dict_keys(dict=_as_dict(dict))


def values(*, dict: Any) -> Outputs:
    """As `dict_values`."""
    return dict_values(dict=_as_dict(dict))


def items(*, dict: Any) -> Outputs:
    """As `dict_items`."""
    return dict_items(dict=_as_dict(dict))


def set_value(*, dict: Any, key: Any, value: Any, create_path: bool, separator: str) -> Outputs:
    """A new dictionary in which a key, or what a path of keys leads to, has a value.

    A key that the dictionary has is never read as a path. ``create_path`` makes
    the dictionaries on the way that are missing.
    """
    result = _as_dict(dict)
    if key is None or key == "":
        raise NodeFailure("Key is required", retryable=False)
    inner, last = result, key_of(result, key)
    if last not in result and separator:
        *way, last = last.split(separator)
        for step in way:
            if step not in inner and not create_path:
                raise NodeFailure(f"there is no {step!r} on the way to {key!r}", retryable=False)
            below = inner.get(step, {})
            if not isinstance(below, _MAPPING):
                raise NodeFailure(
                    f"{step!r} on the way to {key!r} is a {type(below).__name__}, no dictionary",
                    retryable=False,
                )
            inner[step] = {**below}
            inner = inner[step]
    previous, was_update = inner.get(last), last in inner
    inner[last] = value
    return {"dict": result, "previous": previous, "was_update": was_update}


def remove_key(*, dict: Any, key: Any, ignore_missing: bool) -> Outputs:
    """A new dictionary without a key."""
    result = _as_dict(dict)
    name = key_of(result, key)
    was_removed = name in result
    if not was_removed and not ignore_missing:
        raise NodeFailure(f"Key not found: {key}", error_type="KeyError", retryable=False)
    return {
        "removed_value": result.pop(name, None),
        "dict": result,
        "was_removed": was_removed,
    }


def merge(*, dict1: Any, dict2: Any, dict: Any, deep_merge: bool, overwrite: bool) -> Outputs:
    """Both dictionaries in one; ``dict`` stands in for ``dict1`` where that is missing."""
    first = dict if dict1 is None else dict1
    if first is None and dict2 is None:
        raise NodeFailure("there is no dictionary to merge", retryable=False)
    merged = _merged(
        _as_dict({} if first is None else first),
        _as_dict({} if dict2 is None else dict2),
        deep=deep_merge,
        overwrite=overwrite,
    )
    return {"merged": merged, "count": len(merged)}


def _merged(
    first: dict[Any, Any], second: dict[Any, Any], *, deep: bool, overwrite: bool
) -> dict[Any, Any]:
    result = {**first}
    for key, value in second.items():
        old = result.get(key)
        if deep and isinstance(old, dict) and isinstance(value, dict):
            result[key] = _merged(old, value, deep=True, overwrite=overwrite)
        elif overwrite or key not in result:
            result[key] = value
    return result


def parse_json(*, json_string: Any) -> Outputs:
    """Read JSON text; text that is none is told by ``success``, not a failure."""
    if isinstance(json_string, list | dict):
        return {"data": json_string, "success": True, "error": ""}
    try:
        return {"data": parsed(json_string or ""), "success": True, "error": ""}
    except ValueError as error:
        return {"data": None, "success": False, "error": str(error)}


def to_json(*, data: Any, dict: Any, indent: int, sort_keys: bool, ensure_ascii: bool) -> Outputs:
    """JSON text of ``data``, else of ``dict``; an indent of 0 puts all on one line."""
    if data is None and dict is None:
        raise NodeFailure("there is no data to write as JSON", retryable=False)
    try:
        text = dumped(
            dict if data is None else data,
            indent=indent or None,
            sort_keys=sort_keys,
            ensure_ascii=ensure_ascii,
        )
    except NodeFailure as failure:
        failure.outputs |= {"json_string": "", "success": False}
        raise
    return {"json_string": text, "success": True}


_ACTIONS = {
    "Create Dict": Action(
        create,
        inputs=(
            Port("key1", DataType.STRING),
            Port("value1"),
            Port("key2", DataType.STRING),
            Port("value2"),
            Port("key3", DataType.STRING),
            Port("value3"),
        ),
        outputs=(Port("dict", DataType.DICT), Port("count", DataType.INTEGER)),
    ),
    "Get Value": Action(
        get_value,
        inputs=(_DICT, _KEY),
        outputs=(Port("value"), Port("found", DataType.BOOLEAN)),
    ),
    "Get Property": Action(
        get_property,
        inputs=(_DICT, Port("path", DataType.STRING)),
        outputs=(Port("value"), Port("found", DataType.BOOLEAN)),
    ),
    "Has Key": Action(has_key, inputs=(_DICT, _KEY), outputs=(Port("has_key", DataType.BOOLEAN),)),
    "Get Keys": Action(
        keys,
        inputs=(_DICT,),
        outputs=(Port("keys", DataType.LIST), Port("count", DataType.INTEGER)),
    ),
    "Get Values": Action(
        values,
        inputs=(_DICT,),
        outputs=(Port("values", DataType.LIST), Port("count", DataType.INTEGER)),
    ),
    "Get Items": Action(
        items,
        inputs=(_DICT,),
        outputs=(Port("items", DataType.LIST), Port("count", DataType.INTEGER)),
    ),
    "Set Value": Action(
        set_value,
        inputs=(_DICT, _KEY, Port("value")),
        outputs=(
            Port("dict", DataType.DICT),
            Port("previous"),
            Port("was_update", DataType.BOOLEAN),
        ),
    ),
    "Remove Key": Action(
        remove_key,
        inputs=(_DICT, _KEY),
        outputs=(
            Port("dict", DataType.DICT),
            Port("removed_value"),
            Port("was_removed", DataType.BOOLEAN),
        ),
    ),
    "Merge": Action(
        merge,
        inputs=(Port("dict1", DataType.DICT), Port("dict2", DataType.DICT)),
        outputs=(Port("merged", DataType.DICT), Port("count", DataType.INTEGER)),
    ),
    "Parse JSON": Action(
        parse_json,
        inputs=(Port("json_string", DataType.STRING),),
        outputs=(
            Port("data"),
            Port("success", DataType.BOOLEAN),
            Port("error", DataType.STRING),
        ),
    ),
    "To JSON": Action(
        to_json,
        inputs=(Port("data"),),
        outputs=(Port("json_string", DataType.STRING), Port("success", DataType.BOOLEAN)),
    ),
}

NODE_TYPES = (
    NodeType(
        "DictSuperNode",
        category="data",
        effect=Effect.PURE,
        inputs=(_DICT, _KEY),
        outputs=(Port("value"), Port("found", DataType.BOOLEAN)),
        properties=(
            Property("dict"),
            Property("key", DataType.STRING),
            Property("action", DataType.CHOICE, "Get Value", choices=tuple(_ACTIONS)),
            Property("default_value", DataType.STRING, ""),
            Property("create_path", DataType.BOOLEAN, True),
            Property("ignore_missing", DataType.BOOLEAN, False),
            Property("deep_merge", DataType.BOOLEAN, False),
            Property("indent", DataType.INTEGER, 0, low=0),
            Property("separator", DataType.STRING, "."),
            Property("overwrite", DataType.BOOLEAN, True),
            Property("sort_keys", DataType.BOOLEAN, False),
            Property("ensure_ascii", DataType.BOOLEAN, False),
        ),
        actions=_ACTIONS,
        synonyms={"dict_1": "dict1", "dict_2": "dict2", "property_path": "path"},
        open_ports=True,
    ),
)
