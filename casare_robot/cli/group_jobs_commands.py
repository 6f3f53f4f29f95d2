"""`casare-robot group cancel` and `resolve`: what a person says of a group's job."""

import time

from casare_robot.cli.group_commands import done
from casare_robot.groups.job_rows import JobRows
from casare_robot.groups.settling import Decision, settle
from casare_robot.store.store import Store

BY = "person"
SAID = {
    "queued": "waits for any robot that can go on with it",
    "done": "is done",
    "failed": "has failed",
}


async def cancel(store: Store, job_id: str, *, json_output: bool) -> int:
    """Have a job cancelled; 1 if it has ended."""
    was_open = await JobRows(store, time.time).cancel(job_id, by=BY)
    text = f"job {job_id} is being cancelled" if was_open else f"job {job_id} has ended"
    done(text, {"job_id": job_id, "cancelled": was_open}, json_output=json_output)
    return 0 if was_open else 1


async def resolve(store: Store, job_id: str, decision: Decision, *, json_output: bool) -> int:
    """Settle a job that needs attention."""
    status = await settle(store, job_id, decision, by=BY)
    told = {"job_id": job_id, "status": status}
    return done(f"job {job_id} {SAID[status]}", told, json_output=json_output)
