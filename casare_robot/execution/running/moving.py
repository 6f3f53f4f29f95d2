"""Lets the state of one version of a workflow be that of another."""

from collections.abc import Collection
from typing import Any

from casare_robot.domain.errors import Fault, WorkflowInvalidError
from casare_robot.execution.planning.plan import Plan
from casare_robot.execution.state import SavedState

ROOT = "0"
_MOVABLE = frozenset({"for", "while", "try", "on_error", "retry", "recovery"})


def move(saved: SavedState, old: Plan, new: Plan, *, given: Collection[str]) -> None:
    """Put everything in a state at the nodes of another version: those of the same id and type.

    A variable that still has its old default gets the new one.

    Args:
        saved: Of the old version; becomes one of the new.
        old: The version it was saved with.
        new: The version it is to go on with.
        given: Variables that were given to the job.

    Raises:
        WorkflowInvalidError: The job stands at a node that the new version
            lacks, or inside branches or a called workflow (E-RETRY-409).
    """
    places = {
        op.index: new.index_of[op.id]
        for op in old.ops
        if op.id in new.index_of and new.ops[new.index_of[op.id]].type.name == op.type.name
    }
    standing = {key: place for key, place in saved.positions.items() if place is not None}
    kinds = {frame[0] for place in standing.values() for frame in place[3]}
    if standing.keys() != {ROOT} or not kinds <= _MOVABLE:
        raise _fault("it stopped inside branches or a called workflow", None)

    def moved(index: int) -> int:
        if index < 0:
            return index
        if index not in places:
            node_id = old.ops[index].id
            what = f"node {node_id}, at which it stopped, is gone or another one in this version"
            raise _fault(what, node_id)
        return places[index]

    def frame(kind: str, index: int, fields: dict[str, Any], *outer: Any) -> list[Any]:
        queue, visited = outer
        own = dict(fields)
        if "after" in own:
            own["after"] = [moved(it) for it in own["after"]]
        if "retried" in own:
            own["retried"] = places.get(own["retried"], -1)
        seen = None if visited is None else [places[it] for it in visited if it in places]
        return [kind, moved(index), own, [moved(it) for it in queue], seen]

    at, queue, visited, frames, stop_at = standing[ROOT]
    saved.positions = {
        ROOT: [
            moved(at),
            [moved(it) for it in queue],
            [places[it] for it in visited if it in places],
            [frame(*it) for it in frames],
            moved(stop_at),
        ]
    }
    saved.outputs = {
        ROOT: {
            places[index]: ports
            for index, ports in saved.outputs.get(ROOT, {}).items()
            if index in places
        }
    }
    kept = saved.variables.get(ROOT, {})
    for name, variable in old.workflow.variables.items():
        newer = new.workflow.variables.get(name)
        is_untouched = name not in given and kept.get(name) == variable.default
        if is_untouched and newer is not None:
            kept.pop(name, None)


def _fault(why: str, node_id: str | None) -> WorkflowInvalidError:
    message = f"the job cannot go on with this version: {why}; run it from its start"
    return WorkflowInvalidError([Fault(code="E-RETRY-409", message=message, node_id=node_id)])
