"""A question without the secrets of its workflow."""

from typing import Any

import msgspec

from casare_robot.domain.question import Ask, Form, Page
from casare_robot.execution.running.masking import Masking


def masked_ask(ask: Ask, masking: Masking) -> Ask:
    """The question with every secret in it masked; a default that holds one is left out."""
    plain = _listed(msgspec.to_builtins(ask))
    masked = masking.values(plain)
    shown = msgspec.convert(masked, Ask)
    if masked == plain or not isinstance(ask.body, Form) or not isinstance(shown.body, Form):
        return shown
    pages = tuple(map(_without_masks, ask.body.pages, shown.body.pages))
    return msgspec.structs.replace(shown, body=msgspec.structs.replace(shown.body, pages=pages))


def _without_masks(before: Page, after: Page) -> Page:
    fields = tuple(
        now if now.default == was.default else msgspec.structs.replace(now, default=None)
        for was, now in zip(before.fields, after.fields, strict=True)
    )
    return msgspec.structs.replace(after, fields=fields)


def _listed(value: Any) -> Any:
    """Plain data with lists only, and texts that can be written down."""
    match value:
        case str():
            return value.encode("utf-8", "replace").decode()
        case dict():
            return {key: _listed(item) for key, item in value.items()}
        case list() | tuple():
            return [_listed(item) for item in value]
        case _:
            return value
