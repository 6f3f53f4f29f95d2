"""Brings what an executor tells into the event loop, as events."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from casare_robot.domain.job import JobId, LogLine
from casare_robot.domain.robot_events import (
    JobEvent,
    JobLogged,
    NodeCompleted,
    NodeFailed,
    NodeStarted,
)

MOST_WAITING = 2_000
"""Events on their way into the loop; beyond, the oldest are dropped: they only inform."""


class JobListener:
    """The listener of one job: called in the executor's thread, tells in the loop's.

    However many events come together, the loop is woken once for them.

    Args:
        job_id: The job.
        tell: Called in the loop's thread, in order.
        clock: Now, in UTC.
    """

    def __init__(
        self, job_id: JobId, tell: Callable[[JobEvent], None], *, clock: Callable[[], datetime]
    ) -> None:
        self._job_id = job_id
        self._tell = tell
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[JobEvent] = deque(maxlen=MOST_WAITING)
        self._lock = threading.Lock()
        self._is_ringing = False

    def progress(self, node_id: str | None, nodes_executed: int) -> None:
        """A node began (None: many computed), and how many have run."""
        self._put(
            NodeStarted(
                job_id=self._job_id,
                node_id=node_id,
                nodes_executed=nodes_executed,
                at=self._clock(),
            )
        )

    def node_ended(self, node_id: str, node_type: str, seconds: float, error: str | None) -> None:
        """A node that waits or acts came to its end."""
        job_id, at = self._job_id, self._clock()
        if error is None:
            self._put(
                NodeCompleted(
                    job_id=job_id, node_id=node_id, node_type=node_type, seconds=seconds, at=at
                )
            )
        else:
            self._put(
                NodeFailed(
                    job_id=job_id,
                    node_id=node_id,
                    node_type=node_type,
                    seconds=seconds,
                    error=error,
                    at=at,
                )
            )

    def log(self, line: LogLine) -> None:
        """The workflow wrote a line."""
        self._put(JobLogged(job_id=self._job_id, line=line, at=self._clock()))

    def flush(self) -> None:
        """Tell what waits; in the loop's thread."""
        with self._lock:
            events = list(self._waiting)
            self._waiting.clear()
            self._is_ringing = False
        for event in events:
            self._tell(event)

    def _put(self, event: JobEvent) -> None:
        with self._lock:
            self._waiting.append(event)
            if self._is_ringing:
                return
            self._is_ringing = True
        with suppress(RuntimeError):  # the loop has ended, and nobody listens any more
            self._loop.call_soon_threadsafe(self.flush)
