"""What a robot tells about itself while it waits to be sent: bounded, newest kept. Pure."""

from collections import OrderedDict, deque
from collections.abc import Callable

import msgspec

from casare_robot.domain.job import JobId, JobStatus, LogLine
from casare_robot.domain.robot_events import (
    JobEnded,
    JobEvent,
    JobLogged,
    JobStarted,
    NodeCompleted,
    NodeFailed,
    NodeStarted,
    RobotEvent,
    StatusChanged,
)
from casare_robot.domain.robot_status import RobotStatus

DELAY = 0.02
"""Seconds that something told may wait for more (performance, topic (h))."""
MOST_EVENTS = 2_000
MOST_LINES = 1_000
MOST_TEXT = 512 << 10
"""Characters of all waiting log lines together."""
LONGEST_TEXT = 8 << 10
"""Characters of one log line or error."""

Progress = JobStarted | NodeStarted | NodeCompleted | NodeFailed


class Telemetry:
    """Holds what was told until the line can take it.

    A job's beginnings of nodes are worth only the last of them, which counts the
    others. Of all else the oldest goes when there is too much, and is counted.

    Attributes:
        status: The robot's last known state, or None.
        status_is_new: Whether it has not been sent yet.
        dropped_events: Events that were left out since they were last counted.
        dropped_lines: Log lines that were left out since they were last counted.
    """

    def __init__(self) -> None:
        self.status: RobotStatus | None = None
        self.status_is_new = False
        self.dropped_events = 0
        self.dropped_lines = 0
        self._events: OrderedDict[JobId | int, Progress] = OrderedDict()
        self._lines: deque[JobLogged] = deque()
        self._text = 0
        self._serial = 0
        self._since: float | None = None

    def add(self, event: RobotEvent, now: float) -> None:
        """Keep what was told; its end is a job's result and comes by itself, maybe sooner."""
        if isinstance(event, StatusChanged):
            self.status, self.status_is_new = event.status, True
        elif isinstance(event, JobLogged):
            self._add_line(event)
        elif isinstance(event, JobEnded):
            if event.result.status is JobStatus.NEEDS_ATTENTION:
                self._forget_beginning(event.job_id)
            return
        else:
            self._add_event(event)
        if self._since is None:
            self._since = now

    @property
    def since(self) -> float | None:
        """When the oldest thing that waits was told, or None."""
        return self._since

    def take_events(
        self, encode: Callable[[Progress], bytes], limit: int
    ) -> tuple[list[bytes], int]:
        """The oldest events, encoded, of about so many bytes; and how many are left out."""
        taken: list[bytes] = []
        size = 0
        while self._events and size < limit:
            _, event = self._events.popitem(last=False)
            taken.append(encode(event))
            size += len(taken[-1])
        dropped, self.dropped_events = self.dropped_events, 0
        self._taken()
        return taken, dropped

    def take_lines(
        self, encode: Callable[[JobLogged], bytes], limit: int
    ) -> tuple[list[bytes], int]:
        """The oldest log lines, encoded, of about so many bytes; and how many are left out."""
        taken: list[bytes] = []
        size = 0
        while self._lines and size < limit:
            event = self._lines.popleft()
            self._text -= len(event.line.message)
            taken.append(encode(event))
            size += len(taken[-1])
        dropped, self.dropped_lines = self.dropped_lines, 0
        self._taken()
        return taken, dropped

    def drain(self) -> list[NodeStarted]:
        """Let everything go but the robot's state; where each job is."""
        last = [event for event in self._events.values() if isinstance(event, NodeStarted)]
        self._events.clear()
        self._lines.clear()
        self._text = self.dropped_events = self.dropped_lines = 0
        self._taken()
        return last

    def take_status(self) -> RobotStatus | None:
        """The robot's state, which counts as sent."""
        self.status_is_new = False
        self._taken()
        return self.status

    @property
    def has_events(self) -> bool:
        """Whether events wait."""
        return bool(self._events)

    @property
    def has_lines(self) -> bool:
        """Whether log lines wait."""
        return bool(self._lines)

    def _forget_beginning(self, job_id: JobId) -> None:
        """Behind its result it would say that a person has let the job go on."""
        for key, event in list(self._events.items()):
            if isinstance(event, JobStarted) and event.job_id == job_id:
                del self._events[key]

    def _taken(self) -> None:
        if not (self._events or self._lines or self.status_is_new):
            self._since = None

    def _add_event(self, event: JobEvent) -> None:
        if isinstance(event, NodeStarted):
            self._events[event.job_id] = event
            self._events.move_to_end(event.job_id)
        elif isinstance(event, NodeFailed | NodeCompleted | JobStarted):
            if isinstance(event, NodeFailed) and len(event.error) > LONGEST_TEXT:
                event = msgspec.structs.replace(event, error=event.error[:LONGEST_TEXT])
            self._serial += 1
            self._events[self._serial] = event
        if len(self._events) > MOST_EVENTS:
            self._events.popitem(last=False)
            self.dropped_events += 1

    def _add_line(self, event: JobLogged) -> None:
        line = event.line
        if len(line.message) > LONGEST_TEXT:
            cut = LogLine(
                level=line.level, message=line.message[:LONGEST_TEXT], node_id=line.node_id
            )
            event = msgspec.structs.replace(event, line=cut)
        self._lines.append(event)
        self._text += len(event.line.message)
        while len(self._lines) > MOST_LINES or self._text > MOST_TEXT:
            self._text -= len(self._lines.popleft().line.message)
            self.dropped_lines += 1
