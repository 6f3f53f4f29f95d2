"""What a store in PostgreSQL or Redis costs, beside bare statements of the same drivers.

Run: python -m tests.benchmarks.bench_store_servers [--rounds 5] [--peers PYTHON]

Real servers, started for this on sockets; every commit waits for the disk (fsync, appendfsync
always). Rounds are interleaved; ratios are medians of the ratios of the rounds.
"""

import asyncio
import statistics
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import psycopg
import redis.asyncio

from casare_robot.store.doorbell import MERGE
from casare_robot.store.opening import open_store
from casare_robot.store.postgres.postgres_store import PostgresStore
from casare_robot.store.records import Patch, Put
from casare_robot.store.store import Store
from tests.benchmarks.rounds import (
    Cases,
    Row,
    interleave,
    median_ratio,
    medians,
    options,
    peer,
    show,
)
from tests.servers import MissingError, PostgresServer, RedisServer

STORE_PEERS = Path(__file__).with_name("store_peers.py")
CALLS = 200
JOBS = 400
BATCH = 20
MANY_JOBS = 8000
MANY = 100
CONNECTIONS = 3
WRITERS = 8
BELLS = 100
LEASE = """INSERT INTO bare VALUES (%s, 'me', 1, clock_timestamp() + interval '5 s')
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires = excluded.expires,
token = CASE WHEN bare.holder = excluded.holder THEN bare.token ELSE bare.token + 1 END
WHERE bare.expires <= clock_timestamp() OR bare.holder = excluded.holder RETURNING token"""
BARE_LEASE, RENEWAL, RENEWALS = "bare lease row", "renewal, 1 robot", "renewal of 100 robots"


def bare_lease(server: PostgresServer) -> float:
    """Microseconds of a lease as one raw statement."""
    with psycopg.connect(server.empty(), autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS bare")
        connection.execute(
            "CREATE TABLE bare (name text PRIMARY KEY, holder text, token bigint, "
            "expires timestamptz) WITH (fillfactor = 50)"
        )
        begin = time.perf_counter()
        for _ in range(CALLS):
            connection.execute(LEASE, ("robot:0",), prepare=True)
        return (time.perf_counter() - begin) / CALLS * 1e6


def with_store(server: PostgresServer | RedisServer, run) -> float:
    async def opened() -> float:
        async with await open_store(server.empty()) as store:
            return await run(store)

    return asyncio.run(opened())


async def renewals(robots: int, store: Store) -> float:
    """Microseconds to renew the leases of so many robots of one process."""

    names = [f"robot:{n}" for n in range(robots)]

    async def renew() -> None:
        await store.lease_many(names, "me", ttl=5)

    await renew()
    calls = CALLS if robots == 1 else CALLS // 4
    begin = time.perf_counter()
    for _ in range(calls):
        await renew()
    return (time.perf_counter() - begin) / calls * 1e6


async def jobs(at_once: int, store: Store) -> float:
    """Jobs a second that one process claims and finishes, so many at once."""
    return await timed_jobs(JOBS if at_once > 1 else JOBS // 4, at_once, [store])


def jobs_of_connections(server: PostgresServer) -> float:
    """The same for one process with several connections, each claiming many at once."""

    async def opened(url: str) -> float:
        async with AsyncExitStack() as stack:
            stores = [
                await stack.enter_async_context(await open_store(url)) for _ in range(CONNECTIONS)
            ]
            return await timed_jobs(MANY_JOBS, MANY, stores)

    return asyncio.run(opened(server.empty()))


async def timed_jobs(count: int, at_once: int, stores: Sequence[Store]) -> float:
    await stores[0].commit(
        *(Put(table="job", key=f"j{n}", record={"status": "queued"}) for n in range(count))
    )
    begin = time.perf_counter()
    done = await asyncio.gather(*(claim_and_finish(store, at_once) for store in stores))
    assert sum(done) == count
    return count / (time.perf_counter() - begin)


async def claim_and_finish(store: Store, at_once: int) -> int:
    """How many were done when there are none left."""
    done = 0
    while claims := await store.claim_many(
        "job",
        most=at_once,
        holder="me",
        ttl=60,
        where={"status": "queued"},
        order=["-priority"],
        fields={"status": "running"},
    ):
        finished = [
            Patch(
                table="job",
                key=claim.row.key,
                fields={"status": "done"},
                version=claim.row.version,
            )
            for claim in claims
        ]
        await store.commit(*finished, fence=claims[0].lease.fence if at_once == 1 else None)
        done += len(claims)
    return done


async def jobs_of_ten(store: Store) -> float:
    """Jobs a second of ten robots of one process, each claiming and finishing one at a time."""
    await store.commit(
        *(Put(table="job", key=f"j{n}", record={"status": "queued"}) for n in range(JOBS))
    )

    async def robot(name: str) -> None:
        while claim := await store.claim(
            "job",
            holder=name,
            ttl=60,
            where={"status": "queued"},
            order=["-priority"],
            fields={"status": "running"},
        ):
            await store.patch("job", claim.row.key, {"status": "done"}, fence=claim.lease.fence)

    begin = time.perf_counter()
    await asyncio.gather(*(robot(f"robot {n}") for n in range(10)))
    return JOBS / (time.perf_counter() - begin)


async def appends(store: Store) -> float:
    """Appends a second of 8 tasks of one process to one log."""

    async def write() -> None:
        for number in range(CALLS // 2):
            await store.append("log", {"n": number})

    begin = time.perf_counter()
    await asyncio.gather(*(write() for _ in range(WRITERS)))
    return WRITERS * CALLS / 2 / (time.perf_counter() - begin)


async def bell_alone(store: Store) -> float:
    """Milliseconds from before a call until a doorbell rings, p50."""
    assert isinstance(store, PostgresStore)
    call = partial(store._worker.call, "ring", {"names": ["bare"]})
    delays = []
    async with store.watch("bare") as bell:
        await anext(bell)
        for _ in range(BELLS):
            await asyncio.sleep(MERGE)  # calls within this time after a look are one
            ringing = asyncio.create_task(anext(bell))
            await asyncio.sleep(0)
            begin = time.perf_counter()
            calling = asyncio.create_task(call())
            await ringing
            delays.append((time.perf_counter() - begin) * 1000)
            await calling
    return statistics.median(delays)


def bare_notify(server: PostgresServer) -> list[float]:
    """Milliseconds from before NOTIFY to after it was heard on another bare connection."""
    delays = []
    with (
        psycopg.connect(server.empty(), autocommit=True) as hears,
        psycopg.connect(server.empty(), autocommit=True) as calls,
    ):
        hears.execute("LISTEN bare")
        for number in range(BELLS):
            begin = time.perf_counter()
            calls.execute("SELECT pg_notify('bare', %s)", (str(number),), prepare=True)
            next(hears.notifies(stop_after=1))
            delays.append((time.perf_counter() - begin) * 1000)
    return delays


async def bare_publish(server: RedisServer) -> list[float]:
    """The same for Redis' PUBLISH."""
    delays = []
    async with (
        redis.asyncio.Redis.from_url(server.empty()) as connection,
        connection.pubsub(ignore_subscribe_messages=True) as hears,
    ):
        await hears.subscribe("bare")
        await hears.get_message(timeout=1)
        for number in range(BELLS):
            begin = time.perf_counter()
            await connection.publish("bare", str(number))
            while await hears.get_message(ignore_subscribe_messages=True, timeout=1) is None:
                pass
            delays.append((time.perf_counter() - begin) * 1000)
    return delays


async def bells(url: str) -> list[float]:
    """Milliseconds from before an append to after it was read by another store."""
    delays: list[float] = []
    async with await open_store(url) as writer, await open_store(url) as reader:
        heard = asyncio.Event()

        async def hear() -> None:
            cursor = 0
            async with reader.watch("log") as bell:
                async for _ in bell:
                    reading = await reader.read("log", after=cursor)
                    for entry in reading.entries:
                        cursor = entry.seq
                        delays.append((time.perf_counter() - entry.body) * 1000)
                    heard.set()

        hearing = asyncio.create_task(hear())
        await heard.wait()
        for _ in range(BELLS):
            await asyncio.sleep(0.025)
            heard.clear()
            await writer.append("log", time.perf_counter())
            await heard.wait()
        hearing.cancel()
    return delays


def told(what: str, delays: list[float]) -> float:
    ordered = sorted(delays)
    middle = statistics.median(ordered)
    late = [ordered[int(len(ordered) * part)] for part in (0.95, 0.99)]
    print(f"  {what:<44}p50 {middle:.2f} ms, p95 {late[0]:.2f} ms, p99 {late[1]:.2f} ms")
    return late[0]


def measure(rounds: int, peers: str | None = None) -> list[Row]:
    try:
        postgres, kept = PostgresServer(fsync=True), RedisServer()
    except MissingError as reason:
        print(f"left out: {reason}")
        return []
    try:
        return _measure(postgres, kept, rounds, peers)
    finally:
        postgres.stop()
        kept.stop()


def _measure(
    postgres: PostgresServer, kept: RedisServer, rounds: int, peers: str | None
) -> list[Row]:
    rows = _leases(postgres, kept, rounds) + _jobs(postgres, kept, rounds, peers)
    print("\nfrom one connection to another")
    told("bare psycopg NOTIFY", bare_notify(postgres))
    late = told("postgres: append, bell, read", asyncio.run(bells(postgres.empty())))
    told("bare redis PUBLISH", asyncio.run(bare_publish(kept)))
    told("redis: append, bell, read", asyncio.run(bells(kept.empty())))
    rows.append(Row("postgres: append to read, p95 / 10 ms", late / 10, 1.0, at_most=True))
    bare = peer(peers, "asyncpg_notify", postgres.database(), str(BELLS), file=STORE_PEERS)
    if bare is not None:
        ring = partial(with_store, postgres, bell_alone)
        results = interleave({"doorbell": ring, "asyncpg": bare}, rounds)
        medians(results, "ms")
        ratio = median_ratio(results, "doorbell", "asyncpg")
        rows.append(Row("postgres: doorbell / asyncpg listener", ratio, 1.2, at_most=True))
    return rows


def _leases(postgres: PostgresServer, kept: RedisServer, rounds: int) -> list[Row]:
    cases: Cases = {
        BARE_LEASE: partial(bare_lease, postgres),
        RENEWAL: partial(with_store, postgres, partial(renewals, 1)),
        RENEWALS: partial(with_store, postgres, partial(renewals, 100)),
        f"redis: {RENEWAL}": partial(with_store, kept, partial(renewals, 1)),
        f"redis: {RENEWALS}": partial(with_store, kept, partial(renewals, 100)),
    }
    results = interleave(cases, rounds)
    medians(results, "us")
    one = median_ratio(results, RENEWAL, BARE_LEASE)
    many = median_ratio(results, RENEWALS, RENEWAL)
    redis_many = median_ratio(results, f"redis: {RENEWALS}", f"redis: {RENEWAL}")
    return [
        Row(f"postgres: {RENEWAL} / {BARE_LEASE}", one, 1.2, at_most=True),
        Row(f"postgres: {RENEWALS} / 1 robot", many, 2.0, at_most=True),
        Row(f"redis: {RENEWALS} / 1 robot", redis_many, 2.0, at_most=True),
    ]


def _jobs(postgres: PostgresServer, kept: RedisServer, rounds: int, peers: str | None) -> list[Row]:
    singly, ten, batch = "singly", "by 10 tasks", f"{BATCH} at once"
    many = f"{MANY} at once, {CONNECTIONS} connections"
    cases = {
        f"{name}: {what}": partial(with_store, server, run)
        for name, server in (("postgres", postgres), ("redis", kept))
        for what, run in (
            (f"claim + finish, {singly}", partial(jobs, 1)),
            (f"claim + finish, {ten}", jobs_of_ten),
            (f"claim + finish, {batch}", partial(jobs, BATCH)),
            ("appends of 8 tasks to one log", appends),
        )
    }
    cases[f"postgres: claim + finish, {many}"] = partial(jobs_of_connections, postgres)
    url = postgres.database()
    for at_once in (1, 10):
        one = peer(peers, "procrastinate_jobs", url, str(at_once), file=STORE_PEERS)
        if one is not None:
            cases[f"procrastinate, {at_once} at once"] = one
    results = interleave(cases, rounds)
    medians(results, "a second")
    if "procrastinate, 10 at once" not in results:
        return []
    return [
        Row(
            f"postgres: claim + finish, {what} / procrastinate, {other} at once",
            median_ratio(
                results, f"postgres: claim + finish, {what}", f"procrastinate, {other} at once"
            ),
            goal,
        )
        for what, other, goal in (
            (singly, 1, 1.5),
            (ten, 10, None),
            (batch, 10, None),
            (many, 10, 20),
        )
    ]


def main() -> None:
    chosen = options(__doc__ or "")
    show(measure(chosen.rounds, chosen.peers))


if __name__ == "__main__":
    main()
