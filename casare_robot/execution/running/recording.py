"""Turns what a run changed into deltas for its journal."""

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import islice
from typing import Any, Protocol

import msgspec

from casare_robot.domain.job import JobError, LogLine, NodeTime
from casare_robot.execution.running.branch import Branch
from casare_robot.execution.running.calls import CallFrame
from casare_robot.execution.running.error_handling import pack
from casare_robot.execution.running.scope import Scope
from casare_robot.execution.state import Delta, DeltaWriter

COMPACT_AFTER = 512
"""Deltas after which the state is written whole again, if they are also long enough."""
COMPACT_BYTES = 1 << 20
COMPACT_GROWTH = 4
"""How many times as long as the state the deltas since then must be."""


class Recorder(Protocol):
    """Where deltas go: a journal, here or at the other end of a pipe."""

    async def append(self, blob: bytes, *, wait: bool) -> None:
        """Add a delta; with ``wait``, return when it is durable. Keeps the order."""
        ...

    async def replace(self, blob: bytes) -> None:
        """Put one delta in the place of all before it, at once or not at all."""
        ...


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """What a run has said and done so far.

    ``log_dropped`` lines are older than ``log``, and so with ``times``.
    """

    count: int
    executed: Collection[str]
    log: Sequence[LogLine]
    log_dropped: int
    errors: Sequence[JobError]
    warnings: Sequence[JobError]
    times: Sequence[NodeTime]
    times_dropped: int
    elapsed: float
    attempt: int
    root: str


class Recording:
    """Remembers what has been written, so that each delta carries only what is new."""

    def __init__(self, recorder: Recorder, sealed: Callable[[Any], Any]) -> None:
        """Args: sealed: Gives a value with references in the place of secrets."""
        self._recorder = recorder
        self._sealed = sealed
        self.results: list[str] = []
        self._writer = DeltaWriter()
        self._ended: list[str] = []
        self._forgotten: list[str] = []
        self._said = {"executed": 0, "log": 0, "errors": 0, "warnings": 0, "times": 0}
        self._deltas = 0
        self._bytes = 0
        self._snapshot_bytes = 0

    def ended(self, branch: Branch) -> None:
        """A branch came to its end; nothing of it is kept."""
        self._ended.append(branch.key)
        self.forget(branch.scope.key)

    def forget(self, scope: str) -> None:
        """Nothing of a scope is kept: it ended, or another of its key begins."""
        self._forgotten.append(scope)
        self._writer.forget(scope)

    async def commit(
        self,
        branches: Sequence[Branch],
        progress: Progress,
        *,
        intents: Mapping[str, tuple[str, str, str]],
        wait: bool,
        failing: int = 0,
    ) -> bool:
        """Write what changed. A cancellation may leave it written or not.

        Args:
            branches: Those whose place is written.
            progress: What has been said so far.
            intents: Steps that begin now.
            wait: Return when it is durable.
            failing: See `Delta`.

        Returns:
            Whether so much has been written that a checkpoint is due.
        """
        delta = self._delta(branches, progress)
        delta.intents = dict(intents)
        delta.failing = failing
        blob = self._writer.encode(delta)
        self._deltas += 1
        self._bytes += len(blob)
        await self._recorder.append(blob, wait=wait)
        return self._deltas >= COMPACT_AFTER and self._bytes > max(
            COMPACT_BYTES, COMPACT_GROWTH * self._snapshot_bytes
        )

    async def checkpoint(
        self,
        branches: Sequence[Branch],
        progress: Progress,
        *,
        intents: Mapping[str, tuple[str, str, str]],
        decisions: Mapping[str, str],
    ) -> None:
        """Write the whole state in the place of all deltas so far.

        Args:
            branches: Every branch there is.
            progress: What has been said so far.
            intents: Every step begun and not ended.
            decisions: What was said of them.
        """
        self._writer = DeltaWriter()
        self._said = dict.fromkeys(self._said, 0)
        for branch in branches:
            for scope in scopes_of(branch):
                whole = scope.variables if scope.key == "0" or "#" in scope.key else scope.own
                scope.again.update(name for name in whole if name in scope.variables)
                scope.changed_outputs.update(
                    index for index, outputs in enumerate(scope.outputs) if outputs is not None
                )
        delta = self._delta(branches, progress)
        delta.intents = dict(intents)
        delta.decisions = dict(decisions)
        delta.root = progress.root
        blob = self._writer.encode(delta)
        self._deltas = self._bytes = 0
        self._snapshot_bytes = len(blob)
        await self._recorder.replace(blob)

    def _delta(self, branches: Sequence[Branch], progress: Progress) -> Delta:
        delta = Delta(count=progress.count, elapsed=progress.elapsed, attempt=progress.attempt)
        for branch in branches:
            delta.positions[branch.key] = self._sealed(position(branch))
            for scope in scopes_of(branch):
                self._take_changes(delta, scope)
        if self._ended:
            delta.positions.update(dict.fromkeys(self._ended))
            self._ended = []
        delta.ended, self._forgotten = self._forgotten, []
        delta.results, self.results = self.results, []
        delta.executed = self._new("executed", progress.executed)
        delta.log = [
            (line.level, line.message, line.node_id)
            for line in self._new("log", progress.log, progress.log_dropped)
        ]
        delta.times = [
            (it.node_id, it.began_ms, it.took_ms, it.has_failed)
            for it in self._new("times", progress.times, progress.times_dropped)
        ]
        delta.errors = [msgspec.to_builtins(e) for e in self._new("errors", progress.errors)]
        delta.warnings = [msgspec.to_builtins(w) for w in self._new("warnings", progress.warnings)]
        return delta

    def _take_changes(self, delta: Delta, scope: Scope) -> None:
        value, sealed, key = self._writer.value, self._sealed, scope.key
        changed, removed, changed_outputs = scope.take_changes()
        if changed:
            variables = scope.variables
            delta.variables[key] = {
                name: value((key, "", name), sealed(variables[name])) for name in changed
            }
        if removed:
            delta.removed[key] = list(removed)
        if changed_outputs:
            outputs = scope.outputs
            delta.outputs[key] = {
                index: {
                    port: value((key, index, port), sealed(item))
                    for port, item in (outputs[index] or {}).items()
                }
                for index in changed_outputs
            }

    def _new(self, what: str, items: Collection[Any], dropped: int = 0) -> list[Any]:
        said, there = self._said[what], dropped + len(items)
        if said == there:
            return []
        self._said[what] = there
        return list(islice(items, max(said - dropped, 0), None))


def scopes_of(branch: Branch) -> list[Scope]:
    """The scopes of a branch, the outermost first."""
    outer = [frame.outer_scope for frame in branch.frames if isinstance(frame, CallFrame)]
    return [*(scope for scope in outer if scope is not None), branch.scope]


def position(branch: Branch) -> list[Any]:
    """Where a branch stands, as plain data: node, queue, visited, frames."""
    return [
        branch.at,
        list(branch.queue),
        list(branch.visited),
        [
            [
                frame.kind,
                frame.index,
                {field: pack(getattr(frame, field)) for field in frame.fields},
                list(frame.outer_queue),
                None if frame.shares_visited else list(frame.outer_visited),
            ]
            for frame in branch.frames
        ],
        branch.stop_at,
    ]
