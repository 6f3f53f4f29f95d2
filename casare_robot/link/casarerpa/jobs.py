"""CasareRPA's jobs and their ends, as its orchestrators say and hear them. Pure.

A job that was claimed again (retried, or taken back after a lease) is another job
here: its id is the orchestrator's and the moment of the claim.
"""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from casare_robot.domain.job import Job, JobId, JobResult, JobStatus
from casare_robot.domain.plain_json import each_changed, nul_replaced, plain

MASKED = "***"
"""What the engine shows in the place of a sensitive variable; such are left out."""
CANCELLED = "Job cancelled"
LONGEST_ERROR = 5_000
"""Characters of an error, as `POST /jobs/{id}/fail` takes them."""
LARGEST_RESULT = 800 << 10
"""Bytes of a result: websocket servers take messages up to 1 MiB, unless told otherwise."""
LARGEST_PART = 256 << 10

_BETWEEN = "~"
_BEYOND = 1 << 63
_WRAPPINGS = 2
"""How often a workflow may be text of text."""
_encode = msgspec.json.Encoder().encode


class JobUnusableError(ValueError):
    """What was assigned is no job; the message is for the orchestrator's people."""


def job_of(
    *,
    job_id: JobId,
    workflow: Any,
    name: Any = "",
    workflow_id: Any = "",
    variables: Any = None,
    timeout: Any = None,
    created_at: datetime | None = None,
) -> Job:
    """A job out of what was assigned.

    Args:
        job_id: Its id here.
        workflow: The file: an object, raw JSON of one, or its text.
        name: How people call it; by default what the workflow calls itself.
        workflow_id: Its name for want of another.
        variables: An object, or JSON text of one; None for none.
        timeout: Seconds for the whole run, perhaps as text; what is no positive number is none.
        created_at: When it was submitted.

    Raises:
        JobUnusableError: Workflow or variables are none.
    """
    if server_id(job_id) in ("", "None"):
        raise JobUnusableError("the job has no id")
    content = _bytes_of(workflow)
    given = _object_of(variables, "its variables")
    return Job(
        id=job_id,
        workflow=content,
        name=str(name or _name_in(content) or workflow_id or ""),
        variables=given,
        timeout=_seconds(timeout),
        created_at=created_at,
    )


def claimed_id(job_id: Any, claimed_at: Any) -> JobId:
    """The id here of a job that was claimed at a moment, which may be text."""
    if isinstance(claimed_at, str):
        try:
            claimed_at = datetime.fromisoformat(claimed_at)
        except ValueError:
            return JobId(f"{job_id}{_BETWEEN}{claimed_at}")
    stamp = ""
    if isinstance(claimed_at, datetime):
        aware = claimed_at.astimezone(UTC) if claimed_at.tzinfo else claimed_at
        stamp = f"{aware:%y%m%dT%H%M%S%f}"
    return JobId(f"{job_id}{_BETWEEN}{stamp}")


def server_id(job_id: JobId) -> str:
    """The orchestrator's id of a job."""
    head, between, _ = job_id.rpartition(_BETWEEN)
    return head if between else job_id


def is_complete(result: JobResult) -> bool:
    """Whether a job did what it should."""
    return result.status is JobStatus.COMPLETED


def outcome(result: JobResult, *, bare: bool = False) -> dict[str, Any]:
    """A job's result under the names that CasareRPA's own robots use, and its variables.

    Args:
        result: How it ended.
        bare: Without the variables, because the other side does not take them.
    """
    variables = storable(
        {str(name): plain(value) for name, value in result.variables.items() if value != MASKED}
    )
    told: dict[str, Any] = {
        "success": is_complete(result),
        "executed_nodes": result.nodes_executed,
        "nodes_executed": result.nodes_executed,
        "duration_ms": round(result.duration_ms),
        "recovered": result.resumed,
        "result_data": {"variables": variables},
    }
    if bare:
        told["result_data"] = {"variables": {}, "left_out": "all: they were not taken"}
    if len(_encode(told)) <= LARGEST_RESULT:
        return told
    kept = {name: it for name, it in variables.items() if len(_encode(it)) <= LARGEST_PART}
    left_out = [name for name in variables if name not in kept]
    told["result_data"] = {"variables": kept, "left_out": left_out}
    if len(_encode(told)) > LARGEST_RESULT:
        told["result_data"] = {"variables": {}, "left_out": "all: they are too large"}
    return told


def error_text(result: JobResult, *, cancelled: str = CANCELLED) -> str:
    """Why a job did not do what it should; never empty.

    Args:
        result: How it ended.
        cancelled: What is said of one that was cancelled.
    """
    if result.status is JobStatus.CANCELLED:
        return cancelled
    text = result.error.message if result.error else f"the job ended as {result.status.value}"
    return str(storable(plain(text)))[:LONGEST_ERROR] or "no reason was given"


def storable(value: Any) -> Any:
    """JSON without what these orchestrators and their databases fail on, each time it is told.

    That is the character NUL, which PostgreSQL's text cannot hold, and whole numbers of more
    than 64 bits, which become text.
    """
    return each_changed(value, _storable)


def _storable(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= _BEYOND:
        return str(value)
    return nul_replaced(value)


def failed_node(result: JobResult) -> str:
    """The id of the node that failed, or ""."""
    return (result.error.node_id or "") if result.error else ""


def _bytes_of(workflow: Any) -> bytes:
    if isinstance(workflow, msgspec.Raw):
        workflow = bytes(workflow)
    elif isinstance(workflow, str):
        workflow = workflow.encode("utf-8", "replace")
    elif isinstance(workflow, Mapping):
        workflow = _encode(workflow)
    for _ in range(_WRAPPINGS):
        if isinstance(workflow, bytes) and workflow.lstrip()[:1] == b'"':
            workflow = _text_in(workflow)
    if not isinstance(workflow, bytes) or workflow.strip() in (b"", b"null"):
        raise JobUnusableError("the job holds no workflow")
    return workflow


def _text_in(workflow: bytes) -> bytes:
    try:
        return msgspec.json.decode(workflow, type=str).encode("utf-8", "replace")
    except msgspec.MsgspecError as error:
        raise JobUnusableError(f"the workflow is no JSON: {error}") from error


def _seconds(timeout: Any) -> float | None:
    if isinstance(timeout, bool):
        return None
    try:
        seconds = float(timeout)
    except (TypeError, ValueError, OverflowError):
        return None
    return seconds if 0 < seconds < math.inf else None


def _object_of(value: Any, what: str) -> Mapping[str, Any]:
    if isinstance(value, str):
        try:
            value = msgspec.json.decode(value or "{}")
        except (msgspec.MsgspecError, RecursionError) as error:
            raise JobUnusableError(f"{what} are no JSON: {error}") from error
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise JobUnusableError(f"{what} are no object")
    return value


def node_count(workflow: bytes) -> int:
    """How many nodes a workflow has; 0 where that cannot be told."""
    try:
        return len(msgspec.json.decode(workflow, type=_Body).nodes)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return 0


class _Body(msgspec.Struct, frozen=True):
    nodes: Mapping[str, msgspec.Raw] = {}


class _Metadata(msgspec.Struct, frozen=True):
    name: str = ""


class _Head(msgspec.Struct, frozen=True):
    metadata: _Metadata = _Metadata()


def _name_in(workflow: bytes) -> str:
    try:
        return msgspec.json.decode(workflow, type=_Head).metadata.name
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return ""  # its run says what is wrong with it
