"""What a node put out, short enough to be told while the job goes on. Pure."""

import math
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any, TypeAlias

Shown: TypeAlias = bool | int | float | str | None
Glance: TypeAlias = Mapping[str, Shown]

MOST = 10
"""Outputs of one node that are shown; the first ones."""
LONGEST = 100
"""Characters of a name or value that are shown to people."""
LONGEST_WHOLE = 2_000
"""Characters of a text up to which it is shown at all; of a longer one only the length is."""
_BIGGEST = 2**53


def at_a_glance(
    outputs: Mapping[str, Any], mask: Callable[[str], str], *, longest: int = LONGEST
) -> dict[str, Shown]:
    """Outputs as people look at them in passing.

    Texts are cut, of lists and objects only the size is told, of all else the type.

    Args:
        outputs: By port.
        mask: Takes secrets out of a whole text.
        longest: Where to cut: `LONGEST_WHOLE` where somebody else still has secrets to
            take out, for which half of one is too little.
    """
    return {
        _cut(mask(name), longest): _shown(value, mask, longest)
        for name, value in islice(outputs.items(), MOST)
    }


def _shown(value: Any, mask: Callable[[str], str], longest: int) -> Shown:
    match value:
        case None | bool():
            return value
        case str():
            if len(value) > LONGEST_WHOLE:
                return f"({len(value)} characters)"
            return _cut(mask(value.encode("utf-8", "replace").decode()), longest)
        case int() if -_BIGGEST < value < _BIGGEST:
            return _number(value, mask)
        case float() if math.isfinite(value):
            return _number(value, mask)
        case Mapping():
            return f"({len(value)} entries)"
        case list() | tuple():
            return f"({len(value)} items)"
        case _:
            return f"({type(value).__name__})"


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _number(value: float, mask: Callable[[str], str]) -> Shown:
    text = str(value)
    masked = mask(text)
    return value if masked == text else masked
