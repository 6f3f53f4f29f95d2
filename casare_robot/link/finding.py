"""Finds out how an orchestrator speaks, without a key and without doing anything there."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from casare_robot.link.address import websocket_address
from casare_robot.link.websocket import trusting

PATIENCE = 5.0
"""Seconds for each look."""
UPGRADE_REQUIRED = 426
"""What a server of nothing but websockets answers."""
ABSENT = 404

Find = Callable[[str], Awaitable[tuple[str, ...]]]
Look = Callable[[str], tuple[int, bytes]]
"""Gives status and body of a path."""


async def find_names(url: str) -> tuple[str, ...]:
    """The names of the dialects likely at an address, likeliest first; () if nobody says so."""

    def look(path: str) -> tuple[int, bytes]:
        return _get(url, path)

    import http.client

    try:
        return await asyncio.to_thread(recognise, look)
    except (OSError, http.client.HTTPException):
        return ()  # behind a proxy, say: the native line says what is the matter


def recognise(look: Look) -> tuple[str, ...]:
    """The names of the dialects of whoever is looked at, likeliest first.

    In this order: our own orchestrator; nothing but websockets, which is CasareRPA's
    first one or one made after the robot reference; CasareRPA's newest, which has jobs
    claimed; the one before, which pushes them; a Supabase project.

    Args:
        look: Only asks: no path changes anything, and none needs a key.
    """
    status, body = look("/health")
    if status == UPGRADE_REQUIRED:
        return ("envelope", "native")
    if status == 200 and _is_ours(body):
        return ("native",)
    if look("/api/v1/jobs/claim")[0] == 405:  # there, but not for GET
        return ("rest",)
    if look("/api/jobs")[0] in (200, 401, 403, 422):
        return ("flat",)
    if look("/rest/v1/")[0] in (200, 401, 403):
        return ("supabase-tables",)
    return ()


def _is_ours(body: bytes) -> bool:
    try:
        return bool(json.loads(body) == {"status": "ok"})
    except ValueError:
        return False


def _get(url: str, path: str) -> tuple[int, bytes]:
    import http.client

    parts = urlsplit(websocket_address(url, path="/"))
    host, port = parts.hostname or "", parts.port
    if parts.scheme == "ws":
        line = http.client.HTTPConnection(host, port, timeout=PATIENCE)
    else:
        line = http.client.HTTPSConnection(host, port, timeout=PATIENCE, context=trusting())
    try:
        line.request("GET", path, headers={"User-Agent": "casare-robot"})
        answer = line.getresponse()
        return answer.status, answer.read(64 << 10)
    finally:
        line.close()
