"""How fast the journal is beside raw sqlite3 and other durable queues, all at synchronous=FULL.

Run: python -m tests.benchmarks.bench_journal [--rounds 7] [--jobs 1000] [--only WORD]

Every case runs once per round, A B C A B C ...; ratios are medians of the
ratios within a round. litequeue, persist-queue and huey take part if they can
be imported.
"""

import argparse
import asyncio
import gc
import importlib.util
import shutil
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from casare_robot.domain.job import Job, JobId, JobResult, JobStatus
from casare_robot.journal.journal import Journal
from casare_robot.journal.offline_queue import OfflineQueue

PAYLOAD = b'{"nodes": {"n1": {"type": "SetVariable"}}}'.ljust(1000, b" ")
BLOB = b"d" * 200
RAW_TABLES = (
    "CREATE TABLE q (id INTEGER PRIMARY KEY, st INTEGER NOT NULL DEFAULT 0, job BLOB NOT NULL)",
    "CREATE INDEX q_ready ON q (id) WHERE st = 0",
    "CREATE TABLE ck (id INTEGER PRIMARY KEY, job INT, seq INT, kind INT, v BLOB)",
)
RAW_POP = """UPDATE q SET st = 1 WHERE id = (SELECT id FROM q WHERE st = 0 ORDER BY id LIMIT 1)
    RETURNING id, job"""
Rates = dict[str, float]


@contextmanager
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="bench-journal-"))
    try:
        yield path
    finally:
        shutil.rmtree(path)


def rates(count: int, begin: float, middle: float, end: float) -> Rates:
    return {"enqueue": count / (middle - begin), "cycle": count / (end - begin)}


def timed(put: Callable[[], object], take: Callable[[], object], count: int) -> Rates:
    begin = time.perf_counter()
    for _ in range(count):
        put()
    middle = time.perf_counter()
    for _ in range(count):
        take()
    return rates(count, begin, middle, time.perf_counter())


def raw_connection(home: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(home / "raw.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    for statement in RAW_TABLES:
        connection.execute(statement)
    return connection


def raw_queue(count: int) -> Rates:
    with folder() as home:
        connection = raw_connection(home)

        def put() -> None:
            connection.execute("INSERT INTO q (job) VALUES (?)", (PAYLOAD,))

        def take() -> None:
            ((number, _),) = connection.execute(RAW_POP).fetchall()
            connection.execute("DELETE FROM q WHERE id = ?", (number,))

        measured = timed(put, take, count)
        connection.close()
        return measured


def litequeue(count: int) -> Rates:
    from litequeue import LiteQueue

    with folder() as home:
        queue = LiteQueue(str(home / "l.db"))
        queue.conn.execute("PRAGMA synchronous=FULL")
        text = PAYLOAD.decode()
        measured = timed(lambda: queue.put(text), lambda: queue.done(queue.pop().message_id), count)
        queue.conn.close()
        return measured


def persist_queue(count: int) -> Rates:
    import persistqueue

    with folder() as home:
        queue = persistqueue.SQLiteAckQueue(str(home), auto_commit=True, multithreading=True)
        for connection in (queue._putter, queue._getter):
            connection.execute("PRAGMA synchronous=FULL")
        text = PAYLOAD.decode()
        measured = timed(lambda: queue.put(text), lambda: queue.ack(queue.get(block=False)), count)
        queue.close()
        return measured


def huey(count: int) -> Rates:
    from huey.storage import SqliteStorage

    with folder() as home:
        storage = SqliteStorage(filename=str(home / "h.db"), strict_fifo=True)
        storage.conn.execute("PRAGMA synchronous=FULL")
        measured = timed(lambda: storage.enqueue(PAYLOAD), storage.dequeue, count)
        storage.close()
        return measured


def job(number: int) -> Job:
    # Ids in no order, as an orchestrator's are.
    scattered = (number * 0x9E3779B97F4A7C15) % 2**64
    return Job(id=JobId(f"{scattered:016x}-{number:019d}"), workflow=PAYLOAD, origin="line")


def settled(home: Path, jobs: list[Job], *, ended: bool) -> Journal:
    """A journal that holds jobs already and has had its first idle moment."""
    journal = Journal.open(home)

    async def fill() -> None:
        await asyncio.gather(*(journal.aaccept(item) for item in jobs))
        if ended:
            await asyncio.gather(*(journal.afinish(item.id, end(item)) for item in jobs))

    asyncio.run(fill())
    time.sleep(0.8)
    return journal


def end(item: Job) -> JobResult:
    return JobResult(job_id=item.id, status=JobStatus.COMPLETED)


def product_queue(count: int, *, callers: int, waiting: int = 0, ended: int = 0) -> Rates:
    earlier = [job(-1 - number) for number in range(waiting + ended)]
    jobs = [job(number) for number in range(count)]
    with folder() as home:
        journal = settled(home, earlier, ended=ended > 0)

        async def run() -> Rates:
            queue = OfflineQueue(journal, max_jobs=1_000_000)
            todo = iter(jobs)

            async def put() -> None:
                for item in todo:
                    await queue.enqueue(item)

            async def take() -> None:
                nonlocal left
                while left > 0:
                    left -= 1
                    item = await queue.dequeue()
                    await queue.acknowledge(end(item))

            left = count
            begin = time.perf_counter()
            await asyncio.gather(*(put() for _ in range(callers)))
            middle = time.perf_counter()
            await asyncio.gather(*(take() for _ in range(callers)))
            return rates(count, begin, middle, time.perf_counter())

        measured = asyncio.run(run())
        journal.close()
        return measured


def raw_append(count: int) -> Rates:
    with folder() as home:
        connection = raw_connection(home)
        begin = time.perf_counter()
        for seq in range(count):
            connection.execute(
                "INSERT INTO ck (job, seq, kind, v) VALUES (1, ?, 0, ?)", (seq, BLOB)
            )
        took = time.perf_counter() - begin
        connection.close()
        return {"append": count / took}


def product_append(count: int) -> Rates:
    with folder() as home:
        journal = settled(home, [job(1)], ended=False)
        job_id = job(1).id
        begin = time.perf_counter()
        for _ in range(count):
            journal.append(job_id, BLOB)
        took = time.perf_counter() - begin
        journal.close()
        return {"append": count / took}


def table(title: str, unit: str, results: dict[str, list[Rates]], against: str) -> None:
    print(f"\n{title} [{unit} per second; ratio to {against}]")
    for name, measured in results.items():
        if measured and unit in measured[0]:
            ratio = statistics.median(
                one[unit] / other[unit]
                for one, other in zip(measured, results[against], strict=True)
            )
            print(
                f"  {name:<34}{statistics.median(m[unit] for m in measured):>12,.0f}{ratio:>8.2f}"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--only", default="", help="cases whose name has this word")
    options = parser.parse_args()
    one, many = options.jobs, options.jobs * 8
    queue = partial(product_queue, many, callers=64)
    peers = {"litequeue": litequeue, "persistqueue": persist_queue, "huey": huey}
    cases: dict[str, Callable[[], Rates]] = {
        "raw sqlite3, a commit per step": partial(raw_queue, one),
        "journal, 1 caller": partial(product_queue, one, callers=1),
        "journal, 64 callers": queue,
        "journal, 64 callers, 10k waiting": partial(queue, waiting=10_000),
        "journal, 64 callers, 10k ended": partial(queue, ended=10_000),
        "raw append": partial(raw_append, one),
        "journal append": partial(product_append, one),
    }
    for name, peer in peers.items():
        if importlib.util.find_spec(name):
            cases[name] = partial(peer, one)
    chosen = {name: run for name, run in cases.items() if options.only in name}
    results: dict[str, list[Rates]] = {name: [] for name in chosen}
    for round_number in range(options.rounds + 1):
        for name, run in chosen.items():
            gc.collect()
            measured = run()
            if round_number:  # the first one warms up
                results[name].append(measured)
    for unit in ("enqueue", "cycle"):
        for against in ("raw sqlite3, a commit per step", "journal, 64 callers", *peers):
            if results.get(against):
                table("Queue", unit, results, against)
    if results.get("raw append"):
        table("Step log", "append", results, "raw append")


if __name__ == "__main__":
    main()
