"""How much the robot does, how long it takes and how often it works."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any

import msgspec

from casare_robot.domain.errors import JournalError
from casare_robot.domain.job import JobStatus
from casare_robot.domain.metric_minute import MetricMinute
from casare_robot.domain.robot_events import (
    JobEnded,
    JobStarted,
    NodeCompleted,
    NodeFailed,
    RobotEvent,
)
from casare_robot.journal import metric_table
from casare_robot.journal.journal import Journal
from casare_robot.observability.histogram import Histogram
from casare_robot.observability.usage import UsageSampler

FOLD_AT = 4096
"""Node timings kept as they came before they are counted; together they cost half."""
MOST_NODES = 1000
"""Nodes whose own times are kept; of more, those that ran longest ago are forgotten."""
SLOWEST = 10
"""Nodes that a summary names."""
HISTORY_DAYS = 14


class NodeTimes:
    """Of one node: runs, their seconds together and the longest."""

    __slots__ = ("count", "longest", "total")

    def __init__(self) -> None:
        self.count, self.total, self.longest = 0, 0.0, 0.0


class MetricsCollector:
    """Collects the robot's figures; used from one thread.

    Args:
        queues: Depth of each queue, by name.
        executors: Ids of the executor processes there are.
        journal: Keeps the history; None keeps none.
        clock: Wall clock in seconds.
        monotonic: Clock that never jumps, in seconds.

    Attributes:
        job_seconds, node_seconds: How long jobs and nodes took; see `fold`.

    Source: robot reference, "MetricsCollector".
    """

    def __init__(
        self,
        *,
        queues: Mapping[str, Callable[[], int]] | None = None,
        executors: Callable[[], Iterable[int]] = tuple,
        journal: Journal | None = None,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.job_seconds = Histogram()
        self.node_seconds = Histogram()
        self._queues = dict(queues or {})
        self._usage = UsageSampler(executors, monotonic=monotonic)
        self._journal = journal
        self._clock = clock
        self._monotonic = monotonic
        self._began_at = monotonic()
        self._running: dict[str, float] = {}
        self._started = self._completed = self._failed = 0
        self._node_ids: list[str] = []
        self._durations: list[float] = []
        self._nodes: dict[str, NodeTimes] = {}
        self._told = MetricMinute()

    def record_job_start(self, job_id: str) -> None:
        """A job begins, or goes on."""
        self._started += 1
        self._running[job_id] = self._monotonic()

    def record_job_end(self, job_id: str, success: bool) -> None:
        """A job ended."""
        if success:
            self._completed += 1
        else:
            self._failed += 1
        began_at = self._running.pop(job_id, None)
        if began_at is not None:
            self.job_seconds.add(self._monotonic() - began_at)

    def record_node_execution(self, node_id: str, duration: float) -> None:
        """A node ran for so many seconds."""
        durations = self._durations
        self._node_ids.append(node_id)
        durations.append(duration)
        if len(durations) == FOLD_AT:
            self.fold()

    def hear(self, event: RobotEvent) -> None:
        """Record what a robot tells; a sink of `ProgressReporter`."""
        match event:
            case NodeCompleted() | NodeFailed():
                self.record_node_execution(event.node_id, event.seconds)
            case JobStarted():
                self.record_job_start(event.job_id)
            case JobEnded():
                self.record_job_end(event.job_id, event.result.status is JobStatus.COMPLETED)

    def get_summary(self) -> dict[str, Any]:
        """Everything as plain data: seconds, bytes, percent of one core.

        Keys: ``uptime``, ``jobs`` (started, completed, failed, running,
        success_rate or None, seconds), ``nodes`` (seconds, slowest), ``queues``,
        ``processes`` (agent and executors, each with processes, memory_bytes,
        cpu_percent).
        """
        self.fold()
        ended = self._completed + self._failed
        agent, executors = self._usage.look()
        slowest = sorted(
            self._nodes.items(), key=lambda item: item[1].total / item[1].count, reverse=True
        )
        return {
            "uptime": self._monotonic() - self._began_at,
            "jobs": {
                "started": self._started,
                "completed": self._completed,
                "failed": self._failed,
                "running": len(self._running),
                "success_rate": self._completed / ended if ended else None,
                "seconds": self.job_seconds.summary(),
            },
            "nodes": {
                "seconds": self.node_seconds.summary(),
                "slowest": [
                    {"node_id": node_id, "count": it.count, "mean": it.total / it.count}
                    | {"max": it.longest}
                    for node_id, it in slowest[:SLOWEST]
                ],
            },
            "queues": {name: depth() for name, depth in self._queues.items()},
            "processes": {"agent": agent._asdict(), "executors": executors._asdict()},
        }

    def fold(self) -> None:
        """Count the timings that wait."""
        node_ids, durations = self._node_ids, self._durations
        if not durations:
            return
        self._node_ids, self._durations = [], []
        self.node_seconds.add_all(durations)
        by_node: dict[str, list[float]] = {}
        for node_id, duration in zip(node_ids, durations, strict=True):
            if node_id in by_node:
                by_node[node_id].append(duration)
            else:
                by_node[node_id] = [duration]
        for node_id, own in by_node.items():
            times = self._nodes.pop(node_id, None) or NodeTimes()
            times.count += len(own)
            times.total += sum(own)
            times.longest = max(times.longest, *own)
            self._nodes[node_id] = times
        for node_id in list(self._nodes)[: max(0, len(self._nodes) - MOST_NODES)]:
            del self._nodes[node_id]

    async def run(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Keep a row for each minute, until cancelled; one that cannot be written is left out."""
        while True:
            await sleep(60 - self._clock() % 60)
            self.keep_minute()

    def keep_minute(self) -> None:
        """Hand what happened since the last call to the journal, as the minute before this one."""
        if self._journal is None:
            return
        minute = round(self._clock() / 60) - 1
        change, self._told = self._since_told()
        keep = partial(
            metric_table.put,
            minute=minute,
            data=msgspec.msgpack.encode(change),
            oldest=minute - HISTORY_DAYS * 24 * 60,
        )
        with suppress(JournalError):
            self._journal.writer.post(keep, done=_ignore)

    async def history(
        self, since: datetime, until: datetime
    ) -> list[tuple[datetime, MetricMinute]]:
        """The minutes of a span, oldest first; those in which the robot did not run are missing.

        The last one may be the minute that has just begun.
        """
        if self._journal is None:
            return []
        rows = await self._journal.writer.submit(
            partial(
                metric_table.read,
                since=int(since.timestamp() // 60),
                until=int(until.timestamp() // 60),
            )
        )
        minutes = [
            (datetime.fromtimestamp(minute * 60, UTC), _MINUTE_IN.decode(data))
            for minute, data in rows
        ]
        begun = datetime.fromtimestamp(self._clock() // 60 * 60, UTC)
        if since <= begun <= until and (not minutes or minutes[-1][0] < begun):
            minutes.append((begun, self._since_told()[0]))
        return minutes

    def _since_told(self) -> tuple[MetricMinute, MetricMinute]:
        """What happened since the last row that was kept, and everything up to now."""
        self.fold()
        agent, executors = self._usage.look()
        now = MetricMinute(
            jobs_completed=self._completed,
            jobs_failed=self._failed,
            job_seconds=self.job_seconds.total,
            nodes=self.node_seconds.count,
            node_seconds=self.node_seconds.total,
        )
        before = self._told
        change = MetricMinute(
            jobs_completed=now.jobs_completed - before.jobs_completed,
            jobs_failed=now.jobs_failed - before.jobs_failed,
            job_seconds=now.job_seconds - before.job_seconds,
            nodes=now.nodes - before.nodes,
            node_seconds=now.node_seconds - before.node_seconds,
            running=len(self._running),
            queues={name: depth() for name, depth in self._queues.items()},
            memory_bytes=agent.memory_bytes,
            executors_memory_bytes=executors.memory_bytes,
            cpu_percent=agent.cpu_percent,
            executors_cpu_percent=executors.cpu_percent,
        )
        return change, now


def _ignore(_error: BaseException | None, _result: Any) -> None:
    """A minute without figures is no loss; why the journal refuses is told by others."""


_MINUTE_IN = msgspec.msgpack.Decoder(MetricMinute)
