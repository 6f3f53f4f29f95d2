"""A TCP proxy that treats its connections badly, as told."""

import asyncio
import contextlib
import random
import socket
import struct
from dataclasses import dataclass

from tests.ports import free_port

RESET = struct.pack("ii", 1, 0)
BURST = 24
"""Bytes of noise: enough that no message takes them for its own."""


@dataclass(frozen=True)
class Fault:
    """What is wrong, for how long.

    ``kind`` is one of ok, delay, drip, stall, half_open_up, half_open_down,
    corrupt, reset, refuse, close; ``code`` is for close.
    """

    kind: str
    seconds: float
    code: int = 0

    def __str__(self):
        return f"{self.kind}{f' {self.code}' if self.code else ''} {self.seconds:.2f} s"


class ChaosProxy:
    """Forwards to a port of this machine, as well as the fault in force allows.

    Args:
        port: Where to forward to.
        rng: Dice for the places of corruption.
        close: Makes the server close its connections with a code.
        buffer: Bytes that a socket holds back, if small ones are wanted.
        rate: Bytes a second that the server's side reads, or None.
    """

    def __init__(self, port, *, rng=None, close=None, drip=0.01, buffer=None, rate=None):
        self.port = free_port()
        self.fault = Fault("ok", 0)
        self._target = port
        self._rng = rng or random.Random()
        self._close = close
        self._drip = drip
        self._buffer = buffer
        self._rate = rate
        self._server = None
        self._writers = set()
        self._tasks = set()
        self._changed = asyncio.Event()

    async def __aenter__(self):
        await self._listen()
        return self

    async def __aexit__(self, *_):
        await self._shut()
        self._reset_all()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def url(self):
        return f"ws://127.0.0.1:{self.port}"

    async def play(self, schedule):
        """Have one fault after the other; connections damaged by one are reset at its end."""
        for fault in schedule:
            await self.have(fault)
            await asyncio.sleep(fault.seconds)
            if fault.kind.startswith("half_open"):
                self._reset_all()
            if fault.kind == "refuse":
                await self._listen()
        await self.have(Fault("ok", 0))

    async def have(self, fault):
        """Have a fault from now on."""
        self.fault = fault
        self._changed.set()
        self._changed = asyncio.Event()
        if fault.kind == "reset":
            self._reset_all()
        elif fault.kind == "refuse":
            await self._shut()
            self._reset_all()
        elif fault.kind == "close":
            self._close(fault.code)

    async def _listen(self):
        listening = socket.create_server(("127.0.0.1", self.port))
        if self._buffer:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._buffer)
        self._server = await asyncio.start_server(self._serve, sock=listening, limit=4096)

    async def _shut(self):
        if self._server is not None:
            self._server.close()
            self._server = None

    def _reset_all(self):
        for writer in tuple(self._writers):
            with contextlib.suppress(OSError):
                raw = writer.get_extra_info("socket")
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            writer.transport.abort()

    async def _serve(self, reader, writer):
        task = asyncio.current_task()
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            to_reader, to_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        pair = {writer, to_writer}
        self._writers |= pair
        try:
            ways = [
                asyncio.create_task(self._carry(reader, to_writer, up=True)),
                asyncio.create_task(self._carry(to_reader, writer, up=False)),
            ]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            return  # the streams' own callback takes a cancelled task for an error
        finally:
            for way in ways:
                way.cancel()
            self._writers -= pair
            for end in pair:
                end.transport.abort()

    async def _carry(self, reader, writer, *, up):
        with contextlib.suppress(OSError):
            while data := await reader.read(self._rate or 65_536):
                await self._pass(data, writer, up=up)
                await writer.drain()
                if self._rate and up:
                    await asyncio.sleep(len(data) / self._rate)

    async def _pass(self, data, writer, *, up):
        while data and not writer.transport.is_closing():
            kind = self.fault.kind
            if kind == "stall":
                await self._changed.wait()
                continue
            if kind == ("half_open_up" if up else "half_open_down"):
                return
            if kind == "delay":
                await asyncio.sleep(self._rng.uniform(0.01, 0.1))
            elif kind == "drip":
                await asyncio.sleep(self._drip)
                writer.write(data[:1])
                data = data[1:]
                continue
            elif kind == "corrupt" and len(data) > BURST and self._rng.random() < 0.3:
                at = self._rng.randrange(len(data) - BURST)
                data = data[:at] + b"\xff" * BURST + data[at + BURST :]
            writer.write(data)
            return


CODES = (1000, 1001, 1002, 1003, 1006, 1007, 1008, 1009, 1010, 1011, 1012)
KINDS = (
    *("delay", "drip", "stall", "half_open_up", "half_open_down"),
    *("corrupt", "corrupt", "reset", "refuse", "close", "close"),
)


def random_schedule(rng, *, faults=6, longest=0.6):
    """Faults with quiet moments between them."""
    schedule = []
    for _ in range(faults):
        kind = rng.choice(KINDS)
        code = rng.choice(CODES) if kind == "close" else 0
        schedule.append(Fault(kind, rng.uniform(0.02, longest), code))
        schedule.append(Fault("ok", rng.uniform(0.02, 0.3)))
    return schedule
