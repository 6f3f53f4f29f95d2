"""`casare-robot audit`: whether the audit is as the robot wrote it."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from casare_robot.cli.refusal import UsageError, refuse
from casare_robot.cli.rendering import UNREACHABLE, as_json
from casare_robot.cli.robot_at_hand import robot_at_hand
from casare_robot.domain.audit_head import AuditHead
from casare_robot.domain.errors import RobotError


def verify_audit(*, against: str | None, json_output: bool, home: Path | None) -> int:
    """Tell everything that is not; the exit code.

    Args:
        against: Address of an orchestrator, which keeps ends of the audit.
        json_output: Print JSON.
        home: Folder for everything the robot keeps.
    """
    from casare_robot.link.orchestrator_client import OrchestratorError

    try:
        heads = () if against is None else asyncio.run(_kept_by(against, home))
        with robot_at_hand(home) as robot:
            faults = asyncio.run(robot.verify_audit(heads))
    except OrchestratorError as error:
        code = refuse(error, json_output=json_output)
        return code if error.status else UNREACHABLE
    except RobotError as error:
        return refuse(error, json_output=json_output)
    if against is not None and not heads:
        print(f"warning: {against} keeps nothing of this robot's audit", file=sys.stderr)
    if json_output:
        print(as_json({"whole": not faults, "faults": msgspec.to_builtins(faults)}))
    else:
        for fault in faults:
            print(fault)
        if not faults:
            print("the audit is whole")
    return 1 if faults else 0


async def _kept_by(url: str, home: Path | None) -> Sequence[AuditHead]:
    from casare_robot.agent.identity import kept_robot_id
    from casare_robot.config.loading import load_config, memory_folder
    from casare_robot.desktop.places import find_places
    from casare_robot.link.orchestrator_client import OrchestratorClient
    from casare_robot.orchestrator.local_keys import keys_for

    config = load_config(places=find_places(home))
    robot_id = config.robot_id or kept_robot_id(memory_folder(config, home))
    if not robot_id:
        raise UsageError("there has never been a robot here, so nobody keeps anything of it")
    local = keys_for(url)
    async with OrchestratorClient(url, local.admin_key if local else config.api_key) as client:
        return await client.audit_heads(robot_id)
