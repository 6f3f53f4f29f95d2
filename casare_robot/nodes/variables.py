"""Variables: set, get, increment."""

import json
from typing import Any

from casare_robot.domain.conversion import convert
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node

_TYPES = {
    "String": DataType.ANY,
    "Boolean": DataType.BOOLEAN,
    "Int32": DataType.INTEGER,
    "Integer": DataType.INTEGER,
    "Float": DataType.FLOAT,
}
_STRUCTURES = {"Object": dict, "Dict": dict, "Array": list, "List": list}


@node(
    "SetVariableNode",
    category="variable",
    inputs=(Port("value"), Port("variable_name", DataType.STRING)),
    outputs=(Port("value"),),
    properties=(
        Property("variable_name", DataType.STRING, required=True),
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
    ctx: NodeContext, *, value: Any, variable_name: str, default_value: Any, variable_type: str
) -> Outputs:
    """Set a variable to the wired value, else to the configured one made of its type."""
    if value is None:
        value = _typed(default_value, variable_type)
    ctx.set_variable(variable_name, value)
    return {"value": value}


def _typed(value: Any, variable_type: str) -> Any:
    if not isinstance(value, str) or variable_type == "String":
        return value
    structure = _STRUCTURES.get(variable_type)
    try:
        if structure is None:
            return convert(value, _TYPES.get(variable_type, DataType.ANY))
        return json.loads(value) if value.strip() else structure()
    except ValueError as error:
        raise NodeFailure(f"{value!r} is no {variable_type}: {error}") from error
