"""Passes on what happens: to people, to sources, to the watchdog and to who waits for results."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from casare_robot.agent.event_hub import EventHub
from casare_robot.agent.outbox import Outbox
from casare_robot.agent.slots import Slots
from casare_robot.agent.watchdog import Watchdog
from casare_robot.domain.job import JobId, JobResult
from casare_robot.domain.job_source import JobSource
from casare_robot.domain.robot_events import (
    JobEnded,
    JobEvent,
    JobStarted,
    NodeStarted,
    StatusChanged,
)
from casare_robot.domain.robot_status import RobotStatus

log = logging.getLogger(__name__)


class Announcements:
    """Each source hears of its own jobs and of the robot as a whole; all others hear all.

    Args:
        hub: Passes on to whoever listens here.
        watchdog: Notices jobs that do not get on.
        clock: Now, in UTC.
        steady: Seconds, monotonic.
    """

    def __init__(
        self,
        hub: EventHub,
        watchdog: Watchdog,
        *,
        clock: Callable[[], datetime],
        steady: Callable[[], float],
    ) -> None:
        self._hub = hub
        self._watchdog = watchdog
        self._clock = clock
        self._steady = steady
        self._sources: dict[str, JobSource] = {}
        self._outboxes: Mapping[str, Outbox] = {}

    def reach(self, sources: Mapping[str, JobSource], outboxes: Mapping[str, Outbox]) -> None:
        """Tell these sources, and ring these outboxes, from now on."""
        self._sources = dict(sources)
        self._outboxes = outboxes

    def tell(self, event: JobEvent, origin: str) -> None:
        """Something happened to a job of this source."""
        now = self._steady()
        if isinstance(event, JobStarted):
            self._watchdog.began(event.job_id, now)
        elif isinstance(event, NodeStarted):
            self._watchdog.progressed(event.job_id, event.node_id, event.nodes_executed, now)
        elif isinstance(event, JobEnded) and origin in self._outboxes:
            self._outboxes[origin].ring()
        self._hub.tell(event)
        source = self._sources.get(origin)
        if source is not None:
            source.inform(event)

    def ended(self, result: JobResult, origin: str) -> None:
        """A job of this source ended without having run."""
        self.tell(JobEnded(job_id=result.job_id, result=result, at=self._clock()), origin)

    def freed(self, job_id: JobId) -> None:
        """A job has left its place."""
        self._watchdog.ended(job_id)

    def status(self, status: RobotStatus) -> None:
        """The robot as a whole is another way now."""
        event = StatusChanged(status=status, at=self._clock())
        self._hub.tell(event)
        for source in self._sources.values():
            source.inform(event)

    def watch_progress(self, slots: Slots) -> bool:
        """Show which running jobs do not get on; whether that is news."""
        news = False
        for job_id, seconds in self._watchdog.stuck(self._steady()):
            span = f"{seconds / 60:.0f} min" if seconds >= 60 else f"{seconds:.0f} s"
            log.warning("job %s has made no progress for %s", job_id, span)
            slots.note_stuck(job_id, self._clock() - timedelta(seconds=seconds))
            news = True
        return news
