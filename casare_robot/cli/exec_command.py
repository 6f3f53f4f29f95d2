"""`casare-robot exec`: one workflow, here and now, durable like any job."""

import asyncio
import json
import sys
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from casare_robot.agent.preparation import refused
from casare_robot.agent.run_workflow import make_job
from casare_robot.cli.refusal import UsageError, refuse
from casare_robot.cli.rendering import (
    EXIT_CODES,
    INVALID,
    MOST_SHOWN,
    as_json,
    describe,
    is_refused,
    result_as_dict,
    summary,
)
from casare_robot.cli.robot_at_hand import robot_at_hand
from casare_robot.desktop.child_process import Child
from casare_robot.domain.errors import RobotError, WorkflowInvalidError
from casare_robot.domain.job import Job, JobId, JobResult
from casare_robot.domain.json_guard import JsonRefusedError, read_json


def exec_workflow(
    file: Path | None,
    *,
    variables: Sequence[str] = (),
    variables_file: Path | None = None,
    job_id: str | None = None,
    timeout: float | None = None,
    json_output: bool = False,
    home: Path | None = None,
    spare: Child | None = None,
) -> int:
    """Run a file, or resume a job that is known; the exit code."""
    try:
        inputs = read_inputs(variables, variables_file)
        job = _job(file, inputs, job_id, timeout)
        if isinstance(job, Job):
            for name in unnamed(read_inputs(variables, None), job.workflow):
                message = f"nothing in the workflow names the variable {name!r}"
                print(f"warning: W-VAR-1 {message}", file=sys.stderr)
        with robot_at_hand(home, spare=spare) as robot:
            begun = robot.go_on(JobId(job)) if isinstance(job, str) else robot.run(job)
            result = asyncio.run(begun)
    except WorkflowInvalidError as error:
        result = refused(JobId(job_id or uuid.uuid4().hex), error)
    except RobotError as error:
        is_usage = file is None and error.code == "E-JOB-404"
        return refuse(UsageError(str(error)) if is_usage else error, json_output=json_output)
    finally:
        if spare is not None and spare.process.poll() is None:
            spare.end()
    show(result, json_output=json_output)
    return exit_code(result)


def show(result: JobResult, *, json_output: bool) -> None:
    """The result on standard output; for people, what went unsaid on standard error."""
    if json_output:
        print(as_json(result_as_dict(result)))
        return
    for warning in result.warnings[:MOST_SHOWN]:
        print(f"warning: {describe(warning)}", file=sys.stderr)
    if len(result.warnings) > MOST_SHOWN:
        more = len(result.warnings) - MOST_SHOWN
        print(f"warning: ... and {more} more; --json lists all", file=sys.stderr)
    print(summary(result))


def exit_code(result: JobResult) -> int:
    """Exit code of a result; a workflow that was refused is the user's to mend."""
    return INVALID if is_refused(result) else EXIT_CODES[result.status]


def read_inputs(variables: Sequence[str], file: Path | None) -> dict[str, Any]:
    """Variables from ``NAME=VALUE`` and from a JSON file; the former are stronger.

    Raises:
        UsageError: Something is no NAME=VALUE, or the file is no JSON object.
    """
    values: dict[str, Any] = {}
    if file is not None:
        try:
            values = read_json(file.read_bytes())
        except (OSError, JsonRefusedError) as error:
            why = getattr(error, "strerror", None) or error
            raise UsageError(f"cannot read variables from {file}: {why}") from error
        if not isinstance(values, dict):
            raise UsageError(f"{file} must hold a JSON object of variables")
    for text in variables:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise UsageError(f"{text!r} is not NAME=VALUE")
        values[name.strip()] = value
    return values


def unnamed(names: Iterable[str], workflow: bytes) -> list[str]:
    """Those that a workflow's text names nowhere, as after a slip of the pen."""
    return [
        name
        for name in names
        if name.encode("utf-8", "surrogateescape") not in workflow
        and json.dumps(name)[1:-1].encode() not in workflow
    ]


def _job(
    file: Path | None, inputs: dict[str, Any], job_id: str | None, timeout: float | None
) -> Job | str:
    """The job of a file, or the id of one that is known."""
    if job_id is not None and not job_id.strip():
        raise UsageError("--job needs a name")
    if file is not None:
        try:
            return make_job(file, inputs, timeout=timeout, job_id=job_id)
        except OSError as error:
            raise UsageError(f"cannot read {file}: {error.strerror or error}") from error
    if job_id is None:
        raise UsageError("name a workflow file, or a job to resume with --job")
    return job_id
