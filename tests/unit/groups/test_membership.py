"""Who comes back as what, and whose jobs are free."""

import asyncio

import pytest

from casare_robot.domain.errors import MembershipError, StaleLeaseError
from casare_robot.groups.job_rows import TABLE, JobRows, job_of
from casare_robot.groups.membership import Roll, silent_members
from casare_robot.groups.robot_group import RobotGroup


async def roles(group):
    row = await group.row()
    return {member["robot"]: member["role"] for member in row.record["members"]}


@pytest.fixture
async def enrol(store, clock):
    """Has a robot join, as a process of its own would; ends all at the end."""
    opened = []

    async def join(robot, role):
        group = await RobotGroup.open(store, "pair", clock=clock)
        opened.append(group)
        await group.enrol(robot, role=role)
        return group

    yield join
    for group in opened:
        await group.shutdown()


async def test_a_robot_that_starts_again_keeps_the_place_that_nobody_took(enrol) -> None:
    group = await enrol("a", "active")
    await group.shutdown()
    again = await enrol("a", "passive")

    assert await roles(again) == {"a": "active"}


async def test_one_that_stands_by_does_not_become_active_by_starting_again(enrol) -> None:
    await enrol("a", "active")
    other = await enrol("b", "passive")
    await other.shutdown()
    again = await enrol("b", "active")

    assert await roles(again) == {"a": "active", "b": "passive"}


async def test_one_that_was_replaced_stands_by_whatever_it_is_started_as(enrol) -> None:
    group = await enrol("a", "active")
    other = await enrol("b", "passive")
    await group.shutdown()
    await other.tick()
    again = await enrol("a", "active")
    await again.shutdown()
    third = await enrol("a", "active")

    assert await roles(third) == {"b": "active", "a": "passive"}


async def test_a_robot_that_lost_its_name_cannot_join(enrol, store, clock) -> None:
    group = await enrol("a", "active")
    clock.now += 60
    await store.lease("robot:a", "thief", ttl=60)

    with pytest.raises(StaleLeaseError):
        await group.join("a", is_enrolled=True)


async def test_jobs_of_a_silent_robot_are_free_where_nobody_stands_by(enrol, store, clock) -> None:
    group = await enrol("a", "active")
    other = await enrol("b", "active")
    rows = JobRows(store, clock)
    for name, work in (("open", {}), ("stays", {"on_disconnect": "continue"})):
        await rows.add(job_of({"id": name, **work}, by="pair", now=clock()))
        await rows.claim("pair", "a", holder="a@1")
    await group.shutdown()
    await other.tick()
    await asyncio.sleep(0)

    assert (await rows.get("open")).status == "queued"
    assert (await rows.get("stays")).robot == "a"
    assert await roles(other) == {"a": "active", "b": "active"}


async def test_a_failover_reads_no_jobs_that_have_ended(enrol, store, clock, monkeypatch) -> None:
    group = await enrol("a", "active")
    await enrol("b", "passive")
    rows = JobRows(store, clock)
    for name in ("ended", "open"):
        await rows.add(job_of({"id": name}, by="pair", now=clock()))
        job = await rows.claim("pair", "a", holder="a@1")
        if name == "ended":
            await rows.finish(job, "r", robot="a", succeeded=True, sender="a")
    read, find = [], store.find

    async def found(table, *given, **also):
        rows = await find(table, *given, **also)
        read.extend(row.key for row in rows if table == TABLE)
        return rows

    monkeypatch.setattr(store, "find", found)
    await group.failover()

    assert read == ["open"]
    assert (await rows.get("open")).status == "queued"


def test_nobody_is_silent_where_nobody_hears() -> None:
    roll = Roll()
    for name in ("a", "b"):
        roll = roll.with_member(name, "active", now=0, is_enrolled=True)

    assert silent_members(roll, alive={"a"}) == ("b",)
    assert silent_members(roll, alive=set()) == ()
    assert silent_members(roll, alive={"a", "b"}) == ()


async def test_a_standby_that_may_begin_jobs_takes_over_before_one_that_rests(enrol, store) -> None:
    await enrol("a", "active")
    watching = await enrol("b", "passive")
    await enrol("c", "passive")
    await watching.rest("b", is_resting=True)
    await store.unlease((await store.held("robot:a"))["robot:a"].fence)

    assert await watching.tick() == "c"


async def test_a_standby_that_rests_takes_over_where_nobody_else_can(enrol, store) -> None:
    await enrol("a", "active")
    watching = await enrol("b", "passive")
    await watching.rest("b", is_resting=True)
    await store.unlease((await store.held("robot:a"))["robot:a"].fence)

    assert await watching.tick() == "b"


def test_who_is_not_what_a_change_of_roles_needs_is_told_what_they_are() -> None:
    roll = Roll().with_member("a", "active", now=0)

    with pytest.raises(MembershipError, match="a is not a passive member: it is active"):
        roll.promoted("a")
    with pytest.raises(MembershipError, match="b is not an active member: it is no member"):
        roll.demoted("b")


async def test_a_group_is_silent_once_no_active_robot_is_heard_of(enrol, fleet, clock) -> None:
    active, standby = await enrol("a", "active"), await enrol("b", "passive")
    clock.now += 301
    await standby.beat()
    silent = [found["id"] for found in await fleet.interrupted()]
    await active.beat()

    assert silent == ["pair"]
    assert await fleet.interrupted() == []


async def test_a_robot_that_is_back_ends_the_interruption(enrol, fleet, store) -> None:
    active = await enrol("a", "active")
    await store.patch("group", "pair", {"status": "interrupted"})
    await active.beat()

    assert (await store.get("group", "pair")).record["status"] == "active"


async def test_a_group_that_its_robots_made_is_frozen_as_it_is_now(enrol, fleet) -> None:
    await enrol("a", "active")
    await fleet.snapshot("pair")
    await enrol("b", "passive")
    await fleet.snapshot("pair", "both")
    first, both = await fleet.sessions.snapshots("pair")

    assert [member["robot"] for member in first.record["agents"]] == ["a"]
    assert [member["robot"] for member in both.record["agents"]] == ["a", "b"]


async def test_a_group_is_active_again_once_an_active_robot_is_there(enrol, fleet, clock) -> None:
    gone = await enrol("a", "active")
    await gone.shutdown()
    alone = await fleet.recover("pair")
    await enrol("a", "active")
    staffed = await fleet.recover("pair")

    assert (alone["success"], alone["status"], alone["source"]) == (True, "recovering", "state")
    assert staffed["status"] == "active"


async def test_a_standby_that_comes_first_leaves_the_active_one_time_to_come(
    enrol, monkeypatch
) -> None:
    steady = [1000.0]
    monkeypatch.setattr("casare_robot.groups.takeover.steady_clock", lambda: steady[0])
    standby = await enrol("b", "passive")
    assert await standby.tick() is None
    steady[0] += 5.0

    assert await standby.tick() == "b"


async def test_only_an_active_member_is_replaced_by_hand(enrol) -> None:
    active = await enrol("a", "active")
    await enrol("b", "passive")
    for other, is_now in (("c", "no member"), ("b", "passive")):
        with pytest.raises(MembershipError, match=f"{other} is not an active .* it is {is_now}"):
            await active.failover(other)

    assert await roles(active) == {"a": "active", "b": "passive"}
