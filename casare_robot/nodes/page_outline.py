"""What stands on a page, as far as selectors are concerned, and which of it a description means."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from casare_robot.nodes.selectors import literal, quoted

MOST = 400
"""Elements of a page that are looked at, those people can use first."""

_WAY = """element => {
    const steps = [];
    for (let at = element; at && at.nodeType === 1; at = at.parentElement) {
        const alike = at.parentElement ? [...at.parentElement.children]
            .filter(one => one.localName === at.localName) : [at];
        steps.unshift(`${at.localName}[${alike.indexOf(at) + 1}]`);
    }
    return '/' + steps.join('/');
}"""
WAYS = f"found => found.map({_WAY})"
"""Run on elements: the XPath of each."""

OUTLINE = """most => {
    const usable = 'a[href], button, input, select, textarea, summary, [role], [onclick], ' +
        '[contenteditable=true], [tabindex]';
    const named = 'h1, h2, h3, h4, th, td, li, p, span, img, form, table, [id], [data-testid]';
    const seen = new Set([...document.querySelectorAll(usable),
        ...document.querySelectorAll(named)]);
    const short = text => (text || '').replace(/\\s+/g, ' ').trim().slice(0, 120);
    const path = element => {
        const steps = [];
        for (let at = element; at && at.nodeType === 1; at = at.parentElement) {
            if (at !== element && at.id && !/\\d{3,}/.test(at.id)) {
                steps.unshift('#' + CSS.escape(at.id));
                break;
            }
            const tag = at.localName;
            const alike = at.parentElement
                ? [...at.parentElement.children].filter(one => one.localName === tag) : [at];
            steps.unshift(alike.length > 1 ? `${tag}:nth-of-type(${alike.indexOf(at) + 1})` : tag);
        }
        return steps.join(' > ');
    };
    const way = WAY;
    const found = [];
    for (const element of seen) {
        const box = element.getBoundingClientRect();
        const style = getComputedStyle(element);
        if (!box.width || !box.height || style.visibility === 'hidden') continue;
        const given = name => element.getAttribute(name) || '';
        found.push({
            tag: element.localName, type: given('type'), role: given('role'), id: element.id,
            name: given('name'), testid: given('data-testid'), label: given('aria-label'),
            placeholder: given('placeholder'), title: given('title'), alt: given('alt'),
            classes: given('class'), href: given('href'),
            value: ['submit', 'button', 'reset'].includes(given('type')) ? given('value') : '',
            labels: short([...(element.labels || [])].map(one => one.innerText).join(' ')),
            text: short(element.innerText), path: path(element), xpath: way(element),
            depth: element.childElementCount,
        });
        if (found.length === most) break;
    }
    return found;
}""".replace("WAY", _WAY)
"""Run in the page: its visible elements, each as a dict of texts."""

_KINDS: Mapping[str, tuple[str, ...]] = {
    "button": ("button", "btn"),
    "link": ("link", "anchor"),
    "field": ("field", "input", "textbox", "box", "entry"),
    "choice": ("dropdown", "select", "combobox", "menu", "list"),
    "checkbox": ("checkbox", "check", "tick"),
    "radio": ("radio", "option"),
    "heading": ("heading", "headline", "title"),
    "image": ("image", "picture", "logo", "icon"),
    "table": ("table", "grid"),
}
_NOISE = frozenset(
    {
        *("a", "an", "and", "at", "for", "from", "in", "into", "is", "of", "on", "or"),
        *("that", "the", "this", "to", "which", "with"),
    }
)
_NAMES = ("label", "labels", "text", "placeholder", "title", "alt", "value", "name", "testid", "id")
_WEIGHTS = {"text": 1.0, "labels": 1.0, "label": 1.0, "placeholder": 0.9, "value": 1.0}
_ATTRIBUTES: Mapping[str, str] = {
    "name": "name",
    "aria-label": "label",
    "placeholder": "placeholder",
    "title": "title",
    "alt": "alt",
    "value": "value",
}
_LONGEST_NAME = 60
_MADE_ANEW = re.compile(r"\d{3,}|[0-9a-f]{8,}|^(ember|react|mui|radix|:r)", re.IGNORECASE)
"""Ids that a page makes anew each time it is shown."""


class Found(NamedTuple):
    """A selector in both languages; "" where one of them cannot say it."""

    css: str
    xpath: str


class Ranked(NamedTuple):
    """An element, its place in the outline, and how well a description fits it, from 0 to 1."""

    place: int
    score: float


def ranked(outline: Sequence[Mapping[str, Any]], description: str) -> list[Ranked]:
    """The elements that a description may mean, the likeliest first. Pure."""
    words = _words(description)
    kinds = {kind for kind, names in _KINDS.items() if words & set(names)}
    meant = words - {name for kind in kinds for name in _KINDS[kind]}
    scored = [
        Ranked(place, _score(element, description, meant, kinds))
        for place, element in enumerate(outline)
    ]
    return sorted((one for one in scored if one.score > 0), key=lambda one: (-one.score, one.place))


def candidates(element: Mapping[str, Any]) -> list[Found]:
    """Selectors of an element, the most lasting first. Pure."""
    tag = element["tag"]
    found = []
    if element["testid"]:
        found.append(_by_attribute("", "data-testid", element["testid"]))
    if element["id"] and not _MADE_ANEW.search(element["id"]):
        found.append(Found(f"#{_escaped(element['id'])}", f"//*[@id={literal(element['id'])}]"))
    found += [
        _by_attribute(tag, attribute, element[key])
        for attribute, key in _ATTRIBUTES.items()
        if element[key]
    ]
    if element["text"] and not element["depth"] and len(element["text"]) < _LONGEST_NAME:
        found.append(Found("", f"//{tag}[normalize-space(.)={literal(element['text'])}]"))
    found.append(Found(element["path"], element["xpath"]))
    return found


def _by_attribute(tag: str, attribute: str, value: str) -> Found:
    return Found(
        f"{tag}[{attribute}={quoted(value)}]", f"//{tag or '*'}[@{attribute}={literal(value)}]"
    )


def described(element: Mapping[str, Any]) -> str:
    """An element in words. Pure."""
    name = next((element[key] for key in _NAMES if element[key]), "")
    return f"{element['type'] or element['role'] or ''} {element['tag']} {name!r}".strip()


def _score(element: Mapping[str, Any], description: str, meant: set[str], kinds: set[str]) -> float:
    own = _kind(element)
    best = 0.0
    for key in _NAMES:
        text = str(element[key])
        if not text:
            continue
        there = _words(text)
        if not there:
            continue
        shared = len(meant & there)
        fit = (2 * shared / (len(meant) + len(there))) if meant else 0.0
        if text.casefold() in description.casefold() and len(text) > 2:
            fit = max(fit, 0.9)
        best = max(best, fit * _WEIGHTS.get(key, 0.8))
    if not kinds:
        return best
    if own in kinds:
        return 0.25 + 0.75 * best if best or not meant else 0.1
    return 0.4 * best


def _kind(element: Mapping[str, Any]) -> str:
    tag, type_, role = element["tag"], element["type"].lower(), element["role"].lower()
    if type_ in ("checkbox", "radio"):
        return str(type_)
    if tag == "button" or role == "button" or type_ in ("submit", "button", "reset", "image"):
        return "button"
    by_role = {"textbox": "field", "searchbox": "field", "combobox": "choice", "img": "image"}
    if role in by_role or role in _KINDS:
        return str(by_role.get(role, role))
    by_tag = {
        "a": "link",
        "input": "field",
        "textarea": "field",
        "select": "choice",
        "img": "image",
        "table": "table",
        "h1": "heading",
        "h2": "heading",
        "h3": "heading",
        "h4": "heading",
    }
    return by_tag.get(tag, "")


def _words(text: str) -> set[str]:
    spaced = re.sub(r"([a-z])([A-Z])", r"\1 \2", text)
    return set(re.findall(r"\w+", spaced.casefold().replace("_", " "))) - _NOISE


def _escaped(name: str) -> str:
    """A name in CSS; a first digit needs its number."""
    safe = re.sub(r"([^\w-])", r"\\\1", name)
    return f"\\3{safe[0]} {safe[1:]}" if safe[:1].isdigit() else safe
