"""The step log of a job: opaque blobs in order, none missing, each with its checksum."""

from typing import Any

from casare_robot.domain.errors import JobStateError, JournalDamagedError
from casare_robot.domain.job import JobId
from casare_robot.journal.connection import Connection
from casare_robot.journal.records import step_sum
from casare_robot.journal.roster import Roster
from casare_robot.journal.writer import Group

DELTA, SNAPSHOT = 0, 1
SEQ = (1 << 32) - 1
"""The bits of a place that number a job's steps; those above are the job's own number."""

MOST_LEFT = 50
"""Jobs that did not succeed whose steps are kept, so that a later job can go on with them."""
MOST_LEFT_BYTES = 32 << 20

_INSERT = "INSERT INTO steps (place, job, kind, data, crc) VALUES (?, ?, ?, ?, ?)"
_DELETE = "DELETE FROM steps WHERE place BETWEEN ? AND ?"
_SIZE = "SELECT coalesce(sum(length(data)), 0) FROM steps WHERE place BETWEEN ? AND ?"
_LAST = "SELECT max(place) & 4294967295 FROM steps WHERE place BETWEEN ? AND ?"
_ROWS = """SELECT place & 4294967295, kind, data, crc FROM steps
    WHERE place BETWEEN ? AND ? ORDER BY place"""
_STRAYS = """SELECT place >> 32, job, place & 4294967295, kind, data, crc
    FROM steps WHERE place >> 32 <> job"""


class Append(Group):
    """Add a blob to the log of a job; the result is its number, from 1 and without gaps.

    Called with the job's id and the blob. Raises JobStateError if the job is
    unknown or has ended.
    """

    def __init__(self, roster: Roster) -> None:
        self._roster = roster

    def is_one_change(self, call: Any) -> bool:
        """Always: no step of it needs a transaction."""
        return True

    def run(self, connection: Connection, calls: list[tuple[JobId, bytes]]) -> list[int]:
        """Add each after the last step of its job, which need not be looked up."""
        seqs = []
        rows = []
        for job_id, blob in calls:
            number, last = _last(self._roster, job_id)
            seq = last + 1
            if seq > SEQ:
                raise JobStateError(
                    f"job {job_id!r} has {SEQ} steps and takes no more", code="E-JOB-409"
                )
            crc = step_sum(job_id, seq, DELTA, blob)
            rows.append((number << 32 | seq, number, DELTA, blob, crc))
            self._roster.set_last_step(number, seq)
            seqs.append(seq)
        connection.executemany(_INSERT, rows)
        return seqs


def replace(
    connection: Connection, roster: Roster, job_id: JobId, upto_seq: int | None, blob: bytes
) -> None:
    """Put one snapshot in the place of everything up to and including ``upto_seq``; None is all.

    Raises:
        JobStateError: The job is unknown or has ended, or has no such step yet.
    """
    number, last = _last(roster, job_id)
    if upto_seq is None:
        upto_seq = last = max(last, 1)
    if not 1 <= upto_seq <= last:
        raise JobStateError(
            f"job {job_id!r} has {last} steps, so no snapshot of step {upto_seq}", code="E-JOB-409"
        )
    place = number << 32 | upto_seq
    connection.execute(_DELETE, (number << 32, place))
    crc = step_sum(job_id, upto_seq, SNAPSHOT, blob)
    connection.execute(_INSERT, (place, number, SNAPSHOT, blob, crc))
    roster.set_last_step(number, last)


def remove(connection: Connection, roster: Roster, number: int) -> None:
    """Forget all steps of a job."""
    connection.execute(_DELETE, (number << 32, number << 32 | SEQ))
    roster.set_last_step(number, None)
    roster.set_left(number, None)


def leave(connection: Connection, roster: Roster, number: int) -> None:
    """Keep the steps of a job that ended without success, as far as there is room for them."""
    (size,) = connection.execute(_SIZE, (number << 32, number << 32 | SEQ)).fetchone()
    roster.set_last_step(number, None)
    roster.set_left(number, size)
    while len(roster.left) > MOST_LEFT or sum(roster.left.values()) > MOST_LEFT_BYTES:
        remove(connection, roster, next(iter(roster.left)))


def take_up(connection: Connection, roster: Roster, number: int) -> None:
    """Let what a job left be the log of one that goes on."""
    (seq,) = connection.execute(_LAST, (number << 32, number << 32 | SEQ)).fetchone()
    roster.set_last_step(number, seq)
    roster.set_left(number, None)


def read(connection: Connection, roster: Roster, job_id: JobId) -> list[bytes]:
    """All blobs in order, the snapshot first if there is one.

    Raises:
        JournalDamagedError: One is missing or fails its checksum.
    """
    number = roster.numbers.get(job_id)
    if number is None:
        return []
    rows = connection.execute(_ROWS, (number << 32, number << 32 | SEQ)).fetchall()
    if not rows:
        return []
    first = rows[0][0] if rows[0][1] == SNAPSHOT else 1
    for expected, (seq, kind, data, crc) in enumerate(rows, start=first):
        is_whole = isinstance(data, bytes) and crc == step_sum(job_id, seq, kind, data)
        if seq != expected or not is_whole or (kind == SNAPSHOT and seq != first):
            raise JournalDamagedError(f"step {expected} of job {job_id!r} is damaged or missing")
    return [row[2] for row in rows]


def owners_of_strays(connection: Connection, roster: Roster) -> set[int]:
    """The jobs of steps that lie at the place of another; only damage makes such."""
    ids = {number: live.id for number, live in roster.live.items()}
    owners: set[int] = set()
    for at, named, seq, kind, data, crc in connection.execute(_STRAYS).fetchall():
        candidates = {at, named} & ids.keys()
        is_blob = isinstance(data, bytes)
        sure = {
            number for number in candidates
            if is_blob and crc == step_sum(ids[number], seq, kind, data)
        }  # fmt: skip
        owners |= sure or candidates
    return owners


def _last(roster: Roster, job_id: JobId) -> tuple[int, int]:
    """The job's number, and that of its last step, 0 if it has none."""
    number = roster.open_number(job_id)
    if number is not None:
        return number, roster.last_step.get(number, 0)
    if job_id not in roster.numbers:
        raise JobStateError(f"job {job_id!r} is not in the journal", code="E-JOB-404")
    raise JobStateError(f"job {job_id!r} has ended and takes no steps", code="E-JOB-409")
