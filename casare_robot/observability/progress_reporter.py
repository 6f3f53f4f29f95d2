"""Turns what happens to a job into events and hands them to whoever listens."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from casare_robot.domain.glance import Glance, at_a_glance
from casare_robot.domain.job import Job, JobResult, LogLine
from casare_robot.domain.robot_events import (
    JobEnded,
    JobEvent,
    JobLogged,
    JobStarted,
    NodeCompleted,
    NodeFailed,
    NodeStarted,
    RobotEvent,
)

log = logging.getLogger(__name__)

EVERY = 0.02
"""Seconds for which what an executor tells is gathered after a delivery."""
MOST_WAITING = 10_000
"""Events gathered at most; of more the oldest are dropped, because they only inform."""

Sink = Callable[[RobotEvent], None]


class ProgressReporter:
    """Reports on one job. Also an executor's ``Listener``: those methods come from its thread.

    What an executor tells reaches the sinks on the loop, in order, the first at
    once and what follows within `EVERY` together. A sink that fails is logged
    and hurts nobody else.

    Args:
        job: The job.
        sinks: Are handed each event, on the loop; must be quick. Metrics and audit each
            have one, ``hear``.
        mask: Takes secrets out of a text.
        now: Wall clock.
        loop: The loop of the sinks; the running one if none is given.

    Attributes:
        nodes_executed: As far as is known.
        dropped: Events that were too many.

    Source: robot reference, "ProgressReporter".
    """

    def __init__(
        self,
        job: Job,
        *,
        sinks: Sequence[Sink],
        mask: Callable[[str], str] = lambda text: text,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self.nodes_executed = 0
        self.dropped = 0
        self._job = job
        self._sinks = tuple(sinks)
        self._mask = mask
        self._now = now
        self._loop = loop or asyncio.get_running_loop()
        self._gathered: deque[JobEvent] = deque()
        self._is_armed = False
        self._has_ended = False
        self._began: dict[str, float] = {}

    def report_job_started(self, *, resumed: bool = False) -> None:
        """The job begins, or goes on."""
        self._deliver(
            JobStarted(
                job_id=self._job.id,
                name=self._mask(self._job.name),
                at=self._now(),
                resumed=resumed,
            )
        )

    def report_node_started(self, node_id: str) -> None:
        """A node begins."""
        self._began[node_id] = self._loop.time()
        self._deliver(self._node_started(node_id))

    def report_node_completed(self, node_id: str, outputs: Mapping[str, Any]) -> None:
        """A node came to a good end; its outputs are told as `at_a_glance` shows them."""
        self.nodes_executed += 1
        self._ended_here(node_id, None, at_a_glance(outputs, self._mask))

    def report_node_error(self, node_id: str, error: object) -> None:
        """A node did not succeed."""
        self.nodes_executed += 1
        self._ended_here(node_id, str(error), {})

    def report_job_completed(self, result: JobResult) -> None:
        """The job ended, well or not; everything gathered is handed out before."""
        self._hand_out()
        self._has_ended = True
        self._deliver(JobEnded(job_id=self._job.id, result=result, at=self._now()))

    def progress(self, node_id: str | None, nodes_executed: int) -> None:
        """As an executor's listener: a node began, and so many have run."""
        self.nodes_executed = nodes_executed
        self._gather(self._node_started(node_id))

    def node_ended(
        self, node_id: str, node_type: str, seconds: float, error: str | None, outputs: Glance
    ) -> None:
        """As an executor's listener: a node that waits or acts came to its end."""
        self._gather(
            self._node_ended(node_id, node_type, seconds, error, at_a_glance(outputs, self._mask))
        )

    def log(self, line: LogLine) -> None:
        """As an executor's listener: the workflow wrote a line."""
        masked = msgspec.structs.replace(line, message=self._mask(line.message))
        self._gather(JobLogged(job_id=self._job.id, line=masked, at=self._now()))

    def _node_started(self, node_id: str | None) -> NodeStarted:
        return NodeStarted(
            job_id=self._job.id,
            node_id=node_id,
            nodes_executed=self.nodes_executed,
            at=self._now(),
        )

    def _node_ended(
        self, node_id: str, node_type: str, seconds: float, error: str | None, outputs: Glance
    ) -> NodeCompleted | NodeFailed:
        if error is None:
            return NodeCompleted(
                job_id=self._job.id,
                node_id=node_id,
                node_type=node_type,
                seconds=seconds,
                at=self._now(),
                outputs=outputs,
            )
        return NodeFailed(
            job_id=self._job.id,
            node_id=node_id,
            node_type=node_type,
            seconds=seconds,
            error=self._mask(error),
            at=self._now(),
        )

    def _ended_here(self, node_id: str, error: str | None, outputs: Glance) -> None:
        began = self._began.pop(node_id, None)
        seconds = 0.0 if began is None else self._loop.time() - began
        self._deliver(self._node_ended(node_id, "", seconds, error, outputs))

    def _gather(self, event: JobEvent) -> None:
        """Keep an event for the loop; wakes it only if nothing is on its way."""
        gathered = self._gathered
        gathered.append(event)
        if len(gathered) > MOST_WAITING:
            gathered.popleft()
            self.dropped += 1
        if not self._is_armed:
            self._is_armed = True
            try:
                self._loop.call_soon_threadsafe(self._turn)
            except RuntimeError:
                return  # the loop is closed: nobody listens any more

    def _turn(self) -> None:
        """Deliver, and come back as long as there is something; on the loop."""
        if not self._gathered:
            self._is_armed = False
        if self._gathered:  # asked again: it may have come just before the flag fell
            self._is_armed = True
            self._hand_out()
            self._loop.call_later(EVERY, self._turn)

    def _hand_out(self) -> None:
        events: list[JobEvent] = []
        for _ in range(len(self._gathered)):
            try:
                event = self._gathered.popleft()
            except IndexError:  # the executor's thread dropped one meanwhile
                break
            if isinstance(event, NodeStarted) and events and isinstance(events[-1], NodeStarted):
                events[-1] = event
            else:
                events.append(event)
        for event in events:
            self._deliver(event)

    def _deliver(self, event: JobEvent) -> None:
        if self._has_ended and not isinstance(event, JobEnded):
            return
        for sink in self._sinks:
            try:
                sink(event)
            except Exception:
                log.exception("a listener of job %s failed", self._job.id)
