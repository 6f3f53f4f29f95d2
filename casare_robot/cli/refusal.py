"""What the command line says when it cannot do what it was asked for."""

import sys

from casare_robot.cli.rendering import BUSY, INVALID, UNREACHABLE, as_json, describe, result_as_dict
from casare_robot.domain.errors import (
    AgentUnreachableError,
    ConfigError,
    JournalBusyError,
    RobotError,
)
from casare_robot.domain.job import JobError, JobId, JobResult, JobStatus, as_error


class UsageError(RobotError):
    """What was asked for makes no sense; the message says why."""

    code = "E-USAGE-2"


def refuse(error: RobotError, *, json_output: bool) -> int:
    """Say why nothing ran: a line for each fault, with ``--json`` a result too.

    Returns:
        The exit code.
    """
    errors = (
        tuple(map(as_error, error.faults))
        if isinstance(error, ConfigError)
        else (JobError(code=error.code, message=str(error)),)
    )
    if json_output:
        result = JobResult(
            job_id=JobId(""), status=JobStatus.FAILED, error=errors[0], errors=errors
        )
        print(as_json(result_as_dict(result)))
    for told in errors:
        print(describe(told), file=sys.stderr)
    if isinstance(error, JournalBusyError):
        return BUSY
    if isinstance(error, AgentUnreachableError):
        return UNREACHABLE
    return INVALID if isinstance(error, UsageError | ConfigError) else 1
