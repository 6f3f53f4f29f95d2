"""Shell scripts with values beside them, as environment variables. Pure.

The scanner follows quotes without knowing all of the language. It need not:
what it writes is never a value, only the name of a variable.
"""

import re

from casare_robot.domain.bound_code import BoundCode
from casare_robot.domain.errors import NodeFailure

_CODE = re.compile(
    r"""
    (?:(?<=[\s;&|()])|\A)(?P<comment>\#[^\n]*)
    | (?P<single>'[^']*'?)
    | (?<!<)<<(?P<strip>-?)[ \t]*(?P<quote>\\|'|"|)(?P<delimiter>\w+)['"]?
    | (?P<open>\$\(\(|\(\(|\$\(|\$\{|\(|")
    | (?P<close>\))
    | (?P<line>\n)
    """,
    re.VERBOSE,
)
_QUOTED = re.compile(r'(?P<open>\$\(\(|\$\(|\$\{)|(?P<close>")')
_DOCUMENT = re.compile(r"(?P<open>\$\(\(|\$\(|\$\{)")
_NUMBERS = re.compile(r"(?P<open>\$\(\(|\$\(|\$\{|\()|(?P<close>\)\)?)")
_BRACE = re.compile(r"""(?P<single>'[^']*'?)|(?P<open>\$\(\(|\$\(|\$\{|")|(?P<close>\})""")
_QUOTED_BRACE = re.compile(r"(?P<open>\$\(\(|\$\(|\$\{)|(?P<close>\})")
_BACKQUOTES = re.compile(r"`(?:\\.|[^`\\])*`?", re.DOTALL)
_TEXT_IN_BRACES = re.compile(r"\w+(?::?[-=?+]|\#\#?|%%?)")
_COMPARED = re.compile(r"-(?:eq|ne|lt|le|gt|ge)\s+[\"']?$")
_COMPARED_AFTER = re.compile(r"[\"']?\s+-(?:eq|ne|lt|le|gt|ge)\b")
_SUBSCRIPT = re.compile(r"\w\[[^\]\s]*$")


def bound_shell(code: str, prefix: str = "") -> tuple[str, dict[str, str]]:
    """The script for ``sh`` and the environment variables it needs.

    A reference becomes a quoted variable, so it is one word and never evaluated;
    where shells calculate, only a whole number is let in. Commands that
    evaluate their own arguments (``eval``, ``trap``, ``sh -c``) still do.

    Args:
        code: The script.
        prefix: What the variables' names begin with.

    Raises:
        NodeFailure: A reference stands where no variable can, or its value
            has a NUL character.
    """
    if not isinstance(code, BoundCode):
        return code, {}
    return _Scan(code, prefix).script(), _environment(code, prefix)


def bound_batch(code: str) -> tuple[str, dict[str, str]]:
    """The script for Windows' ``cmd`` and the environment variables it needs.

    A reference becomes ``!name!``, which ``cmd`` expands after it has read the
    line. Limits: ``call``, pipes and ``for /f`` commands read their text a
    second time; on a line with ``!`` a caret has to be doubled.

    Raises:
        NodeFailure: A value has a NUL character.
    """
    if not isinstance(code, BoundCode):
        return code, {}
    environment = _environment(code, "")
    text = str(code)
    if "enabledelayedexpansion" not in text.lower():
        environment["casare_mark"] = "!"
        text = "setlocal EnableDelayedExpansion\n" + text.replace("!", "!casare_mark!")
    return re.sub(code.place, lambda match: f"!{match[0]}!", text), environment


def _environment(code: BoundCode, prefix: str) -> dict[str, str]:
    for place, written in code.written.items():
        if "\0" in code.text(place):
            raise NodeFailure(f"the value of {written} has a NUL character, no shell takes that")
    return {prefix + place: code.text(place) for place in code.values}


class _Context:
    """What the scanner is inside of: ``rules`` for tokens, and where it began."""

    def __init__(self, rules: re.Pattern[str], start: int, *, closing: int = 1) -> None:
        self.rules = rules
        self.start = start
        self.closing = closing

    @property
    def is_quoted(self) -> bool:
        return self.rules in (_QUOTED, _DOCUMENT, _QUOTED_BRACE)


class _Scan:
    """One pass over a script."""

    def __init__(self, code: BoundCode, prefix: str) -> None:
        self.code = code
        self.prefix = prefix
        self.at = 0
        self.out: list[str] = []
        self.contexts = [_Context(_CODE, 0)]
        self.documents: list[tuple[str, bool, bool]] = []
        """Here-documents to come: delimiter, whether tabs are stripped, whether quoted."""
        self.place = re.compile(rf"(?P<slash>\\?)(?P<place>{code.place})")

    def script(self, end: int | None = None) -> str:
        """Everything up to ``end``, bound."""
        end = len(self.code) if end is None else end
        while self.at < end:
            if place := self.place.match(self.code, self.at, end):
                self._put(self._variable(place), place.end())
            elif self.code[self.at] == "\\":
                self._copy(self.at + 2)
            elif backquotes := _BACKQUOTES.match(self.code, self.at, end):
                self._keep(backquotes[0], "in backquotes; write $(...) instead")
            elif token := self.contexts[-1].rules.match(self.code, self.at, end):
                self._take(token)
            else:
                self._copy(self.at + 1)
        return "".join(self.out)

    def _take(self, token: re.Match[str]) -> None:
        found = token.groupdict()
        if found.get("single"):
            self._put(self._in_single_quotes(token[0]), token.end())
            return
        if found.get("comment"):
            self._copy(token.end())
        elif found.get("delimiter"):
            self.documents.append((found["delimiter"], bool(found["strip"]), bool(found["quote"])))
            self._copy(token.end())
        elif found.get("line"):
            self._copy(token.end())
            self._take_documents()
        elif found.get("open"):
            self._open(token)
        else:
            self._close(token)

    def _open(self, token: re.Match[str]) -> None:
        context, end = self.contexts[-1], token.end()
        opened = {
            '"': _Context(_QUOTED, end),
            "$((": _Context(_NUMBERS, end, closing=2),
            "((": _Context(_NUMBERS, end, closing=2),
            "$(": _Context(_CODE, end),
            "${": _Context(_QUOTED_BRACE if context.is_quoted else _BRACE, end),
            "(": _Context(_NUMBERS if context.rules is _NUMBERS else _CODE, end),
        }
        self.contexts.append(opened[token[0]])
        self._copy(end)

    def _close(self, token: re.Match[str]) -> None:
        closing = min(self.contexts[-1].closing, len(token[0]))
        if len(self.contexts) > 1:
            self.contexts.pop()
        self._copy(self.at + closing)

    def _take_documents(self) -> None:
        for delimiter, strip, is_quoted in self.documents:
            tabs = r"\t*" if strip else ""
            last = re.compile(rf"^{tabs}{delimiter}$", re.MULTILINE).search(self.code, self.at)
            end = last.start() if last else len(self.code)
            if is_quoted:
                where = "in a quoted here-document; write the word after << without quotes"
                self._keep(self.code[self.at : end], where)
            else:
                outer, self.contexts = self.contexts, [_Context(_DOCUMENT, self.at)]
                self.script(end)
                self.contexts = outer
            self._copy(last.end() if last else end)
        self.documents = []

    def _variable(self, match: re.Match[str]) -> str:
        context, place = self.contexts[-1], match["place"]
        if self._calculates(context, match) and not re.fullmatch(
            r"\s*-?[0-9]+\s*", self.code.text(place)
        ):
            written = self.code.written[place]
            raise NodeFailure(f"{written} has to be a whole number where the shell calculates")
        name = f"${{{self.prefix}{place}}}"
        if context.is_quoted or context.rules is _NUMBERS:
            return f"{match['slash'] * 2}{name}"
        return f'"{name}"'

    def _calculates(self, context: _Context, match: re.Match[str]) -> bool:
        """Whether a shell may take the text here for a formula and evaluate it."""
        before, after = self.code[: match.start()], self.code[match.end() :]
        in_braces = context.rules in (_BRACE, _QUOTED_BRACE)
        return (
            any(outer.rules is _NUMBERS for outer in self.contexts)
            or (in_braces and not _TEXT_IN_BRACES.match(self.code, context.start, match.start()))
            or _COMPARED.search(before) is not None
            or _COMPARED_AFTER.match(after) is not None
            or _SUBSCRIPT.search(before) is not None
        )

    def _in_single_quotes(self, text: str) -> str:
        return re.sub(self.code.place, lambda match: f"""'"${{{self.prefix}{match[0]}}}"'""", text)

    def _keep(self, text: str, where: str) -> None:
        if (written := self.code.as_written(text)) != text:
            reference = next(w for w in self.code.written.values() if w in written)
            raise NodeFailure(f"{reference} stands {where}")
        self._copy(self.at + len(text))

    def _copy(self, end: int) -> None:
        self._put(self.code[self.at : end], end)

    def _put(self, text: str, end: int) -> None:
        self.out.append(text)
        self.at = end
