"""Subflows and called workflows: another plan, in a scope of its own."""

from typing import Any, ClassVar

from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.workflow import NodeId
from casare_robot.execution.planning.op import Op
from casare_robot.execution.planning.plan import Plan
from casare_robot.execution.running.branch import END, Branch, Failure, Frame, Step
from casare_robot.execution.running.scope import Scope

MAX_DEPTH = 32
_OWN_KEYS = frozenset(
    {
        "subflow_id",
        "subflow_path",
        "subworkflow_id",
        "subworkflow_path",
        "workflow_path",
        "execution_mode",
        "timeout_seconds",
        "wait_for_result",
        "wait_for_completion",
        "poll_interval",
        "status",
    }
)


class CallFrame(Frame):
    """A called workflow that is running. ``path`` and ``overrides`` find its plan again.

    ``limit`` is in seconds since ``began``; ``is_asked`` says that its data-only
    outputs are being evaluated.
    """

    kind: ClassVar[str] = "call"
    fields: ClassVar[tuple[str, ...]] = ("path", "overrides", "began", "limit", "is_asked")

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.path = ""
        self.overrides: list[tuple[str, str, Any]] = []
        self.began = 0.0
        self.limit: float | None = None
        self.is_asked = False
        self.outer_scope: Scope | None = None

    def plan(self, branch: Branch) -> Plan:
        """The called workflow's plan."""
        overrides = {(node, key): value for node, key, value in self.overrides}
        return branch.run.called(self.path, branch, overrides)

    def enter_scope(self, branch: Branch, plan: Plan) -> None:
        """Look names up in the called workflow from now on."""
        self.outer_scope = branch.scope
        depth = sum(frame.kind == "call" for frame in branch.frames)
        branch.switch(branch.run.scope(f"{branch.key}#{depth}", plan))

    def advance(self, branch: Branch) -> int:
        """The called workflow came to its end: hand its outputs to the caller."""
        if not self.is_asked:
            self.is_asked = True
            branch.queue.extend(branch.plan.result_pulls)
            if branch.queue:
                return branch.take()
        outputs = _results(branch.plan, branch.scope)
        branch.leave(self)
        self._return(branch)
        op = branch.plan.ops[self.index]
        if op.type.name == "CallSubworkflowNode":
            elapsed = branch.run.elapsed() - self.began
            outputs |= {
                "success": True,
                "job_id": branch.run.job_id,
                "execution_time_ms": round(elapsed * 1000),
            }
        branch.scope.put(self.index, outputs)
        return branch.follow(op.follow("exec_out"))

    def catch(self, branch: Branch, failure: Failure) -> int | None:
        """A failure inside fails the calling node."""
        branch.queue.clear()
        branch.leave(self)
        self._return(branch)
        op = branch.plan.ops[self.index]
        error = NodeFailure(
            f"{failure.node_id} in {self.path}: {failure.message}",
            error_type=failure.type,
            code=failure.code,
        )
        return branch.fail(op, error)

    def _return(self, branch: Branch) -> None:
        if self.outer_scope is not None:
            branch.switch(self.outer_scope)


def call_start(op: Op) -> Step:
    """Step of a node that calls another workflow."""
    name = op.type.name

    def step(branch: Branch) -> int:
        values = op.arguments(branch.scope)
        path = _path(values, name, op.id)
        if sum(frame.kind == "call" for frame in branch.frames) >= MAX_DEPTH:
            raise NodeFailure(
                f"{op.id}: workflows call each other more than {MAX_DEPTH} deep",
                code="E-CALL-409",
            )
        frame = CallFrame(op.index)
        frame.path = path
        given = {key: value for key, value in values.items() if key not in _OWN_KEYS}
        plan = frame.plan(branch)
        parameters = plan.workflow.parameters
        frame.overrides = [
            (parameter.node_id, parameter.key, given[parameter.name])
            for parameter in parameters
            if given.get(parameter.name) is not None
        ]
        if frame.overrides:
            plan = frame.plan(branch)
        inherited = branch.scope.visible() if name == "ExecuteWorkflowNode" else {}
        frame.began = branch.run.elapsed()
        if name == "CallSubworkflowNode":
            frame.limit = values["timeout_seconds"]
        branch.enter(frame)
        frame.enter_scope(branch, plan)
        _give_inputs(branch.scope, plan, inherited, given)
        return branch.follow(plan.start)

    return step


def time_left(branch: Branch) -> float | None:
    """Seconds until the first of the calls around a branch is out of time; None without limit."""
    limits = [
        frame.began + frame.limit
        for frame in branch.frames
        if isinstance(frame, CallFrame) and frame.limit is not None
    ]
    return max(min(limits) - branch.run.elapsed(), 0.0) if limits else None


def subflow_input(op: Op) -> Step:
    """Step of SubflowInput: the value the caller gave under its port name."""

    def step(branch: Branch) -> int:
        name = op.arguments(branch.scope)["port_name"]
        branch.scope.put(op.index, {"value": branch.scope.variables.get(name)})
        return END

    return step


def subflow_output(op: Op) -> Step:
    """Step of SubflowOutput: keeps its value for the caller."""

    def step(branch: Branch) -> int:
        branch.scope.put(op.index, {"value": op.arguments(branch.scope)["value"]})
        return END

    return step


def _path(values: dict[str, Any], name: str, node_id: str) -> str:
    keys = {
        "SubflowNode": ("subflow_path", "subflow_id"),
        "CallSubworkflowNode": ("subworkflow_path", "subworkflow_id"),
        "ExecuteWorkflowNode": ("workflow_path",),
    }[name]
    for key in keys:
        if values.get(key):
            return str(values[key])
    raise NodeFailure(
        f"{node_id} does not say which workflow to call ({keys[0]})", code="E-CALL-422"
    )


def _give_inputs(
    scope: Scope, plan: Plan, inherited: dict[str, Any], given: dict[str, Any]
) -> None:
    for name, value in inherited.items():
        if name not in scope.readonly:
            scope.keep(name, value)
    declared = {port.name: port for port in plan.workflow.inputs}
    for name, value in given.items():
        if value is not None and not name.startswith("_"):
            scope.keep(name, value)
    for port in declared.values():
        if scope.variables.get(port.name) is None:
            if port.default is not None:
                scope.keep(port.name, port.default)
            elif port.required:
                raise NodeFailure(
                    f"the called workflow needs a value for {port.name!r}", code="E-CALL-422"
                )


def _results(plan: Plan, scope: Scope) -> dict[str, Any]:
    outputs: dict[str, Any] = {}
    for port in plan.workflow.outputs:
        value = _port_value(plan, scope, port.node_id, port.port)
        outputs[port.name] = port.default if value is None else value
    for op in plan.ops:
        if op.type.name == "SubflowOutputNode":
            name = str(op.node.config.get("port_name") or "output")
            outputs[name] = (scope.outputs[op.index] or {}).get("value")
    if not outputs:
        outputs = {name: scope.variables[name] for name in sorted(scope.own & set(scope.visible()))}
    return outputs


def _port_value(plan: Plan, scope: Scope, node_id: NodeId | None, port: str | None) -> Any:
    index = plan.index_of.get(node_id or "")
    if index is None or port is None:
        return None
    return (scope.outputs[index] or {}).get(port)
