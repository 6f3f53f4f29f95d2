"""The nodes of a job in the order in which they ended, with their times. Pure."""

from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from casare_robot.domain.job import JobId, JobResult
from casare_robot.domain.robot_events import JobStarted, NodeCompleted, NodeFailed, RobotEvent

MOST_JOBS = 50
MOST_NODES = 500
"""Of how many jobs, and of how many nodes of each, the times are remembered."""


class NodeRun(msgspec.Struct, frozen=True, kw_only=True):
    """A node that ran; ``began`` None: only its place in the order is known."""

    node_id: str
    node_type: str = ""
    began: datetime | None = None
    seconds: float = 0.0
    error: str = ""


class Timelines:
    """Remembers what was heard of jobs while somebody listened."""

    def __init__(self) -> None:
        self._runs: OrderedDict[JobId, list[NodeRun]] = OrderedDict()

    def hear(self, event: RobotEvent) -> None:
        """Something happened."""
        if isinstance(event, JobStarted):
            self._of(event.job_id)
        elif isinstance(event, NodeCompleted | NodeFailed):
            runs = self._of(event.job_id)
            if len(runs) < MOST_NODES:
                runs.append(
                    NodeRun(
                        node_id=event.node_id,
                        node_type=event.node_type,
                        began=event.at - timedelta(seconds=event.seconds),
                        seconds=event.seconds,
                        error=event.error if isinstance(event, NodeFailed) else "",
                    )
                )

    def of(self, job_id: JobId, result: JobResult | None) -> tuple[NodeRun, ...]:
        """What is known of a job's nodes: with times, or else in order only."""
        heard = self._runs.get(job_id)
        if heard:
            return tuple(heard)
        return in_order(result) if result else ()

    def _of(self, job_id: JobId) -> list[NodeRun]:
        if job_id not in self._runs:
            self._runs[job_id] = []
            if len(self._runs) > MOST_JOBS:
                self._runs.popitem(last=False)
        return self._runs[job_id]


def in_order(result: JobResult) -> tuple[NodeRun, ...]:
    """The nodes of a result, without times."""
    error = result.error
    where = error.node_id if error else None
    ids: Sequence[str] = result.executed_nodes[:MOST_NODES]
    if where and where not in ids:
        ids = (*ids, where)
    return tuple(
        NodeRun(node_id=node_id, error=error.message if error and node_id == where else "")
        for node_id in ids
    )
