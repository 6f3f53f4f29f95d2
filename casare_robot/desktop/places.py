"""Where the robot keeps what: settings, memory, logs."""

import os
import sys
from pathlib import Path
from typing import NamedTuple

APPLICATION = "CasareRobot"
HOME_VARIABLE = "CASARE_ROBOT_HOME"
OF_ALL_USERS = Path("/etc/xdg")
"""On Linux whatever ``XDG_CONFIG_DIRS`` says: some desktops begin it with a user's own folder."""


class Places(NamedTuple):
    """The robot's folders; none need exist.

    ``config`` holds the person's settings, ``data`` the journal, ``logs`` the
    logs, and ``machine`` what an administrator set for every user.
    """

    config: Path
    data: Path
    logs: Path
    machine: Path

    @property
    def shared_store(self) -> Path:
        """What the robots of this person on this machine share, beside the homes of all."""
        return self.data.parent.parent / "casare_robot_shared.db"

    @property
    def config_file(self) -> Path:
        """The person's settings."""
        return self.config / "robot_config.json"

    @property
    def machine_config_file(self) -> Path:
        """Settings of this machine, for every user."""
        return self.machine / "robot_config.json"

    @property
    def policy_file(self) -> Path:
        """What an administrator fixed; nobody else's setting is stronger."""
        return self.machine / "robot_policy.json"


def find_places(home: Path | None = None) -> Places:
    """The folders of this user on this system.

    Args:
        home: Holds everything of the user's; else ``CASARE_ROBOT_HOME`` names
            it; else each system has its own places. The administrator's folder
            stays where it is.

    Source: desktop, "Places". SQLite files must not roam, so ``data`` is local.
    """
    import platformdirs

    if sys.platform == "linux":
        machine = OF_ALL_USERS / APPLICATION
    else:
        machine = Path(platformdirs.site_config_dir(APPLICATION, appauthor=False))
    named = os.environ.get(HOME_VARIABLE)
    if home is None and named:
        home = Path(named).expanduser()
    if home is not None:
        home = home.absolute()
        return Places(config=home, data=home / "data", logs=home / "logs", machine=machine)
    return Places(
        config=Path(platformdirs.user_config_dir(APPLICATION, appauthor=False, roaming=True)),
        data=Path(platformdirs.user_state_dir(APPLICATION, appauthor=False)) / "data",
        logs=Path(platformdirs.user_log_dir(APPLICATION, appauthor=False)),
        machine=machine,
    )
