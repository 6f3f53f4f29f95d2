"""What the journal knows by heart of its jobs, so that no index has to be written."""

from typing import Any, Final

import msgspec

from casare_robot.domain.errors import JournalDamagedError
from casare_robot.domain.job import JobId, JobStatus
from casare_robot.journal.connection import Connection
from casare_robot.journal.job_rows import name_of
from casare_robot.journal.job_rows import read as read_row
from casare_robot.journal.writer import Memory

OPEN: Final = ("queued", "running", "needs_attention")
"""What a job can be before its end."""

ENDED: Final = frozenset(status.value for status in JobStatus if status.is_final)

_FROM: Final = {"running": ("queued", "running"), "queued": ("needs_attention",)}
"""What a job was before it becomes this; anything else comes from anything open."""

_JOBS = """SELECT number, id, origin, status, delivered, states.sum & 1
    FROM jobs LEFT JOIN states USING (number) ORDER BY number"""
_LAST_STEPS = """SELECT place >> 32, max(place) & 4294967295, coalesce(sum(length(data)), 0)
    FROM steps GROUP BY 1"""
_LAST_NUMBER = """SELECT max(
    coalesce((SELECT max(number) FROM jobs WHERE number < 1 << 30), 0),
    coalesce((SELECT max(number) FROM states WHERE number < 1 << 30), 0),
    coalesce((SELECT max(place) >> 32 FROM steps WHERE place < 1 << 62), 0))"""
"""Damage can make a number so large that none of those after it would fit into a place."""


class Live(msgspec.Struct, frozen=True, gc=False):
    """A job that has not ended, or whose result has not been delivered."""

    id: JobId
    origin: str
    status: str = "queued"
    is_delivered: bool = False

    @property
    def is_owed(self) -> bool:
        """Whether its source waits for a result that is here."""
        has_result = self.status not in ("queued", "running")
        return has_result and not self.is_delivered and self.origin != "desk"


class Roster(Memory):
    """Every job's number, what live jobs are, and where their step logs end.

    Operations change it as they change the database.

    Attributes:
        numbers: The number of every job by its id.
        live: Live jobs by number, in no order.
        last_step: The number of the last step of each live job that has any.
        left: Bytes of the steps of each ended job that left some, oldest first.
        last: The greatest number that was given.
    """

    def __init__(self) -> None:
        self.numbers: dict[JobId, int] = {}
        self.live: dict[int, Live] = {}
        self.last_step: dict[int, int] = {}
        self.left: dict[int, int] = {}
        self.last = 0
        self._before: list[tuple[dict[Any, Any], Any, Any]] = []

    def read(self, connection: Connection) -> None:
        """Know what the database holds, and nothing else.

        States are not checked here, but one damaged bit does not hide a live
        job: whatever is delivered has an odd checksum.
        """
        for known in (self.numbers, self.live, self.last_step, self.left, self._before):
            known.clear()
        jobs = connection.execute(_JOBS).fetchall()
        for number, found, origin, status, delivered, is_odd in jobs:
            job_id = name_of(found, number)
            if job_id in self.numbers:  # one of the two is damaged
                job_id = self._named_apart(connection, job_id, number)
            self.numbers[job_id] = number
            if status not in ENDED or delivered != 1 or not is_odd:
                self.live[number] = Live(job_id, origin, status or "queued", delivered == 1)
        numbers = set(self.numbers.values())
        for number, seq, size in connection.execute(_LAST_STEPS).fetchall():
            if number in self.live and self.live[number].status not in ENDED:
                self.last_step[number] = seq
            elif number in numbers:
                self.left[number] = size
        (self.last,) = connection.execute(_LAST_NUMBER).fetchone()

    def add(self, job_id: JobId, origin: str) -> int | None:
        """Give a new job its number; None if the job is known."""
        if job_id in self.numbers:
            return None
        self.last = number = self.last + 1
        self._before += ((self.numbers, job_id, None), (self.live, number, None))
        self.numbers[job_id] = number
        self.live[number] = Live(job_id, origin)
        return number

    def change(self, job_id: JobId, status: str) -> tuple[int, bool] | None:
        """Let a job become this; its number, and whether nobody waits for its result.

        None if the job is unknown or cannot become this from what it is.
        """
        number = self.numbers.get(job_id)
        live = None if number is None else self.live.get(number)
        if number is None or live is None or live.status not in _FROM.get(status, OPEN):
            return None
        is_delivered = live.origin == "desk" and status not in _FROM
        self.set(number, Live(live.id, live.origin, status, is_delivered))
        return number, is_delivered

    def set(self, number: int, live: Live) -> None:
        """Remember what a job is, or only its number if it is no longer live."""
        is_done = live.is_delivered and live.status in ENDED
        self._put(self.live, number, None if is_done else live)

    def set_last_step(self, number: int, seq: int | None) -> None:
        """Remember where a job's step log ends; None if it is gone."""
        self._put(self.last_step, number, seq)

    def set_left(self, number: int, size: int | None) -> None:
        """Remember how many bytes of steps an ended job left; None if they are gone."""
        self._put(self.left, number, size)

    def forget(self, job_id: JobId) -> None:
        """A job is no longer in the database."""
        number = self.numbers.get(job_id)
        if number in self.live:
            self._put(self.live, number, None)
        self._put(self.numbers, job_id, None)

    def open_number(self, job_id: JobId) -> int | None:
        """The number of a job that has not ended; None if there is none."""
        number = self.numbers.get(job_id)
        live = None if number is None else self.live.get(number)
        return number if live is not None and live.status in OPEN else None

    def owed(self, origin: str | None) -> list[int]:
        """Jobs whose results wait for their source, or for any, oldest first."""
        return sorted(
            number
            for number, live in self.live.items()
            if live.is_owed and origin in (None, live.origin)
        )

    def held(self, origin: str) -> list[JobId]:
        """Jobs of a source without a delivered result, oldest first."""
        found = [
            (number, live.id)
            for number, live in self.live.items()
            if live.origin == origin and not live.is_delivered
        ]
        return [job_id for _, job_id in sorted(found)]

    def keep(self) -> None:
        """What was changed is on disk."""
        self._before.clear()

    def take_back(self) -> None:
        """What was changed since ``keep`` has not happened."""
        while self._before:
            known, key, value = self._before.pop()
            _assign(known, key, value)

    def _put(self, known: dict[Any, Any], key: Any, value: Any) -> None:
        self._before.append((known, key, known.get(key)))
        _assign(known, key, value)

    def _named_apart(self, connection: Connection, job_id: JobId, number: int) -> JobId:
        """Leave an id that two rows have to the sound one; the id of the later row."""
        earlier = self.numbers[job_id]
        other = JobId(f"damaged-{earlier}")
        try:
            read_row(connection, earlier)
        except JournalDamagedError:
            self.numbers[other] = earlier
            if earlier in self.live:
                self.live[earlier] = msgspec.structs.replace(self.live[earlier], id=other)
            return job_id
        return JobId(f"damaged-{number}")


def _assign(known: dict[Any, Any], key: Any, value: Any) -> None:
    if value is None:
        known.pop(key, None)
    else:
        known[key] = value
