"""Texts that say which keys to press. Pure.

``{Enter}`` is a key, ``{Tab 3}`` one that is pressed three times, ``{Ctrl}c`` a
combination, ``{{}`` and ``{}}`` are braces; ``Ctrl+Shift+S`` is a hotkey.
"""

import re
from collections.abc import Iterable

from casare_robot.domain.bound_code import BoundCode
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.screen_work import Stroke

MODIFIERS = {
    "CTRL": "CTRL",
    "CONTROL": "CTRL",
    "SHIFT": "SHIFT",
    "ALT": "ALT",
    "WIN": "WIN",
    "WINDOWS": "WIN",
}
_OTHER_NAMES = {
    "ESCAPE": "ESC",
    "RETURN": "ENTER",
    "DEL": "DELETE",
    "INS": "INSERT",
    "BACK": "BACKSPACE",
    "PGUP": "PAGEUP",
    "PGDN": "PAGEDOWN",
    "PAGE_UP": "PAGEUP",
    "PAGE_DOWN": "PAGEDOWN",
}
_NAMES = """ENTER TAB ESC BACKSPACE DELETE INSERT HOME END PAGEUP PAGEDOWN UP DOWN LEFT RIGHT
SPACE CAPSLOCK NUMLOCK SCROLL PRINTSCREEN PAUSE APPS"""
NAMED = frozenset(_NAMES.split()) | {f"F{number}" for number in range(1, 25)}
"""Keys that have names."""

_PART = re.compile(r"\{(?P<name>\}|[^}]+)\}|(?P<plain>.)", re.DOTALL)
_LINE_ENDS = {"\r\n": "ENTER", "\n": "ENTER", "\r": "ENTER", "\t": "TAB"}


def literal(text: str) -> list[Stroke]:
    """Strokes that write a text; ends of lines are Enter, tabulators Tab."""
    parts = re.findall(r"\r\n|.", text, re.DOTALL)
    return [Stroke(_LINE_ENDS.get(part, part)) for part in parts]


def strokes_of(keys: str) -> list[Stroke]:
    """Strokes that a text with keys in braces says.

    Values of references in it are typed as they are.

    Raises:
        NodeFailure: It names a key there is not, or a brace is left open.
    """
    if not isinstance(keys, BoundCode):
        return _strokes(keys)
    found: list[Stroke] = []
    for part in re.split(f"({keys.place})", keys):
        found += literal(keys.text(part)) if part in keys.values else _strokes(part)
    return found


def _strokes(keys: str) -> list[Stroke]:
    found: list[Stroke] = []
    held: list[str] = []
    for part in _PART.finditer(keys.replace("\r\n", "\n")):
        name, plain = part["name"], part["plain"]
        if plain == "{":
            raise NodeFailure(f"a {{ is left open in {keys!r:.80}; {{{{}} is a brace")
        if plain is not None:
            found.append(Stroke(_LINE_ENDS.get(plain, plain), tuple(held)))
            held.clear()
        elif name.upper() in MODIFIERS:
            held.append(MODIFIERS[name.upper()])
        else:
            found += _repeated(name, tuple(held))
            held.clear()
    if held:
        found.append(Stroke(held[-1], tuple(held[:-1])))
    return found


def _repeated(part: str, held: tuple[str, ...]) -> Iterable[Stroke]:
    name, _, count = part.strip().partition(" ")
    if count and not count.strip().isdecimal():
        raise NodeFailure(f"{{{part}}} should be a key and how often, such as {{Tab 3}}")
    return [Stroke(key_named(name), held)] * (min(int(count), 1000) if count else 1)


def key_named(name: str) -> str:
    """The key of a name, in any case; a character is its own.

    Raises:
        NodeFailure: There is none.
    """
    if len(name) == 1:
        return name
    upper = name.strip().upper()
    key = _OTHER_NAMES.get(upper, upper)
    if key not in NAMED and key not in MODIFIERS:
        raise NodeFailure(f"there is no key {name!r:.80}", retryable=False)
    return MODIFIERS.get(key, key)


def hotkey(keys: str) -> Stroke:
    """A combination such as ``Ctrl+Shift+S``, with ``+`` or commas between.

    Raises:
        NodeFailure: It names a key there is not, or several keys beside modifiers.
    """
    names = [part.strip() for part in re.split(r"(?<=[^+,\s])\s*[+,]\s*", keys.strip())]
    if not all(names):
        raise NodeFailure(f"{keys!r:.80} is no combination of keys", retryable=False)
    *before, last = map(key_named, names)
    wrong = [key for key in before if key not in MODIFIERS]
    if wrong:
        message = f"{keys!r:.80} holds down {wrong[0]}, and only Ctrl, Shift, Alt and Win are held"
        raise NodeFailure(message, retryable=False)
    return Stroke(last.lower() if before and len(last) == 1 else last, tuple(before))
