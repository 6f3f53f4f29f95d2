"""`casare-robot jobs`: history, and what needs attention."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, cast, get_args

import msgspec

from casare_robot.agent.retrying import From, Version
from casare_robot.cli.exec_command import exit_code, show
from casare_robot.cli.refusal import UsageError, refuse
from casare_robot.cli.rendering import as_json, describe, result_as_dict, summary
from casare_robot.cli.robot_at_hand import RobotAtHand, robot_at_hand
from casare_robot.domain.errors import RobotError
from casare_robot.domain.job import JobId, JobStatus

DECISIONS = ("done", "again", "fail")


def list_jobs(*, limit: int, status: str | None, json_output: bool, home: Path | None) -> int:
    """Print the newest jobs."""
    if status is not None and status not in [str(known) for known in JobStatus]:
        message = f"{status!r} is none of: {', '.join(JobStatus)}"
        return refuse(UsageError(message), json_output=json_output)

    async def act(robot: RobotAtHand) -> int:
        entries = await robot.jobs(limit, JobStatus(status) if status else None)
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

    async def act(robot: RobotAtHand) -> int:
        job, result = await robot.job(JobId(job_id))
        if result is None:
            fact = {"job_id": job.job_id, "name": job.name, "status": str(job.status)}
            print(as_json(fact) if json_output else f"{job.job_id}  {job.name}  {job.status}")
        elif json_output:
            found = {**result_as_dict(result), "name": job.name, "status": str(job.status)}
            print(as_json(found))
        else:
            print(f"{job.job_id}  {job.name}")
            print(summary(result))
        return 0

    return _with_robot(act, home, json_output=json_output)


def retry_job(
    job_id: str, *, start: str, version: str, json_output: bool, home: Path | None
) -> int:
    """Run a job's workflow again as a new job; see `again` for the words."""
    for option, word, words in (
        ("--from", start, get_args(From)),
        ("--version", version, get_args(Version)),
    ):
        if word not in words:
            message = f"{option} must be one of: {', '.join(words)}"
            return refuse(UsageError(message), json_output=json_output)

    async def act(robot: RobotAtHand) -> int:
        result = await robot.retry(
            JobId(job_id), start=cast("From", start), version=cast("Version", version)
        )
        show(result, json_output=json_output)
        return exit_code(result)

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

    async def act(robot: RobotAtHand) -> int:
        _, waiting = await robot.job(JobId(job_id))
        keys = [unknown.key for unknown in waiting.needs_attention] if waiting else []
        if step is None and len(keys) > 1:
            raise UsageError(f"name one of these with --step: {', '.join(keys)}")
        if step is not None and step not in keys:
            raise UsageError(f"{step} is no step of {job_id} that needs attention")
        decisions = dict.fromkeys(keys if step is None else [step], decision)
        result = await robot.resolve(JobId(job_id), decisions)
        show(result, json_output=json_output)
        return exit_code(result)

    return _with_robot(act, home, json_output=json_output)


def _with_robot(
    act: Callable[[RobotAtHand], Coroutine[Any, Any, int]], home: Path | None, *, json_output: bool
) -> int:
    try:
        with robot_at_hand(home) as robot:
            return asyncio.run(act(robot))
    except RobotError as error:
        return refuse(error, json_output=json_output)
