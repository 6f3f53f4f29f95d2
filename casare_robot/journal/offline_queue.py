"""Jobs in and results out, whatever the line to the orchestrator does."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from itertools import islice

from msgspec import structs

from casare_robot.domain.errors import JobRefusedError, JournalDamagedError
from casare_robot.domain.job import Job, JobId, JobResult
from casare_robot.journal import job_rows, job_table
from casare_robot.journal.connection import Connection
from casare_robot.journal.job_rows import JobRow
from casare_robot.journal.job_table import Acceptance, Change
from casare_robot.journal.journal import Journal
from casare_robot.journal.roster import Roster
from casare_robot.journal.waiting_line import JobHead, WaitingLine, head_of

HELD_BYTES = 16 << 20
"""Workflow bytes of waiting jobs kept in memory; beyond, a job is read when its turn comes."""

READ_AHEAD = 64
"""Jobs read together when the next one is not in memory."""

PAGE = 100
"""Results read together while they are delivered."""


class OfflineQueue:
    """By priority, first in, first out; every job once, however often it is sent.

    The queue is a view of the journal: to enqueue is to accept, a job leaves
    when its result is in the journal, and one that was taken but has no result
    returns, in its old place, at the next start. Results of jobs that came from
    elsewhere than the desk wait for the orchestrator as long as it takes. Used
    from one event loop; cancelling a call never loses or halves anything.

    Args:
        journal: Where jobs and results live.
        max_jobs: Most jobs without a result, taken ones included.
        clock: Wall clock, in seconds since 1970.
    """

    def __init__(
        self,
        journal: Journal,
        *,
        max_jobs: int = 10_000,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._journal = journal
        self._max_jobs = max_jobs
        self._clock = clock
        self._ready = WaitingLine()
        self._held: dict[JobId, Job] = {}
        self._held_bytes = 0
        for head, job in journal.unfinished_heads(HELD_BYTES // 2):
            self._ready.append(head)
            if job is not None:
                self._hold(job)
        self._taken: dict[JobId, JobHead] = {}
        self._arriving: dict[JobId, str] = {}
        self._reading = asyncio.Lock()
        self._delivering: dict[str | None, asyncio.Lock] = {}

    def __len__(self) -> int:
        """Jobs without a result: waiting, taken, or on their way to disk."""
        return len(self._ready) + len(self._taken) + len(self._arriving)

    async def enqueue(self, job: Job) -> bool:
        """Put a job at the end; False if it is known already. It is on disk on return.

        Raises:
            JobRefusedError: The queue is full (E-QUEUE-429), the id belongs to
                another content (E-JOB-209), or it is not plain data (E-JOB-210).
            DiskFullError: No space; nothing was kept.
        """
        if len(self) >= self._max_jobs and await self._journal.is_known(job):
            return False
        self._refuse_beyond_the_limit()
        self._arriving[job.id] = job.origin
        try:
            is_new = await self._journal.hand_in(job, after=self._arrived)
        except Exception:
            self._arriving.pop(job.id, None)
            raise
        if not is_new:
            await self._journal.is_known(job)
        return is_new

    async def enqueue_begun(self, job: Job, steps: Sequence[bytes]) -> None:
        """Offer a new job first that goes on from these steps. All is on disk on return.

        Raises:
            JobRefusedError: As by `enqueue`, or there is a job of this id.
            DiskFullError: No space; nothing was kept.
        """
        self._refuse_beyond_the_limit()
        accepting = asyncio.ensure_future(asyncio.to_thread(self._journal.accept_begun, job, steps))
        accepting.add_done_callback(
            lambda it: None if it.cancelled() or it.exception() else self.readmit(job)
        )
        await asyncio.shield(accepting)

    def _refuse_beyond_the_limit(self) -> None:
        if len(self) >= self._max_jobs:
            raise JobRefusedError(
                f"the queue holds {self._max_jobs} jobs and takes no more", code="E-QUEUE-429"
            )

    async def dequeue(self, *, desktop: bool = True) -> Job | None:
        """Take the next job; None when none waits.

        Taking is not written down: without ``acknowledge`` the job returns at
        the next start. A job whose row is damaged is passed over; it then needs
        attention. One that has expired is passed over too: see ``expired``.

        Args:
            desktop: Whether it may be one that needs the desktop.
        """
        while True:
            head = self._ready.next(self._clock(), desktop=desktop)
            if head is None:
                return None
            job_id = head.id
            self._taken[job_id] = head
            job = self._let_go(job_id)
            if job is not None:
                return job
            try:
                async with self._reading:  # whoever waited may find it read by now
                    return self._let_go(job_id) or await self._read_ahead(job_id)
            except JournalDamagedError as error:
                await self._journal.apark(job_id, str(error))
                self._taken.pop(job_id, None)
            except BaseException:
                self.put_back(job_id)
                raise

    async def peek(self) -> Job | None:
        """The job that ``dequeue`` would take now; it stays where it is."""
        job = await self.dequeue()
        if job is not None:
            self.put_back(job.id)
            self._hold(job)
        return job

    def put_back(self, job_id: JobId, *, has_begun: bool = False) -> None:
        """Offer a job first that was taken."""
        head = self._taken.pop(job_id, None)
        if head is not None:
            self._ready.put_first(structs.replace(head, has_begun=has_begun or head.has_begun))

    def readmit(self, job: Job) -> None:
        """Offer a job first that waited for a person and is queued again."""
        if job.id not in self._taken and job.id not in self._ready:
            self._ready.put_first(head_of(job, has_begun=True))
            self._hold(job)

    def take(self, job_id: JobId) -> bool:
        """Take a job out of its turn, in order to end it; False when it does not wait."""
        head = self._ready.take(job_id)
        if head is not None:
            self._taken[job_id] = head
            self._let_go(job_id)
        return head is not None

    def expired(self) -> list[JobId]:
        """Take all jobs that must not begin any more, in order to end them."""
        heads = self._ready.stale(self._clock())
        for head in heads:
            self._taken[head.id] = head
            self._let_go(head.id)
        return [head.id for head in heads]

    def drop(self, job_id: JobId) -> None:
        """Forget a taken job that now waits for a person."""
        self._taken.pop(job_id, None)

    @property
    def waiting(self) -> int:
        """Jobs that wait for their turn."""
        return len(self._ready)

    async def acknowledge(self, result: JobResult) -> None:
        """Note how a job ended; it leaves the queue and its result waits for delivery.

        Raises:
            JobStateError: The job is unknown, or has ended otherwise.
        """
        await self._journal.afinish(result.job_id, result, after=self._left)

    def held(self, origin: str) -> tuple[JobId, ...]:
        """Jobs of a source without an acknowledged result, oldest first."""
        held = self._journal.writer.write_now(lambda _: self._journal.roster.held(origin))
        return tuple(held)

    async def undelivered(self, origin: str) -> int:
        """Results that wait for a source."""
        owed = await self._journal.writer.submit(lambda _: self._journal.roster.owed(origin))
        return len(owed)

    def holds(self, job_id: JobId) -> bool:
        """Whether a job is here that has no result yet."""
        return job_id in self._ready or job_id in self._taken or job_id in self._arriving

    @property
    def parked(self) -> dict[JobId, str]:
        """The sources of the jobs that wait for a person."""
        live = tuple(self._journal.roster.live.values())  # the writer's thread may change it
        return {job.id: job.origin for job in live if job.status == "needs_attention"}

    def origin_of(self, job_id: JobId) -> str | None:
        """The source of a job that has not ended; None when it is not here."""
        head = self._taken.get(job_id) or self._ready.get(job_id)
        if head is not None:
            return head.origin
        return self._arriving.get(job_id) or self.parked.get(job_id)

    def has_begun(self, job_id: JobId) -> bool:
        """Whether a taken job had begun when it was taken."""
        head = self._taken.get(job_id)
        return head is not None and head.has_begun

    async def deliver_again(self, job_id: JobId) -> None:
        """Let a result wait once more: its source has lost it."""
        row = await self._find(job_id)
        if row is not None and row.result is not None and row.origin != "desk":
            await self._note(row, is_delivered=False)

    async def forget(self, job_id: JobId) -> None:
        """Deliver a job's result to nobody."""
        row = await self._find(job_id)
        if row is not None and row.result is not None:
            await self._note(row, is_delivered=True)

    async def sync_with_orchestrator(
        self, send: Callable[[JobResult], Awaitable[bool]], *, origin: str | None = None
    ) -> int:
        """Deliver every result that waits, oldest job first.

        Args:
            send: Hands one result over; True when the other side has
                acknowledged it. After False the result stays for the next time
                and the others are tried. What it raises ends the pass.
            origin: Only results of jobs of this source.

        Returns:
            How many were acknowledged. One that was acknowledged just before a
            crash may be sent again.
        """
        delivered = 0
        async with self._delivering.setdefault(origin, asyncio.Lock()):
            last = 0
            while page := await self._journal.writer.submit(
                partial(self._owed, last=last, origin=origin)
            ):
                noted: list[asyncio.Future[bool]] = []
                try:
                    for row in page:
                        if isinstance(row, int):
                            last = row
                            await self._journal.apark(row, "a result fails its checksum")
                            continue
                        last = row.number
                        result = job_rows.result_of(row)
                        if result is not None and await send(result):
                            noted.append(self._note(row, is_delivered=True))
                finally:
                    delivered += sum(await asyncio.gather(*noted))
        return delivered

    async def disown(self, job_id: JobId) -> None:
        """Forget a job that does not run here: the records that count are somewhere else."""
        self.take(job_id)
        self._taken.pop(job_id, None)
        await self._journal.aremove(job_id)

    def _find(self, job_id: JobId) -> "asyncio.Future[JobRow | None]":
        find = partial(job_table.find, roster=self._journal.roster, job_id=job_id)
        return self._journal.writer.submit(find)

    def _note(self, row: JobRow, *, is_delivered: bool) -> "asyncio.Future[bool]":
        roster = self._journal.roster
        return self._journal.writer.submit(
            lambda db: job_table.deliver(db, roster, row, is_delivered=is_delivered)
        )

    def _owed(self, connection: Connection, *, last: int, origin: str | None) -> list[JobRow | int]:
        numbers = [number for number in self._journal.roster.owed(origin) if number > last]
        return list(job_rows.read_each(connection, numbers[:PAGE]))

    def _arrived(self, told: list[tuple[Acceptance, BaseException | None, bool]]) -> None:
        for call, error, is_new in told:
            job = call[0]
            self._arriving.pop(job.id, None)
            if error is None and is_new:
                self._ready.append(head_of(job))
                self._hold(job)

    def _left(self, told: list[tuple[Change, BaseException | None, bool]]) -> None:
        for (job_id, *_), error, has_ended in told:
            if error is None and has_ended:
                if self._taken.pop(job_id, None) is None:
                    self._ready.take(job_id)
                self._let_go(job_id)

    def _hold(self, job: Job) -> None:
        size = len(job.workflow)
        if self._held_bytes + size <= HELD_BYTES and job.id not in self._held:
            self._held[job.id] = job
            self._held_bytes += size

    def _let_go(self, job_id: JobId) -> Job | None:
        job = self._held.pop(job_id, None)
        if job is not None:
            self._held_bytes -= len(job.workflow)
        return job

    async def _read_ahead(self, job_id: JobId) -> Job:
        """Read a job, and bring those behind it into memory.

        Raises:
            JournalDamagedError: The job's row fails its checksum.
        """
        ids = [job_id, *islice(self._ready, READ_AHEAD - 1)]
        jobs: list[Job] = await self._journal.writer.submit(
            partial(_read, roster=self._journal.roster, ids=ids)
        )
        if not jobs:
            raise JournalDamagedError(f"job {job_id!r} is no longer in the journal")
        first, *others = jobs
        for job in others:
            self._hold(job)
        return first


def _read(connection: Connection, roster: Roster, ids: list[JobId]) -> list[Job]:
    """The first job, and the next ones as far as they are sound and not too large."""
    jobs: list[Job] = []
    size = 0
    for job_id in ids:
        try:
            row = job_table.find(connection, roster, job_id)
            if row is None:  # damaged so that its id is another one now
                return jobs
            jobs.append(job_rows.job_of(connection, row))
        except JournalDamagedError:
            if not jobs:
                raise
            break
        size += len(jobs[-1].workflow)
        if size > HELD_BYTES // 4:
            break
    return jobs
