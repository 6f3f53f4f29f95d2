"""The nodes of a job in the order in which they ended, with their times. Pure."""

from collections import OrderedDict
from datetime import datetime, timedelta

import msgspec

from casare_robot.domain.job import JobId, JobResult
from casare_robot.domain.robot_events import JobStarted, NodeCompleted, NodeFailed, RobotEvent
from casare_robot.tray.texts import tr

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

    def of(self, job_id: JobId, result: JobResult | None, ended: datetime) -> tuple[NodeRun, ...]:
        """What is known of a job's nodes: with times, or else in order only.

        Args:
            job_id: The job.
            result: How it ended, if it has.
            ended: When it did.
        """
        heard = self._runs.get(job_id, [])
        kept = of_result(result, ended) if result else ()
        return tuple(heard) if len(heard) >= len(kept) else kept

    def _of(self, job_id: JobId) -> list[NodeRun]:
        if job_id not in self._runs:
            self._runs[job_id] = []
            if len(self._runs) > MOST_JOBS:
                self._runs.popitem(last=False)
        return self._runs[job_id]


def of_result(result: JobResult, ended: datetime) -> tuple[NodeRun, ...]:
    """The nodes of a job nobody watched; without times if it had none that waits or acts."""
    error = result.error
    where = error.node_id if error else None
    why = error.message if error else ""
    began = ended - timedelta(milliseconds=result.duration_ms)
    runs = [
        NodeRun(
            node_id=time.node_id,
            began=began + timedelta(milliseconds=time.began_ms),
            seconds=time.took_ms / 1000,
            error=((time.node_id == where and why) or tr("failed")) if time.has_failed else "",
        )
        for time in result.times
    ]
    if not runs:
        runs = [NodeRun(node_id=node_id) for node_id in result.executed_nodes[:MOST_NODES]]
        runs = [
            msgspec.structs.replace(run, error=why) if run.node_id == where else run for run in runs
        ]
    if where and not any(run.node_id == where and run.error for run in runs):
        runs.append(NodeRun(node_id=where, error=why))
    return tuple(runs)
