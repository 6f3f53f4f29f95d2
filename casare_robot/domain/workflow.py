"""A workflow as the engine sees it, whatever variant its file was written in. Pure."""

from collections.abc import Mapping
from typing import Any, NewType

import msgspec

NodeId = NewType("NodeId", str)


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """One node of a workflow.

    ``type`` is the catalogue's canonical name; ``config`` has canonical keys
    only, values as the file has them (references unresolved, numbers may still
    be strings), without the canvas's own entries (``status``, ``paired_*`` stay).
    """

    id: NodeId
    type: str
    config: Mapping[str, Any] = msgspec.field(default_factory=dict)
    name: str = ""
    disabled: bool = False


class Wire(msgspec.Struct, frozen=True, kw_only=True):
    """One connection, with canonical port names."""

    source: NodeId
    source_port: str
    target: NodeId
    target_port: str


class Variable(msgspec.Struct, frozen=True, kw_only=True):
    """A variable the file declares; ``default`` is already of the declared type."""

    name: str
    type: str = "Any"
    default: Any = None
    description: str = ""
    sensitive: bool = False
    readonly: bool = False


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How a file wants to be run. Durations in seconds."""

    continue_on_error: bool = False
    node_timeout: float | None = None
    timeout: float | None = None
    retry_count: int = 0


class SubflowPort(msgspec.Struct, frozen=True, kw_only=True):
    """An input or output of a subflow and the inner port it stands for."""

    name: str
    type: str = "ANY"
    default: Any = None
    required: bool = False
    node_id: NodeId | None = None
    port: str | None = None


class SubflowParameter(msgspec.Struct, frozen=True, kw_only=True):
    """A property of an inner node that a subflow's caller may set."""

    name: str
    node_id: NodeId
    key: str
    default: Any = None


class Workflow(msgspec.Struct, frozen=True, kw_only=True):
    """A loaded workflow.

    ``nodes`` keeps the file's order. ``exec_wires`` join execution ports,
    ``data_wires`` carry values; both hold only wires whose two ends exist.
    """

    name: str
    nodes: Mapping[NodeId, Node]
    exec_wires: tuple[Wire, ...] = ()
    data_wires: tuple[Wire, ...] = ()
    variables: Mapping[str, Variable] = msgspec.field(default_factory=dict)
    settings: Settings = Settings()
    inputs: tuple[SubflowPort, ...] = ()
    outputs: tuple[SubflowPort, ...] = ()
    parameters: tuple[SubflowParameter, ...] = ()
