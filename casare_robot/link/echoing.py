"""Echoes of the other side's websocket, for orchestrators whose program gives none."""

import asyncio
from collections import deque
from typing import Protocol

from casare_robot.link.session import LineError, Transport

ECHO = b"\0echo "
"""A frame that begins so travels as a ping, and is received again when it was answered;
no text that is JSON begins so."""


class PingingTransport(Transport, Protocol):
    """A transport whose other side answers pings."""

    async def ping(self) -> None:
        """Returns when a ping was answered.

        Raises:
            LineError: The line is broken.
        """
        ...


class EchoingTransport:
    """A `Transport` that carries echoes beside frames.

    A ping is answered in order: what was sent before it has been read by then.

    Args:
        inner: Carries everything.
    """

    def __init__(self, inner: PingingTransport) -> None:
        self._inner = inner
        self._reading: asyncio.Task[bytes] | None = None
        self._pinging: set[asyncio.Task[None]] = set()
        self._echoes: deque[bytes] = deque()
        self._news = asyncio.Event()

    async def send(self, frame: bytes) -> None:
        """Send one frame; returns when the line can take another.

        Raises:
            LineError: The line is broken.
        """
        if not frame.startswith(ECHO):
            await self._inner.send(frame)
            return
        ping = asyncio.create_task(self._ping(frame), name="link ping")
        self._pinging.add(ping)
        ping.add_done_callback(self._pinging.discard)

    async def receive(self) -> bytes:
        """The next frame or echo. Cancelling loses nothing.

        Raises:
            LineError: The line is broken.
        """
        while True:
            if self._echoes:
                return self._echoes.popleft()
            if self._reading is None:
                self._reading = asyncio.create_task(self._inner.receive(), name="link read")
                self._reading.add_done_callback(lambda _: self._news.set())
            if self._reading.done():
                read, self._reading = self._reading, None
                return read.result()
            self._news.clear()
            await self._news.wait()

    async def close(self, reason: str) -> None:
        """Close in good order; soon, whatever the other side does."""
        self._end()
        await self._inner.close(reason)

    def abort(self) -> None:
        """Drop the line at once."""
        self._end()
        self._inner.abort()

    async def _ping(self, frame: bytes) -> None:
        try:
            await self._inner.ping()
        except LineError:
            return  # whoever reads is told
        self._echoes.append(frame)
        self._news.set()

    def _end(self) -> None:
        for task in (*self._pinging, self._reading):
            if task is not None:
                task.cancel()
