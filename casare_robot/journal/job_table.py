"""Jobs in the database: every change as one statement, every row checked when read."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeVar

from casare_robot.domain.errors import JobRefusedError, JobStateError, JournalDamagedError
from casare_robot.domain.job import Job, JobError, JobId, JobResult, JobStatus
from casare_robot.journal import step_log
from casare_robot.journal.connection import Connection
from casare_robot.journal.records import (
    StoredJob,
    data_sum,
    digest,
    key_of,
    load_job,
    load_result,
    pack,
    state_sum,
    store_job,
    store_result,
    unpack,
)
from casare_robot.journal.writer import Operation

_ACCEPT = """INSERT INTO jobs (key, id, origin, accepted_ms, content, sent, received, data_sum,
    status, changed_ms, delivered, result, state_sum)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'queued', ?, 0, NULL, ?) ON CONFLICT (key) DO NOTHING"""
_START = """UPDATE jobs SET status = 'running', changed_ms = ?, state_sum = ?
    WHERE key = ? AND status IN ('queued', 'running')"""
_FINISH = """UPDATE jobs SET status = ?, changed_ms = ?, delivered = origin = 'desk', result = ?,
    state_sum = ? + (origin = 'desk')
    WHERE key = ? AND status IN ('queued', 'running', 'needs_attention')"""
_RESUME = """UPDATE jobs SET status = 'queued', changed_ms = ?, delivered = 0, result = NULL,
    state_sum = ? WHERE key = ? AND status = 'needs_attention'"""
_PARK = """UPDATE jobs SET key = ?, id = ?, status = 'needs_attention', changed_ms = ?,
    delivered = 0, result = ?, state_sum = ? WHERE number = ?"""
_DELIVER = """UPDATE jobs SET delivered = 1, state_sum = state_sum + 1
    WHERE number = ? AND state_sum = ? AND delivered = 0"""
_DELIVER_AGAIN = """UPDATE jobs SET delivered = 0, state_sum = state_sum - 1
    WHERE number = ? AND state_sum = ? AND delivered = 1"""
_OPEN = "SELECT number FROM jobs WHERE delivered = 0 ORDER BY number"
_ALL = "SELECT number FROM jobs NOT INDEXED ORDER BY number"
_BY_NUMBER = "SELECT number, id FROM jobs WHERE number = ?"
_BY_KEY = "SELECT number, id FROM jobs WHERE key = ?"
_COLUMNS = """SELECT number, key, id, origin, accepted_ms, content, sent, received, data_sum,
    status, changed_ms, delivered, result, state_sum FROM jobs"""

T = TypeVar("T")

Change = tuple[str | Callable[[Connection], Any], tuple[Any, ...]]
"""An operation with its parameters, as the writer takes them."""


class JobRow(NamedTuple):
    """One row, as it was read; see ``checked``."""

    number: int
    key: int
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
    state_sum: int


def accepting(job: Job, now_ms: int) -> Change:
    """Keep a new job; its result says whether it is new.

    Raises:
        JobRefusedError: The job is not plain data.
    """
    stored = store_job(job)
    row = (
        key_of(job.id),
        job.id,
        job.origin,
        now_ms,
        *stored,
        data_sum(job.id, job.origin, now_ms, stored),
        now_ms,
        state_sum(job.id, "queued", now_ms, None),
    )
    if stored.content is None:
        return _ACCEPT, row
    name = stored.content

    def accept_with_content(connection: Connection) -> bool:
        known = connection.execute("SELECT 1 FROM contents WHERE digest = ?", (name,)).fetchone()
        if known is None:
            connection.execute(
                "INSERT INTO contents (digest, data) VALUES (?, ?)", (name, pack(job.workflow))
            )
        return connection.execute(_ACCEPT, row).rowcount == 1

    return accept_with_content, ()


def is_known(job: Job) -> Operation:
    """Ask whether a job of this id and content is kept.

    The operation raises JobRefusedError when the content under the id differs.
    """
    stored, key = store_job(job), key_of(job.id)

    def compare(connection: Connection) -> bool:
        row = connection.execute("SELECT content, sent FROM jobs WHERE key = ?", (key,)).fetchone()
        if row is not None and row != (stored.content, stored.sent):
            raise JobRefusedError(
                f"job {job.id!r} is already kept with other content", code="E-JOB-209"
            )
        return row is not None

    return compare


def starting(job_id: JobId, now_ms: int) -> Change:
    """A job begins to run."""
    return _START, (now_ms, state_sum(job_id, "running", now_ms, None), key_of(job_id))


def finishing(job_id: JobId, result: JobResult, now_ms: int) -> Change:
    """A job ends, or waits for a person; its step log goes when it ends."""
    data, status = store_result(result), result.status.value
    total = state_sum(job_id, status, now_ms, data)
    return _FINISH, (status, now_ms, data, total, key_of(job_id))


def resume(connection: Connection, job_id: JobId, now_ms: int) -> bool:
    """Queue a job again that waits for a person; False if it does not."""
    total = state_sum(job_id, "queued", now_ms, None)
    return connection.execute(_RESUME, (now_ms, total, key_of(job_id))).rowcount == 1


def delivering(row: JobRow) -> Change:
    """A result has been acknowledged; nothing changes if a newer one took its place."""
    return _DELIVER, (row.number, row.state_sum)


def undelivering(row: JobRow) -> Change:
    """A result is wanted again; nothing changes if it is on its way already."""
    return _DELIVER_AGAIN, (row.number, row.state_sum)


def state_error(connection: Connection, job_id: JobId, wanted: str) -> JobStateError:
    """Why a change of a job's status changed nothing."""
    row = connection.execute("SELECT status FROM jobs WHERE key = ?", (key_of(job_id),)).fetchone()
    if row is None:
        return JobStateError(f"job {job_id!r} is not in the journal", code="E-JOB-404")
    return JobStateError(f"job {job_id!r} is {row[0]}, so it cannot {wanted}", code="E-JOB-409")


def find(connection: Connection, job_id: JobId) -> JobRow | None:
    """The checked row of a job.

    Raises:
        JournalDamagedError: The row fails its checksum.
    """
    row = connection.execute(f"{_COLUMNS} WHERE key = ?", (key_of(job_id),)).fetchone()
    return None if row is None else checked(JobRow(*row))


def rows(connection: Connection, numbers: str, parameters: Any = ()) -> Iterator[JobRow | int]:
    """Checked rows; the bare number of one that is damaged.

    ``numbers`` is static SQL that selects the numbers of the rows. These are
    then read one by one, so that a damaged one does not hide the others.

    Raises:
        JournalDamagedError: The database lists a row that it does not find.
    """
    for (number,) in connection.execute(numbers, parameters).fetchall():
        row = connection.execute(f"{_COLUMNS} WHERE number = ?", (number,)).fetchone()
        if row is None:
            raise JournalDamagedError(f"the journal does not find its own row {number}")
        try:
            yield checked(JobRow(*row))
        except JournalDamagedError:
            yield number


def checked(row: JobRow) -> JobRow:
    """The row itself.

    Raises:
        JournalDamagedError: It fails a checksum.
    """
    try:
        data_total = data_sum(row.id, row.origin, row.accepted_ms, stored_in(row))
        state_total = state_sum(row.id, row.status, row.changed_ms, row.result) + row.delivered
        is_whole = (row.key, row.data_sum, row.state_sum) == (
            key_of(row.id),
            data_total,
            state_total,
        )
    except (TypeError, ValueError, AttributeError):
        is_whole = False
    if not is_whole:
        raise JournalDamagedError(f"the journal's row of job {row.id!r} fails its checksum")
    return row


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


def unfinished(
    connection: Connection, read: Callable[[Connection, JobRow], T], now_ms: int
) -> tuple[list[T], list[str]]:
    """Something of every job that is queued or runs, and what was parked instead.

    A job's status is believed only after its row was checked.
    """
    found: list[T] = []
    parked = []
    for row in rows(connection, _OPEN):
        if isinstance(row, int):
            parked.append(park_row(connection, row, now_ms))
        elif row.status in ("queued", "running"):
            try:
                found.append(read(connection, row))
            except JournalDamagedError as error:
                parked.append(park_row(connection, row.number, now_ms, str(error)))
    return found, parked


def park_damaged(connection: Connection, now_ms: int) -> list[str]:
    """Check every row there is; what was parked, for people."""
    damaged = [row for row in rows(connection, _ALL) if isinstance(row, int)]
    return [park_row(connection, number, now_ms) for number in damaged]


def park_owners_of_strays(connection: Connection, now_ms: int) -> list[str]:
    """Park jobs whose steps lie under a key that no job has; what was parked."""
    strays = step_log.strays(connection)
    if not strays:
        return []
    owners = [row for row in rows(connection, _OPEN) if not isinstance(row, int)]
    return [
        park_row(connection, row.number, now_ms, "a step of it lies under a damaged key")
        for row in owners
        if any(step_log.belongs(stray, JobId(row.id)) for stray in strays)
    ]


def park_row(
    connection: Connection, number: int, now_ms: int, why: str = "its row fails its checksum"
) -> str:
    """Park a job by its number, and say so to people."""
    return f"job {park(connection, number, why, now_ms)!r} needs attention: {why}"


def park(connection: Connection, which: JobId | int, why: str, now_ms: int) -> JobId | None:
    """Quarantine a damaged job: it waits for a person, and is never run.

    Args:
        connection: The database.
        which: The job's id, or its number where the id cannot be trusted.
        why: For people.
        now_ms: Wall clock.

    Returns:
        The job's id, a made-up one if it is no text any more; None if there is
        no such job.
    """
    by, value = (_BY_NUMBER, which) if isinstance(which, int) else (_BY_KEY, key_of(which))
    row = connection.execute(by, (value,)).fetchone()
    if row is None:
        return None
    number, found = row
    job_id = JobId(found if _is_text(found) else f"damaged-{number}")
    result = JobResult(
        job_id=job_id,
        status=JobStatus.NEEDS_ATTENTION,
        error=JobError(code=JournalDamagedError.code, message=why),
    )
    data = store_result(result)
    total = state_sum(job_id, result.status.value, now_ms, data)
    connection.execute(_PARK, (key_of(job_id), job_id, now_ms, data, total, number))
    return job_id


def _is_text(value: Any) -> bool:
    try:
        return isinstance(value, str) and value.encode() is not None
    except UnicodeEncodeError:
        return False


def prune(connection: Connection, before_ms: int, keep: int, at_most: int) -> int:
    """Forget ended jobs that nobody waits for any more, oldest first; how many."""
    removed = connection.execute(
        """DELETE FROM jobs WHERE number IN (
            SELECT number FROM jobs
            WHERE status IN ('completed', 'failed', 'cancelled', 'timed_out')
                AND delivered = 1 AND (changed_ms < ? OR number <= (
                    SELECT number FROM jobs ORDER BY number DESC LIMIT 1 OFFSET ?))
            ORDER BY number LIMIT ?)""",
        (before_ms, keep, at_most),
    ).rowcount
    connection.execute(
        """DELETE FROM contents WHERE digest NOT IN (
            SELECT content FROM jobs WHERE content IS NOT NULL)"""
    )
    return removed
