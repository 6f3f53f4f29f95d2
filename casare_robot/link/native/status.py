"""What the robot is doing, as orchestrators are told. Pure."""

from casare_robot.domain.plain_json import plain
from casare_robot.domain.robot_status import RobotState, RobotStatus
from casare_robot.link.native.messages import StatusUpdate


def status_update(robot_id: str, status: RobotStatus | None, free_slots: int) -> StatusUpdate:
    """The message; of a robot whose state nobody has told yet, that it is idle."""
    if status is None:
        return StatusUpdate(robot_id=robot_id, status=RobotState.IDLE, free_slots=free_slots)
    jobs = tuple(str(job.job_id) for job in status.jobs)
    return StatusUpdate(
        robot_id=robot_id,
        status=status.state,
        current_job=jobs[0] if jobs else None,
        current_jobs=jobs,
        free_slots=free_slots,
        waiting=status.waiting,
        metrics=plain(status.metrics),
    )
