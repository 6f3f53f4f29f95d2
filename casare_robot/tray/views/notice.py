"""What a person is told without asking, and what is told together. Pure."""

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec

from casare_robot.domain.job import JobId, JobResult, JobStatus
from casare_robot.tray.texts import counted, tr

_KINDS = {
    JobStatus.FAILED: "failed",
    JobStatus.TIMED_OUT: "failed",
    JobStatus.NEEDS_ATTENTION: "needs_you",
    JobStatus.COMPLETED: "completed",
    JobStatus.CANCELLED: "cancelled",
}
MOST_NAMES = 3


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """Something to tell; ``job_id`` is what a click opens, None when it is about several."""

    kind: str
    title: str
    text: str
    job_id: JobId | None = None


def notice_of(name: str, result: JobResult, wanted: Collection[str]) -> Notice | None:
    """What to tell of a job that ended; None: nothing.

    Args:
        name: As people call the job.
        result: How it ended.
        wanted: Kinds a person wants to hear of.
    """
    kind = _KINDS.get(result.status, "")
    if kind not in wanted:
        return None
    title = {
        "failed": tr("{name} failed", name=name),
        "needs_you": tr("{name} needs you", name=name),
        "completed": tr("{name} is done", name=name),
        "cancelled": tr("{name} was cancelled", name=name),
    }[kind]
    text = result.error.message if result.error else ""
    if kind == "needs_you" and not text:
        text = tr("Nobody knows whether a step was done. Say what became of it.")
    text = text or tr("Click for details.")
    return Notice(kind=kind, title=title, text=text, job_id=result.job_id)


def together(notices: Sequence[Notice]) -> Notice | None:
    """One notice for all that came within a while; None for none."""
    if len(notices) < 2:
        return notices[0] if notices else None
    counts = [
        ("needs_you", "{count} job needs you", "{count} jobs need you"),
        ("failed", "{count} job failed", "{count} jobs failed"),
        ("cancelled", "{count} job was cancelled", "{count} jobs were cancelled"),
        ("completed", "{count} job is done", "{count} jobs are done"),
    ]
    told = [
        counted(number, one, many)
        for kind, one, many in counts
        if (number := sum(notice.kind == kind for notice in notices))
    ]
    names = [notice.title for notice in notices[:MOST_NAMES]]
    more = "…" if len(notices) > MOST_NAMES else ""
    return Notice(kind="several", title=", ".join(told), text="\n".join(names) + more)


def is_quiet(quiet_hours: str, now: datetime) -> bool:
    """Whether nothing is told at this local time; see the setting ``quiet_hours``."""
    if not quiet_hours:
        return False
    from casare_robot.agent.working_hours import WorkingHours

    return WorkingHours.parse(quiet_hours).is_open(now)
