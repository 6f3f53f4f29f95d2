"""Variables and node outputs of one branch at one depth of calls, and what changed."""

from collections.abc import Callable, Iterator, Mapping, Set
from datetime import datetime
from typing import Any

from casare_robot.domain.errors import NodeFailure
from casare_robot.execution.current import HIDDEN, is_shared
from casare_robot.execution.language.references import MISSING, system_value
from casare_robot.execution.planning.plan import Plan

Changes = tuple[set[str], set[str], set[int]]
"""Names set, names removed, indices of nodes that put outputs."""


class Scope:
    """Where names are looked up: variables first, then the outputs of nodes.

    ``changed``, ``changed_outputs`` and ``removed`` are what the next delta has
    to carry, ``again`` names to be written though nobody set them.
    """

    __slots__ = (
        "_recorded",
        "again",
        "changed",
        "changed_outputs",
        "key",
        "now",
        "outputs",
        "plan",
        "readonly",
        "removed",
        "unresolved",
        "variables",
    )

    def __init__(
        self,
        key: str,
        plan: Plan,
        *,
        now: Callable[[], datetime],
        unresolved: Callable[[str], None],
        variables: dict[str, Any] | None = None,
        outputs: list[dict[str, Any] | None] | None = None,
        readonly: frozenset[str] = frozenset(),
    ) -> None:
        self.key = key
        self.plan = plan
        self.variables: dict[str, Any] = variables if variables is not None else {}
        nothing: list[dict[str, Any] | None] = [None] * len(plan.ops)
        self.outputs = nothing if outputs is None else outputs
        self.readonly = readonly
        self._recorded: set[str] = set()
        self.changed: set[str] = set()
        self.again: set[str] = set()
        self.removed: set[str] = set()
        self.changed_outputs: set[int] = set()
        self.now = now
        self.unresolved = unresolved

    def copy(self, key: str) -> "Scope":
        """A scope for a branch: same values, its own changes."""
        return Scope(
            key,
            self.plan,
            now=self.now,
            unresolved=self.unresolved,
            variables={k: v for k, v in self.variables.items() if is_shared(k)},
            outputs=self.outputs.copy(),
            readonly=self.readonly,
        )

    def name(self, name: str) -> Any:
        """A variable, else a node's outputs by port, else `MISSING`."""
        value = self.variables.get(name, MISSING)
        if value is not MISSING:
            return value
        index = self.plan.index_of.get(name)
        outputs = self.outputs[index] if index is not None else None
        if outputs is None:
            return MISSING
        return {port: value for port, value in outputs.items() if value is not None}

    def system(self, name: str) -> Any:
        """A system value of this moment, else `MISSING`."""
        return system_value(name, self.now())

    def set(self, name: str, value: Any) -> None:
        """Set a variable.

        Raises:
            NodeFailure: The file declares it readonly, or the name is empty.
        """
        if name in self.readonly:
            raise NodeFailure(f"variable {name!r} is readonly and cannot be set", code="E-VAR-403")
        if not name:
            raise NodeFailure("a variable needs a name", code="E-VAR-400")
        self.variables[name] = value
        self.changed.add(name)
        if self.removed:
            self.removed.discard(name)

    def keep(self, name: str, value: Any) -> None:
        """Set a variable on behalf of the engine."""
        self.variables[name] = value
        self.changed.add(name)
        if self.removed:
            self.removed.discard(name)

    @property
    def own(self) -> Set[str]:
        """The names set in this scope since it began; a branch begins with its parent's."""
        return self._recorded | self.changed

    def take_changes(self) -> Changes:
        """Names set, names removed and outputs put since the last call, for a delta.

        A blocking node may set a variable meanwhile: it counts for the next delta.
        """
        changed, self.changed = self.changed, set()
        removed, self.removed = self.removed, set()
        outputs, self.changed_outputs = self.changed_outputs, set()
        self._recorded |= changed
        changed |= self.again
        self.again = set()
        return changed, removed, outputs

    def fill(self, values: Mapping[str, Any]) -> None:
        """Set variables as an earlier run of the job left them."""
        self.variables.update(values)
        self._recorded.update(values)

    def drop(self, name: str) -> None:
        """Remove a variable of the engine's own."""
        if self.variables.pop(name, MISSING) is not MISSING:
            self.changed.discard(name)
            self.again.discard(name)
            self.removed.add(name)

    def put(self, index: int, outputs: dict[str, Any]) -> None:
        """Keep what a node left on its ports."""
        self.outputs[index] = outputs
        self.changed_outputs.add(index)

    def visible(self) -> dict[str, Any]:
        """The workflow's own variables."""
        return {name: value for name, value in self.variables.items() if name[:1] != HIDDEN}


class Names(Mapping[str, Any]):
    """A scope as the names of an expression, with some more in front."""

    __slots__ = ("_extra", "_scope")

    def __init__(self, scope: Scope, extra: Mapping[str, Any] | None = None) -> None:
        self._scope = scope
        self._extra = extra or {}

    def __getitem__(self, name: str) -> Any:
        if name in self._extra:
            return self._extra[name]
        value = self._scope.name(name)
        if value is MISSING:
            raise KeyError(name)
        return value

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a name, without an exception on the way when there is none."""
        if name in self._extra:
            return self._extra[name]
        value = self._scope.name(name)
        return default if value is MISSING else value

    def __iter__(self) -> Iterator[str]:
        return iter({**self._scope.variables, **self._extra})

    def __len__(self) -> int:
        return len({**self._scope.variables, **self._extra})
