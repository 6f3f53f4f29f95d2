"""Where one line of execution stands: the node, what waits, and the constructs around it."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, ClassVar, Protocol

import msgspec

from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.job import JobError
from casare_robot.domain.node_context import NodeContext
from casare_robot.execution.planning.op import Op
from casare_robot.execution.planning.plan import Plan
from casare_robot.execution.running.scope import Scope

END = -1
"""This path has ended; something else may wait."""
FAILED = -5
"""The node failed; see `Branch.failed`."""
LEAVE = -2
"""The node must be performed off the fast path (it waits, or touches the world)."""
SKIP = -3
"""The node ran already in this turn."""
DONE = -4
"""Nothing is left to do in this branch."""

Step = Callable[["Branch"], int]
"""Runs one node; gives the index of the next, or one of the codes above."""


class Failure(msgspec.Struct, kw_only=True):
    """A failure on its way to whoever handles it, as plain data."""

    message: str
    type: str
    code: str
    node_id: str
    node_type: str

    @property
    def stack_trace(self) -> str:
        """What Catch and OnError show as trace."""
        return f"Exception: {self.node_id}: {self.message}\n"

    def as_error(self) -> JobError:
        """The same for a result."""
        return JobError(
            code=self.code,
            message=self.message,
            node_id=self.node_id,
            node_type=self.node_type,
        )


class JobFailed(Exception):  # noqa: N818 - carries a failure nobody handled
    """A failure that no construct handled."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


class PullFailed(Exception):  # noqa: N818 - carries the failure of another node
    """A data-only node failed while another node asked for its value."""

    def __init__(self, op: Op, error: Exception) -> None:
        super().__init__(str(error))
        self.op = op
        self.error = error


class Surroundings(Protocol):
    """What a branch asks of the run it belongs to."""

    uses_secrets: bool
    """Whether any of its workflows does, so that values may hold some."""

    def steps(self, plan: Plan) -> list[Step]:
        """The compiled steps of a plan."""
        ...

    def context(self, branch: "Branch", op: Op) -> NodeContext:
        """The surroundings of a node in this branch."""
        ...

    def secret(self, reference: str) -> str:
        """A secret by name."""
        ...

    def began_node(self, op: Op) -> None:
        """Tell that a node begins that may take long."""
        ...

    def ran(self, plan: Plan, index: int) -> None:
        """Count a node that a construct ran itself."""
        ...

    def called(self, path: str, caller: "Branch", overrides: dict[tuple[str, str], Any]) -> Plan:
        """The plan of a called workflow; its bytes are pinned with the job.

        Raises:
            NodeFailure: It cannot be found or is not valid.
        """
        ...

    def scope(self, key: str, plan: Plan) -> Scope:
        """A fresh scope with the plan's variables at their defaults."""
        ...

    def elapsed(self) -> float:
        """Seconds this job has run, over all its attempts."""
        ...

    @property
    def job_id(self) -> str:
        """Id of the job."""
        ...

    def passed_over(self, failure: Failure) -> None:
        """Note an error the run goes on after."""
        ...

    def warn(self, op: Op | None, code: str, message: str, key: str | None = None) -> None:
        """Note a warning, once."""
        ...

    @property
    def continue_on_error(self) -> bool:
        """Whether the file asks to go on after errors."""
        ...


class Frame:
    """A construct whose body is running: a loop, a try, a call.

    ``fields`` names what a checkpoint keeps of it. ``shares_visited`` is true
    where the body belongs to the same turn as what surrounds it.
    """

    kind: ClassVar[str] = ""
    fields: ClassVar[tuple[str, ...]] = ()
    shares_visited: ClassVar[bool] = False

    def __init__(self, index: int) -> None:
        self.index = index
        self.outer_queue: deque[int] = deque()
        self.outer_visited: set[int] = set()

    @property
    def label(self) -> str:
        """Its part of a step's key."""
        return str(self.index)

    def advance(self, branch: "Branch") -> int:
        """The body came to its end: what is next. `END` when the frame is left."""
        branch.leave(self)
        return END

    def handles(self, branch: "Branch", failure: Failure) -> bool:
        """Whether a failure in the body ends here."""
        return False

    def passes(self, op: Op) -> bool:
        """Whether the body goes on after this node has failed: see `in_place`."""
        return False

    def in_place(self, branch: "Branch", op: Op, failure: Failure) -> int | None:
        """Go on inside the body after a failure, or None."""
        return None

    def catch(self, branch: "Branch", failure: Failure) -> int | None:
        """Take a failure; None means: look further out (the frame has been left)."""
        branch.leave(self)
        return None

    def land(self, branch: "Branch", kind: str) -> int:
        """A jump of this kind arrived here."""
        raise NodeFailure(f"cannot {kind} here", code="E-LOOP-404")

    def intercept(self, branch: "Branch", jump: tuple[str, int]) -> int | None:
        """A jump leaves the frame; an index means: run this first."""
        branch.leave(self)
        return None


class Branch:
    """One line of execution. The root is ``0``; a fork's branches add to its key.

    ``transactions`` are the steps that began one which has not ended: until
    then nothing it does is recorded, because all of it is one step.
    ``stopping`` asks it to end before its next node; ``waits`` is its task while
    it is in a node that may be left at any moment. ``failed`` is the node that
    has just failed, with its plan, and how.
    """

    __slots__ = (
        "at",
        "contexts",
        "delay",
        "failed",
        "frames",
        "key",
        "plan",
        "queue",
        "run",
        "scope",
        "steps",
        "stop_at",
        "stopping",
        "transactions",
        "visited",
        "waits",
    )

    def __init__(self, key: str, run: Surroundings, scope: Scope) -> None:
        self.key = key
        self.run = run
        self.scope = scope
        self.plan = scope.plan
        self.steps = run.steps(scope.plan)
        self.frames: list[Frame] = []
        self.queue: deque[int] = deque()
        self.visited: set[int] = set()
        self.at = END
        self.delay = 0.0
        self.stop_at = END
        self.stopping = False
        self.waits: asyncio.Task[Any] | None = None
        self.transactions: list[str] = []
        self.contexts: dict[Op, Any] = {}
        self.failed: tuple[Plan, Op, Exception] | None = None

    def follow(self, indices: tuple[int, ...]) -> int:
        """Go on with these nodes, after what waits already."""
        if len(indices) == 1 and not self.queue:
            return indices[0]
        self.queue.extend(indices)
        return self.take()

    def take(self) -> int:
        """The next waiting node; one that others still lead to waits for them."""
        queue = self.queue
        if not queue:
            return END
        index = queue.popleft()
        if queue and self.plan.ops[index].is_merge:
            for _ in range(len(queue)):
                if not any(other != index and self.plan.leads_to(other, index) for other in queue):
                    break
                queue.append(index)
                index = queue.popleft()
        return index

    def next(self) -> int:
        """What to do after a path ended."""
        while True:
            index = self.take()
            if index != END:
                return index
            if not self.frames:
                return DONE
            index = self.frames[-1].advance(self)
            if index != END:
                return index

    def enter(self, frame: Frame) -> None:
        """Begin the body of a construct."""
        frame.outer_queue = self.queue
        frame.outer_visited = self.visited
        self.queue = deque()
        if not frame.shares_visited:
            self.visited = set()
        self.frames.append(frame)

    def leave(self, frame: Frame) -> None:
        """End the innermost construct, which must be ``frame``."""
        self.frames.pop()
        self.queue = frame.outer_queue
        if not frame.shares_visited:
            self.visited = frame.outer_visited

    def switch(self, scope: Scope) -> None:
        """Look names up elsewhere from now on (a call begins or ends)."""
        self.scope = scope
        self.plan = scope.plan
        self.steps = self.run.steps(scope.plan)

    def fail(self, op: Op, error: Exception) -> int:
        """A node failed: its failure port, else whoever handles it.

        Raises:
            JobFailed: Nobody does.
        """
        if isinstance(error, PullFailed):
            self._show_failure(error.op, error.error)
            return self.throw(op, failure_of(error.op, error.error))
        failure = self._show_failure(op, error)
        if op.type.failure_port and op.follow(op.type.failure_port):
            return self.follow(op.follow(op.type.failure_port))
        return self.throw(op, failure)

    def stands_at(self, op: Op) -> bool:
        """Whether it is at this node; one that calls may have failed within the call already."""
        return self.at == op.index and self.plan.ops[op.index : op.index + 1] == [op]

    def goes_on_after(self, op: Op, error: Exception) -> bool:
        """Whether anybody handles a failure, as far as can be said without unwinding."""
        if isinstance(error, PullFailed):
            failure = failure_of(error.op, error.error)
        elif op.type.failure_port and op.follow(op.type.failure_port):
            return True
        else:
            failure = failure_of(op, error)
        for frame in reversed(self.frames):
            if frame.kind == "call":
                break
            if frame.passes(op):
                return True
        return self.run.continue_on_error or self._is_handled(failure)

    def _show_failure(self, op: Op, error: Exception) -> Failure:
        failure = failure_of(op, error)
        outputs = dict(error.outputs) if isinstance(error, NodeFailure) else {}
        declared = {port.name for port in (op.call.outputs if op.call else op.type.outputs)}
        if "error" in declared:
            outputs.setdefault("error", failure.message)
        if "success" in declared:
            outputs.setdefault("success", False)
        if outputs:
            self.scope.put(op.index, outputs)
        return failure

    def throw(self, op: Op, failure: Failure) -> int:
        """Take a failure outwards.

        Raises:
            JobFailed: Nobody handles it.
        """
        handled = False
        for frame in reversed(self.frames):
            if frame.kind == "call":
                break
            index = frame.in_place(self, op, failure)
            if index is not None:
                return index
            if frame.handles(self, failure):
                handled = True
                break
        if not handled and self.run.continue_on_error and not self._is_handled(failure):
            self.run.passed_over(failure)
            return self.follow(self.plan.after(op))
        while self.frames:
            index = self.frames[-1].catch(self, failure)
            if index is not None:
                return index
        raise JobFailed(failure)

    def jump(self, jump: tuple[str, int]) -> int:
        """Leave frames until the one at depth ``jump[1]`` is innermost, and land there.

        What has to run on the way (a Finally) is run first and goes on jumping.
        """
        while len(self.frames) > jump[1] + 1:
            index = self.frames[-1].intercept(self, jump)
            if index is not None:
                return index
        self.queue.clear()
        return self.frames[-1].land(self, jump[0])

    def _is_handled(self, failure: Failure) -> bool:
        return any(frame.handles(self, failure) for frame in self.frames)


def failure_of(op: Op, error: Exception) -> Failure:
    """A node's exception as plain data."""
    if isinstance(error, NodeFailure):
        return Failure(
            message=str(error),
            type=error.error_type,
            code=error.code,
            node_id=op.id,
            node_type=op.type.name,
        )
    return Failure(
        message=str(error) or type(error).__name__,
        type=type(error).__name__,
        code="E-NODE-500",
        node_id=op.id,
        node_type=op.type.name,
    )


def step_key(root: str, branch: Branch, op: Op) -> str:
    """Key of a step: job, branch, loop turns and attempts, node. Source: architecture, rule 11.

    Args:
        root: The job's id; where it goes on for another one, the id of that.
        branch: Where the step is.
        op: Its node.
    """
    turns = "/".join(frame.label for frame in branch.frames)
    place = f"{root}/{branch.key}/{turns}" if turns else f"{root}/{branch.key}"
    return f"{place}/{op.id}"
