"""A coordinator that runs stands for leadership all the time."""

import asyncio

from casare_robot.groups.bus import Bus
from casare_robot.groups.dispatcher import Dispatcher
from casare_robot.store.opening import open_store


async def leads(dispatcher):
    async with asyncio.timeout(60):
        while not dispatcher.is_leader:
            await asyncio.sleep(0.01)


async def test_the_other_coordinator_leads_as_soon_as_the_first_stops(postgres_server):
    url = postgres_server.empty()
    async with (
        await open_store(url) as store,
        await open_store(url) as other,
        Bus(store, "one", robot="a") as bus,
        Bus(other, "two", robot="b") as ears,
    ):
        first, second = Dispatcher(store, bus), Dispatcher(other, ears)
        first.start()
        await leads(first)
        second.start()
        await asyncio.sleep(0.05)
        assert not second.is_leader
        token = first.lease.token
        await first.stop()
        await leads(second)

        assert second.lease.token > token
        assert await second.leader() == "two"
        await second.stop()
        assert await second.leader() is None


async def test_one_that_leads_already_goes_on_and_its_session_stands_for_it(postgres_server):
    url = postgres_server.empty()
    async with await open_store(url) as store, Bus(store, "one", robot="a") as bus:
        dispatcher = Dispatcher(store, bus)
        assert await dispatcher.lead()
        token = dispatcher.lease.token
        dispatcher.start()
        async with asyncio.timeout(60):
            while not store._succession.is_busy("fleet"):
                await asyncio.sleep(0.01)

        assert dispatcher.lease.token == token
        await dispatcher.stop()
        assert not store._succession.is_busy("fleet")
