"""Checkpoints of jobs by hand, over the same log that the engine writes."""

import asyncio
from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from casare_robot.domain.job import JobId
from casare_robot.execution.state import Delta, DeltaWriter, SavedState

_ROOT = "0"


class StepLog(Protocol):
    """Where a job's steps are kept: the journal."""

    async def aappend(self, job_id: JobId, blob: bytes) -> int:
        """Add a step; durable on return."""
        ...

    def replace(self, job_id: JobId, upto_seq: int | None, blob: bytes) -> None:
        """Put one step in the place of all before it."""
        ...

    def steps(self, job_id: JobId) -> list[bytes]:
        """All steps, in order."""
        ...


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Where a job stands. ``context`` are its variables, ``node_id`` the last node done."""

    job_id: str
    node_id: str | None
    context: Mapping[str, Any]
    nodes_executed: int


class CheckpointManager:
    """Saves and loads where jobs stand.

    The engine writes its own, finer log while a job runs; this is the door for
    others, and reads both. Old checkpoints go with their jobs.

    Source: robot reference, "CheckpointManager".
    """

    def __init__(self, log: StepLog) -> None:
        self._log = log

    async def save_checkpoint(self, job_id: str, node_id: str, context: Mapping[str, Any]) -> None:
        """Add a checkpoint: this node is done, and these are the variables now.

        Durable on return; a cancellation leaves it saved or not, never half.
        """
        saved = await self._saved(job_id)
        writer = DeltaWriter(first=saved.next_number)
        values = {name: writer.value((_ROOT, "", name), item) for name, item in context.items()}
        removed = sorted(saved.variables.get(_ROOT, {}).keys() - context.keys())
        delta = Delta(
            variables={_ROOT: values},
            removed={_ROOT: removed} if removed else {},
            executed=[node_id],
            count=saved.count + 1,
        )
        await self._log.aappend(JobId(job_id), writer.encode(delta))

    async def load_checkpoint(self, job_id: str) -> Checkpoint | None:
        """Where the job stands, or None if nothing was saved.

        Raises:
            JournalDamagedError: What was saved cannot be read; the job is parked.
        """
        steps = await asyncio.to_thread(self._log.steps, JobId(job_id))
        if not steps:
            return None
        saved = SavedState.fold(steps)
        return Checkpoint(
            job_id=job_id,
            node_id=saved.executed[-1] if saved.executed else None,
            context=saved.variables.get(_ROOT, {}),
            nodes_executed=saved.count,
        )

    async def has_checkpoint(self, job_id: str) -> bool:
        """Whether anything was saved."""
        return await self.load_checkpoint(job_id) is not None

    async def clear_checkpoint(self, job_id: str) -> None:
        """Forget what was saved; the job would start at its beginning."""
        if await self.has_checkpoint(job_id):
            empty = DeltaWriter().encode(Delta())
            await asyncio.to_thread(self._log.replace, JobId(job_id), None, empty)

    async def _saved(self, job_id: str) -> SavedState:
        return SavedState.fold(await asyncio.to_thread(self._log.steps, JobId(job_id)))
