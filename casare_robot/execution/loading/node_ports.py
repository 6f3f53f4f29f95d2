"""Which ports and config keys one node of a file has, under which names. Pure."""

import json
import re
from collections.abc import Collection, Mapping, Set
from typing import Any

from casare_robot.domain.conversion import convert
from casare_robot.domain.node_type import DataType, NodeType
from casare_robot.execution.loading.synonyms import ANY_NODE, EXEC_PORTS, KEYS
from casare_robot.execution.planning.parameters import chosen_action

EXEC = "exec"
DATA = "data"

_BRANCH = re.compile(r"branch_[1-9]\d?")
_CASE = "case_"
_OPEN_OUTPUTS = frozenset({"subflows", "workflow", "General"})
"""Categories of which the outputs are those of another workflow."""


class NodePorts:
    """Names of a node's ports and keys, its synonyms applied.

    ``type`` is None for a type that is not in the catalogue; such a node has
    whatever ports its wires name.
    """

    def __init__(self, type_: NodeType | None, config: Mapping[str, Any]) -> None:
        """Args: config: As the file has it, with canonical keys or not."""
        self.type = type_
        self._config = config
        self.properties: dict[str, DataType] = {}
        self.inputs: dict[str, DataType] = {}
        self.outputs: dict[str, DataType] = {}
        self._synonyms: Mapping[str, str] = {}
        self._declared: Set[str] = frozenset()
        if type_ is None:
            return
        self.properties = {property_.name: property_.type for property_ in type_.properties}
        self.inputs = {port.name: port.type for port in type_.inputs}
        self.outputs = {port.name: port.type for port in type_.outputs}
        self._synonyms = {**ANY_NODE, **KEYS.get(type_.name, {}), **type_.synonyms}
        for action in type_.actions.values():
            self.inputs |= {port.name: port.type for port in action.inputs}
        self.outputs |= self._action_outputs(type_)
        self._declared = self.properties.keys() | self.inputs.keys()

    @property
    def is_open(self) -> bool:
        """Whether it takes inputs of any name."""
        return self.type is None or self.type.open_ports

    @property
    def has_open_outputs(self) -> bool:
        """Whether it has outputs of any name."""
        return self.type is None or (
            self.type.open_ports and (self.type.category in _OPEN_OUTPUTS or not self.type.outputs)
        )

    def key(self, name: str) -> str | None:
        """The canonical config key; None if there is no such key."""
        found = self._canonical(name, self._declared)
        return found if found is not None else name if self.is_open else None

    def sources(self, port: str) -> dict[str, str]:
        """The canonical port a wire may start at, by kind (`EXEC`, `DATA`)."""
        found: dict[str, str] = {}
        exec_port = self._exec_source(port)
        if exec_port is not None:
            found[EXEC] = exec_port
        data_port = self._canonical(port, self.outputs.keys())
        if data_port is None and self.has_open_outputs and not self._looks_exec(port, found):
            data_port = port
        if data_port is not None:
            found[DATA] = data_port
        return found

    def targets(self, port: str) -> dict[str, str]:
        """The canonical port a wire may end at, by kind (`EXEC`, `DATA`)."""
        found: dict[str, str] = {}
        if self.type is None:
            if self._looks_exec(port, found) or port in EXEC_PORTS:
                found[EXEC] = EXEC_PORTS.get(port, port)
        else:
            exec_port = self._canonical(EXEC_PORTS.get(port, port), self.type.exec_in)
            if exec_port is not None:
                found[EXEC] = exec_port
        data_port = self._canonical(port, self._declared)
        if data_port is None and self.is_open and not self._looks_exec(port, found):
            data_port = port
        if data_port is not None:
            found[DATA] = data_port
        return found

    @property
    def joins_exec(self) -> bool:
        """Whether a reroute stands in an execution wire."""
        return (
            self._config.get("is_exec_reroute") is True or self._config.get("data_type") == "EXEC"
        )

    def _looks_exec(self, port: str, found: Mapping[str, str]) -> bool:
        return EXEC in found or port.startswith("exec")

    def _exec_source(self, port: str) -> str | None:
        if self.type is None:
            canonical = EXEC_PORTS.get(port, port)
            return canonical if canonical.startswith("exec") else None
        if self.type.name == "ForkNode" and _BRANCH.fullmatch(port):
            return port
        if self.type.name == "SwitchNode" and port.startswith(_CASE):
            return self._case(port)
        if self.type.name == "AISwitchNode" and port.startswith("exec_"):
            return "exec_out" if port == "exec_default" else port
        for name in (port, EXEC_PORTS.get(port, port)):
            found = self._canonical(name, self.type.exec_out)
            if found is not None:
                return found
        return None

    def _case(self, port: str) -> str | None:
        """The port of a case, which files name by value or by place."""
        cases = switch_cases(self._config.get("cases"))
        value = case_text(port.removeprefix(_CASE))
        if cases is None or value in cases:
            return _CASE + value
        if value.isdecimal() and int(value[:9]) < len(cases):
            return _CASE + cases[int(value)]
        return None

    def _canonical(self, name: str, declared: Collection[str]) -> str | None:
        if name in declared:
            return name
        synonym = self._synonyms.get(name)
        return synonym if synonym in declared else None

    def _action_outputs(self, type_: NodeType) -> dict[str, DataType]:
        try:
            action = chosen_action(type_, self._config)
        except ValueError:
            return {}
        if action is None:
            return {}
        return {port.name: port.type for port in type_.actions[action].outputs}


def switch_cases(cases: Any) -> list[str] | None:
    """The values of a Switch's cases as text; None if they are not known before the run."""
    if isinstance(cases, str):
        if "{{" in cases:
            return None
        try:
            cases = convert(cases, DataType.LIST)
        except ValueError:
            return None
        if isinstance(cases, str):
            cases = [case.strip() for case in cases.split(",") if case.strip()]
    if not isinstance(cases, list):
        return None if cases else []
    return [case_text(case) for case in cases]


def case_text(value: Any) -> str:
    """How a value is written in the name of a Switch's port: ``true``, ``2``, ``red``."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text.lower() if text in ("True", "False") else text
