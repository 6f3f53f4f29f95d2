"""Makes a robot known to a Supabase project: one code becomes a key of its own."""

import asyncio
import platform
import secrets
from pathlib import Path
from typing import Any, NamedTuple

from casare_robot.agent.identity import establish_identity
from casare_robot.config.editing import change_secret, change_settings
from casare_robot.config.loading import load_config, memory_folder
from casare_robot.desktop.machine import machine_traits
from casare_robot.desktop.places import Places
from casare_robot.desktop.secret_store import robot_secrets
from casare_robot.domain.errors import StoreError, StoreUnavailableError
from casare_robot.store.supabase.http import ProjectHttp
from casare_robot.store.supabase.project import Project, check_key, read_project
from casare_robot.store.supabase.sign_in import SignIn

SEPARATOR = "~"
"""Between a code and the publishable key that came with it."""
TRIES = 3
"""With the same key, because an answer may be lost after the code was used up."""


class EnrolledThere(NamedTuple):
    """What the robot is now, and whether a keyring guards its key."""

    robot_id: str
    project_url: str
    group: str
    is_guarded: bool


def enrol_at_project(
    url: str,
    code: str,
    *,
    key: str = "",
    robot_name: str = "",
    places: Places,
    home: Path | None = None,
) -> EnrolledThere:
    """Exchange the code, keep the keys, write the settings. Blocks.

    Args:
        url: The project's address.
        code: As `casare-robot supabase invite` printed it; may bring the key along.
        key: The publishable key, if the code does not and the settings have none.
        robot_name: Shown to people; else the settings', or the machine's.
        places: Where settings and secrets are.
        home: As given on the command line.

    Raises:
        ConfigError: The settings are wrong.
        StoreError: The project refused, cannot be reached, or the key is a secret one.
        SecretStoreError: The keys can be kept nowhere.
    """
    config = load_config(places=places, strict=True)
    code, _, brought = code.strip().partition(SEPARATOR)
    project = read_project(url)
    project = project._replace(key=brought or key or project.key or config.supabase_key)
    check_key(project.key)
    if not project.key:
        raise StoreError("the code brings no publishable key: give it with --key")
    is_guarded = robot_secrets(places.data).prepare()
    name = robot_name or config.robot_name or platform.node()
    robot_key = secrets.token_urlsafe(48)
    robot_id, groups = asyncio.run(_exchange(project, code, robot_key, name))
    group = groups[0] if groups else ""
    change_secret("supabase_key", project.key, places=places)
    change_secret("api_key", robot_key, places=places)
    told = {"robot_id": robot_id, "supabase_url": project.url, "group": group}
    if robot_name:
        told["robot_name"] = robot_name
    change_settings(told, places=places, without=["orchestrator_url", "store_url"])
    establish_identity(
        memory_folder(config, home),
        machine=machine_traits(),
        robot_id=robot_id,
        is_confirmed=True,
    )
    return EnrolledThere(robot_id, project.url, group, is_guarded)


async def _exchange(
    project: Project, code: str, robot_key: str, name: str
) -> tuple[str, list[str]]:
    http = ProjectHttp(project)
    try:
        token = await SignIn(http, "").fresh()
        said = {"code": code, "robot_key": robot_key, "robot_name": name}
        told = await _insist(http, said, token)
    finally:
        await http.close()
    spaces = told.get("spaces") if isinstance(told, dict) else None
    if not isinstance(told, dict) or not told.get("robot_id") or not isinstance(spaces, list):
        raise StoreError("the project did not answer with an enrolment")
    groups = [str(space)[len("group:") :] for space in spaces if str(space).startswith("group:")]
    return str(told["robot_id"]), groups


async def _insist(http: ProjectHttp, said: dict[str, Any], token: str) -> Any:
    for _ in range(TRIES - 1):
        try:
            return await http.rpc("casare_robot_enroll", said, token)
        except StoreUnavailableError:
            await asyncio.sleep(1.0)
    return await http.rpc("casare_robot_enroll", said, token)
