"""Draws workflow files from few words."""

import json
import re
from itertools import pairwise

_STEP = re.compile(r"(\w+)(?:\.(\w+))?")


def draw(nodes, flow, data="", **fields):
    """A workflow as a dict.

    Args:
        nodes: Id to node type without "Node", or to (type, config).
        flow: Chains of nodes, ``start > loop.body > x; loop.completed > y``; the
            port is ``exec_out`` unless named.
        data: Data wires, ``a.value > b.text; ...``.
        fields: What else the file holds (``variables``, ``settings``).
    """
    wires = []
    for chain in filter(None, (part.strip() for part in flow.split(";"))):
        stops = [_STEP.fullmatch(stop.strip()).groups() for stop in chain.split(">")]
        for (source, port), (target, _) in pairwise(stops):
            wires.append((source, port or "exec_out", target, "exec_in"))
    for wire in filter(None, (part.strip() for part in data.split(";"))):
        source, target = (end.strip().split(".") for end in wire.split(">"))
        wires.append((*source, *target))
    return {
        "metadata": {"name": "drawn"},
        "nodes": {name: _node(name, what) for name, what in nodes.items()},
        "connections": [
            dict(zip(("source_node", "source_port", "target_node", "target_port"), w, strict=True))
            for w in wires
        ],
        **fields,
    }


def write(path, nodes, flow, data="", **fields):
    """Draw into a file; its path."""
    path.write_text(json.dumps(draw(nodes, flow, data, **fields)))
    return path


def _node(name, what):
    type_, config = (what, {}) if isinstance(what, str) else what
    return {"node_id": name, "node_type": f"{type_}Node", "config": config}
