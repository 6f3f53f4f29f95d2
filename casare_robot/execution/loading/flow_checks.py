"""What the wires of a workflow say about its flow: reach, circles, missing values. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from casare_robot.domain.conversion import is_textual
from casare_robot.domain.node_type import NodeType
from casare_robot.domain.workflow import Node, NodeId, Wire
from casare_robot.execution.loading.findings import Findings
from casare_robot.execution.planning.pairing import LOOP_ENDS
from casare_robot.execution.planning.parameters import call_of, chosen_action

START = "StartNode"
UNWIRED = 419
"""Number of the warning that an input which has no setting is not wired: a mistake of the file."""
_MOST_CIRCLES = 20
_CALLS = {
    "CallSubworkflowNode": ("execution_mode", ("sync",)),
    "ExecuteWorkflowNode": ("wait_for_completion", ("true", "1", "yes", "on")),
}
"""How a calling node is told to wait, and what says so."""


def reached_nodes(
    nodes: Mapping[NodeId, Node], exec_wires: Sequence[Wire], data_wires: Sequence[Wire]
) -> set[NodeId]:
    """Ids of the nodes that run: along the exec wires, and those asked for their values.

    The flow starts at the first StartNode; without one, at every node that no
    exec wire leads to.
    """
    targets = {wire.target for wire in exec_wires}
    after = _neighbours((wire.source, wire.target) for wire in exec_wires)
    first = next((node.id for node in nodes.values() if node.type == START), None)
    roots = [first] if first is not None else [id_ for id_ in nodes if id_ not in targets]
    in_flow = targets | {wire.source for wire in exec_wires}
    asked = _neighbours(
        (wire.target, wire.source) for wire in data_wires if wire.source not in in_flow
    )
    return set(_spread(_spread(roots, after), asked))


def check_circles(
    nodes: Mapping[NodeId, Node], exec_wires: Sequence[Wire], findings: Findings
) -> None:
    """Fault: exec wires that lead back; loops exist only as pairs of Start and End."""
    after = _neighbours((wire.source, wire.target) for wire in exec_wires)
    done: set[NodeId] = set()
    found = 0
    for root in nodes:
        if root in done:
            continue
        on_path: dict[NodeId, Iterator[NodeId]] = {root: iter(after.get(root, ()))}
        path = [root]
        while path:
            here = path[-1]
            below = next(on_path[here], None)
            if below is None:
                done.add(here)
                del on_path[here]
                path.pop()
            elif below in on_path:
                circle = " > ".join([*path[path.index(below) :][:10], below])
                message = f"execution runs in a circle: {circle}; use a loop node"
                findings.fault(414, message, node=here, type_=nodes[here].type)
                found += 1
                if found == _MOST_CIRCLES:
                    return
            elif below not in done:
                on_path[below] = iter(after.get(below, ()))
                path.append(below)


def check_loops(
    nodes: Mapping[NodeId, Node], exec_wires: Sequence[Wire], findings: Findings
) -> None:
    """Warning: loops whose body leads to no end node of theirs; inner loops choose first."""
    after = _neighbours((wire.source, wire.target) for wire in exec_wires)
    bodies = _neighbours(
        (wire.source, wire.target)
        for wire in exec_wires
        if wire.source_port == "body"
        and nodes[wire.source].type in LOOP_ENDS
        and not nodes[wire.source].disabled
    )
    reach = {loop: list(_spread(body, after)) for loop, body in bodies.items()}
    taken: set[NodeId] = set()
    for loop in sorted(bodies, key=lambda loop: len(reach[loop])):
        ends = [id_ for id_ in reach[loop] if nodes[id_].type == LOOP_ENDS[nodes[loop].type]]
        named = {id_: nodes[id_].config.get("paired_start_id") for id_ in ends}
        own = [id_ for id_ in ends if named[id_] == loop]
        own += [id_ for id_ in ends if named[id_] not in bodies and id_ not in taken]
        taken.update(own[:1])
        if not own:
            message = "the body has no end node; each turn ends where its wires end"
            findings.warn(460, message, node=loop, type_=nodes[loop].type, key="body")


def check_calls(node: Node, findings: Findings) -> None:
    """Warning: calls that ask not to be waited for, or to be another job; there is no such call."""
    key, fine = _CALLS.get(node.type, ("", ()))
    asked = node.config.get(key)
    if asked not in (None, "") and str(asked).strip().lower() not in fine:
        message = (
            f"{key} is {asked!r}, but the called workflow runs here, as part of this job, "
            "and the node waits for its end"
        )
        findings.warn(461, message, node=node.id, type_=node.type, key=key)


def check_required(node: Node, type_: NodeType, wired: set[str], findings: Findings) -> None:
    """Warning: inputs and properties without which the node cannot work, and that have no value.

    The designer saves such files, and the flow may never come so far; the node fails if it does.

    Args:
        node: A node that the flow reaches.
        type_: Its type.
        wired: Its input ports that a wire leads to.
        findings: Where warnings go.
    """
    for key, is_text in _needed(node, type_):
        value = node.config.get(key)
        if key not in wired and (value is None or (value == "" and not is_text)):
            message = f"{key!r} has neither a wire nor a value; the node will fail"
            code = 415 if any(each.name == key for each in type_.properties) else UNWIRED
            findings.warn(code, message, node=node.id, type_=type_.name, key=key)


def _needed(node: Node, type_: NodeType) -> list[tuple[str, bool]]:
    """Keys that must have a value, and whether an empty text is one."""
    if type_.run is None and not type_.actions:
        defaults = {p.name for p in type_.properties if p.default is not None}
        ports = [(p.name, is_textual(p.type)) for p in type_.inputs if p.required]
        ports += [(p.name, is_textual(p.type)) for p in type_.properties if p.required]
        return [(name, is_text) for name, is_text in dict(ports).items() if name not in defaults]
    try:
        action = chosen_action(type_, node.config)
    except ValueError:
        return []
    return [
        (parameter.key, is_textual(parameter.type))
        for parameter in call_of(type_, action).parameters
        if parameter.required and parameter.default is None and not parameter.current
    ]


def _neighbours(pairs: Iterable[tuple[NodeId, NodeId]]) -> Mapping[NodeId, list[NodeId]]:
    found: dict[NodeId, list[NodeId]] = defaultdict(list)
    for here, there in pairs:
        found[here].append(there)
    return dict(found)


def _spread(
    roots: Iterable[NodeId], neighbours: Mapping[NodeId, list[NodeId]]
) -> dict[NodeId, None]:
    seen = dict.fromkeys(roots)
    waiting = list(seen)
    while waiting:
        for there in neighbours.get(waiting.pop(), ()):
            if there not in seen:
                seen[there] = None
                waiting.append(there)
    return seen
