"""XPath over parsed XML: references in a query are its variables, never part of its text."""

import math
import re
from typing import TYPE_CHECKING, Any

from casare_robot.domain.bound_code import BoundCode
from casare_robot.domain.errors import NodeFailure

if TYPE_CHECKING:
    from lxml.etree import _Element

_QUOTED = r"""'[^']*'|"[^"]*\""""
_NAMESPACE = re.compile(rf"{_QUOTED}|\{{(?P<uri>[^{{}}]*)\}}(?P<name>\*|[^\W\d][\w.-]*)")
_NAME = r"[^\W\d][\w.-]*(?::[^\W\d][\w.-]*)?"
_PREDICATE = rf"[0-9]+|{_NAME}"


def select(root: "_Element", xpath: str) -> list[Any]:
    """What an XPath 1.0 finds: elements, texts, numbers or truth values.

    ``{namespace}tag`` may be written as in Python's ElementTree. A bound reference
    inside quotes becomes part of that text; elsewhere it is a variable, or a name
    where XPath wants one (``//{{tag}}``, ``@{{attribute}}``).

    Raises:
        NodeFailure: The XPath is wrong, or a value cannot stand where it is written.
    """
    from lxml import etree

    written = xpath.as_written(xpath) if isinstance(xpath, BoundCode) else xpath
    variables: dict[str, Any] = {}
    prefixes = {prefix: uri for prefix, uri in root.nsmap.items() if prefix}
    if isinstance(xpath, BoundCode):
        xpath = _with_variables(xpath, variables)
    try:
        path = _with_prefixes(xpath, prefixes)
        found: Any = root.xpath(path, namespaces=prefixes, **variables)
    except (etree.XPathError, ValueError, TypeError, OverflowError) as error:
        raise NodeFailure(f"XPath {written!r} is wrong: {error}") from error
    return [_plain(item) for item in found] if isinstance(found, list) else [_plain(found)]


def _with_variables(code: BoundCode, variables: dict[str, Any]) -> str:
    parts = re.compile(
        rf"(?P<quoted>{_QUOTED})|\{{(?P<uri>[^{{}}]*)\}}|(?P<place>{code.place})(?!\w)|[^\W\d][\w.-]*"
    )
    place = re.compile(code.place)

    def variable(value: Any) -> str:
        name = f"v{len(variables)}"
        variables[name] = value
        return f"${name} "  # the space ends the name, should a minus follow

    def write(match: re.Match[str]) -> str:
        text = match[0]
        if not place.search(text):
            return text
        if match["quoted"]:
            return variable(code.filled(text[1:-1]))
        if match["uri"] is not None:
            return "{" + _checked(r"[^{}]*", code, text[1:-1], "a namespace") + "}"
        before = code[: match.start()].rstrip()[-1:]
        after = code[match.end() :].lstrip()[:1]
        if not match["place"] or before in ("", "/", "@", ":", "}", "|") or after in ("(", ":"):
            return _checked(_NAME, code, text, "a name")
        value = code.values[text]
        if (before, after) == ("[", "]") and not isinstance(value, bool):
            return _checked(_PREDICATE, code, text, "a number or a name")
        if isinstance(value, list | tuple | dict):
            raise NodeFailure(f"{code.written[text]} is a {type(value).__name__}, not one value")
        return variable("" if value is None else value)

    return parts.sub(write, code)


def _checked(pattern: str, code: BoundCode, text: str, wanted: str) -> str:
    filled = code.filled(text)
    if not re.fullmatch(pattern, filled):
        raise NodeFailure(
            f"{code.as_written(text)} stands where XPath wants {wanted}, and is {filled!r}"
        )
    return filled


def _with_prefixes(xpath: str, prefixes: dict[str, str]) -> str:
    """``{namespace}tag`` as XPath has it; ``prefixes`` gets a prefix for each namespace."""
    own: dict[str, str] = {}

    def write(match: re.Match[str]) -> str:
        uri, name = match["uri"], match["name"]
        if uri is None:
            return match[0]
        if uri == "*":
            return "*" if name == "*" else f"*[local-name()='{name}']"
        if not uri:
            return "*[namespace-uri()='']" if name == "*" else name
        prefix = own.setdefault(uri, f"casare_{len(own)}")
        return f"{prefix}:{name}"

    written = _NAMESPACE.sub(write, xpath)
    prefixes.update({prefix: uri for uri, prefix in own.items()})
    return written


def _plain(item: Any) -> Any:
    if isinstance(item, str):
        return str(item)
    if isinstance(item, float):
        if not math.isfinite(item):
            raise NodeFailure("the XPath gives no number")
        return int(item) if item.is_integer() else item
    return list(item) if isinstance(item, tuple) else item
