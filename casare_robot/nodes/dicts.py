"""Dictionaries and JSON: create, look up, change, merge, read and write."""

import json
import math
from typing import Any, NoReturn

from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.nodes.nested import as_dict, find, numbered

_DICT = Port("dict", DataType.DICT, required=True)
_KEY = Port("key", DataType.STRING)
_KEY_PROPERTY = Property("key", DataType.STRING, "")
_COUNT = Port("count", DataType.INTEGER)


@node(
    "JsonParseNode",
    category="data",
    inputs=(Port("json_string", DataType.STRING),),
    outputs=(Port("data"),),
    properties=(Property("json_string", DataType.TEXT, ""),),
)
def json_parse(*, json_string: Any) -> Outputs:
    """Read JSON text; lists and dictionaries, read already, pass through."""
    if isinstance(json_string, list | dict):
        return {"data": json_string}
    try:
        return {"data": parsed(json_string)}
    except ValueError as error:
        raise NodeFailure(str(error), error_type="JSONDecodeError", retryable=False) from error


def parsed(text: Any) -> Any:
    """What JSON text says.

    Raises:
        ValueError: It is no JSON, holds a number JSON has not (NaN, Infinity or
            one beyond the range of a float), or is nested too deep.
    """
    if not isinstance(text, str | bytes | bytearray):
        raise ValueError(f"{text!r} is not JSON text")  # noqa: TRY004 - one kind of error
    if isinstance(text, str):
        text = text.removeprefix("\ufeff")
    if not text.strip():
        raise ValueError("Empty JSON string")
    try:
        return json.loads(text, parse_constant=_refuse, parse_float=_finite)
    except RecursionError:
        raise ValueError("the JSON text is nested too deep") from None


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number in JSON")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse(text)


@node(
    "GetPropertyNode",
    category="data",
    inputs=(
        Port("object", DataType.DICT, required=True),
        Port("property_path", DataType.STRING),
    ),
    outputs=(Port("value"),),
    properties=(Property("property_path", DataType.STRING, ""),),
)
def get_property(*, object: Any, property_path: str) -> Outputs:
    """What a dotted path of keys leads to, or None. Lists are not entered."""
    return {"value": find(as_dict(object), property_path)[1]}


@node(
    "DictGetNode",
    category="data",
    inputs=(_DICT, _KEY, Port("default")),
    outputs=(Port("value"), Port("found", DataType.BOOLEAN)),
    properties=(_KEY_PROPERTY,),
)
def dict_get(*, dict: Any, key: Any, default: Any) -> Outputs:
    """The value of a key, or the default."""
    values = as_dict(dict)
    key = key_of(values, key)
    return {"value": values.get(key, default), "found": key in values}


def key_of(values: dict[Any, Any], key: Any) -> Any:
    """The key as the dictionary has it, else as text, which is what keys in JSON are."""
    is_plain = key is None or isinstance(key, str | int | float)
    return key if is_plain and key in values else str(key)


@node(
    "DictSetNode",
    category="data",
    inputs=(_DICT, _KEY, Port("value")),
    outputs=(Port("result", DataType.DICT),),
    properties=(_KEY_PROPERTY,),
)
def dict_set(*, dict: Any, key: Any, value: Any) -> Outputs:
    """A new dictionary in which a key has a value."""
    values = as_dict(dict)
    if key is None or key == "":
        raise NodeFailure("Key is required", retryable=False)
    return {"result": {**values, key_of(values, key): value}}


@node(
    "DictRemoveNode",
    category="data",
    inputs=(_DICT, _KEY),
    outputs=(Port("result", DataType.DICT), Port("removed_value")),
    properties=(_KEY_PROPERTY,),
)
def dict_remove(*, dict: Any, key: Any) -> Outputs:
    """A new dictionary without a key, which need not be there."""
    values = as_dict(dict)
    removed = values.pop(key_of(values, key), None)
    return {"result": values, "removed_value": removed}


@node(
    "DictMergeNode",
    category="data",
    inputs=(Port("dict_1", DataType.DICT), Port("dict_2", DataType.DICT)),
    outputs=(Port("result", DataType.DICT),),
    synonyms={"dict1": "dict_1", "dict2": "dict_2"},
)
def dict_merge(*, dict_1: Any, dict_2: Any) -> Outputs:
    """Both dictionaries in one; the second wins. One of the two may be missing."""
    if dict_1 is None and dict_2 is None:
        raise NodeFailure("there is no dictionary to merge", retryable=False)
    return {"result": {**_or_empty(dict_1), **_or_empty(dict_2)}}


def _or_empty(values: Any) -> dict[Any, Any]:
    return {} if values is None else as_dict(values)


@node(
    "DictKeysNode",
    category="data",
    inputs=(_DICT,),
    outputs=(Port("keys", DataType.LIST), _COUNT),
)
def dict_keys(*, dict: Any) -> Outputs:
    """All keys, in their order."""
    keys = [*as_dict(dict)]
    return {"keys": keys, "count": len(keys)}


@node(
    "DictValuesNode",
    category="data",
    inputs=(_DICT,),
    outputs=(Port("values", DataType.LIST), _COUNT),
)
def dict_values(*, dict: Any) -> Outputs:
    """All values, in their order."""
    values = [*as_dict(dict).values()]
    return {"values": values, "count": len(values)}


@node(
    "DictItemsNode",
    category="data",
    inputs=(_DICT,),
    outputs=(Port("items", DataType.LIST), _COUNT),
)
def dict_items(*, dict: Any) -> Outputs:
    """A list of dictionaries with ``key`` and ``value``."""
    items = [{"key": key, "value": value} for key, value in as_dict(dict).items()]
    return {"items": items, "count": len(items)}


@node(
    "DictHasKeyNode",
    category="data",
    inputs=(_DICT, _KEY),
    outputs=(Port("has_key", DataType.BOOLEAN),),
    synonyms={"exists": "has_key"},
)
def dict_has_key(*, dict: Any, key: Any) -> Outputs:
    """Whether a key is there."""
    values = as_dict(dict)
    return {"has_key": key_of(values, key) in values}


@node(
    "CreateDictNode",
    category="data",
    inputs=(
        Port("key_1", DataType.STRING),
        Port("value_1"),
        Port("key_2", DataType.STRING),
        Port("value_2"),
        Port("key_3", DataType.STRING),
        Port("value_3"),
    ),
    outputs=(Port("dict", DataType.DICT),),
    synonyms={f"{name}{i}": f"{name}_{i}" for name in ("key", "value") for i in (1, 2, 3)},
    open_ports=True,
)
def create_dict(**rest: Any) -> Outputs:
    """A dictionary of ``key_1`` and ``value_1`` and so on, as many as there are."""
    values = numbered(rest, "value")
    keys = numbered(rest, "key")
    return {"dict": {str(key): values.get(i) for i, key in keys.items() if key != ""}}


@node(
    "DictToJsonNode",
    category="data",
    inputs=(_DICT, Port("indent", DataType.INTEGER)),
    outputs=(Port("json_string", DataType.STRING),),
    properties=(
        Property("indent", DataType.INTEGER, low=0),
        Property("sort_keys", DataType.BOOLEAN, False),
        Property("ensure_ascii", DataType.BOOLEAN, True),
    ),
    synonyms={"json": "json_string"},
)
def dict_to_json(*, dict: Any, indent: int | None, sort_keys: bool, ensure_ascii: bool) -> Outputs:
    """JSON text of a dictionary or list; what JSON has no form for becomes its text."""
    data = dict if isinstance(dict, list | tuple) else as_dict(dict)
    return {
        "json_string": dumped(data, indent=indent, sort_keys=sort_keys, ensure_ascii=ensure_ascii)
    }


def dumped(data: Any, *, indent: int | None, sort_keys: bool, ensure_ascii: bool) -> str:
    """JSON text of any value; ``indent`` None puts all on one line.

    Raises:
        NodeFailure: It holds NaN, an infinity, itself, or keys that JSON cannot have.
    """
    try:
        return json.dumps(
            data,
            indent=indent,
            sort_keys=sort_keys,
            ensure_ascii=ensure_ascii,
            allow_nan=False,
            default=str,
        )
    except (TypeError, ValueError, RecursionError) as error:
        raise NodeFailure(f"this cannot be written as JSON: {error}", retryable=False) from error
