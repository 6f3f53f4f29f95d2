"""Jobs and what became of them, as rows: every one checked when it is read."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from casare_robot.domain.errors import JournalDamagedError
from casare_robot.domain.job import Job, JobId, JobResult
from casare_robot.journal.connection import Connection
from casare_robot.journal.records import (
    StoredJob,
    data_sum,
    digest,
    load_job,
    load_result,
    state_sum,
    unpack,
)

_COLUMNS = """SELECT jobs.number, id, origin, accepted_ms, content, sent, received, jobs.sum,
    coalesce(status, 'queued'), coalesce(changed_ms, accepted_ms), coalesce(delivered, 0), result,
    job, states.sum FROM jobs LEFT JOIN states USING (number) WHERE number = ?"""


class JobRow(NamedTuple):
    """One job with its state, as they were read; see ``checked``."""

    number: int
    id: str
    origin: str
    accepted_ms: int
    content: bytes | None
    sent: bytes
    received: bytes
    data_sum: int
    status: str
    changed_ms: int
    delivered: int
    result: bytes | None
    state_of: int | None
    """The number that the state's row says it is of; None if there is no such row."""
    state_sum: int | None


def read(connection: Connection, number: int) -> JobRow:
    """The checked row of a job.

    Raises:
        JournalDamagedError: It is not there, or fails its checksum.
    """
    row = connection.execute(_COLUMNS, (number,)).fetchone()
    if row is None:
        raise JournalDamagedError(f"the journal does not find its own row {number}")
    return checked(JobRow(*row))


def read_each(connection: Connection, numbers: Iterable[int]) -> Iterator[JobRow | int]:
    """Checked rows; the bare number of one that is damaged, which does not hide the others."""
    for number in numbers:
        try:
            yield read(connection, number)
        except JournalDamagedError:
            yield number


def checked(row: JobRow) -> JobRow:
    """The row itself.

    Raises:
        JournalDamagedError: It fails a checksum.
    """
    try:
        total = data_sum(row.id, row.origin, row.accepted_ms, stored_in(row)) + row.number
        is_whole = row.data_sum == total
    except (TypeError, ValueError, AttributeError):
        is_whole = False
    if row.state_of is not None:
        state = (row.status, row.changed_ms, row.delivered, row.state_sum, row.result)
        is_whole = is_whole and row.state_of == row.number and is_state_of(row.number, *state)
    if not is_whole:
        raise JournalDamagedError(f"the journal's row of job {row.id!r} fails its checksum")
    return row


def is_state_of(
    number: int, status: Any, changed_ms: Any, delivered: Any, total: Any, result: Any
) -> bool:
    """Whether columns of a state were written for this job."""
    try:
        return bool(state_sum(number, status, changed_ms, result) + delivered == total)
    except (TypeError, ValueError):
        return False


def name_of(found: Any, number: int) -> JobId:
    """The id in a row, a made-up one if it is no text any more."""
    try:
        is_text = isinstance(found, str) and found.encode() is not None
    except UnicodeEncodeError:
        is_text = False
    return JobId(found if is_text else f"damaged-{number}")


def stored_in(row: JobRow) -> StoredJob:
    """The bytes of the job a row holds."""
    return StoredJob(row.content, row.sent, row.received)


def job_of(connection: Connection, row: JobRow) -> Job:
    """The job a checked row holds.

    Raises:
        JournalDamagedError: Its workflow, kept apart, is missing or fails its digest.
    """
    workflow = None
    if row.content is not None:
        found = connection.execute(
            "SELECT data FROM contents WHERE digest = ?", (row.content,)
        ).fetchone()
        is_whole = found is not None and isinstance(found[0], bytes)
        workflow = unpack(found[0]) if is_whole else b""
        if digest(workflow) != row.content:
            raise JournalDamagedError(f"the workflow of job {row.id!r} is damaged or missing")
    return load_job(JobId(row.id), stored_in(row), workflow)


def result_of(row: JobRow) -> JobResult | None:
    """The result a checked row holds."""
    return None if row.result is None else load_result(row.result)


def workflows_seen(connection: Connection, most: int) -> list[bytes]:
    """The different workflows of the newest jobs; of damaged rows none.

    Raises:
        JournalDamagedError: One is missing or fails its digest.
    """
    newest = connection.execute("SELECT number FROM jobs ORDER BY number DESC LIMIT ?", (most,))
    numbers = [number for (number,) in newest.fetchall()]
    rows = [row for row in read_each(connection, numbers) if isinstance(row, JobRow)]
    return list(dict.fromkeys(job_of(connection, row).workflow for row in rows))
