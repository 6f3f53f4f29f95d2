"""`casare-robot group join` and `leave` of this robot itself: its settings name its group."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from casare_robot.agent.identity import kept_robot_id
from casare_robot.cli.group_commands import done
from casare_robot.cli.refusal import UsageError
from casare_robot.cli.settings_told import how_it_holds, tell_running
from casare_robot.cli.shared_store import named, refused, with_store
from casare_robot.config.editing import change_settings
from casare_robot.config.loading import load_config, memory_folder
from casare_robot.desktop.places import find_places
from casare_robot.domain.errors import RobotError
from casare_robot.groups.robot_group import RobotGroup
from casare_robot.store.store import Store


def join(
    group: str,
    *,
    role: str,
    capabilities: Sequence[str],
    url: str | None,
    home: Path | None,
    json_output: bool,
) -> int:
    """Have this robot work in a group that there is; a running one from its next start."""
    if capabilities:
        problem = UsageError("what this robot can do are its tags: casare-robot config set tags")
        return refused(problem, json_output=json_output)

    async def look(store: Store) -> int:
        await named(store, group)
        return 0

    if code := with_store(look, url=url, home=home, json_output=json_output):
        return code
    wanted = {"group": group, "group_role": role} | ({"store_url": url} if url else {})
    told = {"group": group, "role": role}
    return _change(wanted, told, f"this robot is {role} in {group}", home, json_output=json_output)


def leave(group: str, *, url: str | None, home: Path | None, json_output: bool) -> int:
    """Take this robot out of its group: it gets no more of the group's jobs."""
    try:
        config = load_config(places=find_places(home), secrets=False)
        if config.group != group:
            where = f"it is in {config.group}" if config.group else "it is in none"
            raise UsageError(f"this robot is not in {group}: {where}; --robot names another")
    except RobotError as error:
        return refused(error, json_output=json_output)
    robot_id = config.robot_id or kept_robot_id(memory_folder(config, home))

    async def remove(store: Store) -> int:
        async with await RobotGroup.open(store, await named(store, group)) as opened:
            await opened.remove(robot_id)
        return 0

    if robot_id and (code := with_store(remove, url=url, home=home, json_output=json_output)):
        return code
    told = {"group": group, "robot": robot_id}
    return _change({}, told, f"this robot has left {group}", home, json_output=json_output)


def _change(
    wanted: Mapping[str, Any],
    told: Mapping[str, Any],
    text: str,
    home: Path | None,
    *,
    json_output: bool,
) -> int:
    """Set these settings, or forget those of a group if there are none."""
    places = find_places(home)
    names = ("group", "group_role")
    try:
        change_settings(wanted, places=places, without=() if wanted else names)
        config = load_config(places=places)
        for name, value in wanted.items():
            if getattr(config, name) != value:
                raise UsageError(f"{name} is written, but {config.where(name)} is stronger")
    except RobotError as error:
        return refused(error, json_output=json_output)
    holds = how_it_holds(names)
    done(f"{text}, {holds}", {**told, "holds": holds}, json_output=json_output)
    tell_running(config, home)
    return 0
