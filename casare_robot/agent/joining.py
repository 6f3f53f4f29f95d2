"""Makes the robot's part in the group that the settings name."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from casare_robot.agent.group_source import GroupSource, Place
from casare_robot.agent.judging import judge_of
from casare_robot.agent.named_workflows import NamedWorkflows, WorkflowAsker
from casare_robot.agent.shared_steps import SharedSteps
from casare_robot.config.robot_config import RobotConfig
from casare_robot.domain.job import Job, JobId, JobResult
from casare_robot.journal.journal import Journal
from casare_robot.journal.offline_queue import OfflineQueue


def join(
    config: RobotConfig,
    robot_id: str,
    *,
    store_url: str,
    folder: Path,
    queue: OfflineQueue,
    journal: Journal,
    runs: Callable[[JobId], bool],
    steps: SharedSteps,
    execute: Callable[[Job], Awaitable[JobResult]],
    desktop: Callable[[], Awaitable[str]],
    kept: Callable[[], float],
) -> GroupSource:
    """The source that keeps the robot a member, not yet running.

    Args:
        config: Which group, and as what.
        robot_id: As whom.
        store_url: Where the group lives.
        folder: Where relative paths of ``group_workflows`` start.
        queue: The robot's own.
        journal: The robot's own.
        runs: Whether a job has a place.
        steps: Where the group's jobs leave theirs.
        execute: Runs a job of its own to its end.
        desktop: Why it has no desktop; empty: it has one.
        kept: Seconds that the group remembers a job that has ended here.
    """
    workflows = NamedWorkflows(config.group_workflows, folder=folder)
    return GroupSource(
        Place(
            group=config.group,
            store_url=store_url,
            robot=robot_id,
            role=config.group_role,
            tags=config.tags,
        ),
        queue=queue,
        journal=journal,
        runs=runs,
        steps=steps,
        workflows=workflows,
        asker=WorkflowAsker(workflows, execute),
        judge=judge_of(config),
        desktop=desktop,
        kept=kept,
    )
