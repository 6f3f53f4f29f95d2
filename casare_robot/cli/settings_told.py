"""Whether new settings hold at once, and telling the running robot of them."""

import asyncio
import sys
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

from casare_robot.cli.rendering import as_json
from casare_robot.config.loading import memory_folder
from casare_robot.config.robot_config import RobotConfig, settings
from casare_robot.control.client import ControlClient
from casare_robot.domain.errors import AgentUnreachableError, ControlError


def how_it_holds(names: Sequence[str]) -> str:
    """From when on a running robot goes by settings; all of them, or parts of a policy."""
    restarts = {name for name, setting in settings() if setting.restart}
    is_hot = all(name.partition(".")[0] not in restarts for name in names)
    return "at once" if is_hot else "from the robot's next start"


def tell_running(config: RobotConfig, home: Path | None) -> None:
    """Let the running robot, if there is one, read its settings again; on standard error."""
    client = ControlClient(memory_folder(config, home))
    if not client.may_run():
        return
    try:
        print(told(asyncio.run(client.reload())), file=sys.stderr)
    except AgentUnreachableError:
        return  # the trace of one that has gone
    except ControlError as error:
        print(f"warning: the running robot goes on as it was: {error}", file=sys.stderr)


def told_by(json_output: bool) -> Callable[[ControlClient], Coroutine[Any, Any, int]]:
    """Asks a running robot to read its settings again, and says what it answers."""

    async def act(robot: ControlClient) -> int:
        waiting = await robot.reload()
        print(as_json({"need_restart": list(waiting)}) if json_output else told(waiting))
        return 0

    return act


def told(waiting: Sequence[str]) -> str:
    """What the running robot answered, for people."""
    if waiting:
        return f"the running robot needs a restart for: {', '.join(waiting)}"
    return "the running robot goes by the new settings"
