"""Puts the branches of a run back where a saved state says they stood."""

from collections import deque
from typing import Any, Protocol

from casare_robot.domain.errors import JournalDamagedError, NodeFailure
from casare_robot.execution.language.references import SealedText
from casare_robot.execution.planning.plan import Plan
from casare_robot.execution.running.branch import Branch, Frame, Surroundings
from casare_robot.execution.running.calls import CallFrame
from casare_robot.execution.running.error_handling import (
    OnErrorFrame,
    RecoveryFrame,
    RetryFrame,
    TryFrame,
    unpack,
)
from casare_robot.execution.running.loops import ForFrame, WhileFrame
from casare_robot.execution.running.parallel import ForEachFrame, ForkFrame
from casare_robot.execution.running.scope import Scope
from casare_robot.execution.state import SavedState

_KINDS: dict[str, type[Frame]] = {
    frame.kind: frame
    for frame in (
        ForFrame,
        WhileFrame,
        TryFrame,
        OnErrorFrame,
        RetryFrame,
        RecoveryFrame,
        ForkFrame,
        ForEachFrame,
        CallFrame,
    )
}


class Restorable(Surroundings, Protocol):
    """A run that can be given branches."""

    @property
    def plan(self) -> Plan:
        """The root plan."""
        ...

    def adopt(self, branch: Branch) -> None:
        """Take a branch in."""
        ...


def restore(run: Restorable, saved: SavedState) -> Branch:
    """Rebuild every branch; the root is returned, the others hang on their forks.

    Raises:
        JournalDamagedError: The state does not fit the workflow.
    """
    saved.variables = _opened(saved.variables, run)
    saved.outputs = _opened(saved.outputs, run)
    saved.positions = _opened(saved.positions, run)
    try:
        scope = _filled(run.scope("0", run.plan), saved)
        return _branch(run, saved, "0", scope)
    except (KeyError, IndexError, ValueError, TypeError) as error:
        raise JournalDamagedError(
            f"the saved state does not fit the workflow: {error!r}"
        ) from error


def _opened(value: Any, run: Surroundings) -> Any:
    """The value with its sealed texts opened; itself if there are none.

    What cannot be opened now stays as a reference, so that the node which uses it fails.
    """
    if isinstance(value, SealedText):
        try:
            return value.reveal(run.secret)
        except NodeFailure:
            run.uses_secrets = True
            return value
    if isinstance(value, dict):
        opened = {key: _opened(item, run) for key, item in value.items()}
        return opened if any(opened[key] is not value[key] for key in value) else value
    if isinstance(value, list):
        items = [_opened(item, run) for item in value]
        is_same = all(new is old for new, old in zip(items, value, strict=True))
        return value if is_same else items
    return value


def _branch(run: Restorable, saved: SavedState, key: str, scope: Scope) -> Branch:
    branch = Branch(key, run, scope)
    at, queue, visited, frames, stop_at = saved.positions[key]
    run.adopt(branch)
    for kind, index, fields, outer_queue, outer_visited in frames:
        frame = _KINDS[kind](index)
        for field, value in fields.items():
            setattr(frame, field, unpack(field, value))
        frame.outer_queue = deque(outer_queue)
        frame.outer_visited = set(outer_visited or ())
        if isinstance(frame, CallFrame):
            plan = frame.plan(branch)
            branch.frames.append(frame)
            frame.outer_scope = branch.scope
            depth = sum(f.kind == "call" for f in branch.frames)
            branch.switch(_filled(run.scope(f"{branch.key}#{depth}", plan), saved))
        else:
            branch.frames.append(frame)
            if isinstance(frame, ForFrame):
                frame.restore(branch)
            elif isinstance(frame, ForkFrame):
                _adopt_children(run, saved, branch, frame)
    branch.at = at
    branch.queue = deque(queue)
    branch.visited = set(visited) - {at}
    branch.stop_at = stop_at
    return branch


def _adopt_children(run: Restorable, saved: SavedState, branch: Branch, frame: ForkFrame) -> None:
    frame.done = list(frame.done)
    frame.failures = {int(n): unpack("pending_failure", f) for n, f in frame.failures.items()}
    prefix = frame.child_key(branch, 0).rpartition(".")[0] + "."
    for key, place in saved.positions.items():
        number = key.removeprefix(prefix)
        if place is not None and key.startswith(prefix) and number.isdigit():
            child_scope = _filled(branch.scope.copy(key), saved)
            frame.children[int(number)] = _branch(run, saved, key, child_scope)


def _filled(scope: Scope, saved: SavedState) -> Scope:
    values: dict[str, Any] = saved.variables.get(scope.key, {})
    scope.fill(values)
    for index, outputs in saved.outputs.get(scope.key, {}).items():
        scope.outputs[index] = outputs
    return scope
