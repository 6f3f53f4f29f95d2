"""How a robot describes itself to CasareRPA's orchestrators. Pure."""

from datetime import datetime

from casare_robot.domain.job import JobId
from casare_robot.domain.robot_status import RobotState, RobotStatus
from casare_robot.link.identity import Identity

_HELD_BACK = (RobotState.PAUSED, RobotState.DRAINING, RobotState.STOPPING)


def status_word(status: RobotStatus | None, *, held: int, free_slots: int) -> str:
    """One of ``online``, ``busy``, ``maintenance`` and ``error``."""
    if status is not None and status.state in _HELD_BACK:
        return "maintenance"
    if status is not None and status.state is RobotState.ERROR:
        return "error"
    return "busy" if held and not free_slots else "online"


def percent(nodes_executed: int, nodes: int) -> int:
    """How far a job is, 99 at most; 0 where nobody has counted its nodes."""
    return min(nodes_executed * 100 // nodes, 99) if nodes else 0


def capabilities(identity: Identity) -> list[str]:
    """What the robot can do: what its settings say, and that it has a desktop."""
    return list(dict.fromkeys((*identity.tags, "desktop")))


def moment(wall: datetime) -> str:
    """A time as these orchestrators write it."""
    return wall.isoformat()


def named(jobs: tuple[JobId, ...]) -> list[str]:
    """Ids of jobs as text."""
    return [str(job_id) for job_id in jobs]
