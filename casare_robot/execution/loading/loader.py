"""Reads a workflow file of any variant into a `Workflow`, or says all that is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from casare_robot.domain.errors import Fault, WorkflowInvalidError
from casare_robot.domain.json_guard import LARGEST, JsonRefusedError, check_value, read_json
from casare_robot.domain.node_type import NodeType
from casare_robot.domain.policy import Policy
from casare_robot.domain.workflow import Node, NodeId, Workflow
from casare_robot.execution.loading.declarations import (
    settings_of,
    subflow_parameter,
    subflow_port,
    variables_of,
)
from casare_robot.execution.loading.findings import Findings, in_file_order
from casare_robot.execution.loading.flow_checks import (
    check_calls,
    check_circles,
    check_loops,
    check_required,
    reached_nodes,
)
from casare_robot.execution.loading.node_config import canonical_config, check_references
from casare_robot.execution.loading.node_ports import DATA, NodePorts
from casare_robot.execution.loading.synonyms import TYPE_NAMES, VISUAL_PREFIX
from casare_robot.execution.loading.variants import Draft, read_variant
from casare_robot.execution.loading.wiring import sort_wires

SCRIPTS = frozenset(
    {
        "RunPythonScriptNode",
        "RunPythonFileNode",
        "RunBatchScriptNode",
        "RunPowerShellNode",
        "RunJavaScriptNode",
        "RunCommandNode",
        "BrowserRunScriptNode",
    }
)
"""Types that exist to run a program; others may, and check the policy when they do."""


class NodeTypes(Protocol):
    """What the loader asks of the catalogue."""

    def __contains__(self, name: str) -> bool:
        """Whether a type of this name can run here."""
        ...

    def get(self, name: str) -> NodeType:
        """The type of this name, which is in the catalogue."""
        ...

    def need(self, name: str) -> str | None:
        """What a known type that is not in the catalogue needs; None for an unknown one."""
        ...

    def obstacle(self, name: str) -> str:
        """Why a known type cannot run here, as it reads after what it needs; empty: it can."""
        ...


@dataclass(frozen=True, slots=True)
class Loaded:
    """A workflow that can be run, and what is odd about its file."""

    workflow: Workflow
    warnings: tuple[Fault, ...]


def load_workflow(
    source: Mapping[str, Any] | str | bytes | Path,
    catalogue: NodeTypes,
    *,
    policy: Policy | None = None,
    must_run: bool = True,
) -> Loaded:
    """Load and check a workflow.

    Args:
        source: The parsed file, its text or bytes, or where it is; text that
            does not begin with ``{`` or ``[`` is a path.
        catalogue: The node types that can run here.
        policy: What node types this job may have; None permits all.
        must_run: Whether a flow that reaches a node which cannot run here is a
            fault. False, to look at a file without running it, makes it a warning.

    Raises:
        WorkflowInvalidError: It cannot be run; carries every fault, in file order.
    """
    findings = Findings()
    draft = read_variant(_parsed(source), findings)
    workflow = _Loading(draft, catalogue, findings).workflow(policy, must_run=must_run)
    if findings.faults:
        raise WorkflowInvalidError(in_file_order(findings.faults, draft.nodes))
    return Loaded(workflow, tuple(in_file_order(findings.warnings, draft.nodes)))


def node_types_in(
    source: Mapping[str, Any] | str | bytes | Path, catalogue: NodeTypes
) -> list[str]:
    """Canonical type names of a file, each once, in file order; also of a file with faults.

    Raises:
        WorkflowInvalidError: It is no workflow at all.
    """
    draft = read_variant(_parsed(source), Findings())
    names = (_canonical_type(node.type, catalogue) for node in draft.nodes.values())
    return list(dict.fromkeys(names))


def sensitive_variables(source: Mapping[str, Any] | str | bytes | Path) -> dict[str, Any]:
    """Names and defaults of the variables that a file declares as sensitive.

    Raises:
        WorkflowInvalidError: It is no workflow at all.
    """
    findings = Findings()
    declared = variables_of(read_variant(_parsed(source), findings).variables, findings)
    return {name: variable.default for name, variable in declared.items() if variable.sensitive}


class _Loading:
    """One file on its way from draft to workflow."""

    def __init__(self, draft: Draft, catalogue: NodeTypes, findings: Findings) -> None:
        self._draft = draft
        self._catalogue = catalogue
        self._findings = findings
        self._names: dict[str, str] = {}
        self._types: dict[str, NodeType] = {}
        for node in draft.nodes.values():
            name = _canonical_type(node.type, catalogue)
            if name in catalogue:
                self._types[node.id] = catalogue.get(name)
                name = self._types[node.id].name
            self._names[node.id] = name
        self._ports = {
            node.id: NodePorts(self._types.get(node.id), node.config)
            for node in draft.nodes.values()
        }

    def workflow(self, policy: Policy | None, *, must_run: bool) -> Workflow:
        draft, findings = self._draft, self._findings
        variables = variables_of(draft.variables, findings)
        nodes = self._nodes(set(variables))
        exec_wires, data_wires = sort_wires(draft.wires, self._ports, self._names, findings)
        check_circles(nodes, exec_wires, findings)
        check_loops(nodes, exec_wires, findings)
        reached = reached_nodes(nodes, exec_wires, data_wires)
        wired: dict[str, set[str]] = {node_id: set() for node_id in nodes}
        for wire in data_wires:
            wired[wire.target].add(wire.target_port)
        for node in nodes.values():
            runs = node.id in reached and not node.disabled
            if node.id not in self._types:
                self._check_known(node, is_fault=runs and must_run)
            elif runs:
                check_required(node, self._types[node.id], wired[node.id], findings)
                check_calls(node, findings)
            if policy is not None:
                self._check_policy(node, policy)
        parameters = [subflow_parameter(entry, self._ports, findings) for entry in draft.parameters]
        return Workflow(
            name=draft.name,
            nodes=nodes,
            exec_wires=exec_wires,
            data_wires=data_wires,
            variables=variables,
            settings=settings_of(draft.settings, findings),
            inputs=tuple(subflow_port(e, self._ports, is_input=True) for e in draft.inputs),
            outputs=tuple(subflow_port(e, self._ports, is_input=False) for e in draft.outputs),
            parameters=tuple(parameter for parameter in parameters if parameter is not None),
        )

    def _nodes(self, variables: set[str]) -> dict[NodeId, Node]:
        configs: dict[str, dict[str, Any]] = {}
        for node in self._draft.nodes.values():
            type_ = self._types.get(node.id)
            if type_ is None:
                configs[node.id] = dict(node.config)
            else:
                configs[node.id] = canonical_config(
                    node.id, type_, node.config, self._ports[node.id], self._findings
                )
        variables = variables | _names_set_by(configs)

        def outputs_of(node_id: str, port: str) -> str | None:
            if node_id in variables or node_id not in self._ports:
                return None
            return self._ports[node_id].sources(port).get(DATA, "")

        nodes: dict[NodeId, Node] = {}
        for node in self._draft.nodes.values():
            config = configs[node.id]
            named = (node.id, self._names[node.id], self._types.get(node.id))
            check_references(named, config, outputs_of, self._findings)
            nodes[NodeId(node.id)] = Node(
                id=NodeId(node.id),
                type=self._names[node.id],
                config=config,
                name=node.name,
                disabled=node.disabled,
            )
        return nodes

    def _check_known(self, node: Node, *, is_fault: bool) -> None:
        need = self._catalogue.need(node.type)
        if need is None:
            message = f"there is no node type {node.type[:100]!r}"
            self._findings.fault(410, message, node=node.id, type_=node.type[:100])
            return
        report = self._findings.fault if is_fault else self._findings.warn
        message = f"{node.type} needs {need}, {self._catalogue.obstacle(node.type)}"
        report(411, message, node=node.id, type_=node.type)

    def _check_policy(self, node: Node, policy: Policy) -> None:
        allowed = policy.allowed_node_types
        if (
            node.type in policy.denied_node_types
            or (allowed is not None and node.type not in allowed)
            or (node.type in SCRIPTS and not policy.allow_scripts)
        ):
            message = f"the policy {policy.profile!r} does not permit {node.type[:100]}"
            self._findings.fault("E-POL-503", message, node=node.id, type_=node.type[:100])


def _canonical_type(name: str, catalogue: NodeTypes) -> str:
    """The name the catalogue has for a type name of a file."""
    for candidate in (name, TYPE_NAMES.get(name, name), name.removeprefix(VISUAL_PREFIX)):
        candidate = TYPE_NAMES.get(candidate, candidate)
        if candidate in catalogue or catalogue.need(candidate) is not None:
            return candidate
    return name


def _names_set_by(configs: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """Variables that nodes set, which come before node ids when a reference is looked up."""
    return {
        value
        for config in configs.values()
        for key, value in config.items()
        if ("variable" in key or key.endswith("_var")) and isinstance(value, str)
    }


def _parsed(source: Mapping[str, Any] | str | bytes | Path) -> Mapping[str, Any]:
    try:
        if isinstance(source, Mapping):
            check_value(source)
            return source
        if isinstance(source, Path) or (isinstance(source, str) and _is_path(source)):
            source = _content(Path(source))
        value = read_json(source)
    except JsonRefusedError as error:
        raise _refused(error.code, str(error), error.place) from error
    if not isinstance(value, dict):
        raise _refused("E-WF-401", "a workflow must be a JSON object")
    return value


def _is_path(text: str) -> bool:
    return not text.lstrip("\ufeff \t\r\n").startswith(("{", "["))


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST:
            raise _refused("E-MSG-107", f"{path} is larger than {LARGEST // 2**20} MB")
        return path.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise _refused("E-WF-404", f"{str(path)[:300]} cannot be read: {reason}") from error


def _refused(code: str, message: str, key: str | None = None) -> WorkflowInvalidError:
    return WorkflowInvalidError([Fault(code=code, message=message, key=key or None)])
