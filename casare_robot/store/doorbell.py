"""Bells that say "look" and nothing else: what is new is read at one's own cursor."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from types import TracebackType
from typing import Self

POLL = 1.0
"""Seconds after which one looks without having been called, where nobody says otherwise."""
MERGE = 0.02
"""Seconds within which calls that follow another are one."""


class Doorbell:
    """Rings at once, then whenever one of its names is called, and each second anyway.

    ``async for names in bell`` gives the names that may have news: all of them
    at the beginning and each second, because a call may have been missed. The
    first call counts at once; those within 20 ms after a look are one. It ends
    when the store is closed. Cancelling a wait loses nothing.

    Used with ``async with``; for one task at a time.
    """

    def __init__(self, names: Iterable[str], belfry: "Belfry") -> None:
        self._names = frozenset(names)
        self._belfry = belfry
        self._called: set[str] = set()
        self._has_call = asyncio.Event()
        self._next_poll = -float("inf")
        self._last_look = -float("inf")

    async def __aenter__(self) -> Self:
        """Begin to hear."""
        await self._belfry.add(self)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Hear no more."""
        self._belfry.remove(self)

    def __aiter__(self) -> Self:
        """Itself."""
        return self

    async def __anext__(self) -> frozenset[str]:
        """Wait for a call, or for the next second."""
        now = asyncio.get_running_loop().time
        try:
            async with asyncio.timeout_at(self._next_poll):
                await self._has_call.wait()
                await asyncio.sleep(self._last_look + MERGE - now())
        except TimeoutError:
            pass  # the poll is due
        if self._belfry.is_closed:
            raise StopAsyncIteration
        self._last_look = now()
        self._has_call.clear()
        called, self._called = frozenset(self._called), set()
        if called == self._names or self._last_look >= self._next_poll:
            self._next_poll = self._last_look + self._belfry.poll()
            return self._names
        return called

    def call(self, names: frozenset[str] | None) -> None:
        """Some names may have news, or all; from the loop's own thread."""
        heard = self._names if names is None else self._names & names
        if heard:
            self._called |= heard
            self._has_call.set()

    def end(self) -> None:
        """The store is closed: whoever waits is let go."""
        self._has_call.set()


class Belfry:
    """The bells of one store, in one event loop.

    Args:
        on_first: Run before the first bell is added, to hear other processes too.
        poll: Seconds after which one looks without having been called.
    """

    def __init__(
        self,
        on_first: Callable[[], Awaitable[None]] | None = None,
        *,
        poll: Callable[[], float] = lambda: POLL,
    ) -> None:
        self.poll = poll
        self._bells: set[Doorbell] = set()
        self._on_first = on_first
        self.is_closed = False

    @property
    def has_begun(self) -> bool:
        """Whether other processes are, or should be, heard."""
        return self._on_first is None

    async def add(self, bell: Doorbell) -> None:
        """Let a bell hear."""
        self._bells.add(bell)
        if self._on_first is not None:
            begin, self._on_first = self._on_first, None
            await begin()

    def remove(self, bell: Doorbell) -> None:
        """Let it hear no more."""
        self._bells.discard(bell)

    def ring(self, names: Iterable[str] | None) -> None:
        """Some names may have news, or all; from the loop's own thread."""
        called = None if names is None else frozenset(names)
        for bell in self._bells:
            bell.call(called)

    def close(self) -> None:
        """End every bell."""
        self.is_closed = True
        for bell in self._bells:
            bell.end()
