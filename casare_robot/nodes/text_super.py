"""The text node that does everything, by action."""

from types import MappingProxyType

from casare_robot.domain.node_type import Action, DataType, NodeType, Port, Property
from casare_robot.nodes.regex import FLAGS
from casare_robot.nodes.text import (
    text_case,
    text_join,
    text_lines,
    text_pad,
    text_replace,
    text_reverse,
    text_split,
    text_trim,
)
from casare_robot.nodes.text_search import (
    text_contains,
    text_count,
    text_ends_with,
    text_extract,
    text_starts_with,
    text_substring,
)

_S, _I, _B, _L = DataType.STRING, DataType.INTEGER, DataType.BOOLEAN, DataType.LIST
_TEXT = Port("text", _S, "")
_RESULT = (Port("result", _S),)
_IS = (Port("result", _B),)
_COUNT = Port("count", _I)
_FOUND = (Port("contains", _B), Port("position", _I), _COUNT)

_ACTIONS = {
    "Substring": Action(
        text_substring,
        inputs=(_TEXT, Port("start", _I), Port("end", _I)),
        outputs=(*_RESULT, Port("length", _I)),
    ),
    "Contains": Action(text_contains, inputs=(_TEXT, Port("search", _S, "")), outputs=_FOUND),
    "Starts With": Action(text_starts_with, inputs=(_TEXT, Port("prefix", _S, "")), outputs=_IS),
    "Ends With": Action(text_ends_with, inputs=(_TEXT, Port("suffix", _S, "")), outputs=_IS),
    "Extract (Regex)": Action(
        text_extract,
        inputs=(_TEXT, Port("pattern", _S, required=True)),
        outputs=(Port("match"), Port("groups", _L), Port("found", _B)),
    ),
    "Split": Action(
        text_split,
        inputs=(_TEXT, Port("separator", _S, "")),
        outputs=(Port("result", _L), _COUNT),
    ),
    "Replace": Action(
        text_replace,
        inputs=(_TEXT, Port("old_value", _S, ""), Port("new_value", _S, "")),
        outputs=(*_RESULT, Port("replacements", _I)),
        renames={"replace_count": "count"},
    ),
    "Trim": Action(
        text_trim,
        inputs=(_TEXT,),
        outputs=_RESULT,
        renames={"trim_mode": "mode", "trim_characters": "characters"},
    ),
    "Case": Action(text_case, inputs=(_TEXT,), outputs=_RESULT, renames={"case_transform": "case"}),
    "Pad": Action(
        text_pad,
        inputs=(_TEXT, Port("length", _I, 0)),
        outputs=_RESULT,
        renames={"pad_mode": "mode"},
    ),
    "Reverse": Action(text_reverse, inputs=(_TEXT,), outputs=_RESULT),
    "Lines": Action(
        text_lines,
        inputs=(Port("text", _S), Port("lines", _L)),
        outputs=(Port("text", _S), Port("lines", _L), Port("result"), _COUNT),
        renames={"lines_mode": "mode"},
    ),
    "Count": Action(text_count, inputs=(_TEXT,), outputs=(_COUNT,), renames={"count_mode": "mode"}),
    "Join": Action(text_join, inputs=(Port("items", _L, required=True),), outputs=_RESULT),
}

NODE_TYPES = (
    NodeType(
        "TextSuperNode",
        category="text",
        inputs=(_TEXT, Port("search", _S, "")),
        outputs=_FOUND,
        properties=(
            Property("text", DataType.TEXT),
            Property("search", _S),
            Property("action", DataType.CHOICE, "Contains", choices=tuple(_ACTIONS)),
            Property("case_sensitive", _B, True),
            Property("max_split", _I, -1),
            Property("replace_count", _I, -1),
            Property("trim_mode", DataType.CHOICE, "both", choices=("both", "left", "right")),
            Property(
                "case_transform",
                DataType.CHOICE,
                "lower",
                choices=("upper", "lower", "title", "capitalize", "swapcase"),
            ),
            Property("pad_mode", DataType.CHOICE, "left", choices=("left", "right", "center")),
            Property("lines_mode", DataType.CHOICE, "split", choices=("split", "join")),
            Property(
                "count_mode",
                DataType.CHOICE,
                "characters",
                choices=("characters", "words", "lines"),
            ),
            Property("separator", _S, ""),
            Property("use_regex", _B, False),
            Property("trim_characters", _S, ""),
            Property("fill_char", _S, " "),
            Property(
                "line_separator",
                DataType.CHOICE,
                "newline",
                choices=("newline", "crlf", "comma"),
            ),
            Property("exclude_whitespace", _B, False),
            Property("remove_empty", _B, False),
            *FLAGS,
            Property("all_matches", _B, False),
        ),
        actions=MappingProxyType(_ACTIONS),
        may_stall=True,
    ),
)
