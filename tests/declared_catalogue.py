"""A catalogue for proofs of the loader that does not depend on how the nodes are written."""

import json
from pathlib import Path

from casare_robot.domain.node_type import Action, DataType, NodeType, Port, Property
from casare_robot.nodes.catalogue import Catalogue, modules

DATA = Path(__file__).parent / "data"
HERE = {name for names in modules().values() for name in names}
REQUIRED = {("ListFilterNode", "list"), ("ListMapNode", "list"), ("ListReduceNode", "list")}
SYNONYMS = {
    "ConcatenateNode": {"string1": "string_1", "string2": "string_2"},
    "TextSplitNode": {"delimiter": "separator"},
    "RunPythonScriptNode": {"script": "code"},
}
OPEN = {"CreateListNode", "CreateDictNode", "SubflowNode", "CallSubworkflowNode"}


class DeclaredCatalogue(Catalogue):
    """The types of catalogue.jsonl, with ports and properties but nothing to run."""

    def __init__(self):
        rows = (DATA / "catalogue.jsonl").read_text(encoding="utf-8").splitlines()
        declared = [_declared(row) for row in map(json.loads, rows) if row["name"] in HERE]
        super().__init__({type_.name: "" for type_ in declared})
        self._types = {type_.name: type_ for type_ in declared}
        self._types["BrowserWaitNode"] = self._types["WaitNode"]


def _declared(row):
    name = row["name"]
    actions = {
        action: Action(_nothing, inputs=_ports(name, ports), outputs=_outputs(ports))
        for action, ports in row.get("ports_by_action", {}).items()
    }
    return NodeType(
        name,
        category=row["category"],
        run=None if row["category"] in ("control_flow", "basic") else _nothing,
        inputs=_ports(name, row),
        outputs=_outputs(row),
        properties=tuple(
            Property(
                p["name"], _type(p), p.get("default"), choices=tuple(map(str, p.get("choices", ())))
            )
            for p in row["properties"]
        ),
        exec_out=tuple(row["exec_out"]),
        actions=actions,
        synonyms=SYNONYMS.get(name, {}),
        open_ports=name in OPEN,
    )


def _nothing(*, list=None):
    return {}


def _ports(name, row):
    return tuple(
        Port(port["name"], _type(port), required=(name, port["name"]) in REQUIRED)
        for port in row.get("inputs", ())
    )


def _outputs(row):
    return tuple(Port(port["name"], _type(port)) for port in row.get("outputs", ()))


def _type(port):
    names = set(DataType)
    return DataType(port["type"]) if port["type"] in names else DataType.ANY
