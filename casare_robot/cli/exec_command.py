"""`casare-robot exec`: one workflow, here and now, durable like any job."""

import asyncio
import json
import signal
import sys
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import structlog

from casare_robot.agent.local_robot import LocalRobot
from casare_robot.agent.preparation import refused
from casare_robot.agent.run_workflow import make_job
from casare_robot.cli.progress import PlainProgress, show_progress
from casare_robot.cli.rendering import (
    BUSY,
    EXIT_CODES,
    INVALID,
    as_json,
    result_as_dict,
    summary,
)
from casare_robot.config.loading import load_config
from casare_robot.desktop.child_process import Child
from casare_robot.desktop.places import find_places
from casare_robot.domain.errors import JournalBusyError, RobotError, WorkflowInvalidError
from casare_robot.domain.job import Job, JobError, JobId, JobResult, JobStatus

USAGE = "E-USAGE-2"


class UsageError(Exception):
    """What was asked for makes no sense; the message says why."""


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
        config = load_config(places=find_places(home))
        with LocalRobot(config, home=home, spare=spare) as robot:
            for warning in robot.journal.warnings:
                print(f"warning: {warning}", file=sys.stderr)
            job = _job(robot, file, inputs, job_id, timeout)
            result = asyncio.run(run_with_signals(robot, job))
    except UsageError as error:
        return refuse(str(error), USAGE, INVALID, json_output=json_output)
    except JournalBusyError as error:
        return refuse(str(error), error.code, BUSY, json_output=json_output)
    except WorkflowInvalidError as error:
        result = refused(JobId(job_id or uuid.uuid4().hex), error)
    except RobotError as error:
        return refuse(str(error), error.code, 1, json_output=json_output)
    finally:
        if spare is not None and spare.process.poll() is None:
            spare.end()
    show(result, json_output=json_output)
    return exit_code(result)


def show(result: JobResult, *, json_output: bool) -> None:
    """The result on standard output."""
    print(as_json(result_as_dict(result)) if json_output else summary(result))


def exit_code(result: JobResult) -> int:
    """Exit code of a result; a workflow that was refused is the user's to mend."""
    if result.status is JobStatus.FAILED and not result.nodes_executed and result.error:
        code = result.error.code
        if code.startswith(("E-WF-", "E-MSG-", "E-VAR-")) or code == "E-POL-503":
            return INVALID
    return EXIT_CODES[result.status]


async def run_with_signals(
    robot: LocalRobot, job: Job, progress: PlainProgress | None = None
) -> JobResult:
    """Run a job; the first Ctrl+C or SIGTERM cancels it. Warnings go to standard error."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    loop = asyncio.get_running_loop()

    def cancel(*_: Any) -> None:
        loop.call_soon_threadsafe(robot.executor.cancel, job.id)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, cancel)
    with progress or show_progress() as listener:
        return await robot.run(job, listener=listener)


def read_inputs(variables: Sequence[str], file: Path | None) -> dict[str, Any]:
    """Variables from ``NAME=VALUE`` and from a JSON file; the former are stronger.

    Raises:
        UsageError: Something is no NAME=VALUE, or the file is no JSON object.
    """
    values: dict[str, Any] = {}
    if file is not None:
        try:
            values = json.loads(file.read_text("utf-8-sig"))
        except (OSError, ValueError) as error:
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


def _job(
    robot: LocalRobot,
    file: Path | None,
    inputs: dict[str, Any],
    job_id: str | None,
    timeout: float | None,
) -> Job:
    if job_id is not None and not job_id.strip():
        raise UsageError("--job needs a name")
    if file is not None:
        try:
            job = make_job(file, inputs, timeout=timeout, job_id=job_id)
        except OSError as error:
            raise UsageError(f"cannot read {file}: {error.strerror or error}") from error
        known = robot.journal.job(job.id) if job_id else None
        return job if known is None else _same(known, job)
    if job_id is None:
        raise UsageError("name a workflow file, or a job to resume with --job")
    known = robot.journal.job(JobId(job_id))
    if known is None:
        raise UsageError(f"there is no job {job_id}")
    return known


def _same(known: Job, job: Job) -> Job:
    """The known job, if the file is still what it pinned; else the new one, to be refused."""
    if known.workflow == job.workflow and (not job.variables or known.variables == job.variables):
        return known
    return job


def refuse(message: str, code: str, exit_with: int, *, json_output: bool) -> int:
    """Say in one line why nothing ran; with ``--json`` as a result too."""
    if json_output:
        error = JobError(code=code, message=message)
        result = JobResult(job_id=JobId(""), status=JobStatus.FAILED, error=error, errors=(error,))
        print(as_json(result_as_dict(result)))
    print(f"{code} {message}", file=sys.stderr)
    return exit_with
