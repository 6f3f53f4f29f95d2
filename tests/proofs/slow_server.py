"""Proof that a slow server costs no memory and no result: `python -m tests.proofs.slow_server`.

The server's side of the line reads 1 KB a second while the robot tells a million
events; then a job's result must arrive complete, on the same connection. Exits
with 1 if memory grew by more than 50 MB or the result is not the one sent.
"""

import argparse
import asyncio
import sys
import time
from datetime import UTC, datetime

import psutil

from casare_robot.domain.job import JobResult, JobStatus, LogLine
from casare_robot.domain.robot_events import JobLogged, NodeCompleted, NodeStarted
from casare_robot.link.native.messages import JobProgress, LogBatch
from tests.chaos_proxy import ChaosProxy
from tests.small_orchestrator import SmallOrchestrator
from tests.small_robot import SmallRobot, link_to, running

AT = datetime(2026, 11, 21, tzinfo=UTC)
TOLD_AT_ONCE = 1_000


def events(number):
    """Three events of one node."""
    job = f"job-{number % 4}"
    yield NodeStarted(job_id=job, node_id=f"n{number}", nodes_executed=number, at=AT)
    yield NodeCompleted(
        job_id=job, node_id=f"n{number}", node_type="ClickElementNode", seconds=0.01, at=AT
    )
    yield JobLogged(job_id=job, line=LogLine(level="INFO", message=f"row {number} " * 5), at=AT)


async def tell(link, count):
    number = told = 0
    while told < count:
        for event in events(number):
            link.inform(event)
        number, told = number + 1, told + 3
        if number % TOLD_AT_ONCE == 0:
            await asyncio.sleep(0)
    return told


async def run(*, count, rate, size, heartbeat, timeout):
    """Megabytes that memory grew by, connections, and whether the result is the one sent."""
    robot = SmallRobot()
    result = JobResult(
        job_id="job-1",
        status=JobStatus.COMPLETED,
        variables={"rows": [f"row {number:06}" for number in range(size // 14)]},
    )
    robot.held["job-1"] = None
    async with (
        SmallOrchestrator(interval=heartbeat) as server,
        ChaosProxy(server.port, rate=rate, buffer=4096) as proxy,
        running(link_to(proxy.url, heartbeat_interval=heartbeat), robot) as link,
    ):
        await server.until(lambda: server.sessions, timeout)
        process = psutil.Process()
        before = highest = process.memory_info().rss
        began = time.perf_counter()
        told = await tell(link, count)
        print(f"{told} events told in {time.perf_counter() - began:.1f} s", file=sys.stderr)
        delivery = asyncio.create_task(robot.deliver(link, result))
        async with asyncio.timeout(timeout):
            while not delivery.done():
                highest = max(highest, process.memory_info().rss)
                await asyncio.wait((delivery,), timeout=0.2)
        arrived = server.results["job-1"].outputs == result.variables
        heard = server.heard
    told_of = sum(len(m.events) for m in heard if isinstance(m, JobProgress))
    told_of += sum(len(m.lines) for m in heard if isinstance(m, LogBatch))
    dropped = sum(m.dropped for m in heard if isinstance(m, JobProgress | LogBatch))
    print(
        f"{told_of} events arrived, {dropped} counted as left out; result after "
        f"{time.perf_counter() - began:.1f} s",
        file=sys.stderr,
    )
    return (highest - before) / 2**20, server.connections, arrived


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--rate", type=int, default=1_024, help="bytes a second")
    parser.add_argument("--size", type=int, default=60_000, help="bytes of the result")
    chosen = parser.parse_args()
    grown, connections, arrived = asyncio.run(
        run(
            count=chosen.events,
            rate=chosen.rate,
            size=chosen.size,
            heartbeat=30.0,
            timeout=900,
        )
    )
    print(f"memory grew by {grown:.1f} MB; {connections} connection(s); result complete: {arrived}")
    sys.exit(grown > 50 or not arrived or connections != 1)


if __name__ == "__main__":
    main()
