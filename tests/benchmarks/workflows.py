"""Workflow files for the benchmarks."""

import itertools
import json
from typing import Any

Node = tuple[str, dict[str, Any]]


def workflow(nodes: dict[str, Node], wires: list[tuple[str, str, str]], **variables: Any) -> bytes:
    """A file from nodes by id and execution wires (source, port, target)."""
    return json.dumps(
        {
            "metadata": {"name": "benchmark"},
            "nodes": {
                name: {"node_id": name, "node_type": type_, "config": config}
                for name, (type_, config) in nodes.items()
            },
            "connections": [
                {
                    "source_node": source,
                    "source_port": port,
                    "target_node": target,
                    "target_port": "exec_in",
                }
                for source, port, target in wires
            ],
            "variables": {
                name: {"name": name, "type": "Any", "default_value": value}
                for name, value in variables.items()
            },
        }
    ).encode()


def loop(turns: int, first: Node, second: Node, *, port: str = "exec_out") -> bytes:
    """A For loop around two nodes."""
    return workflow(
        {
            "start": ("StartNode", {}),
            "for": ("ForLoopStartNode", {"mode": "range", "start": 0, "end": turns, "step": 1}),
            "first": first,
            "second": second,
            "end": ("ForLoopEndNode", {"paired_loop_start_id": "for"}),
        },
        [
            ("start", "exec_out", "for"),
            ("for", "body", "first"),
            ("first", port, "second"),
            ("second", "exec_out", "end"),
        ],
        counter=0,
        copy=0,
    )


def chain(nodes: list[Node], **variables: Any) -> bytes:
    """Nodes one after another."""
    named = {"start": ("StartNode", {})} | {f"n{i}": node for i, node in enumerate(nodes)}
    names = list(named)
    wires = [(a, "exec_out", b) for a, b in itertools.pairwise(names)]
    return workflow(named, wires, **variables)


INCREMENT: Node = ("IncrementVariableNode", {"variable_name": "counter", "increment": 1})
COPY: Node = (
    "SetVariableNode",
    {"variable_name": "copy", "default_value": "{{counter}}", "variable_type": "Int32"},
)
ADD: Node = ("MathOperationNode", {"operation": "add", "a": "{{counter}}", "b": 1})
IF: Node = ("IfNode", {"expression": "counter >= 0"})
