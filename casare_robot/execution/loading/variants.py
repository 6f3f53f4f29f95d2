"""Reads every known shape of a workflow file into one plain draft. Pure.

Knows shapes only, no node types: current form, port dump, scenario, subflow
file, list form, project template, workflow template, snippet, docs form and
``workflow-v2``.

Source: workflow format, section 1.2.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from casare_robot.execution.loading.findings import Findings

MOST_NODES = 20_000
MOST_WIRES = 100_000
LONGEST_ID = 256

_OBJECT_ADDRESS = re.compile(r"0x[0-9a-fA-F]+")
"""Ids that a designer of December 2025 wrote into wires of subflows by mistake."""


@dataclass(frozen=True, slots=True)
class DraftNode:
    """A node as its file has it."""

    id: str
    type: str
    config: Mapping[str, Any]
    name: str
    disabled: bool


@dataclass(frozen=True, slots=True)
class DraftWire:
    """A wire as its file has it; both nodes exist."""

    source: str
    source_port: str
    target: str
    target_port: str


@dataclass(slots=True)
class Draft:
    """A workflow file without its variant: raw values under uniform names."""

    name: str = ""
    nodes: dict[str, DraftNode] = field(default_factory=dict)
    wires: list[DraftWire] = field(default_factory=list)
    variables: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    inputs: list[Mapping[str, Any]] = field(default_factory=list)
    outputs: list[Mapping[str, Any]] = field(default_factory=list)
    parameters: list[Mapping[str, Any]] = field(default_factory=list)


def read_variant(source: Mapping[str, Any], findings: Findings) -> Draft:
    """Make a draft of a parsed file; what cannot be read becomes a fault."""
    core = _core(source, findings)
    draft = Draft(name=_title(core) or _title(source))
    _read_nodes(core.get("nodes"), draft, findings)
    _read_wires(core.get("connections"), draft, findings)
    for place in (core, source):
        for key in ("variables", "default_variables"):
            _read_variables(place.get(key), draft, findings)
    _read_values(source.get("variable_values"), draft)
    for place in (source, core):
        for key in ("default_settings", "settings", "execution_settings"):
            settings = place.get(key)
            if isinstance(settings, Mapping):
                draft.settings |= settings
    if core is not source:
        _read_variables(source.get("parameters"), draft, findings)
    for key, ports in (
        ("inputs", draft.inputs),
        ("outputs", draft.outputs),
        ("parameters", draft.parameters),
    ):
        ports += _entries(core.get(key), key, findings)
    return draft


def _core(source: Mapping[str, Any], findings: Findings) -> Mapping[str, Any]:
    for wrapper in ("workflow", "base_workflow", "workflow_definition"):
        inner = source.get(wrapper)
        if isinstance(inner, Mapping):
            return inner
    if "nodes" not in source:
        findings.fault(401, "this is no workflow: it has no nodes", key="nodes")
    return source


def _title(place: Mapping[str, Any]) -> str:
    metadata = place.get("metadata")
    for holder in (metadata, place):
        if isinstance(holder, Mapping) and isinstance(holder.get("name"), str) and holder["name"]:
            return str(holder["name"])
    return ""


def _read_nodes(nodes: Any, draft: Draft, findings: Findings) -> None:
    if nodes is None:
        return
    if isinstance(nodes, Mapping):
        entries: Iterator[tuple[Any, Any]] = iter(nodes.items())
    elif isinstance(nodes, list):
        entries = ((_first(entry, "node_id", "id"), entry) for entry in nodes)
    else:
        findings.fault(401, "nodes must be an object or a list", key="nodes")
        return
    if len(nodes) > MOST_NODES:
        findings.fault(405, f"{len(nodes):,} nodes are more than {MOST_NODES:,}", key="nodes")
        return
    for place, (id_, entry) in enumerate(entries):
        _read_node(place, id_, entry, draft, findings)


def _read_node(place: int, id_: Any, entry: Any, draft: Draft, findings: Findings) -> None:
    if isinstance(id_, int) and not isinstance(id_, bool):
        id_ = str(id_)
    if not isinstance(id_, str) or not id_ or not isinstance(entry, Mapping):
        findings.fault(
            409, f"entry {place} of the nodes is no node with an id", key=f"nodes[{place}]"
        )
        return
    if len(id_) > LONGEST_ID:
        message = f"a node id of {len(id_)} characters is longer than {LONGEST_ID}"
        findings.fault(407, message, node=id_[:50], key="node_id")
        return
    if id_ in draft.nodes:
        findings.fault(408, f"two nodes have the id {id_!r}", node=id_, key="node_id")
        return
    type_ = _first(entry, "node_type", "type")
    if not isinstance(type_, str) or not type_:
        findings.fault(409, "the node has no type", node=id_, key="node_type")
        return
    config: dict[str, Any] = {}
    for key in ("properties", "config"):
        values = entry.get(key)
        if isinstance(values, Mapping):
            config |= values
        elif values:
            findings.fault(409, f"{key} must be an object", node=id_, type_=type_, key=key)
    own_id = entry.get("node_id")
    if isinstance(own_id, str) and own_id not in ("", id_):
        findings.warn(
            457, f"the node calls itself {own_id!r}; its key counts", node=id_, key="node_id"
        )
    name = _first(entry, "display_name", "name")
    disabled = config.get("_disabled") is True or entry.get("disabled") is True
    draft.nodes[id_] = DraftNode(
        id_, type_, config, name if isinstance(name, str) else "", disabled
    )


def _read_wires(wires: Any, draft: Draft, findings: Findings) -> None:
    if wires is None:
        return
    if not isinstance(wires, list):
        findings.fault(401, "connections must be a list", key="connections")
        return
    if len(wires) > MOST_WIRES:
        message = f"{len(wires):,} connections are more than {MOST_WIRES:,}"
        findings.fault(406, message, key="connections")
        return
    known: set[DraftWire] = set()
    for place, entry in enumerate(wires):
        key = f"connections[{place}]"
        ends = _ends(entry)
        if ends is None:
            findings.fault(409, f"{key} does not say from which port to which", key=key)
            continue
        wire = DraftWire(*ends)
        missing = [id_ for id_ in (wire.source, wire.target) if id_ not in draft.nodes]
        if missing:
            known_mistake = _OBJECT_ADDRESS.fullmatch(missing[0])
            report = findings.warn if known_mistake else findings.fault
            other = wire.target if missing[0] == wire.source else wire.source
            report(
                412,
                f"a wire names the node {missing[0][:LONGEST_ID]!r}, which is not there",
                node=other if other in draft.nodes else None,
                key=key,
            )
        elif wire not in known:
            known.add(wire)
            draft.wires.append(wire)


def _ends(entry: Any) -> tuple[str, str, str, str] | None:
    """Source node and port, target node and port, of any way to write a wire."""
    if not isinstance(entry, Mapping):
        return None
    source = _end(entry, ("source", "from", "out"))
    target = _end(entry, ("target", "to", "in"))
    return (*source, *target) if source and target else None


def _end(entry: Mapping[str, Any], words: tuple[str, ...]) -> tuple[str, str] | None:
    for word in words:
        whole = entry.get(word)
        node = _first(entry, f"{word}_node", f"{word}_node_id", f"{word}Node")
        port = _first(entry, f"{word}_port", f"{word}Port", f"{word}Handle")
        if node is None and isinstance(whole, str):
            node, _, joined = whole.rpartition(".") if port is None else (whole, "", port)
            port = joined
        elif node is None and isinstance(whole, list | tuple) and len(whole) == 2:
            node, port = whole
        if isinstance(node, int) and not isinstance(node, bool):
            node = str(node)
        if isinstance(node, str) and isinstance(port, str) and node and port:
            return node, port
    return None


def _read_variables(variables: Any, draft: Draft, findings: Findings) -> None:
    if isinstance(variables, list):
        entries = [(_first(entry, "name", "id"), entry) for entry in variables]
    elif isinstance(variables, Mapping):
        entries = list(variables.items())
    else:
        return
    for place, (name, entry) in enumerate(entries):
        if not isinstance(name, str) or not name:
            findings.fault(419, f"variable {place} has no name", key=f"variables[{place}]")
        elif name not in draft.variables:
            draft.variables[name] = _variable(entry)


def _variable(entry: Any) -> Mapping[str, Any]:
    """The parts of a declared variable; a value alone, and a dict that is one, are defaults."""
    if isinstance(entry, Mapping) and ("default_value" in entry or "value" in entry):
        return {**entry, "default_value": entry.get("default_value", entry.get("value"))}
    if isinstance(entry, Mapping) and entry.keys() & {"type", "data_type"} and "name" in entry:
        return {**entry, "default_value": None}
    return {"default_value": entry}


def _read_values(values: Any, draft: Draft) -> None:
    if isinstance(values, Mapping):
        for name, value in values.items():
            declared = draft.variables.get(name, {})
            draft.variables[name] = {**declared, "default_value": value}


def _entries(value: Any, key: str, findings: Findings) -> list[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        value = [
            {"name": name, **entry} for name, entry in value.items() if isinstance(entry, Mapping)
        ]
    if not isinstance(value, list):
        return []
    found = [entry for entry in value if isinstance(entry, Mapping) and _first(entry, "name", "id")]
    if len(found) < len(value):
        findings.warn(458, f"{len(value) - len(found)} entries of {key} have no name", key=key)
    return found


def _first(entry: Any, *keys: str) -> Any:
    if isinstance(entry, Mapping):
        for key in keys:
            if entry.get(key) is not None:
                return entry[key]
    return None
