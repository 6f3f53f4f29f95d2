"""What stays in a group's working memory. Pure."""

import math
from collections.abc import Callable, Iterable

from casare_robot.groups.records import Node

HOUR = 3600.0


def score(node: Node, now: float) -> float:
    """How much a memory deserves its place: often used, used lately.

    Source: HTM, ln(1 + access count) + 1 / (1 + age in hours).
    """
    return math.log1p(node.access_count) + 1 / (1 + age_hours(node, now))


def age_hours(node: Node, now: float) -> float:
    """Hours since it was last used, never negative."""
    return max(0.0, now - max(node.last_accessed, node.created_at)) / HOUR


def evictions(working: Iterable[Node], *, needed: int, now: float) -> tuple[Node, ...]:
    """Which memories make room for so many tokens: lowest score first, pinned ones last."""
    ordered = sorted(working, key=lambda n: (n.pinned, score(n, now), n.created_at, n.id))
    gone: list[Node] = []
    for node in ordered:
        if needed <= 0:
            break
        gone.append(node)
        needed -= node.tokens
    return tuple(gone)


def assembled(nodes: Iterable[Node], *, strategy: str, most: int, now: float) -> tuple[Node, ...]:
    """The memories that make a context, in its order, up to the first that does not fit.

    Args:
        nodes: The working memory.
        strategy: ``recent``, ``frequent`` or ``balanced``.
        most: Tokens.
        now: Seconds of the store's clock.
    """
    worths: dict[str, Callable[[Node], float]] = {
        "recent": lambda n: max(n.last_accessed, n.created_at),
        "frequent": lambda n: n.access_count,
        "balanced": lambda n: math.log1p(n.access_count + 1) / (1 + age_hours(n, now)),
    }
    worth = worths[strategy]
    chosen: list[Node] = []
    left = most
    for node in sorted(nodes, key=lambda n: (-worth(n), -n.created_at, n.id)):
        if node.tokens > left:
            break
        chosen.append(node)
        left -= node.tokens
    return tuple(chosen)
