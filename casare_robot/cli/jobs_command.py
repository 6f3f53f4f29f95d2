"""`casare-robot jobs`: history, and what needs attention."""

import asyncio
import uuid
from collections.abc import Callable
from pathlib import Path

import msgspec

from casare_robot.agent.local_robot import LocalRobot
from casare_robot.cli.exec_command import exit_code, open_robot, run_with_signals, show
from casare_robot.cli.refusal import UsageError, refuse
from casare_robot.cli.rendering import as_json, describe, result_as_dict, summary
from casare_robot.domain.errors import JobStateError, RobotError
from casare_robot.domain.job import Job, JobId, JobStatus

DECISIONS = ("done", "again", "fail")


def list_jobs(*, limit: int, status: str | None, json_output: bool, home: Path | None) -> int:
    """Print the newest jobs."""
    if status is not None and status not in [str(known) for known in JobStatus]:
        message = f"{status!r} is none of: {', '.join(JobStatus)}"
        return refuse(UsageError(message), json_output=json_output)

    def act(robot: LocalRobot) -> int:
        entries = robot.journal.history(limit, JobStatus(status) if status else None)
        if json_output:
            print(as_json(msgspec.to_builtins(entries)))
            return 0
        for entry in entries:
            line = f"{entry.job_id}  {entry.status:<15} {entry.accepted_at:%Y-%m-%d %H:%M:%S}"
            why = f"  {describe(entry.error)}" if entry.error else ""
            print(f"{line}  {entry.name}{why}")
        if not entries:
            print("no jobs yet")
        return 0

    return _with_robot(act, home, json_output=json_output)


def show_job(job_id: str, *, json_output: bool, home: Path | None) -> int:
    """Print one job's result, or where it stands."""

    def act(robot: LocalRobot) -> int:
        job = _known(robot, job_id)
        result = robot.journal.result(job.id)
        status = robot.journal.status(job.id)
        if result is None:
            fact = {"job_id": job.id, "name": job.name, "status": str(status)}
            print(as_json(fact) if json_output else f"{job.id}  {job.name}  {status}")
        elif json_output:
            print(as_json({**result_as_dict(result), "name": job.name, "status": str(status)}))
        else:
            print(f"{job.id}  {job.name}")
            print(summary(result))
        return 0

    return _with_robot(act, home, json_output=json_output)


def retry_job(job_id: str, *, json_output: bool, home: Path | None) -> int:
    """Run a job's pinned workflow again as a new job."""

    def act(robot: LocalRobot) -> int:
        job = _known(robot, job_id)
        again = msgspec.structs.replace(job, id=JobId(uuid.uuid4().hex), created_at=None)
        return _run(robot, again, json_output=json_output)

    return _with_robot(act, home, json_output=json_output)


def resolve_job(
    job_id: str, decision: str, *, step: str | None, json_output: bool, home: Path | None
) -> int:
    """Record what a person says of an unknown step and go on with the job.

    ``step`` is its key; it may be left out where there is only one.
    """
    if decision not in DECISIONS:
        message = f"--as must be one of: {', '.join(DECISIONS)}"
        return refuse(UsageError(message), json_output=json_output)

    def act(robot: LocalRobot) -> int:
        job = _known(robot, job_id)
        keys = [unknown.key for unknown in robot.unknown_steps(job)]
        if step is None and len(keys) > 1:
            message = f"name one of these with --step: {', '.join(keys)}"
            return refuse(UsageError(message), json_output=json_output)
        if step is not None and step not in keys:
            message = f"{step} is no step of {job.id} that needs attention"
            return refuse(UsageError(message), json_output=json_output)
        robot.decide(job, dict.fromkeys(keys if step is None else [step], decision))
        return _run(robot, job, json_output=json_output)

    return _with_robot(act, home, json_output=json_output)


def _run(robot: LocalRobot, job: Job, *, json_output: bool) -> int:
    result = asyncio.run(run_with_signals(robot, job))
    show(result, json_output=json_output)
    return exit_code(result)


def _known(robot: LocalRobot, job_id: str) -> Job:
    job = robot.journal.job(JobId(job_id))
    if job is None:
        raise JobStateError(f"there is no job {job_id}", code="E-JOB-404")
    return job


def _with_robot(act: Callable[[LocalRobot], int], home: Path | None, *, json_output: bool) -> int:
    try:
        with open_robot(home) as robot:
            return act(robot)
    except RobotError as error:
        return refuse(error, json_output=json_output)
