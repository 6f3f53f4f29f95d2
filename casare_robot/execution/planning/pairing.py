"""Which Catch and Finally belong to a Try, which Join to a Fork, which end to a loop. Pure.

Ids in the config count; where the designer saved none, the wiring decides.
"""

from collections import deque
from collections.abc import Iterable, Sequence

from casare_robot.execution.planning.op import Op

LOOP_ENDS = {
    "ForLoopStartNode": "ForLoopEndNode",
    "WhileLoopStartNode": "WhileLoopEndNode",
}
"""Type of a loop's end node, by type of its start node."""


class Pairs:
    """Index of the partner, by index of the opening node."""

    __slots__ = ("catch_of", "end_of", "finally_of", "join_of")

    def __init__(self) -> None:
        self.catch_of: dict[int, int] = {}
        self.end_of: dict[int, int] = {}
        self.finally_of: dict[int, int] = {}
        self.join_of: dict[int, int] = {}


def pair(ops: Sequence[Op]) -> Pairs:
    """Pair what belongs together; inner constructs first, each partner once."""
    pairs = Pairs()
    by_id = {op.id: op.index for op in ops}
    _pair_by_id(ops, by_id, pairs)
    tries = [op for op in ops if op.type.name == "TryNode"]
    sizes = {op.index: len(_reach(ops, [op.index])) for op in tries}
    for op in sorted(tries, key=lambda op: sizes[op.index]):
        if op.index not in pairs.catch_of:
            starts = (*op.follow("exec_out"), *op.follow("try_body"))
            found = _nearest(ops, starts, "CatchNode", taken=pairs.catch_of.values())
            if found is not None:
                pairs.catch_of[op.index] = found
        if op.index not in pairs.finally_of:
            catch = pairs.catch_of.get(op.index)
            after_catch = ops[catch].follow("catch_body") if catch is not None else ()
            starts = (*after_catch, *op.follow("exec_out"), *op.follow("try_body"))
            found = _nearest(ops, starts, "FinallyNode", taken=pairs.finally_of.values())
            if found is not None:
                pairs.finally_of[op.index] = found
    forks = [op for op in ops if op.type.name == "ForkNode" and op.index not in pairs.join_of]
    for op in sorted(forks, key=lambda op: len(_reach(ops, [op.index]))):
        branches = [i for followers in op.followers.values() for i in followers]
        found = _nearest(ops, branches, "JoinNode", taken=pairs.join_of.values())
        if found is not None:
            pairs.join_of[op.index] = found
    _pair_loops(ops, pairs)
    return pairs


def _pair_loops(ops: Sequence[Op], pairs: Pairs) -> None:
    loops = [op for op in ops if op.type.name in LOOP_ENDS]
    bodies = {op.index: _reach(ops, op.follow("body")) for op in loops}
    for op in loops:
        for index in bodies[op.index]:
            end = ops[index]
            is_end = end.type.name == LOOP_ENDS[op.type.name]
            if is_end and end.node.config.get("paired_start_id") == op.id:
                pairs.end_of[op.index] = index
    for op in sorted(loops, key=lambda op: len(bodies[op.index])):
        if op.index not in pairs.end_of:
            taken = pairs.end_of.values()
            found = _nearest(ops, op.follow("body"), LOOP_ENDS[op.type.name], taken=taken)
            if found is not None:
                pairs.end_of[op.index] = found


def _pair_by_id(ops: Sequence[Op], by_id: dict[str, int], pairs: Pairs) -> None:
    for op in ops:
        named = op.node.config.get("paired_try_id")
        if op.type.name == "CatchNode" and named in by_id:
            pairs.catch_of[by_id[named]] = op.index
        elif op.type.name == "FinallyNode" and named in by_id:
            pairs.finally_of[by_id[named]] = op.index
        elif op.type.name == "JoinNode" and op.node.config.get("paired_fork_id") in by_id:
            pairs.join_of[by_id[op.node.config["paired_fork_id"]]] = op.index
        elif op.type.name == "ForkNode" and op.node.config.get("paired_join_id") in by_id:
            pairs.join_of[op.index] = by_id[op.node.config["paired_join_id"]]


def _nearest(
    ops: Sequence[Op], starts: Iterable[int], type_name: str, *, taken: Iterable[int]
) -> int | None:
    """First node of a type met breadth first that is not another's partner already."""
    taken = set(taken)
    waiting = deque(starts)
    seen: set[int] = set()
    while waiting:
        index = waiting.popleft()
        if index in seen:
            continue
        seen.add(index)
        if ops[index].type.name == type_name and index not in taken:
            return index
        for followers in ops[index].followers.values():
            waiting.extend(followers)
    return None


def _reach(ops: Sequence[Op], starts: Iterable[int]) -> set[int]:
    waiting = list(starts)
    seen = set(waiting)
    while waiting:
        for followers in ops[waiting.pop()].followers.values():
            waiting += [i for i in followers if i not in seen]
            seen.update(followers)
    return seen
