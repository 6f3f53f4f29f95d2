"""One node of a compiled workflow. Pure."""

from collections.abc import Callable, Mapping
from typing import Any

from casare_robot.domain.node_type import NodeType
from casare_robot.domain.workflow import Node
from casare_robot.execution.planning.parameters import Call

Source = Callable[[Any], Any]
"""Takes a scope (see `casare_robot.execution.running.scope`), gives a value."""


class Op:
    """One node, compiled.

    ``wires`` are the sources of wired ports alone, by port. ``constants`` and
    ``sources`` together give the arguments of the node's function; ``hides`` are
    those that are secrets, with their keys. ``followers`` maps an execution port to
    the indices it leads to. ``pulls`` are data-only nodes to evaluate before, in order.
    """

    __slots__ = (
        "call",
        "constants",
        "disabled",
        "followers",
        "hides",
        "index",
        "is_async",
        "is_merge",
        "node",
        "pulls",
        "retry_delay",
        "retry_limit",
        "sources",
        "success_port",
        "type",
        "wires",
    )

    def __init__(self, index: int, node: Node, type_: NodeType) -> None:
        self.index = index
        self.node = node
        self.type = type_
        self.disabled = node.disabled
        self.call: Call | None = None
        self.constants: dict[str, Any] = {}
        self.sources: tuple[tuple[str, Source], ...] = ()
        self.followers: dict[str, tuple[int, ...]] = {}
        self.hides: tuple[tuple[str, str], ...] = ()
        self.pulls: tuple[int, ...] = ()
        self.is_merge = False
        self.is_async = False
        self.success_port = _success_port(type_)
        self.retry_limit: Source | None = None
        self.retry_delay: Source | None = None
        self.wires: Mapping[str, Source] = {}

    @property
    def id(self) -> str:
        """Id of the node in the file."""
        return self.node.id

    def follow(self, port: str) -> tuple[int, ...]:
        """Where an execution port leads."""
        return self.followers.get(port, ())

    def arguments(self, scope: Any) -> dict[str, Any]:
        """The arguments for the node's function, by argument name.

        Raises:
            NodeFailure: A value cannot be of the type its property has.
        """
        arguments = self.constants.copy()
        for name, source in self.sources:
            arguments[name] = source(scope)
        return arguments


def _success_port(type_: NodeType) -> str:
    if "exec_out" in type_.exec_out or not type_.exec_out:
        return "exec_out"
    return "completed" if "completed" in type_.exec_out else type_.exec_out[0]
