"""Numbers: arithmetic, comparison, expressions."""

import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.nodes.choices import chosen

_OF_TWO: Mapping[str, Callable[[float, float], float]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "floor_divide": operator.floordiv,
    "power": math.pow,
    "modulo": operator.mod,
    "min": min,
    "max": max,
    "log": lambda a, b: math.log(a, b) if b else math.log(a),
}
_OF_ONE: Mapping[str, Callable[[float], float]] = {
    "abs": abs,
    "sqrt": math.sqrt,
    "floor": math.floor,
    "ceil": math.ceil,
    "round": round,
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "log10": math.log10,
    "exp": math.exp,
    "negate": operator.neg,
}
_DIVISIONS = frozenset({"divide", "floor_divide", "modulo"})
_COMPARISONS: Mapping[str, tuple[str, Callable[[Any, Any], Any]]] = {
    "==": ("equals (==)", operator.eq),
    "!=": ("not equals (!=)", operator.ne),
    ">": ("greater than (>)", operator.gt),
    "<": ("less than (<)", operator.lt),
    ">=": ("greater or equal (>=)", operator.ge),
    "<=": ("less or equal (<=)", operator.le),
}
_BY_ANY_NAME = {
    name: compare for symbol, (words, compare) in _COMPARISONS.items() for name in (symbol, words)
}


@node(
    "MathOperationNode",
    category="data",
    inputs=(Port("a", DataType.FLOAT), Port("b", DataType.FLOAT)),
    outputs=(Port("result", DataType.FLOAT),),
    properties=(
        Property(
            "operation",
            DataType.CHOICE,
            "add",
            choices=(
                "add",
                "subtract",
                "multiply",
                "divide",
                "floor_divide",
                "power",
                "modulo",
                "min",
                "max",
                "abs",
                "sqrt",
                "floor",
                "ceil",
                "round",
                "sin",
                "cos",
                "tan",
                "log",
                "log10",
                "exp",
                "negate",
            ),
        ),
        Property("a", DataType.FLOAT, 0.0),
        Property("b", DataType.FLOAT, 0.0),
        Property("round_digits", DataType.INTEGER, low=0),
        Property("output_var", DataType.STRING, ""),
    ),
)
def math_operation(
    ctx: NodeContext, *, operation: str, a: Any, b: Any, round_digits: int | None, output_var: str
) -> Outputs:
    """Compute with one number or two, angles in radians; ``log`` to base 0 is the natural one.

    ``round_digits`` rounds the result as written, 0 to a whole number; unset,
    nothing is rounded. ``output_var`` names a variable that gets the result too.
    """
    name = operation.strip().lower()
    if name not in _OF_TWO and name not in _OF_ONE:
        raise NodeFailure(f"Unknown operation: {operation}")
    result = _computed(name, _number(a), _number(b))
    if round_digits is not None:
        result = round(result, round_digits)
    if output_var:
        ctx.set_variable(output_var, result)
    return {"result": result}


def _computed(name: str, a: float, b: float) -> float:
    if b == 0 and name in _DIVISIONS:
        raise NodeFailure("Division by zero")
    try:
        result = _OF_ONE[name](a) if name in _OF_ONE else _OF_TWO[name](a, b)
    except (ValueError, ZeroDivisionError) as error:
        raise NodeFailure(f"{_shown(name, a, b)} is not defined") from error
    except OverflowError as error:
        raise NodeFailure(f"{_shown(name, a, b)} is too large a number") from error
    if not math.isfinite(result):
        raise NodeFailure(f"{_shown(name, a, b)} is {result}, which is not a number")
    return result


def _shown(name: str, a: float, b: float) -> str:
    return f"{name}({a})" if name in _OF_ONE else f"{name}({a}, {b})"


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise NodeFailure(f"{value!r:.80} is not a number") from error


@node(
    "ComparisonNode",
    category="data",
    inputs=(Port("a"), Port("b")),
    outputs=(Port("result", DataType.BOOLEAN),),
    properties=(
        Property("a"),
        Property("b"),
        Property(
            "operator",
            DataType.CHOICE,
            "==",
            choices=tuple(_BY_ANY_NAME),
        ),
    ),
)
def comparison(*, a: Any, b: Any, operator: str) -> Outputs:
    """Compare two values as they are: text is never taken for a number."""
    compare = chosen(_BY_ANY_NAME, operator, "operator")
    try:
        return {"result": bool(compare(a, b))}
    except TypeError as error:
        raise NodeFailure(str(error)) from error


@node(
    "EvalExpressionNode",
    category="scripts",
    outputs=(
        Port("result"),
        Port("type", DataType.STRING),
        Port("success", DataType.BOOLEAN),
        Port("error", DataType.STRING),
    ),
    properties=(
        Property("expression", DataType.STRING, "", required=True, is_expression=True),
        Property("variables", DataType.DICT, {}),
    ),
)
def eval_expression(ctx: NodeContext, *, expression: Any, variables: Any) -> Outputs:
    """Value of an expression over the workflow's variables and ``variables``.

    ``type`` is the Python name of the value's type, ``error`` if there is none.
    """
    try:
        result = ctx.evaluate(expression, _names(variables))
    except NodeFailure as failure:
        failure.outputs.update(type="error", success=False, error=str(failure))
        raise
    return {"result": result, "type": type(result).__name__, "success": True, "error": ""}


def _names(variables: Any) -> Mapping[str, Any]:
    if not isinstance(variables, Mapping):
        raise NodeFailure(f"variables must be a dict, not {type(variables).__name__}")
    return variables
