"""What a durable step costs beside a bare commit of as many bytes, whatever the state's size.

Run: python -m tests.benchmarks.bench_checkpoint [--rounds 7] [--peers PYTHON]

A step is one node that acts: its intent is on disk before it begins, its
outcome goes with the next commit. Everything at synchronous=FULL.
"""

import asyncio
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from backports import zstd

from casare_robot.agent import preparation
from casare_robot.agent.run_workflow import run_workflow
from casare_robot.desktop.child_process import python_module
from casare_robot.domain.job import Job, JobId, JobResult
from casare_robot.domain.policy import Policy
from casare_robot.execution.job_executor import JobExecutor
from casare_robot.journal.journal import Journal
from tests.benchmarks import once_node
from tests.benchmarks.rounds import Cases, Row, interleave, median_ratio, medians, options, peer
from tests.benchmarks.rounds import show as show_rows
from tests.benchmarks.workflows import workflow

STEPS = 150
BIG_STEPS = 12
SIZES = {"1 KB": 1_000, "100 KB": 100_000, "5 MB": 5_000_000}
BLOB = b"d" * 250
RAW = "raw commit"
RAW_BIG = "raw commit, 5 MB changes, prefix delta"
LANGGRAPH = "LangGraph, SqliteSaver, 1 KB"
Rows = list[dict[str, Any]]


def rows(size: int) -> Rows:
    dice = random.Random(7)
    made: Rows = []
    length = 0
    while length < size:
        made.append({"id": len(made), "ref": f"{dice.getrandbits(64):016x}", "amount": 1.5})
        length += 55
    return made


@contextmanager
def home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def file_of(steps: int, size: int, change: str) -> bytes:
    return workflow(
        {
            "start": ("StartNode", {}),
            "for": ("ForLoopStartNode", {"mode": "range", "start": 0, "end": steps, "step": 1}),
            "once": ("BenchmarkOnceNode", {"change": change}),
            "end": ("ForLoopEndNode", {"paired_loop_start_id": "for"}),
        },
        [("start", "exec_out", "for"), ("for", "body", "once"), ("once", "exec_out", "end")],
        rows=rows(size),
    )


def step_time(result: JobResult) -> float:
    """Microseconds of a step, by the node's own clock; the first, with all the state, is out."""
    if result.error is not None:
        raise RuntimeError(result.error)
    told = result.outputs["once"]
    return float(told["seconds"]) / (told["calls"] - 1) * 1e6


def in_process(file: bytes) -> float:
    once_node.forget()
    with home() as folder:
        return step_time(run_workflow(file.decode(), home=folder))


def in_executor(file: bytes) -> float:
    with home() as folder:
        journal = Journal.open(folder)
        executor = JobExecutor(
            python_module("tests.benchmarks.once_node"),
            steps=journal,
            policy=lambda _profile: Policy(),
        )
        job = Job(id=JobId("benchmark"), workflow=file)
        journal.accept(job)
        journal.start(job.id)
        try:
            return step_time(asyncio.run(executor.execute(job)))
        finally:
            executor.close()
            journal.close()


def raw(blob_of: Callable[[int], bytes], steps: int) -> float:
    with home() as folder:
        connection = sqlite3.connect(folder / "raw.db", isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE steps (id INTEGER PRIMARY KEY, job INT, seq INT, v BLOB)")
        insert = "INSERT INTO steps (job, seq, v) VALUES (1, ?, ?)"
        connection.execute(insert, (0, blob_of(0)))
        begin = time.perf_counter()
        for seq in range(1, steps):
            connection.execute(insert, (seq, blob_of(seq)))
        took = time.perf_counter() - begin
        connection.close()
        return took / (steps - 1) * 1e6


def raw_big() -> float:
    state = rows(SIZES["5 MB"])
    before = b""

    def blob_of(seq: int) -> bytes:
        nonlocal state, before
        state = [*state[1:], {**state[0], "amount": seq}]
        data = msgspec.msgpack.encode(state)
        known: dict[int, int] = {zstd.CompressionParameter.compression_level: 1}
        if not before:
            before = data
            return zstd.compress(data, options=known)
        known[zstd.CompressionParameter.enable_long_distance_matching] = 1
        known[zstd.CompressionParameter.window_log] = (len(before) + len(data)).bit_length()
        prefix = zstd.ZstdDict(before, is_raw=True).as_prefix
        before = data
        return zstd.compress(data, options=known, zstd_dict=prefix)

    return raw(blob_of, BIG_STEPS)


def measure(rounds: int, peers: str | None = None) -> list[Row]:
    preparation.load_catalogue = once_node.catalogue
    cases: Cases = {RAW: partial(raw, lambda _seq: BLOB, STEPS), RAW_BIG: raw_big}
    kept: list[tuple[str, str, float]] = []
    for size, count in SIZES.items():
        file = file_of(STEPS, count, "")
        cases |= {
            f"in process, {size} kept": partial(in_process, file),
            f"executor, {size} kept": partial(in_executor, file),
        }
        kept += [(f"in process, {size} kept", RAW, 1.25), (f"executor, {size} kept", RAW, 2.0)]
    big = file_of(BIG_STEPS, SIZES["5 MB"], "rows")
    cases |= {
        "in process, 5 MB changes": partial(in_process, big),
        "executor, 5 MB changes": partial(in_executor, big),
    }
    kept += [("in process, 5 MB changes", RAW_BIG, 1.25), ("executor, 5 MB changes", RAW_BIG, 2.0)]
    langgraph = peer(peers, "langgraph_steps", str(STEPS))
    if langgraph is not None:
        cases |= {LANGGRAPH: langgraph}
    results = interleave(cases, rounds)
    medians(results, "us/step")
    measured = [
        Row(f"{name} / {limit}", median_ratio(results, name, limit), goal, True)
        for name, limit, goal in kept
    ]
    if langgraph is not None:
        name = "in process, 1 KB kept"
        measured.append(Row(f"{LANGGRAPH} / {name}", median_ratio(results, LANGGRAPH, name), 3.5))
    return measured


def main() -> None:
    chosen = options(__doc__)
    show_rows(measure(chosen.rounds, chosen.peers))


if __name__ == "__main__":
    sys.exit(main())
