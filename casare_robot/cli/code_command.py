"""`casare-robot orchestrator code`: a code by which one robot becomes known to an orchestrator."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Any

from casare_robot.cli.orchestrator_key import key_to
from casare_robot.cli.refusal import UsageError, refuse
from casare_robot.cli.rendering import UNREACHABLE, as_json
from casare_robot.cli.times import clock_time
from casare_robot.domain.errors import RobotError
from casare_robot.domain.group_place import GroupPlace
from casare_robot.link.address import websocket_address
from casare_robot.link.orchestrator_client import OrchestratorClient, OrchestratorError
from casare_robot.orchestrator.local_keys import default_folder, read_keys


def make_code(
    to: str | None,
    *,
    key: str | None,
    data: Path | None,
    robot_id: str | None,
    place: GroupPlace,
    json_output: bool,
) -> int:
    """Ask for a code and tell what to do with it; the exit code."""
    try:
        if to is None:
            known = read_keys(data or default_folder())
            if known is None or not known.url:
                raise UsageError(
                    "there is no orchestrator of this user here; name one with --to, "
                    "or its folder with --data"
                )
            to, key = known.url, key or known.admin_key
        address = websocket_address(to, path="")
        made = asyncio.run(_made(to, key_to(to, key), robot_id, place))
    except OrchestratorError as error:
        code = refuse(error, json_output=json_output)
        return code if error.status else UNREACHABLE
    except RobotError as error:
        return refuse(error, json_output=json_output)
    if json_output:
        print(as_json({"orchestrator_url": address, **made}))
        return 0
    until = clock_time(datetime.fromisoformat(made["expires_at"]))
    print(
        f"On the robot's machine, once, until {until}:\n"
        f"  casare-robot enroll {made['code']} --to {address}\n"
        "  casare-robot run"
    )
    return 0


async def _made(to: str, key: str, robot_id: str | None, place: GroupPlace) -> dict[str, Any]:
    async with OrchestratorClient(to, key) as orchestrator:
        return await orchestrator.make_code(robot_id=robot_id, **place.settings)
