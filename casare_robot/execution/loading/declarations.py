"""A draft's variables, settings and subflow ports, made what they declare to be. Pure."""

import json
import math
from collections.abc import Mapping
from typing import Any

from casare_robot.domain.conversion import convert
from casare_robot.domain.node_type import DataType
from casare_robot.domain.workflow import (
    NodeId,
    Settings,
    SubflowParameter,
    SubflowPort,
    Variable,
)
from casare_robot.execution.loading.findings import Findings
from casare_robot.execution.loading.node_ports import DATA, NodePorts

UNTOUCHED_TIMEOUT = 120.0
"""Seconds the designer writes into every file. Nobody chose them for the whole run, so they
limit each node, as in the reference executor; any other number limits the run."""
_TYPES = {
    "integer": DataType.INTEGER,
    "int": DataType.INTEGER,
    "int32": DataType.INTEGER,
    "float": DataType.FLOAT,
    "number": DataType.NUMBER,
    "boolean": DataType.BOOLEAN,
    "bool": DataType.BOOLEAN,
}
_STRUCTURES: Mapping[str, type] = {
    "list": list,
    "array": list,
    "datatable": list,
    "dict": dict,
    "object": dict,
}


def variables_of(
    declared: Mapping[str, Mapping[str, Any]], findings: Findings
) -> dict[str, Variable]:
    """The variables a file declares, each default of its declared type.

    Faults: defaults that cannot be of their type.
    """
    found: dict[str, Variable] = {}
    for name, entry in declared.items():
        type_ = entry.get("type") or entry.get("data_type") or "Any"
        type_ = type_ if isinstance(type_, str) else "Any"
        default = entry.get("default_value")
        try:
            default = typed(default, type_.lower())
        except (ValueError, TypeError, OverflowError) as error:
            message = f"the default of variable {name[:100]!r} is no {type_}: {error}"
            findings.fault(419, message[:400], key=f"variables.{name[:100]}")
        found[name] = Variable(
            name=name,
            type=type_,
            default=default,
            description=str(entry.get("description") or ""),
            sensitive=entry.get("sensitive") is True,
            readonly=entry.get("readonly") is True,
        )
    return found


def settings_of(raw: Mapping[str, Any], findings: Findings) -> Settings:
    """How the file wants to be run; ``settings`` and ``execution_settings`` taken together.

    Faults: durations and counts that are none.
    """
    passes_on = _flag(raw.get("continue_on_error"))
    if passes_on is None:
        stops = _flag(raw.get("stop_on_error"))
        passes_on = stops is False
    timeout = next(
        (
            raw[key]
            for key in ("timeout_override", "timeout", "timeout_seconds")
            if raw.get(key) not in (None, "")
        ),
        None,
    )
    limit = _duration(timeout, "timeout", findings)
    node_limit = _duration(raw.get("node_timeout"), "node_timeout", findings)
    if limit == UNTOUCHED_TIMEOUT:
        limit, node_limit = None, node_limit or limit
    return Settings(
        continue_on_error=passes_on,
        node_timeout=node_limit,
        timeout=limit,
        retry_count=int(_number(raw.get("retry_count"), "retry_count", findings)),
    )


def subflow_port(
    entry: Mapping[str, Any], ports: Mapping[str, NodePorts], *, is_input: bool
) -> SubflowPort:
    """An input or output of a subflow file."""
    node_id = _text(entry, "internal_node_id", "node_id")
    port = _text(entry, "internal_port_name", "port_name", "port")
    inner = ports.get(node_id) if node_id else None
    if inner is not None and port:
        ends = inner.targets(port) if is_input else inner.sources(port)
        port = ends.get(DATA, port)
    return SubflowPort(
        name=_text(entry, "name", "id") or "",
        type=(_text(entry, "type", "data_type") or "ANY").upper(),
        default=entry.get("default_value", entry.get("default")),
        required=entry.get("required") is True,
        node_id=NodeId(node_id) if node_id else None,
        port=port,
    )


def subflow_parameter(
    entry: Mapping[str, Any], ports: Mapping[str, NodePorts], findings: Findings
) -> SubflowParameter | None:
    """A promoted property of a subflow file; None, with a warning, if its node is not there."""
    name = _text(entry, "name", "id") or ""
    node_id = _text(entry, "internal_node_id", "node_id", "source_node")
    key = _text(entry, "internal_property_name", "internal_property_key", "key", "source_property")
    inner = ports.get(node_id) if node_id else None
    if inner is None or node_id is None or key is None:
        message = f"parameter {name[:100]!r} belongs to no node of this subflow"
        findings.warn(459, message, key=f"parameters.{name[:100]}")
        return None
    return SubflowParameter(
        name=name,
        node_id=NodeId(node_id),
        key=inner.key(key) or key,
        default=entry.get("default_value", entry.get("default")),
    )


def typed(value: Any, type_: str) -> Any:
    """A value given for a variable, made of the type the file declares (in small letters).

    Raises:
        ValueError: It cannot be.
    """
    structure = _STRUCTURES.get(type_)
    if structure is not None:
        if isinstance(value, str):
            value = json.loads(value) if value.strip() else structure()
        if value is not None and not isinstance(value, list | dict):
            raise ValueError(f"it is {value!r}")
        return value
    if type_ in _TYPES:
        return None if value == "" else convert(value, _TYPES[type_])
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if type_ == "string" and is_number else value


def _flag(value: Any) -> bool | None:
    try:
        return None if value in (None, "") else bool(convert(value, DataType.BOOLEAN))
    except ValueError:
        return None


def _duration(value: Any, key: str, findings: Findings) -> float | None:
    """Seconds; nothing and 0 mean that there is no limit."""
    return _number(value, key, findings) or None


def _number(value: Any, key: str, findings: Findings) -> float:
    if value is None or value == "":
        return 0.0
    try:
        number = float(convert(value, DataType.FLOAT))
    except (ValueError, TypeError, OverflowError):
        number = math.nan
    if not 0 <= number < math.inf:
        findings.fault(420, f"{str(value)[:100]!r} is no {key}", key=f"settings.{key}")
        return 0.0
    return number


def _text(entry: Mapping[str, Any], *keys: str) -> str | None:
    for key in keys:
        value = entry.get(key)
        if isinstance(value, str) and value:
            return value
    return None
