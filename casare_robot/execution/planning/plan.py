"""A workflow compiled for the engine: integers for nodes, closures for values. Pure.

Compiled once per workflow and shared by every run of it; a run's own state
lives in its branches (`casare_robot.execution.running.branch`).
"""

from collections.abc import Mapping
from typing import Any, Protocol

from casare_robot.domain.node_type import NodeType
from casare_robot.domain.workflow import Node, NodeId, Workflow
from casare_robot.execution.language.references import has_secrets
from casare_robot.execution.planning.op import Op, Source
from casare_robot.execution.planning.pairing import Pairs, pair
from casare_robot.execution.planning.values import compile_values, either, output, variable


class Catalogue(Protocol):
    """What the plan needs of a catalogue."""

    def __contains__(self, name: str) -> bool:
        """Whether a type of this name can run here."""
        ...

    def get(self, name: str) -> NodeType:
        """The node type of this name, which is in the catalogue."""
        ...

    def need(self, name: str) -> str | None:
        """What a known type that is not in the catalogue needs; None for an unknown one."""
        ...


class Plan:
    """A compiled workflow.

    ``start`` are the nodes to begin with, in order; ``result_pulls`` the data-only
    nodes that a caller wants evaluated at the end.
    """

    __slots__ = (
        "_leads",
        "_ranks",
        "index_of",
        "ops",
        "pairs",
        "result_pulls",
        "start",
        "uses_secrets",
        "workflow",
    )

    def __init__(self, workflow: Workflow, ops: list[Op], pairs: Pairs) -> None:
        self.workflow = workflow
        self.ops = ops
        self.index_of = {op.id: op.index for op in ops}
        self.pairs = pairs
        self.uses_secrets = any(has_secrets(op.node.config) for op in ops)
        self.start: tuple[int, ...] = ()
        self.result_pulls: tuple[int, ...] = ()
        self._ranks = _ranks(ops)
        self._leads: dict[tuple[int, int], bool] = {}

    def leads_to(self, first: int, second: int) -> bool:
        """Whether execution wires lead from one node to another."""
        known = self._leads.get((first, second))
        if known is None:
            known = self._leads[first, second] = self._find(first, second)
        return known

    def after(self, op: Op) -> tuple[int, ...]:
        """Where execution goes on once a node is done: after a loop, also from its end node."""
        end = self.pairs.end_of.get(op.index)
        beyond = () if end is None or self.ops[end].disabled else self.ops[end].follow("exec_out")
        return op.follow(op.success_port) + beyond

    def start_for(self, trigger: Any) -> tuple[int, ...]:
        """The nodes to begin with if the trigger of this id has started the job; None: ``start``.

        Other triggers that nothing leads to do not begin then.
        """
        index = self.index_of.get(trigger) if isinstance(trigger, str) else None
        if index is None or self.ops[index].type.category != "triggers":
            return self.start
        if any(self.ops[i].type.name == "StartNode" for i in self.start):
            return (index,) if self.ops[index].followers else self.start
        others = (i for i in self.start if self.ops[i].type.category != "triggers")
        return (index, *others)

    def _find(self, first: int, second: int) -> bool:
        limit = self._ranks[second]
        waiting, seen = [first], {first}
        while waiting:
            for followers in self.ops[waiting.pop()].followers.values():
                if second in followers:
                    return True
                nearer = [i for i in followers if i not in seen and self._ranks[i] < limit]
                seen.update(nearer)
                waiting += nearer
        return False


def _ranks(ops: list[Op]) -> list[int]:
    """Longest way from a start to each node; wires only lead to higher ranks."""
    ranks = [0] * len(ops)
    arrivals = [0] * len(ops)
    for op in ops:
        for followers in op.followers.values():
            for index in followers:
                arrivals[index] += 1
    waiting = [index for index, count in enumerate(arrivals) if not count]
    while waiting:
        current = waiting.pop()
        for followers in ops[current].followers.values():
            for index in followers:
                ranks[index] = max(ranks[index], ranks[current] + 1)
                arrivals[index] -= 1
                if not arrivals[index]:
                    waiting.append(index)
    return ranks


def compile_plan(
    workflow: Workflow,
    catalogue: Catalogue,
    *,
    overrides: Mapping[tuple[str, str], Any] | None = None,
) -> Plan:
    """Compile a loaded workflow.

    Args:
        workflow: As `load_workflow` gives it.
        catalogue: Where the node types are.
        overrides: Config values set from outside, by (node id, key): the
            promoted parameters of a subflow.
    """
    ops = [
        Op(index, _overridden(node, overrides), _type(node.type, catalogue))
        for index, node in enumerate(workflow.nodes.values())
    ]
    index_of = {op.node.id: op.index for op in ops}
    _wire_execution(workflow, ops, index_of)
    wires = _data_wires(workflow, index_of)
    for port in workflow.inputs:
        if port.node_id in index_of and port.port:
            wires[index_of[port.node_id]].setdefault(port.port, variable(port.name))
    for op in ops:
        compile_values(op, wires[op.index])
    plan = Plan(workflow, ops, pair(ops))
    _set_pulls(workflow, plan)
    plan.start = _start(plan)
    return plan


def _type(name: str, catalogue: Catalogue) -> NodeType:
    """The type of a node; one that cannot run here is only passed through or never reached."""
    if name in catalogue:
        return catalogue.get(name)
    return NodeType(name, category="unavailable", flow=True)


def _overridden(node: Node, overrides: Mapping[tuple[str, str], Any] | None) -> Node:
    config = dict(node.config)
    for (node_id, key), value in (overrides or {}).items():
        if node_id == node.id:
            config[key] = value
    return Node(id=node.id, type=node.type, config=config, name=node.name, disabled=node.disabled)


def _wire_execution(workflow: Workflow, ops: list[Op], index_of: Mapping[NodeId, int]) -> None:
    arrivals = [0] * len(ops)
    followers: list[dict[str, list[int]]] = [{} for _ in ops]
    for wire in workflow.exec_wires:
        target = index_of[wire.target]
        leads_to = followers[index_of[wire.source]].setdefault(wire.source_port, [])
        if target not in leads_to:
            leads_to.append(target)
            arrivals[target] += 1
    for op in ops:
        op.followers = {port: tuple(to) for port, to in followers[op.index].items()}
        op.is_merge = arrivals[op.index] > 1


def _data_wires(workflow: Workflow, index_of: Mapping[NodeId, int]) -> list[dict[str, Source]]:
    wires: list[dict[str, Source]] = [{} for _ in index_of]
    for wire in workflow.data_wires:
        source = output(index_of[wire.source], wire.source_port)
        inputs = wires[index_of[wire.target]]
        earlier = inputs.get(wire.target_port)
        inputs[wire.target_port] = either(earlier, source) if earlier else source
    return wires


def _set_pulls(workflow: Workflow, plan: Plan) -> None:
    """Find the nodes that no execution wire touches; who needs them evaluates them."""
    wired = {wire.source for wire in workflow.exec_wires} | {
        wire.target for wire in workflow.exec_wires
    }
    has_start = any(op.type.name == "StartNode" for op in plan.ops)
    data_only = {
        op.index
        for op in plan.ops
        if op.node.id not in wired
        and op.type.name != "StartNode"
        and (has_start or not op.type.exec_in)
    }
    feeders: dict[int, list[int]] = {}
    for wire in workflow.data_wires:
        source = plan.index_of[wire.source]
        if source in data_only:
            feeders.setdefault(plan.index_of[wire.target], []).append(source)
    for op in plan.ops:
        op.pulls = _in_order(op.index, feeders)
        if op.index not in data_only and any(plan.ops[i].is_async for i in op.pulls):
            op.is_async = True
    wanted = [
        plan.index_of[port.node_id]
        for port in workflow.outputs
        if port.node_id in plan.index_of and plan.index_of[port.node_id] in data_only
    ]
    wanted += [op.index for op in plan.ops if op.type.name == "SubflowOutputNode"]
    plan.result_pulls = tuple(dict.fromkeys(wanted))


def _in_order(index: int, feeders: Mapping[int, list[int]]) -> tuple[int, ...]:
    """Data-only nodes that feed a node, the deepest first. Cycles are cut."""
    ordered: dict[int, None] = {}
    entered: set[int] = {index}
    stack: list[tuple[int, bool]] = [(i, False) for i in reversed(feeders.get(index, ()))]
    while stack:
        current, left = stack.pop()
        if left:
            ordered[current] = None
        elif current not in entered:
            entered.add(current)
            stack.append((current, True))
            stack += [(i, False) for i in reversed(feeders.get(current, ()))]
    return tuple(ordered)


def _start(plan: Plan) -> tuple[int, ...]:
    """The first StartNode; else every node that nothing leads to."""
    for op in plan.ops:
        if op.type.name == "StartNode":
            return (op.index,)
    led_to = {i for op in plan.ops for followers in op.followers.values() for i in followers}
    starts: dict[int, None] = {}
    for op in plan.ops:
        if op.index in led_to:
            continue
        if op.type.exec_in:
            starts[op.index] = None
    return tuple(starts)
