"""The store that a command about groups works on."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from casare_robot.cli.refusal import UsageError, refuse
from casare_robot.cli.rendering import as_json
from casare_robot.config.loading import load_config, store_address
from casare_robot.desktop.places import find_places
from casare_robot.domain.errors import NotFoundError, RobotError, StoreError
from casare_robot.groups import subscriptions
from casare_robot.groups.group_row import TABLE
from casare_robot.store.opening import open_store
from casare_robot.store.store import Store

subscriptions.log.addHandler(logging.NullHandler())
"""That an event came late is for those who run robots, not for one command."""

Act = Callable[[Store], Awaitable[int]]


def with_store(act: Act, *, url: str | None, home: Path | None, json_output: bool) -> int:
    """Do something with the shared store; the exit code.

    Args:
        act: Gets the open store.
        url: Its address; else that of the settings.
        home: Whose settings.
        json_output: Say also as JSON what went wrong.
    """
    try:
        config = load_config(places=find_places(home), secrets=False)
        if config.supabase_url:  # whose keys are in its address
            config = load_config(places=find_places(home))
        address = url or store_address(config, home)
        _make_room(address)
        return asyncio.run(_with(act, address))
    except KeyboardInterrupt:
        return 0
    except RobotError as error:
        return refused(error, json_output=json_output)


def refused(error: RobotError, *, json_output: bool) -> int:
    """Say what went wrong; the exit code."""
    if json_output:
        print(as_json({"error": {"code": error.code, "message": str(error)}}))
    return refuse(error, json_output=False)


async def named(store: Store, group: str | None) -> str:
    """The group that is meant: the one that is named, or the only one there is.

    Raises:
        NotFoundError: There is none of that name.
        UsageError: None is named, and there is not exactly one.
    """
    if group is not None:
        if await store.get(TABLE, group) is None:
            raise NotFoundError(TABLE, group)
        return group
    known = sorted(row.key for row in await store.find(TABLE))
    if len(known) == 1:
        return known[0]
    if not known:
        raise UsageError("there is no group yet; casare-robot group create NAME makes one")
    raise UsageError(f"which group? there are {', '.join(known)}")


def _make_room(url: str) -> None:
    """Make the folder of a file that may not be there yet."""
    kind, _, path = url.partition(":")
    if kind != "sqlite":
        return
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{url} cannot be used: {error.strerror or error}") from error


async def _with(act: Act, url: str) -> int:
    async with await open_store(url) as store:
        return await act(store)
