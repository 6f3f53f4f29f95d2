"""Every setting of a fleet does what its name says."""

import asyncio

import msgspec
import pytest

from casare_robot.groups.environment import FleetSettings, settings_of
from casare_robot.groups.event_text import FLEET
from casare_robot.groups.fleet import Fleet

DAY = 24 * 3600.0


@pytest.fixture
def open_with(store, clock):
    def opened(**settings):
        return Fleet.open(
            store=store, clock=clock, sleep=clock.sleep, settings=FleetSettings(**settings)
        )

    return opened


async def test_sessions_live_as_long_as_is_set(open_with, clock):
    async with await open_with(session_life=2 * DAY) as fleet:
        usual = await fleet.sessions.create()
        own = await fleet.sessions.create(expiration=3 * DAY)

    assert usual.expires_at == clock.now + 2 * DAY
    assert own.expires_at == clock.now + 3 * DAY


async def test_a_session_is_trimmed_to_the_size_and_the_turns_that_are_set(open_with):
    async with await open_with(max_state_size=2000, kept_turns=3) as fleet:
        session = await fleet.sessions.create()
        for n in range(30):
            turn = {"agentId": "a", "content": f"{n} " + "x" * 100}
            session = await fleet.sessions.add_message(session.id, turn)
        assert 3 < len(session.history) < 30
        assert session.history[-1]["content"].startswith("29 ")
        large = {"agentId": "a", "content": "y" * 3000}
        session = await fleet.sessions.add_message(session.id, large)

    assert len(session.history) == 3


async def test_the_state_of_a_group_is_kept_as_long_as_is_set(open_with, clock):
    async with await open_with(state_life=100.0) as fleet:
        await fleet.sessions.save("g", {"n": 1})
        clock.now += 99
        assert await fleet.sessions.load("g") is not None
        clock.now += 2
        assert await fleet.sessions.load("g") is None


async def test_as_many_events_are_known_as_is_set(open_with):
    async with await open_with(registry_size=2) as fleet:
        group = await fleet.create_group("team", active=["a"])
        heard = []
        for bus in (fleet.bus, group.bus):
            bus.subscribe("news", "reader", lambda payload, event: heard.append(event))
            for n in range(4):
                await bus.publish("news", n)
            await bus.settled()
            inbox = bus.inbox("news", "reader")
            assert len(inbox.known) == 2, bus.group
    assert len(heard) >= 8


async def test_events_are_kept_as_long_as_is_set(open_with, store, clock):
    async with await open_with(retention=2 * DAY) as fleet:
        group = await fleet.create_group("team", active=["a"])
        await group.bus.publish("news")
        await group.bus.broadcast("news")
        kept = []
        for _ in range(2):
            clock.now += DAY + 1
            for bus in (fleet.bus, group.bus):
                await bus.tidy()
            logs = [(await store.read(stream)).entries for stream in (FLEET, "group:team")]
            kept.append(["news" in [entry.body["topic"] for entry in log] for log in logs])

    assert kept == [[True, True], [False, False]]


async def test_a_probe_is_waited_for_as_long_as_is_set(open_with):
    async with await open_with(probe_timeout=0.01) as fleet:
        assert fleet.health.times.probe_timeout == 0.01


async def test_a_robots_lease_is_kept_as_its_heartbeat_says(open_with, store):
    async with await open_with(robot_heartbeat=4.0) as fleet:
        made = await fleet.create_group("team")
        await made.enrol("desk-1")
        lease = (await store.held("robot:desk-1"))["robot:desk-1"]

    assert lease.ttl == 9.0


async def test_sessions_are_saved_by_themselves(store, clock):
    saved = asyncio.Event()

    async def sleep(seconds):
        if seconds == 30.0:
            saved.set()
        await asyncio.Event().wait()

    async with await Fleet.open(store=store, clock=clock, sleep=sleep) as fleet:
        session = await fleet.sessions.create()
        fleet.sessions.keep(msgspec.structs.replace(session, metadata={"n": 1}))
        fleet.start()
        await asyncio.wait_for(saved.wait(), 60)
        kept = await fleet.sessions.restore(session.id)

    assert kept is not None
    assert kept.metadata == {"n": 1}


def test_each_setting_has_a_name_in_the_environment():
    given = {
        "SWARM_TTL": "100",
        "SESSION_EXPIRATION_DAYS": "2",
        "AGENT_STATE_MESSAGE_HISTORY": "3",
        "AGENT_STATE_MAX_SIZE_MB": "1",
        "EVENT_REGISTRY_MAX_SIZE": "2",
        "HEARTBEAT_INTERVAL_MS": "4000",
        "LIVENESS_PROBE_TIMEOUT_MS": "10",
    }
    assert settings_of(given) == FleetSettings(
        state_life=100.0,
        session_life=2 * DAY,
        kept_turns=3,
        max_state_size=1 << 20,
        registry_size=2,
        robot_heartbeat=4.0,
        probe_timeout=0.01,
    )
