"""Waits on this machine's loopback address for a browser to bring the answer of a sign-in."""

import asyncio
import hmac
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import NamedTuple

_PATIENCE = 30.0
"""Seconds that a browser may take for one request."""
_REQUEST_LIMIT = 16 * 1024
"""Bytes of a browser's request; tokens in its address stay far below."""
_DONE_PAGE = "<h1>Signed in</h1><p>You can close this window and return to the application.</p>"
_FRAGMENT_PAGE = (
    "<p>Signing in ...</p><script>if (location.hash.length > 1)"
    " location.replace(location.pathname + '?' + location.hash.substring(1));</script>"
)
"""Tokens of the implicit flow come in the fragment, which browsers keep to themselves."""


class Callback(NamedTuple):
    """Where the browser is to go, and what it will have brought."""

    port: int
    answer: "asyncio.Future[dict[str, str]]"


@asynccontextmanager
async def callback_server(
    port: int, *, path: str, state: str | None, broken: Callable[[], object] = lambda: None
) -> AsyncIterator[Callback]:
    """Serve on 127.0.0.1 until the block ends.

    A request with another state than the expected one is turned away and the
    wait goes on: any page can make a browser send one.

    Args:
        port: 0: any that is free.
        path: Under which the answer comes.
        state: What it must carry.
        broken: Told of a request that was none.

    Raises:
        OSError: The port is not free.
    """
    answer: asyncio.Future[dict[str, str]] = asyncio.get_running_loop().create_future()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            status, page = _respond(await _request_line(reader), path, state, answer)
            body = f"<!DOCTYPE html><title>Sign-in</title>{page}".encode()
            writer.write(
                f"HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\n"
                f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()
                + body
            )
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            broken()
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", port, limit=_REQUEST_LIMIT)
    async with server:
        yield Callback(server.sockets[0].getsockname()[1], answer)


async def _request_line(reader: asyncio.StreamReader) -> str:
    async with asyncio.timeout(_PATIENCE):
        head = await reader.readuntil(b"\r\n\r\n")
    return head.split(b"\r\n", 1)[0].decode("ascii")


def _respond(
    request_line: str,
    path: str,
    expected_state: str | None,
    answer: "asyncio.Future[dict[str, str]]",
) -> tuple[str, str]:
    """Status and page for a request; fills ``answer`` when it is the awaited one."""
    from urllib.parse import parse_qsl, urlsplit

    method, target, _ = request_line.split(" ", 2)
    parts = urlsplit(target)
    if method != "GET" or parts.path != "/" + path.lstrip("/"):
        return "404 Not Found", "<p>Nothing is here.</p>"
    found = dict(parse_qsl(parts.query))
    if not found:
        return "200 OK", _FRAGMENT_PAGE
    if expected_state and not hmac.compare_digest(
        found.get("state", "").encode(), expected_state.encode()
    ):
        return "400 Bad Request", "<p>This answer belongs to another sign-in.</p>"
    if not answer.done():
        answer.set_result(found)
    return "200 OK", _DONE_PAGE
