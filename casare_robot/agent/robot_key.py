"""The key by which the orchestrator knows this robot: where it is kept, and how it is found."""

from casare_robot.config.robot_config import RobotConfig
from casare_robot.config.sources import write_private
from casare_robot.desktop.secret_store import find_secret, keep_secret, store_name

FILE = "robot.key"


def robot_key(config: RobotConfig) -> str:
    """The key in the settings, else the one that enrolment kept; empty: none. May block."""
    if config.api_key:
        return config.api_key
    file = config.checkpoint_dir / FILE
    if file.is_file():
        return file.read_text("utf-8").strip()
    return find_secret(_name(config)) or ""


def keep_robot_key(config: RobotConfig, key: str) -> str:
    """Keep a key for this robot; where, for people. May block.

    Where the system has no safe store, it is kept in a file of this user only.

    Raises:
        OSError: It can be kept nowhere.
    """
    file = config.checkpoint_dir / FILE
    if keep_secret(_name(config), key):
        file.unlink(missing_ok=True)
        return store_name()
    write_private(file, key.encode())
    return str(file)


def _name(config: RobotConfig) -> str:
    return f"robot-key-{config.checkpoint_dir}"
