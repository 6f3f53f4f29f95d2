"""`casare-robot audit`: whether the audit is as the robot wrote it."""

import asyncio
from pathlib import Path

import msgspec

from casare_robot.cli.refusal import refuse
from casare_robot.cli.rendering import as_json
from casare_robot.cli.robot_at_hand import robot_at_hand
from casare_robot.domain.errors import RobotError


def verify_audit(*, json_output: bool, home: Path | None) -> int:
    """Tell everything that is not; the exit code."""
    try:
        with robot_at_hand(home) as robot:
            faults = asyncio.run(robot.verify_audit())
    except RobotError as error:
        return refuse(error, json_output=json_output)
    if json_output:
        print(as_json({"whole": not faults, "faults": msgspec.to_builtins(faults)}))
    else:
        for fault in faults:
            print(fault)
        if not faults:
            print("the audit is whole")
    return 1 if faults else 0
