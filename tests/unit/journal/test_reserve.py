"""A full disk: the running job still ends, new ones wait until there is space."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from casare_robot.domain.errors import DiskFullError
from casare_robot.domain.job import Job, JobId, JobResult, JobStatus
from casare_robot.journal.journal import Journal
from casare_robot.journal.reserve import Reserve

MakeJob = Callable[..., Job]
End = Callable[..., JobResult]
RESERVE = 256 << 10


def test_a_reserve_takes_and_gives_space(tmp_path: Path) -> None:
    reserve = Reserve(tmp_path / "reserve", 5000)
    assert not reserve.is_held

    reserve.fill()
    assert reserve.is_held
    assert (tmp_path / "reserve").stat().st_size == 5000

    reserve.release()
    assert not reserve.is_held
    assert not (tmp_path / "reserve").exists()


def test_a_reserve_of_nothing_is_always_held(tmp_path: Path) -> None:
    reserve = Reserve(tmp_path / "reserve", 0)
    reserve.release()

    assert reserve.is_held


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MiB, where this test may mount one."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root mounts a disk; the portable test below runs everywhere")
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)])
    if mounted.returncode:
        pytest.skip("this root may not mount; the portable test below runs everywhere")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def fill(journal: Journal, make_job: MakeJob) -> list[Job]:
    """Queue jobs until the disk is full; those that were accepted."""
    accepted: list[Job] = []
    while True:
        job = make_job(f"job-{len(accepted)}", workflow=os.urandom(1500))
        try:
            journal.accept(job)
        except DiskFullError:
            return accepted
        accepted.append(job)


def test_on_a_full_disk_nothing_accepted_is_lost_and_the_running_job_ends(
    small_disk: Path, make_job: MakeJob, end: End
) -> None:
    full = small_disk / "other-program"
    full.write_bytes(bytes(600_000))
    journal = Journal.open(small_disk, reserve=RESERVE)
    journal.accept(make_job("running"))
    journal.start(JobId("running"))
    journal.append(JobId("running"), b"step")
    accepted = fill(journal, make_job)
    write_until_full(full)

    journal.finish(JobId("running"), end("running", variables={"big": "x" * 20_000}))
    write_until_full(full)
    with pytest.raises(DiskFullError) as caught:
        journal.accept(make_job("late"))
    full.unlink()
    is_new = journal.accept(make_job("late"))
    journal.close()

    assert caught.value.code == "E-DISK-701"
    assert is_new
    assert len(accepted) > 20
    assert (small_disk / "journal.reserve").stat().st_size == RESERVE
    again = Journal.open(small_disk, reserve=RESERVE)
    assert again.unfinished() == [*accepted, make_job("late")]
    assert again.status(JobId("running")) is JobStatus.COMPLETED
    assert again.warnings == ()
    again.close()


async def test_on_a_full_disk_the_async_end_is_saved_too(
    small_disk: Path, make_job: MakeJob, end: End
) -> None:
    journal = Journal.open(small_disk, reserve=RESERVE)
    journal.accept(make_job("running"))
    fill(journal, make_job)
    write_until_full(small_disk / "other-program")

    await journal.afinish(JobId("running"), end("running", variables={"big": "x" * 20_000}))
    with pytest.raises(DiskFullError):
        await journal.aaccept(make_job("late"))

    assert journal.status(JobId("running")) is JobStatus.COMPLETED
    journal.close()


def test_a_journal_on_a_full_disk_opens_and_says_so(small_disk: Path) -> None:
    Journal.open(small_disk, reserve=0).close()
    write_until_full(small_disk / "other-program", leave=100_000)

    journal = Journal.open(small_disk, reserve=RESERVE)

    assert [warning.code for warning in journal.warnings] == ["E-DISK-701"]
    journal.close()


def test_a_busy_journal_folds_its_log_back_before_it_gives_up(
    small_disk: Path, make_job: MakeJob
) -> None:
    """Its log alone would fill the disk many times over."""
    journal = Journal.open(small_disk, reserve=0)
    journal.accept(make_job())

    for number in range(1500):
        seq = journal.append(JobId("a"), bytes([number % 256]) * 3000)
        journal.replace(JobId("a"), seq, b"snapshot")

    assert journal.steps(JobId("a")) == [b"snapshot"]
    journal.close()


def test_a_database_that_may_not_grow_refuses_new_jobs_and_loses_none(
    journal: Journal, make_job: MakeJob, end: End
) -> None:
    """The portable form: SQLite's own limit in place of a small disk."""
    journal.writer.write_now(lambda db: db.execute("PRAGMA max_page_count = 200").fetchone())
    accepted = fill(journal, make_job)

    journal.writer.write_now(lambda db: db.execute("PRAGMA max_page_count = 4000").fetchone())
    journal.finish(accepted[0].id, end(accepted[0].id))
    journal.accept(make_job("late"))

    assert journal.unfinished() == [*accepted[1:], make_job("late")]


def write_until_full(path: Path, leave: int = 0) -> None:
    """What another program does to the disk, to its last byte."""
    with path.open("ab", buffering=0) as file:
        for size in (65536, 4096, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                pass
        file.truncate(max(0, file.tell() - leave))
