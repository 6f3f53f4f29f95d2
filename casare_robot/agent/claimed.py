"""A job that a robot has claimed, and the robot as its group's work sees it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from casare_robot.agent.named_workflows import NamedWorkflows
from casare_robot.agent.shared_steps import SharedJob, SharedSteps
from casare_robot.domain.job import JobId
from casare_robot.domain.job_source import JobTaker
from casare_robot.groups.records import Job as GroupJob
from casare_robot.journal.journal import Journal
from casare_robot.journal.offline_queue import OfflineQueue
from casare_robot.store.held_lease import HeldLease


@dataclass(frozen=True, slots=True, kw_only=True)
class Robot:
    """What a member's work needs of the robot that it is.

    Attributes:
        id: The member's name.
        taker: Takes jobs in.
        queue, journal: Where they wait and what is known of them.
        runs: Whether a job has a place.
        steps: Where their steps go.
        workflows: Those that jobs may name.
        can: Its capabilities.
    """

    id: str
    taker: JobTaker
    queue: OfflineQueue
    journal: Journal
    runs: Callable[[JobId], bool]
    steps: SharedSteps
    workflows: NamedWorkflows
    can: tuple[str, ...]


@dataclass(slots=True, kw_only=True, eq=False)
class Claimed:
    """A job that is this robot's, and the lease that says so."""

    job: GroupJob
    held: HeldLease
    guard: "asyncio.Task[None] | None" = None
    shared: SharedJob | None = None
    is_cancelled: bool = False

    @property
    def stays(self) -> bool:
        """Whether it goes on here while the store cannot be reached, and is nobody else's ever."""
        return self.job.on_disconnect == "continue"
