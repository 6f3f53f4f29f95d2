"""Frames over a websocket."""

import email.utils
import logging
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

from casare_robot.link.address import is_here
from casare_robot.link.session import LineError

LARGEST_RECEIVED = 16 << 20
"""Bytes of a message beyond which the connection is closed (1009); the protocol's own
limit is lower and is answered in good form."""
_KEY_REFUSED = {
    4401: "the orchestrator refuses this robot's key",
    4403: "the orchestrator knows this robot's key as another robot's",
}
LONGEST_WAIT = 3_600.0
"""Seconds that an orchestrator may ask a robot to wait."""

_log = logging.getLogger(f"{__name__}.wire")


async def open_websocket(
    address: str, headers: Mapping[str, str], *, timeout: float = 10.0
) -> "WebSocketTransport":
    """Connect to a websocket: certificates by the system's trust store, its proxy respected.

    Redirections are not followed: the key in the headers is for this host only.

    Args:
        address: As given by `websocket_address`.
        headers: Sent with the handshake; never logged.
        timeout: Seconds for everything up to the handshake's end.

    Raises:
        LineError: There is no connection.
    """
    try:
        import websockets.asyncio.client as client
        from websockets import exceptions

        from casare_robot.link.deflate import thrifty_client_deflate
    except ImportError as error:
        missing = f"{error.name} is not installed: pip install 'casare-robot[link]'"
        raise LineError(missing, is_refusal=True) from error

    class Connect(client.connect):
        def process_redirect(self, exc: Exception) -> Exception | str:
            return exc

    _log.setLevel(logging.WARNING)  # at DEBUG the library logs the headers
    local = is_here(address)
    secure: dict[str, Any] = {} if address.startswith("ws:") else {"ssl": trusting()}
    try:
        return WebSocketTransport(
            await Connect(
                address,
                additional_headers=dict(headers),
                user_agent_header="casare-robot",
                compression=None,
                extensions=None if local else [thrifty_client_deflate()],
                proxy=None if local else True,
                open_timeout=timeout,
                close_timeout=1,
                ping_interval=None,
                max_size=LARGEST_RECEIVED,
                logger=_log,
                **secure,
            )
        )
    except exceptions.InvalidStatus as error:
        raise _refused(error.response.status_code, error.response.headers) from None
    except exceptions.ProxyError as error:
        raise LineError(f"the proxy does not let us through: {error}") from None
    except exceptions.InvalidProxy:
        raise LineError("the system's proxy setting is no proxy's address") from None
    except TimeoutError:
        raise LineError(f"no connection within {timeout:g} s") from None
    except ssl.SSLCertVerificationError as error:
        why = error.verify_message
        raise LineError(f"the orchestrator's certificate is not trusted: {why}") from None
    except OSError as error:
        raise LineError(f"no connection: {error.strerror or error}") from None
    except (exceptions.WebSocketException, EOFError) as error:
        raise LineError(f"no websocket: {error}") from None


class WebSocketTransport:
    """A `Transport` over an open websocket.

    Args:
        connection: It; text frames both ways.
    """

    def __init__(self, connection: Any) -> None:
        from websockets.exceptions import ConnectionClosed

        self._connection = connection
        self._send: Callable[..., Awaitable[None]] = connection.send
        self._receive: Callable[..., Awaitable[bytes]] = connection.recv
        self._closed = ConnectionClosed

    async def send(self, frame: bytes) -> None:
        """Send one frame; returns when the line can take another.

        Raises:
            LineError: The line is broken.
        """
        try:
            await self._send(frame, text=True)
        except self._closed as error:
            raise _broken(error) from None

    async def receive(self) -> bytes:
        """The next frame. Cancelling loses nothing.

        Raises:
            LineError: The line is broken.
        """
        try:
            return await self._receive(decode=False)
        except self._closed as error:
            raise _broken(error) from None

    async def ping(self) -> None:
        """Returns when the other side has answered a ping.

        Raises:
            LineError: The line is broken.
        """
        try:
            await (await self._connection.ping())
        except self._closed as error:
            raise _broken(error) from None

    async def close(self, reason: str) -> None:
        """Close in good order, within about a second."""
        await self._connection.close(1000, reason[:100])

    def abort(self) -> None:
        """Drop the line at once."""
        self._connection.transport.abort()


def trusting() -> ssl.SSLContext:
    """Checks certificates by the system's trust store."""
    import truststore

    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _broken(error: Any) -> LineError:
    closed = error.rcvd
    if closed is None:
        return LineError("the line broke")
    if closed.code in _KEY_REFUSED:
        problem = f"{_KEY_REFUSED[closed.code]} ({closed.code}); enrol it again"
        return LineError(problem, is_refusal=True)
    reason = f": {closed.reason}" if closed.reason else ""
    return LineError(f"the orchestrator closed the line ({closed.code}){reason}")


def _refused(status: int, headers: Mapping[str, str]) -> LineError:
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        problem = f"the orchestrator refuses this robot's key (HTTP {status}); enrol it again"
        return LineError(problem, is_refusal=True, status=status)
    if 300 <= status < 400:
        where = headers.get("Location", "elsewhere")
        return LineError(
            f"the orchestrator sends us to {where}; if that is right, set it as its address",
            is_refusal=True,
            status=status,
        )
    wait = None
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        wait = retry_after(headers.get("Retry-After", ""), time.time())
    problem = f"the orchestrator does not take the line (HTTP {status})"
    return LineError(problem, retry_after=wait, status=status)


def retry_after(value: str, now: float) -> float | None:
    """Seconds out of a Retry-After header: a number or a date."""
    if value.isascii() and value.isdecimal():
        return min(float(value), LONGEST_WAIT)
    try:
        seconds = email.utils.parsedate_to_datetime(value).timestamp() - now
    except (ValueError, OverflowError):
        return None
    return min(max(seconds, 0.0), LONGEST_WAIT)
