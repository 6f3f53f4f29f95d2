"""Every text a person sees goes through `tr`, so that another language can take its place."""

from collections.abc import Callable
from typing import Any

Translate = Callable[[str, int], str | None]
"""English text, with its ``{names}``, and how many it speaks of (-1: of nothing that is
counted), to the other language's; nothing where that has none."""

_translate: Translate | None = None


def speak(translate: Translate | None) -> None:
    """Use another language from now on; None: English."""
    global _translate
    _translate = translate


def tr(text: str, /, **values: Any) -> str:
    """The text in the language in use, with its ``{names}`` filled in."""
    said = (_translate(text, -1) if _translate and text else None) or text
    return said.format(**values) if values else said


def counted(count: int, one: str, many: str) -> str:
    """``1 job waits``, ``3 jobs wait``: both texts have a ``{count}``.

    Other languages, which may have more than two forms, know them under ``many``.
    """
    said = (_translate(many, count) if _translate else None) or (one if count == 1 else many)
    return said.format(count=count)
