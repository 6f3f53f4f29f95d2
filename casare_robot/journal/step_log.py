"""The step log of a job: opaque blobs in order, none missing, each with its checksum."""

from typing import NamedTuple

from casare_robot.domain.errors import JobStateError, JournalDamagedError
from casare_robot.domain.job import JobId
from casare_robot.journal.connection import Connection
from casare_robot.journal.records import key_of, step_sum
from casare_robot.journal.writer import Memory, Quick

DELTA, SNAPSHOT = 0, 1
SEQ = (1 << 32) - 1
"""The bits of a place that number a job's steps; those above are the job's own number."""

_LAST = """SELECT status, number, (SELECT place FROM steps
    WHERE place BETWEEN (number << 32) AND (number << 32 | 4294967295)
    ORDER BY place DESC LIMIT 1) FROM jobs WHERE key = ?"""
_INSERT = "INSERT INTO steps (place, job, kind, data, crc) VALUES (?, ?, ?, ?, ?)"
_ROWS = """SELECT place & 4294967295, kind, data, crc FROM jobs, steps
    WHERE key = ? AND place BETWEEN (number << 32) AND (number << 32 | 4294967295)
    ORDER BY place"""
_STRAYS = """SELECT steps.job, place & 4294967295, kind, data, crc
    FROM steps LEFT JOIN jobs ON number = place >> 32 WHERE key IS NOT steps.job"""
_OPEN = ("queued", "running", "needs_attention")


class Stray(NamedTuple):
    """A step at a place that is not its job's. ``key`` is the one it names."""

    key: int
    seq: int
    kind: int
    data: bytes
    crc: int


class Append(Quick):
    """Add a blob to the log of a job; the result is its number, from 1 and without gaps.

    Running it raises JobStateError if the job is unknown or has ended.
    """

    __slots__ = ("_blob", "_job_id")

    def __init__(self, job_id: JobId, blob: bytes) -> None:
        self._job_id = job_id
        self._blob = blob

    def run(self, connection: Connection, memory: Memory) -> int:
        """Add it after the last step, which need not be looked up if it is remembered."""
        job_id, blob = self._job_id, self._blob
        key, last = memory.get(job_id) or _last(connection, job_id)
        place = last + 1
        seq = place & SEQ
        if not seq:
            raise JobStateError(
                f"job {job_id!r} has {SEQ} steps and takes no more", code="E-JOB-409"
            )
        crc = step_sum(job_id, seq, DELTA, blob)
        connection.execute(_INSERT, (place, key, DELTA, blob, crc))
        memory[job_id] = key, place
        return seq


def replace(connection: Connection, job_id: JobId, upto_seq: int | None, blob: bytes) -> None:
    """Put one snapshot in the place of everything up to and including ``upto_seq``; None is all.

    Raises:
        JobStateError: The job is unknown or has ended, or has no such step yet.
    """
    key, place = _last(connection, job_id)
    first, last = place & ~SEQ, place & SEQ
    if upto_seq is None:
        upto_seq = max(last, 1)
        last = upto_seq
    if not 1 <= upto_seq <= last:
        raise JobStateError(
            f"job {job_id!r} has {last} steps, so no snapshot of step {upto_seq}", code="E-JOB-409"
        )
    place = first + upto_seq
    connection.execute("DELETE FROM steps WHERE place BETWEEN ? AND ?", (first, place))
    crc = step_sum(job_id, upto_seq, SNAPSHOT, blob)
    connection.execute(_INSERT, (place, key, SNAPSHOT, blob, crc))


def read(connection: Connection, job_id: JobId) -> list[bytes]:
    """All blobs in order, the snapshot first if there is one.

    Raises:
        JournalDamagedError: One is missing or fails its checksum.
    """
    rows = connection.execute(_ROWS, (key_of(job_id),)).fetchall()
    if not rows:
        return []
    first = rows[0][0] if rows[0][1] == SNAPSHOT else 1
    for expected, (seq, kind, data, crc) in enumerate(rows, start=first):
        is_whole = isinstance(data, bytes) and crc == step_sum(job_id, seq, kind, data)
        if seq != expected or not is_whole or (kind == SNAPSHOT and seq != first):
            raise JournalDamagedError(f"step {expected} of job {job_id!r} is damaged or missing")
    return [row[2] for row in rows]


def strays(connection: Connection) -> list[Stray]:
    """The steps whose place is that of no job, or of another; only damage makes them."""
    return [Stray(*row) for row in connection.execute(_STRAYS).fetchall()]


def belongs(stray: Stray, job_id: JobId) -> bool:
    """Whether a step was written for this job."""
    key, seq, kind, data, crc = stray
    is_whole = isinstance(data, bytes) and crc == step_sum(job_id, seq, kind, data)
    return is_whole or key == key_of(job_id)


def _last(connection: Connection, job_id: JobId) -> tuple[int, int]:
    """The job's key, and the place of its last step, or of the one before its first."""
    key = key_of(job_id)
    row = connection.execute(_LAST, (key,)).fetchone()
    if row is None:
        raise JobStateError(f"job {job_id!r} is not in the journal", code="E-JOB-404")
    status, number, last = row
    if status not in _OPEN:
        raise JobStateError(f"job {job_id!r} is {status} and takes no steps", code="E-JOB-409")
    return key, last or number << 32
