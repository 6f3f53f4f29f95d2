"""References to variables, node outputs, secrets and the clock inside configured values. Pure.

Three spellings: ``{{name.key[0]}}``, ``${name}`` and ``%name%``; with ``{{$system}}``
and ``{{$secret:id}}`` in the first. A string that is nothing but one reference
takes the value with its type; inside other text it takes the value's text.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from enum import Enum
from typing import Any, Final, Protocol


class _Missing(Enum):
    MISSING = "missing"


MISSING: Final = _Missing.MISSING
"""What a lookup answers when there is no such name; None is a value."""

_PATH = r"[^\W\d]\w*(?:\.[^\W\d]\w*|\[\d{1,9}\])*"
REFERENCE = re.compile(
    r"\{\{\s*(?:"
    rf"(?P<path>{_PATH})|\$secret:(?P<secret>[^{{}}]*[^{{}}\s])|\$(?P<system>[^\W\d]\w*)"
    r")\s*\}\}"
    rf"|\$\{{\s*(?P<dollar>{_PATH})\s*\}}"
    rf"|%(?P<percent>{_PATH})%"
)
"""One reference in text, in any spelling."""
SPACES = " \t"
"""What may stand around a reference that is a whole value; a line break is text to be kept."""
_BRACES = re.compile(r"\{\{[^{}]*\}\}")
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]")


class Lookup(Protocol):
    """Where values come from while a node's parameters are resolved."""

    def name(self, name: str) -> Any:
        """The variable of this name, else a node's outputs by port, else `MISSING`."""
        ...

    def system(self, name: str) -> Any:
        """The system value (name without ``$``) at this moment, else `MISSING`."""
        ...


def system_value(name: str, now: datetime) -> Any:
    """What ``{{$name}}`` stands for at ``now`` (local time), else `MISSING`."""
    if name == "currentDate":
        return now.strftime("%Y-%m-%d")
    if name == "currentTime":
        return now.strftime("%H:%M:%S")
    if name == "currentDateTime":
        return now.replace(tzinfo=None).isoformat()
    if name == "timestamp":
        return int(now.timestamp())
    return MISSING


class SecretTemplate:
    """Text with secrets in it that are not looked up yet; its ``str`` masks them.

    ``texts`` has one entry more than ``ids``: the text before, between and
    after the secrets.
    """

    __slots__ = ("ids", "texts")

    def __init__(self, texts: tuple[str, ...], ids: tuple[str, ...]) -> None:
        self.texts = texts
        self.ids = ids

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, SecretTemplate)
            and self.texts == other.texts
            and self.ids == other.ids
        )

    def __hash__(self) -> int:
        return hash((self.texts, self.ids))

    def __str__(self) -> str:
        return "***".join(self.texts)

    __repr__ = __str__

    def reveal(self, secret: Callable[[str], str]) -> str:
        """The text with every secret looked up."""
        pieces = [self.texts[0]]
        for id_, text in zip(self.ids, self.texts[1:], strict=True):
            pieces += (secret(id_), text)
        return "".join(pieces)


class SealedText(SecretTemplate):
    """Text that a node made with secrets, as records hold it; a resume opens it again."""

    __slots__ = ()


class Template(ABC):
    """A configured value that has to be resolved each time its node runs."""

    __slots__ = ()

    @abstractmethod
    def resolve(self, lookup: Lookup, unresolved: Callable[[str], None]) -> Any:
        """The value now; references that nothing answers stay as written and are told."""

    @abstractmethod
    def names(self) -> Iterator[str]:
        """Variables or nodes it refers to, in order, with repetitions."""


class Constant:
    """A configured value without references."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def resolve(self, lookup: Lookup, unresolved: Callable[[str], None]) -> Any:
        """The value."""
        return self.value

    def names(self) -> Iterator[str]:
        """No names."""
        return iter(())


class SingleReference(Template):
    """Exactly one plain name; the most frequent template, so the fastest."""

    __slots__ = ("name", "text")

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text

    def resolve(self, lookup: Lookup, unresolved: Callable[[str], None]) -> Any:
        """The named value with its type."""
        value = lookup.name(self.name)
        if value is MISSING:
            unresolved(self.text)
            return self.text
        return value

    def names(self) -> Iterator[str]:
        """The one name."""
        yield self.name


class PathReference(Template):
    """Exactly one name with keys or indices after it."""

    __slots__ = ("name", "steps", "text")

    def __init__(self, name: str, steps: tuple[str | int, ...], text: str) -> None:
        self.name = name
        self.steps = steps
        self.text = text

    def resolve(self, lookup: Lookup, unresolved: Callable[[str], None]) -> Any:
        """The value at the end of the path with its type."""
        value = follow(lookup.name(self.name), self.steps)
        if value is MISSING:
            unresolved(self.text)
            return self.text
        return value

    def names(self) -> Iterator[str]:
        """The name at the start of the path."""
        yield self.name


class SystemReference(Template):
    """Exactly one system value, taken fresh at each use."""

    __slots__ = ("system", "text")

    def __init__(self, system: str, text: str) -> None:
        self.system = system
        self.text = text

    def resolve(self, lookup: Lookup, unresolved: Callable[[str], None]) -> Any:
        """The system value at this moment."""
        value = lookup.system(self.system)
        if value is MISSING:
            unresolved(self.text)
            return self.text
        return value

    def names(self) -> Iterator[str]:
        """No names."""
        return iter(())


class TextTemplate(Template):
    """References inside other text; becomes text, or a `SecretTemplate`."""

    __slots__ = ("parts",)

    def __init__(self, parts: "tuple[str | Compiled, ...]") -> None:
        self.parts = parts

    def resolve(self, lookup: Lookup, unresolved: Callable[[str], None]) -> Any:
        """The text with each value's ``str`` in place; None is nothing."""
        texts = [""]
        ids: list[str] = []
        for part in self.parts:
            value = part if isinstance(part, str) else part.resolve(lookup, unresolved)
            if isinstance(value, SecretTemplate):
                texts[-1] += value.texts[0]
                texts += value.texts[1:]
                ids += value.ids
            elif value is not None:
                texts[-1] += value if isinstance(value, str) else str(value)
        return SecretTemplate(tuple(texts), tuple(ids)) if ids else texts[0]

    def names(self) -> Iterator[str]:
        """Names of all references in the text."""
        for part in self.parts:
            if not isinstance(part, str):
                yield from part.names()


class ListTemplate(Template):
    """A list of which at least one item refers to something."""

    __slots__ = ("items",)

    def __init__(self, items: "tuple[Compiled, ...]") -> None:
        self.items = items

    def resolve(self, lookup: Lookup, unresolved: Callable[[str], None]) -> Any:
        """A new list with every item resolved."""
        return [item.resolve(lookup, unresolved) for item in self.items]

    def names(self) -> Iterator[str]:
        """Names of all references in the list."""
        for item in self.items:
            yield from item.names()


class DictTemplate(Template):
    """A dict of which at least one value refers to something; keys are never resolved."""

    __slots__ = ("items",)

    def __init__(self, items: "Mapping[str, Compiled]") -> None:
        self.items = items

    def resolve(self, lookup: Lookup, unresolved: Callable[[str], None]) -> Any:
        """A new dict with every value resolved."""
        return {key: item.resolve(lookup, unresolved) for key, item in self.items.items()}

    def names(self) -> Iterator[str]:
        """Names of all references in the dict."""
        for item in self.items.values():
            yield from item.names()


Compiled = Constant | Template


def compile_value(value: Any) -> Compiled:
    """Find the references in a configured value once, so that resolving it is quick."""
    return compile_structure(value, _compile_string)


def compile_structure(value: Any, compile_string: Callable[[str], Compiled]) -> Compiled:
    """Find the references in every text of a value, each text by ``compile_string``."""
    if isinstance(value, str):
        return compile_string(value)
    if isinstance(value, list):
        items = tuple(compile_structure(item, compile_string) for item in value)
        return ListTemplate(items) if _any_template(items) else Constant(value)
    if isinstance(value, Mapping):
        entries = {key: compile_structure(item, compile_string) for key, item in value.items()}
        return DictTemplate(entries) if _any_template(entries.values()) else Constant(value)
    return Constant(value)


def _compile_string(value: str) -> Compiled:
    if "{{" not in value and "${" not in value and "%" not in value:
        return Constant(value)
    whole = REFERENCE.fullmatch(value.strip(SPACES))
    return compile_reference(whole, value) if whole else compile_text(value)


def compile_text(text: str) -> Compiled:
    """Find the references in text that stays text, even if it is nothing but one reference."""
    parts: list[str | Compiled] = []
    end = 0
    for match in REFERENCE.finditer(text):
        parts += (text[end : match.start()], compile_reference(match, match[0]))
        end = match.end()
    return TextTemplate((*parts, text[end:])) if parts else Constant(text)


def references_in(value: Any, *, in_code: bool = False) -> tuple[str, ...]:
    """Every reference in a value as ``name`` or ``name.first_key``, each once, in order."""
    found: dict[str, None] = {}
    for text in _texts_in(value):
        for match in REFERENCE.finditer(text):
            if in_code and not is_braced(match):
                continue
            path = match["path"] or match["dollar"] or match["percent"]
            if path:
                name, steps = split_path(path)
                key = f".{steps[0]}" if steps and isinstance(steps[0], str) else ""
                found[name + key] = None
    return tuple(found)


def is_braced(match: re.Match[str]) -> bool:
    """Whether a reference is spelt ``{{...}}``, the only spelling there is in code."""
    return match[0].startswith("{{")


def has_secrets(value: Any) -> bool:
    """Whether a configured value refers to a secret."""
    return any(match["secret"] for text in _texts_in(value) for match in REFERENCE.finditer(text))


def not_references_in(value: Any) -> tuple[str, ...]:
    """Every ``{{...}}`` in a value that is no reference and therefore stays as written."""
    return tuple(
        dict.fromkeys(
            match[0]
            for text in _texts_in(value)
            for match in _BRACES.finditer(text)
            if not REFERENCE.fullmatch(match[0])
        )
    )


def compile_reference(match: re.Match[str], text: str) -> Compiled:
    """The template of one match of `REFERENCE`; ``text`` is what stays if nothing answers."""
    if match["secret"]:
        return Constant(SecretTemplate(("", ""), (match["secret"].strip(),)))
    if match["system"]:
        return SystemReference(match["system"], text)
    name, steps = split_path(match["path"] or match["dollar"] or match["percent"])
    return PathReference(name, steps, text) if steps else SingleReference(name, text)


def split_path(path: str) -> tuple[str, tuple[str | int, ...]]:
    """Split ``a.b[0]`` into the name ``a`` and the steps ``("b", 0)``."""
    steps = [step[1] or int(step[2]) for step in _STEP.finditer(path)]
    return re.split(r"[.\[]", path, maxsplit=1)[0], tuple(steps)


def follow(value: Any, steps: tuple[str | int, ...]) -> Any:
    """Go along keys of dicts and indices of lists; `MISSING` where there is no such step."""
    for step in steps:
        if isinstance(step, str):
            value = value.get(step, MISSING) if isinstance(value, Mapping) else MISSING
        else:
            is_there = isinstance(value, list | tuple) and step < len(value)
            value = value[step] if is_there else MISSING
        if value is MISSING:
            break
    return value


def _any_template(items: Any) -> bool:
    """Whether anything has to be resolved; a constant secret counts, it is not as written."""
    return any(
        isinstance(item, Template) or isinstance(item.value, SecretTemplate) for item in items
    )


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts_in(item)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts_in(item)
