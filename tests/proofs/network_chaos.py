"""Proof that a bad network changes nothing: `python -m tests.proofs.network_chaos --schedules 100`.

With ``--whole`` between the real orchestrator and a real robot, whose jobs alone
are played; else between the two ends of the protocol.

Each schedule of faults hits the line between a robot and an orchestrator while
jobs come and go; at the end the log of jobs must be that of a run without
faults, in the same order, every job run once. Exits with 1 if it is not.
"""

import argparse
import asyncio
import logging
import random
import sys
import tempfile

import msgspec

from casare_robot.domain.robot_status import LinkState
from casare_robot.link.native.messages import JobAssignment
from tests.chaos_proxy import ChaosProxy, random_schedule
from tests.small_orchestrator import SmallOrchestrator
from tests.small_robot import SmallRobot, link_to, result_of, running
from tests.whole import agent, house, working

JOBS = 20
BEAT = 0.3
LIMIT = 60.0
"""Seconds until all must be well again after the last fault."""


async def run(schedule, rng, *, link=link_to):
    """What the orchestrator and the robot saw: (log, outputs, runs, connections)."""
    robot = SmallRobot()
    async with (
        SmallOrchestrator(interval=BEAT) as server,
        ChaosProxy(server.port, rng=rng, close=server.close_all) as proxy,
        running(link(proxy.url, heartbeat_interval=BEAT), robot) as manager,
    ):
        work = asyncio.create_task(robot.work(manager))
        faults = asyncio.create_task(proxy.play(schedule))
        length = sum(fault.seconds for fault in schedule) or 0.2
        for number in range(JOBS):
            text = "x" * rng.choice((10, 200, 5_000, 40_000))
            server.submit(assignment(f"job-{number}", number, text))
            await asyncio.sleep(rng.uniform(0, 1.6) * length / JOBS)
        await faults
        await server.until(lambda: len(server.results) == JOBS, timeout=LIMIT)
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
    outputs = {name: result.outputs["answer"]["n"] for name, result in server.results.items()}
    return server.log, outputs, robot.runs, server.connections


async def run_whole(schedule, rng):
    """The same with a `RobotAgent`, its journal and queue, and the orchestrator on its store."""
    is_pushed = rng.random() < 0.5
    executor = PlayedJobs()
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        async with house(f"sqlite:{folder}/store.db", beat=BEAT) as served:

            def close_all(code):
                line = served.orchestrator.roster.find("robot-1")
                if line is not None and line.line is not None:
                    line.line.end(1011 if code in (1004, 1005, 1006) else code)

            async with ChaosProxy(served.port, rng=rng, close=close_all) as proxy:
                key, home = served.robot_key, f"{folder}/robot"
                robot = agent(proxy.url, key, home, executor=executor)
                states = []
                robot.connection._on_change = _also(
                    robot.connection._on_change, lambda link: states.append(link.state)
                )
                async with working(robot):
                    await served.connected("robot-1")
                    faults = asyncio.create_task(proxy.play(schedule))
                    length = sum(fault.seconds for fault in schedule) or 0.2
                    for number in range(JOBS):
                        text = "x" * rng.choice((10, 200, 5_000, 40_000))
                        await served.submit(
                            {"nodes": {}, "note": text},
                            job_id=f"job-{number}",
                            variables={"n": number},
                            robot_id="robot-1" if is_pushed else None,
                        )
                        await asyncio.sleep(rng.uniform(0, 1.6) * length / JOBS)
                    await faults
                    for number in range(JOBS):
                        await _until_ended(served, f"job-{number}", robot)
            board = served.orchestrator.board
            jobs = [(name, job) for name, job in await board.jobs(limit=JOBS)]
    jobs.sort(key=lambda found: found[1].ended)
    log = [(name, job.status.value) for name, job in jobs]
    outputs = {name: job.outputs["answer"]["n"] for name, job in jobs}
    return log, outputs, executor.runs, states.count(LinkState.CONNECTED)


async def _until_ended(served, job_id, robot):
    try:
        await served.until(job_id, timeout=LIMIT)
    except AssertionError as error:
        raise TimeoutError(f"{robot.connection.link_status()}: {error}") from None


def _also(first, second):
    def both(said):
        first(said)
        second(said)

    return both


class PlayedJobs:
    """An executor that notes which jobs it was given and ends them at once."""

    process_ids = ()

    def __init__(self):
        self.runs = []

    async def execute(self, job, *, listener=None):
        self.runs.append(job.id)
        await asyncio.sleep(0.005)
        return result_of(job)

    def cancel(self, job_id):
        raise AssertionError(f"nobody asked for the end of {job_id}")

    give_back = cancel

    def warm_up(self):
        """Nothing has to be ready."""

    def close(self):
        """Nothing is."""


def assignment(name, number, text):
    workflow = msgspec.Raw(msgspec.json.encode({"nodes": {}, "note": text}))
    return JobAssignment(job_id=name, workflow=workflow, variables={"n": number})


async def prove(seed, *, link=link_to, whole=False):
    """Run one random schedule; the number of connections it took.

    Raises:
        AssertionError: Something was lost, doubled or out of order; with the schedule.
    """
    rng = random.Random(seed)
    schedule = random_schedule(rng)
    shown = ", ".join(map(str, schedule))
    names = [f"job-{number}" for number in range(JOBS)]
    try:
        running_it = run_whole(schedule, rng) if whole else run(schedule, rng, link=link)
        log, outputs, runs, connections = await running_it
    except TimeoutError as error:
        text = f"seed {seed}: not everything came through: {shown} {error}"
        raise AssertionError(text) from None
    assert runs == names, f"seed {seed}: run as {runs}: {shown}"
    assert log == [(name, "completed") for name in names], f"seed {seed}: {log}: {shown}"
    assert outputs == {name: n for n, name in enumerate(names)}, f"seed {seed}: {shown}"
    return connections


async def prove_many(schedules, first, at_once, *, whole=False):
    """Prove many schedules; (failures, connections)."""
    failures, connections = [], 0
    seeds = iter(range(first, first + schedules))

    async def one_after_the_other():
        nonlocal connections
        for seed in seeds:
            try:
                made = await prove(seed, whole=whole)
                connections += made
            except AssertionError as error:
                failures.append(str(error))

    await asyncio.gather(*(one_after_the_other() for _ in range(at_once)))
    return failures, connections


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--schedules", type=int, default=100)
    parser.add_argument("--first", type=int, default=1, help="seed of the first schedule")
    parser.add_argument("--at-once", type=int, default=8)
    parser.add_argument("--whole", action="store_true", help="real orchestrator, real robot")
    chosen = parser.parse_args()
    logging.getLogger("casare_robot").setLevel(logging.CRITICAL)
    failures, connections = asyncio.run(
        prove_many(chosen.schedules, chosen.first, chosen.at_once, whole=chosen.whole)
    )
    for failure in failures:
        print(failure)
    print(
        f"{chosen.schedules} schedules, {chosen.schedules * JOBS} jobs, "
        f"{connections} connections, {len(failures)} failures"
    )
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
