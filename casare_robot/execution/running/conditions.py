"""Conditions of If, While and Switch: a wired value, else an expression."""

from collections.abc import Callable
from typing import Any

from casare_robot.domain.errors import NodeFailure
from casare_robot.execution.language.expressions import Expression, compile_expression
from casare_robot.execution.language.references import MISSING
from casare_robot.execution.planning.op import Op
from casare_robot.execution.running.scope import Names, Scope


def condition_of(op: Op) -> Callable[[Scope], bool]:
    """Whether the condition of an If or While holds.

    A wired value counts by its truth; a written one is an expression.
    """
    value = value_of(op, "condition")
    return lambda scope: bool(value(scope))


def value_of(op: Op, port: str) -> Callable[[Scope], Any]:
    """The value a node decides by.

    Raises (when called):
        NodeFailure: The expression cannot be evaluated.
    """
    wire = op.wires.get(port)
    written = op.node.config.get("expression")
    if written in (None, ""):
        written = op.node.config.get(port)
    expression: Expression | None = None
    fault: NodeFailure | None = None
    if isinstance(written, str) and written.strip():
        try:
            expression = compile_expression(written)
        except NodeFailure as error:
            is_plain_text = port == "value" and op.node.config.get("expression") in (None, "")
            fault = None if is_plain_text else error

    def decide(scope: Scope) -> Any:
        if wire is not None:
            value = wire(scope)
            if value is not None:
                return value
        if fault is not None:
            raise fault
        if expression is None:
            return written
        return expression.evaluate(Names(scope, _nothing_for_unknown(expression, scope)))

    return decide


def _nothing_for_unknown(expression: Expression, scope: Scope) -> dict[str, Any]:
    """None for each name that nothing answers to, with a warning like any unresolved reference."""
    unknown: dict[str, Any] = {}
    for name in expression.names:
        if name not in scope.variables and scope.name(name) is MISSING:
            scope.unresolved(name)
            unknown[name] = None
    return unknown
