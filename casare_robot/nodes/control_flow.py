"""Control flow: what the engine itself runs, declared like any node.

What each of them does is in `casare_robot.execution.running.steps`.
"""

from typing import Any

from casare_robot.domain.effect import Effect
from casare_robot.domain.node_type import DataType, NodeType, Port, Property

_INTEGER, _STRING, _FLOAT = DataType.INTEGER, DataType.STRING, DataType.FLOAT


def _flow(name: str, *, category: str = "control_flow", **declared: Any) -> NodeType:
    return NodeType(name, category=category, effect=Effect.PURE, flow=True, **declared)


_LOOP_END = (Property("paired_start_id", _STRING, ""),)
_LOOP_JUMP = (Property("paired_loop_start_id", _STRING, ""),)
_ERROR_OUTPUTS = (
    Port("error_message", _STRING),
    Port("error_type", _STRING),
    Port("stack_trace", _STRING),
)

NODE_TYPES = (
    _flow("StartNode", category="basic", exec_in=()),
    _flow("EndNode", category="basic"),
    _flow("CommentNode", category="basic", properties=(Property("comment", DataType.TEXT, ""),)),
    _flow("RerouteNode", category="utility", inputs=(Port("in"),), outputs=(Port("out"),)),
    _flow("MergeNode"),
    _flow(
        "IfNode",
        inputs=(Port("condition"),),
        exec_out=("true", "false"),
        properties=(Property("expression", _STRING, ""),),
    ),
    _flow(
        "SwitchNode",
        inputs=(Port("value"),),
        exec_out=("default", "exec_out"),
        properties=(
            Property("cases", DataType.LIST, []),
            Property("expression", _STRING, ""),
        ),
    ),
    _flow(
        "ForLoopStartNode",
        inputs=(Port("items"), Port("end", _INTEGER)),
        outputs=(
            Port("current_item"),
            Port("current_index", _INTEGER),
            Port("current_key"),
        ),
        exec_out=("body", "completed"),
        properties=(
            Property("mode", DataType.CHOICE, "items", choices=("items", "range")),
            Property("list_var", _STRING, ""),
            Property("item_var", _STRING, "item"),
            Property("start", _INTEGER, 0),
            Property("end", _INTEGER, 10),
            Property("step", _INTEGER, 1),
        ),
    ),
    _flow("ForLoopEndNode", properties=_LOOP_END),
    _flow(
        "WhileLoopStartNode",
        inputs=(Port("condition", DataType.BOOLEAN),),
        outputs=(Port("current_iteration", _INTEGER),),
        exec_out=("body", "completed"),
        properties=(
            Property("expression", _STRING, ""),
            Property("max_iterations", _INTEGER, 1000, low=1),
        ),
    ),
    _flow("WhileLoopEndNode", properties=_LOOP_END),
    _flow("BreakNode", properties=_LOOP_JUMP),
    _flow("ContinueNode", properties=_LOOP_JUMP),
    _flow("TryNode", exec_out=("exec_out", "try_body")),
    _flow(
        "CatchNode",
        outputs=_ERROR_OUTPUTS,
        exec_out=("catch_body",),
        properties=(Property("paired_try_id", _STRING, ""), Property("error_types", _STRING, "")),
    ),
    _flow(
        "FinallyNode",
        outputs=(Port("had_error", DataType.BOOLEAN),),
        exec_out=("finally_body",),
        properties=(Property("paired_try_id", _STRING, ""),),
    ),
    _flow(
        "ForkNode",
        exec_out=("branch_1", "branch_2"),
        properties=(
            Property("branch_count", _INTEGER, 2, low=2, high=10),
            Property("fail_fast", DataType.BOOLEAN, default=False),
        ),
    ),
    _flow(
        "JoinNode",
        outputs=(Port("results", DataType.DICT), Port("branch_count", _INTEGER)),
        properties=(
            Property("merge_strategy", DataType.CHOICE, "all", choices=("all", "first", "last")),
        ),
    ),
    _flow(
        "ParallelForEachNode",
        inputs=(Port("items", DataType.LIST, required=True),),
        outputs=(
            Port("current_item"),
            Port("current_index", _INTEGER),
            Port("results", DataType.LIST),
        ),
        exec_out=("body", "completed"),
        properties=(
            Property("items", DataType.LIST),
            Property("batch_size", _INTEGER, 5, low=1, high=50),
            Property("fail_fast", DataType.BOOLEAN, default=False),
            Property("timeout_per_item", _INTEGER, 60, low=1),
        ),
    ),
    _flow(
        "RetryNode",
        category="error_handling",
        outputs=(Port("attempt", _INTEGER), Port("last_error", _STRING)),
        exec_out=("retry_body", "success", "failed"),
        properties=(
            Property("max_attempts", _INTEGER, 3, low=1),
            Property("initial_delay", _FLOAT, 1.0, low=0),
            Property("backoff_multiplier", _FLOAT, 2.0, low=1),
        ),
        synonyms={"max_retries": "max_attempts"},
    ),
    _flow("RetrySuccessNode", category="error_handling"),
    _flow(
        "RetryFailNode",
        category="error_handling",
        inputs=(Port("error_message", _STRING),),
        properties=(Property("error_message", _STRING),),
    ),
    _flow(
        "OnErrorNode",
        category="error_handling",
        outputs=(
            Port("error_message", _STRING),
            Port("error_type", _STRING),
            Port("error_node", _STRING),
            Port("stack_trace", _STRING),
        ),
        exec_out=("protected_body", "on_error", "finally"),
    ),
    _flow(
        "ErrorRecoveryNode",
        category="error_handling",
        inputs=(Port("strategy", _STRING), Port("max_retries", _INTEGER)),
        exec_out=("exec_out", "fallback"),
        properties=(
            Property(
                "strategy",
                DataType.CHOICE,
                "stop",
                choices=("stop", "continue", "retry", "restart", "fallback"),
            ),
            Property("max_retries", _INTEGER, 3, low=0),
        ),
    ),
)
