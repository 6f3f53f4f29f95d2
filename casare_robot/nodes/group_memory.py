"""What a group of robots knows together: remember, recall, context, forget.

Not in the designer's catalogue; an addition of this robot.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.group_memory import MemoryOrder
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node

_GROUP = Property("group", DataType.STRING, "")
_TAGS = Property("tags", DataType.LIST)
_METADATA = Property("metadata", DataType.JSON)


@node(
    "GroupRememberNode",
    category="group",
    needs="group",
    effect=Effect.IDEMPOTENT,
    inputs=(Port("content", DataType.STRING),),
    outputs=(Port("memory_id", DataType.STRING),),
    properties=(
        Property("content", DataType.TEXT, ""),
        _TAGS,
        _METADATA,
        Property("pinned", DataType.BOOLEAN, False),
        _GROUP,
    ),
)
async def remember(
    ctx: NodeContext,
    *,
    content: str,
    tags: Any,
    metadata: Any,
    pinned: bool,
    group: str,
) -> Outputs:
    """Keep a text for all robots of the group; the same text is the same memory, however often."""
    given = {
        "content": content,
        "tags": _tags(tags),
        "metadata": _mapping(metadata),
        "pinned": pinned,
    }
    return {"memory_id": await ctx.group_memory(_order("remember", group, given))}


@node(
    "GroupRecallNode",
    category="group",
    needs="group",
    effect=Effect.READS,
    inputs=(Port("query", DataType.STRING),),
    outputs=(
        Port("memories", DataType.LIST),
        Port("texts", DataType.LIST),
        Port("first", DataType.STRING),
        Port("count", DataType.INTEGER),
    ),
    properties=(
        Property("query", DataType.STRING, ""),
        Property("limit", DataType.INTEGER, 20, low=1, high=1000),
        Property("strategy", DataType.CHOICE, "fulltext", choices=("fulltext", "vector", "hybrid")),
        Property("timeframe", DataType.STRING, ""),
        _TAGS,
        _METADATA,
        Property("with_relevance", DataType.BOOLEAN, False),
        _GROUP,
    ),
)
async def recall(
    ctx: NodeContext,
    *,
    query: str,
    limit: int,
    strategy: str,
    timeframe: str,
    tags: Any,
    metadata: Any,
    with_relevance: bool,
    group: str,
) -> Outputs:
    """Find what the group knows about something, the best first; nothing found is an empty list."""
    given = {
        "query": query,
        "limit": limit,
        "strategy": strategy,
        "timeframe": timeframe or None,
        "query_tags": _tags(tags),
        "metadata": _mapping(metadata),
        "with_relevance": with_relevance,
    }
    memories: Sequence[Mapping[str, Any]] = await ctx.group_memory(_order("recall", group, given))
    texts = [str(memory["content"]) for memory in memories]
    return {
        "memories": [dict(memory) for memory in memories],
        "texts": texts,
        "first": texts[0] if texts else "",
        "count": len(texts),
    }


@node(
    "GroupMemoryContextNode",
    category="group",
    needs="group",
    effect=Effect.READS,
    outputs=(Port("context", DataType.STRING),),
    properties=(
        Property(
            "strategy", DataType.CHOICE, "balanced", choices=("recent", "frequent", "balanced")
        ),
        Property("max_tokens", DataType.INTEGER, 0, low=0),
        _GROUP,
    ),
)
async def context(ctx: NodeContext, *, strategy: str, max_tokens: int, group: str) -> Outputs:
    """The working memory of the group as one text, for a prompt; 0 tokens: all that fit in it."""
    given = {"strategy": strategy, "max_tokens": max_tokens or None}
    return {"context": await ctx.group_memory(_order("context", group, given))}


@node(
    "GroupForgetNode",
    category="group",
    needs="group",
    effect=Effect.IDEMPOTENT,
    inputs=(Port("memory_id", DataType.STRING),),
    properties=(Property("memory_id", DataType.STRING, ""), _GROUP),
)
async def forget(ctx: NodeContext, *, memory_id: str, group: str) -> Outputs:
    """Hide a memory; remembering the same text brings it back."""
    if not memory_id:
        raise NodeFailure("there is nothing to forget: memory_id is empty")
    await ctx.group_memory(_order("forget", group, {"id": memory_id}))
    return {}


def _order(what: Any, group: str, given: Mapping[str, Any]) -> MemoryOrder:
    return MemoryOrder(what=what, group=group, given=given)


def _tags(tags: Any) -> list[str]:
    if tags in (None, ""):
        return []
    return [tag.strip() for tag in tags.split(",")] if isinstance(tags, str) else list(tags)


def _mapping(metadata: Any) -> dict[str, Any]:
    if metadata in (None, ""):
        return {}
    if not isinstance(metadata, Mapping):
        raise NodeFailure(f"metadata is an object, not {type(metadata).__name__}")
    return dict(metadata)
