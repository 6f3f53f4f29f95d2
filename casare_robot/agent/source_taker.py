"""The robot as one of its sources sees it."""

from typing import Protocol

from casare_robot.agent.intake import Intake
from casare_robot.domain.job import Job, JobId
from casare_robot.journal.offline_queue import OfflineQueue


class House(Protocol):
    """What a source may ask of the whole robot."""

    @property
    def free_slots(self) -> int:
        """Jobs that could begin at once."""
        ...

    def hold(self, note: str) -> None:
        """Begin no more jobs."""
        ...

    def go_on(self) -> None:
        """Begin jobs again."""
        ...

    def ring(self, source: str) -> None:
        """The source can be reached: deliver what waits for it."""
        ...


class SourceTaker:
    """A `JobTaker` that knows in whose name jobs come.

    Args:
        source: The source's name.
        intake: Where its jobs go.
        queue: Where its results wait.
        house: The robot.
    """

    def __init__(self, source: str, *, intake: Intake, queue: OfflineQueue, house: House) -> None:
        self._source = source
        self._intake = intake
        self._queue = queue
        self._house = house

    @property
    def free_slots(self) -> int:
        """Jobs that could begin at once; 0 while paused, draining or out of hours."""
        return self._house.free_slots

    async def offer(self, job: Job) -> bool:
        """See `Intake.offer`."""
        is_new = await self._intake.offer(job, self._source)
        if not is_new:
            self._house.ring(self._source)
        return is_new

    def cancel(self, job_id: JobId, reason: str) -> bool:
        """Ask for a job to be cancelled; only its own source may."""
        if self._queue.origin_of(job_id) == self._source and self._intake.cancel(job_id):
            return True
        return job_id in self._queue.held(self._source)  # its result is on its way

    def abandon(self, job_id: JobId, reason: str) -> None:
        """One of its own jobs belongs to somebody else now: stop it and report nothing."""
        if self._queue.origin_of(job_id) == self._source:
            self._intake.abandon(job_id, reason)

    def held_jobs(self, source: str) -> tuple[JobId, ...]:
        """Jobs of this source without an acknowledged result, oldest first.

        Sources ask when they have connected, so results that wait are tried now.
        """
        self._house.ring(source)
        return self._queue.held(source)

    def parked_jobs(self, source: str) -> tuple[JobId, ...]:
        """Jobs of this source that wait for a person, whether or not it knows."""
        return tuple(job_id for job_id, of in self._queue.parked.items() if of == source)

    def pause(self, reason: str) -> None:
        """Begin no more jobs until `resume`."""
        self._house.hold(reason)

    def resume(self) -> None:
        """Begin jobs again."""
        self._house.go_on()
