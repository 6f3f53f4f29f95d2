"""What the designer writes for a node of any type loads, and so do its wires."""

import json
from pathlib import Path

import pytest

from casare_robot.execution.loading.loader import load_workflow
from casare_robot.nodes.catalogue import load_catalogue

ROWS = [
    json.loads(line)
    for line in Path("tests/data/designer.jsonl").read_text(encoding="utf-8").splitlines()
]
TOLD = {"E-WF-411", "E-WF-415", "E-WF-419", "E-WF-460"}
"""Not here, no value yet, a loop without an end: true of a node that somebody just put down."""


def wire(source, target):
    return {
        **dict(zip(("source_node", "source_port"), source, strict=True)),
        **dict(zip(("target_node", "target_port"), target, strict=True)),
    }


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_a_node_as_the_designer_saves_it_loads_with_all_its_wires(row):
    nodes = {
        "s": {"node_type": "StartNode"},
        "v": {"node_type": "GetVariableNode", "config": {"variable_name": "x"}},
        **{f"l{port}": {"node_type": "LogNode"} for port in row["outputs"]},
        "last": {"node_type": "LogNode"},
        "n": {"node_type": row["name"], "config": row["config"]},
    }
    wires = [wire(("s", "exec_out"), ("n", port)) for port in row["exec_inputs"]]
    wires += [wire(("v", "value"), ("n", port)) for port in row["inputs"]]
    wires += [wire(("n", port), (f"l{port}", "data")) for port in row["outputs"]]
    wires += [wire(("n", port), ("last", "exec_in")) for port in row["exec_outputs"]]

    loaded = load_workflow({"nodes": nodes, "connections": wires}, load_catalogue(), must_run=False)

    assert [str(fault) for fault in loaded.warnings if fault.code not in TOLD] == []
