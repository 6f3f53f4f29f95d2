"""Checks one node's config and gives it canonical keys. Pure."""

from collections.abc import Callable, Mapping
from typing import Any

from casare_robot.domain.conversion import convert, is_textual
from casare_robot.domain.node_type import DataType, NodeType, Property
from casare_robot.execution.language.references import (
    REFERENCE,
    Constant,
    SecretTemplate,
    compile_value,
    is_braced,
    not_references_in,
    references_in,
    split_path,
)
from casare_robot.execution.loading.findings import Findings
from casare_robot.execution.loading.node_ports import NodePorts
from casare_robot.execution.loading.synonyms import (
    CANVAS_KEYS,
    EXPRESSION_NODES,
    OWN_KEYS,
)
from casare_robot.execution.planning.parameters import PAIR_PREFIX, chosen_action

_UNSET = (None, "")
ON_UNKNOWN = ("ask", "redo", "skip", "fail")

Outputs = Callable[[str, str], str | None]
"""Canonical output of a node by node id and port; "" if it has none, None if it is no node."""


def canonical_config(
    node_id: str, type_: NodeType, config: Mapping[str, Any], ports: NodePorts, findings: Findings
) -> dict[str, Any]:
    """The config with the catalogue's keys, what nobody reads left out.

    Faults: values that cannot be of their type. Warnings: unknown keys and actions,
    braces that are no reference.
    """
    found: dict[str, Any] = {}
    for name, value in config.items():
        key = _key(name, value, config, ports)
        if key is None:
            if not _is_canvas(name) and value not in _UNSET:
                message = f"{type_.name} knows no {name[:100]!r}; it is ignored"
                findings.warn(450, message, node=node_id, type_=type_.name, key=name[:100])
        elif key not in found or (value not in _UNSET and (key == name or _is_unset(config, key))):
            found[key] = value
    for key, value in found.items():
        problem = _problem(key, value, ports)
        if problem:
            findings.fault(417, problem, node=node_id, type_=type_.name, key=key)
        for text in () if is_code(type_, key) else not_references_in(value)[:3]:
            message = f"{text[:100]} is no reference; it stays as written"
            findings.warn(452, message, node=node_id, type_=type_.name, key=key)
    _check_choices(node_id, type_, found, findings)
    return found


def is_code(type_: NodeType | None, key: str) -> bool:
    """Whether a property holds source code, in which only ``{{...}}`` can be a reference."""
    properties = type_.properties if type_ else ()
    return any(each.name == key and each.is_code for each in properties)


def check_references(
    node: tuple[str, str, NodeType | None],
    config: dict[str, Any],
    outputs_of: Outputs,
    findings: Findings,
) -> None:
    """Give references to other nodes' outputs the catalogue's port names.

    ``node`` is its id, the name of its type and its type, if that is known.
    Faults: a reference to an output that its node does not have.
    """
    node_id, type_name, type_ = node
    for key, value in config.items():
        in_code = is_code(type_, key)
        renames: dict[str, str] = {}
        for reference in references_in(value, in_code=in_code):
            name, _, port = reference.partition(".")
            canonical = outputs_of(name, port) if port else None
            if canonical == "":
                message = f"{{{{{reference}}}}} names an output that node {name!r} does not have"
                findings.fault(416, message, node=node_id, type_=type_name, key=key)
            elif canonical is not None and canonical != port:
                renames[reference] = f"{name}.{canonical}"
        if renames:
            config[key] = _renamed(value, renames, in_code)


def _key(name: str, value: Any, config: Mapping[str, Any], ports: NodePorts) -> str | None:
    if name.startswith(PAIR_PREFIX):
        return name if isinstance(value, str) else None  # no id: the wiring decides
    if name in OWN_KEYS:
        return name
    if name.startswith("_"):
        return None
    type_ = ports.type
    is_condition = type_ is not None and type_.name in EXPRESSION_NODES and name == "condition"
    if is_condition and isinstance(value, str) and _is_unset(config, "expression"):
        return "expression"
    key = ports.key(name)
    return None if key == name and _is_canvas(name) and name not in _declared(ports) else key


def _declared(ports: NodePorts) -> set[str]:
    return {*ports.properties, *ports.inputs}


def _is_unset(config: Mapping[str, Any], key: str) -> bool:
    return config.get(key) in _UNSET


def _is_canvas(name: str) -> bool:
    return name in CANVAS_KEYS or name.startswith("_")


def _problem(key: str, value: Any, ports: NodePorts) -> str:
    if key in OWN_KEYS:
        is_known = isinstance(value, str) and value in ON_UNKNOWN
        return "" if is_known else f"{value!r} is none of: {', '.join(ON_UNKNOWN)}"
    wanted = ports.properties.get(key, ports.inputs.get(key, DataType.ANY))
    if value is None or (value == "" and not is_textual(wanted)):
        return ""
    compiled = compile_value(value)
    if not isinstance(compiled, Constant) or isinstance(compiled.value, SecretTemplate):
        return ""
    try:
        convert(value, wanted)
    except (ValueError, TypeError, OverflowError) as error:
        return _short(str(error))
    return ""


def _check_choices(
    node_id: str, type_: NodeType, config: Mapping[str, Any], findings: Findings
) -> None:
    if type_.actions:
        try:
            chosen_action(type_, config)
        except ValueError as error:
            findings.warn(
                418, _short(str(error)), node=node_id, type_=type_.name, key=type_.action_property
            )
    for property_ in type_.properties:
        value = config.get(property_.name)
        is_open = not property_.choices or property_.is_expression
        if is_open or value in _UNSET or property_.name == type_.action_property:
            continue
        is_static = isinstance(value, str) and isinstance(compile_value(value), Constant)
        if is_static and not _chosen(value, property_):
            message = f"{value[:100]!r} is none of: {', '.join(property_.choices)}"
            findings.warn(454, message, node=node_id, type_=type_.name, key=property_.name)


def _chosen(value: str, property_: Property) -> bool:
    is_multiple = property_.type is DataType.MULTI_CHOICE
    chosen = convert(value, DataType.MULTI_CHOICE) if is_multiple else [value]
    choices = {choice.lower() for choice in property_.choices}
    return all(str(choice).lower() in choices for choice in chosen)


def _renamed(value: Any, renames: Mapping[str, str], in_code: bool) -> Any:
    if isinstance(value, str):
        return REFERENCE.sub(
            lambda match: (
                _renamed_reference(match[0], renames)
                if is_braced(match) or not in_code
                else match[0]
            ),
            value,
        )
    if isinstance(value, list):
        return [_renamed(item, renames, in_code) for item in value]
    if isinstance(value, Mapping):
        return {key: _renamed(item, renames, in_code) for key, item in value.items()}
    return value


def _renamed_reference(text: str, renames: Mapping[str, str]) -> str:
    path = text.strip("{}$% \t\r\n")
    name, steps = split_path(path)
    first = f"{name}.{steps[0]}" if steps else name
    return text.replace(first, renames[first], 1) if first in renames else text


def _short(message: str) -> str:
    return message if len(message) <= 300 else message[:300] + "..."
