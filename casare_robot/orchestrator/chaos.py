"""A socket that behaves badly on purpose, for people who test their robots."""

import asyncio
import random

import msgspec

from casare_robot.orchestrator.robot_line import Socket


class Chaos(msgspec.Struct, frozen=True, kw_only=True):
    """How bad it is: shares of frames, from 0 to 1, and the longest delay in seconds."""

    drop: float = 0.01
    repeat: float = 0.05
    delay: float = 0.2
    longest: float = 2.0
    seed: int | None = None


class ChaoticSocket:
    """Drops the connection, and delays and repeats frames, now and then."""

    def __init__(self, socket: Socket, chaos: Chaos, dice: random.Random) -> None:
        self._socket = socket
        self._chaos = chaos
        self._dice = dice

    async def receive(self) -> bytes:
        """The next frame, perhaps late."""
        frame = await self._socket.receive()
        await self._trouble()
        return frame

    async def send(self, frame: bytes) -> None:
        """Send a frame, perhaps late and perhaps twice."""
        await self._trouble()
        await self._socket.send(frame)
        if self._dice.random() < self._chaos.repeat:
            await self._socket.send(frame)

    async def close(self, code: int) -> None:
        """Close it."""
        await self._socket.close(code)

    async def _trouble(self) -> None:
        if self._dice.random() < self._chaos.delay:
            await asyncio.sleep(self._dice.random() * self._chaos.longest)
        if self._dice.random() < self._chaos.drop:
            await self._socket.close(1012)
            raise ConnectionError("dropped on purpose")
