"""Which node types there are, and where each is written. Loads a category on first use."""

import functools
import importlib
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from casare_robot.domain.errors import Fault, WorkflowInvalidError
from casare_robot.domain.node_type import NodeType
from casare_robot.nodes.needs_here import obstacle

TABLE = Path(__file__).with_name("catalogue.json")
"""Which types each module of this package declares, so that only that one is imported for it."""

ENTRY_POINTS = "casare_robot.nodes"
"""Entry points by which other packages add node types: type name to module."""


class Catalogue:
    """All node types by name.

    Args:
        homes: Type name to the full name of the module that declares it.
        others: The same for types of other packages; asked only when a type is
            met that ``homes`` does not have, because finding out is slow.
        obstacle: Why a need is not met on this machine; empty: it is.
    """

    def __init__(
        self,
        homes: Mapping[str, str],
        others: Callable[[], Mapping[str, str]] = dict,
        obstacle: Callable[[str], str] = obstacle,
    ) -> None:
        self._obstacle = obstacle
        self._homes = homes
        self._find_others = others
        self._types: dict[str, NodeType] = {}

    def get(self, name: str) -> NodeType:
        """The node type of this name.

        Raises:
            KeyError: There is none.
            WorkflowInvalidError: Another package names it and cannot give it.
        """
        if name not in self._types:
            if name in self._homes:
                self._load(self._homes[name])
            else:
                self._load_other(name, self._others[name])
        return self._types[name]

    def __contains__(self, name: str) -> bool:
        if name in self._homes:
            return not self.obstacle(name)
        return name in self._others

    def need(self, name: str) -> str | None:
        """What a known type needs, if it is something special."""
        from casare_robot.nodes.unavailable import NEEDS

        return NEEDS.get(name)

    def obstacle(self, name: str) -> str:
        """Why a known type cannot run here, as it reads after what it needs; empty: it can."""
        need = self.need(name)
        if need is None:
            return ""
        if name in self._homes:
            return self._obstacle(need)
        from casare_robot.nodes.unavailable import NOWHERE

        return NOWHERE[need]

    def __iter__(self) -> Iterator[str]:
        return iter({**self._homes, **self._others})

    @functools.cached_property
    def _others(self) -> Mapping[str, str]:
        return self._find_others()

    def _load(self, module: str) -> None:
        for declaration in declared_in(module):
            for name in (declaration.name, *declaration.aliases):
                self._types[name] = declaration

    def _load_other(self, name: str, module: str) -> None:
        try:
            self._load(module)
        except Exception as error:  # foreign code may raise anything when it is imported
            message = f"{name} comes from {module}, which cannot be imported: {error}"
            raise _cannot_give(name, message) from error
        if name not in self._types:
            raise _cannot_give(name, f"{name} should come from {module}, which does not declare it")


def _cannot_give(name: str, message: str) -> WorkflowInvalidError:
    return WorkflowInvalidError([Fault(code="E-WF-410", message=message, node_type=name)])


def declared_in(module: str) -> list[NodeType]:
    """Every node type that a module declares, in order."""
    members: Mapping[str, Any] = vars(importlib.import_module(module))
    found: list[NodeType] = []
    for member in members.values():
        if getattr(member, "__module__", None) == module:
            found += getattr(member, "node_types", ())
    found += members.get("NODE_TYPES", ())
    return found


def modules() -> Mapping[str, list[str]]:
    """Module of this package to the designer's types that it declares; a test holds it so."""
    return _table()["modules"]


def additions() -> Mapping[str, list[str]]:
    """The same for types of this robot that the designer's catalogue does not know."""
    return _table()["additions"]


@functools.cache
def _table() -> Mapping[str, Mapping[str, list[str]]]:
    table: dict[str, dict[str, list[str]]] = json.loads(TABLE.read_bytes())
    return table


@functools.cache
def load_catalogue() -> Catalogue:
    """The catalogue of this installation."""
    return Catalogue(
        {
            name: f"casare_robot.nodes.{module}"
            for module, names in {**modules(), **additions()}.items()
            for name in names
        },
        _installed,
    )


def _installed() -> Mapping[str, str]:
    from importlib.metadata import entry_points

    return {entry.name: entry.module for entry in entry_points(group=ENTRY_POINTS)}
