"""Proof that an orchestrator that is killed again and again loses nothing.

Run: python -m tests.proofs.orchestrator_restarts --restarts 200 [--jobs 500] [--robots]

The orchestrator, a process, is killed with -9 and started anew while jobs are
submitted and run on three robots. Each job adds its own line to a file that
nobody but the jobs knows, and hands back a number. At the end every job must
have completed with its number, and the file must hold each line once: what a
run without faults gives. With ``--robots`` robots are killed too; steps they
cannot be sure about are parked, and answered with what is in the file. Exits
with 1 when something was lost, doubled or wrong.
"""

import argparse
import asyncio
import contextlib
import json
import random
import sys
import tempfile
import time
from collections import Counter
from functools import partial
from pathlib import Path

from casare_robot.link.orchestrator_client import OrchestratorClient, OrchestratorError
from tests.ports import free_port
from tests.whole import chain, command, end, process, robot_process, until

ROBOTS = 3
PATIENCE = 240.0
"""Seconds in which everything must be well after the last kill."""
SHORTEST, LONGEST = 0.0, 2.5
"""Seconds from an orchestrator's readiness to its death."""
AT_ONCE = 4


class Proof:
    """Kills and starts until enough have died and all jobs have ended."""

    def __init__(self, folder, *, restarts, jobs, seed, kill_robots=False):
        self.restarts = 0
        self.kills_of_robots = 0
        self.parked = 0
        self.submissions_repeated = 0
        self.violations = []
        self._folder = folder
        self._wanted = restarts
        self._names = [f"job-{number}" for number in range(jobs)]
        self._rng = random.Random(seed)
        self._kill_robots = kill_robots
        self._file = folder / "effects"
        self._home = folder / "orchestrator"
        self._port = free_port()
        self._robots = {}

    async def run(self):
        """Run it; what was broken is in ``violations``."""
        server, facts = await self._start()
        self._facts = facts
        with contextlib.ExitStack() as stack:
            for number in range(ROBOTS):
                self._robots[f"robot-{number}"] = self._robot(stack, number)
            async with OrchestratorClient(facts["url"], facts["admin_key"]) as client:
                submitting = asyncio.create_task(self._submit_all(client))
                try:
                    server = await self._kill_and_start(server, stack)
                    await submitting
                    await self._see_to_the_end(client, stack)
                finally:
                    submitting.cancel()
                    await asyncio.to_thread(end, server)
        self._count_effects()

    async def _start(self):
        """A new orchestrator that answers; (process, facts)."""
        started = process("orchestrator", "--port", self._port, "--json", home=self._home)
        line = await asyncio.to_thread(started.stdout.readline)
        if not line:
            raise AssertionError(f"it does not start: {started.communicate()[1]}")
        return started, json.loads(line)

    def _robot(self, stack, number):
        name = f"robot-{number}"
        return stack.enter_context(
            robot_process(
                self._facts["robots"],
                self._facts["robot_key"],
                self._folder / name,
                robot_id=name,
                err=self._folder / f"{name}.log",
            )
        )

    async def _kill_and_start(self, server, stack):
        """Kill the orchestrator as often as wanted, and robots now and then."""
        while self.restarts < self._wanted:
            await asyncio.sleep(self._rng.uniform(SHORTEST, LONGEST))
            server.kill()
            await asyncio.to_thread(server.communicate)
            self.restarts += 1
            if self._kill_robots and self._rng.random() < 0.3:
                self._kill_a_robot(stack)
            server, _ = await self._start()
            if sys.stderr.isatty() and self.restarts % 10 == 0:
                print(self.restarts, file=sys.stderr)
        return server

    def _kill_a_robot(self, stack):
        number = self._rng.randrange(ROBOTS)
        name = f"robot-{number}"
        self._robots[name].kill()
        self._robots[name].wait()
        self.kills_of_robots += 1
        self._robots[name] = self._robot(stack, number)

    async def _submit_all(self, client):
        """Submit each job until it is known to be taken, over the length of the proof."""
        waiting = asyncio.Queue()
        for number, name in enumerate(self._names):
            waiting.put_nowait((number, name))

        async def one_after_the_other():
            while not waiting.empty():
                number, name = waiting.get_nowait()
                await until(partial(self._submit, client, number, name), PATIENCE)
                turn = self._wanted * (number / len(self._names) - 0.05)
                await until(partial(self._has_come_to, turn), None)

        await asyncio.gather(*(one_after_the_other() for _ in range(AT_ONCE)))

    def _has_come_to(self, turn):
        return self.restarts >= turn

    async def _submit(self, client, number, name):
        wanted = {
            "workflow": workflow(self._file, number, name),
            "job_id": name,
            "robot_id": f"robot-{number % ROBOTS}" if number % 5 == 0 else None,
            "priority": number % 3,
        }
        try:
            await client.submit(wanted)
        except OrchestratorError as error:
            if error.status not in (0, 503):
                raise
            self.submissions_repeated += 1
            return False
        return True

    async def _see_to_the_end(self, client, stack):
        ended = {}
        began = time.monotonic()
        while len(ended) < len(self._names) and time.monotonic() - began < PATIENCE:
            for job in await client.jobs(1000):
                if job["status"] == "needs_attention" and self._kill_robots:
                    await self._resolve(job, stack)
                elif job["ended_at"] and job["job_id"] not in ended:
                    ended[job["job_id"]] = await client.job(job["job_id"])
            await asyncio.sleep(0.5)
        for number, name in enumerate(self._names):
            job = ended.get(name)
            if job is None:
                self.violations.append(f"{name} has not ended: {await self._look(client, name)}")
            elif job["status"] != "completed" or job["outputs"] != {"n": number * 7}:
                self.violations.append(f"{name} ended as {job}")

    async def _look(self, client, name):
        try:
            return await client.job(name)
        except OrchestratorError as error:
            return str(error)

    async def _resolve(self, job, stack):
        """Answer a parked step with what is in the file."""
        [step] = job["needs_attention"]
        lines = self._file.read_text().split() if self._file.exists() else []
        answer = "done" if job["job_id"] in lines else "again"
        self.parked += 1
        ended = await command(
            *("jobs", "resolve", job["job_id"], "--as", answer, "--step", step["key"]),
            home=self._folder / job["robot_id"],
        )
        if ended.returncode != 0:
            self.violations.append(f"{job['job_id']} cannot be resolved: {ended.stderr[-500:]}")

    def _count_effects(self):
        seen = Counter(self._file.read_text().split())
        for name in self._names:
            if seen[name] != 1:
                self.violations.append(f"the effect of {name} happened {seen[name]} times")


def workflow(file, number, name):
    """A job that leaves a line and hands back seven times its number."""
    return chain(
        ("put", "SetVariable", {"variable_name": "n", "default_value": number * 6}),
        ("wait", "Wait", {"duration": 0.05}),
        ("line", "AppendFile", {"file_path": str(file), "content": f"{name}\n"}),
        ("add", "IncrementVariable", {"variable_name": "n", "increment": number}),
    )


async def prove(folder, *, restarts, jobs, seed, kill_robots=False):
    """Run the proof in a folder; what it saw."""
    proof = Proof(folder, restarts=restarts, jobs=jobs, seed=seed, kill_robots=kill_robots)
    await proof.run()
    return proof


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--restarts", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=500)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--robots", action="store_true", help="kill robots too")
    chosen = parser.parse_args()
    print(f"seed {chosen.seed}")
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="restarts-") as folder:
        proof = asyncio.run(
            prove(
                Path(folder),
                restarts=chosen.restarts,
                jobs=chosen.jobs,
                seed=chosen.seed,
                kill_robots=chosen.robots,
            )
        )
    for name, figure in (
        ("orchestrators killed", proof.restarts),
        ("robots killed", proof.kills_of_robots),
        ("jobs", chosen.jobs),
        ("submissions made again", proof.submissions_repeated),
        ("steps parked and resolved", proof.parked),
        ("violations", len(proof.violations)),
        ("seconds", round(time.monotonic() - began)),
    ):
        print(f"{name:<30}{figure:>10}")
    for violation in proof.violations[:20]:
        print(violation)
    return 1 if proof.violations else 0


if __name__ == "__main__":
    sys.exit(main())
