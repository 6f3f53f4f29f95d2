"""Proof that a group's job has one robot at a time, and always has one.

Run: python -m tests.proofs.failover --rounds 1000 --pairs 6 [--store URL] [--without PROTECTION]

Two robots, processes of their own, are a group: one works, one stands by. In each
round the active one is killed, frozen beyond its lease, or cut off from the store,
in the middle of a job; the other must take over within 6 s, the job must go on
where the shared steps end, and each of its lines must be in the file once. A step
that nobody knows about must be parked, and is answered with what the file says.
The returning robot must stand by, its old token must be good for nothing. Exits
with 1 when anything is violated; with a protection removed something must be.

A robot that is stopped in the middle of a write to a file keeps the file's lock, and
then nobody can take over, nor should. ``stuck`` does so on purpose, on a file of its
pair alone: the other must say that the store is busy and who keeps it so, nobody may
have the job meanwhile, and all must go on when the writer does. ``frozen`` stops a
robot outside of its writes, and it is counted how often that took another try.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import psutil

from casare_robot.groups.job_rows import TABLE, JobRows, job_of, table_of
from casare_robot.groups.robot_group import RobotGroup
from casare_robot.store.opening import open_store
from casare_robot.store.sqlite.write_lock import writer
from tests.proofs.failover_robot import PROTECTIONS
from tests.whole import ROOT, chain, command, until

BOUND = 6.0
"""Seconds from a death to the next robot's claim. Source: groups.md 4.8."""
SCENARIOS = ("killed", "frozen", "cut_off", "late", "vetoed", "many", "cancelled")
STUCK = "stuck"
"""Of one pair that has a file to itself: it keeps everybody waiting."""
TRIES = 3
MANY = 12
CANCELLED_WITHIN = 1.0
"""Seconds from the wish to the end of a job that waits in a node."""
PATIENCE = 60.0
LINES = 16
TICK = """
import sys, time
for _ in range(400):
    with open(sys.argv[1], "a") as ticks:
        ticks.write(f"{time.time()}\\n")
    time.sleep(0.05)
"""


class Proof:
    """Rounds with one pair of robots, whose names are theirs alone in the store.

    Attributes:
        takeovers: Seconds from each blow to the other's claim.
        cancellations: Seconds from each wish to the job's end.
        parked: Steps that nobody knew about.
        stopped_writing: How often a robot was stopped in the middle of a write.
        violations: What must not be, in words.
        slow: How many of these say only that something took too long.
    """

    def __init__(
        self, folder, url, *, without="-", seed=0, bound=BOUND, restart=None, group="pair"
    ):
        self.takeovers = []
        self.cancellations = []
        self.parked = 0
        self.stopped_writing = 0
        self.rounds = Counter()
        self.violations = []
        self.slow = 0
        self._folder = folder
        self._url = url
        self._group = group
        self._robots = (f"{group}-1", f"{group}-2")
        self._without = without
        self._bound = bound
        self._restart = restart
        self._rng = random.Random(seed)
        self._processes = {}
        self._number = 0
        self._file_of_store = Path(url.removeprefix("sqlite:")) if is_file(url) else None

    async def run(self, rounds, *, scenarios=SCENARIOS):
        """Run so many rounds; scenarios take turns."""
        blows = [getattr(self, f"_{name}") for name in scenarios]
        async with await open_store(self._url) as self._store:
            try:
                for name, role in zip(self._robots, ("active", "passive"), strict=True):
                    self._start(name, role)
                    await until(lambda name=name, role=role: self._is(name, role), PATIENCE)
                (self._folder / "has-begun").touch()
                await self._remember("the SAP portal is in German")
                for number in range(rounds):
                    blow = blows[number % len(blows)]
                    self.rounds[blow.__name__.strip("_")] += 1
                    try:
                        await blow()
                        await self._both_in_place()
                    except TimeoutError:
                        self._violated(f"{blow.__name__} did not come to its end")
                        return
            finally:
                for name in tuple(self._processes):
                    self._kill(name)

    async def _killed(self):
        """The active and everything it started is gone at once."""
        async with self._job() as job:
            old, new = await self._under_way(job)
            self._kill(old)
            await self._taken(job, new)
            roles = await self._roles()
            if roles.get(old) in ("active", "passive"):
                self._violated(f"the dead {old} is still {roles[old]}")
            await self._recall("German", robot=new)
            await self._ended(job)
            self._start(old, "active")

    async def _frozen(self):
        """The active stands still until another has its job, then wakes up."""
        async with self._job() as job:
            old, new = await self._under_way(job)
            with_executors = self._rng.random() < 0.5
            before = (await self._row(job))["token"]
            await self._stop(old, writing=False)
            self._signal(old, signal.SIGSTOP, everything=with_executors)
            await self._taken(job, new)
            await self._begun_with_a_greater_token(job, before)
            self._signal(old, signal.SIGCONT, everything=with_executors)
            await until(lambda: self._is(old, "passive"), PATIENCE)
            held = (await self._store.held(f"{TABLE}:{job}")).get(f"{TABLE}:{job}")
            if held is not None and not held.holder.startswith(new):
                self._violated(f"{held.holder} has the lease of {job}")
            await self._ended(job)

    async def _stuck(self):
        """The active stands still while it writes: nobody can do anything until it goes on."""
        async with self._job() as job:
            old, new = await self._under_way(job)
            await self._stop(old, writing=True)
            before = await self._row(job)
            await until(lambda: self._says(new, "E-STORE-504", old), PATIENCE)
            if await self._row(job) != before:
                self._violated(f"{job} was changed while {old} kept the store")
            self._signal(old, signal.SIGCONT, everything=False)
            await self._ended(job)

    async def _cut_off(self):
        """The active cannot reach the store while it is busy with something that cannot be undone.

        What it does must have stopped before the other begins.
        """
        ticks = self._folder / f"ticks-{self._number}"
        program = self._folder / "tick.py"
        program.write_text(TICK)
        act = {"command": sys.executable, "args": [str(program), str(ticks)], "timeout": 60}
        job = await self._submit(chain(("act", "RunCommand", act)))
        old, new = await self._runner(job)
        await until(ticks.exists, PATIENCE)
        cut = self._folder / f"cut-{old}"
        cut.touch()
        await self._taken(job, new)
        taken = time.time()
        last = float(ticks.read_text().split()[-1])
        if last > taken - 0.02:
            self._violated(f"{old} was still at work when {new} began")
        cut.unlink()
        await self._comes_to(job, "needs_attention")
        self.parked += 1
        await self._resolve(job, "done")
        await self._comes_to(job, "done")
        if time.time() - float(ticks.read_text().split()[-1]) < 0.02:
            self._violated("a step that was answered with done went on")
        await until(lambda: self._is(old, "passive"), PATIENCE)

    async def _late(self):
        """The active has the result, and nobody to tell it to until another has done the job.

        It may be stopped before it has it: then once more.
        """
        for _ in range(TRIES):
            if await self._came_late():
                return
        self._violated("no result came late")

    async def _came_late(self):
        job = await self._submit(chain(("w", "Wait", {"duration": 1})))
        old, new = await self._runner(job)
        await until(lambda: self._has_steps(job), PATIENCE)
        cut = self._folder / f"cut-{old}"
        cut.touch()
        await self._taken(job, new)
        await self._comes_to(job, "done")
        cut.unlink()
        await until(lambda: self._is(old, "passive"), PATIENCE)
        with contextlib.suppress(TimeoutError):
            await until(lambda: self._has_late_result(job), self._bound)
        row = await self._row(job)
        if row["robot"] != new or len(row["late_results"]) > 1:
            self._violated(f"a late result counted: {row}")
        return bool(row["late_results"])

    async def _vetoed(self):
        """A job that must not be resumed is killed, and then parked."""
        async with self._job(restartable=False) as job:
            old, new = await self._under_way(job)
            self._kill(old)
            await until(lambda: self._is(new, "active"), PATIENCE)
            await self._comes_to(job, "needs_attention")
            before = len(self._lines(job))
            self._start(old, "active")
            await until(lambda: self._is(old, "passive"), PATIENCE)
            row = await self._row(job)
            if row["status"] != "needs_attention" or len(self._lines(job)) != before:
                self._violated(f"a job with a veto went on: {row['status']}")

    async def _many(self):
        """Jobs come faster than they are done, and the active is killed among them."""
        jobs = []
        for _ in range(MANY):
            name = self._name(self._number + 1)
            content = {"file_path": str(self._file(name)), "content": "0\n"}
            jobs.append(await self._submit(chain(("l0", "AppendFile", content))))
        old, _ = await self._runner(jobs[0])
        await until(self._file(jobs[MANY // 3]).exists, PATIENCE)
        self._kill(old)
        for job in jobs:
            await self._ended(job, lines=1)
        self._start(old, "active")

    async def _cancelled(self):
        """A job that waits in a node is cancelled."""
        job = await self._submit(chain(("w", "Wait", {"duration": 60})))
        await self._runner(job)
        await until(lambda: self._has_steps(job), PATIENCE)
        began = time.monotonic()
        await JobRows(self._store, time.time).cancel(job, by="proof")
        await self._comes_to(job, "cancelled")
        seconds = time.monotonic() - began
        self.cancellations.append(seconds)
        if seconds > CANCELLED_WITHIN * self._bound / BOUND:
            self.slow += 1
            self._violated(f"it took {seconds:.2f} s to cancel {job}")

    async def _restarted(self):
        """The store itself goes away and comes back."""
        async with self._job() as job:
            await self._under_way(job)
            await asyncio.to_thread(self._restart)
            await self._ended(job)

    # What happens in a round

    @contextlib.asynccontextmanager
    async def _job(self, **work):
        """A job that writes its lines, watched for steps that come with an old token."""
        number = self._number + 1
        steps = []
        for line in range(LINES):
            content = {"file_path": str(self._file(self._name(number))), "content": f"{line}\n"}
            steps += [(f"l{line}", "AppendFile", content), (f"w{line}", "Wait", {"duration": 0.1})]
        job = await self._submit(chain(*steps), **work)
        watch = asyncio.create_task(self._watch_tokens(job))
        try:
            yield job
        finally:
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)
        twice = [line for line, count in Counter(self._lines(job)).items() if count > 1]
        if twice:
            self._violated(f"lines {twice} of {job} were written more than once")

    async def _submit(self, workflow, **work):
        self._number += 1
        job = self._name(self._number)
        work = {"id": job, "workflow": workflow, "group": self._group, **work}
        rows = JobRows(self._store, time.time)
        await rows.add(job_of(work, by=self._group, now=time.time()))
        return job

    async def _runner(self, job):
        """Who runs a job, and who does not."""

        async def runs():
            return (await self._row(job))["status"] == "running"

        await until(runs, PATIENCE)
        runner = (await self._row(job))["robot"]
        return runner, next(name for name in self._robots if name != runner)

    async def _under_way(self, job):
        runner = await self._runner(job)
        wanted = self._rng.randrange(1, LINES // 3)
        await until(lambda: len(self._lines(job)) >= wanted, PATIENCE)
        await asyncio.sleep(self._rng.uniform(0, 0.3))
        return runner

    async def _taken(self, job, by):
        began = time.monotonic()

        async def is_taken():
            row = await self._row(job)
            return row["robot"] == by and row["status"] != "queued"

        await until(is_taken, PATIENCE)
        seconds = time.monotonic() - began
        self.takeovers.append(seconds)
        if seconds > self._bound:
            self.slow += 1
            self._violated(f"{by} took {seconds:.2f} s to take over {job}")

    async def _begun_with_a_greater_token(self, job, before):
        async def is_so():
            return (await self._row(job))["token"] > before

        await until(is_so, PATIENCE)
        await asyncio.sleep(0.1)

    async def _has_late_result(self, job):
        return bool((await self._row(job))["late_results"])

    async def _has_steps(self, job):
        return len(await self._store.find(table_of(job))) > 1

    async def _ended(self, job, *, lines=LINES):
        """Wait for the end, and answer for steps whose outcome nobody knows."""
        while await self._comes_to(job, "done", "needs_attention", "failed") != "done":
            row = await self._row(job)
            if row["status"] == "failed":
                self._violated(f"{job} failed: {row['result']}")
                return
            self.parked += 1
            [step] = row["result"]["needs_attention"]
            line = int(step["node_id"].removeprefix("l"))
            await self._resolve(job, "done" if line in self._lines(job) else "again")
        if sorted(self._lines(job)) != list(range(lines)):
            self._violated(f"{job} wrote {sorted(self._lines(job))}")
        if await self._store.find(table_of(job)):
            self._violated(f"steps of {job} were left behind")

    async def _resolve(self, job, answer):
        """Say what became of a step, where the job is parked, once its robot knows."""
        home = self._folder / (await self._row(job))["robot"]
        async with asyncio.timeout(PATIENCE):
            while True:
                ended = await command("jobs", "resolve", job, "--as", answer, home=home)
                if ended.returncode == 0:
                    return
                await asyncio.sleep(0.1)

    async def _comes_to(self, job, *states):
        async def is_so():
            return (await self._row(job))["status"] in states

        await until(is_so, PATIENCE)
        return (await self._row(job))["status"]

    async def _watch_tokens(self, job):
        """Notice steps that were written after another robot had begun, with an older token."""
        seen, newest = set(), 0
        while True:
            begun = (await self._row(job))["token"]
            for row in await self._store.find(table_of(job)):
                if row.version not in seen and row.record["token"] < newest:
                    self._violated(f"a step of {job} came with token {row.record['token']}")
                seen.add(row.version)
            newest = begun
            await asyncio.sleep(0.05)

    async def _both_in_place(self):
        """One is active, one stands by, and both are there."""

        async def is_so():
            held = await self._store.held(*(f"robot:{name}" for name in self._robots))
            roles = sorted((await self._roles()).values())
            if roles == ["active", "active"]:
                self._violated("both are active")
            return len(held) == 2 and "retired" not in roles

        await until(is_so, PATIENCE)

    async def _remember(self, text):
        group = await RobotGroup.open(self._store, self._group)
        await group.remember(text)
        await group.shutdown()

    async def _recall(self, word, *, robot):
        group = await RobotGroup.open(self._store, self._group)
        if not await group.memory.recall(word, robot=robot, strategy="fulltext"):
            self._violated(f"{robot} knows nothing of {word}")
        await group.shutdown()

    # What there is

    def _name(self, number):
        return f"{self._group}-job-{number}"

    def _file(self, job):
        return self._folder / f"{job}.lines"

    def _lines(self, job):
        file = self._file(job)
        return [int(line) for line in file.read_text().split()] if file.exists() else []

    async def _row(self, job):
        return (await self._store.get(TABLE, job)).record

    async def _roles(self):
        row = await self._store.get("group", self._group)
        members = [] if row is None else row.record["members"]
        return {member["robot"]: member["role"] for member in members}

    async def _is(self, robot, role):
        return (await self._roles()).get(robot) == role

    def _start(self, name, role):
        words = (
            f"--robot-id={name}",
            f"--group={self._group}",
            f"--role={role}",
            f"--store={self._url}",
        )
        module = ("-m", "tests.proofs.failover_robot", self._folder, self._without)
        with (self._folder / f"{name}.log").open("a") as log:
            self._processes[name] = subprocess.Popen(
                [sys.executable, *map(str, module), *words],
                cwd=ROOT,
                env={
                    **{k: v for k, v in os.environ.items() if not k.startswith("CASARE_")},
                    "CASARE_ROBOT_HOME": str(self._folder / name),
                    "CASARE_ROBOT_REMOTE_POLICY": json.dumps({"allow_scripts": True}),
                    "PYTHONPATH": str(ROOT),
                },
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )

    def _tree(self, name):
        robot = psutil.Process(self._processes[name].pid)
        return [robot, *robot.children(recursive=True)]

    def _kill(self, name):
        with contextlib.suppress(psutil.NoSuchProcess):
            for process in self._tree(name):
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
        self._processes.pop(name).wait()

    async def _stop(self, name, *, writing):
        """Stop a robot's process, in the middle of a write or outside of one."""
        process = self._processes[name].pid
        async with asyncio.timeout(PATIENCE):
            while True:
                os.kill(process, signal.SIGSTOP)
                await until(lambda: stands_still(process), PATIENCE)
                writes = self._file_of_store is not None and writer(self._file_of_store) == process
                self.stopped_writing += writes
                if writes == writing:
                    return
                os.kill(process, signal.SIGCONT)
                await asyncio.sleep(self._rng.uniform(0, 0.02))

    async def _says(self, name, code, other):
        """Whether a robot tells this code, and that it is because of the other."""
        ended = await command("status", "--json", home=self._folder / name)
        warnings = {w["code"]: w["message"] for w in json.loads(ended.stdout)["warnings"]}
        return f"process {self._processes[other].pid} " in warnings.get(code, "")

    def _signal(self, name, signal_, *, everything):
        for process in self._tree(name)[: None if everything else 1]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(signal_)

    def _violated(self, what):
        if what not in self.violations:
            self.violations.append(what)


def is_file(url):
    """Whether a store is a file."""
    return url.startswith("sqlite:")


def stands_still(process):
    """Whether every thread of a process is stopped."""
    tasks = Path(f"/proc/{process}/task").iterdir()
    return all(
        task.joinpath("stat").read_text().rpartition(")")[2].split()[0] in "tT" for task in tasks
    )


async def prove(folder, url=None, *, rounds, scenarios=SCENARIOS, **how):
    """Run the proof in a folder; what it saw."""
    address = url or f"sqlite:{folder / 'shared.db'}"
    proof = Proof(folder, address, **how)
    await proof.run(rounds, scenarios=scenarios)
    return proof


async def prove_many(folder, url, *, pairs, rounds, seed, **how):
    """Share the rounds out among pairs that have one store; what each saw."""
    address = url or f"sqlite:{folder / 'shared.db'}"
    shares = [rounds // pairs + (number < rounds % pairs) for number in range(pairs)]
    proofs = []
    for number, share in enumerate(shares):
        home = folder / f"pair-{number}"
        home.mkdir()
        one = prove(home, address, rounds=share, seed=seed + number, group=home.name, **how)
        proofs.append(one)
    return await asyncio.gather(*proofs)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--pairs", type=int, default=1, help="how many at once, on one store")
    parser.add_argument("--store", help="an empty store; by default a file of its own")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--scenario", choices=(*SCENARIOS, STUCK), action="append")
    parser.add_argument("--without", choices=PROTECTIONS, default="-")
    chosen = parser.parse_args()
    if STUCK in (chosen.scenario or ()) and (chosen.pairs > 1 or chosen.store):
        parser.error("stuck is for one pair with a file of its own")
    print(f"seed {chosen.seed}")
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="failover-") as folder:
        proofs = asyncio.run(
            prove_many(
                Path(folder),
                chosen.store,
                pairs=chosen.pairs,
                rounds=chosen.rounds,
                seed=chosen.seed,
                without=chosen.without,
                scenarios=chosen.scenario or SCENARIOS,
            )
        )
    rounds = sum((proof.rounds for proof in proofs), Counter())
    takeovers = [seconds for proof in proofs for seconds in proof.takeovers]
    violations = [violation for proof in proofs for violation in proof.violations]
    for name, count in rounds.items():
        print(f"{'rounds ' + name.replace('_', ' '):<30}{count:>10}")
    for name, figure in (
        ("takeovers", len(takeovers)),
        ("longest takeover, s", round(max(takeovers, default=0), 2)),
        ("mean takeover, s", round(sum(takeovers) / max(1, len(takeovers)), 2)),
        (
            "longest cancellation, s",
            round(max([s for proof in proofs for s in proof.cancellations], default=0), 2),
        ),
        ("steps parked and answered", sum(proof.parked for proof in proofs)),
        ("stopped in a write", sum(proof.stopped_writing for proof in proofs)),
        ("violations", len(violations)),
        ("only too slow, of these", sum(proof.slow for proof in proofs)),
        ("seconds", round(time.monotonic() - began)),
    ):
        print(f"{name:<30}{figure:>10}")
    for violation in violations[:20]:
        print(violation)
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
