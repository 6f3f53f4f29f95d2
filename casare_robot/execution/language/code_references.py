"""References inside source code: bound to names, because data never becomes code. Pure.

Only ``{{...}}`` is a reference here: ``${x}`` and ``%x%`` belong to the languages.
A value that is nothing but one reference is the author's choice of the code itself.
"""

from collections.abc import Callable, Iterator
from typing import Any

from casare_robot.domain.bound_code import BoundCode
from casare_robot.execution.language.references import (
    REFERENCE,
    Compiled,
    Constant,
    Lookup,
    Template,
    compile_reference,
    compile_structure,
    compile_value,
    is_braced,
)


class CodeTemplate(Template):
    """Code with references in it; becomes `BoundCode`.

    ``parts`` are text, or what was written and the reference it is.
    """

    __slots__ = ("parts", "stem")

    def __init__(self, parts: tuple[str | tuple[str, Compiled], ...], stem: str) -> None:
        self.parts = parts
        self.stem = stem

    def resolve(self, lookup: Lookup, unresolved: Callable[[str], None]) -> BoundCode:
        """The code with the values beside it; what nothing answers stays as written."""
        text = ""
        values: dict[str, Any] = {}
        written: dict[str, str] = {}
        for part in self.parts:
            if isinstance(part, str):
                text += part
                continue
            reference, compiled = part
            missing: list[str] = []
            value = compiled.resolve(lookup, missing.append)
            if missing:
                unresolved(reference)
                text += reference
            else:
                place = f"{self.stem}{len(values)}_"
                values[place], written[place] = value, reference
                text += place
        return BoundCode(text, values, written)

    def names(self) -> Iterator[str]:
        """Names of all references in the code."""
        for part in self.parts:
            if not isinstance(part, str):
                yield from part[1].names()


def compile_code(value: Any) -> Compiled:
    """Find the references in configured code once."""
    if not isinstance(value, str):
        return compile_value(value)
    if "{{" not in value:
        return Constant(value)
    whole = REFERENCE.fullmatch(value.strip())
    if whole and is_braced(whole):
        return compile_reference(whole, value)
    parts: list[str | tuple[str, Compiled]] = []
    end = 0
    for match in REFERENCE.finditer(value):
        if is_braced(match):
            parts += (value[end : match.start()], (match[0], compile_reference(match, match[0])))
            end = match.end()
    return CodeTemplate((*parts, value[end:]), _stem(value)) if parts else Constant(value)


def compile_codes(value: Any) -> Compiled:
    """Find the references in a configured value of which every text is code."""
    return compile_structure(value, compile_code)


def _stem(code: str) -> str:
    """The beginning of names that the code does not have yet."""
    stem = "casare_value_"
    while stem in code:
        stem += "x_"
    return stem
