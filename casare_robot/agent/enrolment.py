"""Makes a robot known to an orchestrator: a code for once becomes an id and a key."""

import asyncio
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from casare_robot.agent.identity import FILE as IDENTITY
from casare_robot.agent.robot_key import keep_robot_key
from casare_robot.config.editing import change_setting
from casare_robot.config.loading import load_config
from casare_robot.config.sources import read_json_object
from casare_robot.desktop.places import Places
from casare_robot.domain.errors import ConfigError, Fault, RobotError
from casare_robot.link.orchestrator_client import OrchestratorClient


class EnrolmentError(RobotError):
    """The code could not be exchanged, or what came back is no identity."""

    code = "E-ENROL-400"


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """What an administrator gives: where to enrol, the code, and how to call the robot."""

    code: str
    orchestrator_url: str = ""
    robot_name: str = ""


class Enrolled(NamedTuple):
    """What the robot is now, and where its key is kept."""

    robot_id: str
    orchestrator_url: str
    kept_by: str


class _Given(msgspec.Struct, frozen=True, kw_only=True):
    robot_id: str
    api_key: str
    orchestrator_url: str


def read_invitation(file: Path) -> Invitation:
    """The invitation in a JSON file.

    Raises:
        ConfigError: There is none.
    """
    try:
        return msgspec.convert(read_json_object(file), Invitation)
    except msgspec.ValidationError as error:
        message = f"{file} is no invitation: {error}"
        raise ConfigError([Fault(code="E-CFG-901", message=message)]) from error


def enrol(invitation: Invitation, *, places: Places) -> Enrolled:
    """Exchange the code, keep the key, write the settings.

    The code is spent by the exchange, so what could fail here is tried before.

    Raises:
        ConfigError: The settings are wrong, or the address is none.
        EnrolmentError: What came back is no identity.
        RobotError: The orchestrator refused or cannot be reached.
        OSError: The key can be kept nowhere.
    """
    config = load_config(places=places, strict=True)
    url = invitation.orchestrator_url or config.orchestrator_url
    if not url:
        message = "no orchestrator is named; add --orchestrator URL"
        raise ConfigError([Fault(code="E-CFG-904", message=message, key="orchestrator_url")])
    config.checkpoint_dir.mkdir(parents=True, exist_ok=True)
    change_setting("orchestrator_url", url, places=places)
    name = invitation.robot_name or config.robot_name or platform.node()
    said = asyncio.run(_exchange(url, invitation.code, name))
    try:
        given = msgspec.convert(said, _Given)
    except msgspec.ValidationError as error:
        raise EnrolmentError(f"the orchestrator's answer is no identity: {error}") from error
    kept_by = keep_robot_key(config, given.api_key)
    change_setting("robot_id", given.robot_id, places=places)
    change_setting("orchestrator_url", given.orchestrator_url, places=places)
    if invitation.robot_name:
        change_setting("robot_name", invitation.robot_name, places=places)
    (config.checkpoint_dir / IDENTITY).unlink(missing_ok=True)  # a clone begins anew with this id
    return Enrolled(given.robot_id, given.orchestrator_url, kept_by)


async def _exchange(url: str, code: str, name: str) -> Mapping[str, Any]:
    async with OrchestratorClient(url) as orchestrator:
        return await orchestrator.enroll(code, robot_name=name, machine=platform.node())
