"""What the robot says when somebody looks at it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

import msgspec

from casare_robot import __version__
from casare_robot.agent.group_requests import GroupSeat
from casare_robot.agent.identity import Identity
from casare_robot.agent.lifecycle import Look, reasons, state_of
from casare_robot.domain.errors import Fault
from casare_robot.domain.job import JobId
from casare_robot.domain.robot_status import (
    LinkState,
    LinkStatus,
    RobotState,
    RobotStatus,
    RunningJob,
    UpdateStatus,
)


class Link(Protocol):
    """The line to an orchestrator."""

    def link_status(self) -> LinkStatus:
        """How it is."""
        ...


class StatusBook:
    """Knows since when the robot is what it is.

    Args:
        identity: Who it is.
        name: How people call it.
        clock: Now, in UTC.
    """

    def __init__(self, identity: Identity, name: str, *, clock: Callable[[], datetime]) -> None:
        self._identity = identity
        self._name = name
        self._clock = clock
        self._started_at = self._since = clock()
        self._state = RobotState.STARTING
        self._told: Any = None

    def status(
        self,
        look: Look,
        *,
        jobs: tuple[RunningJob, ...],
        waiting: int,
        needs_attention: int,
        link: Link | None,
        unsent: int,
        warnings: tuple[Fault, ...],
        metrics: Mapping[str, Any],
        seat: GroupSeat | None = None,
        update: UpdateStatus,
    ) -> RobotStatus:
        """Everything one look tells."""
        state = state_of(look)
        if state is not self._state:
            self._state, self._since = state, self._clock()
        return RobotStatus(
            robot_id=self._identity.robot_id,
            name=self._name,
            state=state,
            since=self._since,
            link=self._link(link, unsent),
            version=__version__,
            session=self._identity.session,
            started_at=self._started_at,
            jobs=jobs,
            max_concurrent_jobs=look.limit,
            waiting=waiting,
            needs_attention=needs_attention,
            paused_until=look.paused_until,
            note=look.note,
            reasons=reasons(look, waiting=waiting),
            warnings=warnings,
            metrics=metrics,
            group=seat.group_id if seat else "",
            group_role=seat.role if seat else "",
            update=update,
        )

    def is_news(self, status: RobotStatus) -> bool:
        """Whether a status differs, in more than figures that always change, from the last one."""
        jobs: list[tuple[JobId, bool, bool, tuple[str, ...]]] = [
            (job.job_id, job.cancelling, job.no_progress_since is not None, job.waits_for)
            for job in status.jobs
        ]
        link = msgspec.structs.replace(status.link, next_try_in=None, circuit=None)
        news = (status.state, jobs, status.waiting, status.needs_attention, link, status.reasons)
        place = (status.group, status.group_role)
        told, self._told = self._told, (news, status.warnings, place, status.update)
        return bool(self._told != told)

    def _link(self, link: Link | None, unsent: int) -> LinkStatus:
        if self._identity.is_clone:
            return LinkStatus(
                state=LinkState.DISCONNECTED,
                since=self._started_at,
                problem="this may be a clone of another robot; see the warnings",
            )
        if link is None:
            return LinkStatus(state=LinkState.LOCAL, since=self._started_at)
        return msgspec.structs.replace(link.link_status(), unsent_results=unsent)
