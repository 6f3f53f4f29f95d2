"""`casare-robot group remember, recall, memory`: what the robots of a group know together."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from casare_robot.cli.group_commands import done
from casare_robot.cli.json_value import json_value
from casare_robot.cli.refusal import UsageError
from casare_robot.cli.rendering import as_json
from casare_robot.cli.shared_store import named
from casare_robot.domain.plain_json import plain
from casare_robot.groups.robot_group import RobotGroup
from casare_robot.store.store import Store

HIDDEN = ("embedding", "hash")
"""What only machines read of a memory."""


async def remember(
    store: Store,
    group: str,
    content: str,
    *,
    robot: str | None,
    tags: Sequence[str],
    metadata: str,
    pinned: bool,
    json_output: bool,
) -> int:
    """Keep a text for all members."""
    facts = json_value(metadata)
    if not isinstance(facts, dict):
        raise UsageError(f"--metadata is a JSON object, not {metadata:.60}")
    async with await RobotGroup.open(store, await named(store, group)) as opened:
        node = await opened.remember(
            content, originator=robot, tags=tags, metadata=facts, pinned=pinned
        )
    return done(node, {"group": group, "node_id": node}, json_output=json_output)


async def recall(
    store: Store,
    group: str,
    query: str,
    *,
    limit: int,
    strategy: str,
    tags: Sequence[str],
    timeframe: str | None,
    everywhere: bool,
    json_output: bool,
) -> int:
    """Show what a group knows about something, the best first."""
    async with await RobotGroup.open(store, await named(store, group)) as opened:
        found = await opened.recall(
            query,
            limit=limit,
            strategy=strategy,
            query_tags=tags,
            timeframe=timeframe,
            scope="fleet" if everywhere else "group",
        )
    if not found and not json_output:
        print(f"{group} knows nothing about {query!r}", file=sys.stderr)
    return _show([_readable(node) for node in found], json_output=json_output)


async def show_memory(
    store: Store, group: str | None, *, as_text: bool, strategy: str, json_output: bool
) -> int:
    """Show the working memory, the newest first, or as the one text that robots are given."""
    async with await RobotGroup.open(store, await named(store, group)) as opened:
        if as_text:
            text = await opened.memory.context(strategy=strategy)
            print(as_json(text) if json_output else text)
            return 0
        nodes = [msgspec.to_builtins(node) for node in await opened.memory.contents()]
    if not nodes and not json_output:
        print("the working memory is empty", file=sys.stderr)
    return _show([_readable(node) for node in nodes], json_output=json_output)


def _show(nodes: Sequence[Mapping[str, Any]], *, json_output: bool) -> int:
    if json_output:
        print(as_json(plain(list(nodes))))
        return 0
    for node in nodes:
        tags = f"  [{', '.join(node['tags'])}]" if node["tags"] else ""
        score = f"{node['score']:6.2f}  " if "score" in node else ""
        print(f"{score}{node['content']}{tags}")
    return 0


def _readable(node: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in node.items() if name not in HIDDEN}
