"""Plain comparisons and sums as closures: they run some ten times faster than the tree they are.

They compute what the evaluator of `casare_robot.execution.language.expression_language`
computes, with its own operators; all else is left to it.
"""

import ast
from collections.abc import Callable, Mapping
from typing import Any

ValueOf = Callable[[str], Any]
"""Gives the value of a name."""
Closure = Callable[[ValueOf], Any]
Operators = Mapping[type[ast.AST], Callable[..., Any]]
LONGEST_CONSTANT = 1000
"""Characters of a text in an expression; the evaluator knows what to say about longer ones."""


def closure_of(tree: ast.expr, operators: Operators) -> Closure | None:
    """A closure for a parsed expression, or None if something in it is not plain."""
    match tree:
        case ast.Name(id=name):
            return lambda value_of: value_of(name)
        case ast.Constant(value=constant):
            return _constant(constant)
        case ast.UnaryOp(op=operator, operand=operand) if type(operator) in operators:
            return _with_one(operators[type(operator)], closure_of(operand, operators))
        case (
            ast.BinOp(left=left, op=operator, right=right)
            | ast.Compare(left=left, ops=[operator], comparators=[right])
        ) if type(operator) in operators:
            compute = operators[type(operator)]
            return _with_two(compute, closure_of(left, operators), closure_of(right, operators))
        case ast.BoolOp(op=operator, values=[first, *others]):
            closure = closure_of(first, operators)
            for other in others:
                closure = _both(
                    closure, closure_of(other, operators), is_and=isinstance(operator, ast.And)
                )
            return closure
        case _:
            return None


def _constant(value: Any) -> Closure | None:
    is_short = isinstance(value, str) and len(value) <= LONGEST_CONSTANT
    if value is not None and not is_short and not isinstance(value, int | float):
        return None
    return lambda _value_of: value


def _with_one(compute: Callable[..., Any], operand: Closure | None) -> Closure | None:
    if operand is None:
        return None
    return lambda value_of: compute(operand(value_of))


def _with_two(
    compute: Callable[..., Any], left: Closure | None, right: Closure | None
) -> Closure | None:
    if left is None or right is None:
        return None
    return lambda value_of: compute(left(value_of), right(value_of))


def _both(left: Closure | None, right: Closure | None, *, is_and: bool) -> Closure | None:
    if left is None or right is None:
        return None
    if is_and:
        return lambda value_of: left(value_of) and right(value_of)
    return lambda value_of: left(value_of) or right(value_of)
