"""Fetches a feed and what it offers; believes neither."""

import hashlib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import httpx

from casare_robot.desktop.replacing import put_in_place
from casare_robot.domain.errors import UpdateError
from casare_robot.updates.feed import UpdateFile

LARGEST_FEED = 1 << 20
"""Bytes."""
PATIENCE = 30.0
"""Seconds for each answer."""


async def fetch_feed(url: str) -> bytes:
    """The feed as it is served.

    Raises:
        UpdateError: E-UPD-503: it cannot be had now. E-UPD-422: it is too large.
    """
    content = bytearray()
    async with _served(url) as served:
        async for part in served.aiter_bytes():
            content += part
            if len(content) > LARGEST_FEED:
                raise UpdateError(f"{url} is larger than any feed", code="E-UPD-422")
    return bytes(content)


async def fetch_file(url: str, wanted: UpdateFile, target: Path) -> None:
    """Fetch a file, which is in its place only when it is the one that was signed for.

    Raises:
        UpdateError: E-UPD-503: it cannot be had now. E-UPD-495: it is another one.
        OSError: It cannot be kept.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f"{target.name}.part")
    try:
        async with _served(url) as served:
            with draft.open("wb") as file:
                async for part in served.aiter_bytes():
                    file.write(part)
                    if file.tell() > wanted.size:
                        break
        check_file(draft, wanted)
        put_in_place(draft, target)
    finally:
        draft.unlink(missing_ok=True)


def check_file(file: Path, wanted: UpdateFile) -> None:
    """Make sure that a file is the one that was signed for.

    Raises:
        UpdateError: E-UPD-495: it is another one.
        OSError: It cannot be read.
    """
    digest = hashlib.sha256()
    with file.open("rb") as content:
        for part in iter(partial(content.read, 1 << 20), b""):
            digest.update(part)
    if file.stat().st_size != wanted.size or digest.hexdigest() != wanted.sha256:
        raise UpdateError(
            f"{file.name.removesuffix('.part')} is not the file that the feed was signed for;"
            " it was not used",
            code="E-UPD-495",
        )


@asynccontextmanager
async def _served(url: str) -> AsyncIterator[httpx.Response]:
    try:
        async with (
            httpx.AsyncClient(verify=_trust(), follow_redirects=True, timeout=PATIENCE) as client,
            client.stream("GET", url) as served,
        ):
            served.raise_for_status()
            yield served
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        why = str(error) or type(error).__name__
        raise UpdateError(f"{url} cannot be had now: {why}", code="E-UPD-503") from error


def _trust() -> ssl.SSLContext:
    import truststore

    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
