"""Nodes per second of loops and chains, with journal, events, cancellation and time limits on.

Run: python -m tests.benchmarks.bench_engine [--rounds 7] [--peers PYTHON]

Of a loop only the two nodes of its body count. The limit is a bare ``await``
of a coroutine for each node.
"""

import asyncio
import tempfile
import time
import tracemalloc
from pathlib import Path

from casare_robot.agent.journal_recorder import JournalRecorder
from casare_robot.agent.preparation import prepare
from casare_robot.domain.glance import Glance
from casare_robot.domain.job import Job, JobId, JobStatus, LogLine
from casare_robot.domain.policy import Policy
from casare_robot.journal.journal import Journal
from tests.benchmarks.rounds import Cases, Row, interleave, median_ratio, medians, options, peer
from tests.benchmarks.rounds import show as show_rows
from tests.benchmarks.workflows import ADD, COPY, IF, INCREMENT, chain, loop

TURNS = 10_000
CHAIN = 1_000
LOOP = "loop: Increment + Set"
CHAINED = "chain of 1,000"
BARE = "limit: bare await"
ROBOT_FRAMEWORK = "Robot Framework, loop"
ROBOT_FRAMEWORK_CHAIN = "Robot Framework, chain"


class Told:
    """Counts what the run tells."""

    def __init__(self) -> None:
        self.events = 0

    def progress(self, node_id: str | None, nodes_executed: int) -> None:
        self.events += 1

    def node_ended(
        self, node_id: str, node_type: str, seconds: float, error: str | None, outputs: Glance
    ) -> None:
        self.events += 1

    def log(self, line: LogLine) -> None:
        self.events += 1


def seconds(workflow: bytes) -> float:
    """Seconds of the whole run, loading left out."""
    with tempfile.TemporaryDirectory() as home:
        journal = Journal.open(Path(home))
        job = Job(id=JobId("benchmark"), workflow=workflow, timeout=600.0)
        journal.accept(job)
        journal.start(job.id)

        async def run() -> float:
            made = prepare(
                job,
                policy=Policy(),
                node_timeout=60.0,
                recorder=JournalRecorder(journal, job.id),
                events=Told(),
            )
            begin = time.perf_counter()
            result = await made.run()
            took = time.perf_counter() - begin
            if result.status is not JobStatus.COMPLETED:
                raise RuntimeError(result.error)
            return took

        try:
            return asyncio.run(run())
        finally:
            journal.close()


def product(workflow: bytes, nodes: int) -> float:
    return nodes / seconds(workflow)


def bare(count: int = 2 * TURNS) -> float:
    async def node() -> None:
        return None

    async def run() -> float:
        begin = time.perf_counter()
        for _ in range(count):
            await node()
        return count / (time.perf_counter() - begin)

    return asyncio.run(run())


def peak(turns: int) -> float:
    """Bytes that a loop needs at its peak."""
    tracemalloc.start()
    seconds(loop(turns, INCREMENT, COPY))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return float(most)


def measure(rounds: int, peers: str | None = None) -> list[Row]:
    loops = {
        LOOP: loop(TURNS, INCREMENT, COPY),
        "loop: Math + Set": loop(TURNS, ADD, COPY),
        "loop: If + Increment": loop(TURNS, IF, INCREMENT, port="true"),
    }
    body = chain([INCREMENT, COPY] * (CHAIN // 2), counter=0, copy=0)
    cases: Cases = {
        **{name: lambda file=file: product(file, 2 * TURNS) for name, file in loops.items()},
        CHAINED: lambda: product(body, CHAIN),
        BARE: bare,
    }
    others = {
        ROBOT_FRAMEWORK: peer(peers, "robot_loop", str(TURNS)),
        ROBOT_FRAMEWORK_CHAIN: peer(peers, "robot_chain", str(CHAIN)),
        "robocorp-tasks, loop": peer(peers, "robocorp_loop", str(TURNS)),
        "LangGraph, loop": peer(peers, "langgraph_loop", "1000"),
    }
    cases |= {name: run for name, run in others.items() if run is not None}
    results = interleave(cases, rounds)
    medians(results, "nodes/s")
    rows = [Row(f"{name} / bare await", median_ratio(results, name, BARE)) for name in loops]
    rows.append(Row(f"{CHAINED} / bare await", median_ratio(results, CHAINED, BARE)))
    if ROBOT_FRAMEWORK in results:
        rows += [
            Row(f"{name} / Robot Framework", median_ratio(results, name, ROBOT_FRAMEWORK), 25)
            for name in loops
        ]
    if ROBOT_FRAMEWORK_CHAIN in results:
        ratio = median_ratio(results, CHAINED, ROBOT_FRAMEWORK_CHAIN)
        rows.append(Row(f"{CHAINED} / Robot Framework", ratio, 25))
    rows += [
        Row(f"{LOOP} / {name}", median_ratio(results, LOOP, name))
        for name in ("robocorp-tasks, loop", "LangGraph, loop")
        if name in results
    ]
    rows.append(Row("peak memory, 50,000 turns / 5,000", peak(50_000) / peak(5_000), 1.1, True))
    return rows


def main() -> None:
    chosen = options(__doc__)
    show_rows(measure(chosen.rounds, chosen.peers))


if __name__ == "__main__":
    main()
