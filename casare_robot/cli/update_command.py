"""`casare-robot update`: newer versions, and the way back."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import msgspec

from casare_robot import __version__
from casare_robot.cli.agent_commands import running_robot
from casare_robot.cli.refusal import refuse
from casare_robot.cli.rendering import BUSY, as_json
from casare_robot.config.loading import load_config
from casare_robot.desktop.places import find_places
from casare_robot.domain.errors import AgentUnreachableError, RobotError, UpdateError
from casare_robot.domain.robot_status import UpdateStatus
from casare_robot.updates.updates import Told, Updates


def check(*, json_output: bool, home: Path | None) -> int:
    """Look for a newer version and fetch it; the exit code."""

    def act(updates: Updates) -> int:
        status = asyncio.run(updates.check())
        if json_output:
            print(as_json(msgspec.to_builtins(status)))
        else:
            print(_line(status))
        return 0

    return _do(act, json_output=json_output, home=home)


def apply(*, drain: bool, json_output: bool, home: Path | None) -> int:
    """Install what is ready; the exit code."""

    def act(updates: Updates) -> int:
        told = updates.install(is_busy=_is_busy(home), drain=drain)
        return _say(told, json_output=json_output)

    return _do(act, json_output=json_output, home=home)


def back(*, drain: bool, json_output: bool, home: Path | None) -> int:
    """Put the version before this one in its place; the exit code."""

    def act(updates: Updates) -> int:
        told = updates.go_back(is_busy=_is_busy(home), drain=drain)
        return _say(told, json_output=json_output)

    return _do(act, json_output=json_output, home=home)


def _do(act: Callable[[Updates], int], *, json_output: bool, home: Path | None) -> int:
    try:
        places = find_places(home)
        config = load_config(places=places, secrets=False)
        return act(Updates(config, places.data, version=__version__))
    except OSError as error:
        return _refuse(UpdateError(f"it cannot be done: {error}"), json_output=json_output)
    except RobotError as error:
        return _refuse(error, json_output=json_output)


def _refuse(error: RobotError, *, json_output: bool) -> int:
    code = refuse(error, json_output=json_output)
    return BUSY if error.code == "E-UPD-423" else code


def _is_busy(home: Path | None) -> bool:
    """Whether an installation would interrupt jobs."""

    async def look() -> bool:
        status = await running_robot(home).status()
        return bool(status.jobs or status.waiting)

    try:
        return asyncio.run(look())
    except AgentUnreachableError:
        return False


def _say(told: Told, *, json_output: bool) -> int:
    if json_output:
        print(as_json({"begun": told.is_begun, "message": told.message}))
    else:
        print(told.message)
    return 0


def _line(status: UpdateStatus) -> str:
    if not status.version:
        return "no newer version is offered"
    notes = f": {status.notes}" if status.notes else ""
    return f"version {status.version} is ready{notes}; casare-robot update apply installs it"
