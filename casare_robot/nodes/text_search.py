"""Text looked into: parts, occurrences, matches, counts."""

from typing import Any

from casare_robot.domain.conversion import convert
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.nodes.choices import chosen
from casare_robot.nodes.regex import FLAGS, compile_pattern

_TEXT = Port("text", DataType.STRING, "")
_RESULT_IS_BOOLEAN = Port("result", DataType.BOOLEAN)
_COUNT = Port("count", DataType.INTEGER)
_CASE_SENSITIVE = Property("case_sensitive", DataType.BOOLEAN, True)


@node(
    "TextSubstringNode",
    category="text",
    inputs=(_TEXT, Port("start", DataType.INTEGER), Port("end", DataType.INTEGER)),
    outputs=(Port("result", DataType.STRING), Port("length", DataType.INTEGER)),
)
def text_substring(*, text: Any, start: int | None, end: int | None) -> Outputs:
    """Cut out from ``start`` up to ``end``, not included; negative counts from the end."""
    result = str(text)[_whole(start) : _whole(end)]
    return {"result": result, "length": len(result)}


@node(
    "TextContainsNode",
    category="text",
    inputs=(_TEXT, Port("search", DataType.STRING, "")),
    outputs=(Port("contains", DataType.BOOLEAN), Port("position", DataType.INTEGER), _COUNT),
    properties=(_CASE_SENSITIVE,),
)
def text_contains(*, text: Any, search: Any, case_sensitive: bool) -> Outputs:
    """Where text first holds another, -1 for nowhere, and how often."""
    text, search = _folded(text, search, case_sensitive)
    position = text.find(search)
    return {"contains": position >= 0, "position": position, "count": text.count(search)}


@node(
    "TextStartsWithNode",
    category="text",
    inputs=(_TEXT, Port("prefix", DataType.STRING, "")),
    outputs=(_RESULT_IS_BOOLEAN,),
    properties=(_CASE_SENSITIVE,),
)
def text_starts_with(*, text: Any, prefix: Any, case_sensitive: bool) -> Outputs:
    """Whether text starts with another."""
    text, prefix = _folded(text, prefix, case_sensitive)
    return {"result": text.startswith(prefix)}


@node(
    "TextEndsWithNode",
    category="text",
    inputs=(_TEXT, Port("suffix", DataType.STRING, "")),
    outputs=(_RESULT_IS_BOOLEAN,),
    properties=(_CASE_SENSITIVE,),
)
def text_ends_with(*, text: Any, suffix: Any, case_sensitive: bool) -> Outputs:
    """Whether text ends with another."""
    text, suffix = _folded(text, suffix, case_sensitive)
    return {"result": text.endswith(suffix)}


@node(
    "TextExtractNode",
    category="text",
    inputs=(_TEXT, Port("pattern", DataType.STRING, required=True)),
    outputs=(
        Port("match", DataType.ANY),
        Port("groups", DataType.LIST),
        Port("found", DataType.BOOLEAN),
    ),
    properties=(
        Property("pattern", DataType.STRING, required=True),
        Property("all_matches", DataType.BOOLEAN, False),
        *FLAGS,
    ),
    may_stall=True,
)
def text_extract(
    *,
    text: Any,
    pattern: str | None,
    all_matches: bool,
    ignore_case: bool,
    multiline: bool,
    dotall: bool,
) -> Outputs:
    """What a regular expression finds: the first match and its groups, or lists of all."""
    if not pattern:
        raise NodeFailure("Regex pattern is required")
    compiled = compile_pattern(pattern, ignore_case=ignore_case, multiline=multiline, dotall=dotall)
    matches = list(compiled.finditer(str(text))) if all_matches else []
    if all_matches:
        return {
            "match": [match[0] for match in matches],
            "groups": [list(match.groups()) for match in matches],
            "found": bool(matches),
        }
    first = compiled.search(str(text))
    return {
        "match": first[0] if first else "",
        "groups": list(first.groups()) if first else [],
        "found": first is not None,
    }


@node(
    "TextCountNode",
    category="text",
    inputs=(_TEXT,),
    outputs=(
        _COUNT,
        Port("characters", DataType.INTEGER),
        Port("words", DataType.INTEGER),
        Port("lines", DataType.INTEGER),
    ),
    properties=(
        Property("mode", DataType.CHOICE, "characters", choices=("characters", "words", "lines")),
        Property("exclude_whitespace", DataType.BOOLEAN, False),
    ),
)
def text_count(*, text: Any, mode: str, exclude_whitespace: bool) -> Outputs:
    """Count characters (white space left out if asked), words and lines; ``mode`` picks one."""
    text = str(text)
    words = text.split()
    counts = {
        "characters": sum(map(len, words)) if exclude_whitespace else len(text),
        "words": len(words),
        "lines": len(text.splitlines()),
    }
    return {"count": chosen(counts, mode, "mode"), **counts}


def _whole(index: Any) -> int | None:
    try:
        return None if index is None else convert(index, DataType.INTEGER)
    except ValueError as error:
        raise NodeFailure(str(error)) from error


def _folded(text: Any, other: Any, case_sensitive: bool) -> tuple[str, str]:
    if case_sensitive:
        return str(text), str(other)
    return str(text).lower(), str(other).lower()
