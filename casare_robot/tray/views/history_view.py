"""The job history as rows, and one job in full. Pure."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from casare_robot.domain.job import DESK, GROUP, LINK, JobError, JobId, JobResult, JobStatus
from casare_robot.domain.job_history import HistoryEntry
from casare_robot.tray.texts import counted, tr
from casare_robot.tray.views.main_view import Choice, choices_of
from casare_robot.tray.views.spans import clock, took
from casare_robot.tray.views.timeline import NodeRun

MARKS = {
    JobStatus.QUEUED: ("…", "still"),
    JobStatus.RUNNING: ("▶", "busy"),
    JobStatus.COMPLETED: ("✓", "good"),
    JobStatus.FAILED: ("✕", "bad"),
    JobStatus.CANCELLED: ("–", "still"),
    JobStatus.TIMED_OUT: ("✕", "bad"),
    JobStatus.NEEDS_ATTENTION: ("!", "warn"),
}
"""Status to its mark and tone."""
LONGEST_VALUE = 2_000
"""Characters of a value that are shown."""


def status_word(status: JobStatus) -> str:
    """A status in a word or two."""
    return {
        JobStatus.QUEUED: tr("waits"),
        JobStatus.RUNNING: tr("runs"),
        JobStatus.COMPLETED: tr("done"),
        JobStatus.FAILED: tr("failed"),
        JobStatus.CANCELLED: tr("cancelled"),
        JobStatus.TIMED_OUT: tr("timed out"),
        JobStatus.NEEDS_ATTENTION: tr("needs you"),
    }[status]


ORIGINS = (DESK, LINK, GROUP)


def origin_word(origin: str) -> str:
    """Who sent a job, in a word or two; the name of a source that is none of ours."""
    return {
        DESK: tr("this desk"),
        GROUP: tr("its group"),
        LINK: tr("orchestrator"),
    }.get(origin, origin)


def columns() -> tuple[str, ...]:
    """Headings."""
    return (tr("Status"), tr("Job"), tr("Since"), tr("From"), tr("What went wrong"))


def cells(entry: HistoryEntry, now: datetime) -> tuple[str, ...]:
    """One cell for each heading."""
    return (
        f"{MARKS[entry.status][0]}  {status_word(entry.status)}",
        entry.name or entry.job_id,
        clock(entry.changed_at, now),
        origin_word(entry.origin),
        entry.error.message.replace("\n", " ") if entry.error else "",
    )


def wanted(
    entries: Iterable[HistoryEntry], *, search: str, status: JobStatus | None
) -> list[HistoryEntry]:
    """Those of a status (None: of any) in whose name, id, origin or error a text occurs."""
    text = search.casefold().strip()
    return [
        entry
        for entry in entries
        if (status is None or entry.status is status) and (not text or text in _searched(entry))
    ]


class Retry(msgspec.Struct, frozen=True, kw_only=True):
    """A way in which a job can be run again; ``start`` and ``version`` as in `RobotControl`."""

    text: str
    hint: str
    start: Literal["start", "failed"]
    version: Literal["old", "new"]


class JobView(msgspec.Struct, frozen=True, kw_only=True):
    """One job in full.

    ``facts`` are pairs of words; ``error`` says what went wrong and where;
    ``choices`` are steps whose outcome a person must tell; ``retries`` are ways to
    run it again, the usual one first.
    """

    job_id: JobId
    title: str
    status: str
    tone: str
    facts: tuple[tuple[str, str], ...]
    error: str
    choices: tuple[Choice, ...]
    timeline: tuple[NodeRun, ...]
    log: str
    values: str
    retries: tuple[Retry, ...]
    can_cancel: bool


def job_view(
    entry: HistoryEntry, result: JobResult | None, timeline: Sequence[NodeRun], *, now: datetime
) -> JobView:
    """What is shown of a job.

    Args:
        entry: Its line of the history.
        result: How it ended, if it has.
        timeline: Its nodes in order, as far as known.
        now: In the local time zone.
    """
    mark, tone = MARKS[entry.status]
    return JobView(
        job_id=entry.job_id,
        title=entry.name or entry.job_id,
        status=f"{mark} {status_word(entry.status)}",
        tone=tone,
        facts=tuple(_facts(entry, result, timeline, now)),
        error=_error(entry, result),
        choices=choices_of(result),
        timeline=tuple(timeline),
        log="\n".join(f"{line.level:<7} {line.message}" for line in (result.log if result else ())),
        values=_values(result.variables) if result else "",
        retries=tuple(_retries(entry)) if entry.status.is_final else (),
        can_cancel=entry.status in (JobStatus.QUEUED, JobStatus.RUNNING),
    )


def _retries(entry: HistoryEntry) -> Iterable[Retry]:
    where = entry.error.node_id if entry.error else None
    there = tr("Go on at {node}", node=where) if where else tr("Go on where it stopped")
    kept = tr("What was done before is not done again.")
    if entry.can_go_on:
        yield Retry(text=there, hint=kept, start="failed", version="old")
    yield Retry(
        text=tr("Run it from its start"),
        hint=tr("The same workflow, as a new job."),
        start="start",
        version="old",
    )
    if not entry.path:
        return
    file = tr("With the file as it is now: {path}", path=entry.path)
    if entry.can_go_on:
        text = tr("{text}, with the changed file", text=there)
        yield Retry(text=text, hint=f"{kept} {file}", start="failed", version="new")
    text = tr("Run it from its start, with the changed file")
    yield Retry(text=text, hint=file, start="start", version="new")


def place_of(error: JobError) -> str:
    """Where something went wrong; empty: nowhere in particular."""
    if not error.node_id:
        return ""
    kind = f" ({error.node_type})" if error.node_type else ""
    key = f", {error.key}" if error.key else ""
    return tr("at node {node}{kind}{key}", node=error.node_id, kind=kind, key=key)


def as_table(entries: Sequence[HistoryEntry]) -> list[list[str]]:
    """Rows for a spreadsheet, headings first; times are UTC."""
    heads = ["job_id", "name", "origin", "status", "accepted_at", "changed_at", "error", "node"]
    return [heads] + [
        [
            entry.job_id,
            entry.name,
            entry.origin,
            entry.status.value,
            entry.accepted_at.isoformat(),
            entry.changed_at.isoformat(),
            f"{entry.error.code} {entry.error.message}" if entry.error else "",
            (entry.error.node_id or "") if entry.error else "",
        ]
        for entry in entries
    ]


def _searched(entry: HistoryEntry) -> str:
    error = entry.error
    why = f"{error.code} {error.message} {error.node_id}" if error else ""
    origin = f"{entry.origin}\n{origin_word(entry.origin)}"
    return f"{entry.name}\n{entry.job_id}\n{origin}\n{why}".casefold()


def _facts(
    entry: HistoryEntry, result: JobResult | None, timeline: Sequence[NodeRun], now: datetime
) -> Iterable[tuple[str, str]]:
    yield tr("Accepted"), clock(entry.accepted_at, now)
    if result is not None:
        yield tr("Ended"), clock(entry.changed_at, now)
        yield tr("Took"), took(max(result.duration_ms / 1000, _whole(timeline)))
        nodes = counted(result.nodes_executed, "{count} node", "{count} nodes")
        yield tr("Ran"), nodes + (tr(", resumed") if result.resumed else "")
    yield tr("From"), origin_word(entry.origin)
    yield tr("Id"), entry.job_id


def _whole(timeline: Sequence[NodeRun]) -> float:
    """Seconds from first to last: a result knows only those after the last wait for a person."""
    known = [(run.began, run.seconds) for run in timeline if run.began is not None]
    if not known:
        return 0.0
    end = max(began + timedelta(seconds=seconds) for began, seconds in known)
    return (end - min(known)[0]).total_seconds()


def _error(entry: HistoryEntry, result: JobResult | None) -> str:
    error = result.error if result and result.error else entry.error
    if error is None:
        return ""
    place = place_of(error)
    return f"{error.message}\n{error.code}{', ' + place if place else ''}"


def _values(values: Mapping[str, object]) -> str:
    lines = []
    for name, value in values.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        lines.append(f"{name} = {text[:LONGEST_VALUE]}{'…' if len(text) > LONGEST_VALUE else ''}")
    return "\n".join(lines)
