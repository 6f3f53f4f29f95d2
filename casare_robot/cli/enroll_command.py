"""`casare-robot enroll` and `unenroll`: who the robot is, and whom it works for."""

import asyncio
import platform
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from casare_robot.agent.identity import establish_identity
from casare_robot.cli import asking
from casare_robot.cli.refusal import refuse
from casare_robot.cli.rendering import as_json
from casare_robot.cli.secrets_kept import warn_unguarded
from casare_robot.cli.settings_told import tell_running
from casare_robot.config.editing import change_secret, change_settings
from casare_robot.config.loading import load_config, memory_folder
from casare_robot.config.reading import read
from casare_robot.config.robot_config import RobotConfig
from casare_robot.desktop.machine import machine_traits
from casare_robot.desktop.places import Places, find_places
from casare_robot.desktop.secret_store import robot_secrets
from casare_robot.domain.errors import ConfigError, RobotError
from casare_robot.link.address import websocket_address
from casare_robot.link.orchestrator_client import OrchestratorClient, OrchestratorError


class Enrolment(msgspec.Struct, frozen=True, kw_only=True):
    """What an orchestrator gives for a code."""

    robot_id: str
    api_key: str
    orchestrator_url: str = ""
    expires_at: datetime | None = None


def enroll(
    to: str, code: str | None, *, name: str | None, yes: bool, json_output: bool, home: Path | None
) -> int:
    """Exchange a code for an id and a key of this robot, and keep them; the exit code.

    Everything that can be refused here is, before the code is used up.
    """
    places = find_places(home)
    try:
        websocket_address(to, path="/")
        config = load_config(places=places, strict=True, secrets=False)
        _make_sure_to_replace(config, places, yes=yes)
        chosen = {"robot_name": name} if name else {}
        read({"orchestrator_url": to, **chosen}, source="enroll")
        is_guarded = robot_secrets(places.data).prepare()
        robot_name = name or config.robot_name or platform.node()
        given = asyncio.run(_exchange(to, code or asking.answer("enrolment code"), robot_name))
        address = _address(given.orchestrator_url, to)
        change_secret("api_key", given.api_key, places=places, expires_at=given.expires_at)
        change_settings(
            {"robot_id": given.robot_id, "orchestrator_url": address, **chosen}, places=places
        )
        establish_identity(
            memory_folder(config, home),
            machine=machine_traits(),
            robot_id=given.robot_id,
            is_confirmed=True,
        )
        now = load_config(places=places)
    except RobotError as error:
        return refuse(error, json_output=json_output)
    if not is_guarded:
        warn_unguarded(robot_secrets(places.data))
    told = f"this robot is {now.robot_id} at {now.orchestrator_url}"
    if json_output:
        print(as_json({"robot_id": now.robot_id, "orchestrator_url": now.orchestrator_url}))
    elif (now.robot_id, now.orchestrator_url) == (given.robot_id, address):
        print(f"{told}; `casare-robot run` starts it")
    else:
        sources = {now.where("robot_id"), now.where("orchestrator_url")}
        print(f"enrolled as {given.robot_id}, but {' and '.join(sorted(sources))} say: {told}")
    tell_running(now, home)
    return 0


def unenroll(*, yes: bool, json_output: bool, home: Path | None) -> int:
    """Forget id, key and orchestrator of this robot; the exit code. Asks no orchestrator."""
    places = find_places(home)
    try:
        config = load_config(places=places, secrets=False)
        if not _is_enrolled(config, places):
            print(as_json({"enrolled": False}) if json_output else "this robot is not enrolled")
            return 0
        question = f"forget that this robot is {config.robot_id} at {config.orchestrator_url}?"
        asking.make_sure(question, yes=yes)
        change_secret("api_key", None, places=places)
        change_settings({}, places=places, without=["robot_id", "orchestrator_url"])
        now = load_config(places=places)
    except RobotError as error:
        return refuse(error, json_output=json_output)
    told = "this robot works for this desk only; its key still opens the orchestrator until revoked"
    print(as_json({"enrolled": False}) if json_output else told)
    tell_running(now, home)
    return 0


def _make_sure_to_replace(config: RobotConfig, places: Places, *, yes: bool) -> None:
    if _is_enrolled(config, places):
        who = f"{config.robot_id or 'enrolled'} at {config.orchestrator_url or 'nowhere'}"
        asking.make_sure(f"this robot is {who}; enrol it anew?", yes=yes)


def _is_enrolled(config: RobotConfig, places: Places) -> bool:
    has_key = bool(config.api_key) or "api_key" in robot_secrets(places.data).names()
    return has_key or bool(config.robot_id and config.orchestrator_url)


async def _exchange(to: str, code: str, robot_name: str) -> Enrolment:
    async with OrchestratorClient(to) as orchestrator:
        answer: Any = await orchestrator.enroll(
            code.strip(), robot_name=robot_name, machine=platform.node()
        )
    try:
        given = msgspec.convert(answer, Enrolment)
        read({"robot_id": given.robot_id, "api_key": given.api_key}, source=to)
    except (msgspec.ValidationError, ConfigError) as error:
        raise _no_enrolment(to, str(error)) from error
    if not given.robot_id or not given.api_key:
        raise _no_enrolment(to, "the id or the key is empty")
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


def _no_enrolment(to: str, why: str) -> OrchestratorError:
    return OrchestratorError(f"{to} did not answer with an enrolment: {why}", code="E-LINK-502")
