"""Proof that ending the agent is as safe as killing it, and quick.

Run: python -m tests.proofs.shutdown --runs 1000 [--seed 1] [--workers 2]

Starts `casare-robot run` on a home with a job of 31 nodes, ends it at a random
moment with SIGTERM, sometimes with SIGKILL a second later or instead, and
starts it again until the job has ended. What happened is counted outside the
robot. An agent must be gone within 4 s of SIGTERM, leave the job as a crash
would, queued or running, and in the end each effect must have happened once.
Exits with 1 when a promise was broken. `test_shutdown` shows what happens
without the protection.
"""

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from casare_robot.agent.run_workflow import make_job
from casare_robot.domain.job import JobId, JobStatus
from casare_robot.execution.state import Delta, DeltaWriter
from casare_robot.journal.journal import Journal
from tests.proofs.kill9_job import CountingServer, World, effect_of

ROOT = Path(__file__).parents[2]
LONGEST = 4.0
"""Seconds from SIGTERM to the end of the process."""
DURABLE = 1.0
"""Seconds from SIGTERM until a SIGKILL may take nothing more."""
START, JOB = 1.0, 1.0
"""Seconds in which an agent starts, and in which it runs the whole job, about.

A machine with other work to do is slower: a life that ends before its first step has
ended brings a job no further, so lives become longer the oftener a job was started.
"""
ENOUGH = 60
"""Starts of one job; more is a job that does not get on."""


@dataclass
class Tally:
    """What was seen."""

    runs: int = 0
    jobs: int = 0
    ended_in_job: int = 0
    killed: int = 0
    parked: int = 0
    effects: int = 0
    slowest: float = 0.0
    violations: list[str] = field(default_factory=list)


class Proof:
    """Ends agents until enough have been; safe to use from several threads."""

    def __init__(self, folder, *, runs, seed):
        self.tally = Tally()
        self._folder = folder
        self._wanted = runs
        self._seed = seed
        self._server = CountingServer()
        self._lock = threading.Lock()

    def run(self, workers):
        """Run it all; returns the tally."""
        try:
            with ThreadPoolExecutor(workers) as pool:
                for future in [pool.submit(self._work, number) for number in range(workers)]:
                    future.result()
        finally:
            self._server.close()
        return self.tally

    def _work(self, worker):
        rng = random.Random(f"{self._seed} {worker}")
        home = self._folder / f"home{worker}"
        while self.tally.runs < self._wanted:
            with self._lock:
                self.tally.jobs += 1
                job_id = JobId(f"job{self.tally.jobs}")
            world = World(self._folder / job_id, self._server, job_id)
            self._take_to_its_end(world, job_id, home, rng)

    def _take_to_its_end(self, world, job_id, home, rng):
        journal = Journal.open(home / "data")
        journal.accept(make_job(world.file, job_id=job_id))
        journal.close()
        for start in range(ENOUGH):
            with self._lock:
                self.tally.runs += 1
            is_enough = self.tally.runs >= self._wanted
            self._start_and_end(home, rng, 1 + start / 10, is_last=is_enough)
            if self._has_ended(world, job_id, home):
                return
        self._violated(f"{job_id} does not end in {ENOUGH} starts")

    def _start_and_end(self, home, rng, patience, *, is_last):
        """One life of an agent: to any moment, or to one while the job runs."""
        command = [sys.executable, "-m", "casare_robot", "run", "--home", str(home)]
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        if is_last:
            _read_until(process, " is completed", " needs attention")
        elif rng.random() < 0.3:
            threading.Event().wait(rng.random() * START * patience)
        else:
            _read_until(process, " begins", " goes on", " is completed", " needs attention")
            threading.Event().wait(rng.random() * JOB * patience)
        how = rng.choices(("term", "kill later", "kill"), (6, 2, 2))[0]
        began = time.monotonic()
        process.send_signal(signal.SIGKILL if how == "kill" else signal.SIGTERM)
        if how == "kill later":
            try:
                process.wait(DURABLE)
            except subprocess.TimeoutExpired:
                process.kill()
        process.stderr.close()
        process.wait(60)
        took = time.monotonic() - began
        with self._lock:
            self.tally.killed += how != "term"
            if how == "term":
                self.tally.slowest = max(self.tally.slowest, took)
        if how == "term" and took > LONGEST:
            self._violated(f"it took {took:.1f} s to leave")

    def _has_ended(self, world, job_id, home):
        """Look into the journal as the next start would find it, and settle what is unknown."""
        journal = Journal.open(home / "data")
        try:
            status = journal.status(job_id)
            with self._lock:
                self.tally.ended_in_job += status is JobStatus.RUNNING
            if status in (JobStatus.QUEUED, JobStatus.RUNNING):
                return False
            result = journal.result(job_id)
            if status is JobStatus.NEEDS_ATTENTION and result.needs_attention:
                seen = world.effects()
                decisions = {
                    step.key: "done" if effect_of(step.key) in seen else "again"
                    for step in result.needs_attention
                }
                with self._lock:
                    self.tally.parked += len(decisions)
                journal.resolve(job_id, DeltaWriter().encode(Delta(decisions=decisions)))
                return False
            if status is not JobStatus.COMPLETED:
                self._violated(f"{job_id} is {status}: {result.error}")
        finally:
            journal.close()
        if status is JobStatus.COMPLETED:
            self._check(world, job_id)
        return True

    def _check(self, world, job_id):
        seen = world.effects()
        with self._lock:
            self.tally.effects += sum(seen.values())
        wrong = {effect: times for effect, times in seen.items() if times != 1}
        if wrong or len(seen) != EFFECTS:
            self._violated(f"{job_id}: {len(seen)} of {EFFECTS} effects, and of these {wrong}")

    def _violated(self, what):
        with self._lock:
            self.tally.violations.append(what)


def _read_until(process, *words):
    for line in process.stderr:
        if any(word in line for word in words):
            return


EFFECTS = 23
"""Different effects of the job; see `World`."""


def report(tally, seconds):
    """The figures as a table."""
    rows = [
        ("agents started", tally.runs),
        ("  ended in the middle of a job", tally.ended_in_job),
        ("  ended by SIGKILL in the end", tally.killed),
        ("jobs", tally.jobs),
        ("unknown steps parked", tally.parked),
        ("effects", tally.effects),
        ("slowest end after SIGTERM, s", round(tally.slowest, 2)),
        ("violations", len(tally.violations)),
        ("seconds", round(seconds, 1)),
    ]
    return "\n".join(f"{name:<34}{value:>10}" for name, value in rows)


def prove(folder, *, runs, seed, workers=2):
    """Run the proof in a folder."""
    return Proof(folder, runs=runs, seed=seed).run(workers)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    print(f"seed {options.seed}")
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="shutdown-") as folder:
        tally = prove(
            Path(folder),
            runs=options.runs,
            seed=options.seed,
            workers=options.workers,
        )
    print(report(tally, time.monotonic() - began))
    for what in tally.violations[:20]:
        print(what)
    return 1 if tally.violations else 0


if __name__ == "__main__":
    sys.exit(main())
