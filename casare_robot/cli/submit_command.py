"""`casare-robot submit`: sends a job to an orchestrator."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from casare_robot.cli.exec_command import read_inputs
from casare_robot.cli.orchestrator_key import key_to
from casare_robot.cli.refusal import UsageError, refuse
from casare_robot.cli.rendering import EXIT_CODES, UNREACHABLE, as_json, counted
from casare_robot.domain.errors import RobotError
from casare_robot.domain.json_guard import JsonRefusedError, read_json
from casare_robot.link.orchestrator_client import OrchestratorClient, OrchestratorError

LOOK = 0.5
"""Seconds between looks at a job that is waited for."""
OPEN = ("queued", "assigned", "running")


def submit(
    file: Path,
    *,
    to: str | None,
    group: str | None,
    key: str | None,
    variables: Sequence[str],
    variables_file: Path | None,
    job_id: str | None,
    robot: str | None,
    tags: Sequence[str],
    priority: int,
    timeout: float | None,
    wait: bool,
    json_output: bool,
) -> int:
    """Submit a file, and with ``wait`` stay until it ends; the exit code."""
    try:
        if to is None or group is not None:
            raise UsageError("say where to: either --to ADDRESS or --group NAME")
        wanted = {
            "workflow": read_workflow(file),
            "name": file.stem,
            "job_id": job_id,
            "variables": read_inputs(variables, variables_file),
            "robot_id": robot,
            "tags": list(tags),
            "priority": priority,
            "timeout": timeout,
        }
        return asyncio.run(_submit(to, key_to(to, key), wanted, wait=wait, json_output=json_output))
    except OrchestratorError as error:
        code = refuse(error, json_output=json_output)
        return code if error.status else UNREACHABLE
    except RobotError as error:
        return refuse(error, json_output=json_output)


async def _submit(
    to: str, key: str, wanted: dict[str, Any], *, wait: bool, json_output: bool
) -> int:
    async with OrchestratorClient(to, key) as orchestrator:
        job = await orchestrator.submit(wanted)
        for warning in job.get("warnings", ()):
            print(f"warning: {warning['code']} {warning['message']}", file=sys.stderr)
        if not wait:
            print(as_json(job) if json_output else job["job_id"])
            return 0
        print(f"job {job['job_id']}", file=sys.stderr)
        job = await _end_of(orchestrator, job["job_id"])
    print(as_json(job) if json_output else _summary(job))
    return EXIT_CODES.get(job["status"], 1)


async def _end_of(orchestrator: OrchestratorClient, job_id: str) -> dict[str, Any]:
    """A job once it has ended or needs a person; an orchestrator that is away is waited for."""
    status = ""
    while True:
        try:
            job = await orchestrator.job(job_id)
        except OrchestratorError as error:
            if error.status:
                raise
            job = {"status": f"unknown: {error}"}
        if job["status"] != status:
            status = job["status"]
            where = f" on {job['robot_id']}" if job.get("robot_id") else ""
            print(f"{status}{where}", file=sys.stderr)
        if "job_id" in job and status not in OPEN:
            return job
        await asyncio.sleep(LOOK)


def _summary(job: dict[str, Any]) -> str:
    error = job["error"]
    nodes = counted(job["nodes_executed"], "node")
    lines = [f"{job['status']}: {nodes}, on {job['robot_id'] or 'no robot'}"]
    if error:
        lines.append(f"  {error['code']} {error['message']}")
    lines += [f"  {name} = {value!r}" for name, value in job["outputs"].items()]
    return "\n".join(lines)


def read_workflow(file: Path) -> Any:
    """A workflow as it is in a file; whether it makes sense, is seen where it is to run.

    Raises:
        UsageError: The file cannot be read, or is no JSON.
    """
    try:
        return read_json(file.read_bytes())
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror or error}") from error
    except JsonRefusedError as error:
        raise UsageError(f"{file} is no workflow: {error.code} {error}") from error
