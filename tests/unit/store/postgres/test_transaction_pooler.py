"""A store behind a real PgBouncer in transaction mode, as Supabase's port 6543 is."""

import asyncio

import msgspec
import pytest

from casare_robot.domain.errors import StaleLeaseError
from casare_robot.domain.job import JobResult, JobStatus
from casare_robot.link.casarerpa.queue_table import QueueTableWords
from casare_robot.link.exchange import frame
from casare_robot.link.identity import Identity
from casare_robot.link.sql_line import open_sql
from casare_robot.store.opening import open_store
from tests.replicas.job_queue import JobQueue
from tests.replicas.robot_process import GOOD
from tests.servers import MissingError, PgBouncer

LIMIT = 60


@pytest.fixture(scope="module")
def bouncer(postgres_server):
    try:
        made = PgBouncer(postgres_server)
    except MissingError as reason:
        pytest.skip(str(reason))
    yield made
    made.stop()


@pytest.fixture
def pooled(bouncer, postgres_server):
    return bouncer.url(postgres_server.empty())


async def test_an_empty_database_is_made_ready_through_it(bouncer, postgres_server):
    async with await open_store(bouncer.url(postgres_server.database())) as store:
        await store.put("job", "k", {"n": 1})
        assert (await store.get("job", "k")).record == {"n": 1}


async def test_many_robots_share_few_connections_and_disturb_nobody(pooled):
    stores = [await open_store(pooled) for _ in range(12)]
    try:
        async with asyncio.timeout(LIMIT):
            await stores[0].lease("fleet", "first", ttl=600)
            taken = await asyncio.gather(
                *(store.lease("fleet", str(n), ttl=600) for n, store in enumerate(stores))
            )
            for n in range(24):
                await stores[n % 12].put("job", str(n), {"status": "queued"})
            claimed = await asyncio.gather(
                *(store.claim("job", holder=str(n), ttl=60) for n, store in enumerate(stores * 2))
            )
            await asyncio.gather(*(store.append("log", n) for n, store in enumerate(stores)))
            read = await stores[3].read("log")
    finally:
        for store in stores:
            await store.close()

    assert taken == [None] * 12
    assert sorted(int(one.row.key) for one in claimed) == list(range(24))
    assert sorted(entry.body for entry in read.entries) == list(range(12))


async def test_what_was_taken_over_is_fenced_through_it_too(pooled):
    async with await open_store(pooled) as old, await open_store(pooled) as new:
        first = await old.lease("fleet", "old", ttl=600)
        await old.unlease(first.fence)
        second = await new.lease("fleet", "new", ttl=600)

        with pytest.raises(StaleLeaseError):
            await old.append("log", 1, fence=first.fence)
        await new.append("log", 2, fence=second.fence)


async def test_without_notifications_one_looks_and_the_doctor_is_told(pooled):
    async with await open_store(pooled) as store, await open_store(pooled) as far:
        async with store.watch("log") as bell, asyncio.timeout(LIMIT):
            await anext(bell)
            await far.append("log", 1)
            while (await store.read("log")).newest == 0:
                await anext(bell)
        health = await store.health()

    assert any("transaction mode" in warning for warning in health.warnings)


async def test_a_leader_follows_another_by_its_lease_alone(pooled):
    async with await open_store(pooled) as one, await open_store(pooled) as other:
        async with asyncio.timeout(LIMIT):
            first = await one.succeed("fleet", "one", ttl=2)
            second = await other.succeed("fleet", "other", ttl=2)

    assert second.token > first.token


async def test_jobs_of_casarerpas_queue_are_claimed_and_ended_through_it(bouncer, postgres_server):
    direct = postgres_server.database()
    words = QueueTableWords(Identity(robot_id="r1", session="s"), dict)
    with JobQueue(direct) as queue:
        ids = [queue.submit(GOOD) for _ in range(8)]
        line = await open_sql(bouncer.url(direct))

        async def asked(question):
            await line.send(frame(msgspec.structs.replace(question.head, n=1)))
            return words.heard(question, words.read(await line.receive())[1])

        for _ in ids:
            job = (await asked(words.claim())).job
            await asked(words.renew(job.id))
            await asked(words.upkeep([job.id]))
            await asked(words.report(JobResult(job_id=job.id, status=JobStatus.COMPLETED)))
        await line.close("")

        assert {queue.job(one)["status"] for one in ids} == {"completed"}
