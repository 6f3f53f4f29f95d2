"""What a running job did, node by node: for eyes, so bounded and kept now and then."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from casare_robot.domain.glance import Glance
from casare_robot.domain.robot_events import NodeCompleted, NodeFailed, NodeStarted
from casare_robot.link.native.messages import Progress, SentLine

MOST_NODES = 1_000
"""Rows of one time line; of a longer job the newest."""
MOST_SHOWN = 50
"""Rows, the newest, that show what their nodes put out."""
MOST_LINES = 2_000
"""Log lines of one running job; its result brings them all."""


class NodeRun(msgspec.Struct, kw_only=True):
    """One bar of the time line; ``seconds`` None: it runs."""

    node_id: str
    started_at: datetime
    node_type: str = ""
    seconds: float | None = None
    error: str | None = None
    outputs: Glance = {}


class Trace(msgspec.Struct, kw_only=True):
    """Nodes that wait or act, oldest first, and the workflow's log."""

    nodes: list[NodeRun] = []
    log: list[Mapping[str, Any]] = []
    nodes_executed: int = 0

    def add(self, event: Progress) -> None:
        """Take in what the robot tells."""
        match event:
            case NodeStarted(node_id=str(node_id)):
                self.nodes_executed = event.nodes_executed
                self._end_computing()
                self._append(NodeRun(node_id=node_id, started_at=event.at))
            case NodeStarted():
                self.nodes_executed = event.nodes_executed
            case NodeCompleted() | NodeFailed():
                run = self._open(event.node_id, event.at - timedelta(seconds=event.seconds))
                run.node_type, run.seconds = event.node_type, event.seconds
                run.error = event.error if isinstance(event, NodeFailed) else None
                run.outputs = event.outputs if isinstance(event, NodeCompleted) else {}

    def write(self, lines: Iterable[SentLine]) -> None:
        """Take in log lines."""
        self.log += [
            {"level": line.level, "message": line.message, "node_id": line.node_id, "at": line.at}
            for line in lines
        ]
        if len(self.log) > MOST_LINES:
            del self.log[: -MOST_LINES // 2]

    def close(self, interrupted_at: datetime | None = None) -> None:
        """The job has ended: nothing runs any more.

        Args:
            interrupted_at: When it was cut short, in the node that was under way.
        """
        if interrupted_at is not None and self.nodes and self.nodes[-1].seconds is None:
            last = self.nodes[-1]
            last.seconds = max(0.0, (interrupted_at - last.started_at).total_seconds())
        self.nodes = [run for run in self.nodes if run.seconds is not None]

    def shown(self) -> dict[str, Any]:
        """As a page shows it."""
        shown: dict[str, Any] = msgspec.to_builtins(self)
        return shown

    def _open(self, node_id: str, began: datetime) -> NodeRun:
        for run in reversed(self.nodes):
            if run.node_id == node_id and run.seconds is None:
                return run
        return self._append(NodeRun(node_id=node_id, started_at=began))

    def _append(self, run: NodeRun) -> NodeRun:
        self.nodes.append(run)
        if len(self.nodes) > MOST_SHOWN:
            self.nodes[-MOST_SHOWN - 1].outputs = {}
        if len(self.nodes) > MOST_NODES:
            del self.nodes[: -MOST_NODES // 2]
        return run

    def _end_computing(self) -> None:
        """A node whose end nobody tells, because it only computed, is not under way for ever."""
        while self.nodes and self.nodes[-1].seconds is None and not self.nodes[-1].node_type:
            self.nodes.pop()


class Traces:
    """The traces of jobs that run, or did lately."""

    def __init__(self, memory: int = 500) -> None:
        self._traces: OrderedDict[str, Trace] = OrderedDict()
        self._changed: set[str] = set()
        self._memory = memory

    def of(self, job_id: str) -> Trace:
        """A job's trace, to be added to."""
        trace = self._traces.setdefault(job_id, Trace())
        self._traces.move_to_end(job_id)
        self._changed.add(job_id)
        while len(self._traces) > self._memory:
            oldest, _ = self._traces.popitem(last=False)
            self._changed.discard(oldest)
        return trace

    def find(self, job_id: str) -> Trace | None:
        """A job's trace, if it is in memory."""
        return self._traces.get(job_id)

    def changed(self) -> dict[str, dict[str, Any]]:
        """What is to be kept since the last time, by job."""
        changed, self._changed = self._changed, set()
        return {job_id: self._traces[job_id].shown() for job_id in changed}

    def keep_later(self, job_id: str) -> None:
        """It could not be kept now."""
        if job_id in self._traces:
            self._changed.add(job_id)
