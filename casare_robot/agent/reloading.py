"""Which settings can change while the robot works. Pure."""

import msgspec

from casare_robot.config.robot_config import RobotConfig, settings


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
