"""Who gets the work: the strategies, as functions in one dictionary. Pure.

Each takes candidates, all of them able to do it and never none, and the work.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec

from casare_robot.groups.records import PRIORITIES, Choice
from casare_robot.groups.words import invalid

MOST_TURNS = 3
"""Turns in a row, after which a speaker pauses for one. Source: production robustness."""


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who may get work; ``order`` is the order of joining, ``served`` counts turns."""

    id: str
    order: int = 0
    load: int = 0
    capabilities: tuple[str, ...] = ()
    priority: str | float = "normal"
    weight: float = 1.0
    served: int = 0
    expertise: str = ""


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done; ``last`` is who got the piece before."""

    priority: str | float = "normal"
    capabilities: tuple[str, ...] = ()
    text: str = ""
    last: str | None = None


Strategy: TypeAlias = Callable[[Sequence[Candidate], Work], Choice]


def priority_of(value: object) -> float:
    """Low 1, normal 2, high 3, critical 4, or a number as it is.

    Raises:
        InvalidRecordError: It is none of these.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if value not in PRIORITIES:
        raise invalid("priority", f"{value!r} is no priority; there are {', '.join(PRIORITIES)}")
    return float(PRIORITIES[str(value)])


def capable(candidates: Iterable[Candidate], needed: Iterable[str]) -> tuple[Candidate, ...]:
    """Those who have all that is needed."""
    wanted = set(needed)
    return tuple(c for c in candidates if wanted <= set(c.capabilities))


def rested(candidates: Sequence[Candidate], turns: Sequence[str]) -> tuple[Candidate, ...]:
    """All but one who had the last three turns; all if that leaves nobody."""
    last = set(turns[-MOST_TURNS:])
    tired = last.pop() if len(turns) >= MOST_TURNS and len(last) == 1 else None
    return tuple(c for c in candidates if c.id != tired) or tuple(candidates)


def least_loaded(candidates: Sequence[Candidate], work: Work) -> Choice:
    """Whoever has least to do; among equals who joined first."""
    best = min(candidates, key=lambda c: (c.load, c.order, c.id))
    return Choice(chosen=best.id, reason=f"{best.load} open", strategy="least_loaded")


def round_robin(candidates: Sequence[Candidate], work: Work) -> Choice:
    """The next one after who was last, in the order of joining."""
    ordered = sorted(candidates, key=lambda c: (c.order, c.id))
    ids = [c.id for c in ordered]
    place = (ids.index(work.last) + 1) % len(ids) if work.last in ids else 0
    return Choice(chosen=ids[place], reason="next in turn", strategy="round_robin")


def by_priority(candidates: Sequence[Candidate], work: Work) -> Choice:
    """The least loaded of those with the work's priority, else of all."""
    wanted = priority_of(work.priority)
    equal = [c for c in candidates if priority_of(c.priority) == wanted]
    best = least_loaded(equal or candidates, work)
    reason = f"priority {work.priority}" if equal else "nobody has this priority: least loaded"
    return Choice(chosen=best.chosen, reason=reason, strategy="priority")


def by_capability(candidates: Sequence[Candidate], work: Work) -> Choice:
    """The one with the fewest capabilities to spare; among equals the least loaded."""
    able = capable(candidates, work.capabilities)
    if not able:
        return Choice(chosen=None, reason="no_capable_robot", strategy="capability")
    best = min(able, key=lambda c: (len(c.capabilities), c.load, c.order, c.id))
    return Choice(chosen=best.id, reason="has all capabilities", strategy="capability")


def weighted(candidates: Sequence[Candidate], work: Work) -> Choice:
    """Turns in proportion to the weights; equal weights rotate."""
    able = [c for c in candidates if c.weight > 0]
    if not able:
        return round_robin(candidates, work)
    best = min(able, key=lambda c: ((c.served + 1) / c.weight, c.order, c.id))
    return Choice(chosen=best.id, reason=f"weight {best.weight:g}", strategy="priority")


def by_expertise(candidates: Sequence[Candidate], work: Work) -> Choice:
    """The built-in judge: shared words, capabilities, and few turns so far."""
    words = _words(work.text)
    scored = [(_score(c, words, work), c) for c in candidates]
    best_score, best = max(scored, key=lambda item: (item[0], -item[1].served, -item[1].order))
    total = sum(score for score, _ in scored) or 1.0
    shared = sorted(words & _words(_known(best)))
    reason = f"knows about {', '.join(shared)}" if shared else "nobody knows more about it"
    return Choice(
        chosen=best.id,
        reason=reason,
        strategy="llm_based",
        confidence=round(min(1.0, best_score / total), 3),
    )


STRATEGIES: Mapping[str, Strategy] = {
    "least_loaded": least_loaded,
    "round_robin": round_robin,
    "priority": by_priority,
    "capability": by_capability,
    "weighted": weighted,
    "llm_based": by_expertise,
}


def winner(strategy: str, a: Mapping[str, Any], b: Mapping[str, Any]) -> Choice:
    """Who wins a conflict by priority or timestamp; ties go to the older, then to ``a``.

    Args:
        strategy: ``priority`` or ``timestamp``.
        a: ``{id, createdAt, metadata: {priority}}``, as ``b``.
        b: The other.
    """
    if strategy == "priority":
        first, second = (priority_of(_metadata(x).get("priority", "normal")) for x in (a, b))
        if first != second:
            best = a if first > second else b
            high, low = max(first, second), min(first, second)
            reason = f"Priority {high:g} vs {low:g}"
        else:
            best, reason = _older(a, b), f"Priority {first:g} vs {second:g}: the older one"
    else:
        best, reason = _older(a, b), "created first"
    return Choice(chosen=best["id"], reason=reason, strategy=strategy)


def _older(a: Mapping[str, Any], b: Mapping[str, Any]) -> Mapping[str, Any]:
    return b if _created(b) < _created(a) else a


def _created(x: Mapping[str, Any]) -> float:
    return float(x.get("createdAt", x.get("created_at", 0)) or 0)


def _metadata(x: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata = x.get("metadata", {})
    return metadata if isinstance(metadata, Mapping) else {}


def _score(candidate: Candidate, words: set[str], work: Work) -> float:
    shared = len(words & _words(_known(candidate)))
    has_all = set(work.capabilities) <= set(candidate.capabilities)
    return shared + has_all + 1 / (1 + candidate.load) + 0.5 / (1 + candidate.served)


def _known(candidate: Candidate) -> str:
    return " ".join((candidate.id, candidate.expertise, *candidate.capabilities))


def _words(text: str) -> set[str]:
    cut = "".join(c.lower() if c.isalnum() else " " for c in text).split()
    return {word for word in cut if len(word) > 2}
