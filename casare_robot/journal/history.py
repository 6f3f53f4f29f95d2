"""What people see of jobs, newest first."""

from datetime import UTC, datetime
from typing import Any, TypeAlias

from casare_robot.domain.errors import JournalDamagedError
from casare_robot.domain.job import JobError, JobId, JobStatus
from casare_robot.domain.job_history import HistoryEntry
from casare_robot.journal.connection import Connection
from casare_robot.journal.job_rows import JobRow, read_each, result_of, stored_in
from casare_robot.journal.job_table import find
from casare_robot.journal.records import load_job
from casare_robot.journal.roster import OPEN, Roster

_NEWEST = "SELECT number FROM jobs ORDER BY number DESC LIMIT ?"
_NEWEST_OF_STATUS = """SELECT number FROM jobs LEFT JOIN states USING (number)
    WHERE coalesce(status, 'queued') = ? ORDER BY number DESC LIMIT ?"""
_NEXT = "SELECT number FROM jobs WHERE number > ? AND number <= ? ORDER BY number LIMIT ?"

Mark: TypeAlias = list[Any]
"""``[number, [[number, time], ...]]``: the newest job that was looked at, and those of them that
were open; the time is since when one waits for a person, in milliseconds, or 0."""


def read_history(
    connection: Connection, limit: int, status: JobStatus | None
) -> list[HistoryEntry]:
    """The newest jobs, of one status or all; a damaged row shows as one that needs attention."""
    if status is None:
        found = connection.execute(_NEWEST, (limit,)).fetchall()
    else:
        found = connection.execute(_NEWEST_OF_STATUS, (status.value, limit)).fetchall()
    return _entries(connection, found)


def read_ended(
    connection: Connection, roster: Roster, mark: Mark | None, limit: int
) -> tuple[list[HistoryEntry], Mark]:
    """Those that have ended, or wait for a person, since a mark was set; and the next mark.

    No job hides another one's end, and no clock does. A damaged row is none of them.

    Args:
        connection: The database.
        roster: What is known of its jobs.
        mark: From before; None: nothing has ended since.
        limit: Of jobs that are looked at; the others come the next time.
    """
    open_ones = {number: live.status for number, live in roster.live.items() if live.status in OPEN}
    if mark is None:
        limit, last, known = len(open_ones), roster.last, dict.fromkeys(open_ones, 0)
    else:
        last, known = min(mark[0], roster.last), dict(mark[1])
        found = connection.execute(_NEXT, (last, roster.last, limit)).fetchall()
        new = [number for (number,) in found]
        known |= dict.fromkeys(new, 0)
        last = max(new, default=last)
    ended = [it for it in known if open_ones.get(it) not in ("queued", "running")][:limit]
    entries = []
    for row in read_each(connection, ended):
        before = known.pop(row if isinstance(row, int) else row.number)
        if isinstance(row, JobRow):
            if row.changed_ms != before:
                entries.append(_entry(row))
            if row.number in open_ones:
                known[row.number] = row.changed_ms
    return [] if mark is None else entries, [last, [list(one) for one in known.items()]]


def _entries(connection: Connection, found: list[Any]) -> list[HistoryEntry]:
    rows = read_each(connection, (number for (number,) in found))
    return [_damaged(row) if isinstance(row, int) else _entry(row) for row in rows]


def read_entry(connection: Connection, roster: Roster, job_id: JobId) -> HistoryEntry | None:
    """One job; None if it is not known.

    Raises:
        JournalDamagedError: Its row fails its checksum.
    """
    row = find(connection, roster, job_id)
    return None if row is None else _entry(row, can_go_on=row.number in roster.left)


def _entry(row: JobRow, *, can_go_on: bool = False) -> HistoryEntry:
    result = result_of(row)
    job = load_job(JobId(row.id), stored_in(row))
    return HistoryEntry(
        job_id=JobId(row.id),
        name=job.name,
        origin=row.origin,
        status=JobStatus(row.status),
        accepted_at=datetime.fromtimestamp(row.accepted_ms / 1000, UTC),
        changed_at=datetime.fromtimestamp(row.changed_ms / 1000, UTC),
        error=None if result is None else result.error,
        can_go_on=can_go_on,
        path=job.path,
    )


def _damaged(number: int) -> HistoryEntry:
    unknown = datetime.fromtimestamp(0, UTC)
    return HistoryEntry(
        job_id=JobId(f"damaged-{number}"),
        name="",
        origin="",
        status=JobStatus.NEEDS_ATTENTION,
        accepted_at=unknown,
        changed_at=unknown,
        error=JobError(
            code=JournalDamagedError.code,
            message=f"row {number} of the journal fails its checksum",
        ),
    )
