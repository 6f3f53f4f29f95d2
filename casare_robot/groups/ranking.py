"""Which memories answer a query best. Pure."""

import math
from collections.abc import Iterable, Sequence

from casare_robot.groups.budget import age_hours
from casare_robot.groups.embedding import cosine
from casare_robot.groups.records import Node
from casare_robot.groups.search_words import stems

Ranked = list[tuple[Node, float]]
FUSION = 60


def by_vector(
    nodes: Iterable[Node], vector: Sequence[float], limit: int, least: float = 0.0
) -> Ranked:
    """Those whose embedding points the same way; those without one are passed over."""
    found = [
        (node, alike)
        for node in nodes
        if node.embedding and (alike := cosine(vector, node.embedding)) > least
    ]
    return best(found, limit)


def by_tags(nodes: Iterable[Node], query: str, tags: Iterable[str], limit: int) -> Ranked:
    """Those whose tags the query speaks of: the deeper the tag, the better."""
    words = set(stems(query))
    wanted = set(tags)
    found = []
    for node in nodes:
        score = tag_score(node.tags, words, wanted)
        if score > 0:
            found.append((node, score))
    return best(found, limit)


def tag_score(tags: Sequence[str], words: set[str], wanted: set[str]) -> float:
    """Depth of the deepest tag that matches, by the deepest there is, +0.05 for each other."""
    deepest = max((tag.count(":") + 1 for tag in tags), default=1)
    depths = [
        tag.count(":") + 1
        for tag in tags
        if tag in wanted or not words.isdisjoint(stems(tag.rpartition(":")[2].replace("-", " ")))
    ]
    if not depths:
        return 0.0
    return min(1.0, max(depths) / deepest + min(0.2, 0.05 * (len(depths) - 1)))


def fused(sources: Iterable[Ranked], limit: int) -> Ranked:
    """Several rankings as one: the sum of 1 / (60 + rank)."""
    scores: dict[str, float] = {}
    nodes: dict[str, Node] = {}
    for source in sources:
        for rank, (node, _) in enumerate(source, 1):
            nodes[node.id] = node
            scores[node.id] = scores.get(node.id, 0.0) + 1 / (FUSION + rank)
    return best([(nodes[key], score) for key, score in scores.items()], limit)


def relevance(node: Node, meaning: float, tags: float, now: float) -> float:
    """0 to 10. Source: HTM, 0.5 meaning + 0.3 tags + 0.1 recency + 0.1 access."""
    recency: float = 0.5 ** (age_hours(node, now) / 168)
    access = min(1.0, math.log1p(node.access_count) / math.log(101))
    total = 0.5 * min(1.0, max(0.0, meaning)) + 0.3 * tags + 0.1 * recency + 0.1 * access
    return round(min(10.0, 10 * total), 4)


def best(found: Ranked, limit: int) -> Ranked:
    """The highest scores first; equals: the newest."""
    return sorted(found, key=_order)[:limit]


def _order(item: tuple[Node, float]) -> tuple[float, float, str]:
    return -item[1], -item[0].created_at, item[0].id
