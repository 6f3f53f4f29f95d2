"""Proof that a day's work survives kill -9: nothing doubled, nothing lost, the unknown listed.

Run: python -m tests.proofs.days_work [--kills 20] [--rows 50] [--seed 1] [--without-intents]

A running robot does `resources/examples/days_work.json` with a real mailbox, browser and
mail server: it reads the orders, types each into a web form, saves the receipt and mails
it on. The agent, its executor or both are killed at random points. A step that nobody can
know about must be listed; the proof answers for it as a person would who looks at the
form's orders and the mails. What counts in the end is what these servers saw. Exits with
1 when something was done twice, is missing, or a killed browser stays.
``--without-intents`` takes the protection off and must make the proof fail.
"""

import argparse
import asyncio
import contextlib
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from casare_robot.agent.run_workflow import make_job
from casare_robot.control.client import ControlClient
from casare_robot.domain.errors import AgentUnreachableError
from casare_robot.domain.job import JobId, JobStatus
from tests.mail_servers import PASSWORD
from tests.proofs.days_work_world import FIELDS, World, text_of
from tests.proofs.without_intents import MODULE

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "resources" / "examples" / "days_work.json"
VICTIMS = ("agent", "executor", "both")
PATIENCE = 300
BEFORE = 3
"""Kills while the mail is read count as this many rows; so do those after the last row."""


@dataclass
class Tally:
    """What was seen."""

    days: int = 0
    kills: dict[str, int] = field(default_factory=lambda: dict.fromkeys(VICTIMS, 0))
    asked: list[str] = field(default_factory=list)
    again: int = 0
    effects: int = 0
    violations: list[str] = field(default_factory=list)


class Robot:
    """`casare-robot run` in a home of its own, and a line to it."""

    def __init__(self, home, cert, *, with_intents):
        self._home = home
        self._module = "casare_robot" if with_intents else MODULE
        self._environment = {
            **os.environ,
            "SSL_CERT_FILE": str(cert),
            "CASARE_SECRET_MAIL_PASSWORD": PASSWORD,
            "PYTHONPATH": str(ROOT),
        }
        self._process = None
        self.line = ControlClient(home / "data")

    def start(self):
        """Start it, unless it runs."""
        if self._process is not None and self._process.poll() is None:
            return
        log = (self._home.parent / "robot.log").open("ab")
        self._process = subprocess.Popen(
            [sys.executable, "-m", self._module, "run", "--home", str(self._home)],
            cwd=ROOT,
            env=self._environment,
            stdout=log,
            stderr=log,
        )
        log.close()

    def kill(self, victim):
        """Kill -9; whether somebody was there, and everything that must be gone because of it."""
        try:
            agent = psutil.Process(self._process.pid)
            below = agent.children(recursive=True)
            executors = [one for one in agent.children() if _is_executor(one)]
        except psutil.NoSuchProcess:
            return False, []
        doomed = {"agent": [agent], "executor": executors, "both": [*executors, agent]}[victim]
        for one in doomed:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
        if agent in doomed:
            self._process.wait()
        return bool(doomed), below

    def end(self):
        """Stop it for good."""
        if self._process is not None:
            _, below = self.kill("both")
            psutil.wait_procs(below, timeout=PATIENCE)


def _is_executor(process):
    with contextlib.suppress(psutil.Error):
        return any("executor" in word for word in process.cmdline()[1:])
    return False


class Proof:
    """Days of work, until enough was killed.

    Args:
        folder: For all that is written.
        kills: How many; 0 is one undisturbed day.
        rows: Orders a day.
        seed: Of the dice.
        with_intents: False takes the protection off.
        within: The one kill comes while this order is being entered; 0: anywhere.
    """

    def __init__(self, folder, *, kills, rows, seed, with_intents=True, within=0):
        self.tally = Tally()
        self._folder = folder
        self._kills = kills
        self._rows = rows
        self._rng = random.Random(seed)
        self._world = World(folder, rows)
        self._robot = Robot(folder / "home", self._world.cert, with_intents=with_intents)
        self._plan = []
        self._world.held = within

    def run(self):
        """Run it all; the tally."""
        try:
            while True:
                self._day()
                if sum(self.tally.kills.values()) >= self._kills or self.tally.violations:
                    return self.tally
        finally:
            self._robot.end()
            self._world.close()

    def _day(self):
        self.tally.days += 1
        self._world.begin()
        folder = self._folder / f"day{self.tally.days}"
        job = f"day-{self.tally.days}"
        left = self._kills - sum(self.tally.kills.values())
        self._plan = sorted(self._rng.uniform(-BEFORE, self._rows + BEFORE) for _ in range(left))
        if self._world.held:
            self._plan = [float(self._world.held)]
        asyncio.run(self._work(job, folder))
        self._judge(folder)

    async def _work(self, job, folder):
        """See a job through to its end, killing on the way."""
        variables = self._world.variables(folder)
        begun = time.monotonic()
        deadline = begun + PATIENCE + 30 * self._kills
        while True:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{job} did not end: see {self._folder / 'robot.log'}")
            self._robot.start()
            with contextlib.suppress(AgentUnreachableError):
                entry, result = await self._stand(job, variables)
                if entry.status is JobStatus.COMPLETED:
                    return
                if entry.status.is_final and entry.status is not JobStatus.NEEDS_ATTENTION:
                    self.tally.violations.append(f"{job} ended {entry.status}: {entry.error}")
                    return
                if entry.status is JobStatus.NEEDS_ATTENTION and result is not None:
                    await self._answer(job, result)
            if self._plan and self._is_due(time.monotonic() - begun):
                self._plan.pop(0)
                self._kill()
                begun = time.monotonic()
            await asyncio.sleep(0.02)

    async def _stand(self, job, variables):
        """Where the job stands; it is handed over first if the robot does not know it."""
        found = await self._robot.line.job(JobId(job))
        if found is None:
            whole = make_job(EXAMPLE, job_id=job, variables=variables)
            async with contextlib.aclosing(self._robot.line.submit(whole)) as events:
                await anext(events)
            found = await self._robot.line.job(JobId(job))
        return found

    def _is_due(self, seconds):
        """Whether the world is as far as the next kill wants it."""
        place, entered = self._plan[0], len(self._world.times())
        if place < 0:
            return entered > 0 or seconds > (place + BEFORE) * 1.5
        if entered < min(int(place), self._rows):
            return False
        rest = place - int(place) if place < self._rows else place - self._rows
        time.sleep(rest * (0.2 if place < self._rows else 1.0))
        return True

    def _kill(self):
        victim = "both" if self._world.held else self._rng.choice(VICTIMS)
        was_there, below = self._robot.kill(victim)
        self.tally.kills[victim] += was_there
        self._world.released.set()
        mine = [one for one in below if "chrom" in _name(one) or _is_executor(one)]
        _, alive = psutil.wait_procs(mine, timeout=60 if victim != "agent" else 90)
        if alive:
            names = sorted({_name(one) for one in alive})
            self.tally.violations.append(f"still there after the {victim} was killed: {names}")

    async def _answer(self, job, result):
        """Say of each step what the world shows."""
        decisions = {}
        for step in result.needs_attention:
            turns = re.findall(r"\[(\d+)", step.key)
            happened = self._world.happened(step.node_id, int(turns[-1]) if turns else 0)
            decisions[step.key] = "done" if happened else "again"
            self.tally.again += not happened
            self.tally.asked.append(f"{step.key}: {decisions[step.key]}")
        if not decisions:
            self.tally.violations.append(f"{job} needs attention and lists nothing: {result.error}")
        await self._robot.line.resolve(JobId(job), decisions)

    def _judge(self, folder):
        """Hold what the servers saw against what was ordered."""
        wrong, world = self.tally.violations, self._world
        self.tally.effects += len(world.orders) + 3
        times = world.times()
        for number, *_ in world.orders:
            if times[number] != 1:
                wrong.append(f"order {number} was entered {times[number]} times")
        wanted = [dict(zip(FIELDS, map(str, order), strict=True)) for order in world.orders]
        strange = [one for one in world.entered if one not in wanted]
        wrong += [f"entered as {one}" for one in strange]
        receipt = folder / "receipt.pdf"
        said = text_of(receipt.read_bytes()).splitlines()[0] if receipt.exists() else "nothing"
        if said != f"{len(world.orders)} orders entered":
            wrong.append(f"the receipt says {said!r}")
        if len(world.reports()) != 1:
            wrong.append(f"{len(world.reports())} reports were mailed")
        folders = {name: world.mails_in(name) for name in ("INBOX", "Archive")}
        if folders != {"INBOX": 0, "Archive": 1}:
            wrong.append(f"the order's mail is there so often: {folders}")


def _name(process):
    with contextlib.suppress(psutil.Error):
        return process.name()
    return ""


def prove(folder, *, kills, rows=50, seed=1, **more):
    """Run the proof in a folder; for the rest see `Proof`."""
    return Proof(folder, kills=kills, rows=rows, seed=seed, **more).run()


def report(tally, seconds):
    """The figures as a table."""
    rows = [
        ("days of work", tally.days),
        *((f"kills of {victim}", count) for victim, count in tally.kills.items()),
        ("steps asked about", len(tally.asked)),
        ("  that had not happened", tally.again),
        ("effects expected", tally.effects),
        ("violations", len(tally.violations)),
        ("seconds", round(seconds, 1)),
    ]
    return "\n".join(f"{name:<30}{value:>10}" for name, value in rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--rows", type=int, default=50)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--without-intents", action="store_true")
    given = parser.parse_args()
    print(f"seed {given.seed}", flush=True)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="days-work-") as folder:
        tally = prove(
            Path(folder),
            kills=given.kills,
            rows=given.rows,
            seed=given.seed,
            with_intents=not given.without_intents,
        )
    print(report(tally, time.monotonic() - began))
    for line in [*tally.asked, *tally.violations[:20]]:
        print(line)
    return int(bool(tally.violations))


if __name__ == "__main__":
    sys.exit(main())
