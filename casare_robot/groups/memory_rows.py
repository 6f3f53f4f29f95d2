"""Memories as rows of a store, and back. Pure."""

from collections.abc import Mapping
from typing import Any

import msgspec

from casare_robot.groups.records import Node
from casare_robot.groups.search_words import all_words
from casare_robot.store.conditions import AnyOf
from casare_robot.store.records import Patch, Put, Row

TABLE = "memory"
WORKING, KEPT, HIDDEN = "working", "kept", "hidden"
"""``status`` of a row: in the working memory, in long-term memory only, forgotten."""
KNOWN = AnyOf((WORKING, KEPT))


def node_of(row: Row) -> Node:
    """The memory of a row."""
    return msgspec.convert(
        {**row.record, "content": row.record["text"], "version": row.version}, Node
    )


def put_of(node: Node) -> Put:
    """Keep a memory, whole, if its row still has its version."""
    record = msgspec.to_builtins(node)
    del record["version"]
    record["text"] = node.content
    record["content"] = all_words(node.content, node.tags, node.metadata, node.embedding)
    record["status"] = status_of(node)
    return Put(table=TABLE, key=node.id, record=record, version=node.version)


def patch_of(node: Node, **fields: Any) -> Patch:
    """Change some fields of a memory's row, if it still has its version."""
    return Patch(
        table=TABLE, key=node.id, fields={**fields, "status": status_of(node)}, version=node.version
    )


def place_of(node: Node) -> dict[str, Any]:
    """The fields that say how much a memory was used, and where it is."""
    return {
        "access_count": node.access_count,
        "last_accessed": node.last_accessed,
        "working": node.working,
    }


def vector_fields(node: Node, vector: tuple[float, ...]) -> Mapping[str, Any]:
    """The fields that a vector changes."""
    words = all_words(node.content, node.tags, node.metadata, vector)
    return {"embedding": list(vector), "content": words}


def status_of(node: Node) -> str:
    """Where a memory is."""
    if node.deleted_at is not None:
        return HIDDEN
    return WORKING if node.working else KEPT
