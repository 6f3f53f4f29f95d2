"""Who contributed what to a group's memory. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from casare_robot.groups.records import Node


def shares_of(node: Node) -> list[dict[str, Any]]:
    """The contributors of a memory, as ``{robot, first, last, count}``, in order of time."""
    shown = [{"robot": robot, **share} for robot, share in node.contributions.items()]
    return sorted(shown, key=lambda item: item["first"])


def count(summary: dict[str, dict[str, int]], nodes: Iterable[Node]) -> None:
    """Add memories to what each robot contributed."""
    for node in nodes:
        for robot in node.contributions:
            one = summary.setdefault(
                robot, {"total_nodes": 0, "in_working_memory": 0, "with_embeddings": 0}
            )
            one["total_nodes"] += 1
            one["in_working_memory"] += node.working
            one["with_embeddings"] += node.embedding is not None


def handed_over(node: Node, source: str, target: str, *, clear: bool) -> Mapping[str, Any]:
    """The contributions after one robot's share was given to another."""
    given = dict(node.contributions)
    share = given.pop(source) if clear else given[source]
    given[target] = dict(share)
    return given


def remembered(before: Node | None, fresh: Node, robot: str, now: float) -> Node:
    """What a memory is after a robot remembered it, again perhaps."""
    if before is None:
        given = {robot: {"first": now, "last": now, "count": 1}}
        return msgspec.structs.replace(
            fresh, created_at=now, updated_at=now, last_remembered_at=now, contributions=given
        )
    shares = dict(before.contributions)
    share = shares.get(robot, {"first": now, "count": 0})
    shares[robot] = {"first": share["first"], "last": now, "count": share["count"] + 1}
    return msgspec.structs.replace(
        before,
        tags=tuple(dict.fromkeys((*before.tags, *fresh.tags))),
        metadata={**before.metadata, **fresh.metadata},
        pinned=before.pinned or fresh.pinned,
        deleted_at=None,
        working=True,
        remember_count=before.remember_count + 1,
        last_remembered_at=now,
        updated_at=now,
        contributions=shares,
    )
