"""The door for jobs: what comes in is checked, written down and only then taken."""

import logging
from collections.abc import Callable
from datetime import datetime

import msgspec

from casare_robot import __version__
from casare_robot.agent.ending import noted
from casare_robot.agent.slots import Slots, cancelled
from casare_robot.agent.tasks import Sleep, Tasks
from casare_robot.agent.workflow_sketch import Sketch, sketched
from casare_robot.domain.errors import JobRefusedError
from casare_robot.domain.job import DESK, Job, JobError, JobId, JobResult, JobStatus
from casare_robot.domain.json_guard import JsonRefusedError
from casare_robot.execution.cancellation import CancellationChecker
from casare_robot.journal.offline_queue import OfflineQueue
from casare_robot.observability.audit import AuditEventType, AuditLogger

log = logging.getLogger(__name__)


class Intake:
    """Takes jobs in, and takes them back out before they run.

    Args:
        queue: Where jobs wait.
        slots: Where they run.
        tasks: Owner of what goes on after a call has returned.
        closed_because: Why no new jobs are taken, in a sentence; empty: they are.
        arrived: Told of each new job; it is in the queue by then.
        ended: Told how a job ended that has not run here, and whose it was.
        troubled: Told why that cannot be written now: the disk, say.
        audit: Records what came in and what was refused.
        clock: Now, in UTC.
        sleep: Waits.
    """

    def __init__(
        self,
        queue: OfflineQueue,
        slots: Slots,
        *,
        tasks: Tasks,
        closed_because: Callable[[], str],
        arrived: Callable[[Job], None],
        ended: Callable[[JobResult, str], None],
        troubled: Callable[[BaseException], None],
        audit: AuditLogger,
        clock: Callable[[], datetime],
        sleep: Sleep,
    ) -> None:
        self.cancellation = CancellationChecker(self._cancel)
        self._given_away: dict[JobId, str] = {}
        self._ending: set[JobId] = set()
        self._queue = queue
        self._slots = slots
        self._tasks = tasks
        self._closed_because = closed_because
        self._arrived = arrived
        self._ended = ended
        self._troubled = troubled
        self._audit = audit
        self._clock = clock
        self._sleep = sleep

    async def offer(self, job: Job, source: str) -> bool:
        """Take a job of a source; False if it is known. It is durable on return.

        What the source says of its origin and of what it may touch does not
        count: jobs of the desk are ``local``, all others ``remote``.

        Raises:
            JobRefusedError: E-JOB-503 the robot takes no jobs now, E-JOB-411 the
                job has expired, E-MSG-1xx its workflow is no JSON; or as
                `OfflineQueue.enqueue` says.
            DiskFullError: No space; nothing was kept.
        """
        try:
            is_new = await self._take(job, source)
        except JobRefusedError as error:
            said = {"source": source, "code": error.code, "error": str(error)}
            self._audit.record(AuditEventType.JOB_REFUSED, job.id, said)
            raise
        if is_new:
            self._audit.record(
                AuditEventType.JOB_RECEIVED,
                job.id,
                {"source": source, "name": job.name, "bytes": len(job.workflow)},
            )
        return is_new

    async def _take(self, job: Job, source: str) -> bool:
        if self._queue.holds(job.id):
            return await self._queue.enqueue(await self._adopted(job, source))
        closed = self._closed_because()
        if closed:
            raise JobRefusedError(f"{closed}, and takes no jobs", code="E-JOB-503")
        now = self._clock()
        if job.expires_at is not None and job.expires_at <= now:
            raise JobRefusedError(_stale(job.expires_at), code="E-JOB-411")
        adopted = await self._adopted(job, source)
        is_new = await self._queue.enqueue(adopted)
        if is_new:
            self._arrived(adopted)
        elif not self._queue.holds(job.id):
            await self._queue.deliver_again(job.id)
        return is_new

    def cancel(self, job_id: JobId) -> bool:
        """Ask for a job to be cancelled that has not ended; False if there is none."""
        if self._queue.holds(job_id):
            self.cancellation.request(job_id)
        elif job_id in self._queue.parked:
            self._end(_given_up(job_id))
        else:
            return False
        return True

    def abandon(self, job_id: JobId, why: str) -> None:
        """Stop a job that belongs to somebody else now, and report nothing."""
        if self._slots.abandon(job_id):
            return
        if self._queue.take(job_id) or job_id in self._queue.parked:
            self._end(_given_away(job_id, why), report=False)
        elif self._queue.holds(job_id):  # it was taken to be begun, and is not
            self._given_away[job_id] = why

    async def settle(self, job: Job) -> bool:
        """End a taken job that was cancelled or given away meanwhile; whether it was.

        If not, it may begin as long as nothing else is waited for.
        """
        if await self.cancellation.is_cancelled(job.id):
            self._end(cancelled(job.id))
        elif job.id in self._given_away:
            self._end(_given_away(job.id, self._given_away[job.id]), report=False)
        else:
            return False
        return True

    def left(self, job_id: JobId) -> None:
        """A job has left its place: what was asked of it is over, unless it waits again."""
        if not self._queue.holds(job_id):
            self.cancellation.withdraw(job_id)

    def end_expired(self) -> None:
        """End all jobs that must not begin any more."""
        for job_id in self._queue.expired():
            error = JobError(code="E-JOB-411", message=_stale(None))
            result = JobResult(job_id=job_id, status=JobStatus.TIMED_OUT, error=error)
            self._end(result)

    def _cancel(self, name: str) -> None:
        job_id = JobId(name)
        if not self._slots.cancel(job_id) and self._queue.take(job_id):
            self._end(cancelled(job_id))

    def _end(self, result: JobResult, *, report: bool = True) -> None:
        """End a job in the background, as long as the disk may refuse; once."""
        if result.job_id not in self._ending:
            self._ending.add(result.job_id)
            what = f"{result.job_id} is {result.status}"
            self._tasks.start(what, self._note_end(result, report=report))

    async def _note_end(self, result: JobResult, *, report: bool) -> None:
        job_id = result.job_id
        origin = self._queue.origin_of(job_id) or ""
        try:
            if await noted(self._queue, result, troubled=self._troubled, sleep=self._sleep):
                if not report:
                    await self._queue.forget(job_id)
                self._ended(result, origin)
        finally:
            self._ending.discard(job_id)
            self._given_away.pop(job_id, None)
            await self.cancellation.acknowledge_cancellation(job_id)

    async def _adopted(self, job: Job, source: str) -> Job:
        seen = await self._sketched(job)
        return msgspec.structs.replace(
            job,
            origin=source,
            profile="local" if source == DESK else "remote",
            needs_desktop=job.needs_desktop or seen.needs_desktop,
            created_at=job.created_at or self._clock(),
            engine_version=__version__,
        )

    async def _sketched(self, job: Job) -> Sketch:
        try:
            return await sketched(job.workflow)
        except JsonRefusedError as error:
            raise JobRefusedError(f"the workflow is {error}", code=error.code) from error


def _stale(expired_at: datetime | None) -> str:
    when = f" at {expired_at:%Y-%m-%d %H:%M:%S} UTC" if expired_at else ""
    return f"the job expired{when} before it could begin, and is not run late"


def _given_up(job_id: JobId) -> JobResult:
    error = JobError(code="E-JOB-499", message="the job was cancelled while it waited for a person")
    return JobResult(job_id=job_id, status=JobStatus.CANCELLED, error=error)


def _given_away(job_id: JobId, why: str) -> JobResult:
    error = JobError(code="E-JOB-423", message=why)
    return JobResult(job_id=job_id, status=JobStatus.CANCELLED, error=error)
