"""What stands behind the word a workflow chose. Pure."""

from collections.abc import Mapping
from typing import TypeVar

from casare_robot.domain.errors import NodeFailure

_T = TypeVar("_T")


def chosen(table: Mapping[str, _T], word: object, name: str) -> _T:
    """The entry of ``table`` for ``word``, whatever its case; ``name`` is the property's.

    Raises:
        NodeFailure: The table has no such entry.
    """
    text = str(word).strip()
    for key in (text, text.lower(), text.upper()):
        if key in table:
            return table[key]
    raise NodeFailure(f"{name} {word!r} is none of: {', '.join(table)}")
