"""MS-47 to 67, 86: who leads, who gets what, who is right."""

import asyncio
from collections import Counter

import pytest

from casare_robot.domain.errors import (
    InsufficientResourceError,
    InvalidRecordError,
    StaleLeaseError,
)
from casare_robot.groups.bus import Bus
from casare_robot.groups.choose import Candidate, Work
from casare_robot.groups.dispatcher import Dispatcher
from casare_robot.groups.lease import Lease


async def topics(fleet):
    return [event.topic for event in reversed(await fleet.bus.history(limit=1000))]


async def group_topics(dispatcher):
    return [event.topic for event in reversed(await dispatcher._bus.history(limit=1000))]


async def follower(fleet):
    return (await fleet.group("two")).coordinator


async def test_ms_47_of_fifty_who_ask_one_leads(store):
    leases = [Lease(store, "fleet", f"g{n}@p") for n in range(50)]
    won = await asyncio.gather(*(lease.take() for lease in leases))

    assert won.count(True) == 1
    winner = leases[won.index(True)]
    assert await winner.take()
    assert await winner.renew()
    assert winner.valid
    for lease in leases:
        await lease.release()


async def test_ms_47_a_lease_that_ran_out_writes_nothing(store, clock):
    old = Lease(store, "fleet", "a@p", clock=clock)
    await old.take()
    stale = old.fence
    clock.now += 31
    new = Lease(store, "fleet", "b@p", clock=clock)

    assert await new.take()
    assert new.token > stale.token
    with pytest.raises(StaleLeaseError):
        await store.put("x", "y", {}, fence=stale)
    await old.release()
    assert (await new.describe())["is_ours"]
    await new.release()


async def test_ms_48_leadership_goes_over_at_once_when_the_leader_ends(dispatcher, fleet):
    second = await follower(fleet)
    assert not await second.lead()
    await dispatcher.stop()

    assert await second.lead()
    assert await second.leader() == "two"


async def test_ms_49_all_hear_who_leads(dispatcher, fleet):
    second = await follower(fleet)
    heard = []
    dispatcher._bus.on("leadership_announcement", lambda p, e: heard.append(p["leader"]))
    assert await second.leader() == "one"
    await dispatcher.lease.release()
    await second.lead()
    await dispatcher.lead()
    await dispatcher._bus.settled()

    assert heard == ["two"]
    assert {"became_leader", "leader_changed"} <= set(await group_topics(second))
    assert "leader_changed" in await group_topics(dispatcher)


async def test_ms_50_a_leader_has_duties_each_in_its_time(fleet, store, clock):
    bus = Bus(store, "solo", clock=clock)
    solo = Dispatcher(store, bus, clock=clock)
    assert await solo.duties() == ()
    assert await solo.lead()
    seen = []
    for _ in range(7):
        seen.append(await solo.duties())
        clock.now += 5
    await solo.stop()

    counts = Counter(duty for duties in seen for duty in duties)
    assert counts == {"tasks": 7, "resources": 3, "health": 2}


async def test_ms_51_a_job_is_distributed_forwarded_or_kept(dispatcher, fleet, store):
    second = await follower(fleet)
    by_leader = await dispatcher.submit({"description": "x"})
    forwarded = await second.submit({"description": "y"})
    await dispatcher._bus.settled()
    await dispatcher.lease.release()
    waiting = await second.submit({"description": "z"})
    for row in await store.find("group"):
        await store.patch("group", row.key, {"status": "interrupted"})
    await dispatcher.lead()
    nobody = await dispatcher.submit({"description": "w"})

    assert by_leader["distributed"]
    assert (by_leader["targetSwarm"], by_leader["strategy"]) == ("one", "least_loaded")
    assert (forwarded["queued"], forwarded["leader"]) == (True, "one")
    assert (await dispatcher.jobs.get(forwarded["taskId"])).status == "assigned"
    assert waiting["waiting_for_leader"]
    assert nobody["reason"] == "no_active_swarms"


async def test_ms_51_a_group_of_which_every_robot_is_silent_is_given_no_jobs(
    dispatcher, fleet, store
):
    two = (await fleet.group("two")).group
    await two.remove("r2")
    for robot in ("r3", "r4"):
        await two.join(robot, role="active", is_enrolled=True)
    dispatcher.set_strategy("round_robin")
    targets = []
    for robots in ((), ("r4",)):
        for robot in robots:
            await store.lease(f"robot:{robot}", "process", ttl=5)
        given = [await dispatcher.submit({}) for _ in range(2)]
        targets.append([result["targetSwarm"] for result in given])

    assert targets == [["one", "one"], ["two", "one"]]


async def test_ms_52_the_target_is_told_and_reports_back(dispatcher, fleet, clock):
    second = await follower(fleet)
    dispatcher.set_strategy("round_robin")
    heard, done = [], []
    second._bus.on("task_assignment", lambda p, e: heard.append((p, e.swarm_id)))
    dispatcher._bus.on("task_completed", lambda p, e: done.append(p["result"]))
    await dispatcher.submit({"description": "first"})
    result = await dispatcher.submit({"description": "second"})
    await second._bus.settled()
    job = await second.claim("r2")
    assert await second.complete(job, {"ok": True})
    await dispatcher._bus.settled()

    [(payload, sender)] = heard
    assert result["targetSwarm"] == "two"
    assert payload["task"]["description"] == "second"
    assert (payload["assignedBy"], sender, payload["timestamp"]) == ("one", "one", clock.now)
    assert done == [{"ok": True}]
    assert await second.claim("r2") is None


async def test_ms_52_a_job_that_a_robot_has_claimed_is_not_given_away(dispatcher, fleet):
    second = await follower(fleet)
    await dispatcher.lease.release()
    told = await second.submit({"description": "x"})
    waiting = await dispatcher.jobs.get(told["taskId"])
    claimed = await second.claim("r2")
    await dispatcher.lead()

    assert await dispatcher.assign(waiting) == {"distributed": False, "targetSwarm": "two"}
    assert (await dispatcher.jobs.get(claimed.id)).status == "running"
    assert await second.complete(claimed, {})


async def test_ms_52_idle_robots_of_another_group_are_never_faster_than_the_leader(
    dispatcher, fleet
):
    second = await follower(fleet)
    dispatcher.set_strategy("round_robin")
    is_over = False

    async def idle():
        claimed = []
        while not is_over:
            job = await second.claim("r2")
            if job is not None:
                claimed.append(job)
            await asyncio.sleep(0)
        return claimed

    idling = asyncio.create_task(idle())
    given = [await dispatcher.submit({"description": str(n)}) for n in range(20)]
    is_over = True

    claimed = {job.id for job in await idling}
    assert {told["targetSwarm"] for told in given} == {"one", "two"}
    assert claimed <= {told["taskId"] for told in given if told["targetSwarm"] == "two"}


CANDIDATES = [
    Candidate(id="a", order=1, load=2, capabilities=("web", "sap"), priority="high"),
    Candidate(id="b", order=2, load=1, capabilities=("web",), priority="normal"),
    Candidate(id="c", order=3, load=0, capabilities=("mail",), priority="high"),
]


async def pick(strategy, **work):
    return (await Dispatcher.choose(CANDIDATES, Work(**work), strategy=strategy)).chosen


async def test_ms_53_the_least_loaded_gets_the_job():
    assert await pick("least_loaded") == "c"
    assert await pick("least_loaded", capabilities=("web",)) == "b"


async def test_ms_53_load_is_counted_from_open_jobs(dispatcher):
    for _ in range(10):
        await dispatcher.submit({"description": "x"})

    assert await dispatcher.jobs.loads() == {"one": 5, "two": 5}


async def test_ms_54_round_robin_goes_around():
    assert [await pick("round_robin", last=last) for last in (None, "a", "b", "c")] == [
        "a", "b", "c", "a",
    ]  # fmt: skip


async def test_ms_55_priority_goes_to_its_equal_else_to_the_least_loaded():
    assert await pick("priority", priority="high") == "c"
    assert await pick("priority", priority="normal") == "b"
    assert await pick("priority", priority="low") == "c"
    with pytest.raises(InvalidRecordError):
        await pick("priority", priority="whenever")


async def test_ms_56_capability_goes_to_one_that_has_all_or_to_nobody():
    assert await pick("capability", capabilities=("web", "sap")) == "a"
    assert await pick("capability", capabilities=("web",)) == "b"
    choice = await Dispatcher.choose(CANDIDATES, Work(capabilities=("x",)), strategy="capability")
    assert (choice.chosen, choice.reason) == (None, "no_capable_robot")


async def test_ms_57_the_strategy_changes_at_run_time(dispatcher):
    dispatcher.set_strategy("round-robin", conflict="timestamp")
    targets = [(await dispatcher.submit({}))["targetSwarm"] for _ in range(3)]

    assert targets == ["one", "two", "one"]
    assert dispatcher.conflict_strategy == "timestamp"
    with pytest.raises(InvalidRecordError):
        dispatcher.set_strategy("random")


async def test_ms_58_ten_jobs_are_worked_off_first_come_first(dispatcher, fleet):
    second = await follower(fleet)
    await dispatcher.lease.release()
    ids = [(await second.submit({"description": str(n)}))["taskId"] for n in range(12)]
    await dispatcher.lead()

    assert await dispatcher.work_off() == 10
    assert [job.id for job in await dispatcher.jobs.queued(10)] == ids[10:]


async def test_ms_59_pools_are_never_oversold_and_followers_ask_the_leader(dispatcher, fleet):
    second = await follower(fleet)
    asked = await second.allocate("cpu", 60)
    await dispatcher._bus.settled()
    results = await asyncio.gather(
        *(dispatcher.allocate("cpu", 40) for _ in range(20)), return_exceptions=True
    )

    assert asked == {"requested": True, "leader": "one"}
    assert sum(isinstance(result, dict) for result in results) == 1
    refused = next(r for r in results if isinstance(r, InsufficientResourceError))
    assert (refused.requested, refused.available) == (40, 0)
    assert (await dispatcher.resources.pools())["cpu"] == {"capacity": 100, "free": 0}


async def test_ms_60_what_is_released_can_be_taken_again(dispatcher):
    await dispatcher.allocate("cpu", 80)
    assert (await dispatcher.release("cpu", 30))["held"] == 50
    with pytest.raises(InsufficientResourceError):
        await dispatcher.release("cpu", 999_999)
    assert (await dispatcher.release("cpu"))["held"] == 0

    assert (await dispatcher.resources.pools())["cpu"]["free"] == 100


async def test_ms_61_a_large_group_with_nothing_to_do_is_underused(dispatcher, fleet):
    managed = await fleet.group("two")
    await managed.group.add_active("r3")
    await managed.group.add_passive("r4")

    assert await dispatcher.rebalance() == ("two",)


A = {"id": "swarm1", "createdAt": 200, "metadata": {"priority": "high"}}
B = {"id": "swarm2", "createdAt": 100, "metadata": {"priority": "normal"}}


async def test_ms_62_a_conflict_has_a_winner_a_strategy_and_a_reason(dispatcher):
    conflict = {"type": "resource_conflict", "swarmA": A, "swarmB": B}
    resolution = await dispatcher.resolve(conflict)

    assert resolution == {"winner": "swarm1", "strategy": "priority", "reason": "Priority 3 vs 2"}
    assert "conflict_resolved" in await group_topics(dispatcher)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("critical", "high", "swarm1"),
        ("low", "normal", "swarm2"),
        ("low", "low", "swarm2"),
        (7, 2, "swarm1"),
    ],
)
async def test_ms_63_the_higher_priority_wins_and_the_older_at_a_tie(dispatcher, a, b, expected):
    conflict = {
        "swarmA": {**A, "metadata": {"priority": a}},
        "swarmB": {**B, "metadata": {"priority": b}},
    }

    assert (await dispatcher.resolve(conflict))["winner"] == expected


async def test_ms_64_by_timestamp_the_older_wins(dispatcher):
    dispatcher.set_strategy("least_loaded", conflict="timestamp")

    assert (await dispatcher.resolve({"swarmA": A, "swarmB": B}))["winner"] == "swarm2"


async def test_ms_65_by_voting_the_active_groups_decide(dispatcher, fleet):
    second = await follower(fleet)
    dispatcher.conflicts.voter = second.conflicts.voter = lambda conflict: "swarm2"
    answering = asyncio.create_task(_settle(second))
    choice = await dispatcher.vote({"swarmA": A, "swarmB": B})
    answering.cancel()
    dispatcher.conflicts.voter = lambda conflict: "swarm1"
    for end in second._off:
        end()
    undecided = await dispatcher.vote({"swarmA": {**A, "metadata": {}}, "swarmB": B}, patience=0.1)

    assert (choice.chosen, choice.strategy) == ("swarm2", "voting")
    assert undecided.chosen == "swarm1"


async def _settle(dispatcher):
    while True:
        await dispatcher._bus.settled()
        await asyncio.sleep(0)


async def test_ms_66_figures_count_jobs_resources_and_conflicts(dispatcher):
    await dispatcher.submit({"description": "x"})
    await dispatcher.complete(await dispatcher.claim("r1"))
    await dispatcher.submit({"description": "x", "capabilities": ["none has it"]})
    await dispatcher.allocate("cpu", 1)
    await dispatcher.resolve({"swarmA": A, "swarmB": B})

    assert await dispatcher.stats() == {
        "tasksDistributed": 1,
        "tasksCompleted": 1,
        "resourceAllocations": 1,
        "conflictsResolved": 1,
        "leadershipChanges": 1,
        "isLeader": True,
        "currentLeader": "one",
        "taskQueueSize": 1,
    }


async def test_ms_67_what_happens_to_jobs_and_resources_is_told(dispatcher, fleet):
    await dispatcher.submit({"description": "x"})
    await dispatcher.complete(await dispatcher.claim("r1"))
    await dispatcher.allocate("cpu", 1)
    await dispatcher.release("cpu", 1)
    managed = await fleet.group("two")
    for name in ("r3", "r4"):
        await managed.group.add_active(name)
    await dispatcher.rebalance()

    told = {*await topics(fleet), *await group_topics(dispatcher)}
    assert {
        "task_queued", "task_distributed", "task_assigned", "task_completed",
        "resource_allocated", "resource_released", "swarm_health_issue",
    } <= told  # fmt: skip
    figures = await dispatcher.stats()
    assert (figures["tasksDistributed"], figures["tasksCompleted"]) == (1, 1)


async def test_a_result_with_an_old_token_is_kept_and_changes_nothing(dispatcher, clock, fleet):
    await dispatcher.submit({"description": "pay"})
    first = await dispatcher.claim("r1")
    clock.now += 6
    await dispatcher._store.patch("group_job", first.id, {"status": "queued", "robot": None})
    second = await dispatcher.claim("r1")

    assert not await dispatcher.complete(first, "late")
    assert await dispatcher.complete(second, "right")
    job = await dispatcher.jobs.get(first.id)
    assert (job.status, job.result) == ("done", "right")
    assert [late["result"] for late in job.late_results] == ["late"]
    assert "task_late_result" in await topics(fleet)


async def test_ms_86_it_is_plain_who_leads_and_for_how_long(store, clock):
    lease = Lease(store, "fleet", "one@p", clock=clock)
    nobody = await lease.describe()
    await lease.take()
    known = await lease.describe()
    await lease.release()

    assert (nobody["holder"], nobody["is_ours"]) == (None, False)
    assert (known["holder"], known["is_ours"]) == ("one@p", True)
    assert known["expires"] == clock.now + known["ttl"]
