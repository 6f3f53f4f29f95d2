"""Subflows and called workflows, declared; the engine runs them in its own frames.

``async`` means: as a job of its own, which an orchestrator runs. Without one the
reference runs it in place, and so do we; the loader warns of it.
"""

from casare_robot.domain.effect import Effect
from casare_robot.domain.node_type import DataType, NodeType, Port, Property

_CALL_PORTS = ("exec_out", "error")

NODE_TYPES = (
    NodeType(
        "SubflowNode",
        category="General",
        effect=Effect.PURE,
        flow=True,
        open_ports=True,
        exec_out=_CALL_PORTS,
        failure_port="error",
        properties=(
            Property("subflow_id", DataType.STRING, ""),
            Property("subflow_path", DataType.FILE_PATH, ""),
        ),
    ),
    NodeType(
        "CallSubworkflowNode",
        category="workflow",
        effect=Effect.PURE,
        flow=True,
        open_ports=True,
        outputs=(
            Port("job_id", DataType.STRING),
            Port("success", DataType.BOOLEAN),
            Port("execution_time_ms", DataType.INTEGER),
        ),
        exec_out=_CALL_PORTS,
        failure_port="error",
        properties=(
            Property("subworkflow_id", DataType.STRING, ""),
            Property("subworkflow_path", DataType.FILE_PATH, ""),
            Property("execution_mode", DataType.CHOICE, "sync", choices=("sync", "async")),
            Property("timeout_seconds", DataType.INTEGER, 300, low=1, high=86400),
            Property("wait_for_result", DataType.BOOLEAN, default=True),
            Property("poll_interval", DataType.INTEGER, 5, low=1, high=60),
        ),
    ),
    NodeType(
        "ExecuteWorkflowNode",
        category="workflow",
        effect=Effect.PURE,
        flow=True,
        open_ports=True,
        exec_out=_CALL_PORTS,
        failure_port="error",
        properties=(
            Property("workflow_path", DataType.FILE_PATH, ""),
            Property("wait_for_completion", DataType.BOOLEAN, default=True),
        ),
    ),
    NodeType(
        "SubflowInputNode",
        category="workflow",
        effect=Effect.PURE,
        flow=True,
        exec_in=(),
        exec_out=(),
        outputs=(Port("value"),),
        properties=(Property("port_name", DataType.STRING, "input"),),
    ),
    NodeType(
        "SubflowOutputNode",
        category="workflow",
        effect=Effect.PURE,
        flow=True,
        exec_in=(),
        exec_out=(),
        inputs=(Port("value"),),
        properties=(
            Property("port_name", DataType.STRING, "output"),
            Property("value"),
        ),
    ),
)
