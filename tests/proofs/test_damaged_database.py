"""A database whose bytes were changed: no crash, and nothing wrong is ever run."""

import logging
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from casare_robot.domain.errors import JournalDamagedError
from casare_robot.domain.job import Job, JobId, JobResult, JobStatus
from casare_robot.journal.journal import Journal

MUTATIONS = 300


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Every damage is told to the log."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


def job(number: int) -> Job:
    size = (50, 900, 6000)[number % 3]
    return Job(id=JobId(f"job-{number}"), workflow=bytes([number]) * size, origin="line")


def steps_of(number: int) -> list[bytes]:
    return [bytes([number, step]) * 40 for step in range(number % 4)]


def end(number: int) -> JobResult:
    return JobResult(job_id=job(number).id, status=JobStatus.COMPLETED, variables={"n": number})


def fill(home: Path) -> None:
    """Jobs 0-29 unfinished, with steps; 30-49 ended."""
    journal = Journal.open(home, reserve=0)
    for number in range(50):
        journal.accept(job(number))
    for number in range(30):
        journal.start(job(number).id)
        for blob in steps_of(number):
            journal.append(job(number).id, blob)
    for number in range(30, 50):
        journal.finish(job(number).id, end(number))
    journal.close()


def mutate(path: Path, rng: random.Random) -> None:
    data = bytearray(path.read_bytes())
    at = rng.randrange(len(data))
    match rng.choice(("bit", "bit", "bit", "byte", "sector", "zeros", "cut", "swap")):
        case "bit":
            data[at] ^= 1 << rng.randrange(8)
        case "byte":
            data[at] = rng.randrange(256)
        case "sector":
            data[at : at + 512] = rng.randbytes(len(data[at : at + 512]))
        case "zeros":
            data[at : at + 4096] = bytes(len(data[at : at + 4096]))
        case "cut":
            del data[at:]
        case "swap":
            pages = len(data) // 4096
            one, other = (rng.randrange(pages) * 4096 for _ in range(2))
            data[one : one + 4096], data[other : other + 4096] = (
                data[other : other + 4096],
                data[one : one + 4096],
            )
    path.write_bytes(data)


def test_no_changed_byte_makes_the_robot_run_something_else(tmp_path: Path) -> None:
    fill(tmp_path / "whole")
    begun_afresh = parked = silent = 0
    for seed in range(MUTATIONS):
        rng = random.Random(seed)
        home = tmp_path / "damaged"
        shutil.copytree(tmp_path / "whole", home)
        mutate(home / "journal.db", rng)
        if rng.random() < 0.3:
            (home / "journal.db-wal").write_bytes(rng.randbytes(5000))

        journal = Journal.open(home, reserve=0)
        if any(warning.code == "E-DB-610" for warning in journal.warnings):
            begun_afresh += 1
            assert len(list(home.glob("journal.damaged-*.db"))) == 1
        else:
            seen = check(journal)
            parked += len(seen) < 30
            silent += len(seen) < 30 and not journal.warnings
        assert journal.accept(Job(id=JobId("new"), workflow=b"{}"))
        journal.close()
        shutil.rmtree(home)

    assert silent == 0
    assert begun_afresh > 20
    assert parked > 20


def check(journal: Journal) -> set[int]:
    """The unfinished jobs that would be run; each must be as it was accepted."""
    seen = set()
    for found in journal.unfinished():
        number = int(found.id.removeprefix("job-"))
        assert number < 30
        assert found == job(number)
        try:
            steps = journal.steps(found.id)
        except JournalDamagedError:
            continue
        assert steps == steps_of(number)
        seen.add(number)
    for number in range(30, 50):
        try:
            result = journal.result(job(number).id)
        except JournalDamagedError:
            continue
        assert result is None or result == end(number) or result.error is not None
    journal.history(100)
    return seen
