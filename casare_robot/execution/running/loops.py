"""For and While, Break and Continue."""

import json
from collections.abc import Sequence
from typing import Any, ClassVar

from casare_robot.domain.errors import NodeFailure
from casare_robot.execution.current import HIDDEN
from casare_robot.execution.language.references import REFERENCE, SPACES
from casare_robot.execution.planning.op import Op
from casare_robot.execution.running.branch import END, Branch, Frame, Step
from casare_robot.execution.running.conditions import condition_of
from casare_robot.execution.running.scope import Scope


class LoopFrame(Frame):
    """A loop whose body is running; ``after`` are nodes wired to its end node."""

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.turn = -1
        self.after: tuple[int, ...] = ()

    @property
    def label(self) -> str:
        """Node and turn."""
        return f"{self.index}[{self.turn}]"

    def finish(self, branch: Branch) -> int:
        """Leave the loop and go on after it."""
        op = branch.plan.ops[self.index]
        branch.leave(self)
        after = op.follow("completed") + self.after if self.after else branch.plan.after(op)
        return branch.follow(after)

    def land(self, branch: Branch, kind: str) -> int:
        """Break leaves the loop, continue goes on with the next turn."""
        return self.finish(branch) if kind == "break" else self.advance(branch)


class ForFrame(LoopFrame):
    """A For loop. ``keys`` are the keys of a dict, else None."""

    kind: ClassVar[str] = "for"
    fields: ClassVar[tuple[str, ...]] = ("turn", "after", "span", "store")

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.span: tuple[int, int, int] | None = None
        self.store = ""
        self.items: Sequence[Any] = ()
        self.keys: Sequence[Any] | None = None
        self.names = ("", "", "")
        self.body: tuple[int, ...] = ()
        self.noted: set[str] | None = None

    def begin(self, branch: Branch, items: Any) -> None:
        """Take what to iterate over; what is no range is kept as state."""
        if isinstance(items, range):
            self.span = (items.start, items.stop, items.step)
        else:
            self.store = f"{HIDDEN}items:{len(branch.frames)}:{self.index}"
            branch.scope.keep(self.store, items)
        self.restore(branch)

    def restore(self, branch: Branch) -> None:
        """Find the items again after `begin` or a resume."""
        if self.span is not None:
            self.items = range(*self.span)
        else:
            kept = branch.scope.variables[self.store]
            is_dict = isinstance(kept, dict)
            self.keys = list(kept) if is_dict else None
            self.items = list(kept.values()) if is_dict else kept
        op = branch.plan.ops[self.index]
        item = str(op.constants.get("item_var") or "item")
        self.names = (item, f"{item}_index", f"{item}_key")
        self.body = op.follow("body")

    def advance(self, branch: Branch) -> int:
        """Next turn, or out."""
        self.turn = turn = self.turn + 1
        if turn >= len(self.items):
            if self.store:
                branch.scope.drop(self.store)
            return self.finish(branch)
        scope = branch.scope
        if self.noted is not scope.changed:
            self._note(scope)
        variables = scope.variables
        item, index, key = self.names
        value = variables[item] = self.items[turn]
        variables[index] = turn
        outputs = {"current_item": value, "current_index": turn}
        if self.keys is not None:
            variables[key] = outputs["current_key"] = self.keys[turn]
        scope.outputs[self.index] = outputs
        if branch.visited:
            branch.visited.clear()
        body = self.body
        return body[0] if len(body) == 1 and not branch.queue else branch.follow(body)

    def _note(self, scope: Scope) -> None:
        """Say once for each delta what every turn changes."""
        scope.changed.update(self.names if self.keys is not None else self.names[:2])
        scope.removed.difference_update(self.names)
        scope.changed_outputs.add(self.index)
        self.noted = scope.changed


class WhileFrame(LoopFrame):
    """A While loop; its start node asks the condition again each turn."""

    kind: ClassVar[str] = "while"
    fields: ClassVar[tuple[str, ...]] = ("turn", "after")

    def advance(self, branch: Branch) -> int:
        """Back to the start node."""
        if branch.visited:
            branch.visited.clear()
        return self.index


def for_start(op: Op) -> Step:
    """Step of a For loop's start node."""
    index = op.index

    def step(branch: Branch) -> int:
        frame = ForFrame(index)
        items = _items(op, branch)
        branch.enter(frame)
        frame.begin(branch, items)
        return frame.advance(branch)

    return step


def while_start(op: Op) -> Step:
    """Step of a While loop's start node."""
    index, body = op.index, op.follow("body")
    condition = condition_of(op)

    def step(branch: Branch) -> int:
        frames = branch.frames
        frame = frames[-1] if frames else None
        if not isinstance(frame, WhileFrame) or frame.index != index:
            frame = WhileFrame(index)
            branch.enter(frame)
        limit = op.arguments(branch.scope)["max_iterations"]
        try:
            goes_on = condition(branch.scope)
        except NodeFailure:
            branch.leave(frame)
            raise
        if not goes_on:
            return frame.finish(branch)
        frame.turn += 1
        if frame.turn >= limit:
            branch.leave(frame)
            raise NodeFailure(
                f"while loop {op.id} still goes on after its limit of {limit} iterations",
                error_type="LoopLimitError",
                code="E-LOOP-409",
            )
        branch.scope.put(index, {"current_iteration": frame.turn})
        return branch.follow(body)

    return step


def loop_end(op: Op) -> Step:
    """Step of a loop's end node: the turn ends here, what is wired to it comes after the loop."""
    after = op.follow("exec_out")

    def step(branch: Branch) -> int:
        frames = branch.frames
        if after:
            frame = next((f for f in reversed(frames) if isinstance(f, LoopFrame)), None)
            if frame is None:
                return branch.follow(after)
            frame.after = after
        if frames and not branch.queue and isinstance(frames[-1], LoopFrame):
            return frames[-1].advance(branch)
        return END

    return step


def loop_jump(op: Op, kind: str) -> Step:
    """Step of Break (``break``) and Continue (``continue``)."""

    def step(branch: Branch) -> int:
        return branch.jump((kind, _loop_depth(op, branch)))

    return step


def _loop_depth(op: Op, branch: Branch) -> int:
    named = op.node.config.get("paired_loop_start_id")
    innermost = None
    for depth in range(len(branch.frames) - 1, -1, -1):
        frame = branch.frames[depth]
        if frame.kind == "call":
            break
        if isinstance(frame, LoopFrame):
            if branch.plan.ops[frame.index].id == named:
                return depth
            innermost = depth if innermost is None else innermost
    if innermost is None:
        raise NodeFailure(f"{op.type.name} {op.id} is not inside a loop", code="E-LOOP-404")
    return innermost


def check_named(op: Op, items: Any) -> None:
    """Refuse to loop over the text of a reference that names nothing.

    Raises:
        NodeFailure: The loop's items are such a reference.
    """
    is_as_written = isinstance(items, str) and items == op.node.config.get("items")
    if is_as_written and REFERENCE.fullmatch(items.strip(SPACES)):
        raise NodeFailure(f"nothing is named {items}, the items of {op.id}", code="E-LOOP-422")


def _items(op: Op, branch: Branch) -> Any:
    scope = branch.scope
    values = op.arguments(scope)
    items = values["items"]
    if items == "" and "items" not in op.wires:
        items = None
    if values["mode"] != "range":
        if items is None and "items" in op.wires:
            raise NodeFailure(f"for loop {op.id} got no items over its wire", code="E-LOOP-422")
        if items is None and values["list_var"]:
            name = str(values["list_var"])
            if name not in scope.variables:
                raise NodeFailure(
                    f"for loop {op.id}: there is no variable {name!r}", code="E-LOOP-422"
                )
            items = scope.variables[name]
            if items is None:
                return []
        check_named(op, items)
        if items is not None:
            return _sequence(items, is_written="items" not in op.wires)
    if not values["step"]:
        raise NodeFailure(f"for loop {op.id}: step must not be 0", code="E-LOOP-422")
    return range(values["start"], values["end"], values["step"])


def _sequence(items: Any, *, is_written: bool) -> Any:
    if isinstance(items, str) and is_written and items.lstrip()[:1] == "[":
        try:
            return json.loads(items)
        except ValueError:
            return list(items)
    if isinstance(items, list | dict | range):
        return items
    if isinstance(items, str):
        return list(items)
    return list(items) if isinstance(items, tuple | set | frozenset) else [items]
