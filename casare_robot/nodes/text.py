"""Text: put together, cut up, changed."""

from collections.abc import Mapping
from string import Formatter
from typing import Any

from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.nodes.choices import chosen
from casare_robot.nodes.regex import FLAGS, compile_pattern, substitute

_LONGEST_PADDED = 10_000_000  # characters; more is a mistake that would fill the memory
_WIDEST_FIELD = 10_000

_TEXT = Port("text", DataType.STRING, "")
_RESULT = Port("result", DataType.STRING)
_COUNT = Port("count", DataType.INTEGER)

_SEPARATORS = {"newline": "\n", "crlf": "\r\n", "comma": ","}


@node(
    "ConcatenateNode",
    category="data",
    inputs=(Port("string_1", DataType.STRING), Port("string_2", DataType.STRING)),
    outputs=(_RESULT,),
    properties=(
        Property("string_1", DataType.STRING, ""),
        Property("string_2", DataType.STRING, ""),
        Property("separator", DataType.STRING, ""),
    ),
    synonyms={"string1": "string_1", "string2": "string_2"},
)
def concatenate(*, string_1: Any, string_2: Any, separator: str) -> Outputs:
    """Put two texts together with a separator between them."""
    return {"result": f"{string_1}{separator}{string_2}"}


@node(
    "FormatStringNode",
    category="data",
    inputs=(Port("template", DataType.STRING), Port("variables", DataType.DICT)),
    outputs=(_RESULT,),
    properties=(
        Property("template", DataType.STRING, ""),
        Property("variables", DataType.DICT, {}),
    ),
)
def format_string(*, template: Any, variables: Any) -> Outputs:
    """Fill ``{name}``, ``{name[key]}``, ``{name:03d}`` in; ``{{`` and ``}}`` are braces."""
    if not isinstance(variables, Mapping):
        raise NodeFailure(f"variables must be a dict, not {type(variables).__name__}")
    try:
        return {"result": _Fields().vformat(str(template), (), variables)}
    except (ValueError, IndexError, TypeError) as error:
        raise NodeFailure(f"the template {template!r} cannot be filled: {error}") from error


class _Fields(Formatter):
    """``str.format`` that reaches into dicts and lists, but never into attributes."""

    def get_value(self, key: int | str, args: Any, kwargs: Mapping[str, Any]) -> Any:
        if key in kwargs:
            return kwargs[str(key)]
        raise NodeFailure(f"the template names {key!r}, which is not among the variables")

    def get_field(self, field_name: str, args: Any, kwargs: Mapping[str, Any]) -> Any:
        first, *steps = field_name.replace("]", "").replace("[", ".").split(".")
        value = self.get_value(first, args, kwargs)
        for step in steps:
            try:
                value = value[step] if isinstance(value, Mapping) else list(value)[int(step)]
            except (LookupError, TypeError, ValueError):
                raise NodeFailure(
                    f"the template names {field_name!r}, but there is no {step!r} in it"
                ) from None
        return value, first

    def format_field(self, value: Any, format_spec: str) -> str:
        sizes = "".join(c if c.isdigit() else " " for c in format_spec).split()
        if any(int(size) > _WIDEST_FIELD for size in sizes):
            raise NodeFailure(f"{format_spec!r} asks for more than {_WIDEST_FIELD} characters")
        return str(super().format_field(value, format_spec))


@node(
    "TextSplitNode",
    category="text",
    inputs=(_TEXT, Port("separator", DataType.STRING, "")),
    outputs=(Port("result", DataType.LIST), _COUNT),
    properties=(Property("max_split", DataType.INTEGER, -1),),
    synonyms={"delimiter": "separator"},
)
def text_split(*, text: Any, separator: str, max_split: int) -> Outputs:
    """Cut text at a separator, at white space if there is none; -1 is no limit."""
    parts = str(text).split(separator or None, max(max_split, -1))
    return {"result": parts, "count": len(parts)}


@node(
    "TextReplaceNode",
    category="text",
    inputs=(
        _TEXT,
        Port("old_value", DataType.STRING, ""),
        Port("new_value", DataType.STRING, ""),
    ),
    outputs=(_RESULT, Port("replacements", DataType.INTEGER)),
    properties=(
        Property("count", DataType.INTEGER, -1),
        Property("use_regex", DataType.BOOLEAN, False),
        *FLAGS,
    ),
    synonyms={"old": "old_value", "new": "new_value"},
    may_stall=True,
)
def text_replace(
    *,
    text: Any,
    old_value: Any,
    new_value: Any,
    count: int,
    use_regex: bool,
    ignore_case: bool,
    multiline: bool,
    dotall: bool,
) -> Outputs:
    """Replace a text, or what a regular expression finds; at most ``count`` times, -1: all."""
    text, old, new = str(text), str(old_value), str(new_value)
    if not old or count == 0:
        return {"result": text, "replacements": 0}
    if not use_regex and not ignore_case:
        found = text.count(old)
        return {
            "result": text.replace(old, new, count),
            "replacements": found if count < 0 else min(found, count),
        }
    pattern = compile_pattern(
        old,
        ignore_case=ignore_case,
        multiline=multiline,
        dotall=dotall,
        literal=not use_regex,
    )
    result, replacements = substitute(
        pattern, new, text, count=max(count, 0), literal=not use_regex
    )
    return {"result": result, "replacements": replacements}


@node(
    "TextTrimNode",
    category="text",
    inputs=(_TEXT,),
    outputs=(_RESULT,),
    properties=(
        Property("mode", DataType.CHOICE, "both", choices=("both", "left", "right")),
        Property("characters", DataType.STRING, ""),
    ),
)
def text_trim(*, text: Any, mode: str, characters: str) -> Outputs:
    """Cut characters (white space if none are given) off one end or both."""
    text, cut = str(text), characters or None
    trimmed = {"both": text.strip, "left": text.lstrip, "right": text.rstrip}
    return {"result": chosen(trimmed, mode, "mode")(cut)}


@node(
    "TextCaseNode",
    category="text",
    inputs=(_TEXT,),
    outputs=(_RESULT,),
    properties=(
        Property(
            "case",
            DataType.CHOICE,
            "lower",
            choices=("upper", "lower", "title", "capitalize", "swapcase"),
        ),
    ),
)
def text_case(*, text: Any, case: str) -> Outputs:
    """Change upper and lower case."""
    changes = {
        "upper": str.upper,
        "lower": str.lower,
        "title": str.title,
        "capitalize": str.capitalize,
        "swapcase": str.swapcase,
    }
    return {"result": chosen(changes, case, "case")(str(text))}


@node(
    "TextPadNode",
    category="text",
    inputs=(_TEXT, Port("length", DataType.INTEGER, 0)),
    outputs=(_RESULT,),
    properties=(
        Property("mode", DataType.CHOICE, "left", choices=("left", "right", "center")),
        Property("fill_char", DataType.STRING, " "),
    ),
    synonyms={"width": "length", "pad_char": "fill_char", "side": "mode"},
)
def text_pad(*, text: Any, length: int, mode: str, fill_char: str) -> Outputs:
    """Lengthen text to ``length`` characters, on the side that ``mode`` names."""
    if length > _LONGEST_PADDED:
        raise NodeFailure(f"length {length} is over the limit of {_LONGEST_PADDED}")
    fill = fill_char or " "
    if len(fill) != 1:
        raise NodeFailure(f"fill_char must be one character, not {fill_char!r}")
    padded = {"left": str.rjust, "right": str.ljust, "center": str.center}
    return {"result": chosen(padded, mode, "mode")(str(text), length, fill)}


@node("TextReverseNode", category="text", inputs=(_TEXT,), outputs=(_RESULT,))
def text_reverse(*, text: Any) -> Outputs:
    """Turn text around, the last character first."""
    return {"result": str(text)[::-1]}


@node(
    "TextLinesNode",
    category="text",
    inputs=(Port("text", DataType.STRING), Port("lines", DataType.LIST)),
    outputs=(Port("text", DataType.STRING), Port("lines", DataType.LIST), Port("result"), _COUNT),
    properties=(
        Property("mode", DataType.CHOICE, "split", choices=("split", "join")),
        Property("line_separator", DataType.CHOICE, "newline", choices=tuple(_SEPARATORS)),
        Property("remove_empty", DataType.BOOLEAN, False),
    ),
    synonyms={"input": "text"},
)
def text_lines(
    *, text: Any, lines: Any, mode: str, line_separator: str, remove_empty: bool
) -> Outputs:
    """Cut text into lines, or join lines to a text; either input serves both ways.

    A split at ``newline`` or ``crlf`` understands the line ends of every system.
    ``result`` is whichever came of it, under the designer's name.
    """
    separator = chosen(_SEPARATORS, line_separator, "line_separator")
    joins = chosen({"split": False, "join": True}, mode, "mode")
    given = next((v for v in ((lines, text) if joins else (text, lines)) if v is not None), "")
    if isinstance(given, list | tuple):
        parts = [str(item) for item in given]
    else:
        parts = str(given).split(",") if separator == "," else str(given).splitlines()
    if remove_empty:
        parts = [part for part in parts if part]
    if joins:
        joined = separator.join(parts)
        return {"text": joined, "result": joined, "count": len(parts)}
    return {"lines": parts, "result": parts, "count": len(parts)}


@node(
    "TextJoinNode",
    category="text",
    inputs=(Port("items", DataType.LIST, required=True), Port("separator", DataType.STRING)),
    outputs=(_RESULT,),
    properties=(
        Property("items", DataType.LIST, required=True),
        Property("separator", DataType.STRING, ""),
    ),
)
def text_join(*, items: Any, separator: str) -> Outputs:
    """Put the items of a list together as text; what is no list counts as one item."""
    if items is None:
        items = ()
    elif not isinstance(items, list | tuple):
        items = (items,)
    return {"result": separator.join(map(str, items))}
