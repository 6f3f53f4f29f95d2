"""What can be asked of groups from outside, as messages: twelve commands and a ping."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

import msgspec

from casare_robot.domain.errors import GroupError, NotFoundError, RobotError
from casare_robot.groups.group_view import GroupView
from casare_robot.groups.words import invalid
from casare_robot.store.store import Store

Given: TypeAlias = Mapping[str, Any]
Command: TypeAlias = Callable[[GroupView, Store, Given], Awaitable[dict[str, Any]]]
Make: TypeAlias = Callable[..., Awaitable[GroupView]]

SUCCESS: Mapping[str, Any] = {"success": True, "status": "ok"}


async def answer(
    group: GroupView, store: Store, request: str | Given, *, make: Make
) -> dict[str, Any]:
    """Do what a message asks for.

    Args:
        group: The group that is meant unless the message names another.
        store: Where groups are.
        request: ``{command, group, ...}``, or that as a line of JSON. The
            commands are ping, create, list, status, join, leave, remember,
            recall, working_memory, promote, failover, sync, shutdown.
        make: Opens another group.

    Returns:
        ``{success: True, status: "ok", ...}`` or ``{success: False, status: "error", error}``.
    """
    try:
        given = json.loads(request) if isinstance(request, str) else request
        if not isinstance(given, Mapping):
            raise invalid("command", "a command is a JSON object")
        known = str(given.get("command"))
        if known == "create":
            return {**SUCCESS, **await _create(store, given, make)}
        command = COMMANDS.get(known)
        if command is None:
            raise invalid("command", f"there are create, {', '.join(COMMANDS)}")
        name = given.get("group", group.id)
        if known != "list" and name != group.id:
            raise NotFoundError("group", str(name))
        done = await command(group, store, given)
    except (RobotError, KeyError, TypeError, json.JSONDecodeError) as error:
        said = f"missing {error}" if isinstance(error, KeyError) else str(error)
        return {"success": False, "status": "error", "error": said}
    return {**SUCCESS, **done}


async def _ping(group: GroupView, store: Store, given: Given) -> dict[str, Any]:
    return {"pong": True, "robot": group.robot}


async def _create(store: Store, given: Given, make: Make) -> dict[str, Any]:
    name = str(given["group"])
    if await store.get("group", name) is not None:
        raise GroupError(f"group {name} exists already")
    known = {key: given[key] for key in ("active", "passive", "max_tokens") if key in given}
    made = await make(store, name, **known)
    joined = None
    if given.get("join_as"):
        joined = await made.join(given.get("robot"), role=given["join_as"])
    shown = await made.status()
    await made.shutdown()
    return {"group": name, "joined": joined, "members": shown["active"] + shown["passive"]}


async def _list(group: GroupView, store: Store, given: Given) -> dict[str, Any]:
    return {"groups": [row.key for row in await store.find("group")]}


async def _status(group: GroupView, store: Store, given: Given) -> dict[str, Any]:
    return {"group": await group.status()}


async def _join(group: GroupView, store: Store, given: Given) -> dict[str, Any]:
    role = given.get("role", "passive")
    return {"robot": await group.join(given.get("robot"), role=role)}


async def _leave(group: GroupView, store: Store, given: Given) -> dict[str, Any]:
    await group.remove(given["robot"])
    return {"robot": given["robot"]}


async def _remember(group: GroupView, store: Store, given: Given) -> dict[str, Any]:
    known = {key: given[key] for key in ("originator", "tags", "metadata") if key in given}
    return {"node_id": await group.remember(given["content"], **known)}


async def _recall(group: GroupView, store: Store, given: Given) -> dict[str, Any]:
    known = {key: given[key] for key in ("limit", "strategy", "timeframe") if key in given}
    found = await group.recall(given["query"], raw=False, **known)
    return {"results": found, "count": len(found)}


async def _working_memory(group: GroupView, store: Store, given: Given) -> dict[str, Any]:
    return {"nodes": [msgspec.to_builtins(node) for node in await group.memory.contents()]}


async def _promote(group: GroupView, store: Store, given: Given) -> dict[str, Any]:
    await group.promote(given["robot"])
    return {"robot": given["robot"]}


async def _failover(group: GroupView, store: Store, given: Given) -> dict[str, Any]:
    return {"promoted": await group.failover(given.get("failed"))}


async def _sync(group: GroupView, store: Store, given: Given) -> dict[str, Any]:
    return await group.sync_all()


async def _shutdown(group: GroupView, store: Store, given: Given) -> dict[str, Any]:
    await group.shutdown()
    return {}


COMMANDS: Mapping[str, Command] = {
    "ping": _ping,
    "list": _list,
    "status": _status,
    "join": _join,
    "leave": _leave,
    "remember": _remember,
    "recall": _recall,
    "working_memory": _working_memory,
    "promote": _promote,
    "failover": _failover,
    "sync": _sync,
    "shutdown": _shutdown,
}
