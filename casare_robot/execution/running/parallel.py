"""Fork and ParallelForEach: branches that run side by side on copies of the variables."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, Protocol

from casare_robot.domain.errors import NodeFailure, NodeTimeoutError
from casare_robot.execution.current import HIDDEN
from casare_robot.execution.planning.op import Op
from casare_robot.execution.running.branch import END, Branch, Failure, Frame, JobFailed, failure_of
from casare_robot.execution.running.loops import check_named


class Host(Protocol):
    """The run that branches belong to."""

    async def drive(self, branch: Branch) -> None:
        """Run a branch to its end.

        Raises:
            JobFailed: Nobody in it handled a failure.
        """
        ...

    def adopt(self, branch: Branch) -> None:
        """Take a new branch into what the records cover."""
        ...

    def release(self, branch: Branch) -> None:
        """A branch has ended, whatever way; nothing of it is kept."""
        ...


class ForkFrame(Frame):
    """A fork whose branches are running.

    ``done`` are the numbers of those that ended, ``store`` the name under which
    the parent keeps what each of them set.
    """

    kind: ClassVar[str] = "fork"
    fields: ClassVar[tuple[str, ...]] = ("done", "failures", "store")

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.done: list[int] = []
        self.failures: dict[int, Failure] = {}
        self.store = ""
        self.children: dict[int, Branch] = {}

    def child_key(self, branch: Branch, number: int) -> str:
        """Key of one branch: unique among all that ever run in this job."""
        turns = "/".join(frame.label for frame in branch.frames)
        return f"{branch.key}/{turns}.{number}"


class ForEachFrame(ForkFrame):
    """A ParallelForEach whose items are being worked on."""

    kind: ClassVar[str] = "for_each"


async def fork(branch: Branch, op: Op, host: Host) -> int:
    """Run a fork's branches to their end and merge what they set.

    A cancellation cancels every branch.
    """
    frame = branch.frames[-1] if branch.frames else None
    if not isinstance(frame, ForkFrame) or frame.index != op.index:
        frame = ForkFrame(op.index)
        branch.enter(frame)
        frame.store = f"{HIDDEN}fork:{len(branch.frames)}:{op.index}"
    values = op.arguments(branch.scope)
    join = branch.plan.pairs.join_of.get(op.index, END)
    ports = dict(enumerate(_branch_ports(op, values["branch_count"]), 1))
    active = frame

    def first(child: Branch, number: int) -> None:
        child.stop_at = join
        child.queue.extend(op.follow(ports[number]))

    async def one(number: int) -> None:
        child = _adopted(branch, active, number, first, host)
        await host.drive(child)
        _take_outputs(branch, child)

    await _run_numbers(
        branch, frame, list(ports), one, host, limit=len(ports), fail_fast=bool(values["fail_fast"])
    )
    results = {f"branch_{number}": _taken(branch, frame, number) for number in ports}
    branch.leave(frame)
    _raise_first(frame, "branch")
    for name, own in results.items():
        for variable, value in own.items():
            branch.scope.keep(f"{name}_{variable}", value)
    return END if join == END else _join(branch, join, results)


async def for_each(branch: Branch, op: Op, host: Host) -> int:
    """Run the body once for each item, ``batch_size`` at a time.

    A cancellation cancels every branch.
    """
    frame = branch.frames[-1] if branch.frames else None
    if not isinstance(frame, ForEachFrame) or frame.index != op.index:
        items = op.arguments(branch.scope)["items"]
        check_named(op, items)
        frame = ForEachFrame(op.index)
        branch.enter(frame)
        frame.store = f"{HIDDEN}each:{len(branch.frames)}:{op.index}"
        branch.scope.keep(frame.store, _items(items))
    values = op.arguments(branch.scope)
    items = branch.scope.variables[frame.store]
    seconds = values["timeout_per_item"]
    active = frame

    def first(child: Branch, number: int) -> None:
        child.scope.put(op.index, {"current_item": items[number], "current_index": number})
        child.queue.extend(op.follow("body"))

    async def one(number: int) -> None:
        child = _adopted(branch, active, number, first, host)
        try:
            async with asyncio.timeout(seconds):
                await host.drive(child)
        except TimeoutError:
            error = NodeTimeoutError(f"item {number} took longer than {seconds} s")
            raise JobFailed(failure_of(op, error)) from None

    fail_fast = bool(values["fail_fast"])
    limit = max(values["batch_size"], 1)
    numbers = list(range(len(items)))
    await _run_numbers(branch, frame, numbers, one, host, limit=limit, fail_fast=fail_fast)
    results = []
    for number in numbers:
        own = _taken(branch, frame, number)
        failure = frame.failures.get(number)
        results.append({"error": failure.message} if failure else own)
    branch.scope.drop(frame.store)
    branch.leave(frame)
    if fail_fast:
        _raise_first(frame, "item")
    for failure in frame.failures.values():
        branch.run.passed_over(failure)
    branch.scope.put(op.index, {"results": results})
    return branch.follow(op.follow("completed"))


async def _run_numbers(
    branch: Branch,
    frame: ForkFrame,
    numbers: list[int],
    one: Callable[[int], Awaitable[None]],
    host: Host,
    *,
    limit: int,
    fail_fast: bool,
) -> None:
    """Run those not done yet, ``limit`` at a time; what each set is kept under its number."""
    waiting = iter([number for number in numbers if number not in frame.done])

    async def work() -> None:
        for number in waiting:
            if branch.stopping or (fail_fast and frame.failures):
                return
            try:
                await one(number)
            except JobFailed as error:
                frame.failures[number] = error.failure
                if fail_fast:
                    _stop(frame)
            except asyncio.CancelledError:
                if not frame.children[number].stopping:
                    raise
            ended = frame.children.pop(number, None)
            if ended is not None:
                branch.scope.keep(f"{frame.store}:{number}", _own(ended))
                host.release(ended)
            frame.done.append(number)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(limit, len(numbers))):
                group.create_task(work())
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None


def _stop(frame: ForkFrame) -> None:
    """End all branches: those that only wait at once, those that act after their node."""
    for child in frame.children.values():
        child.stopping = True
        if child.waits is not None:
            child.waits.cancel()
        for inner in child.frames:
            if isinstance(inner, ForkFrame):
                _stop(inner)


def _adopted(
    branch: Branch,
    frame: ForkFrame,
    number: int,
    first: Callable[[Branch, int], None],
    host: Host,
) -> Branch:
    """The branch of a number: the one a resume brought back, or a new one."""
    child = frame.children.get(number)
    if child is None:
        key = frame.child_key(branch, number)
        child = frame.children[number] = Branch(key, branch.run, branch.scope.copy(key))
        first(child, number)
        if branch.transactions:
            child.transactions = branch.transactions
        host.adopt(child)
    return child


def _taken(branch: Branch, frame: ForkFrame, number: int) -> dict[str, Any]:
    name = f"{frame.store}:{number}"
    own: dict[str, Any] = branch.scope.variables.get(name) or {}
    branch.scope.drop(name)
    return own


def _raise_first(frame: ForkFrame, what: str) -> None:
    if frame.failures:
        number, failure = min(frame.failures.items())
        raise NodeFailure(
            f"{what} {number}: {failure.node_id}: {failure.message}",
            error_type=failure.type,
            code=failure.code,
        )


def _own(child: Branch) -> dict[str, Any]:
    own = child.scope.own
    return {name: value for name, value in child.scope.visible().items() if name in own}


def _take_outputs(branch: Branch, child: Branch) -> None:
    for index, outputs in enumerate(child.scope.outputs):
        if outputs is not None and outputs is not branch.scope.outputs[index]:
            branch.scope.put(index, outputs)


def _join(branch: Branch, join: int, results: dict[str, dict[str, Any]]) -> int:
    op = branch.plan.ops[join]
    strategy = op.arguments(branch.scope)["merge_strategy"]
    names = list(results)
    chosen = {"first": names[:1], "last": names[-1:]}.get(strategy, names)
    branch.scope.put(
        join,
        {"results": {name: results[name] for name in chosen}, "branch_count": len(results)},
    )
    branch.run.ran(branch.plan, join)
    return branch.follow(op.follow("exec_out"))


def _branch_ports(op: Op, count: int) -> list[str]:
    ports = [f"branch_{number}" for number in range(1, max(count, 1) + 1)]
    return ports + sorted(p for p in op.followers if p.startswith("branch_") and p not in ports)


def _items(items: Any) -> list[Any]:
    if items is None:
        raise NodeFailure("there are no items to work on", code="E-LOOP-422")
    if isinstance(items, dict):
        return list(items.values())
    if isinstance(items, list | tuple | range | set):
        return list(items)
    return [items]
