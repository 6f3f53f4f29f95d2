"""A job's end as the orchestrator is told it. Pure."""

from hashlib import blake2s
from typing import Any

import msgspec

from casare_robot.domain import job as domain
from casare_robot.domain.plain_json import plain
from casare_robot.link.native.messages import JobResult
from casare_robot.link.native.reading import LARGEST_FRAME, encode

MASKED = "***"
"""What the engine shows in the place of a sensitive variable; such are left out."""


def result_frame(result: domain.JobResult) -> bytes:
    """The frame that delivers a result, the same bytes whenever it is made.

    What makes it too large for a message is left out, log first, and a warning
    says so: the end of a job always arrives.
    """
    outputs = {
        str(name): plain(value) for name, value in result.variables.items() if value != MASKED
    }
    message = JobResult(
        job_id=result.job_id,
        status=result.status,
        outputs=plain(outputs),
        execution_time=max(result.duration_ms, 0.0) / 1000,
        error=_plain_error(result.error) if result.error else None,
        errors=tuple(map(_plain_error, result.errors)),
        warnings=tuple(map(_plain_error, result.warnings)),
        log=tuple(
            msgspec.structs.replace(line, message=plain(line.message)) for line in result.log
        ),
        nodes_executed=result.nodes_executed,
        executed_nodes=result.executed_nodes,
        needs_attention=result.needs_attention,
        resumed=result.resumed,
        key="-",
    )
    frame = _with_key(message)
    for part in ("log", "outputs", "executed_nodes", "errors", "warnings"):
        if len(frame) <= LARGEST_FRAME:
            break
        warning = domain.JobError(
            code="E-MSG-107",
            message=f"{part} left out: the result is larger than {LARGEST_FRAME >> 20} MB",
            key=part,
        )
        left_out: Any = {} if part == "outputs" else ()
        message = msgspec.structs.replace(message, **{part: left_out})
        message = msgspec.structs.replace(message, warnings=(*message.warnings, warning))
        frame = _with_key(message)
    return frame


def _with_key(message: JobResult) -> bytes:
    digest = blake2s(encode(message), digest_size=16).hexdigest()
    return encode(msgspec.structs.replace(message, key=digest))


def _plain_error(error: domain.JobError) -> domain.JobError:
    return msgspec.structs.replace(error, message=plain(error.message))
