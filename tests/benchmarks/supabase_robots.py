"""Robots of one Supabase project at work: what they say and ask, against a plan's limits.

Run: python -m tests.benchmarks.supabase_robots [--robots 50] [--seconds 60] [--jobs 6]

The database and PostgREST are real, Realtime is the tests' own; everything runs in this process
and beside it, so figures of time are those of a busy machine. Each robot has its own account,
store and line, keeps the lease of its name, and tells of a job after the other whose nodes take
a tenth of a second.
"""

import argparse
import asyncio
import itertools
import json
import statistics
import time
from datetime import UTC, datetime

from casare_robot.domain.job import JobId, JobResult, JobStatus
from casare_robot.domain.robot_events import JobEnded, NodeCompleted, NodeFailed, NodeStarted
from casare_robot.observability.realtime_progress import LARGEST, RATE, RealtimeProgress
from casare_robot.store.held_lease import HeldLease
from casare_robot.store.opening import open_store
from tests.servers import PostgresServer
from tests.supabase_project import SupabaseProject

GROUP = "fleet"
PLAN = 100
"""Messages a second that a small plan allows a project."""
LATE = 2.0
"""Seconds after which the end of a job, or an error, would be late."""
STEP = 0.1


class Desk:
    """One robot."""

    def __init__(self, project: SupabaseProject, number: int) -> None:
        self.name = f"robot-{number}"
        self.known = project.robot(self.name, GROUP)
        self.happened: dict[tuple[str, str, str], float] = {}
        self.is_kept = True

    async def work(self, seconds: float, jobs: int, offset: float) -> None:
        async with await open_store(self.known.address) as store:
            lease = await HeldLease.take(store, f"robot:{self.name}", self.name)
            assert lease is not None
            async with store.watch("log"):
                await store.line.joined()
                progress = RealtimeProgress(self.name, self._push(store))
                telling = asyncio.create_task(progress.run())
                await asyncio.sleep(offset)
                for job in range(jobs):
                    await self._job(progress, f"{self.name}-{job}", seconds / jobs)
                await asyncio.sleep(2 * LATE)
                telling.cancel()
                await asyncio.gather(telling, return_exceptions=True)
            self.is_kept = lease.is_valid
            await lease.release()

    async def _job(self, progress: RealtimeProgress, job: str, seconds: float) -> None:
        outputs = {"text": "x" * 100}
        for node in range(int(seconds / STEP)):
            about = {"job_id": JobId(job), "node_id": f"n{node}", "at": datetime.now(UTC)}
            progress.hear(NodeStarted(**about, nodes_executed=node))
            await asyncio.sleep(STEP)
            about["node_type"], about["seconds"] = "SomeNode", STEP
            if node % 50 == 25:
                self.happened["node_error", job, f"n{node}"] = time.monotonic()
                progress.hear(NodeFailed(**about, error="no such invoice"))
            else:
                progress.hear(NodeCompleted(**about, outputs=outputs))
        large = {"rows": "x" * 200_000} if job.endswith("0") else {"n": 1}
        result = JobResult(job_id=JobId(job), status=JobStatus.COMPLETED, variables=large)
        self.happened["job_completed", job, ""] = time.monotonic()
        progress.hear(JobEnded(job_id=JobId(job), result=result, at=datetime.now(UTC)))

    def _push(self, store):
        async def push(event, payload):
            await store.line.push(f"robot:{self.name}", event, payload)

        return push


def most_in_a_second(times: list[float]) -> int:
    """The most of these that fall into any one second."""
    most, begin = 0, 0
    for end, at in enumerate(times):
        while times[begin] <= at - 1.0:
            begin += 1
        most = max(most, end - begin + 1)
    return most


def measured(project: SupabaseProject, desks: list[Desk], seconds: float) -> dict[str, float]:
    """The figures, from what Realtime received."""
    told = sorted(project.realtime.pushed, key=lambda one: one[0])
    by_robot = {
        topic: [one[0] for one in ones]
        for topic, ones in itertools.groupby(
            sorted(told, key=lambda one: (one[1], one[0])), key=lambda one: one[1]
        )
    }
    came: dict[tuple[str, str, str], float] = {}
    for at, _, event, payload, _ in told:
        node = payload["node_id"] if event == "node_error" else ""
        came.setdefault((event, payload["job_id"], node), at)
    happened = {key: at for desk in desks for key, at in desk.happened.items()}
    ended = {job: at for (event, job, _), at in came.items() if event == "job_completed"}
    # an error of a job whose end was told first is in that end
    late = {
        key: came.get(key, ended.get(key[1], float("inf"))) - at for key, at in happened.items()
    }
    sizes = [len(json.dumps(one[3]).encode()) for one in told]
    return {
        "messages": len(told),
        "messages a second, all robots": (len(told) - 1) / (told[-1][0] - told[0][0]),
        "most in one second, all robots": most_in_a_second([one[0] for one in told]),
        "most in one second, one robot": max(map(most_in_a_second, by_robot.values())),
        "largest payload, bytes": max(sizes),
        "ends and errors": len(late),
        "told after, median s": round(statistics.median(late.values()), 3),
        "told after, at most s": round(max(late.values()), 3),
        "connections": project.realtime.connections,
        "requests a second and robot": len(project.requests) / seconds / len(desks),
        "leases lost": sum(not desk.is_kept for desk in desks),
    }


async def run(robots: int, seconds: float, jobs: int) -> dict[str, float]:
    """Let them work, and measure."""
    server = PostgresServer()
    project = SupabaseProject(server)
    try:
        desks = [Desk(project, number) for number in range(robots)]
        project.requests.clear()
        await asyncio.gather(
            *(desk.work(seconds, jobs, n / robots) for n, desk in enumerate(desks))
        )
        return measured(project, desks, seconds)
    finally:
        project.stop()
        server.stop()


def faults(found: dict[str, float], robots: int) -> list[str]:
    """What is over a limit."""
    limits = {
        "most in one second, all robots": min(PLAN, robots * RATE),
        "most in one second, one robot": RATE,
        "largest payload, bytes": LARGEST,
        "connections": robots,
        "leases lost": 0,
    }
    return [
        f"{name}: {found[name]} > {most:g}" for name, most in limits.items() if found[name] > most
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--robots", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--jobs", type=int, default=6)
    chosen = parser.parse_args()
    found = asyncio.run(run(chosen.robots, chosen.seconds, chosen.jobs))
    for name, value in found.items():
        print(f"{value:>12g}  {name}")
    for fault in faults(found, chosen.robots):
        print("OVER", fault)


if __name__ == "__main__":
    main()
