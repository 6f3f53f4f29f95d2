"""Which settings can change while the robot works. Pure."""

import msgspec

from casare_robot.config.robot_config import RobotConfig, settings

HOT = frozenset(
    {
        "max_concurrent_jobs",
        "working_hours",
        "checkpoint_enabled",
        "job_timeout",
        "no_progress_after",
        "keep_awake",
        "history_days",
        "local_policy",
        "remote_policy",
    }
)
"""Settings that are asked for each time they are needed."""


def changes(held: RobotConfig, read: RobotConfig) -> tuple[RobotConfig, tuple[str, ...]]:
    """The settings to go on with, and the names of new ones that need a restart to hold."""
    changed = [name for name, _ in settings() if getattr(held, name) != getattr(read, name)]
    hot = {name: getattr(read, name) for name in changed if name in HOT}
    adopted = msgspec.structs.replace(held, **hot, sources=read.sources, faults=read.faults)
    return adopted, tuple(name for name in changed if name not in HOT)
