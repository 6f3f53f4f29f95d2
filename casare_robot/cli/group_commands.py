"""`casare-robot group`: who is in a group, in which role, and who takes over."""

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from casare_robot.cli.asking import make_sure
from casare_robot.cli.rendering import as_json, counted
from casare_robot.cli.shared_store import named
from casare_robot.domain.group_status import GroupStatus
from casare_robot.domain.plain_json import plain
from casare_robot.groups.drill import drill
from casare_robot.groups.fleet import Fleet
from casare_robot.groups.group_config import STATUSES
from casare_robot.groups.group_look import groups_of, look_at, status_as_dict
from casare_robot.groups.health_rules import overall
from casare_robot.groups.robot_group import RobotGroup
from casare_robot.groups.words import one_of
from casare_robot.store.store import Store

if TYPE_CHECKING:
    from rich.console import RenderableType

NONE = "there is no group yet; casare-robot group create NAME makes one"


async def create(
    store: Store,
    name: str,
    *,
    active: Sequence[str],
    passive: Sequence[str],
    config: Mapping[str, Any],
    json_output: bool,
) -> int:
    """Make a group, with members if some are named."""
    async with await Fleet.open(store=store) as fleet:
        await fleet.create_group(name, active=active, passive=passive, **config)
    return await show_status(store, name, json_output=json_output)


async def list_groups(store: Store, *, status: str | None, json_output: bool) -> int:
    """Show all groups, or those of a status."""
    if status is not None:
        status = one_of("status", status, STATUSES)
    groups = [
        group
        for group in await groups_of(store, now=time.time())
        if status is None or group.status == status
    ]
    if json_output:
        print(as_json([plain(status_as_dict(group)) for group in groups]))
    elif not groups:
        hint = f"no group is {status}" if status else NONE
        print(hint, file=sys.stderr)
    else:
        from casare_robot.cli.group_view import list_lines, list_picture

        show(lambda: list_lines(groups), lambda: list_picture(groups))
    return 0


async def show_status(store: Store, group: str | None, *, json_output: bool) -> int:
    """Show how a group is."""
    status = await look_at(store, await named(store, group), now=time.time())
    if json_output:
        print(as_json(plain(status_as_dict(status))))
    else:
        from casare_robot.cli.group_view import status_lines, status_picture

        show(lambda: status_lines(status), lambda: status_picture(status))
    return 0


async def join(
    store: Store,
    group: str,
    robot: str,
    *,
    role: str,
    capabilities: Sequence[str],
    priority: str,
    json_output: bool,
) -> int:
    """Have a robot in a group."""
    async with await RobotGroup.open(store, await named(store, group)) as opened:
        await opened.join(robot, role=role, capabilities=capabilities, priority=priority)
        (taken,) = (m.role for m in await opened.members() if m.robot == robot)
    told = {"group": group, "robot": robot, "role": taken}
    return done(f"{robot} is {taken} in {group}", told, json_output=json_output)


async def leave(store: Store, group: str, robot: str, *, json_output: bool) -> int:
    """Take a robot out of a group."""
    async with await RobotGroup.open(store, await named(store, group)) as opened:
        was_member = await opened.is_member(robot)
        await opened.remove(robot)
    told = {"group": group, "robot": robot, "was_member": was_member}
    text = f"{robot} has left {group}" if was_member else f"{robot} was not in {group}"
    return done(text, told, json_output=json_output)


async def promote(store: Store, group: str, robot: str, *, json_output: bool) -> int:
    """Make a passive robot active."""
    async with await RobotGroup.open(store, await named(store, group)) as opened:
        await opened.promote(robot)
    told = {"group": group, "robot": robot, "role": "active"}
    return done(f"{robot} is active in {group}", told, json_output=json_output)


async def demote(store: Store, group: str, robot: str, *, json_output: bool) -> int:
    """Make an active robot passive."""
    async with await RobotGroup.open(store, await named(store, group)) as opened:
        await opened.demote(robot)
    told = {"group": group, "robot": robot, "role": "passive"}
    return done(f"{robot} is passive in {group}", told, json_output=json_output)


async def failover(
    store: Store, group: str | None, *, failed: str | None, json_output: bool
) -> int:
    """Replace an active robot by a passive one."""
    name = await named(store, group)
    async with await RobotGroup.open(store, name) as opened:
        await opened.failover(failed)
        story = (await opened.row()).record["failovers"][-1]
    gone = ", ".join(story["retired"])
    return done(
        f"{story['promoted']} took over from {gone} in {name}",
        {"group": name, **story},
        json_output=json_output,
    )


async def run_drill(store: Store, group: str | None, *, yes: bool, json_output: bool) -> int:
    """Fail over on purpose; 1 if the new active robot does not answer."""
    name = await named(store, group)
    busy = (await look_at(store, name, now=time.time())).jobs
    if open_jobs := busy.get("running", 0) + busy.get("assigned", 0):
        make_sure(f"{name} has {open_jobs} open jobs, which begin again elsewhere: go on?", yes=yes)
    async with await RobotGroup.open(store, name) as opened:
        report = await drill(opened, store)
    if json_output:
        print(as_json(plain(msgspec.to_builtins(report) | {"seconds": report.seconds})))
    else:
        from casare_robot.cli.group_view import drill_lines

        for line in drill_lines(report):
            print(line)
    return 1 if report.answered is False else 0


async def sync(store: Store, group: str | None, *, json_output: bool) -> int:
    """Bring all members up to date."""
    name = await named(store, group)
    async with await RobotGroup.open(store, name) as opened:
        counts = await opened.sync_all()
    told = f"new to {counted(counts['members_updated'], 'member')}: " + counted(
        counts["synced_nodes"], "text"
    )
    return done(told, {"group": name, **counts}, json_output=json_output)


async def show_health(store: Store, group: str | None, *, json_output: bool) -> int:
    """Show who is well; 1 if a member is silent or nobody is active."""
    name = await named(store, group)
    status = await look_at(store, name, now=time.time())
    condition = await store.health()
    silent = [m.robot for m in status.members if m.health == "disconnected"]
    facts = {
        "group": name,
        "status": overall(len(silent), load=status.token_utilization, is_degraded=False)
        if status.names("active")
        else "unhealthy",
        "members": [
            {"robot": m.robot, "role": m.role, "health": m.health, "lease_age": m.lease_age}
            for m in status.members
        ],
        "failed_agents": len(silent),
        "store": {"latency": condition.latency, "warnings": list(condition.warnings)},
    }
    if json_output:
        print(as_json(plain(facts)))
    else:
        for line in _health_lines(facts, status):
            print(line)
    return 0 if status.names("active") and not silent else 1


def _health_lines(facts: Mapping[str, Any], status: GroupStatus) -> Iterator[str]:
    yield f"{facts['group']}: {facts['status']}"
    if not status.names("active"):
        yield "  nobody is active: no job of the group runs"
    for member in status.members:
        seen = "" if member.lease_age is None else f", seen {member.lease_age:.1f} s ago"
        yield f"  {member.robot:<16}  {member.role:<7}  {member.health}{seen}"
    yield f"store: written in {facts['store']['latency'] * 1000:.1f} ms"
    for warning in facts["store"]["warnings"]:
        yield f"warning: {warning}"


def done(text: str, value: Mapping[str, Any], *, json_output: bool) -> int:
    """Say what was done; 0."""
    print(as_json(plain(dict(value))) if json_output else text)
    return 0


def show(lines: Callable[[], Iterator[str]], picture: Callable[[], "RenderableType"]) -> None:
    """Print a picture on a terminal, plain lines elsewhere."""
    if not sys.stdout.isatty():
        for line in lines():
            print(line)
        return
    from rich.console import Console

    Console().print(picture())
