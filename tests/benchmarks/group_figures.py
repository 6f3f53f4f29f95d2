"""How fast groups are: propagation between two processes, replay, choice, memory; then the
stores and the bus beside their limits and peers, as ratios; then how groups grow.

Run: python -m tests.benchmarks.group_figures [--peers PYTHON] [--rounds 3] [--events 300]
     python -m tests.benchmarks.group_figures --url sqlite:PATH    (only what groups do there)
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path

from casare_robot.groups.bus import Bus
from casare_robot.groups.choose import Candidate, Work
from casare_robot.groups.dispatcher import Dispatcher
from casare_robot.groups.memory import Memory
from casare_robot.groups.robot_group import RobotGroup
from casare_robot.store.opening import open_store
from tests.benchmarks import bench_bus, bench_recall, bench_store, bench_store_servers, group_scale
from tests.benchmarks import rounds as rounds_of
from tests.servers import MissingError, PostgresServer

SPACING = 0.03
"""Seconds between events; a bell merges what follows within 20 ms."""


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--url")
    arguments.add_argument("--events", type=int, default=300)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--peers", help="interpreter that can import the peers")
    arguments.add_argument("--publish", action="store_true", help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.publish:
        asyncio.run(publish(given.url, given.events))
    elif given.url:
        asyncio.run(measure(given.url, given.events))
    else:
        everything(given.events, given.rounds, given.peers)


def everything(events: int, rounds: int, peers: str | None) -> None:
    """All figures, on SQLite and on a PostgreSQL of its own."""
    with tempfile.TemporaryDirectory() as folder:
        print("SQLite")
        asyncio.run(measure(f"sqlite:{Path(folder) / 'shared.db'}", events))
    rows = []
    for bench in (bench_bus, bench_store, bench_store_servers, bench_recall):
        rows += bench.measure(rounds, peers)
    try:
        server = PostgresServer(fsync=True)
    except MissingError as reason:
        print(f"left out: {reason}")
    else:
        try:
            print("\nPostgreSQL")
            asyncio.run(measure(server.database(), events))
        finally:
            server.stop()
        print()
        group_scale.measure((1, 10, 100), seconds=4.0)
    rounds_of.show(rows)


async def publish(url: str, events: int) -> None:
    """The other process: events with the moment at which they were sent."""
    async with await open_store(url) as store:
        bus = Bus(store, "bench", robot="other")
        for _ in range(events):
            await bus.publish("tick", {"at": time.time()})
            await asyncio.sleep(SPACING)


async def measure(url: str, events: int) -> None:
    """One figure a line."""
    async with await open_store(url) as store:
        await propagation(store, url, events)
        await replay(store)
        await choice()
        await failover(store)
        await recall(store)


async def propagation(store, url: str, events: int) -> None:
    """From the publish of another process to the handler here; and within one process."""
    delays: list[float] = []
    async with Bus(store, "bench", robot="here") as bus:
        bus.subscribe("tick", "me#", lambda p, e: delays.append(time.time() - p["at"]))
        command = [sys.executable, "-m", "tests.benchmarks.group_figures", "--publish"]
        child = await asyncio.create_subprocess_exec(
            *command, "--url", url, "--events", str(events)
        )
        await child.wait()
        await bus.settled()
        show("propagation to another process", delays)
        delays.clear()
        for _ in range(events):
            await bus.publish("tick", {"at": time.time()})
            await asyncio.sleep(0)
        await bus.settled()
        show("propagation within a process, without pause", delays)


async def replay(store) -> None:
    """A thousand critical events, delivered again."""
    async with Bus(store, "replayed") as bus:
        for n in range(1000):
            await bus.publish("n", {"n": n}, priority="critical")
        bus.subscribe("n", "me#", lambda p, e: None)
        times = []
        for _ in range(10):
            began = time.perf_counter()
            assert await bus.replay("me#") == 1000
            times.append(time.perf_counter() - began)
        show("replay of 1000 events", times)


async def choice() -> None:
    """Ten candidates, each strategy."""
    candidates = [
        Candidate(id=f"r{n}", order=n, load=n % 3, expertise=f"topic {n}") for n in range(10)
    ]
    for strategy in ("least_loaded", "round_robin", "priority", "capability", "llm_based"):
        times = []
        for _ in range(500):
            began = time.perf_counter()
            await Dispatcher.choose(candidates, Work(text="topic 3"), strategy=strategy)
            times.append(time.perf_counter() - began)
        show(f"choice by {strategy}", times)


async def failover(store) -> None:
    """By hand, with a hundred memories."""
    times = []
    for n in range(10):
        name = f"failover-{n}"
        group = await RobotGroup.open(store, name, active=["a"], passive=["b"], max_tokens=8000)
        began = time.perf_counter()
        await group.failover()
        times.append(time.perf_counter() - began)
        await group.shutdown()
    show("failover by hand", times)


async def recall(store) -> None:
    """Among a thousand memories."""
    memory = Memory(store, "recalled", max_tokens=8000)
    times = []
    for n in range(1000):
        began = time.perf_counter()
        await memory.remember(f"memory {n} of customer {n % 97}", originator="a")
        times.append(time.perf_counter() - began)
    show("remember, up to 1000 memories", times)
    times = []
    for n in range(50):
        began = time.perf_counter()
        await memory.recall(f"customer {n}", limit=5)
        times.append(time.perf_counter() - began)
    show("recall of 5 among 1000", times)


def show(name: str, seconds: list[float]) -> None:
    """Median, 95th and 99th percentile in milliseconds, as a line of JSON."""
    ordered = sorted(seconds)

    def at(share: float) -> float:
        return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000, 3)

    print(
        json.dumps(
            {"what": name, "n": len(ordered), "p50": at(0.5), "p95": at(0.95), "p99": at(0.99)}
        )
    )


if __name__ == "__main__":
    main()
