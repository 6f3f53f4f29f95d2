"""Expressions of If, While, Switch and Assert: parsed once, values bound, never pasted.

The language is that of Python's operators and literals over the workflow's
names, with ``&&``, ``||``, ``!``, ``true``, ``false`` and ``null`` accepted too.
References (``{{name.path}}``, ``${name}``, ``%name%``) become bound values; inside
quotes they become part of the text.
"""

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from casare_robot.domain.errors import NodeFailure
from casare_robot.execution.language.references import (
    MISSING,
    REFERENCE,
    Compiled,
    SecretTemplate,
    SingleReference,
    compile_reference,
    compile_text,
)

if TYPE_CHECKING:
    import ast

    from casare_robot.execution.language.expression_closures import Closure

LONGEST = 10_000
"""Characters of an expression; longer ones are programs, not conditions."""

_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<string>[rR]?(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'))
    |(?P<number>(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?)
    |(?P<name>[^\W\d]\w*)
    |(?P<and>&&)|(?P<or>\|\|)|(?P<not>!(?!=))
    |(?P<close>[)\]}])
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_WORDS = {"true": "True", "TRUE": "True", "false": "False", "FALSE": "False"} | dict.fromkeys(
    ("null", "NULL", "none", "undefined"), "None"
)
_OPERATOR_WORDS = frozenset({"and", "or", "not", "in", "is", "if", "else"})
_DASHED = re.compile(r"\{\{\s*([^\W\d][\w-]*)\s*\}\}")
_ESCAPE = re.compile(
    r"\\(?:(?P<known>[\\'\"abfnrtv0-7\n]|x[\da-fA-F]{2}|u[\da-fA-F]{4}|U00[\da-fA-F]{6})|.)",
    re.DOTALL,
)
_ASSIGNMENT = re.compile(r"(?<![=!<>:])=(?!=)")
_BOUND = "_bound_"
_FALSE_TEXTS = frozenset({"", "0", "false", "no"})


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression; ``names`` are the variables and nodes it refers to."""

    text: str
    names: frozenset[str]
    tree: "ast.expr"
    bound: Mapping[str, Compiled]
    closure: "Closure | None"

    def evaluate(self, names: Mapping[str, Any]) -> Any:
        """Value over ``names``: variables, and nodes as dicts of their outputs.

        A system value is looked up in ``names`` as ``$currentDate`` and so on.

        Raises:
            NodeFailure: It has no value; the message says which expression and why.
        """
        value_of = functools.partial(self._value, names)
        try:
            value = self.closure(value_of) if self.closure else self._evaluated(value_of)
        except NodeFailure:
            raise
        except RecursionError:
            raise _failure(422, self.text, "it is nested too deeply") from None
        except KeyError as error:
            raise _failure(421, self.text, f"there is no key {error}") from error
        except Exception as error:  # the evaluator raises whatever the operands' methods raise
            raise _failure(421, self.text, str(error) or type(error).__name__) from error
        if isinstance(value, complex):
            raise _failure(421, self.text, "its value is not a real number")
        return value

    def _evaluated(self, value_of: Callable[[str], Any]) -> Any:
        from casare_robot.execution.language.expression_language import evaluator

        return evaluator(value_of).eval(self.text, self.tree)

    def _value(self, names: Mapping[str, Any], name: str) -> Any:
        if name in self.bound:
            value = self.bound[name].resolve(_Names(names), self._refuse)
        else:
            value = names.get(name, MISSING)
        if value is MISSING:
            raise _failure(420, self.text, f"there is no variable {name!r}")
        if isinstance(value, SecretTemplate):
            raise _failure(423, self.text, "secrets cannot be part of an expression")
        return value

    def _refuse(self, reference: str) -> None:
        raise _failure(420, self.text, f"nothing answers to {reference}")


class _Names:
    """A mapping of names as a `Lookup`."""

    __slots__ = ("_names",)

    def __init__(self, names: Mapping[str, Any]) -> None:
        self._names = names

    def name(self, name: str) -> Any:
        return self._names.get(name, MISSING)

    def system(self, name: str) -> Any:
        return self._names.get(f"${name}", MISSING)


@functools.lru_cache(maxsize=1024)
def compile_expression(text: str) -> Expression:
    """Parse an expression.

    Raises:
        NodeFailure: It cannot be understood; the message says what and why.
    """
    import ast

    from casare_robot.execution.language.expression_closures import closure_of
    from casare_robot.execution.language.expression_language import OPERATORS

    if len(text) > LONGEST:
        raise _failure(410, text, f"it is longer than {LONGEST:,} characters")
    if not text.strip():
        raise _failure(411, text, "it is empty")
    source, bound = _to_python(text)
    try:
        tree = ast.parse(source.strip(), mode="eval").body
    except SyntaxError as error:
        hint = " (== compares)" if _ASSIGNMENT.search(source) else ""
        raise _failure(411, text, error.msg + hint) from None
    except (MemoryError, RecursionError):
        raise _failure(412, text, "it is nested too deeply") from None
    except ValueError as error:
        raise _failure(411, text, str(error)) from None
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    names = {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and id(node) not in called and node.id not in bound
    }
    for template in bound.values():
        names.update(template.names())
    try:
        closure = closure_of(tree, OPERATORS)
    except RecursionError:
        closure = None
    return Expression(text, frozenset(names), tree, bound, closure)


def evaluate(text: str, names: Mapping[str, Any]) -> Any:
    """Value of an expression over ``names``; see `Expression.evaluate`.

    Raises:
        NodeFailure: It cannot be understood or has no value.
    """
    return compile_expression(text).evaluate(names)


def truth(value: Any) -> bool:
    """Whether a condition's value counts as true; the words of false count as false."""
    if isinstance(value, str):
        return value.strip().lower() not in _FALSE_TEXTS
    return bool(value)


def _to_python(text: str) -> tuple[str, dict[str, Compiled]]:
    """Python source in which every reference is a placeholder, and what they stand for."""
    pieces: list[str] = []
    bound: dict[str, Compiled] = {}

    def bind(template: Compiled) -> None:
        name = f"{_BOUND}{len(bound)}"
        bound[name] = template
        pieces.append(f" {name} ")

    position, after_operand = 0, False
    while position < len(text):
        reference = REFERENCE.match(text, position)
        if reference and not (after_operand and reference["percent"]):
            bind(compile_reference(reference, reference[0]))
            position, after_operand = reference.end(), True
            continue
        if dashed := _DASHED.match(text, position):
            bind(SingleReference(dashed[1], dashed[0]))
            position, after_operand = dashed.end(), True
            continue
        token = _TOKEN.match(text, position)
        if token is None:
            break
        position, kind, written = token.end(), token.lastgroup, token[0]
        if kind == "string":
            _add_string(written, pieces, bind)
        elif kind == "name":
            pieces.append(_WORDS.get(written, written))
        else:
            pieces.append({"and": " and ", "or": " or ", "not": " not "}.get(kind or "", written))
        if kind != "space":
            is_operand = kind in ("string", "number", "name", "close")
            after_operand = is_operand and written not in _OPERATOR_WORDS
    return "".join(" " if piece.isspace() else piece for piece in pieces), bound


def _add_string(literal: str, pieces: list[str], bind: Callable[[Compiled], None]) -> None:
    import ast

    is_raw = literal[0] in "rR"
    if not is_raw:
        literal = _ESCAPE.sub(lambda m: m[0] if m["known"] else "\\" + m[0], literal)
    if REFERENCE.search(literal) is None:
        pieces.append(literal)
        return
    try:
        content = ast.literal_eval(literal)
    except (SyntaxError, ValueError):
        pieces.append(literal)
        return
    bind(compile_text(content))


def _failure(number: int, text: str, reason: str) -> NodeFailure:
    shown = text if len(text) <= 200 else text[:200] + "..."
    return NodeFailure(
        f"expression {shown!r}: {reason}",
        error_type="ExpressionError",
        code=f"E-EXPR-{number}",
        retryable=False,
    )
