"""What happens between a look and the change that follows it, others being faster: jobs."""

import asyncio
import contextlib

import pytest

from casare_robot.domain.errors import (
    ConflictError,
    InsufficientResourceError,
    InvalidRecordError,
    StaleLeaseError,
    StoreUnavailableError,
)
from casare_robot.groups.job_rows import TABLE, JobRows, job_of, lease_of, table_of
from casare_robot.groups.job_steps import JobSteps
from casare_robot.groups.robot_group import RobotGroup
from casare_robot.groups.settling import settle


@pytest.fixture
def rows(store, clock):
    return JobRows(store, clock)


async def running(rows, job_id, robot):
    await rows.add(job_of({"id": job_id, "group": "team"}, by="team", now=rows._clock()))
    job = await rows.claim("team", robot, holder=robot)
    assert job is not None
    return job


def _topic(given):
    body = given[1]
    return body.get("topic")


def _of(table):
    return lambda name, *_, **__: name == table


async def test_the_job_of_a_passive_robot_that_dies_goes_on_elsewhere(store, group, rows, clock):
    await store.lease("robot:a", "a", ttl=5.0)
    await store.lease("robot:b", "b", ttl=5.0)
    await group.remove("a")
    await group.remove("b")
    for robot, role in (("a", "active"), ("b", "active")):
        await group.join(robot, role=role, is_enrolled=True)
    await running(rows, "1", "b")
    await group.demote("b")
    clock.now += 6
    await store.lease("robot:a", "a", ttl=5.0)

    await group.tick()
    assert (await rows.get("1")).status == "queued"
    assert (await rows.claim("team", "a", holder="a")).id == "1"


async def test_the_job_of_a_robot_that_leaves_goes_on_elsewhere(group, rows):
    await running(rows, "1", "b")
    await group.remove("b")

    left = await rows.get("1")
    assert (left.status, left.robot) == ("queued", None)


async def test_a_robot_may_be_forgotten_while_health_looks_at_it(health, store, meanwhile):
    health.watch("desk-1")
    health.watch("desk-2")
    await store.lease("robot:desk-1", "x", ttl=5.0)

    async def forget():
        health.unwatch("desk-1")

    meanwhile("held", forget)
    await health.tick()
    assert list(health.all()) == ["desk-2"]


async def test_a_robot_that_was_forgotten_while_it_is_asked_stays_forgotten(health, monkeypatch):
    async def answer(robot):
        health.unwatch(robot)
        return True

    monkeypatch.setattr(health, "_probe", answer)
    health.watch("desk-1")
    await health.tick()
    assert health.all() == {}


async def test_a_failure_is_told_and_mended_though_the_store_was_away_just_then(
    store, health, clock, fails_once
):
    restarted = []

    async def restart(robot):
        restarted.append(robot)
        await store.lease(f"robot:{robot}", "again", ttl=5.0)

    health._recovery._restart = restart
    health.watch("desk-1", "restart")
    await store.lease("robot:desk-1", "first", ttl=5.0)
    await health.tick()
    clock.now += 60
    fails_once("commit")
    with contextlib.suppress(StoreUnavailableError):
        await health.tick()
    await health.tick()
    await health.settled()

    assert restarted == ["desk-1"]


async def test_a_leader_goes_on_whatever_the_rows_of_other_groups_say(fleet, dispatcher, store):
    await fleet.update("two", {"metadata": {"phase": "night"}})

    given = await dispatcher.submit({"description": "sums"})
    assert given["distributed"]


async def test_what_fails_in_one_round_of_a_leader_ends_not_the_next(
    fleet, dispatcher, monkeypatch
):
    rounds = []

    async def odd():
        rounds.append(None)
        if len(rounds) == 1:
            raise KeyError("priority")
        return ()

    monkeypatch.setattr(dispatcher, "duties", odd)
    monkeypatch.setattr("casare_robot.groups.dispatcher.LOOK_AROUND", 0.0)
    dispatcher.start()
    async with asyncio.timeout(60):
        while len(rounds) < 2 and not dispatcher._loop.done():
            await asyncio.sleep(0)
    assert len(rounds) >= 2


async def test_a_request_that_comes_twice_takes_from_the_pool_once(fleet, dispatcher, fails_once):
    other = (await fleet.group("two")).coordinator
    assert (await other.allocate("cpu", 30))["requested"]
    fails_once("append", at=lambda *given, **also: _topic(given) == "resource_allocated")
    await dispatcher._bus.settled()

    assert (await dispatcher.resources.pools())["cpu"]["free"] == 70
    with pytest.raises(InsufficientResourceError):
        await dispatcher.allocate("cpu", 71)


async def test_a_group_that_two_ask_for_at_once_is_opened_once(fleet, store, clock):
    group = await RobotGroup.open(store, "third", clock=clock)
    await group.shutdown()

    first, second = await asyncio.gather(fleet.group("third"), fleet.group("third"))
    assert first is second


async def test_a_decision_to_go_on_lifts_a_cancellation(store, rows):
    job = await running(rows, "1", "a")
    await rows.cancel("1", by="somebody")
    await rows.finish(job, {}, robot="a", succeeded=False, sender="a", status="needs_attention")
    await settle(store, "1", "again")
    assert (await rows.get("1")).cancelled_by == ""


def test_a_job_whose_lease_could_have_no_name_is_refused(clock):
    with pytest.raises(InvalidRecordError):
        job_of({"id": "x" * 495}, by="team", now=clock())


async def test_new_priorities_keep_what_another_put_into_the_context(group, meanwhile):
    async def change():
        await group.update_context({"page": 2})

    meanwhile("get", change)
    await group.set_speaker_strategy("priority", priorities={"a": 2})

    context = (await group.conversation())["sharedContext"]
    assert context == {"page": 2, "priorities": {"a": 2}}


@pytest.mark.parametrize("how", ["ended", "interrupted"])
async def test_a_job_of_a_group_that_is_gone_is_given_to_another_and_done_once(
    fleet, dispatcher, store, how
):
    given = [await dispatcher.submit({"n": n}) for n in range(4)]
    theirs = [job["taskId"] for job in given if job["targetSwarm"] == "two"]
    other = (await fleet.group("two")).coordinator
    begun = await other.claim("r2")
    if how == "ended":
        await fleet.deregister("two")
    else:
        await store.patch("group", "two", {"status": "interrupted"})

    assert await dispatcher.work_off() == 1
    (moved,) = set(theirs) - {begun.id}
    assert ((await dispatcher.jobs.get(moved)).group) == "one"
    assert (await dispatcher.jobs.get(begun.id)).status == "running"
    done = []
    while (job := await dispatcher.claim("r1")) is not None:
        done.append(job.id)
    assert sorted([*done, begun.id]) == sorted(job["taskId"] for job in given)


async def test_who_was_stopped_in_the_middle_of_a_takeover_changes_nothing(
    store, group, clock, meanwhile
):
    await group.join("c", role="active", is_enrolled=True)
    await group.join("d", is_enrolled=True)
    await group.remove("a")
    await group.remove("b")
    await store.lease("robot:d", "d", ttl=5.0)
    before = (await group.row()).record

    async def sleep():
        clock.now += 60
        await store.lease("group:team", "another", ttl=5.0)
        await store.lease("robot:d", "d", ttl=5.0)

    meanwhile("lease", sleep, at=_of("group:team"))
    with pytest.raises(StaleLeaseError):
        await group.tick()
    assert (await group.row()).record == before


async def test_a_job_that_ends_while_its_robot_is_replaced_has_ended(store, group, rows, meanwhile):
    job = await running(rows, "1", "a")

    async def end():
        await rows.finish(job, "done", robot="a", succeeded=True, sender="a")

    meanwhile("find", end, at=_of(TABLE))
    assert await group.failover("a") == "b"
    assert (await rows.get("1")).status == "done"


async def test_a_job_that_is_claimed_while_it_is_assigned_is_its_robots(
    store, fleet, dispatcher, meanwhile
):
    await dispatcher.jobs.add(job_of({"id": "1"}, by="one", now=0.0))
    job = await dispatcher.jobs.get("1")
    claimed = []

    async def claim():
        claimed.append(await dispatcher.jobs.claim("two", "r2", holder="r2"))

    meanwhile("get", claim, at=_of(TABLE))
    assert await dispatcher.assign(job) == {"distributed": False, "targetSwarm": "two"}
    assert claimed[0].id == "1"
    assert (await dispatcher.jobs.get("1")).status == "running"


async def test_a_job_that_is_claimed_while_it_is_cancelled_is_ended_by_its_robot(
    store, rows, meanwhile
):
    await rows.add(job_of({"id": "1", "group": "team"}, by="team", now=0.0))

    async def claim():
        assert await rows.claim("team", "a", holder="a") is not None

    meanwhile("get", claim, at=_of(TABLE))
    assert await rows.cancel("1", by="somebody")
    job = await rows.get("1")
    assert (job.status, job.cancelled_by) == ("running", "somebody")


async def test_a_parked_job_that_its_robot_takes_up_again_is_not_settled_at_that_moment(
    store, rows, meanwhile
):
    job = await running(rows, "1", "a")
    await rows.finish(job, {}, robot="a", succeeded=False, sender="a", status="needs_attention")

    async def take_up():
        assert await rows.reclaim("team", "a", holder="a", status="needs_attention") is not None

    meanwhile("get", take_up, at=_of(TABLE))
    with pytest.raises(ConflictError):
        await settle(store, "1", "done")
    assert (await rows.get("1")).status == "running"


async def test_a_group_that_another_process_ended_does_not_silence_the_others(fleet, store, clock):
    for name in ("one", "two"):
        await fleet.create_group(name, active=["a"])
    await store.drop("group", "one")
    clock.now += 20
    await fleet._groups.beat()
    beaten = await store.get("group", "two")
    clock.now += 600
    changed = await fleet.health.tick()

    assert beaten.record["last_heartbeat"] == clock.now - 600
    assert set(changed) == {"one", "two"}


async def test_a_job_that_is_cancelled_after_it_was_begun_leaves_no_steps(store, rows):
    job = await running(rows, "1", "a")
    await JobSteps(store, "1", lambda: lease_of(job)).accept(b"job", job.token)
    await rows.finish(job, {}, robot="a", succeeded=False, sender="a", status="needs_attention")
    assert await rows.cancel("1", by="somebody")

    assert await store.find(table_of("1")) == ()


async def test_two_who_take_from_a_pool_at_once_take_both(dispatcher, meanwhile):
    pools = dispatcher.resources

    async def take():
        await pools.take("two", "cpu", 60)

    meanwhile("get", take, at=_of("resource"))
    with pytest.raises(InsufficientResourceError):
        await pools.take("one", "cpu", 60)
    assert (await pools.pools())["cpu"]["free"] == 40


async def test_a_leader_that_slept_takes_nothing_from_the_pools(fleet, dispatcher, clock):
    second = (await fleet.group("two")).coordinator
    clock.now += 40
    assert await second.lead()

    with pytest.raises(StaleLeaseError):
        await dispatcher.allocate("cpu", 30)
    assert (await dispatcher.resources.pools())["cpu"]["free"] == 100


async def test_a_robot_that_slept_does_not_join_again_in_its_old_name(store, group, clock):
    async with await RobotGroup.open(store, "team", clock=clock) as sleeper:
        await sleeper.enrol("c")
        clock.now += 60
        await store.lease("robot:c", "another process", ttl=5.0)
        before = (await group.row()).record
        with pytest.raises(StaleLeaseError):
            await sleeper.join("c", is_enrolled=True)
        assert (await group.row()).record == before


async def test_a_robot_that_goes_while_the_store_is_away_is_not_locked_out(
    store, clock, fails_once
):
    group = await RobotGroup.open(store, "team", clock=clock)
    await group.enrol("c")
    await group.memory.remember("the door is green", originator="c")
    await group.bus.settled()
    fails_once("put", at=_of("cursor"))
    await group.shutdown()

    assert await store.held("robot:c") == {}


async def test_a_group_that_ends_while_a_robot_beats_for_it_has_ended(store, group, meanwhile):
    await store.patch("group", "team", {"status": "interrupted"})

    async def end():
        await store.patch("group", "team", {"status": "completed"})

    meanwhile("get", end, at=_of("group"))
    await group._members.beat("a")
    assert (await group.row()).record["status"] == "completed"
