"""Reads logs as they grow, for one process."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Coroutine
from typing import Any

from casare_robot.domain.errors import StoreError
from casare_robot.store.records import Entry, Reading
from casare_robot.store.store import Store

log = logging.getLogger(__name__)

RETRY = 1.0
"""Seconds after an error of the store until it is tried again."""
HOUSEKEEPING = 1.0


class LogReader:
    """One task that hands every new entry of some logs over, once and in order.

    Args:
        store: Where they are.
        streams: Which.
        heard: Called with each entry; must not fail.
        purged: Awaited with a log, and the first and last of what was purged unread.
        tidy: Awaited about once a second.
        name: Of the task.
    """

    def __init__(
        self,
        store: Store,
        streams: tuple[str, ...],
        heard: Callable[[Entry], None],
        purged: Callable[[str, int, int], Awaitable[object]],
        tidy: Callable[[], Awaitable[None]],
        *,
        name: str,
    ) -> None:
        self.streams = streams
        self._store = store
        self._heard = heard
        self._purged = purged
        self._tidy = tidy
        self._name = name
        self._at: dict[str, int] = {}
        self._lock = asyncio.Lock()
        self._bell = asyncio.Event()
        self._rung: set[str] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._endings: set[asyncio.Task[Any]] = set()

    @property
    def is_running(self) -> bool:
        """Whether it reads."""
        return bool(self._tasks) and not any(task.done() for task in self._tasks)

    def at(self, stream: str) -> int:
        """The last number it has handed over."""
        return self._at.get(stream, 0)

    async def start(self) -> None:
        """Begin after what is there already."""
        if self._tasks:
            return
        for stream in self.streams:
            reading = await self._store.read(stream, after=2**62, limit=1)
            self._at[stream] = reading.newest
        parts = (self._listen(), self._read(), self._keep_tidy())
        self._tasks = [asyncio.create_task(part, name=self._name) for part in parts]

    async def stop(self) -> None:
        """End; doing so twice is fine."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, *self._endings, return_exceptions=True)

    def ring(self, *streams: str) -> None:
        """There may be something new in these, as far as they are read here."""
        self._rung.update(stream for stream in streams if stream in self.streams)
        if self._rung:
            self._bell.set()

    def forget(self, ending: Coroutine[Any, Any, None]) -> None:
        """See a coroutine to its end."""
        task = asyncio.create_task(ending, name=f"end of {self._name}")
        self._endings.add(task)
        task.add_done_callback(self._endings.discard)

    async def look(self) -> None:
        """Hand over all that is new."""
        await self._look(self.streams)

    async def _look(self, streams: Collection[str]) -> None:
        async with self._lock:
            # asked for together, so that a store answers together
            readings = await asyncio.gather(*(self._next(stream) for stream in streams))
            for reading in zip(streams, readings, strict=True):
                await self._hand_over(*reading)

    async def _next(self, stream: str) -> Reading:
        return await self._store.read(stream, after=self.at(stream))

    async def _hand_over(self, stream: str, reading: Reading) -> None:
        while True:
            if reading.oldest > self.at(stream) + 1:
                await self._purged(stream, self.at(stream) + 1, reading.oldest - 1)
            for entry in reading.entries:
                self._at[stream] = entry.seq
                self._heard(entry)
            if not reading.entries or self.at(stream) >= reading.newest:
                self._at[stream] = max(self.at(stream), reading.newest)
                return
            reading = await self._next(stream)

    async def _read(self) -> None:
        while True:
            await self._bell.wait()
            self._bell.clear()
            streams, self._rung = self._rung, set()
            try:
                await self._look(streams)
            except StoreError as error:
                log.warning("%s cannot be read, trying again: %s", self._name, error)
                await asyncio.sleep(RETRY)
                self.ring(*streams)

    async def _listen(self) -> None:
        while True:
            try:
                async with self._store.watch(*self.streams) as bell:
                    async for streams in bell:
                        self.ring(*streams)
            except StoreError as error:
                log.warning("%s cannot be watched, trying again: %s", self._name, error)
                await asyncio.sleep(RETRY)
            else:
                return

    async def _keep_tidy(self) -> None:
        while True:
            await asyncio.sleep(HOUSEKEEPING)
            try:
                await self._tidy()
            except StoreError as error:
                log.warning("%s: %s", self._name, error)
