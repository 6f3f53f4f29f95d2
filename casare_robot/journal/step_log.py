"""The step log of a job: opaque blobs in order, none missing, each with its checksum."""

from casare_robot.domain.errors import JobStateError, JournalDamagedError
from casare_robot.domain.job import JobId
from casare_robot.journal.records import key_of, step_sum
from casare_robot.journal.writer import Connection

DELTA, SNAPSHOT = 0, 1

_LAST = "SELECT status, (SELECT max(seq) FROM steps WHERE job = jobs.key) FROM jobs WHERE key = ?"
_INSERT = "INSERT INTO steps (job, seq, kind, data, crc) VALUES (?, ?, ?, ?, ?)"
_NEXT_KEY = "SELECT job FROM steps WHERE job >= ? ORDER BY job LIMIT 1"
_ROWS = "SELECT seq, kind, data, crc FROM steps WHERE job = ? ORDER BY seq"
_OPEN = ("queued", "running", "needs_attention")

Stray = tuple[int, int, bytes, int]
"""Number, kind, data and checksum of a step."""


def append(connection: Connection, job_id: JobId, blob: bytes) -> int:
    """Add a blob; its number, from 1 and without gaps.

    Raises:
        JobStateError: The job is unknown or has ended.
    """
    key = key_of(job_id)
    seq = _last(connection, job_id, key) + 1
    crc = step_sum(job_id, seq, DELTA, blob)
    connection.execute(_INSERT, (key, seq, DELTA, blob, crc))
    return seq


def replace(connection: Connection, job_id: JobId, upto_seq: int | None, blob: bytes) -> None:
    """Put one snapshot in the place of everything up to and including ``upto_seq``; None is all.

    Raises:
        JobStateError: The job is unknown or has ended, or has no such step yet.
    """
    key = key_of(job_id)
    last = _last(connection, job_id, key)
    if upto_seq is None:
        upto_seq = max(last, 1)
        last = upto_seq
    if not 1 <= upto_seq <= last:
        raise JobStateError(
            f"job {job_id!r} has {last} steps, so no snapshot of step {upto_seq}", code="E-JOB-409"
        )
    connection.execute("DELETE FROM steps WHERE job = ? AND seq <= ?", (key, upto_seq))
    crc = step_sum(job_id, upto_seq, SNAPSHOT, blob)
    connection.execute(_INSERT, (key, upto_seq, SNAPSHOT, blob, crc))


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
    """The steps that lie under a key no job has; only damage makes them."""
    found: list[Stray] = []
    key = -(2**63)
    while row := connection.execute(_NEXT_KEY, (key,)).fetchone():
        key = row[0]
        if connection.execute("SELECT 1 FROM jobs WHERE key = ?", (key,)).fetchone() is None:
            found += connection.execute(_ROWS, (key,)).fetchall()
        if key == 2**63 - 1:
            break
        key += 1
    return found


def belongs(stray: Stray, job_id: JobId) -> bool:
    """Whether a step was written for this job."""
    seq, kind, data, crc = stray
    return isinstance(data, bytes) and bool(crc == step_sum(job_id, seq, kind, data))


def _last(connection: Connection, job_id: JobId, key: int) -> int:
    row = connection.execute(_LAST, (key,)).fetchone()
    if row is None:
        raise JobStateError(f"job {job_id!r} is not in the journal", code="E-JOB-404")
    if row[0] not in _OPEN:
        raise JobStateError(f"job {job_id!r} is {row[0]} and takes no steps", code="E-JOB-409")
    return row[1] or 0
