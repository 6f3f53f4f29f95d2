"""Checks and conversions: validate, transform, assert, throw."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from casare_robot.domain.conversion import convert
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outcome, Outputs, Port, Property, node
from casare_robot.nodes.choices import chosen
from casare_robot.nodes.regex import compile_pattern

_DEFAULT_COMPLAINT = "Validation failed"
_EMAIL = re.compile(r"[\w.%+-]+@(?:[\w-]+\.)+[^\W\d_]{2,}")
_URL = re.compile(r"https?://[^\s/$.?#]\S*", re.IGNORECASE)
_TRUE = frozenset({"true", "1", "yes", "on"})


def _is(kind: str, test: Callable[[Any], bool]) -> Callable[[Any, Any], str]:
    def check(value: Any, param: Any) -> str:
        return "" if test(value) else f"Expected {kind}, got {type(value).__name__}"

    return check


def _bound(
    what: str, measure: Callable[[Any], Any], fits: Callable[[Any, Any], bool], sign: str
) -> Callable[[Any, Any], str]:
    name = "minimum" if sign == "<" else "maximum"

    def check(value: Any, param: Any) -> str:
        if param is None or param == "":
            raise NodeFailure(f"{name.capitalize()} {what.lower()} required")
        try:
            limit = convert(param, DataType.NUMBER)
            measured = measure(value)
        except (TypeError, ValueError) as error:
            return str(error)
        return "" if fits(measured, limit) else f"{what} {measured} {sign} {name} {limit}"

    return check


def _length(value: Any) -> int:
    if not hasattr(value, "__len__"):
        raise TypeError("Value has no length")
    return len(value)


def _numeric(value: Any) -> Any:
    if not _is_number(value):
        raise TypeError("Value must be numeric")
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _not_empty(value: Any, param: Any) -> str:
    return "Value is empty" if value is None or value in ("", [], {}, ()) else ""


def _matches_regex(value: Any, param: Any) -> str:
    if not param:
        raise NodeFailure("Regex pattern required")
    if not isinstance(value, str):
        return "Value must be string for regex match"
    return "" if compile_pattern(param).match(value) else f"Value does not match pattern: {param}"


def _in_list(value: Any, param: Any) -> str:
    allowed = convert(param, DataType.LIST)
    if isinstance(allowed, str):
        allowed = [item.strip() for item in allowed.split(",")]
    if not isinstance(allowed, list | tuple | Mapping):
        raise NodeFailure("List of allowed values required")
    return "" if value in allowed else f"Value not in allowed list: {param}"


def _looks_like(pattern: re.Pattern[str], name: str) -> Callable[[Any, Any], str]:
    def check(value: Any, param: Any) -> str:
        if not isinstance(value, str):
            return "Value must be string"
        return "" if pattern.fullmatch(value) else f"Invalid {name} format"

    return check


_CHECKS: Mapping[str, Callable[[Any, Any], str]] = {
    "not_empty": _not_empty,
    "is_string": _is("string", lambda value: isinstance(value, str)),
    "is_number": _is("number", _is_number),
    "is_integer": _is("integer", lambda v: isinstance(v, int) and not isinstance(v, bool)),
    "is_boolean": _is("boolean", lambda value: isinstance(value, bool)),
    "is_list": _is("list", lambda value: isinstance(value, list)),
    "is_dict": _is("dict", lambda value: isinstance(value, Mapping)),
    "matches_regex": _matches_regex,
    "min_length": _bound("Length", _length, lambda length, limit: length >= limit, "<"),
    "max_length": _bound("Length", _length, lambda length, limit: length <= limit, ">"),
    "min_value": _bound("Value", _numeric, lambda value, limit: value >= limit, "<"),
    "max_value": _bound("Value", _numeric, lambda value, limit: value <= limit, ">"),
    "in_list": _in_list,
    "is_email": _looks_like(_EMAIL, "email"),
    "is_url": _looks_like(_URL, "URL"),
}
"""Each check by its name: what is wrong with a value, empty if nothing is."""


@node(
    "ValidateNode",
    category="utility",
    inputs=(Port("value"),),
    outputs=(Port("is_valid", DataType.BOOLEAN), Port("error_message", DataType.STRING)),
    properties=(
        Property("value"),
        Property(
            "validation_type",
            DataType.CHOICE,
            "not_empty",
            choices=(*_CHECKS, "custom"),
        ),
        Property("validation_param", is_expression=True),
        Property("error_message", DataType.STRING, _DEFAULT_COMPLAINT),
    ),
    exec_out=("valid", "invalid"),
    may_stall=True,
)
def validate(
    ctx: NodeContext,
    *,
    value: Any,
    validation_type: str,
    validation_param: Any,
    error_message: str,
) -> Outcome:
    """Check a value and leave by ``valid`` or ``invalid``.

    ``custom`` takes ``validation_param`` as an expression over ``value``. An
    ``error_message`` other than the default replaces the check's own.
    """
    if validation_type == "custom":
        holds = ctx.evaluate(validation_param or "", {"value": value})
        complaint = "" if holds else f"Value does not satisfy: {validation_param}"
    else:
        complaint = chosen(_CHECKS, validation_type, "validation_type")(value, validation_param)
    if complaint and error_message not in ("", _DEFAULT_COMPLAINT):
        complaint = error_message
    return Outcome(
        "invalid" if complaint else "valid",
        {"is_valid": not complaint, "error_message": complaint},
    )


def _to_boolean(value: Any, param: Any) -> bool:
    return value.strip().lower() in _TRUE if isinstance(value, str) else bool(value)


def _to_list(value: Any, param: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return [list(item) for item in value.items()]
    return list(value) if isinstance(value, list | tuple | str) else [value]


def _joined(value: Any, param: Any) -> str:
    return str(param or ",").join(map(str, _a(list, value, "join")))


def _replaced(value: Any, param: Any) -> str:
    param = convert(param, DataType.DICT)
    if not param or not isinstance(param, Mapping):
        raise ValueError("Replace requires param dict with 'old' and 'new' keys")
    return str(value).replace(str(param.get("old", "")), str(param.get("new", "")))


def _regex_extract(value: Any, param: Any) -> str | None:
    if not param:
        raise ValueError("Regex pattern required")
    match = compile_pattern(param).search(str(value))
    return match[0] if match else None


def _get_index(value: Any, param: Any) -> Any:
    if not isinstance(value, list | tuple | str):
        raise TypeError("Value must be list, tuple, or string for get_index")
    index = int(param or 0)
    return value[index] if -len(value) <= index < len(value) else None


def _map_values(value: Any, param: Any) -> list[Any]:
    return [
        item.get(param) if param and isinstance(item, Mapping) else item
        for item in _a(list, value, "map_values")
    ]


def _filter_values(value: Any, param: Any) -> list[Any]:
    return [item for item in _a(list, value, "filter_values") if item not in (None, "")]


def _a(kind: type, value: Any, name: str) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"Value must be {kind.__name__} for {name}")
    return value


_TRANSFORMS: Mapping[str, Callable[[Any, Any], Any]] = {
    "to_string": lambda value, _: "" if value is None else str(value),
    "to_integer": lambda value, _: int(value),
    "to_float": lambda value, _: float(value),
    "to_boolean": _to_boolean,
    "to_list": _to_list,
    "to_json": lambda value, _: json.dumps(value, default=str),
    "from_json": lambda value, _: json.loads(value) if isinstance(value, str) else value,
    "uppercase": lambda value, _: str(value).upper(),
    "lowercase": lambda value, _: str(value).lower(),
    "trim": lambda value, _: str(value).strip(),
    "split": lambda value, param: str(value).split(str(param or ",")),
    "join": _joined,
    "replace": _replaced,
    "regex_extract": _regex_extract,
    "get_key": lambda value, param: _a(dict, value, "get_key").get(param),
    "get_index": _get_index,
    "map_values": _map_values,
    "filter_values": _filter_values,
}


@node(
    "TransformNode",
    category="utility",
    inputs=(Port("value"), Port("param")),
    outputs=(
        Port("result"),
        Port("success", DataType.BOOLEAN),
        Port("error", DataType.STRING),
    ),
    properties=(
        Property("value"),
        Property("param"),
        Property("transform_type", DataType.CHOICE, "to_string", choices=tuple(_TRANSFORMS)),
        Property("transform_param"),
        Property("variable_name", DataType.STRING, "transformed"),
    ),
    may_stall=True,
)
def transform(
    ctx: NodeContext,
    *,
    value: Any,
    param: Any,
    transform_type: str,
    transform_param: Any,
    variable_name: str,
) -> Outputs:
    """Change a value; the result also becomes the variable ``variable_name``, if it has a name.

    ``split`` and ``join`` take a separator (a comma if none is given),
    ``replace`` a dict of ``old`` and ``new``, ``map_values`` a key of each item;
    ``filter_values`` leaves None and empty texts out.
    """
    change = chosen(_TRANSFORMS, transform_type, "transform_type")
    try:
        result = change(value, transform_param if param is None else param)
    except (NodeFailure, ValueError, TypeError, OverflowError, RecursionError) as error:
        message = f"Transform error: {error}"
        raise NodeFailure(message, outputs={"success": False, "error": message}) from error
    if variable_name:
        ctx.set_variable(variable_name, result)
    return {"result": result, "success": True, "error": ""}


@node(
    "AssertNode",
    category="error_handling",
    inputs=(Port("condition", DataType.BOOLEAN), Port("message", DataType.STRING)),
    outputs=(Port("passed", DataType.BOOLEAN),),
    properties=(
        Property("condition", DataType.BOOLEAN, True),
        Property("message", DataType.STRING, "Assertion failed"),
    ),
)
def assert_(*, condition: Any, message: Any) -> Outputs:
    """Fail with a message unless a condition is true."""
    if not _truth(condition):
        raise NodeFailure(str(message), outputs={"passed": False})
    return {"passed": True}


@node(
    "AssertSystemNode",
    category="system",
    inputs=(Port("condition"), Port("value")),
    outputs=(Port("passed", DataType.BOOLEAN), Port("message", DataType.STRING)),
    properties=(
        Property("condition", DataType.STRING, required=True, is_expression=True),
        Property("value"),
        Property("assert_message", DataType.STRING, "Assertion failed"),
        Property("fail_on_false", DataType.BOOLEAN, True),
    ),
)
def assert_system(
    ctx: NodeContext, *, condition: Any, value: Any, assert_message: str, fail_on_false: bool
) -> Outputs:
    """Check a condition: a truth value, or an expression in which ``value`` is that input."""
    if condition is None or condition == "":
        raise _unmet("Condition is required")
    try:
        if isinstance(condition, str):
            condition = ctx.evaluate(condition, {"value": value})
    except NodeFailure as failure:
        failure.outputs.update(passed=False, message=str(failure))
        raise
    if _truth(condition):
        return {"passed": True, "message": "Assertion passed"}
    if fail_on_false:
        raise _unmet(assert_message)
    return {"passed": False, "message": assert_message}


def _unmet(message: str) -> NodeFailure:
    return NodeFailure(message, outputs={"passed": False, "message": message})


def _truth(condition: Any) -> bool:
    """The words for false count as false; any other text is true unless empty."""
    try:
        return bool(convert(condition, DataType.BOOLEAN))
    except ValueError:
        return bool(condition)


@node(
    "ThrowErrorNode",
    category="error_handling",
    inputs=(Port("error_message", DataType.STRING),),
    properties=(Property("error_message", DataType.STRING, "Custom error"),),
)
def throw_error(*, error_message: Any) -> Outputs:
    """Fail with a message."""
    raise NodeFailure(str(error_message), error_type="ExecutionError")
