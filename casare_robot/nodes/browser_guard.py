"""The way from a browser to the network where the policy sets bounds: a proxy that judges.

Redirects, sockets and what workers load go through it too, and a name is looked
up once: the connection is made to the address that was judged.
"""

import asyncio
from contextlib import suppress
from urllib.parse import urlsplit

from casare_robot.domain.errors import NodeFailure, PolicyError
from casare_robot.domain.policy import Policy
from casare_robot.nodes.addresses import Resolver, checked_addresses, system_resolver

_LONGEST_HEAD = 64 * 1024
_REFUSED = b"HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_FAILED = b"HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


def is_bounded(policy: Policy) -> bool:
    """Whether the policy keeps a browser from any host."""
    return policy.allowed_hosts is not None or not policy.allow_private_addresses


class BrowserGuard:
    """A forward proxy on loopback for one browser.

    Attributes:
        refusals: Host to why it was refused, the newest last.
    """

    def __init__(self, policy: Policy, resolve: Resolver = system_resolver) -> None:
        self._policy = policy
        self._resolve = resolve
        self._server: asyncio.Server | None = None
        self._talks: set[asyncio.Task[None]] = set()
        self.refusals: dict[str, PolicyError] = {}

    async def open(self) -> str:
        """Begin; the address to give to the browser."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=_LONGEST_HEAD)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        """End; every connection is cut."""
        if self._server is not None:
            self._server.close()
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._talks.add(task)
            task.add_done_callback(self._talks.discard)
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            await self._talk(reader, writer)
        writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        line, _, rest = head.partition(b"\r\n")
        method, target, version = line.decode("latin-1").split(" ", 2)
        is_tunnel = method == "CONNECT"
        url = urlsplit(f"//{target}" if is_tunnel else target)
        host, port = url.hostname or "", url.port or (443 if is_tunnel else 80)
        try:
            addresses = await asyncio.to_thread(
                checked_addresses, self._policy, host, port, self._resolve
            )
            upstream, outward = await _connected(addresses, port)
        except (NodeFailure, OSError) as error:
            if isinstance(error, PolicyError):
                self.refusals.pop(host, None)
                self.refusals[host] = error
            writer.write(_REFUSED if isinstance(error, PolicyError) else _FAILED)
            await writer.drain()
            return
        if is_tunnel:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            path = url._replace(scheme="", netloc="").geturl() or "/"
            outward.write(f"{method} {path} {version}\r\n".encode("latin-1") + _last_of(rest))
        try:
            await asyncio.gather(_pour(reader, outward), _pour(upstream, writer))
        finally:
            outward.close()


def _last_of(headers: bytes) -> bytes:
    """The headers of a request after which the server closes: the next may be for another host.

    What changes the protocol (a socket) keeps its connection.
    """
    lines = headers.split(b"\r\n")
    if any(line.lower().startswith(b"upgrade:") for line in lines):
        return headers
    drop = (b"connection:", b"proxy-connection:", b"keep-alive:")
    kept = [line for line in lines if not line.lower().startswith(drop)]
    return b"\r\n".join([b"Connection: close", *kept])


async def _connected(
    addresses: list[str], port: int
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    for address in addresses[:-1]:
        with suppress(OSError):
            return await asyncio.open_connection(address, port)
    return await asyncio.open_connection(addresses[-1], port)


async def _pour(source: asyncio.StreamReader, into: asyncio.StreamWriter) -> None:
    while part := await source.read(64 * 1024):
        into.write(part)
        await into.drain()
    if into.can_write_eof():
        into.write_eof()
