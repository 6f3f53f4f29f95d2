"""Proof that much to do loses nothing: `python -m tests.proofs.load --queued 1000 --rate 10`.

Two robots, as processes, work off a long queue while more jobs come in. Each
job adds its line to a file. Meanwhile the page and the status are asked for
again and again; the slowest answers are told. Exits with 1 if a job or its
effect is lost or doubled, or if the slowest of 100 answers takes a second.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from casare_robot.link.orchestrator_client import OrchestratorClient
from tests.whole import appends, orchestrator_process, robot_process

AT_ONCE = 8
PATIENCE = 1_800.0
SLOWEST = 1.0
"""Seconds that 99 of 100 answers may take while all processors are busy."""


class Load:
    """What was seen.

    Attributes:
        answers: Seconds that each look at the page or at the status took.
        violations: Promises that were broken.
    """

    def __init__(self, *, queued, rate, seconds, robots=2):
        self.names = [f"job-{number}" for number in range(queued + int(rate * seconds))]
        self.answers = []
        self.violations = []
        self._queued = queued
        self._rate = rate
        self._robots = robots

    async def run(self, folder):
        """Queue, have the robots begin, submit on, wait for the end."""
        with orchestrator_process(folder / "home") as (_, facts):
            async with OrchestratorClient(facts["url"], facts["admin_key"]) as client:
                effects = folder / "effects"
                await self._queue(client, effects)
                await self._work(client, effects, facts, folder)
                await self._check(client, effects)

    async def _queue(self, client, effects):
        names = iter(self.names[: self._queued])

        async def one_after_the_other():
            for name in names:
                await self._submit(client, effects, name)

        await asyncio.gather(*(one_after_the_other() for _ in range(AT_ONCE)))

    async def _submit(self, client, effects, name):
        await client.submit({"workflow": appends(effects, name), "job_id": name, "name": name})

    async def _work(self, client, effects, facts, folder):
        robots = [
            robot_process(
                *(facts["robots"], facts["robot_key"], folder / f"robot-{number}"),
                robot_id=f"robot-{number}",
                err=folder / f"robot-{number}.log",
            )
            for number in range(self._robots)
        ]
        for robot in robots:
            robot.__enter__()
        looking = asyncio.create_task(self._look(client))
        try:
            for name in self.names[self._queued :]:
                await self._submit(client, effects, name)
                await asyncio.sleep(1 / self._rate)
            async with asyncio.timeout(PATIENCE):
                while await self._is_open(client):
                    await asyncio.sleep(1)
        finally:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)
            for robot in robots:
                await asyncio.to_thread(robot.__exit__, None, None, None)

    async def _is_open(self, client):
        for status in ("queued", "assigned", "running"):
            if (await client._ask("GET", f"jobs?limit=1&status={status}"))["jobs"]:
                return True
        return False

    async def _look(self, client):
        """Ask as an open page does."""
        while True:
            for path in ("/", "/api/v1/robots", "/api/v1/jobs?limit=200", "/api/v1/jobs/job-0"):
                began = time.perf_counter()
                answer = await client._http.get(f"{client.url}{path}")
                self.answers.append(time.perf_counter() - began)
                if answer.status_code != 200:
                    self.violations.append(f"{path} answered {answer.status_code}")
            await asyncio.sleep(0.2)

    async def _check(self, client, effects):
        seen = Counter(effects.read_text().split())
        for name in self.names:
            job = await client.job(name)
            if job["status"] != "completed":
                self.violations.append(f"{name} is {job['status']}: {job['error']}")
            if seen[name] != 1:
                self.violations.append(f"{name} happened {seen[name]} times")
        if self.slowest >= SLOWEST:
            self.violations.append(f"the slowest of 100 answers took {self.slowest:.2f} s")

    @property
    def slowest(self):
        """Seconds within which 99 of 100 answers came."""
        return sorted(self.answers)[int(len(self.answers) * 0.99)]

    @property
    def usual(self):
        """Seconds within which half of the answers came."""
        return sorted(self.answers)[len(self.answers) // 2]


async def prove(folder, **options):
    """Run it in a folder; what was seen."""
    load = Load(**options)
    await load.run(folder)
    return load


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--queued", type=int, default=1000)
    parser.add_argument("--rate", type=float, default=10, help="jobs a second after that")
    parser.add_argument("--seconds", type=float, default=60)
    chosen = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="load-") as folder:
        how = {"queued": chosen.queued, "rate": chosen.rate, "seconds": chosen.seconds}
        load = asyncio.run(prove(Path(folder), **how))
    seconds = time.monotonic() - began
    print(
        f"{len(load.names)} jobs in {seconds:.0f} s, {len(load.names) / seconds:.1f} a second; "
        f"{len(load.answers)} looks, p50 {1000 * load.usual:.0f} ms, "
        f"p99 {1000 * load.slowest:.0f} ms; {len(load.violations)} violations"
    )
    for violation in load.violations[:20]:
        print(violation)
    return 1 if load.violations else 0


if __name__ == "__main__":
    sys.exit(main())
