"""Regular expressions: find and replace."""

import re
from typing import Any

from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node

FLAGS = (
    Property("ignore_case", DataType.BOOLEAN, False),
    Property("multiline", DataType.BOOLEAN, False),
    Property("dotall", DataType.BOOLEAN, False),
)
"""Properties of every node with a pattern: case, ``^`` and ``$`` at lines, ``.`` over lines."""

_TEXT = Port("text", DataType.STRING, "")
_PATTERN = Port("pattern", DataType.STRING, "")


def compile_pattern(
    pattern: Any,
    *,
    ignore_case: bool = False,
    multiline: bool = False,
    dotall: bool = False,
    literal: bool = False,
) -> re.Pattern[str]:
    """Make a pattern ready; ``literal`` takes it as plain text.

    Raises:
        NodeFailure: It is no regular expression.
    """
    flags = (
        (re.IGNORECASE if ignore_case else 0)
        | (re.MULTILINE if multiline else 0)
        | (re.DOTALL if dotall else 0)
    )
    text = str(pattern)
    try:
        return re.compile(re.escape(text) if literal else text, flags)
    except (re.error, OverflowError, RecursionError) as error:
        raise NodeFailure(str(error)) from error


def substitute(
    pattern: re.Pattern[str], replacement: Any, text: str, *, count: int, literal: bool = False
) -> tuple[str, int]:
    r"""Replace matches, 0 for all; ``literal`` gives ``\1`` in the replacement no meaning.

    Raises:
        NodeFailure: The replacement names a group that is not in the pattern.
    """
    new = str(replacement)
    try:
        return pattern.subn((lambda _: new) if literal else new, text, count=count)
    except (re.error, IndexError) as error:
        raise NodeFailure(f"the replacement {new!r} cannot be used: {error}") from error


@node(
    "RegexMatchNode",
    category="data",
    inputs=(_TEXT, _PATTERN),
    outputs=(
        Port("match_found", DataType.BOOLEAN),
        Port("first_match", DataType.STRING),
        Port("all_matches", DataType.LIST),
        Port("groups", DataType.LIST),
        Port("match_count", DataType.INTEGER),
    ),
    properties=FLAGS,
    may_stall=True,
)
def regex_match(
    *, text: Any, pattern: Any, ignore_case: bool, multiline: bool, dotall: bool
) -> Outputs:
    """Every match as a whole, and the groups of the first."""
    compiled = compile_pattern(pattern, ignore_case=ignore_case, multiline=multiline, dotall=dotall)
    matches = list(compiled.finditer(str(text)))
    return {
        "match_found": bool(matches),
        "first_match": matches[0][0] if matches else "",
        "all_matches": [match[0] for match in matches],
        "groups": list(matches[0].groups()) if matches else [],
        "match_count": len(matches),
    }


@node(
    "RegexReplaceNode",
    category="data",
    inputs=(_TEXT, _PATTERN, Port("replacement", DataType.STRING, "")),
    outputs=(Port("result", DataType.STRING), Port("count", DataType.INTEGER)),
    properties=(*FLAGS, Property("max_count", DataType.INTEGER, 0, low=0)),
    may_stall=True,
)
def regex_replace(
    *,
    text: Any,
    pattern: Any,
    replacement: Any,
    ignore_case: bool,
    multiline: bool,
    dotall: bool,
    max_count: int,
) -> Outputs:
    r"""Replace matches, at most ``max_count`` (0: all); ``\1`` stands for a group."""
    compiled = compile_pattern(pattern, ignore_case=ignore_case, multiline=multiline, dotall=dotall)
    result, count = substitute(compiled, replacement, str(text), count=max(max_count, 0))
    return {"result": result, "count": count}
