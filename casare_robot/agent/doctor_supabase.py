"""What the doctor looks at in a Supabase project."""

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any

from casare_robot.agent.doctor import Check, Finding, Patient, fail, ok, warn
from casare_robot.domain.errors import StoreError
from casare_robot.store.supabase.http import ProjectHttp, SignInError
from casare_robot.store.supabase.project import Project, read_project
from casare_robot.store.supabase.realtime import Channel, Realtime
from casare_robot.store.supabase.sign_in import sign_in
from casare_robot.store.supabase.socket import open_socket
from casare_robot.store.supabase.supabase_store import ACCESS, FORMAT

PATIENCE = 8.0
"""Seconds for Realtime to let the robot into its channels."""
_INIT = "have the project's owner run `casare-robot supabase init`"


def project(patient: Patient) -> Finding | None:
    """Whether it can be reached, and knows the robot."""
    if not _is_wanted(patient):
        return None
    url = patient.config.supabase_url
    try:
        about = _about(patient)
    except SignInError as error:
        return fail("supabase", str(error), "enrol this robot again, with a new code")
    except StoreError as error:
        return fail("supabase", f"{url}: {error}", "see whether the address and the key are right")
    robot = about.get("robot")
    if robot != patient.config.robot_id:
        told = f"{url} knows this key as robot {robot}, the settings say {patient.config.robot_id}"
        return fail("supabase", told, "enrol this robot again, with a new code")
    return ok("supabase", f"{url} knows this robot")


def tables(patient: Patient) -> Finding | None:
    """Whether its functions are this release's."""
    if not _is_wanted(patient):
        return None
    about = _about(patient)
    found = about.get("format"), about.get("access")
    if found != (FORMAT, ACCESS):
        told = f"the project has formats {found}, this release knows {(FORMAT, ACCESS)}"
        return fail("schema", told, f"{_INIT} of the newest release")
    return ok("schema", f"format {FORMAT}, as this release knows it")


def policies(patient: Patient) -> Finding | None:
    """Whether rows are guarded, and the robot may see its group's."""
    if not _is_wanted(patient):
        return None
    about = _about(patient)
    if about.get("guarded") is not True:
        return fail("policies", "row level security is off: anybody sees everything", _INIT)
    spaces = [str(space) for space in about.get("spaces") or ()]
    if f"group:{patient.config.group}" not in spaces:
        told = f"this robot may not see group {patient.config.group}, only {', '.join(spaces)}"
        return fail("policies", told, "enrol it with a code for this group")
    return ok("policies", f"rows are guarded; this robot sees {', '.join(spaces)}")


def realtime(patient: Patient) -> Finding | None:
    """Whether it may speak on its channels."""
    if not _is_wanted(patient):
        return None
    problem = asyncio.run(_visit(_project(patient), patient.config))
    if problem:
        told = f"{problem}; jobs come all the same, a little later, and nobody sees progress"
        return warn("realtime", told, "see whether Realtime is on, and websockets come through")
    return ok("realtime", "this robot may speak on its channels")


async def _visit(where: Project, config: Any) -> str:
    """Why not every channel can be joined; empty: they can."""
    http = ProjectHttp(where)
    topics = f"robot:{config.robot_id}", f"group:{config.group}"
    channels = (Channel(topic=topic, hear=lambda *_: None) for topic in topics)
    account = sign_in(http, where)
    line = Realtime(partial(open_socket, where), account.fresh, *channels)
    running = asyncio.create_task(line.run())
    try:
        async with asyncio.timeout(PATIENCE):
            await line.joined()
    except TimeoutError:
        return line.problem
    finally:
        running.cancel()
        await asyncio.wait([running])
        await http.close()
    return ""


def _is_wanted(patient: Patient) -> bool:
    config = patient.config
    return bool(config.supabase_url and config.api_key) and not config.orchestrator_url


def _project(patient: Patient) -> Project:
    config = patient.config
    keys = {"key": config.supabase_key, "robot_key": config.api_key}
    return read_project(config.supabase_url)._replace(**keys)


def _about(patient: Patient) -> Mapping[str, Any]:
    """What the project says of itself and of the robot.

    Raises:
        StoreError: It cannot be asked.
    """
    where = _project(patient)

    async def ask() -> Any:
        http = ProjectHttp(where)
        try:
            token = await sign_in(http, where).fresh()
            return await http.rpc("casare_robot_about", {}, token)
        finally:
            await http.close()

    told = asyncio.run(ask())
    if not isinstance(told, Mapping):
        raise StoreError("it does not say what it is")
    return told


CHECKS = (
    Check("supabase", project, limit=20.0),
    Check("schema", tables, ("supabase",), limit=20.0),
    Check("policies", policies, ("schema",), limit=20.0),
    Check("realtime", realtime, ("policies",), limit=20.0),
)
