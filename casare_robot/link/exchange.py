"""Questions and answers as frames, for orchestrators that are asked instead of telling. Pure.

A frame is one line of JSON and, after it, a body as it is.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

_encode = msgspec.json.Encoder().encode


class HttpQuestion(msgspec.Struct, frozen=True, omit_defaults=True):
    """A request; ``path`` is whole, query included."""

    n: int
    method: str
    path: str
    headers: Mapping[str, str] = {}


class HttpAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """A response; ``retry_after`` are the seconds that it asks to wait."""

    n: int
    status: int
    retry_after: float | None = None


class SqlQuestion(msgspec.Struct, frozen=True, omit_defaults=True):
    """A statement with named parameters."""

    n: int
    statement: str
    values: Mapping[str, Any] = {}


class SqlAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """Rows as objects in the body, or why there are none: SQLSTATE and a sentence."""

    n: int
    state: str = ""
    problem: str = ""


def frame(head: msgspec.Struct, body: bytes = b"") -> bytes:
    """A frame."""
    return _encode(head) + b"\n" + body


def parted(frame: bytes) -> tuple[bytes, bytes]:
    """Head and body of a frame."""
    head, _, body = frame.partition(b"\n")
    return head, body
