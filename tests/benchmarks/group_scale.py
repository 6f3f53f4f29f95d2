"""How it grows: groups of 10 robots against one PostgreSQL, from 1 group to 1,000.

Run: python -m tests.benchmarks.group_scale [--groups 1,10,100,1000] [--seconds 6]

Four processes play the robots, each with one connection (a second one only where it stands for
leadership). Every robot's lease is renewed each 2 s, every group tells an event now and then,
which a robot of another process hears; then all robots claim and finish jobs. fsync is on.
"""

import argparse
import asyncio
import json
import logging
import os
import signal
import sys
import time
from collections.abc import Sequence
from typing import Any

import psutil
import psycopg

from casare_robot.groups.bus import Bus
from casare_robot.groups.job_rows import TABLE
from casare_robot.store.opening import open_store
from casare_robot.store.records import Put
from casare_robot.store.store import Store
from tests.servers import PostgresServer

PROCESSES = 4
ROBOTS = 10
"""Of a group."""
BEAT = 2.0
EVENTS = 60.0
"""A second, of all groups together, but at most one of each group."""
JOBS = 4000
TOGETHER = 20
"""Jobs that a process of robots has under way."""


def at(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else float("nan")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--groups", default="1,10,100,1000")
    arguments.add_argument("--seconds", type=float, default=6.0)
    arguments.add_argument("--play", help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.play:
        asyncio.run(play(json.loads(given.play)))
    else:
        measure([int(count) for count in given.groups.split(",")], given.seconds)


def measure(sizes: Sequence[int], seconds: float) -> None:
    """One line for each number of groups."""
    print(
        f"{'groups':>7}{'robots':>8}{'renewal ms':>12}{'event p50':>11}{'p99 ms':>8}"
        f"{'claims/s':>10}{'failover ms':>13}{'MB/process':>12}{'server MB':>11}{'server CPU':>12}"
    )
    for groups in sizes:
        server = PostgresServer(fsync=True)
        try:
            told = asyncio.run(size(server, groups, seconds))
        finally:
            server.stop()
        print(
            f"{groups:>7}{groups * ROBOTS:>8}{told['renewal']:>12.1f}{told['p50']:>11.1f}"
            f"{told['p99']:>8.1f}{told['claims']:>10,.0f}{told['failover']:>13.1f}"
            f"{told['memory']:>12.0f}{told['server']:>11.0f}{told['cpu']:>11.0%}",
            flush=True,
        )


async def size(server: PostgresServer, groups: int, seconds: float) -> dict[str, float]:
    url = server.database()
    async with await open_store(url) as store:
        for begin in range(0, JOBS, 500):
            await store.commit(*(job(n, groups) for n in range(begin, begin + 500)))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ANALYZE")
        players = [
            await start({"url": url, "part": part, "groups": groups, "seconds": seconds})
            for part in range(PROCESSES)
        ]
        for player in players:
            assert (await player.stdout.readline()).strip() == b"ready"
        before, began = server_cpu(server), time.monotonic()
        for player in players:
            player.stdin.write(b"go\n")
        figures = [json.loads(await player.stdout.readline()) for player in players]
        cpu = (server_cpu(server) - before) / (time.monotonic() - began)
        memory = max(psutil.Process(player.pid).memory_info().rss for player in players) / 1e6
        used = sum(own_memory(process) for process in processes(server)) / 1e6
        for player in players:
            player.stdin.write(b"claim\n")
        claimed = [json.loads(await player.stdout.readline()) for player in players]
        for player in players:
            await player.wait()
    delays = sorted(delay for each in figures for delay in each["delays"])
    renewals = sorted(took for each in figures for took in each["renewals"])
    span = max(each["end"] for each in claimed) - min(each["begin"] for each in claimed)
    return {
        "renewal": at(renewals, 0.5) * 1000,
        "p50": at(delays, 0.5) * 1000,
        "p99": at(delays, 0.99) * 1000,
        "claims": sum(each["done"] for each in claimed) / span,
        "failover": await failover(url),
        "memory": memory,
        "server": used,
        "cpu": cpu,
    }


def job(number: int, groups: int) -> Put:
    record = {"status": "assigned", "group": f"g{number % groups}", "priority": number % 3}
    return Put(table=TABLE, key=f"j{number}", record=record)


async def start(about: dict[str, Any]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.benchmarks.group_scale", "--play", json.dumps(about)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=2**26,
    )


async def play(about: dict[str, Any]) -> None:
    """One of the processes: its groups' robots, and ears for the groups of the next."""
    parts = [range(part, about["groups"], PROCESSES) for part in range(PROCESSES)]
    own, heard = parts[about["part"]], parts[(about["part"] + 1) % PROCESSES]
    logging.disable(logging.WARNING)  # that events are slow is what is measured
    delays: list[float] = []
    renewals: list[float] = []
    async with await open_store(about["url"]) as store:
        ears = [Bus(store, f"g{number}", robot="ear") for number in heard]
        for ear in ears:
            ear.subscribe("tick", "me#", lambda p, e: delays.append(time.time() - p["at"]))
            await ear.start()
        voices = [Bus(store, f"g{number}", robot="voice") for number in own]
        print("ready", flush=True)
        await said()
        async with asyncio.timeout(about["seconds"] + 60):
            await asyncio.gather(
                beats(store, own, about["seconds"], renewals),
                events(voices, about["groups"], about["seconds"]),
            )
            for ear in ears:
                await ear.settled()
        print(json.dumps({"delays": delays, "renewals": renewals}), flush=True)
        await said()
        for ear in ears:
            await ear.stop()
        begin = time.time()
        done = await asyncio.gather(*(work(store, own, n) for n in range(TOGETHER)))
        print(json.dumps({"done": sum(done), "begin": begin, "end": time.time()}), flush=True)


async def said() -> None:
    await asyncio.to_thread(sys.stdin.readline)


async def beats(store: Store, own: Sequence[int], seconds: float, renewals: list[float]) -> None:
    """Renew all robots of this process together, as a process does."""
    names = [f"robot:g{number}-{robot}" for number in own for robot in range(ROBOTS)]
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        begin = time.perf_counter()
        await store.lease_many(names, f"process {os.getpid()}", ttl=30)
        renewals.append(time.perf_counter() - begin)
        await asyncio.sleep(BEAT)


async def events(voices: Sequence[Bus], groups: int, seconds: float) -> None:
    if not voices:
        return
    pause = max(1.0 / EVENTS, 1.0 / groups) * groups / len(voices)
    end = time.monotonic() + seconds
    turn = 0
    while time.monotonic() < end:
        await voices[turn % len(voices)].publish("tick", {"at": time.time()})
        turn += 1
        await asyncio.sleep(pause)


async def work(store: Store, own: Sequence[int], robot: int) -> int:
    """Claim and finish the jobs of its share of these groups, one at a time."""
    done = 0
    share = own[robot::TOGETHER] or own[robot % len(own) :][:1] if own else own
    for number in share:
        while True:
            claim = await store.claim(
                TABLE,
                holder=f"{os.getpid()}-{robot}",
                ttl=60,
                where={"status": "assigned", "group": f"g{number}"},
                order=["-priority"],
                fields={"status": "running", "robot": f"g{number}-{robot}"},
            )
            if claim is None:
                break
            await store.patch(TABLE, claim.row.key, {"status": "done"}, fence=claim.lease.fence)
            done += 1
    return done


async def failover(url: str) -> float:
    """Milliseconds from the kill -9 of a leader until its successor leads; the middle of three."""
    took = []
    async with await open_store(url) as store:
        for number in range(3):
            leader = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.store_process", "lead", url, f"leader {number}"),
                stdout=asyncio.subprocess.PIPE,
            )
            await leader.stdout.readline()
            waiting = asyncio.create_task(store.succeed("fleet", f"next {number}", ttl=60))
            await asyncio.sleep(0.5)
            begin = time.perf_counter()
            leader.send_signal(signal.SIGKILL)
            lease = await waiting
            took.append((time.perf_counter() - begin) * 1000)
            await leader.wait()
            await store.unlease(lease.fence)
    return sorted(took)[1]


def processes(server: PostgresServer) -> list[psutil.Process]:
    number = int((server.folder / "data" / "postmaster.pid").read_text().splitlines()[0])
    return [psutil.Process(number), *psutil.Process(number).children()]


def own_memory(process: psutil.Process) -> float:
    """What it alone uses; shared memory is counted by none."""
    return float(process.memory_full_info().uss)


def server_cpu(server: PostgresServer) -> float:
    return sum(sum(process.cpu_times()[:2]) for process in processes(server))


if __name__ == "__main__":
    main()
