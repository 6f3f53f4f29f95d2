"""Selectors as the designer's files hold them, made what Playwright understands. Pure."""

import re
from collections.abc import Iterator

from casare_robot.domain.errors import NodeFailure

_ELEMENT = re.compile(
    r"<\s*(?P<tag>[\w-]+)(?P<attributes>(?:\s+[\w:-]+\s*=\s*(?:'[^']*'|\"[^\"]*\"))*)\s*/?>"
)
_ATTRIBUTE = re.compile(r"([\w:-]+)\s*=\s*(?:'([^']*)'|\"([^\"]*)\")")
_NESTED = re.compile(r"\bselector\s*=\s*(?P<quote>['\"])(?P<inner><.*?>)\s*(?P=quote)")
_MARKS = re.compile(r"<(webctrl|nav)\b(?:[^<>]|<[^<>]*>)*>", re.IGNORECASE)
_WILDCARD = re.compile(r"(?P<tag>[\w-]*)(?P<kind>[#.])(?P<text>[\w-]*\*[\w*-]*)")
_ENGINE = re.compile(r"[a-zA-Z_:-]+=")
_FRAME = re.compile(r"(^|[\s>/:]|css=|xpath=)i?frame(?=[.#:\[]|$)[^\s>/]*$", re.IGNORECASE)
_NAMES = ("aria-label", "placeholder", "title", "alt", "value")
"""Attributes that name an element to people."""


def selector_parts(selector: str) -> list[str]:
    """The parts of a selector, each searched within what the one before found.

    A part that finds a frame is followed by what is searched inside it.

    Raises:
        NodeFailure: It is empty.
    """
    text = selector.strip()
    if not text:
        raise NodeFailure("no selector says which element is meant", retryable=False)
    if text.startswith("<"):
        return list(_markup_parts(text))
    parts = re.split(r"\s*>>>?\s*", text)
    return [_part(part) for part in parts if part]


def is_frame(part: str) -> bool:
    """Whether a part finds a frame."""
    return _FRAME.search(part) is not None


def _part(text: str) -> str:
    lowered = text.lower()
    if lowered.startswith("itext="):
        return _any_case(text[6:])
    if lowered.startswith("testid="):
        return f"data-testid={text[7:]}"
    if text.startswith(("/", "(/", "./", "..")):
        return f"xpath={text}"
    wildcard = _WILDCARD.fullmatch(text)
    if wildcard:
        return _wildcard(wildcard["tag"], wildcard["kind"], wildcard["text"])
    if _ENGINE.match(text):
        return text
    return f"css={text}"


def _any_case(text: str) -> str:
    """``itext=``: text in any case, with ``tag:`` before it if there is one."""
    tag, colon, wanted = text.partition(":")
    if colon and re.fullmatch(r"\*|[A-Za-z][\w-]*", tag.strip()):
        return f"css={tag.strip()}:has-text({quoted(wanted.strip())})"
    return f"text={text.strip()}"


def _wildcard(tag: str, kind: str, text: str) -> str:
    name = "id" if kind == "#" else "class"
    pieces = [piece for piece in text.split("*") if piece]
    css = "".join(f"[{name}*={quoted(piece)}]" for piece in pieces) or f"[{name}]"
    if kind == "#" and len(pieces) == 1:
        sign = "^" if text.endswith("*") and not text.startswith("*") else "*"
        sign = "$" if text.startswith("*") and not text.endswith("*") else sign
        css = f"[id{sign}={quoted(pieces[0])}]"
    return f"css={tag}{css}"


def quoted(text: str) -> str:
    """A CSS string. Pure."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _markup_parts(text: str) -> Iterator[str]:
    """``<webctrl .../>`` and ``<nav up='1'/>`` one below the other, or one plain tag."""
    marks = list(_MARKS.finditer(text))
    for mark in marks:
        nested = _NESTED.search(mark[0])
        given = _attributes(_NESTED.sub("", mark[0]))
        if mark[1].lower() == "nav":
            yield f"xpath={'/'.join(['..'] * max(int(given.get('up', '1') or 1), 1))}"
            continue
        if nested:
            element = _ELEMENT.search(nested["inner"])
            if element is None:
                raise NodeFailure(f"{nested['inner']!r} is no selector", retryable=False)
            given = {"tag": element["tag"], **_lasting(_attributes(nested["inner"]))} | given
        yield _element(given)
    if not marks:
        element = _ELEMENT.fullmatch(text)
        if element is None:
            raise NodeFailure(f"{text[:200]!r} is no selector", retryable=False)
        yield _element({"tag": element["tag"], **_attributes(element["attributes"])})


def _attributes(text: str) -> dict[str, str]:
    return {name.lower(): one or two for name, one, two in _ATTRIBUTE.findall(text)}


def _lasting(attributes: dict[str, str]) -> dict[str, str]:
    """Without what a page makes anew each time; inside a mark it only shows what was picked."""
    return {k: v for k, v in attributes.items() if k not in ("id", "class", "style", "value")}


def _element(given: dict[str, str]) -> str:
    """One element by the attributes of a mark, as XPath below the part before."""
    for direct in ("css-selector", "css"):
        if direct in given:
            return f"css={given[direct]}"
    if "xpath" in given:
        return f"xpath={given['xpath']}"
    tag = given.pop("tag", "*").lower()
    tests = []
    for name, value in given.items():
        if name in ("idx", "app", "title_app", "selector"):
            continue
        if name in ("aaname", "innertext", "text", "visibleinnertext"):
            places = ["normalize-space(.)"]
            places += [f"@{place}" for place in _NAMES] if name == "aaname" else []
            tests.append(" or ".join(_matches(place, value) for place in places))
        elif name == "class":
            padded = "concat(' ', normalize-space(@class), ' ')"
            tests += [f"contains({padded}, {literal(f' {one} ')})" for one in value.split()]
        else:
            tests.append(_matches(f"@{name}", value))
    found = f"//{tag}" + "".join(f"[{test}]" for test in tests)
    idx = given.get("idx", "")
    return f"xpath=({found})[{int(idx)}]" if idx.isdigit() else f"xpath={found}"


def _matches(place: str, value: str) -> str:
    """An XPath test; ``*`` in the value stands for anything."""
    if "*" not in value:
        return f"{place}={literal(value)}"
    pieces = [piece for piece in value.split("*") if piece]
    return " and ".join(f"contains({place}, {literal(piece)})" for piece in pieces) or place


def literal(text: str) -> str:
    """An XPath string, which has no escapes. Pure."""
    if "'" not in text:
        return f"'{text}'"
    if '"' not in text:
        return f'"{text}"'
    pieces = ', "\'", '.join(f"'{piece}'" for piece in text.split("'"))
    return f"concat({pieces})"
