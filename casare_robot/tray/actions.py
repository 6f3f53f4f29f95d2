"""What a person has begun by a click, and has not ended yet. Without Qt."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any


class Actions:
    """Coroutines with an owner; each runs once at a time, however often it is clicked.

    Args:
        failed: Told what a coroutine raised.
    """

    def __init__(self, failed: Callable[[BaseException], None]) -> None:
        self._failed = failed
        self._tasks: dict[Hashable, asyncio.Task[None]] = {}

    def start(self, key: Hashable, action: Callable[[], Coroutine[Any, Any, None]]) -> bool:
        """Begin it; False if it is under way."""
        if key in self._tasks:
            return False
        task = asyncio.get_running_loop().create_task(action(), name=str(key))
        self._tasks[key] = task
        task.add_done_callback(lambda ended: self._ended(key, ended))
        return True

    def is_running(self, key: Hashable) -> bool:
        """Whether it is under way."""
        return key in self._tasks

    async def end(self) -> None:
        """Cancel all and wait for them."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ended(self, key: Hashable, task: asyncio.Task[None]) -> None:
        self._tasks.pop(key, None)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            self._failed(error)
