"""How to go on with a group that was interrupted. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from casare_robot.groups.records import RecoveryPlan

SECONDS_PER_TASK = 30
FRESH, RECENT = 60.0, 300.0
MOST_ACTIONS = 4
_STATES = {
    "completed": "completed",
    "done": "completed",
    "in_progress": "in_progress",
    "running": "in_progress",
    "assigned": "in_progress",
    "pending": "pending",
    "queued": "pending",
}


def plan_of(state: Mapping[str, Any], *, age: float) -> RecoveryPlan:
    """The plan that a saved state allows.

    Args:
        state: With ``tasks`` (``{id, description, status}``) and ``agents``.
        age: Seconds since it was saved.
    """
    tasks: Sequence[Any] = state.get("tasks") or ()
    sorted_tasks: dict[str, list[Any]] = {"completed": [], "in_progress": [], "pending": []}
    for task in tasks:
        status = task.get("status", "pending") if isinstance(task, Mapping) else "pending"
        sorted_tasks.get(_STATES.get(status, ""), []).append(task)
    done, doing, waiting = sorted_tasks.values()
    return RecoveryPlan(
        resume_from=next(iter([*doing, *waiting]), None),
        completed_tasks=tuple(done),
        in_progress_tasks=tuple(doing),
        pending_tasks=tuple(waiting),
        progress=round(len(done) / len(tasks), 2) if tasks else 0.0,
        next_actions=_actions(doing, waiting, state.get("agents") or ()),
        estimated_time=estimated(SECONDS_PER_TASK * (len(doing) + len(waiting))),
        confidence=confidence(state, age=age),
    )


def confidence(state: Mapping[str, Any], *, age: float) -> float:
    """0.5 to 0.95: more if the state is fresh, tasks are defined, robots known."""
    fresh = 0.3 if age < FRESH else 0.2 if age < RECENT else 0.0
    total = 0.5 + fresh + 0.1 * bool(state.get("tasks")) + 0.1 * bool(state.get("agents"))
    return round(min(0.95, total), 2)


def estimated(seconds: float) -> str:
    """A duration for people, in seconds, minutes or hours."""
    if seconds < 60:
        return f"{seconds:g} seconds"
    if seconds < 3600:
        return f"{round(seconds / 60)} minutes"
    return f"{round(seconds / 3600, 1):g} hours"


def _actions(doing: Sequence[Any], waiting: Sequence[Any], robots: Any) -> tuple[str, ...]:
    found = [f"resume {len(doing)} tasks in progress"] if doing else []
    found += [f"assign {len(waiting)} pending tasks"] if waiting else []
    found += ["check that the robots answer"] if robots else ["add robots"]
    found += ["take a snapshot when stable"]
    return tuple(found[:MOST_ACTIONS])
