"""What running each node means: a closure for every node of a plan."""

from collections.abc import Callable
from typing import Any

from casare_robot.domain.bound_code import BoundCode
from casare_robot.domain.node_type import Outcome
from casare_robot.execution.language.references import SecretTemplate
from casare_robot.execution.loading.node_ports import case_text, switch_cases
from casare_robot.execution.planning.op import Op
from casare_robot.execution.planning.plan import Plan
from casare_robot.execution.planning.values import revealed
from casare_robot.execution.running.branch import END, LEAVE, SKIP, Branch, PullFailed, Step
from casare_robot.execution.running.calls import call_start, subflow_input, subflow_output
from casare_robot.execution.running.conditions import condition_of, value_of
from casare_robot.execution.running.error_handling import (
    on_error_start,
    recovery_start,
    retry_fail,
    retry_start,
    retry_success,
    try_partner,
    try_start,
)
from casare_robot.execution.running.loops import for_start, loop_end, loop_jump, while_start

_HOLDERS = frozenset({SecretTemplate, BoundCode, list, dict})
"""Kinds of values that may hold a secret."""


def compile_steps(plan: Plan) -> list[Step]:
    """A step for each node, by index."""
    return [_guarded(op, plan) for op in plan.ops]


def leave(_branch: Branch) -> int:
    """Step of a node that has to be performed off the fast path."""
    return LEAVE


def bare_step(op: Op) -> Step:
    """The node itself, without pulls, merges or the fast path's limits."""
    if op.disabled:
        return _disabled(op)
    if op.call is not None:
        return _compute(op)
    build = _FLOW.get(op.type.name, _pass)
    return build(op)


def finish(branch: Branch, op: Op, result: Any) -> int:
    """Keep what a node's function returned; the next index."""
    if result.__class__ is dict:
        branch.scope.put(op.index, result)
        return branch.follow(op.follow(op.success_port))
    if isinstance(result, Outcome):
        branch.scope.put(op.index, result.outputs)
        return branch.follow(op.follow(result.port) or op.follow("exec_out"))
    branch.scope.put(op.index, dict(result or {}))
    return branch.follow(op.follow(op.success_port))


def _guarded(op: Op, plan: Plan) -> Step:
    step = leave if op.is_async and not op.disabled else bare_step(op)
    if op.pulls and step is not leave:
        step = _with_pulls(op, plan, step)
    return _once_per_turn(op.index, step) if op.is_merge else step


def _with_pulls(op: Op, plan: Plan, step: Step) -> Step:
    pulled = [(index, bare_step(plan.ops[index])) for index in op.pulls]

    def pull_then_step(branch: Branch) -> int:
        for index, evaluate in pulled:
            pull(branch, index, evaluate)
        return step(branch)

    return pull_then_step


def pull(branch: Branch, index: int, evaluate: Step) -> None:
    """Evaluate a data-only node; it leads nowhere and leaves the queue as it was."""
    queue, branch.queue = branch.queue, type(branch.queue)()
    try:
        evaluate(branch)
    except Exception as error:
        raise PullFailed(branch.plan.ops[index], error) from error
    finally:
        branch.queue = queue
        branch.run.ran(branch.plan, index)


def _once_per_turn(index: int, step: Step) -> Step:
    def once(branch: Branch) -> int:
        if index in branch.visited:
            return SKIP
        branch.visited.add(index)
        return step(branch)

    return once


def _compute(op: Op) -> Step:
    call = op.call
    if call is None:
        raise TypeError(f"{op.id} has no function")
    index, constants, sources, run = op.index, op.constants, op.sources, call.run
    takes_context, keeps_secrets = call.takes_context, op.type.keeps_secrets
    may_stall = op.type.may_stall
    followers = op.follow(op.success_port)
    only = followers[0] if len(followers) == 1 else END

    def compute(branch: Branch) -> int:
        scope = branch.scope
        if may_stall:
            branch.run.began_node(op)
        arguments = constants
        if sources:
            arguments = constants.copy()
            for name, source in sources:
                value = source(scope)
                if value.__class__ in _HOLDERS and branch.run.uses_secrets and not keeps_secrets:
                    value = revealed(value, branch.run.secret)
                arguments[name] = value
        if takes_context:
            context = branch.contexts.get(op) or branch.run.context(branch, op)
            result = run(context, **arguments)
        else:
            result = run(**arguments)
        if result.__class__ is not dict:
            return finish(branch, op, result)
        scope.outputs[index] = result
        scope.changed_outputs.add(index)
        if only >= 0 and not branch.queue:
            return only
        return branch.follow(followers)

    return compute


def _pass(op: Op) -> Step:
    followers = op.follow(op.success_port)
    only = followers[0] if len(followers) == 1 else END

    def step(branch: Branch) -> int:
        if only >= 0 and not branch.queue:
            return only
        return branch.follow(followers)

    return step


def _disabled(op: Op) -> Step:
    """A disabled node copies inputs to outputs of the same name and goes on."""
    wires = op.wires
    outputs = {port.name for port in op.type.outputs}
    names = {name: target for name in wires if (target := _twin(name, outputs)) is not None}

    def step(branch: Branch) -> int:
        copied = {target: wires[name](branch.scope) for name, target in names.items()}
        if copied:
            branch.scope.put(op.index, copied)
        followers = op.follow("exec_out" if op.type.name == "IfNode" else op.success_port)
        if not followers and op.followers:
            branch.run.warn(
                op, "W-DISABLED-1", f"disabled {op.id} ends its branch: it has no exec_out wire"
            )
        return branch.follow(followers)

    return step


def _twin(name: str, outputs: set[str]) -> str | None:
    for candidate in (name, f"{name.removesuffix('_in')}_out", name.removesuffix("_in")):
        if candidate in outputs:
            return candidate
    return None


def _if(op: Op) -> Step:
    condition = condition_of(op)
    yes, no = op.follow("true"), op.follow("false")
    return lambda branch: branch.follow(yes if condition(branch.scope) else no)


def _switch(op: Op) -> Step:
    value = value_of(op, "value")
    has_expression = op.node.config.get("expression") not in (None, "")

    def step(branch: Branch) -> int:
        arguments = op.arguments(branch.scope)
        cases = switch_cases(arguments["cases"]) or []
        wanted = case_text(arguments["value"])
        if has_expression or wanted not in cases:
            wanted = case_text(value(branch.scope))
        followers = op.follow(_case_port(op, wanted, cases))
        return branch.follow(followers or op.follow("default"))

    return step


def _case_port(op: Op, wanted: str, cases: list[str]) -> str:
    """``case_<value>``; older files number their cases ``case_0``, ``case_1``."""
    port = f"case_{wanted}"
    if port in op.followers and (not cases or wanted in cases):
        return port
    return f"case_{cases.index(wanted)}" if wanted in cases else "default"


def _reroute(op: Op) -> Step:
    def step(branch: Branch) -> int:
        branch.scope.put(op.index, {"out": op.arguments(branch.scope).get("in")})
        return branch.follow(op.follow("exec_out"))

    return step


def _join(op: Op) -> Step:
    def step(branch: Branch) -> int:
        if branch.stop_at == op.index:
            return END
        return branch.follow(op.follow("exec_out"))

    return step


_FLOW: dict[str, Callable[[Op], Step]] = {
    "IfNode": _if,
    "SwitchNode": _switch,
    "RerouteNode": _reroute,
    "ForLoopStartNode": for_start,
    "WhileLoopStartNode": while_start,
    "ForLoopEndNode": loop_end,
    "WhileLoopEndNode": loop_end,
    "BreakNode": lambda op: loop_jump(op, "break"),
    "ContinueNode": lambda op: loop_jump(op, "continue"),
    "TryNode": try_start,
    "CatchNode": try_partner,
    "FinallyNode": try_partner,
    "OnErrorNode": on_error_start,
    "RetryNode": retry_start,
    "RetrySuccessNode": retry_success,
    "RetryFailNode": retry_fail,
    "ErrorRecoveryNode": recovery_start,
    "ForkNode": lambda _op: leave,
    "ParallelForEachNode": lambda _op: leave,
    "JoinNode": _join,
    "SubflowNode": call_start,
    "CallSubworkflowNode": call_start,
    "ExecuteWorkflowNode": call_start,
    "SubflowInputNode": subflow_input,
    "SubflowOutputNode": subflow_output,
}
