"""The step log of a robot in a group: what a group's job does is in the shared store first."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Future
from typing import NamedTuple

from casare_robot.domain.errors import (
    JournalError,
    StaleLeaseError,
    StoreError,
    StoreUnavailableError,
)
from casare_robot.domain.job import JobId
from casare_robot.execution.job_execution import Done, StepLog
from casare_robot.groups.job_steps import JobSteps
from casare_robot.store.held_lease import HeldLease

log = logging.getLogger(__name__)

RETRY = 0.2
"""Seconds after which a store that could not be reached is tried again."""


class _Step(NamedTuple):
    """A step on its way; ``is_all`` puts it in the place of all before it."""

    blob: bytes
    is_all: bool
    kept: "Future[None]"


class SharedJob:
    """A job's steps on their way to the shared store: in order, those that wait in one commit.

    Made in the loop that opened the store; fed from any thread.

    Args:
        steps: Where they go.
        held: The job's lease; without it nothing is kept any more.
        found: The steps there were when the job was claimed.
        refused: Told in the loop why the store will never take a step: the lease is
            lost, or the step is too large.
    """

    def __init__(
        self,
        steps: JobSteps,
        held: HeldLease,
        *,
        found: list[bytes],
        refused: Callable[[StoreError], None],
    ) -> None:
        self.steps = steps
        self.held = held
        self._found = found
        self._refused = refused
        self._loop = asyncio.get_running_loop()
        self._is_over = False
        self._waiting: list[_Step] = []
        self._task: asyncio.Task[None] | None = None

    def add(self, blob: bytes, *, is_all: bool = False) -> "Future[None]":
        """Have a step kept; the future fails with JournalError if the job is not ours any more."""
        step = _Step(blob, is_all, Future())
        try:
            self._loop.call_soon_threadsafe(self._take, step)
        except RuntimeError:
            step.kept.set_exception(JournalError("the robot has left"))
        return step.kept

    def found(self) -> list[bytes]:
        """The steps there were, once: they are the reader's to keep."""
        found, self._found = self._found, []
        return found

    def end(self) -> None:
        """Keep nothing any more, as if the lease were lost."""
        self._is_over = True

    async def settled(self) -> None:
        """Wait until nothing is on its way."""
        if self._task is not None:
            await asyncio.wait((self._task,))

    def _take(self, step: _Step) -> None:
        self._waiting.append(step)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._keep_all(), name="steps of a group's job")

    async def _keep_all(self) -> None:
        while self._waiting:
            count = 1
            if not self._waiting[0].is_all:
                while count < len(self._waiting) and not self._waiting[count].is_all:
                    count += 1
            batch, self._waiting = self._waiting[:count], self._waiting[count:]
            error: BaseException | None = JournalError("the robot leaves the group")
            try:
                await self._keep(batch)
                error = None
            except StoreError as refusal:
                error = JournalError(f"the steps of the job cannot be shared: {refusal}")
                self._refused(refusal)
            finally:  # a thread waits for it, whatever happens
                for step in batch:
                    if error is None:
                        step.kept.set_result(None)
                    else:
                        step.kept.set_exception(error)

    async def _keep(self, batch: list[_Step]) -> None:
        """Write until it is there, or the lease is not ours any more."""
        while True:
            fence = self.held.fence
            if self._is_over:
                raise StaleLeaseError(fence.name, token=fence.token, current=fence.token)
            try:
                async with asyncio.timeout(self.held.remaining):
                    if batch[0].is_all:
                        await self.steps.replace(batch[0].blob)
                    else:
                        await self.steps.append([step.blob for step in batch])
            except (StoreUnavailableError, TimeoutError) as error:
                log.warning("steps wait for the shared store: %s", str(error) or "no answer")
                await asyncio.sleep(RETRY)
            else:
                if not self.held.is_valid:  # the answer came too late to act upon
                    raise StaleLeaseError(fence.name, token=fence.token, current=fence.token)
                return


class SharedSteps:
    """A `StepLog`: the journal's, and for a group's job the shared store's too.

    A step of such a job counts as durable when it is in both; so an effect whose
    intent the store did not take never begins. All other jobs go straight to
    the journal.

    Args:
        journal: This robot's own memory.

    Source: architecture, rule 15.
    """

    def __init__(self, journal: StepLog) -> None:
        self._journal = journal
        self._shared: dict[JobId, SharedJob] = {}

    def share(self, job_id: JobId, job: SharedJob) -> None:
        """Share the steps of a job from now on."""
        self._shared[job_id] = job

    def keep(self, job_id: JobId) -> None:
        """Share them no more."""
        self._shared.pop(job_id, None)

    def append(self, job_id: JobId, blob: bytes) -> int:
        """Add a delta; durable on return, in both places."""
        shared = self._shared.get(job_id)
        if shared is None:
            return self._journal.append(job_id, blob)
        kept = shared.add(blob)
        seq = self._journal.append(job_id, blob)
        kept.result()
        return seq

    def post_append(self, job_id: JobId, blob: bytes, done: Done) -> None:
        """Add a delta; ``done`` is called when it is in the journal, and if it cannot be shared."""
        shared = self._shared.get(job_id)
        if shared is not None:

            def shared_too(kept: "Future[None]") -> None:
                if (error := kept.exception()) is not None:
                    done(error, None)

            shared.add(blob).add_done_callback(shared_too)
        self._journal.post_append(job_id, blob, done)

    def replace(self, job_id: JobId, upto_seq: int | None, blob: bytes) -> None:
        """Put one delta in the place of all; durable on return, in both places."""
        shared = self._shared.get(job_id)
        kept = shared.add(blob, is_all=True) if shared is not None and upto_seq is None else None
        self._journal.replace(job_id, upto_seq, blob)
        if kept is not None:
            kept.result()

    def steps(self, job_id: JobId) -> list[bytes]:
        """All deltas, in order; those that another robot left become the journal's own."""
        shared = self._shared.get(job_id)
        if shared is not None:
            first, *others = shared.found() or [b""]
            if first:
                self._journal.replace(job_id, None, first)
                for blob in others:
                    self._journal.append(job_id, blob)
        return self._journal.steps(job_id)
