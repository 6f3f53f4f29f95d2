"""Goes on with new settings: those that can change while the robot works."""

import asyncio
from collections.abc import Sequence

import msgspec

from casare_robot.agent.whole_robot import WholeRobot
from casare_robot.agent.working_hours import WorkingHours
from casare_robot.config.robot_config import RobotConfig, settings
from casare_robot.observability.audit import AuditEventType


def changes(held: RobotConfig, read: RobotConfig) -> tuple[RobotConfig, tuple[str, ...]]:
    """The settings to go on with, and the names of new ones that need a restart to hold.

    Which need one, their descriptions say: `Setting.restart`.
    """
    changed = {
        name: setting for name, setting in settings() if getattr(held, name) != getattr(read, name)
    }
    hot = {name: getattr(read, name) for name, setting in changed.items() if not setting.restart}
    adopted = msgspec.structs.replace(
        held, **hot, sources=read.sources, expiries=read.expiries, faults=read.faults
    )
    return adopted, tuple(name for name, setting in changed.items() if setting.restart)


async def reload(robot: WholeRobot) -> Sequence[str]:
    """Read the settings again; the names of those that need a restart to hold.

    Raises:
        ConfigError: They are wrong; the old ones go on.
    """
    if robot.settings is None:
        return ()
    key = robot.config.api_key
    robot.config, waiting = changes(robot.config, await asyncio.to_thread(robot.settings))
    robot.mask.register_all(robot.config.secrets(), for_good=True)
    robot.slots.limit = robot.config.max_concurrent_jobs
    robot.watchdog.after = robot.config.no_progress_after
    robot.conductor.hours = WorkingHours.parse(robot.config.working_hours)
    if robot.config.api_key != key:
        robot.tasks.start("reconnect with the new key", robot.reconnect())
    robot.audit.record(AuditEventType.CONFIG_CHANGED, payload={"need_restart": waiting})
    robot.conductor.wake()
    return waiting
