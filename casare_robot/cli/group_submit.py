"""`casare-robot submit --group`: a workflow as a job of a group, followed to its end."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from casare_robot.cli.exec_command import read_inputs
from casare_robot.cli.rendering import as_json
from casare_robot.cli.shared_store import named
from casare_robot.cli.submit_command import read_workflow
from casare_robot.domain.errors import NotFoundError
from casare_robot.domain.plain_json import plain
from casare_robot.groups.event_text import FLEET, stream_of
from casare_robot.groups.fleet import Fleet
from casare_robot.groups.job_rows import TABLE
from casare_robot.store.store import Store

ENDS = {"done": 0, "failed": 1, "cancelled": 3, "needs_attention": 4}
"""Status of a job that goes on no more by itself, to the exit code."""
TIMED_OUT = 7


async def submit(
    store: Store,
    file: Path,
    group: str,
    wanted: Mapping[str, Any],
    *,
    wait: bool,
    json_output: bool,
) -> int:
    """Have a group run a file, and with ``wait`` stay until it ends; the exit code.

    Args:
        store: Where the group is.
        file: A workflow.
        group: Whose active robots may run it.
        wanted: As `Dispatcher.submit` takes it; ``variables`` as they were typed.
        wait: Follow it.
        json_output: Print the job as JSON.
    """
    typed, typed_file = wanted["variables"]
    work = {
        **{name: value for name, value in wanted.items() if value not in (None, ())},
        "workflow": read_workflow(file),
        "name": file.stem,
        "description": file.stem,
        "variables": read_inputs(typed, typed_file),
        "group": await named(store, group),
    }
    async with await Fleet.open(store=store) as fleet:
        job_id = str((await fleet.distribute(group, work))["taskId"])
    if not wait:
        print(as_json({"job_id": job_id, "group": group}) if json_output else job_id)
        return 0
    print(f"job {job_id}", file=sys.stderr)
    job = await _end_of(store, group, job_id)
    shown = {"job_id": job_id} | {name: job[name] for name in job if name not in ("id", "work")}
    print(as_json(plain(shown)) if json_output else _summary(job))
    result = job.get("result")
    if isinstance(result, Mapping) and result.get("status") == "timed_out":
        return TIMED_OUT
    return ENDS[job["status"]]


async def _end_of(store: Store, group: str, job_id: str) -> Mapping[str, Any]:
    """A job once it has ended or needs a person; looked at when there is news, and each second."""
    status = ""
    async with store.watch(FLEET, stream_of(group)) as bell:
        async for _ in bell:
            row = await store.get(TABLE, job_id)
            if row is None:
                break
            if row.record["status"] != status:
                status = row.record["status"]
                where = f" on {row.record['robot']}" if row.record.get("robot") else ""
                print(f"{status.replace('_', ' ')}{where}", file=sys.stderr)
            if status in ENDS:
                return row.record
    raise NotFoundError(TABLE, job_id)


def _summary(job: Mapping[str, Any]) -> str:
    result = job.get("result")
    told = f"{job['status'].replace('_', ' ')}: on {job.get('robot') or 'no robot'}"
    if not isinstance(result, Mapping):
        return told if result is None else f"{told}\n  {result}"
    lines = [told]
    if result.get("nodes_executed") is not None:
        lines[0] += f", {result['nodes_executed']} nodes"
    error = result.get("error")
    if isinstance(error, Mapping):
        lines.append(f"  {error.get('code', '')} {error.get('message', '')}".rstrip())
    elif error:
        lines.append(f"  {error}")
    if job["status"] == "needs_attention":
        lines.append(
            f"  on {job['robot']}: casare-robot jobs resolve {job['id']} --as done|again|fail"
        )
    variables = result.get("variables")
    if isinstance(variables, Mapping):
        lines += [f"  {name} = {value!r}" for name, value in variables.items()]
    return "\n".join(lines)
