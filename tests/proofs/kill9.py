"""Proof that kill -9 loses no job and doubles no effect.

Run: python -m tests.proofs.kill9 --kills 1000 [--seed 1] [--workers 3] [--without-intents]

Runs jobs of 31 nodes with `casare-robot exec`, kills the program, its executor
or both at random moments, also while they recover, and has the job go on until
it ends. What happened is counted outside the robot: lines of files, rows of a
database, requests at a server. Steps the robot cannot be sure about must be
parked and listed; the proof answers them with what was counted. Exits with 1
when a job was lost, an effect doubled or lost, or a job's variables differ from
those of one that was left alone. ``--without-intents`` takes the protection off
and must make the proof fail.
"""

import argparse
import contextlib
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.proofs.kill9_job import CountingServer, World, effect_of
from tests.proofs.without_intents import MODULE

KILLS_PER_JOB = 8
LINES = 32
"""About as many lines as a whole run writes on its standard error."""
PATIENCE = 120
LOOKS = 0.2
"""Share of the parked jobs that are also looked at with `jobs show`."""
ROOT = Path(__file__).parents[2]


@dataclass
class Tally:
    """What was seen."""

    jobs: int = 0
    completed: int = 0
    kills: dict[str, int] = field(default_factory=lambda: dict.fromkeys(VICTIMS, 0))
    kills_in_recovery: int = 0
    not_accepted: int = 0
    processes: int = 0
    parked: int = 0
    done: int = 0
    again: int = 0
    effects: int = 0
    doubled: int = 0
    lost_effects: int = 0
    lost_jobs: int = 0
    other: int = 0
    examples: list[str] = field(default_factory=list)

    @property
    def violations(self) -> int:
        """How often a promise was broken."""
        return self.doubled + self.lost_effects + self.lost_jobs + self.other


VICTIMS = ("parent", "executor", "both")


class ViolationError(Exception):
    """A promise was broken in a way that ends the job's proof."""


@dataclass
class Ended:
    """How a process ended; ``result`` is what it printed, if it lived so long."""

    killed: list[str]
    code: int
    result: dict | None
    stderr: str


class Proof:
    """Kills until enough have been killed; safe to use from several threads."""

    def __init__(self, folder, *, kills, seed, with_intents=True):
        self.tally = Tally()
        self._folder = folder
        self._wanted = kills
        self._seed = seed
        self._module = "casare_robot" if with_intents else MODULE
        self._server = CountingServer()
        self._lock = threading.Lock()
        self._number = 0

    def run(self, workers):
        """Run it all; returns the tally."""
        try:
            world = World(self._folder / "calm", self._server, "calm")
            self._home_of("calm").mkdir()
            calm = self._exec(world, "calm", self._home_of("calm"), [], resume=False)
            if calm.code != 0:
                raise RuntimeError(f"the job does not even run undisturbed: {calm}")
            self._variables = self._plain(calm.result["variables"], world)
            self._expected = world.effects()
            if set(self._expected.values()) != {1}:
                raise RuntimeError(f"undisturbed, effects happen twice: {self._expected}")
            with ThreadPoolExecutor(workers) as pool:
                for future in [pool.submit(self._work, number) for number in range(workers)]:
                    future.result()
        finally:
            self._server.close()
        return self.tally

    def _work(self, worker):
        home = self._home_of(f"home{worker}")
        while True:
            with self._lock:
                if sum(self.tally.kills.values()) >= self._wanted:
                    return
                self._number += 1
                number = self._number
                self.tally.jobs += 1
            job = f"job{number}"
            world = World(self._folder / job, self._server, job)
            try:
                self._prove(world, job, home, random.Random(f"{self._seed} {number}"))
            except ViolationError as violation:
                self._count("other", f"{job}: {violation}")
            self._check(world, job)

    def _prove(self, world, job, home, rng):
        """Take one job to its end."""
        kills = rng.randint(1, KILLS_PER_JOB)
        ended, accepted, killed = None, False, 0
        while True:
            plan = _plan(rng, kills - killed)
            unknown = self._unknown(ended) if ended and ended.code == 4 else []
            if unknown:
                if rng.random() < LOOKS:
                    self._must_be_listed(job, home, unknown)
                ended = self._resolve(world, job, home, unknown, plan)
            else:
                ended = self._exec(world, job, home, plan, resume=accepted)
            with self._lock:
                for victim in ended.killed:
                    self.tally.kills[victim] += 1
                    self.tally.kills_in_recovery += killed > 0
                    killed += 1
            if ended.code == 2 and "there is no job" in ended.stderr:
                if accepted and sum(world.effects().values()):
                    self._count("lost_jobs", f"{job} is not known any more")
                accepted = False
                with self._lock:
                    self.tally.not_accepted += 1
                continue
            accepted = True
            if ended.code == 0:
                if self._plain(ended.result["variables"], world) != self._variables:
                    raise ViolationError(f"variables are {ended.result['variables']}")
                with self._lock:
                    self.tally.completed += 1
                return
            if ended.code >= 0 and (ended.code != 4 or not self._unknown(ended)):
                self._count("lost_jobs", f"{job} ended with {ended}")
                return

    def _resolve(self, world, job, home, unknown, plan):
        """Answer the first step with what was counted."""
        step = unknown[0]
        happened = effect_of(step["key"]) in world.effects()
        answer = "done" if happened else "again"
        with self._lock:
            self.tally.parked += 1
            self.tally.done += happened
            self.tally.again += not happened
        return self._start(
            ["jobs", "resolve", job, "--as", answer, "--step", step["key"]], home, plan
        )

    def _must_be_listed(self, job, home, unknown):
        shown = self._start(["jobs", "show", job], home, [])
        if shown.result is None or shown.result["needs_attention"] != unknown:
            raise ViolationError(f"jobs show does not list {unknown}: {shown}")

    def _exec(self, world, job, home, plan, *, resume):
        file = [] if resume else [str(world.file)]
        return self._start(["exec", *file, "--job", job], home, plan)

    def _start(self, words, home, plan):
        """Run the command line, and kill what the plan says when it says so."""
        with self._lock:
            self.tally.processes += 1
        command = [sys.executable, "-m", self._module, *words, "--json", "--home", str(home)]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
        )
        stopped = threading.Event()
        lines, killed = [], []
        killer = threading.Thread(target=_watch, args=(process, plan, lines, killed, stopped))
        killer.start()
        lines.extend(process.stderr)
        stdout = process.stdout.read()
        code = process.wait(PATIENCE)
        stopped.set()
        killer.join()
        for pipe in (process.stderr, process.stdout):
            pipe.close()
        try:
            result = json.loads(stdout) if stdout.strip() and code >= 0 else None
        except ValueError:
            raise ViolationError(f"{words} printed {stdout!r}") from None
        return Ended(killed, code, result, "".join(lines)[-2000:])

    def _unknown(self, ended):
        return (ended.result or {}).get("needs_attention") or []

    def _check(self, world, job):
        seen = world.effects()
        with self._lock:
            self.tally.effects += sum(self._expected.values())
        for effect in set(seen) | set(self._expected):
            times, wanted = seen[effect], self._expected[effect]
            if times > wanted:
                self._count("doubled", f"{job}: {effect!r} happened {times} times")
            elif times < wanted:
                self._count("lost_effects", f"{job}: {effect!r} never happened")

    def _count(self, what, example):
        with self._lock:
            setattr(self.tally, what, getattr(self.tally, what) + 1)
            self.tally.examples.append(f"{what}: {example}")

    def _home_of(self, name):
        return self._folder / f"h-{name}"

    def _plain(self, variables, world):
        return json.loads(json.dumps(variables).replace(str(world.folder), "<HERE>"))


def _plan(rng, kills):
    """Whom to kill in one process, after how many lines, how long after that: the executor twice
    at most (the third death at one place is rightly taken for the job's fault), then the rest."""
    plan = []
    for victim in rng.choices(VICTIMS, k=min(kills, 3)):
        plan.append((victim, int(LINES * rng.random() ** 2) - 1, rng.random()))
        if victim != "executor":
            break
    return plan[:2] if all(victim == "executor" for victim, *_ in plan) else plan


def _watch(process, plan, lines, killed, stopped):
    """Kill a moment after the planned line; or early, before anything is written."""
    before = 0
    for victim, count, moment in plan:
        if count <= 0:
            stopped.wait(moment * 0.9)
        else:
            while len(lines) < before + count:
                if stopped.wait(0.001) or process.poll() is not None:
                    return
            stopped.wait(moment * 0.012)
        before = len(lines)
        if _kill(process, victim):
            killed.append(victim)


def _kill(process, victim):
    """Whether somebody was there to be killed."""
    try:
        parent = psutil.Process(process.pid)
        executors = [child for child in parent.children() if _is_executor(child)]
        targets = {"parent": [parent], "executor": executors, "both": [*executors, parent]}[victim]
        for target in targets:
            target.kill()
    except psutil.NoSuchProcess:
        return False
    return bool(targets)


def _is_executor(process):
    with contextlib.suppress(psutil.Error):
        return any("executor" in word for word in process.cmdline()[1:])
    return False


def report(tally, seconds):
    """The figures as a table."""
    rows = [
        ("jobs", tally.jobs),
        ("completed", tally.completed),
        ("processes started", tally.processes),
        *((f"kills of {victim}", count) for victim, count in tally.kills.items()),
        ("kills in all", sum(tally.kills.values())),
        ("  of these during recovery", tally.kills_in_recovery),
        ("killed before acceptance", tally.not_accepted),
        ("unknown steps parked", tally.parked),
        ("  that had happened", tally.done),
        ("  that had not", tally.again),
        ("effects expected", tally.effects),
        ("effects doubled", tally.doubled),
        ("effects lost", tally.lost_effects),
        ("jobs lost", tally.lost_jobs),
        ("other violations", tally.other),
        ("seconds", round(seconds, 1)),
    ]
    return "\n".join(f"{name:<30}{value:>10}" for name, value in rows)


def prove(folder, *, kills, seed, workers=3, with_intents=True):
    """Run the proof in a folder."""
    return Proof(folder, kills=kills, seed=seed, with_intents=with_intents).run(workers)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--without-intents", action="store_true")
    options = parser.parse_args()
    print(f"seed {options.seed}")
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="kill9-") as folder:
        tally = prove(
            Path(folder),
            kills=options.kills,
            seed=options.seed,
            workers=options.workers,
            with_intents=not options.without_intents,
        )
    print(report(tally, time.monotonic() - began))
    for example in tally.examples[:20]:
        print(example)
    return 1 if tally.violations else 0


if __name__ == "__main__":
    sys.exit(main())
