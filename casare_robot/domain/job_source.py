"""How jobs come to a robot and results leave it, whatever the way. Pure."""

from typing import Protocol

from casare_robot.domain.job import Job, JobId, JobResult
from casare_robot.domain.robot_events import RobotEvent


class JobTaker(Protocol):
    """The robot, as a source of jobs sees it."""

    @property
    def free_slots(self) -> int:
        """Jobs that could begin at once; 0 while paused, draining or out of hours."""
        ...

    async def offer(self, job: Job) -> bool:
        """Hand a job over; False if it is known already. It is durable on return.

        Only now may the source acknowledge or claim it. A cancellation leaves
        the job taken or not, never half.

        Raises:
            JobRefusedError: It is not taken, with a code and the reason.
            DiskFullError: No space; nothing was kept.
        """
        ...

    def cancel(self, job_id: JobId, reason: str) -> bool:
        """Ask for a job to be cancelled that has not ended; False if it is not here.

        Its result is reported like any other; one that waits to be reported is here.
        """
        ...

    def abandon(self, job_id: JobId, reason: str) -> None:
        """The job belongs to somebody else now: stop it and report nothing."""
        ...

    def held_jobs(self, source: str) -> tuple[JobId, ...]:
        """Jobs of this source that have no acknowledged result yet, oldest first."""
        ...

    def parked_jobs(self, source: str) -> tuple[JobId, ...]:
        """Jobs of this source that wait for a person, whether or not it knows."""
        ...

    def pause(self, reason: str) -> None:
        """Begin no more jobs until `resume`."""
        ...

    def resume(self) -> None:
        """Begin jobs again."""
        ...


class JobSource(Protocol):
    """One way in which jobs come: the link to an orchestrator, tables, a group.

    Attributes:
        name: ``origin`` of the jobs it offers; unique in a robot and never reused
            for another side, because results wait under it.
    """

    name: str

    async def run(self, robot: JobTaker) -> None:
        """Offer jobs, pass on cancellations and keep claims alive, until cancelled.

        Never ends by itself; lost connections are its own business.
        """
        ...

    async def look(self) -> None:
        """Ask the other side for jobs now instead of at the next beat."""
        ...

    async def report(self, result: JobResult) -> bool:
        """Hand a result over; True when the other side has acknowledged it.

        May be called again with the same result, even after a restart.

        Raises:
            ConnectionError: The other side cannot be reached; try later.
        """
        ...

    def inform(self, event: RobotEvent) -> None:
        """Tell what happens. Never blocks and never fails: what informs may be dropped."""
        ...
