"""HTM-40, 42, 43, 45 to 47, 53: the channel of a group, and failover by itself."""

import asyncio

from casare_robot.groups.bus import Bus
from casare_robot.groups.health import Health
from casare_robot.groups.memory import Memory
from casare_robot.groups.robot_group import RobotGroup


async def test_htm_40_members_are_in_sync_when_each_has_read_the_last_change(memory, store, clock):
    elsewhere = Memory(store, "team", max_tokens=100, clock=clock)
    await memory.remember("x", originator="a")
    await memory.sync("a")

    assert await memory.in_sync(["a"])
    assert not await memory.in_sync(["a", "b"])
    await elsewhere.sync("b")
    assert await memory.in_sync(["a", "b"])
    await memory.remember("y", originator="a")
    assert not await memory.in_sync(["a", "b"])


async def test_htm_42_it_listens_between_start_and_stop(store):
    bus = Bus(store, "team")
    before = bus.listening
    await bus.start()
    between = bus.listening
    await bus.stop()

    assert (before, between, bus.listening) == (False, True, False)


def test_htm_43_the_channel_has_a_name_that_every_store_can_carry():
    names = [Bus(None, name).channel_name for name in ("a_b", "a-b", "a.b", "x" * 80)]

    assert Bus(None, "team").channel_name == "htm_wm_team"
    assert names[1].startswith("htm_wm_a_b_")
    assert len(set(names)) == 4
    assert all(len(name) <= 63 for name in names)


async def test_htm_45_several_listeners_hear_changes_and_nothing_breaks_them(bus, memory, store):
    heard = []
    bus.subscribe("memory:*", "one", lambda p, e: heard.append(("one", e.topic, p["node_id"])))
    bus.subscribe("memory:*", "two", lambda p, e: heard.append(("two", e.topic, p["node_id"])))
    await store.append("group:team", "malformed", 7, {"topic": 5})
    node = await memory.remember("x", originator="a")
    await Memory(store, "another").remember("x", originator="a")
    await bus.settled()

    assert sorted(heard) == [("one", "memory:added", node), ("two", "memory:added", node)]
    assert bus.notifications_received == 1


async def test_htm_46_the_listener_comes_back_after_an_error_of_the_store(store, clock):
    from casare_robot.domain.errors import StoreUnavailableError

    class Flaky(type(store)):
        pass

    bus = Bus(store, "team", clock=clock)
    await bus.start()
    heard = asyncio.Event()
    bus.subscribe("x", "me", lambda p, e: heard.set())
    await bus.settled()
    original, failures = store.read, []

    async def broken(stream, **given):
        if not failures:
            failures.append(stream)
            raise StoreUnavailableError("away")
        return await original(stream, **given)

    store.read = broken
    await bus.publish("x")
    await asyncio.wait_for(heard.wait(), 60)
    await asyncio.wait_for(bus.stop(), 60)

    assert failures
    assert not bus.listening


async def test_htm_47_what_one_process_wrote_it_takes_over_once(memory, store, clock):
    elsewhere = Memory(store, "team", max_tokens=100, clock=clock)
    await elsewhere.sync("b")
    await memory.remember("x", originator="a")
    entries = (await store.read("group:team")).newest

    assert await elsewhere.sync("b") == 1
    assert await elsewhere.sync("b") == 0
    assert (await store.read("group:team")).newest == entries


async def test_htm_53_a_silent_active_robot_is_replaced_by_itself(store, clock):
    async with await RobotGroup.open(store, "team", clock=clock) as group:
        await group.join("a", role="active", is_enrolled=True)
        await group.join("b", is_enrolled=True)
        await store.lease("robot:a", "process of a", ttl=5)
        await store.lease("robot:b", "process of b", ttl=5)
        await group.memory.sync("b")
        assert await group.tick() is None

        clock.now += 5
        await store.lease("robot:b", "process of b", ttl=5)

        assert await group.tick() == "b"
        assert (await group.status())["active"] == ["b"]


async def test_htm_53_health_has_the_group_fail_over(store, bus, clock):
    async with await RobotGroup.open(
        store, "team", active=["a"], passive=["b"], clock=clock
    ) as group:

        async def failover(robot, fallback):
            return await group.failover(robot)

        health = Health(store, bus, failover=failover, clock=clock, sleep=clock.sleep)
        health.watch("a", {"type": "replace"})
        clock.now += 6
        await health.tick()
        await health.settled()

        assert (await group.status())["active"] == ["b"]
