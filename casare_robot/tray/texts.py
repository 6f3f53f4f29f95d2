"""Every text a person sees goes through `tr`, so that another language can take its place."""

from collections.abc import Mapping
from typing import Any

_words: Mapping[str, str] = {}


def speak(words: Mapping[str, str]) -> None:
    """Use another language from now on.

    Args:
        words: English text, with its ``{names}``, to the other language's; what
            is missing stays English.
    """
    global _words
    _words = dict(words)


def tr(text: str, /, **values: Any) -> str:
    """The text in the language in use, with its ``{names}`` filled in."""
    said = _words.get(text, text)
    return said.format(**values) if values else said


def counted(count: int, one: str, many: str) -> str:
    """``1 job waits``, ``3 jobs wait``: both texts have a ``{count}``."""
    return tr(one if count == 1 else many, count=count)
