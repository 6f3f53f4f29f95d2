"""Notices running jobs that do not get on. Pure: the clock is an argument."""

from collections.abc import Iterator
from dataclasses import dataclass

from casare_robot.domain.job import JobId


@dataclass(slots=True)
class _Progress:
    nodes_executed: int
    node_id: str | None
    since: float
    was_told: bool = False
    waits_for_person: bool = False


class Watchdog:
    """Says of each job once when it has made no progress for long, and again when it has since.

    Progress is another node, or another count of nodes; that an executor still
    breathes is none. A job that waits for a person is not stuck. It ends nobody: limits of time do.

    Args:
        after: Seconds without progress.
    """

    def __init__(self, after: float) -> None:
        self.after = after
        self._jobs: dict[JobId, _Progress] = {}

    def began(self, job_id: JobId, now: float) -> None:
        """Watch a job from now on."""
        self._jobs[job_id] = _Progress(0, None, now)

    def progressed(
        self, job_id: JobId, node_id: str | None, nodes_executed: int, now: float
    ) -> None:
        """Note where a job is."""
        job = self._jobs.get(job_id)
        if job is not None and (job.nodes_executed, job.node_id) != (nodes_executed, node_id):
            self._jobs[job_id] = _Progress(nodes_executed, node_id, now)

    def waits(self, job_id: JobId, now: float, *, for_person: bool) -> None:
        """Note that a job waits for a person, which is no fault of its own, or no longer."""
        job = self._jobs.get(job_id)
        if job is not None:
            job.waits_for_person = for_person
            job.since, job.was_told = now, False

    def ended(self, job_id: JobId) -> None:
        """Watch a job no longer."""
        self._jobs.pop(job_id, None)

    def stuck(self, now: float) -> Iterator[tuple[JobId, float]]:
        """Jobs newly found stuck, with the seconds since their last progress."""
        for job_id, job in self._jobs.items():
            if not job.was_told and not job.waits_for_person and now - job.since >= self.after:
                job.was_told = True
                yield job_id, now - job.since
