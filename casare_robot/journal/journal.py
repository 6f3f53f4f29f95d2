"""The door to the robot's own memory: jobs in, every step, how each one ended."""

import asyncio
import shutil
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Self, TypeVar

from casare_robot.desktop.file_lock import FileLock
from casare_robot.domain.errors import (
    DiskFullError,
    Fault,
    JobRefusedError,
    JournalBusyError,
    JournalDamagedError,
    JournalError,
)
from casare_robot.domain.job import Job, JobId, JobResult, JobStatus
from casare_robot.domain.job_history import HistoryEntry
from casare_robot.journal import job_rows, job_table, note_table, step_log
from casare_robot.journal.answers import After, Done
from casare_robot.journal.connection import Connection
from casare_robot.journal.history import Mark, read_ended, read_entry, read_history
from casare_robot.journal.journal_file import connect as connect_to_file
from casare_robot.journal.journal_file import open_file
from casare_robot.journal.records import load_job, store_result
from casare_robot.journal.reserve import Reserve
from casare_robot.journal.roster import Roster
from casare_robot.journal.schema import LARGEST_LOG
from casare_robot.journal.waiting_line import JobHead, head_of
from casare_robot.journal.writer import Operation, Writer

WAL_RESERVE = 16 << 20
"""Bytes; some thousand commits between two idle moments."""

PRUNED_AT_ONCE = 500
"""Rows to a transaction, so that pruning makes nobody else wait long."""


T = TypeVar("T")


class Journal:
    """Everything this robot must not forget, in one file.

    Every change is on disk when its call returns. Methods block the calling
    thread for one commit and may be called from any thread but the writer's;
    those that a running agent needs often have an async twin, whose
    cancellation never loses or halves the write.

    Attributes:
        roster: What is known by heart; only operations read it.
        warnings: What went wrong with earlier memory, for people to be told.
    """

    def __init__(
        self,
        *,
        writer: Writer,
        roster: Roster,
        lock: FileLock,
        reserve: Reserve,
        clock: Callable[[], float],
        warnings: tuple[Fault, ...],
    ) -> None:
        self.writer = writer
        self.roster = roster
        self.warnings = warnings
        self._lock = lock
        self._reserve = reserve
        self._clock = clock
        self._accept = job_table.Accept(roster)
        self._become = job_table.Become(roster)
        self._append = step_log.Append(roster)

    @classmethod
    def open(
        cls,
        home: Path,
        *,
        connect: Callable[[], Connection] | None = None,
        clock: Callable[[], float] = time.time,
        reserve: int = 1 << 20,
    ) -> Self:
        """Take a home and open its journal, making both if need be.

        Args:
            home: The folder; one journal at a time may be open in it.
            connect: Opens the database instead of ``home/journal.db``.
            clock: Wall clock, in seconds since 1970.
            reserve: Bytes kept back for a full disk; 0 keeps none.

        Raises:
            JournalBusyError: Another process, or another Journal here, owns it.
            JournalError: The folder cannot be used, or a newer release wrote it.
        """
        path = home / "journal.db"
        lock = FileLock(home / "journal.lock")
        try:
            home.mkdir(mode=0o700, parents=True, exist_ok=True)
            is_ours = lock.acquire()
        except OSError as error:
            raise JournalError(f"{home} cannot hold a journal: {error}") from error
        if not is_ours:
            raise JournalBusyError(f"another robot already works in {home}")
        try:
            ballast = Reserve(home / "journal.reserve", reserve)
            log_share = shutil.disk_usage(home).free // 16
            file = open_file(
                path,
                connect=connect or partial(connect_to_file, path),
                now=clock,
                largest_log=min(LARGEST_LOG, log_share),
            )
        except BaseException:
            lock.release()
            raise
        writer = Writer(
            lambda: file.connection,
            wal_reserve=min(WAL_RESERVE, log_share),
            memory=file.roster,
        )
        journal = cls(
            writer=writer,
            roster=file.roster,
            lock=lock,
            reserve=ballast,
            clock=clock,
            warnings=file.warnings,
        )
        try:
            ballast.fill()
        except DiskFullError as error:
            journal._warn(error.code, str(error))
        return journal

    def close(self) -> None:
        """Finish what was handed in, close the file and leave the home to others."""
        self.writer.close()
        self._lock.release()

    def accept(self, job: Job) -> bool:
        """Keep a job; True if it is new, False if it is already here with the same content.

        Raises:
            JobRefusedError: Its id belongs to another content (E-JOB-209), or it
                is not plain data (E-JOB-210).
            DiskFullError: No space; nothing was kept.
        """
        if self.writer.write_now(*self._accepting(job)):
            return True
        self.writer.write_now(self._ask(job_table.is_known, job))
        return False

    def accept_begun(self, job: Job, steps: Sequence[bytes]) -> None:
        """Keep a new job that goes on from steps, with these, both or none.

        Raises:
            JobRefusedError: There is a job of this id (E-JOB-209), or it is not
                plain data (E-JOB-210).
            DiskFullError: No space; nothing was kept.
        """
        call = job_table.acceptance(job, self._now_ms())

        def accept(connection: Connection) -> bool:
            (is_new,) = self._accept.run(connection, [call])
            if is_new:
                self._append.run(connection, [(job.id, blob) for blob in steps])
            return is_new

        if not self.writer.write_now(accept):
            raise JobRefusedError(f"there is a job {job.id!r} already", code="E-JOB-209")

    async def aaccept(self, job: Job) -> bool:
        """As ``accept``."""
        if await self.hand_in(job):
            return True
        await self.is_known(job)
        return False

    def hand_in(self, job: Job, *, after: After | None = None) -> "asyncio.Future[bool]":
        """As ``accept``, but False whatever the content of the job that is here.

        Args:
            job: The job.
            after: Called as ``Writer.submit`` says.
        """
        operation, call = self._accepting(job)
        return self.writer.submit(operation, call, after=after)

    async def is_known(self, job: Job) -> bool:
        """Whether a job of this id and content is kept.

        Raises:
            JobRefusedError: Its id belongs to another content.
        """
        known: bool = await self.writer.submit(self._ask(job_table.is_known, job))
        return known

    def start(self, job_id: JobId) -> None:
        """Note that a job runs.

        Raises:
            JobStateError: It is unknown, has ended or waits for a person.
        """
        if not self.writer.write_now(self._become, self._beginning(job_id)):
            raise self.writer.write_now(self._ask(job_table.state_error, job_id, "start"))

    async def astart(self, job_id: JobId) -> None:
        """As ``start``."""
        if not await self.writer.submit(self._become, self._beginning(job_id)):
            raise await self.writer.submit(self._ask(job_table.state_error, job_id, "start"))

    def append(self, job_id: JobId, blob: bytes) -> int:
        """Add to a job's step log; the step's number, from 1 and without gaps.

        Raises:
            JobStateError: The job is unknown or has ended.
        """
        seq: int = self.writer.write_now(self._append, (job_id, blob))
        return seq

    async def aappend(self, job_id: JobId, blob: bytes) -> int:
        """As ``append``."""
        seq: int = await self.writer.submit(self._append, (job_id, blob))
        return seq

    def post_append(self, job_id: JobId, blob: bytes, done: Done) -> None:
        """As ``append``, without waiting: ``done(error, seq)`` runs in the writer thread."""
        self.writer.post(self._append, (job_id, blob), done=done)

    def replace(self, job_id: JobId, upto_seq: int | None, blob: bytes) -> None:
        """Put one snapshot in the place of all steps up to and including ``upto_seq``.

        None is all there are.

        Raises:
            JobStateError: The job is unknown or has ended, or has no such step.
        """
        self.writer.write_now(self._ask(step_log.replace, job_id, upto_seq, blob))

    async def areplace(self, job_id: JobId, upto_seq: int | None, blob: bytes) -> None:
        """As ``replace``; keeps its place among what is posted before and after."""
        await self.writer.submit(self._ask(step_log.replace, job_id, upto_seq, blob))

    def steps(self, job_id: JobId) -> list[bytes]:
        """The step log, the snapshot first if there is one.

        Raises:
            JournalDamagedError: A step is damaged or missing; the job now
                needs attention and is not run again by itself.
        """
        try:
            blobs: list[bytes] = self.writer.write_now(self._ask(step_log.read, job_id))
        except JournalDamagedError as error:
            self.writer.write_now(self._parking(job_id, str(error)))
            raise
        return blobs

    def left_steps(self, job_id: JobId) -> list[bytes]:
        """The step log of a job that ended without success; empty if it is gone by now.

        Raises:
            JournalDamagedError: A step is damaged or missing.
        """
        blobs: list[bytes] = self.writer.write_now(self._ask(step_log.read, job_id))
        return blobs

    def finish(self, job_id: JobId, result: JobResult) -> None:
        """Note how a job ended. Its step log goes if it succeeded.

        The newest of those that did not are kept; see `left_steps`.

        On a full disk the space kept back is used for this. Telling the same
        result twice is fine.

        Raises:
            JobStateError: The job is unknown, or has ended otherwise.
        """
        end = self._end(job_id, result)
        try:
            changed = self.writer.write_now(self._become, end)
        except DiskFullError:
            self._reserve.release()
            changed = self.writer.write_now(self._become, end)
        if not changed:
            self.writer.write_now(self._ask(job_table.expect_end, job_id, result))

    async def afinish(
        self, job_id: JobId, result: JobResult, *, after: After | None = None
    ) -> None:
        """As ``finish``; ``after`` is called as ``Writer.submit`` says."""
        end = self._end(job_id, result)
        try:
            changed = await self.writer.submit(self._become, end, after=after)
        except DiskFullError:
            self._reserve.release()
            changed = await self.writer.submit(self._become, end, after=after)
        if not changed:
            await self.writer.submit(self._ask(job_table.expect_end, job_id, result))

    def resolve(self, job_id: JobId, blob: bytes | None = None) -> None:
        """Queue a job again that needed attention, with what a person decided as a step.

        Raises:
            JobStateError: The job does not need attention.
        """
        now_ms = self._now_ms()

        def resolve(connection: Connection) -> None:
            (is_queued,) = self._become.run(connection, [(job_id, "queued", now_ms, None)])
            if not is_queued:
                raise job_table.state_error(connection, self.roster, job_id, "be resolved")
            if blob is not None:
                self._append.run(connection, [(job_id, blob)])

        self.writer.write_now(resolve)

    def unfinished(self) -> list[Job]:
        """Jobs that are queued or were running, oldest first.

        One whose row is damaged is left out: it now needs attention, and a
        warning says so.
        """
        return self._unfinished(job_rows.job_of)

    def unfinished_heads(self, held_bytes: int) -> list[tuple[JobHead, Job | None]]:
        """As ``unfinished``, with jobs only as far as they fit into so many bytes."""
        size = 0

        def read(connection: Connection, row: job_rows.JobRow) -> tuple[JobHead, Job | None]:
            nonlocal size
            has_begun = row.status == JobStatus.RUNNING
            if size > held_bytes:
                bare = load_job(JobId(row.id), job_rows.stored_in(row))
                return head_of(bare, has_begun=has_begun), None
            job = job_rows.job_of(connection, row)
            size += len(row.sent) + (0 if row.content is None else len(job.workflow))
            return head_of(job, has_begun=has_begun), job

        return self._unfinished(read)

    def job(self, job_id: JobId) -> Job | None:
        """A job as it was accepted; None if it is not known.

        Raises:
            JournalDamagedError: Its row, or its workflow, fails its checksum.
        """
        found: Job | None = self.writer.write_now(self._ask(job_table.read_job, job_id))
        return found

    async def ajob(self, job_id: JobId) -> Job | None:
        """As ``job``."""
        found: Job | None = await self.writer.submit(self._ask(job_table.read_job, job_id))
        return found

    async def apark(self, which: JobId | int, why: str) -> None:
        """Make a job wait for a person because its row, given by id or number, is damaged."""
        await self.writer.submit(self._parking(which, why))

    def status(self, job_id: JobId) -> JobStatus | None:
        """Where a job is; None if it is not known.

        Raises:
            JournalDamagedError: Its row fails its checksum.
        """
        row = self.writer.write_now(self._ask(job_table.find, job_id))
        return None if row is None else JobStatus(row.status)

    def result(self, job_id: JobId) -> JobResult | None:
        """How a job ended, or why it waits; None before that.

        Raises:
            JournalDamagedError: Its row fails its checksum.
        """
        row = self.writer.write_now(self._ask(job_table.find, job_id))
        return None if row is None else job_rows.result_of(row)

    def history(self, limit: int, status: JobStatus | None = None) -> list[HistoryEntry]:
        """The newest jobs first; a damaged row shows as one that needs attention."""
        entries: list[HistoryEntry] = self.writer.write_now(
            lambda db: read_history(db, limit, status)
        )
        return entries

    def ended(self, limit: int, mark: Mark | None) -> tuple[list[HistoryEntry], Mark]:
        """Jobs that have ended since, and the next mark; see `read_ended`."""
        found: tuple[list[HistoryEntry], Mark]
        found = self.writer.write_now(self._ask(read_ended, mark, limit))
        return found

    def workflows_seen(self, most: int) -> list[bytes]:
        """The different workflows of the newest jobs.

        Raises:
            JournalDamagedError: One is missing or fails its digest.
        """
        found: list[bytes] = self.writer.write_now(lambda db: job_rows.workflows_seen(db, most))
        return found

    def entry(self, job_id: JobId) -> HistoryEntry | None:
        """One job as the history shows it; None if it is not known.

        Raises:
            JournalDamagedError: Its row fails its checksum.
        """
        entry: HistoryEntry | None = self.writer.write_now(self._ask(read_entry, job_id))
        return entry

    def remember(self, key: str, value: Any) -> None:
        """Keep plain data under a key, in the place of what was there; None forgets.

        Raises:
            TypeError: The value is not plain data.
        """
        self.writer.write_now(*note_table.remembering(key, value))

    async def aremember(self, key: str, value: Any) -> None:
        """As ``remember``."""
        await self.writer.submit(*note_table.remembering(key, value))

    def recalled(self, key: str) -> Any:
        """What was kept under a key; None if nothing was.

        Raises:
            JournalDamagedError: It fails its checksum.
        """
        return self.writer.write_now(partial(note_table.recall, key=key))

    async def arecalled(self, key: str) -> Any:
        """As ``recalled``."""
        return await self.writer.submit(partial(note_table.recall, key=key))

    def prune(self, *, keep_days: float, keep_jobs: int) -> int:
        """Forget ended jobs older than ``keep_days`` or beyond the newest ``keep_jobs``.

        A job that runs, waits, or whose result has not been delivered stays.

        Returns:
            How many jobs were forgotten.
        """
        before_ms = self._now_ms() - round(keep_days * 86_400_000)
        total = 0
        while True:
            removed: int = self.writer.write_now(
                self._ask(job_table.prune, before_ms, keep_jobs, PRUNED_AT_ONCE)
            )
            total += removed
            if removed < PRUNED_AT_ONCE:
                return total

    async def aremove(self, job_id: JobId) -> bool:
        """Forget a job that is another robot's now, whatever it is; False if it is not known."""
        removed: bool = await self.writer.submit(self._ask(job_table.remove, job_id))
        return removed

    def _accepting(self, job: Job) -> tuple[Operation, Any]:
        call = job_table.acceptance(job, self._now_ms())
        if self._reserve.is_held:
            return self._accept, call

        def refill_and_accept(connection: Connection) -> Any:
            self._reserve.fill()
            return self._accept.run(connection, [call])[0]

        return refill_and_accept, call

    def _beginning(self, job_id: JobId) -> job_table.Change:
        return job_id, JobStatus.RUNNING.value, self._now_ms(), None

    def _end(self, job_id: JobId, result: JobResult) -> job_table.Change:
        return job_id, result.status.value, self._now_ms(), store_result(result)

    def _unfinished(self, read: Callable[[Connection, job_rows.JobRow], T]) -> list[T]:
        now_ms = self._now_ms()
        found, parked = self.writer.write_now(self._ask(job_table.unfinished, read, now_ms))
        for message in parked:
            self._warn(JournalDamagedError.code, message)
        jobs: list[T] = found
        return jobs

    def _parking(self, which: JobId | int, why: str) -> Operation:
        self._warn(JournalDamagedError.code, f"job {which!r} needs attention: {why}")
        now_ms = self._now_ms()
        return self._ask(job_table.park, which, why, now_ms)

    def _warn(self, code: str, message: str) -> None:
        self.warnings = (*self.warnings, Fault(code=code, message=message))

    def _now_ms(self) -> int:
        return round(self._clock() * 1000)

    def _ask(self, of: Callable[..., T], *about: Any) -> Callable[[Connection], T]:
        """An operation that is a function of the database and what is known by heart."""
        return lambda connection: of(connection, self.roster, *about)
