"""Proof that a bad network changes nothing: `python -m tests.proofs.network_chaos --schedules 100`.

Each schedule of faults hits the line between a robot and an orchestrator while
jobs come and go; at the end the log of jobs must be that of a run without
faults, in the same order, every job run once. Exits with 1 if it is not.
"""

import argparse
import asyncio
import random
import sys

import msgspec

from casare_robot.link.native.messages import JobAssignment
from tests.chaos_proxy import ChaosProxy, random_schedule
from tests.small_orchestrator import SmallOrchestrator
from tests.small_robot import SmallRobot, link_to, running

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


def assignment(name, number, text):
    workflow = msgspec.Raw(msgspec.json.encode({"nodes": {}, "note": text}))
    return JobAssignment(job_id=name, workflow=workflow, variables={"n": number})


async def prove(seed, *, link=link_to):
    """Run one random schedule; the number of connections it took.

    Raises:
        AssertionError: Something was lost, doubled or out of order; with the schedule.
    """
    rng = random.Random(seed)
    schedule = random_schedule(rng)
    shown = ", ".join(map(str, schedule))
    names = [f"job-{number}" for number in range(JOBS)]
    try:
        log, outputs, runs, connections = await run(schedule, rng, link=link)
    except TimeoutError:
        raise AssertionError(f"seed {seed}: not everything came through: {shown}") from None
    assert runs == names, f"seed {seed}: run as {runs}: {shown}"
    assert log == [(name, "completed") for name in names], f"seed {seed}: {log}: {shown}"
    assert outputs == {name: n for n, name in enumerate(names)}, f"seed {seed}: {shown}"
    return connections


async def prove_many(schedules, first, at_once):
    """Prove many schedules; (failures, connections)."""
    failures, connections = [], 0
    seeds = iter(range(first, first + schedules))

    async def one_after_the_other():
        nonlocal connections
        for seed in seeds:
            try:
                made = await prove(seed)
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
    chosen = parser.parse_args()
    failures, connections = asyncio.run(prove_many(chosen.schedules, chosen.first, chosen.at_once))
    for failure in failures:
        print(failure)
    print(
        f"{chosen.schedules} schedules, {chosen.schedules * JOBS} jobs, "
        f"{connections} connections, {len(failures)} failures"
    )
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
