"""Try, OnError, Retry and ErrorRecovery: what happens after a failure."""

from typing import Any, ClassVar

import msgspec

from casare_robot.domain.errors import NodeFailure
from casare_robot.execution.planning.op import Op
from casare_robot.execution.running.branch import END, Branch, Failure, Frame, Step


class TryFrame(Frame):
    """A try: its body, then the catch if that failed, then always the finally.

    Without a wire at ``try_body`` what ``exec_out`` leads to is the body.

    ``phase`` is ``body``, ``catch`` or ``finally``; ``pending`` is the failure
    or jump that goes on when the finally has run.
    """

    kind: ClassVar[str] = "try"
    fields: ClassVar[tuple[str, ...]] = ("phase", "failed", "pending_failure", "pending_jump")
    shares_visited: ClassVar[bool] = True

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.phase = "body"
        self.failed = False
        self.pending_failure: Failure | None = None
        self.pending_jump: tuple[str, int] | None = None

    def advance(self, branch: Branch) -> int:
        """The body, the catch or the finally came to its end."""
        if self.phase != "finally" and self._begin_finally(branch):
            return branch.take()
        op = branch.plan.ops[self.index]
        branch.leave(self)
        if self.pending_failure is not None:
            return branch.throw(op, self.pending_failure)
        if self.pending_jump is not None:
            return branch.jump(self.pending_jump)
        return branch.follow(self.continuation(branch))

    def handles(self, branch: Branch, failure: Failure) -> bool:
        """A failure of the body that the catch is for."""
        return self.phase == "body" and self.catches_type(branch, failure)

    def catch(self, branch: Branch, failure: Failure) -> int | None:
        """Catch it, or run the finally first, or let it pass."""
        branch.queue.clear()
        if self.handles(branch, failure):
            self.phase = "catch"
            self.failed = True
            return branch.follow(self.begin_catch(branch, failure))
        if self.phase != "finally":
            self.failed = True
            self.pending_failure = failure
            if self._begin_finally(branch):
                return branch.take()
        branch.leave(self)
        return None

    def intercept(self, branch: Branch, jump: tuple[str, int]) -> int | None:
        """A jump out of the try runs the finally first."""
        branch.queue.clear()
        if self.phase != "finally":
            self.pending_jump = jump
            if self._begin_finally(branch):
                return branch.take()
        branch.leave(self)
        return None

    def owns(self, branch: Branch, index: int) -> bool:
        """Whether this Catch or Finally node is the try's own."""
        pairs = branch.plan.pairs
        return index in (pairs.catch_of.get(self.index), pairs.finally_of.get(self.index))

    def catches_type(self, branch: Branch, failure: Failure) -> bool:
        """Whether there is a catch, and its filter lets this failure in."""
        catch = branch.plan.pairs.catch_of.get(self.index)
        if catch is None:
            return False
        wanted = branch.plan.ops[catch].arguments(branch.scope)["error_types"] or ""
        names = {name.strip() for name in str(wanted).split(",") if name.strip()}
        return not names or failure.type in names or bool(names & {"*", "Exception"})

    def begin_catch(self, branch: Branch, failure: Failure) -> tuple[int, ...]:
        """Fill the Catch node's ports; what follows it."""
        index = branch.plan.pairs.catch_of[self.index]
        branch.scope.put(index, error_outputs(failure))
        branch.run.ran(branch.plan, index)
        return branch.plan.ops[index].follow("catch_body")

    def begin_finally(self, branch: Branch) -> tuple[int, ...] | None:
        """Fill the Finally node's port; what follows it. None without a Finally."""
        index = branch.plan.pairs.finally_of.get(self.index)
        if index is None:
            return None
        branch.scope.put(index, {"had_error": self.failed})
        branch.run.ran(branch.plan, index)
        op = branch.plan.ops[index]
        return op.follow("finally_body") + op.follow("exec_out")

    def continuation(self, branch: Branch) -> tuple[int, ...]:
        """What the Try's own exec_out leads to, its Catch and Finally left out."""
        return self._beyond(branch) if branch.plan.ops[self.index].follow("try_body") else ()

    def begin_body(self, branch: Branch) -> tuple[int, ...]:
        """What is tried."""
        return branch.plan.ops[self.index].follow("try_body") or self._beyond(branch)

    def _beyond(self, branch: Branch) -> tuple[int, ...]:
        followers = branch.plan.ops[self.index].follow("exec_out")
        return tuple(index for index in followers if not self.owns(branch, index))

    def _begin_finally(self, branch: Branch) -> bool:
        followers = self.begin_finally(branch)
        if followers is None:
            return False
        self.phase = "finally"
        branch.queue.extend(followers)
        return True


class OnErrorFrame(TryFrame):
    """OnError: the same with the node's own ports in place of Catch and Finally."""

    kind: ClassVar[str] = "on_error"

    def owns(self, branch: Branch, index: int) -> bool:
        """It has no partner nodes."""
        return False

    def catches_type(self, branch: Branch, failure: Failure) -> bool:
        """Every failure, if somebody is there to handle it."""
        return bool(branch.plan.ops[self.index].follow("on_error"))

    def begin_catch(self, branch: Branch, failure: Failure) -> tuple[int, ...]:
        """Fill the node's ports."""
        branch.scope.put(self.index, {**error_outputs(failure), "error_node": failure.node_id})
        return branch.plan.ops[self.index].follow("on_error")

    def begin_finally(self, branch: Branch) -> tuple[int, ...] | None:
        """What the ``finally`` port leads to."""
        return branch.plan.ops[self.index].follow("finally") or None

    def continuation(self, branch: Branch) -> tuple[int, ...]:
        """Nothing: all three ports are spent."""
        return ()


class RetryFrame(Frame):
    """A body that is run again, with growing delays, until it succeeds."""

    kind: ClassVar[str] = "retry"
    fields: ClassVar[tuple[str, ...]] = ("attempt", "attempts", "wait", "factor", "last_error")

    def __init__(
        self, index: int, attempts: int = 1, wait: float = 0.0, factor: float = 1.0
    ) -> None:
        super().__init__(index)
        self.attempt = 1
        self.attempts = attempts
        self.wait = wait
        self.factor = factor
        self.last_error = ""

    @property
    def label(self) -> str:
        """Node and attempt."""
        return f"{self.index}[{self.attempt}]"

    def begin(self, branch: Branch) -> int:
        """Start an attempt."""
        branch.queue.clear()
        branch.visited.clear()
        self._show(branch)
        return branch.follow(branch.plan.ops[self.index].follow("retry_body"))

    def advance(self, branch: Branch) -> int:
        """The body ended without a failure."""
        self._show(branch)
        op = branch.plan.ops[self.index]
        branch.leave(self)
        return branch.follow(op.follow("success"))

    def land(self, branch: Branch, kind: str) -> int:
        """RetrySuccess."""
        return self.advance(branch)

    def handles(self, branch: Branch, failure: Failure) -> bool:
        """While attempts are left, or the failed port leads somewhere."""
        return self.attempt < self.attempts or bool(branch.plan.ops[self.index].follow("failed"))

    def catch(self, branch: Branch, failure: Failure) -> int | None:
        """Try again, or take the failed port, or give up."""
        self.last_error = failure.message
        if self.attempt < self.attempts:
            branch.delay = self.wait
            self.wait *= self.factor
            self.attempt += 1
            return self.begin(branch)
        self._show(branch)
        op = branch.plan.ops[self.index]
        branch.leave(self)
        failed = op.follow("failed")
        return branch.follow(failed) if failed else None

    def _show(self, branch: Branch) -> None:
        branch.scope.put(self.index, {"attempt": self.attempt, "last_error": self.last_error})


class RecoveryFrame(Frame):
    """ErrorRecovery: a strategy for whatever follows it."""

    kind: ClassVar[str] = "recovery"
    fields: ClassVar[tuple[str, ...]] = ("strategy", "limit", "used", "retried")
    shares_visited: ClassVar[bool] = True

    def __init__(self, index: int, strategy: str = "stop", limit: int = 0) -> None:
        super().__init__(index)
        self.strategy = strategy
        self.limit = limit
        self.used = 0
        self.retried = END

    def passes(self, op: Op) -> bool:
        """While the strategy is to skip what fails, or tries are left."""
        used = self.used if self.retried == op.index else 0
        return self.strategy == "continue" or (self.strategy == "retry" and used < self.limit)

    def in_place(self, branch: Branch, op: Op, failure: Failure) -> int | None:
        """Skip the failed node, or run it again."""
        if self.strategy == "continue":
            branch.run.passed_over(failure)
            return branch.follow(op.follow(op.success_port))
        if self.strategy == "retry":
            if self.retried != op.index:
                self.retried, self.used = op.index, 0
            if self.used < self.limit:
                self.used += 1
                branch.visited.discard(op.index)
                return op.index
        return None

    def handles(self, branch: Branch, failure: Failure) -> bool:
        """Restarts that are left, or a fallback that leads somewhere."""
        if self.strategy == "restart":
            return self.used < self.limit
        return self.strategy == "fallback" and bool(branch.plan.ops[self.index].follow("fallback"))

    def catch(self, branch: Branch, failure: Failure) -> int | None:
        """Begin again, or take the fallback, or let it pass."""
        op = branch.plan.ops[self.index]
        handled = self.handles(branch, failure)
        branch.queue.clear()
        if handled and self.strategy == "restart":
            self.used += 1
            branch.visited.clear()
            return branch.follow(op.follow("exec_out"))
        branch.leave(self)
        if not handled:
            return None
        return branch.follow(op.follow("fallback"))


def error_outputs(failure: Failure) -> dict[str, Any]:
    """The ports of a Catch node."""
    return {
        "error_message": failure.message,
        "error_type": failure.type,
        "stack_trace": failure.stack_trace,
    }


def try_start(op: Op) -> Step:
    """Step of a Try node."""

    def step(branch: Branch) -> int:
        frame = TryFrame(op.index)
        branch.enter(frame)
        return branch.follow(frame.begin_body(branch))

    return step


def on_error_start(op: Op) -> Step:
    """Step of an OnError node."""
    body = op.follow("protected_body")

    def step(branch: Branch) -> int:
        branch.enter(OnErrorFrame(op.index))
        return branch.follow(body)

    return step


def try_partner(op: Op) -> Step:
    """Step of a Catch or Finally node met on the way: its try runs it when it is due."""
    followers = op.follow("finally_body") if op.type.name == "FinallyNode" else ()

    def step(branch: Branch) -> int:
        for frame in branch.frames:
            if isinstance(frame, TryFrame) and frame.owns(branch, op.index):
                return END
        return branch.follow(followers)

    return step


def retry_start(op: Op) -> Step:
    """Step of a Retry node."""

    def step(branch: Branch) -> int:
        values = op.arguments(branch.scope)
        frame = RetryFrame(
            op.index,
            max(values["max_attempts"], 1),
            values["initial_delay"],
            values["backoff_multiplier"],
        )
        branch.enter(frame)
        return frame.begin(branch)

    return step


def retry_success(op: Op) -> Step:
    """Step of RetrySuccess: the attempt succeeded, whatever else waits in it."""

    def step(branch: Branch) -> int:
        for depth in range(len(branch.frames) - 1, -1, -1):
            if isinstance(branch.frames[depth], RetryFrame):
                return branch.jump(("succeed", depth))
        return branch.follow(op.follow("exec_out"))

    return step


def retry_fail(op: Op) -> Step:
    """Step of RetryFail: the attempt failed."""

    def step(branch: Branch) -> int:
        message = op.arguments(branch.scope)["error_message"]
        raise NodeFailure(str(message or "the attempt failed"), error_type="RetryFailed")

    return step


def recovery_start(op: Op) -> Step:
    """Step of an ErrorRecovery node."""
    body = op.follow("exec_out")

    def step(branch: Branch) -> int:
        values = op.arguments(branch.scope)
        limit = values["max_retries"]
        branch.enter(
            RecoveryFrame(op.index, str(values["strategy"]), 3 if limit is None else limit)
        )
        return branch.follow(body)

    return step


def pack(value: Any) -> Any:
    """A frame's field as plain data."""
    if isinstance(value, dict):
        return {key: pack(item) for key, item in value.items()}
    return msgspec.to_builtins(value) if isinstance(value, Failure) else value


def unpack(field: str, value: Any) -> Any:
    """The field back from plain data."""
    if field == "pending_failure" and value is not None:
        return msgspec.convert(value, Failure)
    return tuple(value) if isinstance(value, list) else value
