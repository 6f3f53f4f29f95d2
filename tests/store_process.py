"""A process that shares a store with its test: python -m tests.store_process WHAT ADDRESS ARGUMENT.

Prints one JSON line when it is done; ``append`` prints every number it was given.
"""

import asyncio
import json
import os
import sys
import time

from casare_robot.domain.errors import StaleLeaseError
from casare_robot.store.opening import open_store
from casare_robot.store.store import Store


async def append(store: Store, argument: str) -> None:
    """Append for ever, or so many times; tell each number once it is given."""
    count = int(argument)
    done = 0
    while done < count or count == 0:
        seqs = await asyncio.gather(*(store.append("log", os.getpid()) for _ in range(4)))
        done += len(seqs)
        print(json.dumps(seqs), flush=True)


async def count_up(store: Store, argument: str) -> None:
    """Add 1 to a row so many times, by compare and set."""
    from casare_robot.domain.errors import ConflictError

    for _ in range(int(argument)):
        while True:
            row = await store.get("job", "counter")
            assert row is not None
            try:
                n = row.record["n"] + 1
                await store.put("job", "counter", {"n": n}, version=row.version)
                break
            except ConflictError:
                continue
    print("[]")


async def contend(store: Store, argument: str) -> None:
    """Ask once for each of so many leases; tell the names of those it got."""
    mine = []
    for number in range(int(argument)):
        if await store.lease(f"lease-{number}", str(os.getpid()), ttl=600):
            mine.append(number)
    print(json.dumps(mine))


async def claim(store: Store, argument: str) -> None:
    """Claim rows until there are none; tell which."""
    mine = []
    while taken := await store.claim(
        "job",
        holder=argument,
        ttl=600,
        where={"status": "queued"},
        order=["-priority"],
        fields={"status": "running"},
    ):
        mine.append(taken.row.key)
    print(json.dumps(mine))


async def write_later(store: Store, argument: str) -> None:
    """Take a lease and write in its name when told to; tell whether the store refuses."""
    lease = await store.lease("fleet", "frozen", ttl=float(argument))
    assert lease is not None
    print(json.dumps(lease.token), flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    try:
        await store.append("log", lease.token, fence=lease.fence)
    except StaleLeaseError as error:
        print(json.dumps([error.token, error.current]), flush=True)


async def lead(store: Store, argument: str) -> None:
    """Lead until it is killed."""
    lease = await store.succeed("fleet", argument, ttl=60)
    print("leads", lease.holder, flush=True)
    await asyncio.Event().wait()


async def echo(store: Store, argument: str) -> None:
    """Tell how many milliseconds each entry took to come here, until one says so."""
    cursor, delays, is_ready = 0, [], False
    async with store.watch("log") as bell:
        async for _ in bell:
            reading = await store.read("log", after=cursor)
            now = time.time()
            if not is_ready:
                print("[]", flush=True)
            is_ready = True
            for entry in reading.entries:
                cursor = entry.seq
                if entry.body == "end":
                    print(json.dumps(delays))
                    return
                if isinstance(entry.body, float):
                    delays.append((now - entry.body) * 1000)
            cursor = max(cursor, reading.newest)


async def main() -> None:
    what, url, argument = sys.argv[1:]
    store = await open_store(url)
    async with store:
        await globals()[what](store, argument)


if __name__ == "__main__":
    asyncio.run(main())
