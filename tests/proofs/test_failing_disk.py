"""A disk that refuses its n-th write, for every n: the old state or the new one, never half.

Once only (it heals) and for ever, as an error and as a full disk.
"""

import logging
import random
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import apsw
import pytest

from casare_robot.desktop.file_lock import FileLock
from casare_robot.domain.errors import JournalError
from casare_robot.domain.job import Job, JobId, JobResult, JobStatus
from casare_robot.journal.journal import Journal
from casare_robot.journal.journal_file import open_file
from casare_robot.journal.log_room import FREE, PAGE
from casare_robot.journal.reserve import Reserve
from casare_robot.journal.writer import Writer
from tests.proofs.fragile_disk import ApswConnection, FragileDisk

NOWHERE = Path("nowhere") / "journal.db"
JOB = Job(id=JobId("a"), workflow=b"w" * 9000, origin="line")
RESULT = JobResult(job_id=JOB.id, status=JobStatus.COMPLETED)


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Every failure is told to the log."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


def open_on(disk: FragileDisk, wal_reserve: int = 0) -> Journal:
    file = open_file(NOWHERE, connect=partial(ApswConnection, disk, {}), now=lambda: 0.0)
    return Journal(
        writer=Writer(
            lambda: file.connection, wal_reserve=wal_reserve, idle_after=60.0, memory=file.roster
        ),
        roster=file.roster,
        lock=FileLock(NOWHERE),
        reserve=Reserve(NOWHERE, 0),
        clock=lambda: 1.0,
        warnings=(),
    )


def one_job(journal: Journal) -> int:
    """The life of a job; how many of its changes were acknowledged before one failed."""
    done = 0
    try:
        journal.accept(JOB)
        done += 1
        journal.start(JOB.id)
        done += 1
        journal.append(JOB.id, b"1" * 5000)
        done += 1
        journal.append(JOB.id, b"2")
        done += 1
        journal.replace(JOB.id, 2, b"1+2")
        done += 1
        journal.finish(JOB.id, RESULT)
        done += 1
    except JournalError:
        pass
    return done


def progress(journal: Journal) -> int:
    """How many changes the journal knows of; an error if it is between two."""
    status, steps = journal.status(JOB.id), journal.steps(JOB.id)
    states = [
        (None, []),
        (JobStatus.QUEUED, []),
        (JobStatus.RUNNING, []),
        (JobStatus.RUNNING, [b"1" * 5000]),
        (JobStatus.RUNNING, [b"1" * 5000, b"2"]),
        (JobStatus.RUNNING, [b"1+2"]),
        (JobStatus.COMPLETED, []),
    ]
    assert journal.job(JOB.id) == (None if status is None else JOB)
    return states.index((status, steps))


@pytest.mark.parametrize("failure", [apsw.IOError, apsw.FullError])
@pytest.mark.parametrize("heals", [True, False])
def test_the_nth_write_may_fail_for_every_n(failure: type[Exception], heals: bool) -> None:
    number = acknowledged = 0
    while acknowledged < 6 or number < 20:
        disk = FragileDisk(random.Random(number))
        disk.failure, disk.heals = failure, heals
        open_on(disk).close()
        disk.fuse = number
        try:
            journal = open_on(disk)
        except JournalError:
            acknowledged = 0
        else:
            acknowledged = one_job(journal)
            journal.close()
        had_time_to_fail = disk.fuse < 0
        disk.has_power, disk.fuse = True, -1

        again = open_on(disk)
        known = progress(again)
        again.close()

        assert acknowledged <= known <= acknowledged + 1, f"write {number} failed"
        number += 1
        if not had_time_to_fail:
            break

    assert number > 30


@pytest.mark.parametrize("failure", [apsw.IOError, apsw.FullError])
@pytest.mark.parametrize("heals", [True, False])
def test_a_write_may_fail_while_the_log_is_made_longer(
    failure: type[Exception], heals: bool
) -> None:
    room = 16 * PAGE
    number = 0
    while True:
        disk = FragileDisk(random.Random(number))
        disk.failure, disk.heals = failure, heals
        journal = open_on(disk, room)
        journal.accept(JOB)
        for _ in range(FREE - 1):
            journal.append(JOB.id, b"before")
        disk.fuse = number
        acknowledged = FREE - 1
        try:
            for _ in range(3):
                journal.append(JOB.id, b"after")
                acknowledged += 1
        except JournalError:
            pass
        had_time_to_fail = disk.fuse < 0
        journal.close()
        disk.has_power, disk.fuse = True, -1

        again = open_on(disk)
        known = len(again.steps(JOB.id))
        again.close()

        assert acknowledged <= known <= acknowledged + 1, f"write {number} failed"
        number += 1
        if not had_time_to_fail:
            break

    assert number > 2 * room // PAGE
