"""Sorts a file's wires into execution and data, with canonical port names. Pure."""

from collections.abc import Mapping, Sequence

from casare_robot.domain.workflow import NodeId, Wire
from casare_robot.execution.loading.findings import Findings
from casare_robot.execution.loading.node_ports import DATA, EXEC, NodePorts
from casare_robot.execution.loading.variants import DraftWire


def sort_wires(
    wires: Sequence[DraftWire],
    ports: Mapping[str, NodePorts],
    types: Mapping[str, str],
    findings: Findings,
) -> tuple[tuple[Wire, ...], tuple[Wire, ...]]:
    """Execution wires and data wires.

    Faults: execution wires at ports that do not exist, wires from one kind to
    the other. Warnings: data wires at ports that do not exist, which are left
    out, and inputs with several wires, of which the last counts.
    """
    exec_wires: list[Wire] = []
    data_wires: dict[tuple[str, str], Wire] = {}
    for wire in wires:
        sources = ports[wire.source].sources(wire.source_port)
        targets = ports[wire.target].targets(wire.target_port)
        kind = _kind(sources, targets, ports[wire.source], ports[wire.target])
        if kind is None:
            _tell(wire, sources, targets, types, findings)
            continue
        sorted_wire = Wire(
            source=NodeId(wire.source),
            source_port=sources[kind],
            target=NodeId(wire.target),
            target_port=targets[kind],
        )
        if kind == EXEC:
            exec_wires.append(sorted_wire)
            continue
        end = (wire.target, sorted_wire.target_port)
        if end in data_wires:
            findings.warn(
                456,
                f"several wires lead to {wire.target_port!r}; the last one counts",
                node=wire.target,
                type_=types[wire.target],
                key=wire.target_port,
            )
        data_wires[end] = sorted_wire
    return tuple(dict.fromkeys(exec_wires)), tuple(data_wires.values())


def _kind(
    sources: Mapping[str, str], targets: Mapping[str, str], source: NodePorts, target: NodePorts
) -> str | None:
    """What the wire carries; where both ends could carry both, reroutes say it."""
    common = sources.keys() & targets.keys()
    if len(common) == 2:
        return EXEC if source.joins_exec or target.joins_exec else DATA
    return next(iter(common), None)


def _tell(
    wire: DraftWire,
    sources: Mapping[str, str],
    targets: Mapping[str, str],
    types: Mapping[str, str],
    findings: Findings,
) -> None:
    whole = f"{wire.source}.{wire.source_port} > {wire.target}.{wire.target_port}"[:400]
    if sources and targets:
        findings.fault(
            413,
            f"the wire {whole} joins an execution port with a data port",
            node=wire.source,
            type_=types[wire.source],
            key=wire.source_port,
        )
        return
    is_at_source = not sources
    node, port = (
        (wire.source, wire.source_port) if is_at_source else (wire.target, wire.target_port)
    )
    is_exec = EXEC in (targets if is_at_source else sources)
    if not sources and not targets:
        is_exec = "exec" in wire.source_port or "exec" in wire.target_port
    side = "output" if is_at_source else "input"
    message = f"{types[node]} has no {side} {port[:100]!r}"
    if is_exec:
        findings.fault(
            413, f"{message}, so {whole} leads nowhere", node=node, type_=types[node], key=port
        )
    else:
        findings.warn(
            451, f"{message}; the wire {whole} is left out", node=node, type_=types[node], key=port
        )
