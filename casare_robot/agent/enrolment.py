"""Makes a robot known to an orchestrator: a code for once becomes an id and a key."""

import asyncio
import platform
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from casare_robot.agent.identity import establish_identity
from casare_robot.config.editing import change_secret, change_settings
from casare_robot.config.loading import load_config, memory_folder
from casare_robot.config.reading import read
from casare_robot.config.robot_config import RobotConfig
from casare_robot.config.sources import read_json_object
from casare_robot.desktop.machine import machine_traits
from casare_robot.desktop.places import Places
from casare_robot.desktop.secret_store import robot_secrets
from casare_robot.domain.errors import ConfigError, Fault
from casare_robot.domain.group_place import GroupPlace
from casare_robot.link.address import websocket_address
from casare_robot.link.orchestrator_client import OrchestratorClient, OrchestratorError


class Invitation(GroupPlace, frozen=True, kw_only=True):
    """What an administrator gives: where to enrol, the code, how to call the robot, its group."""

    orchestrator_url: str
    code: str
    robot_name: str = ""


class Enrolled(NamedTuple):
    """What the robot is now: its id and orchestrator, and whether a keyring guards its key."""

    robot_id: str
    orchestrator_url: str
    is_guarded: bool


class _Given(GroupPlace, frozen=True, kw_only=True):
    robot_id: str
    api_key: str
    orchestrator_url: str = ""
    expires_at: datetime | None = None


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


def enrol(invitation: Invitation, *, places: Places, home: Path | None = None) -> Enrolled:
    """Exchange the code, keep the key, write the settings. Blocks.

    Everything that can be refused here is, before the code is used up.

    Raises:
        ConfigError: The settings are wrong, or the address is none.
        OrchestratorError: The orchestrator refused, cannot be reached, or gave no identity.
        SecretStoreError: The key can be kept nowhere.
    """
    to = invitation.orchestrator_url
    websocket_address(to, path="/")
    config = load_config(places=places, strict=True, secrets=False)
    told = invitation.settings
    if invitation.robot_name:
        told["robot_name"] = invitation.robot_name
    read({"orchestrator_url": to, **told}, source="enroll")
    is_guarded = robot_secrets(places.data).prepare()
    robot_name = invitation.robot_name or config.robot_name or platform.node()
    given = asyncio.run(_exchange(to, invitation.code, robot_name))
    address = _address(given.orchestrator_url, to)
    change_secret("api_key", given.api_key, places=places, expires_at=given.expires_at)
    change_settings(
        {"robot_id": given.robot_id, "orchestrator_url": address, **given.settings, **told},
        places=places,
    )
    establish_identity(
        memory_folder(config, home),
        machine=machine_traits(),
        robot_id=given.robot_id,
        is_confirmed=True,
    )
    return Enrolled(given.robot_id, address, is_guarded)


def is_enrolled(config: RobotConfig, places: Places) -> bool:
    """Whether the robot has a key, or an id at an orchestrator."""
    has_key = bool(config.api_key) or "api_key" in robot_secrets(places.data).names()
    return has_key or bool(config.robot_id and config.orchestrator_url)


async def _exchange(to: str, code: str, robot_name: str) -> _Given:
    async with OrchestratorClient(to) as orchestrator:
        answer: Any = await orchestrator.enroll(
            code.strip(), robot_name=robot_name, machine=platform.node()
        )
    try:
        given = msgspec.convert(answer, _Given)
        read({"robot_id": given.robot_id, "api_key": given.api_key}, source=to)
    except (msgspec.ValidationError, ConfigError) as error:
        raise _no_identity(to, str(error)) from error
    if not given.robot_id or not given.api_key:
        raise _no_identity(to, "the id or the key is empty")
    return given


def _address(told: str, typed: str) -> str:
    """The address that the orchestrator gives, unless it is none or less safe than the typed one.

    One behind a gateway may know itself only by a name, or a line, of its own network.
    """
    try:
        as_told, as_typed = (websocket_address(url, path="/") for url in (told, typed))
    except ConfigError:
        return typed
    return typed if as_typed.startswith("wss:") and not as_told.startswith("wss:") else told


def _no_identity(to: str, why: str) -> OrchestratorError:
    return OrchestratorError(f"{to} did not answer with an enrolment: {why}", code="E-LINK-502")
