"""What the shared store costs: appends of 8 writers, a renewal beside a bare commit, a bell.

Run: python -m tests.benchmarks.bench_store [--rounds 5]

Everything at synchronous=FULL. Processes are started before the time counts.
"""

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import apsw

from casare_robot.store.opening import open_store
from tests.benchmarks.rounds import Cases, Row, interleave, median_ratio, medians, options, show

WRITERS = 8
APPENDS = 400
RENEWALS = 300
CALLS = 100
BARE = "bare apsw commit"
RENEWAL = "renewal, 1 robot"
RENEWALS_100 = "renewal of 100 robots at once"


@contextmanager
def file() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder) / "shared.db"


def bare_commit() -> float:
    """Microseconds of an update in a transaction of its own."""
    with file() as path:
        connection = apsw.Connection(str(path))
        connection.pragma("journal_mode", "wal")
        connection.pragma("synchronous", "full")
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v REAL)")
        connection.execute("INSERT INTO t VALUES (1, 0)")
        begin = time.perf_counter()
        for number in range(RENEWALS):
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("UPDATE t SET v = ? WHERE id = 1", (number,))
            connection.execute("COMMIT")
        took = time.perf_counter() - begin
        connection.close()
    return took / RENEWALS * 1e6


def renewals(robots: int) -> float:
    """Microseconds to renew the leases of so many robots of one process."""

    async def run(path: Path) -> float:
        async with await open_store(f"sqlite:{path}") as store:
            names = [f"robot:{n}" for n in range(robots)]

            async def renew() -> None:
                await store.lease_many(names, "me", ttl=5)

            await renew()
            begin = time.perf_counter()
            for _ in range(RENEWALS):
                await renew()
            return (time.perf_counter() - begin) / RENEWALS * 1e6

    with file() as path:
        return asyncio.run(run(path))


def appends_of_tasks() -> float:
    """Appends a second of 8 tasks of one process to one log."""

    async def run(path: Path) -> float:
        async with await open_store(f"sqlite:{path}") as store:

            async def write() -> None:
                for number in range(APPENDS):
                    await store.append("log", {"n": number})

            begin = time.perf_counter()
            await asyncio.gather(*(write() for _ in range(WRITERS)))
            return WRITERS * APPENDS / (time.perf_counter() - begin)

    with file() as path:
        return asyncio.run(run(path))


def start(what: str, path: Path, argument: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.store_process", what, f"sqlite:{path}", argument],
        stdout=subprocess.PIPE,
        text=True,
    )


def appends_of_processes() -> float:
    """Appends a second of 8 processes to one log, from the first entry to the last."""

    async def span(path: Path) -> float:
        async with await open_store(f"sqlite:{path}") as store:
            entries = (await store.read("log", limit=10**9)).entries
            return len(entries) / (entries[-1].at - entries[0].at)

    with file() as path:
        asyncio.run(_make(path))
        writers = [start("append", path, str(APPENDS)) for _ in range(WRITERS)]
        for writer in writers:
            writer.communicate()
        return asyncio.run(span(path))


async def _make(path: Path) -> None:
    await (await open_store(f"sqlite:{path}")).close()


def bell() -> list[float]:
    """Milliseconds from before an append to after it was read in another process."""

    async def ring(path: Path) -> None:
        async with await open_store(f"sqlite:{path}") as store:
            for _ in range(CALLS):
                await asyncio.sleep(0.03)
                await store.append("log", time.time())
            await store.append("log", "end")

    with file() as path:
        asyncio.run(_make(path))
        listener = start("echo", path, "-")
        assert listener.stdout is not None
        listener.stdout.readline()
        asyncio.run(ring(path))
        told, _ = listener.communicate()
    delays: list[float] = json.loads(told.splitlines()[-1])
    return delays


def measure(rounds: int, _peers: str | None = None) -> list[Row]:
    cases: Cases = {
        BARE: bare_commit,
        RENEWAL: partial(renewals, 1),
        RENEWALS_100: partial(renewals, 100),
    }
    results = interleave(cases, rounds)
    medians(results, "us")
    writers: Cases = {
        "8 tasks": appends_of_tasks,
        "8 processes": appends_of_processes,
    }
    medians(interleave(writers, rounds), "appends/s")
    delays = sorted(bell())
    middle, late = statistics.median(delays), delays[int(len(delays) * 0.95)]
    print(f"\nbell to another process: p50 {middle:.2f} ms, p95 {late:.2f} ms")
    return [
        Row(f"{RENEWAL} / {BARE}", median_ratio(results, RENEWAL, BARE)),
        Row(f"{RENEWALS_100} / {RENEWAL}", median_ratio(results, RENEWALS_100, RENEWAL)),
        Row("bell to another process, p95 / 10 ms", late / 10, 1.0, at_most=True),
    ]


def main() -> None:
    chosen = options(__doc__ or "")
    show(measure(chosen.rounds))


if __name__ == "__main__":
    main()
