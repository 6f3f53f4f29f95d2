"""Acceptance tests 2 to 8 of the groups' design, as far as they need no agent."""

import asyncio

import msgspec
import pytest

from casare_robot.domain.errors import ConflictError, StaleLeaseError, StoreUnavailableError
from casare_robot.groups.bus import Bus
from casare_robot.groups.fleet import Fleet
from casare_robot.groups.lease import Lease
from casare_robot.groups.membership import Roll, decide_tick
from casare_robot.groups.memory import Memory
from casare_robot.groups.robot_group import RobotGroup
from casare_robot.groups.sessions import Sessions


async def test_2_a_leader_that_slept_writes_nothing_and_frees_nothing(fleet, store, clock):
    await fleet.create_group("one", active=["a"])
    await fleet.create_group("two", active=["b"])
    first = (await fleet.group("one")).coordinator
    second = (await fleet.group("two")).coordinator
    clock.now += 40  # it was stopped for 40 s: its own clock of trust stood still
    assert await second.lead()

    told = await first.submit({"description": "x"})
    assert (told["leader"], "distributed" in told) == ("two", False)
    with pytest.raises(StaleLeaseError):
        await first.assign(await first.jobs.get(told["taskId"]))
    await first.stop()
    assert await second.leader() == "two"
    assert (await second.submit({"description": "y"}))["distributed"]


async def test_4_a_listener_that_loses_its_store_a_while_hears_everything_in_order(
    store, clock, monkeypatch
):
    heard = {name: [] for name in "abc"}
    async with Bus(store, "team", clock=clock) as bus:
        for name, log in heard.items():
            bus.subscribe("n", name, lambda payload, event, log=log: log.append(payload))
        await bus.settled()
        original, count = store.read, 0

        async def flaky(stream, **given):
            nonlocal count
            count += 1
            if 3 <= count < 8:
                raise StoreUnavailableError("the connection is gone")
            return await original(stream, **given)

        monkeypatch.setattr(store, "read", flaky, raising=False)
        writer = Bus(store, "team", clock=clock, robot="writer")
        for n in range(1000):
            await writer.publish("n", n)
        monkeypatch.setattr(store, "read", original, raising=False)
        async with asyncio.timeout(60):
            while any(len(log) < 1000 for log in heard.values()):
                await bus.settled()
                await asyncio.sleep(0)

    assert all(log == list(range(1000)) for log in heard.values())


@pytest.mark.parametrize("name", ["n" * 80, "a-b", "a_b", "Ä B/C:*"])
async def test_5_every_name_of_a_group_works_with_payloads_of_a_megabyte(store, clock, name):
    heard = []
    async with (
        await RobotGroup.open(store, name, active=["a"], clock=clock) as group,
        await RobotGroup.open(store, name + "x", active=["a"], clock=clock) as neighbour,
    ):
        group.bus.subscribe("big", "me", lambda payload, event: heard.append(len(payload)))
        neighbour.bus.subscribe("big", "me", lambda payload, event: heard.append("wrong"))
        await group.bus.publish("big", "x" * 1_000_000)
        await group.bus.settled()
        await neighbour.bus.settled()
        await group.remember("known here", originator="a")

        assert await neighbour.recall("known") == []
    assert heard == [1_000_000]


async def test_6_ten_jobs_over_two_groups_split_evenly_the_leader_included(fleet):
    for name in ("one", "two"):
        await fleet.create_group(name, active=[f"robot of {name}"])
    results = [await fleet.distribute("one", {"n": n}) for n in range(10)]
    done = []
    for name in ("one", "two"):
        coordinator = (await fleet.group(name)).coordinator
        while (job := await coordinator.claim(f"robot of {name}")) is not None:
            assert await coordinator.complete(job)
            done.append((name, job.id))

    assert sorted(r["targetSwarm"] for r in results) == ["one"] * 5 + ["two"] * 5
    assert len({job for _, job in done}) == len(done) == 10


async def test_6_a_job_of_a_robot_that_died_is_done_once_by_its_standby(store, clock):
    async with await RobotGroup.open(store, "team", clock=clock) as group:
        await group.join("a", role="active", is_enrolled=True)
        await group.join("b", is_enrolled=True)
        for robot in "ab":
            await store.lease(f"robot:{robot}", f"process of {robot}", ttl=5)
        from casare_robot.groups.job_rows import JobRows, job_of

        jobs = JobRows(store, clock)
        for flags in ({}, {"restartable": False}, {"on_disconnect": "continue"}):
            await jobs.add(job_of(flags, by="team", now=clock.now))
        mine = [await jobs.claim("team", "a", holder="process of a") for _ in range(3)]
        clock.now += 6
        await store.lease("robot:b", "process of b", ttl=5)
        await group.memory.sync("b")

        assert await group.tick() == "b"
        states = [(await jobs.get(job.id)).status for job in mine]
        assert states == ["queued", "needs_attention", "running"]
        taken = await jobs.claim("team", "b", holder="process of b")
        assert taken.id == mine[0].id
        assert await jobs.claim("team", "b", holder="process of b") is None
        assert not await jobs.finish(mine[0], "late", robot="a", succeeded=True, sender="a")
        assert await jobs.finish(taken, "right", robot="b", succeeded=True, sender="b")


async def test_7_stale_saves_lose_and_say_so(store, clock):
    sessions = Sessions(store, clock=clock)
    session = await sessions.create()
    saves = [sessions.save(session) for _ in range(60)]
    results = await asyncio.gather(*saves, return_exceptions=True)

    assert sum(not isinstance(result, Exception) for result in results) == 1
    assert sum(isinstance(result, ConflictError) for result in results) == 59


async def test_7_thirty_robots_at_once_join_as_many_as_may(store, clock):
    async with await RobotGroup.open(store, "team", maxAgents=10, clock=clock) as group:
        joins = (group.add_active(f"r{n}") for n in range(30))
        results = await asyncio.gather(*joins, return_exceptions=True)

        assert sum(isinstance(result, str) for result in results) == 10
        assert len(await group.members()) == 10


async def test_8_slow_and_failing_subscribers_delay_nobody(store, clock):
    gate, heard = asyncio.Event(), []

    async def slow(payload, event):
        await gate.wait()

    def failing(payload, event):
        raise ValueError("no")

    async with Bus(store, "team", clock=clock, sleep=clock.sleep) as bus:
        done = asyncio.Event()

        def quick(payload, event):
            heard.append(payload)
            if len(heard) == 300:
                done.set()

        bus.subscribe("n", "slow", slow)
        bus.subscribe("n", "failing", failing)
        bus.subscribe("n", "quick", quick)
        for n in range(300):
            await bus.publish("n", n)
        await asyncio.wait_for(done.wait(), 60)
        gate.set()

    assert heard == list(range(300))


async def test_a_resumed_process_of_a_robot_does_not_write_memory(store, clock):
    async with await RobotGroup.open(store, "team", clock=clock) as group:
        identity = await group.enrol("a", role="active")
        assert await group.remember("while alive")
        clock.now += 6
        taken = await store.lease("robot:a", "another process", ttl=5)

        assert taken is not None
        with pytest.raises(StaleLeaseError):
            await group.remember("after death")
        assert identity.name == "robot:a"


@pytest.mark.parametrize(
    ("case", "alive", "in_sync", "expected"),
    [
        ("all well", "abc", "abc", None),
        ("active silent", "bc", "bc", "b"),
        ("first standby silent too", "c", "c", "c"),
        ("first standby behind", "bc", "c", "c"),
        ("all behind: the first is better than none", "bc", "", "b"),
        ("nobody left", "", "", None),
    ],
)
def test_who_takes_over(case, alive, in_sync, expected):
    roll = Roll()
    for name, role in (("a", "active"), ("b", "passive"), ("c", "passive")):
        roll = roll.with_member(name, role, now=0, is_enrolled=True)

    takeover = decide_tick(roll, alive=set(alive), in_sync=set(in_sync))
    assert (takeover.promoted if takeover else None) == expected, case


async def test_two_who_fail_over_at_once_promote_one(store, clock):
    async with (
        await RobotGroup.open(store, "team", robot="b", clock=clock) as one,
        await RobotGroup.open(store, "team", robot="c", clock=clock) as two,
    ):
        for name, role in (("a", "active"), ("b", "passive"), ("c", "passive")):
            await one.join(name, role=role, is_enrolled=True)
        for name in "bc":
            await store.lease(f"robot:{name}", f"process of {name}", ttl=5)

        await asyncio.gather(one.tick(), two.tick())
        assert len(await one.members("active")) == 1


async def test_leases_of_one_name_are_held_by_one_of_many(store):
    leases = [Lease(store, "x", f"h{n}") for n in range(10)]
    results = await asyncio.gather(*(lease.take() for lease in leases))

    assert sum(results) == 1
    for lease in leases:
        await lease.release()


async def test_a_session_keeps_its_fields_through_json(store, clock):
    session = await Sessions(store, clock=clock).create(metadata={"x": [1, {"y": None}]})

    restored = await Sessions(store, clock=clock).restore(session.id)
    assert msgspec.structs.replace(restored, size=0) == session


async def test_a_fleet_in_two_processes_has_one_leader(url, clock):
    async with await Fleet.open(url) as one:
        store = one.store if url == "memory:" else None
        async with await Fleet.open(url, store=store) as two:
            await one.create_group("one", active=["a"])
            await two.create_group("two", active=["b"])
            leaders = [
                (await one.group("one")).coordinator.is_leader,
                (await two.group("two")).coordinator.is_leader,
            ]

    assert leaders == [True, False]


async def test_3_robots_that_remember_at_once_stay_within_the_budget_together(store, clock):
    made = [Memory(store, "team", max_tokens=50, clock=clock, count=lambda t: 10) for _ in range(4)]
    texts = [(made[n % 4], f"memory number {n}") for n in range(40)]
    await asyncio.gather(*(memory.remember(text, originator="a") for memory, text in texts))

    usage = await made[0].usage()
    assert usage == {"nodes": 5, "tokens": 50, "max_tokens": 50}
    assert await store.count("memory") == 40
