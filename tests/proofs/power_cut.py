"""Proof that the journal loses nothing it acknowledged when the power goes.

Run: python -m tests.proofs.power_cut --cuts 10000 [--synchronous NORMAL] [--seed 1]

Drives the product's own Journal and Writer over a disk in memory that, at a
random write, loses, tears or keeps whatever was not synchronised. Exits with 1
when an acknowledged row was lost or the database was corrupt.
"""

import argparse
import logging
import random
import sys
import threading
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from casare_robot.desktop.file_lock import FileLock
from casare_robot.domain.errors import JournalDamagedError, JournalError
from casare_robot.domain.job import Job, JobId, JobResult, JobStatus
from casare_robot.journal import job_table, step_log
from casare_robot.journal.journal import Journal
from casare_robot.journal.journal_file import open_file
from casare_robot.journal.records import store_result
from casare_robot.journal.reserve import Reserve
from casare_robot.journal.writer import Writer
from tests.proofs.fragile_disk import ApswConnection, FragileDisk

NOWHERE = Path("nowhere") / "journal.db"
CUTS_PER_DISK = 20


@dataclass
class Tally:
    """What was seen."""

    cuts: int = 0
    acknowledged: int = 0
    lost: int = 0
    corrupt: int = 0
    examples: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class State:
    """What the journal must say of one job."""

    job: Job
    status: JobStatus = JobStatus.QUEUED
    steps: tuple[bytes, ...] = ()
    first_seq: int = 1


class Session:
    """The life of one disk: work, cut, check, work, cut, check ..."""

    def __init__(self, rng: random.Random, synchronous: str, tally: Tally) -> None:
        self._rng = rng
        self._tally = tally
        self._disk = FragileDisk(rng)
        self._substitutions = {
            "synchronous=FULL": f"synchronous={synchronous}",
            "wal_autocheckpoint=16": f"wal_autocheckpoint={rng.choice((0, 10, 40))}",
        }
        self._certain: dict[JobId, State] = {}
        self._possible: dict[JobId, State] = {}
        self._serial = 0

    def run(self, cuts: int) -> None:
        for _ in range(cuts):
            self._disk.fuse = self._rng.randrange(1, self._rng.choice((30, 120, 600)))
            journal = self._work()
            if journal is not None:
                journal.close()
            self._disk.cut()
            self._tally.cuts += 1
            if not self._check():
                return

    def _open(self) -> Journal:
        connect = partial(ApswConnection, self._disk, self._substitutions)
        file = open_file(NOWHERE, connect=connect, now=lambda: 0.0, largest_log=0)
        idle_after = self._rng.choice((0.0002, 60.0))
        return Journal(
            writer=Writer(
                lambda: file.connection,
                wal_reserve=40 * 4096,
                idle_after=idle_after,
                memory=file.roster,
            ),
            roster=file.roster,
            lock=FileLock(NOWHERE),
            reserve=Reserve(NOWHERE, 0),
            clock=lambda: 1.0,
            warnings=(),
        )

    def _work(self) -> Journal | None:
        """Work until the power goes; a journal that never opened is no loss."""
        try:
            journal = self._open()
        except JournalError:
            return None
        try:
            while self._disk.has_power:
                self._batch(journal)
        except JournalError:
            pass
        return journal

    def _batch(self, journal: Journal) -> None:
        """Hand in a few changes at once, to different jobs, and wait for all answers."""
        answers: list[tuple[JobId, State, BaseException | None]] = []
        is_answered = threading.Semaphore(0)
        changes = [self._change(journal) for _ in range(self._rng.randrange(1, 6))]
        chosen = {state.job.id: (state, operation) for state, operation in changes}
        for job_id, (state, (operation, parameters)) in chosen.items():
            self._possible[job_id] = state

            def done(
                error: BaseException | None, _: Any, job_id: JobId = job_id, state: State = state
            ) -> None:
                answers.append((job_id, state, error))
                is_answered.release()

            journal.writer.post(operation, parameters, done=done)
        for _ in chosen:
            is_answered.acquire()
        for job_id, state, error in answers:
            if error is None:
                self._certain[job_id] = state
                self._tally.acknowledged += 1

    def _change(self, journal: Journal) -> tuple[State, Any]:
        rng, roster = self._rng, journal.roster
        working = [one for one in self._certain.values() if one.status is JobStatus.QUEUED]
        kind = rng.choice(("accept", "append", "append", "append", "replace", "finish"))
        if kind == "accept" or not working:
            self._serial += 1
            size = rng.choice((10, 900, 3000, 9000))
            job = Job(id=JobId(f"job-{self._serial}"), workflow=rng.randbytes(size), origin="line")
            return State(job), (job_table.Accept(roster), job_table.acceptance(job, 1))
        state = rng.choice(working)
        job_id, blob = state.job.id, rng.randbytes(rng.choice((20, 200, 5000)))
        if kind == "append":
            after = State(state.job, steps=(*state.steps, blob), first_seq=state.first_seq)
            return after, (step_log.Append(roster), (job_id, blob))
        if kind == "replace" and state.steps:
            last = state.first_seq + len(state.steps) - 1
            after = State(state.job, steps=(blob,), first_seq=last)
            return after, (lambda db: step_log.replace(db, roster, job_id, last, blob), ())
        result = JobResult(job_id=job_id, status=JobStatus.COMPLETED)
        change = (job_id, "completed", 1, store_result(result))
        return State(state.job, JobStatus.COMPLETED), (job_table.Become(roster), change)

    def _check(self) -> bool:
        """Compare the journal with what is certain; False ends this disk."""
        try:
            journal = self._open()
        except JournalDamagedError as error:
            return self._note_corrupt(str(error))
        findings = journal.writer.write_now(
            lambda db: db.execute("PRAGMA integrity_check").fetchall()
        )
        is_sound = findings[0][0] == "ok" or self._note_corrupt(findings[0][0])
        for job_id in list(self._possible):
            seen = self._seen(journal, job_id)
            if seen == self._possible[job_id]:
                self._certain[job_id] = self._possible[job_id]
            elif seen != self._certain.get(job_id):
                self._tally.lost += 1
                if len(self._tally.examples) < 5:
                    self._tally.examples.append(f"{job_id} is not as acknowledged")
                is_sound = False
            else:
                self._possible.pop(job_id)
                if job_id in self._certain:
                    self._possible[job_id] = self._certain[job_id]
        journal.close()
        return is_sound

    def _seen(self, journal: Journal, job_id: JobId) -> State | None:
        job = journal.job(job_id)
        if job is None:
            return None
        status, steps = journal.status(job_id), tuple(journal.steps(job_id))
        expected = self._possible[job_id]
        known = (expected, self._certain.get(job_id))
        first = next((one.first_seq for one in known if one and one.steps == steps), 1)
        return State(job, JobStatus(str(status)), steps, first)

    def _note_corrupt(self, why: str) -> bool:
        self._tally.corrupt += 1
        if len(self._tally.examples) < 5:
            self._tally.examples.append(why)
        return False


def prove(*, cuts: int, synchronous: str, seed: int) -> Tally:
    """Cut the power so often; a seed fixes the work and the cuts, not how threads meet."""
    tally = Tally()
    number = 0
    while tally.cuts < cuts:
        rng = random.Random(f"{seed}/{number}")
        number += 1
        Session(rng, synchronous, tally).run(min(CUTS_PER_DISK, cuts - tally.cuts))
    return tally


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cuts", type=int, default=1000)
    parser.add_argument("--synchronous", choices=("OFF", "NORMAL", "FULL"), default="FULL")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    logging.disable()  # every cut is told to the log
    tally = prove(cuts=options.cuts, synchronous=options.synchronous, seed=options.seed)
    print(
        f"{tally.cuts} cuts at synchronous={options.synchronous}: "
        f"{tally.acknowledged} acknowledged, {tally.lost} jobs not as acknowledged, "
        f"{tally.corrupt} corrupt"
    )
    for example in tally.examples:
        print(f"  {example}")
    return 1 if tally.lost or tally.corrupt else 0


if __name__ == "__main__":
    sys.exit(main())
