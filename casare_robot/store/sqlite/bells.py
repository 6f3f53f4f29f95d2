"""Calls the processes that watch a file: one datagram each, with the names to look at.

An abstract Unix socket on Linux, a port of this machine elsewhere: neither
leaves anything behind when its process is killed. A datagram is never trusted
with more than a look, so that it does not matter who sent it.
"""

import asyncio
import secrets
import socket
import sys
from collections.abc import Callable, Iterable
from typing import TypeAlias

Address: TypeAlias = "str | tuple[str, int]"

LARGEST_CALL = 1024
"""Bytes of a datagram; with more names than fit, one calls for a look at everything."""
EVERYTHING = b"\n"
KNOWN_FOR = 180.0
"""Seconds for which a bell stays known without saying that it is still there."""
SAY_SO = 60.0
"""Seconds between sayings so."""


class Bell(asyncio.DatagramProtocol):
    """Hears the calls of other processes.

    Args:
        on_call: Called with the names to look at; None for all.
    """

    def __init__(self, on_call: Callable[[frozenset[str] | None], None]) -> None:
        self._on_call = on_call
        self._transport: asyncio.DatagramTransport | None = None
        self.address = ""
        """Where others reach it, as `Ringer` takes it."""

    async def open(self) -> None:
        """Begin to hear."""
        listening = _listening()
        self.address = _text(listening.getsockname())
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, sock=listening)

    def datagram_received(self, data: bytes, addr: object) -> None:
        """A call."""
        if data == EVERYTHING:
            self._on_call(None)
        else:
            self._on_call(frozenset(data.decode(errors="replace").split("\n")))

    def close(self) -> None:
        """Hear no more."""
        if self._transport is not None:
            self._transport.close()


class Ringer:
    """Calls bells, without ever waiting."""

    def __init__(self) -> None:
        self._sockets: dict[int, socket.socket] = {}

    def ring(self, addresses: Iterable[str], names: Iterable[str]) -> None:
        """Call each; one that is gone or has too many calls waiting is passed over."""
        call = "\n".join(sorted(names)).encode()
        if len(call) > LARGEST_CALL:
            call = EVERYTHING
        for address in addresses:
            where = _address(address)
            family = socket.AF_INET if isinstance(where, tuple) else socket.AF_UNIX
            try:
                self._socket(family).sendto(call, where)
            except OSError:  # its process ended, or it has calls enough
                continue

    def close(self) -> None:
        """Let the sockets go."""
        for sender in self._sockets.values():
            sender.close()

    def _socket(self, family: int) -> socket.socket:
        if family not in self._sockets:
            sender = socket.socket(family, socket.SOCK_DGRAM)
            sender.setblocking(False)
            self._sockets[family] = sender
        return self._sockets[family]


def _listening() -> socket.socket:
    if sys.platform == "linux":
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        listening.bind(f"\0casare-robot-{secrets.token_hex(12)}")
    else:
        listening = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        listening.bind(("127.0.0.1", 0))
    listening.setblocking(False)
    return listening


def _text(name: bytes | tuple[str, int]) -> str:
    if isinstance(name, bytes):
        return "unix:" + name[1:].decode()
    return f"udp:{name[1]}"


def _address(text: str) -> Address:
    kind, _, rest = text.partition(":")
    return "\0" + rest if kind == "unix" else ("127.0.0.1", int(rest))
