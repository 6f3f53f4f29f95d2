"""A websocket to a project's Realtime; nothing that it logs tells the key in its address."""

import logging
from typing import Any, Protocol
from urllib.parse import urlencode

from casare_robot.domain.errors import StoreUnavailableError
from casare_robot.domain.plain_json import readable
from casare_robot.store.supabase.project import Project

LARGEST_RECEIVED = 16 << 20
"""Bytes of a message; the largest plan lets 3 MB through, and one may not end the line."""
OPENING = 10.0
"""Seconds for everything up to the handshake's end."""

_log = logging.getLogger(f"{__name__}.wire")


class Socket(Protocol):
    """Carries texts, in order, both ways; raises `StoreUnavailableError` when it is broken."""

    async def send(self, text: str) -> None:
        """Send one; returns when another can be taken."""
        ...

    async def receive(self) -> str | bytes:
        """The next one. Cancelling loses nothing."""
        ...

    async def close(self) -> None:
        """Close; soon, whatever the other side does."""
        ...


async def open_socket(project: Project) -> Socket:
    """Connect to Realtime, in version 1.0.0 of its protocol.

    Raises:
        StoreUnavailableError: There is no connection.
    """
    try:
        import websockets.asyncio.client as client
        from websockets import exceptions
    except ImportError as error:
        missing = f"{error.name} is not installed: pip install 'casare-robot[link]'"
        raise StoreUnavailableError(missing) from error

    _log.setLevel(logging.WARNING)  # at DEBUG the library logs the address, and the key with it
    told = urlencode({"apikey": project.key, "vsn": "1.0.0"})
    is_here = project.socket_url.startswith("ws:")
    try:
        connection = await client.connect(
            f"{project.socket_url}?{told}",
            user_agent_header="casare-robot",
            proxy=None if is_here else True,
            ssl=None if is_here else _trusting(),
            open_timeout=OPENING,
            close_timeout=1,
            ping_interval=None,
            max_size=LARGEST_RECEIVED,
            logger=_log,
        )
    except exceptions.InvalidStatus as error:
        status = error.response.status_code
        raise StoreUnavailableError(f"Realtime does not take the line (HTTP {status})") from None
    except (OSError, EOFError, TimeoutError, exceptions.WebSocketException) as error:
        why = type(error).__name__ if "apikey" in str(error) else str(error) or "no answer"
        # a header that it quotes may hold what is no text
        raise StoreUnavailableError(f"Realtime cannot be reached: {readable(why)}") from None
    return _WebSocket(connection, exceptions.ConnectionClosed)


class _WebSocket:
    """A `Socket` over an open websocket."""

    def __init__(self, connection: Any, closed: type[Exception]) -> None:
        self._connection = connection
        self._closed = closed

    async def send(self, text: str) -> None:
        try:
            await self._connection.send(text)
        except self._closed as error:
            raise StoreUnavailableError(f"Realtime ended the line: {error}") from None

    async def receive(self) -> str | bytes:
        try:
            told: str | bytes = await self._connection.recv()
        except self._closed as error:
            raise StoreUnavailableError(f"Realtime ended the line: {error}") from None
        return told

    async def close(self) -> None:
        await self._connection.close()


def _trusting() -> Any:
    import ssl

    import truststore

    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
