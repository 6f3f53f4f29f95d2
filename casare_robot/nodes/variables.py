"""Variables: set, get, increment."""

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node

_TRUE = frozenset({"true", "1", "yes", "on"})
_NAME = Port("variable_name", DataType.STRING)
_NAME_PROPERTY = Property("variable_name", DataType.STRING, required=True)


@node(
    "SetVariableNode",
    category="variable",
    inputs=(Port("value"), _NAME),
    outputs=(Port("value"),),
    properties=(
        _NAME_PROPERTY,
        Property("default_value"),
        Property(
            "variable_type",
            DataType.CHOICE,
            "String",
            choices=(
                "String",
                "Boolean",
                "Int32",
                "Float",
                "Object",
                "Array",
                "List",
                "Dict",
                "FilePath",
                "DataTable",
            ),
        ),
    ),
    keeps_secrets=True,
)
def set_variable(
    ctx: NodeContext,
    *,
    value: Any,
    variable_name: str | None,
    default_value: Any,
    variable_type: str,
) -> Outputs:
    """Set a variable to the wired value, else to the configured one, made of its type.

    A value that cannot be of the type is kept as it is.
    """
    value = _typed(default_value if value is None else value, variable_type)
    ctx.set_variable(_checked(variable_name), value)
    return {"value": value}


@node(
    "GetVariableNode",
    category="variable",
    inputs=(_NAME,),
    outputs=(Port("value"),),
    properties=(_NAME_PROPERTY, Property("default_value")),
    keeps_secrets=True,
)
def get_variable(ctx: NodeContext, *, variable_name: str | None, default_value: Any) -> Outputs:
    """The value of a variable, or the default where it has none."""
    value = ctx.get_variable(_checked(variable_name))
    return {"value": default_value if value is None else value}


@node(
    "IncrementVariableNode",
    category="variable",
    inputs=(_NAME, Port("increment", DataType.FLOAT)),
    outputs=(Port("value", DataType.FLOAT),),
    properties=(_NAME_PROPERTY, Property("increment", DataType.FLOAT, 1.0)),
)
def increment_variable(ctx: NodeContext, *, variable_name: str | None, increment: Any) -> Outputs:
    """Add to a variable, 0 if there is none; the sum is always a float."""
    name = _checked(variable_name)
    current = ctx.get_variable(name)
    try:
        value = float(0 if current is None else current) + float(increment)
    except (TypeError, ValueError, OverflowError) as error:
        raise NodeFailure(str(error)) from error
    if not math.isfinite(value):
        raise NodeFailure(f"{current!r} plus {increment!r} is too large a number")
    ctx.set_variable(name, value)
    return {"value": value}


def _checked(name: str | None) -> str:
    if not name:
        raise NodeFailure("Variable name is required")
    return str(name)


def _typed(value: Any, variable_type: str) -> Any:
    make = _MAKERS.get(variable_type)
    if make is None or value is None:
        return value
    try:
        return make(value)
    except (ValueError, TypeError, OverflowError):
        return value


def _truth(value: Any) -> bool:
    return value.lower() in _TRUE if isinstance(value, str) else bool(value)


def _object(value: Any) -> Any:
    return json.loads(value or "{}") if isinstance(value, str) else value


def _list(value: Any) -> Any:
    if not isinstance(value, str):
        return list(value) if isinstance(value, list | tuple) else [value]
    if value.lstrip().startswith("["):
        return json.loads(value)
    return [item.strip() for item in value.split(",") if item.strip()]


_MAKERS: Mapping[str, Callable[[Any], Any]] = {
    "Boolean": _truth,
    "Int32": int,
    "Integer": int,
    "Float": float,
    "Object": _object,
    "Dict": _object,
    "DataTable": _object,
    "List": _list,
    "Array": _list,
}
