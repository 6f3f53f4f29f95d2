"""Owns what runs in the background: each task has a name, an owner and an end."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from casare_robot.resilience.backoff import Backoff

log = logging.getLogger(__name__)

Sleep = Callable[[float], Awaitable[None]]


class Tasks:
    """A group of tasks that ends as a whole.

    Unlike `asyncio.TaskGroup` one that fails does not end the others: it is
    logged, and started again if it was to go on for ever.

    Args:
        sleep: Waits between two attempts.
    """

    def __init__(self, *, sleep: Sleep = asyncio.sleep) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self._sleep = sleep

    def start(self, name: str, work: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
        """Run something once; its failure is logged."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def keep(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run something for ever: what fails or returns is begun again after a while."""
        self.start(name, self._for_ever(name, work))

    async def end(self, *, within: float) -> None:
        """Cancel what still runs and wait for it so many seconds at most."""
        mine = asyncio.current_task()
        rest = [task for task in self._tasks if task is not mine]
        for task in rest:
            task.cancel()
        if rest:
            _, late = await asyncio.wait(rest, timeout=within)
            for task in late:
                log.warning("task %s did not end in %.1f s", task.get_name(), within)

    async def _for_ever(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        for delay in Backoff().delays():
            try:
                await work()
                log.error("task %s ended, it begins again in %.1f s", name, delay)
            except Exception:
                log.exception("task %s failed, it begins again in %.1f s", name, delay)
            await self._sleep(delay)

    def _ended(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("task %s failed", task.get_name(), exc_info=error)
