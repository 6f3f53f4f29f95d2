import asyncio

import pytest

from casare_robot.orchestrator.mandate import NAME, Mandate, OrchestratorBusyError
from casare_robot.store.memory import MemoryStore


async def test_the_lease_of_a_dead_orchestrator_is_waited_for():
    async with MemoryStore() as store:
        dead = await store.lease(NAME, "dead", ttl=0.3)
        async with asyncio.timeout(60), await Mandate.take(store) as mandate:
            assert mandate.fence.token > dead.token


async def test_who_renews_its_lease_is_alive_and_keeps_the_store():
    async with MemoryStore() as store, await Mandate.take(store):
        with pytest.raises(OrchestratorBusyError):
            async with asyncio.timeout(60):
                await Mandate.take(store)


async def test_a_lease_that_was_lost_is_taken_anew():
    async with MemoryStore() as store, await Mandate.take(store) as mandate:
        before = mandate.fence
        keeping = asyncio.create_task(mandate.keep())
        await mandate._lease.release()
        async with asyncio.timeout(60):
            while mandate._lease.token == before.token:
                await asyncio.sleep(0)
        keeping.cancel()

        assert mandate.fence.token > before.token
