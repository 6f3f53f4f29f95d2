"""What an expression may do: the evaluator, its operators, functions and bounds.

Imported on the first evaluation only, because simpleeval and its parser tables are slow to load.
"""

import ast
import math
import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from simpleeval import DEFAULT_OPERATORS, EvalWithCompoundTypes, InvalidExpression

LONGEST_TEXT = 1_000_000
"""Characters of a text that an expression may make."""
LONGEST_RANGE = 10_000
"""Numbers of a range; an expression may hold many."""
_MOST_BITS = 100_000
"""Size of a power's result; more takes noticeable time to compute."""


def _power(base: Any, exponent: Any) -> Any:
    are_whole = isinstance(base, int) and isinstance(exponent, int)
    if are_whole and abs(exponent) * base.bit_length() > _MOST_BITS:
        raise InvalidExpression(f"{base} to the power of {exponent} is too big")
    return base**exponent


def _remainder(left: Any, right: Any) -> Any:
    if isinstance(left, str | bytes):
        raise InvalidExpression("text has no remainder")
    return left % right


_SEQUENCES = (str, bytes, list, tuple)


def _product(left: Any, right: Any) -> Any:
    for factor in (left, right):
        # each level of repeated lists in lists multiplies what comparing and showing them costs
        if isinstance(factor, list | tuple) and any(
            isinstance(item, list | tuple | dict) for item in factor
        ):
            raise InvalidExpression("a list of lists cannot be repeated")
    if isinstance(left, _SEQUENCES) and isinstance(right, _SEQUENCES):
        # the library would first repeat one as often as the other is long
        raise InvalidExpression(f"cannot multiply {type(left).__name__} by {type(right).__name__}")
    return DEFAULT_OPERATORS[ast.Mult](left, right)


def _round(number: Any, digits: int = 0) -> Any:
    if not -400 <= digits <= 400:
        raise InvalidExpression(f"cannot round to {digits} digits")
    return round(number, digits) if digits else round(number)


def _range(*bounds: int) -> list[int]:
    numbers = range(*bounds)
    if numbers and abs(numbers[-1] - numbers[0]) // abs(numbers.step) >= LONGEST_RANGE:
        raise InvalidExpression(f"a range of over {LONGEST_RANGE:,} numbers is too long")
    return list(numbers)


def _replace(text: str, old: str, new: str) -> str:
    if len(text) + str.count(text, old) * len(new) > LONGEST_TEXT:
        raise InvalidExpression("the replaced text would be too long")
    return str.replace(text, old, new)


def _join(first: Any, second: Any = "") -> str:
    separator, items = (first, second) if isinstance(first, str) else (second, first)
    texts = [str(item) for item in items]
    if len(texts) * len(separator) + sum(map(len, texts)) > LONGEST_TEXT:
        raise InvalidExpression("the joined text would be too long")
    return str.join(separator, texts)


def _contains(container: Any, item: Any) -> bool:
    return item in container


def _get(container: Any, key: Any, default: Any = None) -> Any:
    if isinstance(container, Mapping):
        return container.get(key, default)
    return container[key] if -len(container) <= key < len(container) else default


def _dict(entries: Any = ()) -> dict[Any, Any]:
    return dict(entries)


def _list(items: Iterable[Any] = ()) -> list[Any]:
    return list(items)


def _is_empty(value: Any) -> bool:
    return value is None or value in ("", [], {}, ())


def _count(container: Any, item: Any) -> int:
    return int(container.count(item))


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "len": len,
    "min": min,
    "max": max,
    "int": int,
    "float": float,
    "str": str,
    "bool": bool,
    "abs": abs,
    "round": _round,
    "sum": sum,
    "sorted": sorted,
    "any": any,
    "all": all,
    "range": _range,
    "list": _list,
    "dict": _dict,
    "keys": lambda mapping: list(mapping.keys()),
    "values": lambda mapping: list(mapping.values()),
    "items": lambda mapping: list(mapping.items()),
    "get": _get,
    "upper": str.upper,
    "lower": str.lower,
    "title": str.title,
    "strip": str.strip,
    "trim": str.strip,
    "startswith": str.startswith,
    "endswith": str.endswith,
    "isdigit": str.isdigit,
    "split": str.split,
    "replace": _replace,
    "join": _join,
    "contains": _contains,
    "count": _count,
    "is_empty": _is_empty,
}
_METHODS = frozenset(_FUNCTIONS) & {
    *("keys", "values", "items", "get", "upper", "lower", "title", "strip", "startswith"),
    *("endswith", "isdigit", "split", "replace", "join", "count"),
}


def _comparison(compare: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Compare a text that spells a number or truth value with one as what it spells."""

    def compared(left: Any, right: Any) -> Any:
        if isinstance(left, str) and isinstance(right, int | float):
            left = _spelled(left, right)
        elif isinstance(right, str) and isinstance(left, int | float):
            right = _spelled(right, left)
        return compare(left, right)

    return compared


def _spelled(text: str, like: float) -> Any:
    if isinstance(like, bool):
        return {"true": True, "false": False}.get(text.strip().lower(), text)
    try:
        number = float(text)
    except ValueError:
        return text
    return number if math.isfinite(number) else text


OPERATORS = {
    **DEFAULT_OPERATORS,
    ast.Pow: _power,
    ast.Mod: _remainder,
    ast.Mult: _product,
    ast.Eq: _comparison(operator.eq),
    ast.NotEq: _comparison(operator.ne),
    ast.Lt: _comparison(operator.lt),
    ast.LtE: _comparison(operator.le),
    ast.Gt: _comparison(operator.gt),
    ast.GtE: _comparison(operator.ge),
}
_FORBIDDEN = (
    *(ast.JoinedStr, ast.FormattedValue, ast.Assign, ast.AugAssign, ast.Import),
    *(ast.ListComp, ast.GeneratorExp, ast.DictComp, ast.Set),
)


class _Evaluator(EvalWithCompoundTypes):
    """simpleeval with our functions, and dots that reach dict keys and nothing else."""

    def __init__(self, value_of: Callable[[str], Any]) -> None:
        super().__init__(operators=OPERATORS, functions={}, names={})
        self.functions = _FUNCTIONS
        self._value_of = value_of
        for kind in _FORBIDDEN:
            self.nodes.pop(kind, None)

    def _check_disallowed_items(self, item: Any) -> None:
        """Nothing to look for: values are data, and no name or dot leads to a function."""

    def _eval_constant(self, node: ast.Constant) -> Any:
        if isinstance(node.value, bytes | complex) or node.value is ...:
            raise InvalidExpression(f"{ast.unparse(node)} is no value of a workflow")
        return super()._eval_constant(node)

    def _eval_name(self, node: ast.Name) -> Any:
        return self._value_of(node.id)

    def _eval_attribute(self, node: ast.Attribute) -> Any:
        owner = self._eval(node.value)
        if isinstance(owner, Mapping) and node.attr in owner:
            return owner[node.attr]
        raise InvalidExpression(f"there is no key {node.attr!r}")

    def _eval_call(self, node: ast.Call) -> Any:
        arguments = [self._eval(argument) for argument in node.args]
        options = dict(self._eval(keyword) for keyword in node.keywords)
        if isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS:
            return _FUNCTIONS[node.func.id](*arguments, **options)
        if isinstance(node.func, ast.Attribute) and node.func.attr in _METHODS:
            owner = self._eval(node.func.value)
            return _FUNCTIONS[node.func.attr](owner, *arguments, **options)
        raise InvalidExpression(f"there is no function {ast.unparse(node.func)!r}")


def evaluator(value_of: Callable[[str], Any]) -> _Evaluator:
    """An evaluator whose names are answered by ``value_of``."""
    return _Evaluator(value_of)
