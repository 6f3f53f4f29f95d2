"""The places in which jobs run: how many, which, and what becomes of them."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Protocol

import msgspec

from casare_robot.agent.ending import noted
from casare_robot.agent.tasks import Sleep, Tasks
from casare_robot.agent.workflow_sketch import sketched
from casare_robot.domain.errors import (
    ExecutorError,
    JobStateError,
    JournalDamagedError,
    JournalError,
)
from casare_robot.domain.job import Job, JobError, JobId, JobResult, JobStatus
from casare_robot.domain.json_guard import JsonRefusedError
from casare_robot.domain.robot_events import JobEvent, NodeStarted, RobotEvent, StatusChanged
from casare_robot.domain.robot_status import RunningJob
from casare_robot.execution.job_execution import Listener
from casare_robot.execution.job_locker import JobLocker
from casare_robot.journal.journal import Journal
from casare_robot.journal.offline_queue import OfflineQueue
from casare_robot.observability.progress_reporter import ProgressReporter
from casare_robot.observability.secret_mask import SecretMask

log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True, eq=False)
class Place:
    """A job that has a place, from before it begins until its result is in the journal.

    Before ``is_executing`` the executor knows nothing of it, or that it has run before.
    """

    job: Job
    shown: RunningJob
    is_abandoned: bool = False
    is_executing: bool = False


class Executor(Protocol):
    """What runs jobs; see `JobExecutor`."""

    async def execute(self, job: Job, *, listener: Listener | None = None) -> JobResult:
        """Run a job to its end, from where its steps end if there are any.

        Raises:
            JournalError: What happens cannot be recorded.
            ExecutorError: `give_back` was called.
            OSError: No process can be started.
        """
        ...

    def cancel(self, job_id: JobId) -> None:
        """Cancel a job that runs or is about to."""
        ...

    def give_back(self, job_id: JobId) -> None:
        """End a job that runs or is about to as a crash would."""
        ...

    def warm_up(self) -> None:
        """Have what the next job needs ready."""
        ...

    def close(self) -> None:
        """Have nothing ready any more."""
        ...

    @property
    def process_ids(self) -> tuple[int, ...]:
        """The processes there are."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What jobs run on."""

    journal: Journal
    queue: OfflineQueue
    executor: Executor
    locker: JobLocker
    mask: SecretMask


class Slots:
    """Runs jobs, never more at once than there are places.

    A job has its place from `begin` on, before anything is waited for, so that
    who asks for a free one never counts wrong.

    Args:
        parts: What jobs run on.
        limit: How many places there are.
        tasks: Owner of the running jobs.
        tell: Told what happens and to a job of which source, in the loop's thread.
        freed: Told when a job has left its place, however that came.
        troubled: Told why a job cannot go on now: the disk, say. The job waits
            again, and goes on from where it is.
        adapted: The job as it is to be run here, with this robot's own limits.
        clock: Now, in UTC.
        sleep: Waits.
    """

    def __init__(
        self,
        parts: Parts,
        *,
        limit: int,
        tasks: Tasks,
        tell: Callable[[JobEvent, str], None],
        freed: Callable[[JobId], None],
        troubled: Callable[[BaseException], None],
        adapted: Callable[[Job], Job],
        clock: Callable[[], datetime],
        sleep: Sleep,
    ) -> None:
        self.limit = limit
        self._parts = parts
        self._tasks = tasks
        self._tell = tell
        self._freed = freed
        self._troubled = troubled
        self._adapted = adapted
        self._clock = clock
        self._sleep = sleep
        self._places: dict[JobId, Place] = {}
        self._is_leaving = False
        self._left = asyncio.Event()

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, job_id: JobId) -> bool:
        return job_id in self._places

    def __iter__(self) -> Iterator[RunningJob]:
        """What runs, as it is shown."""
        return iter([place.shown for place in self._places.values()])

    @property
    def desktop_is_taken(self) -> bool:
        """Whether one of the jobs has the desktop to itself."""
        return any(place.job.needs_desktop for place in self._places.values())

    def bound_to(self, source: str) -> list[JobId]:
        """Running jobs that are not to go on while this source cannot be reached."""
        return [
            job_id
            for job_id, place in self._places.items()
            if place.job.origin == source
            and place.job.on_disconnect == "abort"
            and not place.shown.cancelling
        ]

    def begin(self, job: Job) -> None:
        """Give a taken job a place and run it there.

        Raises:
            RuntimeError: There is no place, or the desktop is taken; a fault of the caller.
        """
        if len(self) >= self.limit or (job.needs_desktop and self.desktop_is_taken):
            raise RuntimeError(f"job {job.id} was to begin without a free place")
        shown = RunningJob(
            job_id=job.id, name=job.name, origin=job.origin, started_at=self._clock()
        )
        place = self._places[job.id] = Place(job=job, shown=shown)
        self._tasks.start(f"job {job.id}", self._run(place))

    def cancel(self, job_id: JobId) -> bool:
        """Cancel a running job; False if it does not run. Its result comes as usual."""
        place = self._places.get(job_id)
        if place is None:
            return False
        place.shown = msgspec.structs.replace(place.shown, cancelling=True)
        if place.is_executing:
            self._parts.executor.cancel(job_id)
        return True

    def abandon(self, job_id: JobId) -> bool:
        """End a running job at once, whose result nobody wants; False if it does not run."""
        place = self._places.get(job_id)
        if place is not None:
            place.is_abandoned = True
            if place.is_executing:
                self._parts.executor.give_back(job_id)
        return place is not None

    def leave(self) -> None:
        """End all executors as a crash would: the jobs go on at the next start."""
        self._is_leaving = True
        for job_id, place in self._places.items():
            if place.is_executing:
                self._parts.executor.give_back(job_id)

    async def emptied(self, *, within: float) -> None:
        """Wait until no job has a place, so many seconds at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                while self._places:
                    self._left.clear()
                    await self._left.wait()

    def note_stuck(self, job_id: JobId, since: datetime) -> None:
        """Show since when a job makes no progress, until it does again."""
        place = self._places.get(job_id)
        if place is not None:
            place.shown = msgspec.structs.replace(place.shown, no_progress_since=since)

    def note_waiting(self, job_id: JobId, titles: tuple[str, ...]) -> None:
        """Show what a job asks the person here; empty: nothing."""
        place = self._places.get(job_id)
        if place is not None:
            place.shown = msgspec.structs.replace(
                place.shown, waits_for=titles, no_progress_since=None
            )

    def name_of(self, job_id: JobId) -> str:
        """What people call a running job; empty: it has no name, or does not run."""
        place = self._places.get(job_id)
        return "" if place is None else place.job.name

    async def _run(self, place: Place) -> None:
        job, queue, parts = place.job, self._parts.queue, self._parts
        reporter = ProgressReporter(
            job,
            sinks=[partial(self._note, place)],
            mask=parts.mask,
            now=self._clock,
        )
        try:
            result = await self._executed(place, reporter)
            if result is not None and not await self._recorded(place, result):
                result = None
        except JournalDamagedError as error:
            queue.drop(job.id)  # the journal has parked it
            result = _parked(job, error)
        except (JournalError, ExecutorError, OSError) as error:
            if not self._is_leaving:
                queue.put_back(job.id, has_begun=True)
                self._troubled(error)
            result = None
        except Exception as error:
            log.exception("job %s could not be looked after", job.id)
            queue.put_back(job.id)  # a job without an owner would be lost
            self._troubled(error)
            result = None
        finally:
            self._places.pop(job.id, None)
            await self._parts.locker.release_lock(job.id)
            self._left.set()
            self._freed(job.id)
        if result is not None:
            reporter.report_job_completed(result)

    async def _executed(self, place: Place, reporter: ProgressReporter) -> JobResult | None:
        """How the job ended; None when it is to go on at the next start."""
        job, parts = place.job, self._parts
        resumed = parts.queue.has_begun(job.id)
        if not await parts.locker.acquire_lock(job.id):
            raise RuntimeError(f"job {job.id} runs already")
        adapted = self._adapted(job)
        if resumed and not adapted.checkpoint_enabled:
            return interrupted(job)
        await self._look_at(place)
        try:
            if not await self._may_start(job.id):
                return None
            reporter.report_job_started(resumed=resumed)
            if self._is_leaving or place.is_abandoned:
                return _abandoned(job) if place.is_abandoned else None
            if place.shown.cancelling:
                return cancelled(job.id)
            place.is_executing = True
            return await parts.executor.execute(adapted, listener=reporter)
        except ExecutorError:
            if place.is_abandoned:
                return _abandoned(job)
            if self._is_leaving:
                return None
            raise
        except (JournalError, OSError):
            if place.is_abandoned:
                return _abandoned(job)
            raise
        except Exception as error:
            log.exception("job %s could not be executed", job.id)
            return _broken(job, error)

    async def _may_start(self, job_id: JobId) -> bool:
        """Note that a job runs, unless it has ended or was parked since it was queued."""
        try:
            await self._parts.journal.astart(job_id)
        except JobStateError as error:
            log.warning("job %s does not begin: %s", job_id, error)
            self._parts.queue.drop(job_id)
            return False
        return True

    def _note(self, place: Place, event: RobotEvent) -> None:
        """Show where a job is, and pass on what it tells."""
        if isinstance(event, StatusChanged):
            return
        if isinstance(event, NodeStarted):
            place.shown = msgspec.structs.replace(
                place.shown,
                node_id=event.node_id or place.shown.node_id,
                nodes_executed=event.nodes_executed,
                last_progress_at=event.at,
                no_progress_since=None,
            )
        self._tell(event, place.job.origin)

    async def _look_at(self, place: Place) -> None:
        with suppress(JsonRefusedError):  # its run says so
            seen = await sketched(place.job.workflow)
            place.shown = msgspec.structs.replace(place.shown, total_nodes=seen.nodes)

    async def _recorded(self, place: Place, result: JobResult) -> bool:
        """Note the end, for which the place stays taken; False if there was another one."""

        def troubled(error: BaseException) -> None:
            if self._is_leaving:
                raise error
            self._troubled(error)

        queue = self._parts.queue
        is_end = await noted(queue, result, troubled=troubled, sleep=self._sleep)
        if is_end and place.is_abandoned:
            await queue.forget(place.job.id)
        return is_end


def cancelled(job_id: JobId) -> JobResult:
    """The end of a job that was cancelled before anything of it ran, or went on."""
    error = JobError(code="E-JOB-499", message="the job was cancelled before it began")
    return JobResult(job_id=job_id, status=JobStatus.CANCELLED, error=error)


def interrupted(job: Job) -> JobResult:
    """The end of a job that kept no records to go on from."""
    what = "the robot stopped during this job, which kept no records to resume from"
    return _failed(job, "E-JOB-410", what)


def _abandoned(job: Job) -> JobResult:
    error = JobError(code="E-JOB-423", message="the job belongs to another robot now")
    return JobResult(job_id=job.id, status=JobStatus.CANCELLED, error=error)


def _broken(job: Job, error: Exception) -> JobResult:
    return _failed(job, "E-ROBOT-001", f"the robot itself failed: {type(error).__name__}: {error}")


def _failed(job: Job, code: str, message: str) -> JobResult:
    error = JobError(code=code, message=message)
    return JobResult(job_id=job.id, status=JobStatus.FAILED, error=error)


def _parked(job: Job, error: JournalDamagedError) -> JobResult:
    return JobResult(
        job_id=job.id,
        status=JobStatus.NEEDS_ATTENTION,
        error=JobError(code=error.code, message=str(error)),
    )
