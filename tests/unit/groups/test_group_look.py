"""One look at a group."""

import pytest

from casare_robot.domain.errors import NotFoundError
from casare_robot.groups.group_look import groups_of, look_at
from casare_robot.groups.robot_group import RobotGroup


async def test_a_look_tells_members_memory_jobs_and_failovers(store, group, clock) -> None:
    await group.remember("the portal is in German", originator="a", tags=["sap"])
    await store.put("group_job", "1", {"status": "queued", "group": "team", "robot": None})
    await store.put("group_job", "2", {"status": "done", "group": "other", "robot": None})
    clock.now += 10
    await group.failover("a")
    clock.now += 5

    shown = await look_at(store, "team", now=clock(), robot="b")

    assert (shown.name, shown.status, shown.robot) == ("team", "active", "b")
    assert [(m.robot, m.role, m.health) for m in shown.members] == [
        ("a", "retired", "unknown"),
        ("b", "active", "unknown"),
    ]
    assert shown.working_memory_nodes == 1
    assert shown.working_memory_tokens == (await group.memory.usage())["tokens"]
    assert shown.max_tokens == 8000
    assert shown.jobs == {"queued": 1}
    (failover,) = shown.failovers
    assert (failover.promoted, failover.retired, failover.reason) == ("b", ("a",), "manual")
    assert failover.at.timestamp() == clock() - 5


async def test_only_a_member_with_a_process_of_its_own_can_be_disconnected(
    store, group, clock
) -> None:
    async with await RobotGroup.open(store, "team", clock=clock) as mine:
        await mine.enrol("desk-1", role="active")
        alive = await look_at(store, "team", now=clock())
        clock.now += 6
        silent = await look_at(store, "team", now=clock())

    health = {m.robot: m.health for m in alive.members}
    assert health == {"a": "unknown", "b": "unknown", "desk-1": "healthy"}
    assert [m.lease_age is not None for m in alive.members] == [False, False, True]
    assert {m.robot: m.health for m in silent.members}["desk-1"] == "disconnected"


async def test_a_member_is_behind_until_it_has_read_what_the_group_knows(
    store, group, clock
) -> None:
    async with await RobotGroup.open(store, "team", clock=clock) as mine:
        await mine.enrol("desk-1")
        await store.put(
            "memory_cursor", "team|desk-1", {"group": "team", "robot": "desk-1", "seq": 0}
        )
        await group.remember("news", originator="a")
        await store.put(
            "memory_cursor", "team|desk-1", {"group": "team", "robot": "desk-1", "seq": 0}
        )
        before = await look_at(store, "team", now=clock())
        await mine.memory.sync("desk-1")
        after = await look_at(store, "team", now=clock())

    assert (before.in_sync, before.member("desk-1").is_in_sync) == (False, False)
    assert (after.in_sync, after.member("desk-1").is_in_sync) == (True, True)


async def test_the_leader_is_who_holds_the_lease_and_its_age_never_exceeds_the_lease(
    store, group, clock
) -> None:
    nobody = await look_at(store, "team", now=clock())
    await store.lease("group:team", "a@0123", ttl=5)
    clock.now += 2
    led = await look_at(store, "team", now=clock())
    skewed = await look_at(store, "team", now=clock() + 3600)

    assert (nobody.leader, nobody.leader_age) == (None, None)
    assert (led.leader, led.leader_age) == ("a", 2)
    assert skewed.leader_age == 5


async def test_groups_are_listed_the_newest_first_and_an_unknown_one_is_refused(
    store, group, clock
) -> None:
    clock.now += 1
    async with await RobotGroup.open(store, "newer", clock=clock):
        listed = await groups_of(store, now=clock())

    assert [one.name for one in listed] == ["newer", "team"]
    with pytest.raises(NotFoundError):
        await look_at(store, "nobody", now=clock())


async def test_who_took_over_for_a_silent_robot_is_shown_as_leader_and_the_next_as_successor(
    store, clock
) -> None:
    async with (
        await RobotGroup.open(store, "line", clock=clock) as silent,
        await RobotGroup.open(store, "line", clock=clock) as second,
        await RobotGroup.open(store, "line", clock=clock) as third,
    ):
        await silent.enrol("desk-1", role="active")
        await second.enrol("desk-2")
        await third.enrol("desk-3")
        before = await look_at(store, "line", now=clock())
        await store.unlease((await store.held("robot:desk-1"))["robot:desk-1"].fence)
        await second.tick()
        after = await look_at(store, "line", now=clock())

    assert (before.leader, before.successor) == (None, "desk-2")
    assert (after.leader, after.successor) == ("desk-2", "desk-3")
