"""Writing to the job's log and to log files."""

import re
from collections.abc import Mapping
from typing import Any

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node

_UNRESOLVED = re.compile(r"\{\{\s*(\$?[^\W\d][\w.\[\]:-]*)\s*\}\}")
_LEVELS = ("debug", "info", "warning", "error", "critical")


@node(
    "LogNode",
    category="utility",
    inputs=(Port("message", DataType.STRING), Port("data")),
    properties=(
        Property("message", DataType.STRING, ""),
        Property("data"),
        Property("level", DataType.CHOICE, "critical", choices=_LEVELS),
        Property("include_timestamp", DataType.BOOLEAN, True),
        Property("include_node_id", DataType.BOOLEAN, True),
    ),
)
def log(ctx: NodeContext, *, message: Any, data: Any, level: str) -> Outputs:
    """Write a line to the job's log.

    Braces in the message mean nothing; only a reference that nothing answered
    is shown as ``{name}``. Time and node id are fields of every line of the
    log, so ``include_timestamp`` and ``include_node_id`` do not change its text.
    """
    text = _UNRESOLVED.sub(r"{\1}", str(message))
    if data is not None and data != "":
        text = f"{text} | Data: {data}" if text else str(data)
    ctx.log(level.upper(), text)
    return {}


@node(
    "LogErrorNode",
    category="error_handling",
    inputs=(
        Port("error_message", DataType.STRING),
        Port("error_type", DataType.STRING),
        Port("context", DataType.DICT),
    ),
    outputs=(Port("log_entry", DataType.DICT),),
    properties=(
        Property("error_message", DataType.STRING),
        Property("error_type", DataType.STRING),
        Property("context"),
        Property("level", DataType.CHOICE, "error", choices=_LEVELS),
        Property("include_stack_trace", DataType.BOOLEAN, False),
    ),
    effect=Effect.READS,
)
def log_error(
    ctx: NodeContext,
    *,
    error_message: Any,
    error_type: Any,
    context: Any,
    level: str,
    include_stack_trace: bool,
) -> Outputs:
    """Write an error to the job's log and give it on as a dict.

    The stack trace is the ``stack_trace`` of ``context``, as a Catch node gives it.
    """
    trace = context.get("stack_trace") if isinstance(context, Mapping) else None
    entry = {
        "timestamp": ctx.now().isoformat(),
        "level": level.lower(),
        "node_id": ctx.node_id,
        "error_type": str(error_type or "Error"),
        "error_message": str(error_message or ""),
        "context": _without_trace(context),
    }
    text = f"[{entry['error_type']}] {entry['error_message']}"
    if entry["context"]:
        text += f" | Context: {entry['context']}"
    if include_stack_trace and trace:
        entry["stack_trace"] = str(trace)
        text += f"\n{trace}"
    ctx.log(level.upper(), text)
    return {"log_entry": entry}


def _without_trace(context: Any) -> Any:
    if isinstance(context, Mapping):
        return {key: value for key, value in context.items() if key != "stack_trace"}
    return context


@node(
    "LogToFileNode",
    category="system",
    inputs=(Port("log_message", DataType.STRING),),
    outputs=(Port("success", DataType.BOOLEAN), Port("lines_written", DataType.INTEGER)),
    properties=(
        Property("log_file_path", DataType.FILE_PATH, required=True),
        Property("log_message", DataType.TEXT, required=True),
        Property("level", DataType.CHOICE, "INFO", choices=("DEBUG", "INFO", "WARNING", "ERROR")),
        Property("append", DataType.BOOLEAN, True),
        Property("add_timestamp", DataType.BOOLEAN, True),
    ),
    effect=lambda given: Effect.ONCE if given.get("append", True) else Effect.IDEMPOTENT,
    blocking=True,
)
def log_to_file(
    ctx: NodeContext,
    *,
    log_file_path: str | None,
    log_message: Any,
    level: str,
    append: bool,
    add_timestamp: bool,
) -> Outputs:
    """Write each line of a message, with level and time, to a UTF-8 file; folders are made."""
    if not log_file_path:
        raise _refused("File path is required")
    if log_message is None or log_message == "":
        raise _refused("Message is required")
    from casare_robot.nodes.file_writing import append_whole, write_whole
    from casare_robot.nodes.paths import told_plainly, writable

    stamp = f"[{ctx.now():%Y-%m-%d %H:%M:%S}] " if add_timestamp else ""
    lines = [f"{stamp}[{level.upper()}] {line}\n" for line in str(log_message).split("\n")]
    content = "".join(lines).encode()
    with told_plainly():
        path = writable(ctx, log_file_path)
        if append:
            path.parent.mkdir(parents=True, exist_ok=True)
            append_whole(path, content, create=True)
        else:
            write_whole(ctx, path, content)
    return {"success": True, "lines_written": len(lines)}


def _refused(message: str) -> NodeFailure:
    return NodeFailure(message, outputs={"success": False, "lines_written": 0})
