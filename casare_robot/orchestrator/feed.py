"""Tells whoever watches what has changed: of each thing only the newest, so nobody falls behind."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any


class Feed:
    """News for any number of listeners, each with at most one item for each thing."""

    def __init__(self) -> None:
        self._waiting: set[_Mailbox] = set()
        self._is_closed = False

    def close(self) -> None:
        """Let every listener end; who listens from now on hears nothing."""
        self._is_closed = True
        for mailbox in self._waiting:
            mailbox.close()

    def tell(self, kind: str, name: str, facts: Any) -> None:
        """A thing is as these facts say now."""
        for mailbox in self._waiting:
            mailbox.put((kind, name), facts)

    async def listen(self) -> AsyncGenerator[tuple[str, Any], None]:
        """Kind and facts of what changes from now on, until closed."""
        mailbox = _Mailbox()
        self._waiting.add(mailbox)
        try:
            while not self._is_closed and (news := await mailbox.take()) is not None:
                yield news
        finally:
            self._waiting.discard(mailbox)


class _Mailbox:
    def __init__(self) -> None:
        self._items: dict[tuple[str, str], Any] = {}
        self._has_items = asyncio.Event()

    def put(self, name: tuple[str, str], facts: Any) -> None:
        self._items[name] = facts
        self._has_items.set()

    def close(self) -> None:
        self._items.clear()
        self._has_items.set()

    async def take(self) -> tuple[str, Any] | None:
        await self._has_items.wait()
        if not self._items:
            return None
        (kind, name), facts = next(iter(self._items.items()))
        del self._items[kind, name]
        if not self._items:
            self._has_items.clear()
        return kind, facts
