"""What happens between a look and the change that follows it, when others are faster."""

import asyncio
import contextlib

import msgspec
import pytest

from casare_robot.domain.errors import (
    ConflictError,
    InsufficientResourceError,
    InvalidRecordError,
    SessionStateError,
    StaleLeaseError,
    StoreUnavailableError,
)
from casare_robot.groups.bus import Bus
from casare_robot.groups.event_text import note, stream_of
from casare_robot.groups.inbox import PREFETCH
from casare_robot.groups.job_rows import TABLE, JobRows, job_of, lease_of, table_of
from casare_robot.groups.job_steps import JobSteps
from casare_robot.groups.memory import Memory
from casare_robot.groups.robot_group import RobotGroup
from casare_robot.groups.settling import settle

HOUR = 3600.0


@pytest.fixture
def meanwhile(store, monkeypatch):
    """Lets something happen after a call of the store, before its caller hears the answer."""

    def plan(name, happens, *, at=lambda *given, **also: True):
        call = getattr(store, name)
        planned = [happens]

        async def slow(*given, **also):
            answer = await call(*given, **also)
            if planned and at(*given, **also):
                await planned.pop()()
            return answer

        monkeypatch.setattr(store, name, slow)

    return plan


@pytest.fixture
def fails_once(store, monkeypatch):
    """Lets one call of the store fail without having been carried out."""

    def plan(name, *, at=lambda *given, **also: True):
        call = getattr(store, name)
        faults = [StoreUnavailableError("the server is away")]

        async def failing(*given, **also):
            if faults and at(*given, **also):
                raise faults.pop()
            return await call(*given, **also)

        monkeypatch.setattr(store, name, failing)

    return plan


@pytest.fixture
def rows(store, clock):
    return JobRows(store, clock)


async def turns():
    """Let another task have its turns, as far as it needs no file."""
    for _ in range(50):
        await asyncio.sleep(0)


async def running(rows, job_id, robot):
    await rows.add(job_of({"id": job_id, "group": "team"}, by="team", now=rows._clock()))
    job = await rows.claim("team", robot, holder=robot)
    assert job is not None
    return job


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


def _topic(given):
    body = given[1]
    return body.get("topic")


async def test_what_one_remembers_while_another_looks_is_not_overlooked(
    store, memory, meanwhile, clock
):
    looks = []

    async def remember():
        writer = Memory(store, "team", max_tokens=100, clock=clock)
        await writer.remember("the door is green", originator="b")
        looks.append(asyncio.create_task(memory.contents()))
        await turns()

    meanwhile("find", remember, at=lambda table, *_, **__: table == "memory")
    await memory.contents()
    await looks[0]

    assert [node.content for node in await memory.contents()] == ["the door is green"]


async def test_an_answer_is_never_older_than_the_log_though_another_is_reading(
    store, memory, meanwhile, clock
):
    await memory.contents()
    writer = Memory(store, "team", max_tokens=100, clock=clock)
    await writer.remember("the door is green", originator="b")
    looks = []

    async def look():
        looks.append(asyncio.create_task(memory.contents()))
        await turns()

    meanwhile("get", look, at=lambda table, *_: table == "memory")
    await memory.contents()
    seen = await looks[0]

    assert [node.content for node in seen] == ["the door is green"]


async def test_emptying_passes_over_what_another_has_deleted(store, memory, meanwhile, clock):
    first = await memory.remember("the door is green", originator="a")
    await memory.remember("the key is red", originator="a")
    writer = Memory(store, "team", max_tokens=100, clock=clock)

    async def delete():
        await writer.forget(first, permanent=True, confirm=True)

    meanwhile("get", delete, at=lambda table, *_: table == "working_memory")
    assert await memory.clear() == 2
    assert await memory.contents() == ()


async def test_contributions_are_handed_over_though_another_uses_the_memory(
    store, memory, meanwhile, clock
):
    await memory.remember("the door is green", originator="a")
    writer = Memory(store, "team", max_tokens=100, clock=clock)
    await memory.contents()

    async def use():
        await writer.recall("door", robot="c")

    meanwhile("read", use)
    assert await memory.transfer("a", "b") == 1
    assert list((await memory.contents())[0].contributions) == ["b"]


async def test_a_session_is_saved_by_itself_again_and_again(sessions):
    session = await sessions.create()
    sessions.keep(session)
    assert await sessions.autosave() == 1
    changed = msgspec.structs.replace(session, shared_context={"page": 2})
    sessions.keep(changed)
    assert await sessions.autosave() == 1
    assert (await sessions.restore(session.id)).shared_context == {"page": 2}


async def test_what_another_saved_meanwhile_is_not_overwritten_by_itself(sessions):
    session = await sessions.create()
    sessions.keep(session)
    await sessions.autosave()
    await sessions.add_message(session.id, {"content": "hello"})
    sessions.keep(msgspec.structs.replace(session, shared_context={"page": 2}))

    assert await sessions.autosave() == 0
    assert len((await sessions.restore(session.id)).history) == 1


async def test_a_session_whose_time_is_over_takes_no_more_messages(sessions, clock):
    session = await sessions.create(expiration=HOUR)
    clock.now += HOUR

    with pytest.raises(SessionStateError):
        await sessions.add_message(session.id, {"content": "late"})


async def test_a_session_that_gets_more_time_while_others_clean_up_stays(
    sessions, store, clock, meanwhile
):
    session = await sessions.create(expiration=HOUR)
    clock.now += HOUR

    async def lengthen():
        await sessions.save(msgspec.structs.replace(session, expires_at=clock.now + HOUR))

    meanwhile("find", lengthen)
    assert await sessions.cleanup() == 0
    assert (await sessions.restore(session.id)).expires_at == clock.now + HOUR


async def test_recovering_a_group_keeps_what_others_write_into_its_state(
    sessions, meanwhile, clock
):
    await sessions.save("team", {"phase": "one"})

    async def write():
        await sessions.update("team", {"phase": "two"})

    meanwhile("get", write)
    result = await sessions.recover("team")
    assert result["state"]["phase"] == "two"
    assert result["state"]["status"] == "recovering"


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


async def test_who_reads_too_late_is_told_of_what_was_purged(store, bus):
    told = []
    bus.subscribe("event_replay_gap_detected", "gaps#", lambda payload, _: told.append(payload))
    bus.subscribe("a:*", "desk-1", lambda payload, _: told.append(payload))
    await bus.settled()
    async with bus._reader._lock:  # as in a process that is suspended
        for number in range(3):
            await store.append(*_event("a:b", number))
        await store.trim(bus.stream, keep=0)
        await store.append(*_event("a:b", 3))
    await bus.settled()
    await bus.settled()

    gaps = [gap for gap in told if gap != 3]
    assert 3 in told
    assert {"desk-1"} <= {gap["subscriber"] for gap in gaps}
    assert {(gap["from"], gap["to"]) for gap in gaps} == {(1, 3)}


async def test_a_slow_subscriber_goes_on_after_what_was_purged_while_it_was_busy(bus, store):
    dealt, gate = [], asyncio.Event()

    async def slow(payload, _):
        await gate.wait()
        dealt.append(payload)

    told = []
    bus.subscribe("event_replay_gap_detected", "gaps#", lambda payload, _: told.append(payload))
    bus.subscribe("a:*", "desk-1", slow)
    await bus.settled()
    for number in range(PREFETCH + 20):
        await store.append(*_event("a:b", number))
    await bus._reader.look()
    await bus.trim()
    gate.set()
    async with asyncio.timeout(60):
        await bus.settled()
        await bus.settled()

    assert dealt == list(range(PREFETCH))
    assert [(gap["subscriber"], gap["from"]) for gap in told] == [("desk-1", PREFETCH + 1)]


def _event(topic, payload):
    change = note(stream_of("team"), topic, payload, sender="you", group="team")
    return change.stream, *change.bodies


async def test_a_bus_that_listens_again_has_what_its_subscribers_missed(bus, other):
    heard = []
    bus.subscribe("memory:*", "desk-1", lambda payload, _: heard.append(payload))
    await bus.settled()
    await bus.stop()
    async with Bus(bus._store, "team", robot="you", clock=bus.clock) as writer:
        await writer.publish("memory:added", 1)
    await bus.start()
    await bus.publish("memory:added", 2)
    await bus.settled()

    assert heard == [1, 2]


async def test_an_answer_that_could_not_be_sent_at_once_is_not_made_twice(
    store, clock, group, fails_once, monkeypatch
):
    asked = []

    class Asker:
        async def ask(self, robot, message, context):
            asked.append(message["content"])
            return "paid"

    async with await RobotGroup.open(
        store, "team", robot="a", clock=clock, asker=Asker()
    ) as answering:
        monkeypatch.setattr("casare_robot.groups.inbox.RETRIES", (0.0, 0.0, 0.0))
        fails_once("append", at=lambda *given, **_: given[1].get("reply_to") is not None)
        payload = {"message": {"content": "pay"}, "context": {}}
        asking = asyncio.create_task(group.bus.request("team", "ask", payload, robot="a"))
        async with asyncio.timeout(60):
            while not asking.done():
                await answering.bus.settled()
                await group.bus.settled()
    assert (await asking, asked) == ({"content": "paid"}, ["pay"])


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


def _of(table):
    return lambda name, *_, **__: name == table


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
    await fleet._managed.beat()
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


async def test_a_vector_that_comes_while_a_memory_is_remembered_again_stays(memory, meanwhile):
    node = await memory.remember("the door is green", originator="a")

    async def embed():
        assert await memory.embed() == 1

    meanwhile("get", embed, at=_of("memory"))
    await memory.remember("the door is green", originator="b")

    assert {each["with_embeddings"] for each in (await memory.attribution()).values()} == {1}
    assert len(await memory.attribution(node)) == 2


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


async def test_two_snapshots_at_once_are_two(sessions, meanwhile):
    await sessions.save("team", {"n": 1})

    async def another():
        await sessions.snapshot("team", "other")

    meanwhile("find", another, at=_of("snapshot"))
    await sessions.snapshot("team", "mine")
    assert {shot.label for shot in await sessions.snapshots("team")} == {"mine", "other"}


async def test_a_robot_that_slept_does_not_join_again_in_its_old_name(store, group, clock):
    async with await RobotGroup.open(store, "team", clock=clock) as sleeper:
        await sleeper.enrol("c")
        clock.now += 60
        await store.lease("robot:c", "another process", ttl=5.0)
        before = (await group.row()).record
        with pytest.raises(StaleLeaseError):
            await sleeper.join("c", is_enrolled=True)
        assert (await group.row()).record == before


async def test_a_subscriber_goes_on_though_nobody_could_be_told_that_it_failed(
    bus, other, fails_once
):
    heard = []

    def fails(payload, _):
        if payload == "odd":
            raise KeyError(payload)
        heard.append(payload)

    bus.subscribe("a:*", "desk-1", fails)
    await bus.settled()
    fails_once("put", at=_of("dead_letter"))
    await bus.publish("a:b", "odd")
    await bus.publish("a:b", "even")
    async with asyncio.timeout(60):
        await bus.settled()

    assert heard == ["even"]
    assert (await bus._store.count("dead_letter")) == 1


async def test_a_subscriber_that_reads_while_the_store_is_away_reads_again(bus, store, fails_once):
    heard = []
    fails_once("get", at=_of("cursor"))
    bus.subscribe("a:*", "desk-1", lambda payload, _: heard.append(payload))
    await bus.publish("a:b", 1)
    async with asyncio.timeout(60):
        await bus.settled()

    assert heard == [1]


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


async def test_a_cursor_that_could_not_be_kept_is_kept_the_next_time(bus, store, fails_once):
    bus.subscribe("a:*", "desk-1", lambda payload, _: None)
    await bus.publish("a:b", 1)
    await bus.settled()
    fails_once("put", at=_of("cursor"))
    with pytest.raises(StoreUnavailableError):
        await bus.tidy()
    await bus.tidy()

    assert {row.record["seq"] for row in await store.find("cursor")} >= {1}


async def test_a_group_that_ends_while_a_robot_beats_for_it_has_ended(store, group, meanwhile):
    await store.patch("group", "team", {"status": "interrupted"})

    async def end():
        await store.patch("group", "team", {"status": "completed"})

    meanwhile("get", end, at=_of("group"))
    await group._members.beat("a")
    assert (await group.row()).record["status"] == "completed"
