"""Every change of a job and of what became of it."""

from collections.abc import Callable
from typing import Any, TypeVar

from casare_robot.domain.errors import JobRefusedError, JobStateError, JournalDamagedError
from casare_robot.domain.job import Job, JobError, JobId, JobResult, JobStatus
from casare_robot.journal import job_rows, step_log
from casare_robot.journal.connection import Connection
from casare_robot.journal.job_rows import JobRow, is_state_of, name_of
from casare_robot.journal.records import (
    StoredJob,
    data_sum,
    pack,
    state_sum,
    store_job,
    store_result,
)
from casare_robot.journal.roster import ENDED, Live, Roster
from casare_robot.journal.writer import Group

_ACCEPT = """INSERT INTO jobs (number, id, origin, accepted_ms, content, sent, received, sum)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""
_CHANGE = """REPLACE INTO states (number, job, status, changed_ms, delivered, sum, result)
    VALUES (?, ?, ?, ?, ?, ?, ?)"""
_DELIVER = "UPDATE states SET delivered = ?, sum = ? WHERE number = ? AND sum = ?"
_STRAY_STATES = """SELECT number, job, status, changed_ms, delivered, sum, result
    FROM states WHERE number <> job"""
_LONELY_STATES = """SELECT number FROM states
    WHERE number > 0 AND number NOT IN (SELECT number FROM jobs)"""
_PRUNABLE = """SELECT number, id FROM states JOIN jobs USING (number)
    WHERE status IN ('completed', 'failed', 'cancelled', 'timed_out')
        AND delivered = 1 AND states.sum & 1 = 1 AND (changed_ms < ? OR number <= (
            SELECT number FROM jobs ORDER BY number DESC LIMIT 1 OFFSET ?))
    ORDER BY number LIMIT ?"""

T = TypeVar("T")

Acceptance = tuple[Job, int, StoredJob, int]
"""A job, when it came, how it is kept and the checksum of that."""

Change = tuple[JobId, str, int, bytes | None]
"""A job, what it becomes, when, and its result."""


class Accept(Group):
    """Keep new jobs; the results say which are new."""

    def __init__(self, roster: Roster) -> None:
        self._roster = roster

    def is_one_change(self, call: Acceptance) -> bool:
        """Whether its workflow is not kept apart."""
        return call[2].content is None

    def run(self, connection: Connection, calls: list[Acceptance]) -> list[bool]:
        """Give each that is not known its number, and its row at the end."""
        add = self._roster.add
        rows = []
        news = []
        for job, now_ms, stored, total in calls:
            number = add(job.id, job.origin)
            news.append(number is not None)
            if number is not None:
                rows.append((number, job.id, job.origin, now_ms, *stored, total + number))
                if stored.content is not None:
                    _keep_content(connection, stored.content, job.workflow)
        connection.executemany(_ACCEPT, rows)
        return news


class Become(Group):
    """Change what jobs are; the results say which could become so.

    The step log of one that succeeds goes; that of another one that ends is
    left for a job that may go on with it.
    """

    def __init__(self, roster: Roster) -> None:
        self._roster = roster

    def is_one_change(self, call: Change) -> bool:
        """Whether there is no step log that goes with it."""
        return call[1] not in ENDED or self._roster.numbers.get(call[0]) not in (
            self._roster.last_step
        )

    def run(self, connection: Connection, calls: list[Change]) -> list[bool]:
        """Write a state for each that may change."""
        roster = self._roster
        rows = []
        changes = []
        for job_id, status, now_ms, result in calls:
            changed = roster.change(job_id, status)
            changes.append(changed is not None)
            if changed is not None:
                number, is_delivered = changed
                rows.append(_state(number, status, now_ms, is_delivered, result))
                if number in roster.last_step and status == JobStatus.COMPLETED:
                    step_log.remove(connection, roster, number)
                elif number in roster.last_step and status in ENDED:
                    step_log.leave(connection, roster, number)
        connection.executemany(_CHANGE, rows)
        return changes


def acceptance(job: Job, now_ms: int) -> Acceptance:
    """What ``Accept`` takes.

    Raises:
        JobRefusedError: The job is not plain data.
    """
    stored = store_job(job)
    return job, now_ms, stored, data_sum(job.id, job.origin, now_ms, stored)


def is_known(connection: Connection, roster: Roster, job: Job) -> bool:
    """Whether a job of this id and content is kept.

    Raises:
        JobRefusedError: The content under the id differs.
    """
    number = roster.numbers.get(job.id)
    row = connection.execute(
        "SELECT content, sent FROM jobs WHERE number = ?", (number,)
    ).fetchone()
    stored = store_job(job)
    if row is not None and row != (stored.content, stored.sent):
        raise JobRefusedError(
            f"job {job.id!r} is already kept with other content", code="E-JOB-209"
        )
    return row is not None


def find(connection: Connection, roster: Roster, job_id: JobId) -> JobRow | None:
    """The checked row of a job.

    Raises:
        JournalDamagedError: The row fails its checksum.
    """
    number = roster.numbers.get(job_id)
    return None if number is None else job_rows.read(connection, number)


def state_error(
    connection: Connection, roster: Roster, job_id: JobId, wanted: str
) -> JobStateError:
    """Why a change of a job's status changed nothing."""
    row = find(connection, roster, job_id)
    if row is None:
        return JobStateError(f"job {job_id!r} is not in the journal", code="E-JOB-404")
    return JobStateError(f"job {job_id!r} is {row.status}, so it cannot {wanted}", code="E-JOB-409")


def expect_end(connection: Connection, roster: Roster, job_id: JobId, result: JobResult) -> None:
    """Accept that a job has ended already, if it ended just so.

    Raises:
        JobStateError: It is unknown, has not ended, or has ended otherwise.
    """
    row = find(connection, roster, job_id)
    if row is None or job_rows.result_of(row) != result:
        raise state_error(connection, roster, job_id, f"end as {result.status.value}")


def read_job(connection: Connection, roster: Roster, job_id: JobId) -> Job | None:
    """A job as it was accepted; None if it is not known.

    Raises:
        JournalDamagedError: Its row, or its workflow, fails its checksum.
    """
    row = find(connection, roster, job_id)
    return None if row is None else job_rows.job_of(connection, row)


def deliver(connection: Connection, roster: Roster, row: JobRow, *, is_delivered: bool) -> bool:
    """Note whether a result has been acknowledged; False if a newer one took its place."""
    total = (row.state_sum or 0) - row.delivered + is_delivered
    known = (row.number, row.state_sum)
    is_same = connection.execute(_DELIVER, (is_delivered, total, *known)).rowcount == 1
    if is_same:
        roster.set(row.number, Live(JobId(row.id), row.origin, row.status, is_delivered))
    return is_same


def unfinished(
    connection: Connection, roster: Roster, read: Callable[[Connection, JobRow], T], now_ms: int
) -> tuple[list[T], list[str]]:
    """Something of every job that is queued or runs, and what was parked instead.

    A job's status is believed only after its row was checked.
    """
    found: list[T] = []
    parked = []
    for row in job_rows.read_each(connection, sorted(roster.live)):
        if isinstance(row, int):
            parked.append(park_row(connection, roster, row, now_ms))
        elif row.status in ("queued", "running"):
            try:
                found.append(read(connection, row))
            except JournalDamagedError as error:
                parked.append(park_row(connection, roster, row.number, now_ms, str(error)))
    return found, parked


def park_damaged(connection: Connection, roster: Roster, now_ms: int) -> list[str]:
    """Check every row there is; what was parked, for people."""
    damaged = [
        row
        for row in job_rows.read_each(connection, sorted(roster.numbers.values()))
        if isinstance(row, int)
    ]
    return [park_row(connection, roster, number, now_ms) for number in damaged]


def park_owners_of_strays(connection: Connection, roster: Roster, now_ms: int) -> list[str]:
    """Park jobs of which a step or the state lies in another place; what was parked.

    The roster is read anew, as such states are removed.
    """
    owners = _owners_of_stray_states(connection)
    roster.read(connection)
    owners |= step_log.owners_of_strays(connection, roster)
    why = "a part of it lies in a damaged place"
    parked = [
        park_row(connection, roster, number, now_ms, why)
        for number in sorted(owners.intersection(roster.numbers.values()))
    ]
    for (number,) in connection.execute(_LONELY_STATES).fetchall():
        connection.execute("DELETE FROM states WHERE number = ?", (number,))
        parked.append(f"the journal has lost job number {number}, of which it knows the state")
    return parked


def _owners_of_stray_states(connection: Connection) -> set[int]:
    owners: set[int] = set()
    for at, named, *state in connection.execute(_STRAY_STATES).fetchall():
        connection.execute("DELETE FROM states WHERE number = ?", (at,))
        owners |= {one for one in (at, named) if is_state_of(one, *state)} or {at, named}
    return owners


def park_row(
    connection: Connection,
    roster: Roster,
    number: int,
    now_ms: int,
    why: str = "its row fails its checksum",
) -> str:
    """Park a job by its number, and say so to people."""
    job_id = park(connection, roster, number, why, now_ms)
    return f"job {job_id!r} needs attention: {why}"


def park(
    connection: Connection, roster: Roster, which: JobId | int, why: str, now_ms: int
) -> JobId | None:
    """Quarantine a damaged job: it waits for a person, and is never run.

    Args:
        connection: The database.
        roster: What is known of its jobs.
        which: The job's id, or its number where the id cannot be trusted.
        why: For people.
        now_ms: Wall clock.

    Returns:
        The job's id, a made-up one if it is no text any more; None if there is
        no such job.
    """
    number = which if isinstance(which, int) else roster.numbers.get(which)
    found = "SELECT id, origin FROM jobs WHERE number = ?"
    row = connection.execute(found, (number,)).fetchone()
    if number is None or row is None:
        return None
    live = roster.live.get(number)
    job_id = name_of(row[0], number) if live is None else live.id
    status = JobStatus.NEEDS_ATTENTION
    error = JobError(code=JournalDamagedError.code, message=why)
    data = store_result(JobResult(job_id=job_id, status=status, error=error))
    connection.execute(_CHANGE, _state(number, status.value, now_ms, False, data))
    roster.set(number, Live(job_id, row[1], status.value))
    if number in roster.left:  # it may have seemed to have ended
        step_log.take_up(connection, roster, number)
    return job_id


def prune(connection: Connection, roster: Roster, before_ms: int, keep: int, at_most: int) -> int:
    """Forget ended jobs that nobody waits for any more, oldest first; how many."""
    found = connection.execute(_PRUNABLE, (before_ms, keep, at_most)).fetchall()
    numbers = [(number,) for number, _ in found]
    connection.executemany("DELETE FROM jobs WHERE number = ?", numbers)
    connection.executemany("DELETE FROM states WHERE number = ?", numbers)
    for number, job_id in found:
        if number in roster.left:
            step_log.remove(connection, roster, number)
        if roster.numbers.get(job_id) == number:
            roster.forget(job_id)
    connection.execute(
        """DELETE FROM contents WHERE digest NOT IN (
            SELECT content FROM jobs WHERE content IS NOT NULL)"""
    )
    return len(found)


def remove(connection: Connection, roster: Roster, job_id: JobId) -> bool:
    """Forget a job, whatever it is, with its steps and result; False if it is not known.

    What workflow it ran goes with the next pruning.
    """
    number = roster.numbers.get(job_id)
    if number is None:
        return False
    if number in roster.last_step:
        step_log.remove(connection, roster, number)
    connection.execute("DELETE FROM jobs WHERE number = ?", (number,))
    connection.execute("DELETE FROM states WHERE number = ?", (number,))
    roster.forget(job_id)
    return True


def _keep_content(connection: Connection, name: bytes, workflow: bytes) -> None:
    known = connection.execute("SELECT 1 FROM contents WHERE digest = ?", (name,)).fetchone()
    if known is None:
        connection.execute(
            "INSERT INTO contents (digest, data) VALUES (?, ?)", (name, pack(workflow))
        )


def _state(
    number: int, status: str, now_ms: int, is_delivered: bool, result: bytes | None
) -> tuple[Any, ...]:
    total = state_sum(number, status, now_ms, result) + is_delivered
    return number, number, status, now_ms, is_delivered, total, result
