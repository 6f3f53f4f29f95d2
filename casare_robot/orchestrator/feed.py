"""Tells whoever watches what has changed: of each thing only the newest, so nobody falls behind."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any


class Feed:
    """News for any number of listeners, each with at most one item for each thing."""

    def __init__(self) -> None:
        self._waiting: set[_Mailbox] = set()

    def tell(self, kind: str, name: str, facts: Any) -> None:
        """A thing is as these facts say now."""
        for mailbox in self._waiting:
            mailbox.put((kind, name), facts)

    async def listen(self) -> AsyncGenerator[tuple[str, Any], None]:
        """Kind and facts of what changes from now on, until closed."""
        mailbox = _Mailbox()
        self._waiting.add(mailbox)
        try:
            while True:
                yield await mailbox.take()
        finally:
            self._waiting.discard(mailbox)


class _Mailbox:
    def __init__(self) -> None:
        self._items: dict[tuple[str, str], Any] = {}
        self._has_items = asyncio.Event()

    def put(self, name: tuple[str, str], facts: Any) -> None:
        self._items[name] = facts
        self._has_items.set()

    async def take(self) -> tuple[str, Any]:
        await self._has_items.wait()
        (kind, name), facts = next(iter(self._items.items()))
        del self._items[kind, name]
        if not self._items:
            self._has_items.clear()
        return kind, facts
