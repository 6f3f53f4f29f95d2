"""What a person says of a job that needs attention: it goes on, or it has ended."""

from typing import Any, Literal

from casare_robot.domain.errors import GroupError, NotFoundError
from casare_robot.groups.event_text import FLEET, note, stream_of
from casare_robot.groups.job_rows import ENDED, KEPT, TABLE, removal_of_steps
from casare_robot.store.records import Patch
from casare_robot.store.store import Store

Decision = Literal["again", "done", "fail"]
STATUSES = {"done": "done", "fail": "failed"}


async def settle(store: Store, job_id: str, decision: Decision, *, by: str = "") -> str:
    """Settle a job that nobody goes on with by itself; its new status.

    ``again`` lifts the author's veto: whoever claims the job goes on from where its
    steps end; a step whose outcome is unknown still needs an answer, of that robot.

    Args:
        store: Where the job is.
        job_id: Which.
        decision: What becomes of it.
        by: Who says so.

    Raises:
        NotFoundError: There is no such job.
        GroupError: It does not need attention.
        ConflictError: It was changed at this moment.
    """
    row = await store.get(TABLE, job_id)
    if row is None:
        raise NotFoundError(TABLE, job_id)
    if row.record["status"] != "needs_attention":
        raise GroupError(f"job {job_id} does not need attention: it is {row.record['status']}")
    status = STATUSES.get(decision, "queued")
    fields: dict[str, Any] = {"status": status, "reason": "settled"}
    if decision == "again":
        fields |= {"robot": None, "restartable": True, "cancelled_by": ""}
    has_ended = status in ENDED
    steps = await removal_of_steps(store, job_id) if has_ended else []
    group = row.record.get("group")
    told = {"taskId": job_id, "decision": decision, "status": status}
    await store.commit(
        Patch(
            table=TABLE,
            key=job_id,
            fields=fields,
            version=row.version,
            ttl=KEPT if has_ended else None,
        ),
        *steps,
        note(stream_of(group) if group else FLEET, "job:settled", told, sender=by),
    )
    return status
