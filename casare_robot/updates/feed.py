"""What a feed offers, believed only with a signature by a key that is known. Pure."""

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

import msgspec

from casare_robot.domain.errors import UpdateError

LARGEST_FILE = 1 << 30
"""Bytes."""
Version = Annotated[str, msgspec.Meta(pattern=r"^\d{1,9}(\.\d{1,9}){1,3}$")]


class UpdateFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a release; ``url`` may be relative to the feed's own."""

    url: str
    size: Annotated[int, msgspec.Meta(ge=1, le=LARGEST_FILE)]
    sha256: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """A version, what is new in a sentence, and its file for each kind of installation."""

    version: Version
    files: dict[str, UpdateFile]
    notes: str = ""


class Feed(msgspec.Struct, frozen=True, kw_only=True):
    """All that is offered. Nobody can hold back news for longer than until it expires."""

    form: Literal[1]
    expires: datetime
    releases: tuple[Release, ...]


class _Envelope(msgspec.Struct, frozen=True):
    """A feed's text as it was signed, and the Ed25519 signature of its UTF-8 in base64."""

    signed: str
    signature: str


def read_feed(content: bytes, *, keys: Sequence[str], now: datetime) -> Feed:
    """What a feed says.

    Args:
        content: As it was fetched.
        keys: Public Ed25519 keys in base64; one of them must have signed.
        now: In UTC.

    Raises:
        UpdateError: E-UPD-495: nobody we know signed it. E-UPD-422: it makes no
            sense, or has expired.
    """
    try:
        envelope = msgspec.json.decode(content, type=_Envelope)
    except (msgspec.MsgspecError, ValueError) as error:
        raise UpdateError(f"the feed is not one: {error}", code="E-UPD-422") from error
    signed = envelope.signed.encode()
    if not any(_has_signed(key, signed, envelope.signature) for key in keys):
        raise UpdateError(
            "the feed is not signed by a key in `update_keys`; nothing of it is used",
            code="E-UPD-495",
        )
    try:
        feed = msgspec.json.decode(signed, type=Feed)
    except (msgspec.MsgspecError, ValueError) as error:
        message = f"the feed cannot be read by this version: {error}"
        raise UpdateError(message, code="E-UPD-422") from error
    if feed.expires.tzinfo is None or feed.expires <= now:
        raise UpdateError(f"the feed expired on {feed.expires:%Y-%m-%d}", code="E-UPD-422")
    return feed


def newest(feed: Feed, *, kind: str, than: str) -> Release | None:
    """The newest release for a kind of installation, if it is newer than a version."""
    fitting = [release for release in feed.releases if kind in release.files]
    best = max(fitting, key=lambda release: order(release.version), default=None)
    return best if best is not None and order(best.version) > order(than) else None


def order(version: str) -> tuple[int, ...]:
    """By which versions are compared: 1.10 is newer than 1.9.1, and 1.2 is 1.2.0."""
    numbers = [int(number) for number in version.split(".")]
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


def _has_signed(key: str, signed: bytes, signature: str) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key, validate=True))
        public.verify(base64.b64decode(signature, validate=True), signed)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True
