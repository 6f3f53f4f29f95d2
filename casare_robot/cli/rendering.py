"""Results as people and programs want them."""

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from casare_robot.domain.errors import Fault
from casare_robot.domain.job import JobError, JobResult, JobStatus
from casare_robot.domain.plain_json import plain

EXIT_CODES: Mapping[str, int] = {
    "completed": 0,
    "failed": 1,
    "cancelled": 3,
    "needs_attention": 4,
    "timed_out": 7,
}
INVALID, BUSY, UNREACHABLE = 2, 5, 6
MOST_SHOWN = 20
"""Errors, and warnings, that people are shown."""


def result_as_dict(result: JobResult) -> dict[str, Any]:
    """The object that ``exec --json`` prints."""
    return {
        "job_id": result.job_id,
        "status": str(result.status),
        "error": _error(result.error) if result.error else None,
        "errors": [_error(error) for error in result.errors],
        "warnings": [_error(warning) for warning in result.warnings],
        "variables": plain(result.variables),
        "outputs": plain(result.outputs),
        "log": [msgspec.to_builtins(line) for line in result.log],
        "nodes_executed": result.nodes_executed,
        "executed_nodes": list(result.executed_nodes),
        "duration_ms": round(result.duration_ms, 3),
        "resumed": result.resumed,
        "needs_attention": [msgspec.to_builtins(step) for step in result.needs_attention],
        "times": [
            {
                "node_id": time.node_id,
                "began_ms": time.began_ms,
                "took_ms": time.took_ms,
                "failed": time.has_failed,
            }
            for time in result.times
        ],
    }


def as_json(value: Any) -> str:
    """JSON text for standard output, safe in any encoding."""
    return json.dumps(value, ensure_ascii=True, indent=None)


def counted(number: int, thing: str) -> str:
    """``1 node``, ``2 nodes``."""
    return f"{number} {thing}" + ("" if number == 1 else "s")


def summary(result: JobResult) -> str:
    """How a job ended, in a few lines for people."""
    nodes = counted(result.nodes_executed, "node")
    lines = [f"{result.status}: {nodes} in {result.duration_ms / 1000:.2f} s"]
    if is_refused(result):
        lines = ["refused, so nothing was run:"]
    if result.error is not None:
        lines.append(f"  {describe(result.error)}")
    shown = [error for error in result.errors if error != result.error]
    lines += [f"  {describe(error)}" for error in shown[:MOST_SHOWN]]
    if len(shown) > MOST_SHOWN:
        lines.append(f"  ... and {len(shown) - MOST_SHOWN} more; --json lists all")
    for step in result.needs_attention:
        turn = f" in turn {step.turn}" if step.turn else ""
        lines.append(f"  nobody knows whether {step.node_type} {step.node_id} was done{turn}")
    if result.needs_attention:
        lines.append(f"  casare-robot jobs resolve {result.job_id} --as done|again|fail")
    return "\n".join(lines)


def is_refused(result: JobResult) -> bool:
    """Whether a workflow or its inputs were wrong, so that its first node was never run."""
    if result.status is not JobStatus.FAILED or result.nodes_executed or not result.error:
        return False
    code = result.error.code
    return code.startswith(("E-WF-", "E-MSG-", "E-VAR-", "E-RETRY-")) or code == "E-POL-503"


def describe(error: JobError | Fault) -> str:
    """An error in one line: code, what, where."""
    place = ", ".join(
        f"{label} {value}"
        for label, value in (
            ("node", error.node_id),
            ("type", error.node_type),
            ("key", error.key),
        )
        if value and f"({value})" not in error.message
    )
    return f"{error.code} {error.message}" + (f" ({place})" if place else "")


def _error(error: JobError) -> dict[str, Any]:
    return {
        "code": error.code,
        "message": error.message,
        "node_id": error.node_id,
        "node_type": error.node_type,
        "key": error.key,
    }
