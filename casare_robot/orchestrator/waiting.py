"""Why a job still waits, in a sentence. Pure."""

from collections.abc import Iterable

from casare_robot.orchestrator.job_record import JobRecord, Status
from casare_robot.orchestrator.roster import Robot


def reason(job: JobRecord, robots: Iterable[Robot]) -> str:
    """What has to happen before a job can begin; empty if it does not wait."""
    if job.status is not Status.QUEUED:
        return ""
    connected = [robot for robot in robots if robot.line is not None]
    if job.targeted:
        is_here = any(robot.robot_id == job.robot for robot in connected)
        return "" if is_here else f"robot {job.robot} is not connected"
    if not connected:
        return "no robot is connected"
    fit = [robot for robot in connected if _fits(job, robot)]
    if not fit:
        wanted = [f"has the tags {', '.join(job.tags)}"] if job.tags else []
        wanted += [f"works for environment {job.environment}"] if job.environment else []
        wanted += ["has not refused it"] if job.refused_by else []
        return f"no connected robot {' and '.join(wanted)}"
    if all(robot.state == "paused" for robot in fit):
        return "every robot that could run it is paused"
    return "every robot that could run it is busy"


def _fits(job: JobRecord, robot: Robot) -> bool:
    return (
        set(job.tags) <= set(robot.tags)
        and job.environment in (None, robot.environment)
        and robot.robot_id not in job.refused_by
    )
