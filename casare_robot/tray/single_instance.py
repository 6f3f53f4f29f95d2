"""One face for each home: a second start hands its wish to the first. Without Qt."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from casare_robot.desktop.local_socket import LocalServer, connect

HURRY = 5.0
"""Seconds to reach the first face."""
LONGEST_WISH = 64


class SingleInstance:
    """Listens to later starts.

    Args:
        folder: Where the first face can be reached.
        wished: Told the word that a later start has handed over.
    """

    def __init__(self, folder: Path, wished: Callable[[str], None]) -> None:
        self._server = LocalServer(folder, self._hear)
        self._wished = wished

    async def start(self) -> None:
        """Begin to listen.

        Raises:
            OSError: It cannot.
        """
        await self._server.start()

    async def close(self) -> None:
        """Listen no more."""
        await self._server.close()

    async def _hear(self, reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        line = await reader.readline()
        if 0 < len(line) <= LONGEST_WISH:
            self._wished(line.decode(errors="replace").strip())


async def hand_over(folder: Path, wish: str) -> None:
    """Tell the first face a word.

    Raises:
        OSError: It does not listen.
    """
    async with asyncio.timeout(HURRY):
        _, writer = await connect(folder)
        writer.write(wish.encode() + b"\n")
        await writer.drain()
    writer.close()
