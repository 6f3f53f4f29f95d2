"""What a leader has to do by when, and what a group can do. Pure."""

from collections.abc import Mapping
from typing import Any

DUTIES = {"tasks": 5.0, "resources": 15.0, "health": 30.0}
"""Seconds from one time to the next. Source: multi-swarm, "Leader Responsibilities"."""


def due_duties(done: Mapping[str, float], now: float) -> tuple[str, ...]:
    """Which duties are due.

    Args:
        done: When each was done last.
        now: Seconds of the same clock.
    """
    never = -float("inf")
    return tuple(name for name, every in DUTIES.items() if now - done.get(name, never) >= every)


def capabilities_of(record: Mapping[str, Any]) -> tuple[str, ...]:
    """What a group can do, by its row: what it says itself, and what its active members can."""
    own = record["metadata"].get("capabilities", ())
    members = [c for m in record["members"] if m["role"] == "active" for c in m["capabilities"]]
    return tuple(dict.fromkeys((*own, *members)))
