"""Memory and processor time of the robot's processes, looked at only when somebody asks."""

import time
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

FRESH = 5.0
"""Seconds for which a look is good enough."""


class Usage(NamedTuple):
    """Of some processes together: resident bytes, and CPU since the look before in percent."""

    processes: int
    memory_bytes: int
    cpu_percent: float


class UsageSampler:
    """Looks at this process and its executors, at most once in `FRESH` seconds.

    Args:
        executors: Ids of the executor processes there are.
        monotonic: Clock, in seconds.
    """

    def __init__(
        self,
        executors: Callable[[], Iterable[int]],
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._executors = executors
        self._monotonic = monotonic
        self._processes: dict[int | None, Any] = {}
        self._looked_at = -FRESH
        self._agent = self._others = Usage(0, 0, 0.0)

    def look(self) -> tuple[Usage, Usage]:
        """Of the agent, and of all executors together."""
        now = self._monotonic()
        if now - self._looked_at >= FRESH:
            self._looked_at = now
            executors = set(self._executors())
            self._processes = {
                pid: process
                for pid, process in self._processes.items()
                if pid is None or pid in executors
            }
            self._agent = self._of([None])
            self._others = self._of(executors)
        return self._agent, self._others

    def _of(self, pids: Iterable[int | None]) -> Usage:
        """Together; a process that is gone is left out."""
        import psutil

        memory = count = 0
        cpu = 0.0
        for pid in pids:
            try:
                process = self._processes.get(pid)
                if process is None:
                    process = self._processes[pid] = psutil.Process(pid)
                memory += process.memory_info().rss
                cpu += process.cpu_percent()
            except psutil.Error:
                self._processes.pop(pid, None)
                continue
            count += 1
        return Usage(count, memory, round(cpu, 1))
