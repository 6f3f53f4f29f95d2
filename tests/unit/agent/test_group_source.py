"""A robot in a group: what it claims, what it stops, what it tells."""

import asyncio
import contextlib
import json
import time

import pytest

from casare_robot.domain.errors import (
    DiskFullError,
    JobStateError,
    JournalError,
    StoreUnavailableError,
)
from casare_robot.domain.job import JobError, JobStatus, UnknownStep
from casare_robot.domain.robot_status import RobotState
from casare_robot.execution.state import Delta, DeltaWriter, SavedState
from casare_robot.groups.dispatcher import Dispatcher
from casare_robot.groups.job_rows import TABLE, JobRows, job_of, lease_of, table_of
from casare_robot.groups.job_steps import JobSteps
from casare_robot.groups.robot_group import RobotGroup
from casare_robot.groups.settling import settle
from casare_robot.store.opening import open_store
from casare_robot.store.store import Store
from tests.whole import chain, sets, until


@pytest.fixture
def url(tmp_path):
    return f"sqlite:{tmp_path / 'shared.db'}"


@pytest.fixture
async def store(url):
    async with await open_store(url) as opened:
        yield opened


@pytest.fixture
def rows(store):
    return JobRows(store, time.time)


@pytest.fixture
def patient_leases(monkeypatch):
    """No lease runs out here by itself, however slow the machine is."""
    monkeypatch.setattr(Store, "lease_ttl", 600.0)


@pytest.fixture
async def member(make_agent, url, store, patient_leases):
    """Starts this robot as a member, and waits until it is one."""

    async def start(role="active", **settings):
        agent = make_agent(
            group="team", group_role=role, store_url=url, robot_id="desk-1", **settings
        )
        await agent.start()
        await until(lambda: has_role(store, "desk-1"))
        await until(lambda: agent.membership._work is not None)
        return agent

    return start


async def has_role(store, robot, role=None):
    row = await store.get("group", "team")
    roles = {m["robot"]: m["role"] for m in (row.record["members"] if row else ())}
    return roles.get(robot) == role if role else robot in roles


async def submit(rows, job_id, **work):
    work = {"id": job_id, "workflow": sets(), **work}
    await rows.add(job_of(work, by="team", now=time.time()))


async def comes_to(rows, job_id, status):
    async def is_so():
        return (await rows.get(job_id)).status == status

    await until(is_so)
    return await rows.get(job_id)


async def test_an_active_member_claims_no_more_jobs_than_it_has_places(
    member, rows, executor
) -> None:
    await member(max_concurrent_jobs=2)
    for name in "abc":
        await submit(rows, name)

    await until(lambda: len(executor.running) == 2)
    statuses = [(await rows.get(name)).status for name in "abc"]
    executor.end(next(iter(executor.running)), variables={"x": 1})
    await until(lambda: len(executor.jobs) == 3)

    assert sorted(statuses) == ["queued", "running", "running"]


async def test_a_passive_member_claims_nothing_while_another_is_active(
    member, rows, store, executor
) -> None:
    group = await RobotGroup.open(store, "team", active=["desk-9"])
    agent = await member("passive")
    await submit(rows, "a")
    for _ in range(3):
        await agent.membership.look()
        await asyncio.sleep(0.05)

    assert (await rows.get("a")).status == "queued"
    assert executor.jobs == []
    await group.shutdown()


async def test_a_paused_member_claims_nothing_until_it_goes_on(member, rows, executor) -> None:
    agent = await member()
    agent.hold("lunch")
    await until(lambda: agent.look_at().state is RobotState.PAUSED)
    await submit(rows, "a")
    for _ in range(3):
        await agent.membership.look()
        await asyncio.sleep(0.05)
    await comes_to(rows, "a", "queued")
    begun = list(executor.jobs)
    agent.go_on()

    await until(lambda: "a" in executor.running)
    assert begun == []


async def test_a_job_that_was_claimed_while_the_last_place_was_taken_is_given_back(
    member, rows, executor, monkeypatch
) -> None:
    claim = Dispatcher.claim

    async def as_somebody_pauses(*given, **named):
        job = await claim(*given, **named)
        if job is not None:
            agent.hold("lunch")
        return job

    monkeypatch.setattr(Dispatcher, "claim", as_somebody_pauses)
    agent = await member()
    await submit(rows, "a")

    async def is_given_back():
        return (await rows.get("a")).reason == "given_back"

    await until(is_given_back)
    assert (await rows.get("a")).status == "queued"
    assert executor.jobs == []


async def test_a_result_ends_the_row_and_takes_the_shared_steps_away(
    member, rows, store, executor
) -> None:
    agent = await member()
    await submit(rows, "a", variables={"n": 3})
    await until(lambda: "a" in executor.running)
    job = executor.jobs[0]
    await asyncio.to_thread(agent.shared_steps.append, "a", DeltaWriter().encode(Delta(count=7)))
    kept = await store.find(table_of("a"))
    executor.end("a", variables={"x": 1})
    ended = await comes_to(rows, "a", "done")

    assert (job.variables, job.origin, job.profile) == ({"n": 3}, "group", "remote")
    assert len(kept) == 2
    assert all(row.record["token"] for row in kept)
    assert ended.result["variables"] == {"x": 1}
    assert await store.find(table_of("a")) == ()
    await until(lambda: is_free(store, f"{TABLE}:a"))


@pytest.mark.parametrize(
    ("status", "told"),
    [(JobStatus.FAILED, "failed"), (JobStatus.TIMED_OUT, "failed")],
)
async def test_a_job_that_does_not_complete_fails(member, rows, executor, status, told) -> None:
    await member()
    await submit(rows, "a")
    await until(lambda: "a" in executor.running)
    executor.end("a", status, error=JobError(code="E-X", message="the till is empty"))

    assert (await comes_to(rows, "a", told)).result["error"]["message"] == "the till is empty"


async def test_a_cancellation_reaches_a_running_job(member, rows, executor) -> None:
    await member()
    await submit(rows, "a")
    await until(lambda: "a" in executor.running)
    began = time.monotonic()
    assert await rows.cancel("a", by="somebody")

    await comes_to(rows, "a", "cancelled")
    assert time.monotonic() - began < 30  # within a second, on a machine that is not busy
    assert not await rows.cancel("a")


async def test_a_job_that_was_given_away_stops_and_its_end_is_not_told(
    member, rows, store, executor
) -> None:
    agent = await member()
    await submit(rows, "a")
    await until(lambda: "a" in executor.running)
    await store.patch(TABLE, "a", {"robot": "desk-2", "status": "needs_attention"})

    await until(lambda: "a" not in executor.running)
    await until(lambda: "a" not in agent.slots)
    row = await rows.get("a")
    assert (row.robot, row.status, row.result) == ("desk-2", "needs_attention", None)
    await until(lambda: is_free(store, f"{TABLE}:a"))


async def is_free(store, name):
    return await store.held(name) == {}


async def test_steps_of_another_robot_are_where_a_job_goes_on(member, rows, store, executor):
    group = await RobotGroup.open(store, "team", active=["desk-2"])
    await submit(rows, "a")
    other = Dispatcher(store, group.bus)
    job = await other.claim("desk-2", holder="desk-2@1")
    lease = await store.lease(f"{TABLE}:a", "desk-2@1", ttl=60)
    steps = JobSteps(store, "a", lambda: lease.fence)
    from casare_robot.agent.group_jobs import job_of as made
    from casare_robot.agent.group_jobs import packed

    await steps.accept(packed(made(job, None)), job.token)
    await steps.append([DeltaWriter().encode(Delta(count=5))])
    await steps.append([DeltaWriter().encode(Delta(count=6, executed=["n"]))])
    await rows.give_back(job)
    agent = await member()
    await until(lambda: "a" in executor.running)
    found = await asyncio.to_thread(agent.shared_steps.steps, "a")

    assert SavedState.fold(found).count == 6
    assert SavedState.fold(found).executed == ["n"]
    await group.shutdown()


async def test_a_job_that_must_not_be_resumed_is_parked_when_it_had_begun(
    member, rows, store, executor
) -> None:
    group = await RobotGroup.open(store, "team", active=["desk-2"])
    await submit(rows, "a", restartable=False)
    job = await Dispatcher(store, group.bus).claim("desk-2", holder="desk-2@1")
    lease = await store.lease(f"{TABLE}:a", "desk-2@1", ttl=60)
    from casare_robot.agent.group_jobs import job_of as made
    from casare_robot.agent.group_jobs import packed

    await JobSteps(store, "a", lambda: lease.fence).accept(packed(made(job, None)), job.token)
    await rows.give_back(job)
    await member()

    parked = await comes_to(rows, "a", "needs_attention")
    assert "must not be resumed" in parked.result["error"]["message"]
    assert executor.jobs == []

    await settle(store, "a", "again")
    await until(lambda: "a" in executor.running)
    assert [job.restartable for job in executor.jobs] == [True]
    executor.end("a")
    await comes_to(rows, "a", "done")
    await group.shutdown()


async def test_a_robot_that_starts_again_goes_on_with_its_own_job(
    member, make_agent, rows, store, executor
) -> None:
    agent = await member()
    await submit(rows, "a")
    await until(lambda: "a" in executor.running)
    await agent.stop(now=True)
    executor.running.clear()
    again = await member()

    await until(lambda: "a" in executor.running)
    executor.end("a")
    await comes_to(rows, "a", "done")
    assert again.journal.status("a") is JobStatus.COMPLETED


async def test_a_job_that_has_ended_is_remembered_as_long_as_the_settings_say(
    member, rows, store, executor
) -> None:
    await member(history_days=2)
    before = time.time()
    await submit(rows, "a")
    await until(lambda: "a" in executor.running)
    executor.end("a")
    await comes_to(rows, "a", "done")
    ended = await store.get(TABLE, "a")

    assert before + 2 * 86_400 <= ended.expires <= time.time() + 2 * 86_400


async def test_a_result_that_the_next_process_tells_takes_the_shared_steps_away(
    member, rows, store, executor, monkeypatch
) -> None:
    agent = await member()
    await submit(rows, "a")
    await until(lambda: "a" in executor.running)
    with monkeypatch.context() as patched:

        async def is_cut_off(*_):
            raise ConnectionError

        patched.setattr(agent.membership._work, "report", is_cut_off)
        executor.end("a", variables={"x": 1})
        await until(lambda: agent.journal.status("a") is JobStatus.COMPLETED)
        await agent.stop(now=True)
    kept = await store.find(table_of("a"))
    await member()
    ended = await comes_to(rows, "a", "done")

    assert len(kept) == 1
    assert ended.result["variables"] == {"x": 1}
    assert len(executor.jobs) == 1
    assert await store.find(table_of("a")) == ()


async def test_a_job_that_stays_with_its_robot_leaves_no_shared_steps(
    member, rows, store, executor
) -> None:
    await member()
    await submit(rows, "a", on_disconnect="continue")
    await until(lambda: "a" in executor.running)
    shared = await store.find(table_of("a"))
    executor.end("a")

    await comes_to(rows, "a", "done")
    assert shared == ()


async def test_the_result_of_a_job_that_stays_counts_after_its_lease_ran_out(
    member, rows, store, executor
) -> None:
    agent = await member()
    await submit(rows, "a", on_disconnect="continue")
    await until(lambda: "a" in executor.running)
    claimed = agent.membership._work._claimed["a"]
    claimed.held._lost.set()
    await store.unlease(claimed.held._lease.fence)
    await until(lambda: agent.membership._work._claimed.get("a") is not claimed)
    executor.end("a", variables={"x": 1})
    ended = await comes_to(rows, "a", "done")

    assert (ended.result["variables"], ended.late_results) == ({"x": 1}, ())


async def test_a_job_whose_lease_is_lost_stops_and_goes_on_if_it_is_still_ours(
    member, rows, store, executor
) -> None:
    agent = await member()
    await submit(rows, "a")
    await until(lambda: "a" in executor.running)
    token = (await rows.get("a")).token
    agent.membership._work._claimed["a"].held._lost.set()
    await until(lambda: len(executor.jobs) == 2)
    executor.end("a")
    ended = await comes_to(rows, "a", "done")

    assert ended.token > token
    assert ended.late_results == ()


async def test_a_job_whose_steps_are_too_large_to_be_shared_is_parked(
    member, rows, executor
) -> None:
    agent = await member()
    await submit(rows, "a")
    await until(lambda: "a" in executor.running)
    with pytest.raises(JournalError, match="cannot be shared"):
        await asyncio.to_thread(agent.shared_steps.append, "a", bytes(50 << 20))
    parked = await comes_to(rows, "a", "needs_attention")

    assert "are more than" in parked.result["error"]["message"]
    assert executor.running == {}


async def test_a_job_that_could_not_be_taken_up_is_taken_up_later(
    member, rows, executor, monkeypatch
) -> None:
    agent = await member()
    aremember, faults = agent.journal.aremember, [DiskFullError("full")]

    async def once_full(key, value):
        if key.startswith(TABLE) and faults:
            raise JournalError("the disk does not answer") from faults.pop()
        await aremember(key, value)

    monkeypatch.setattr(agent.journal, "aremember", once_full)
    await submit(rows, "a")

    await until(lambda: "a" in executor.running)
    assert faults == []


@pytest.mark.parametrize(
    ("work", "why"),
    [
        ({"workflow": "reconcile"}, "knows no workflow 'reconcile'"),
        ({"workflow": None, "description": "think"}, "no workflow that a robot could run"),
        ({"variables": 5}, "cannot be read"),
    ],
)
async def test_a_job_that_cannot_be_run_fails_and_says_why(member, rows, work, why) -> None:
    await member()
    await submit(rows, "a", **work)

    assert why in (await comes_to(rows, "a", "failed")).result["error"]["message"]


async def test_a_job_may_name_a_workflow_that_the_robot_knows(
    member, rows, executor, tmp_path
) -> None:
    (tmp_path / "r.json").write_text(json.dumps(sets("named", 1)))
    await member(group_workflows=(f"reconcile={tmp_path / 'r.json'}",))
    await submit(rows, "a", workflow="reconcile")
    await until(lambda: "a" in executor.running)

    assert b"named" in executor.jobs[0].workflow
    assert executor.jobs[0].folder == str(tmp_path)


async def test_jobs_ask_for_what_members_can(member, rows, store, executor) -> None:
    await member(tags=("sap",))
    await submit(rows, "far", capabilities=["moon"])
    await submit(rows, "near", capabilities=["sap"], needs_desktop=True)
    await until(lambda: "near" in executor.running)
    row = await store.get("group", "team")

    assert (await rows.get("far")).status == "queued"
    assert (await rows.get("near")).capabilities == ("sap", "desktop")
    assert {"sap", "desktop"} <= {*row.record["members"][0]["capabilities"]}


async def test_a_robot_without_a_screen_claims_no_job_that_needs_one(
    make_agent, url, rows, executor, store
) -> None:
    async def locked():
        return "the screen is locked"

    agent = make_agent(desktop=locked, group="team", store_url=url, robot_id="desk-1")
    await agent.start()
    await submit(rows, "seen", needs_desktop=True)
    await submit(rows, "unseen")
    await until(lambda: "unseen" in executor.running)

    assert (await rows.get("seen")).status == "queued"


async def test_a_job_whose_nodes_need_a_screen_goes_to_a_robot_that_has_one(
    make_agent, url, rows, executor
) -> None:
    async def locked():
        return "the screen is locked"

    agent = make_agent(desktop=locked, group="team", store_url=url, robot_id="desk-1")
    await agent.start()
    await submit(rows, "seen", workflow=chain(("window", "WindowManagementSuper", {})))

    async def is_given_back():
        return "desktop" in (await rows.get("seen")).capabilities

    await until(is_given_back)
    await until(lambda: agent.membership._work is not None and not agent.membership._work._claimed)
    assert (await rows.get("seen")).status == "queued"
    assert executor.jobs == []


async def test_a_store_that_cannot_be_used_is_told(make_agent, tmp_path) -> None:
    (tmp_path / "no.db").write_text("this is no database, and longer than a header would be" * 9)
    agent = make_agent(group="team", store_url=f"sqlite:{tmp_path / 'no.db'}", robot_id="desk-1")
    await agent.start()

    def is_told():
        warnings = {warning.code: warning.message for warning in agent.look_at().warnings}
        return "cannot work in group team" in warnings.get("E-GROUP-503", "")

    await until(is_told)


async def test_a_member_that_is_asked_runs_the_workflow_of_the_topic(
    member, store, executor, tmp_path
) -> None:
    (tmp_path / "a.json").write_text(json.dumps(sets("answer", 1)))
    await member(group_workflows=(f"invoices={tmp_path / 'a.json'}",))
    async with await RobotGroup.open(store, "team") as group:
        asking = asyncio.create_task(group.ask({"content": "Is 4711 paid?", "topic": "invoices"}))
        await until(lambda: executor.running)
        (job_id,) = executor.running
        executor.end(job_id, variables={"answer": "yes"})
        (answer,) = await asking
        (unknown,) = await group.ask({"content": "?", "topic": "weather"})

    assert executor.jobs[0].variables["message"] == "Is 4711 paid?"
    assert (answer["agentId"], answer["content"]) == ("desk-1", "yes")
    assert unknown["content"] is None
    assert "knows no workflow 'weather'" in unknown["error"]


async def test_a_parked_job_goes_on_where_it_is_resolved(member, rows, store, executor) -> None:
    agent = await member()
    await submit(rows, "a")
    await until(lambda: "a" in executor.running)
    step = UnknownStep(key="k", node_id="pay", node_type="X")
    executor.end("a", JobStatus.NEEDS_ATTENTION, needs_attention=(step,))
    parked = await comes_to(rows, "a", "needs_attention")
    await until(lambda: is_free(store, f"{TABLE}:a"))
    await agent.control.resolve("a", {"k": "done"})
    await until(lambda: "a" in executor.running)
    running = await rows.get("a")
    found = SavedState.fold(await asyncio.to_thread(agent.shared_steps.steps, "a"))
    executor.end("a")
    ended = await comes_to(rows, "a", "done")

    assert parked.result["needs_attention"][0]["node_id"] == "pay"
    assert running.status == "running"
    assert running.token > parked.token
    assert found.decisions == {"k": "done"}
    assert ended.late_results == ()


async def test_a_member_that_was_retired_while_alive_comes_back_passive(
    member, store, rows
) -> None:
    await member()
    group = await RobotGroup.open(store, "team", passive=["desk-2"])
    assert await group.failover() == "desk-2"

    await until(lambda: has_role(store, "desk-1", "passive"))
    await group.shutdown()


async def test_a_robot_that_left_its_group_does_not_go_on_with_the_groups_jobs(
    member, make_agent, rows, executor
) -> None:
    agent = await member()
    await submit(rows, "a")
    await until(lambda: "a" in executor.running)
    await agent.stop(now=True)
    executor.running.clear()
    executor.jobs.clear()
    lonely = make_agent(robot_id="desk-1")
    await lonely.start()

    await until(lambda: lonely.journal.status("a") is JobStatus.CANCELLED)
    assert executor.jobs == []


async def test_a_member_that_is_paused_says_so_to_its_group_until_it_goes_on(member, store) -> None:
    agent = await member("passive")

    async def rests():
        row = await store.get("group", "team")
        return row.record["members"][0]["is_resting"]

    agent.conductor.hold("lunch", None)
    await until(rests)
    agent.conductor.go_on()

    async def works():
        return not await rests()

    await until(works)


async def test_a_job_is_free_again_when_a_store_failed_while_a_person_took_it_up(
    member, rows, store, executor, monkeypatch
) -> None:
    agent = await member()
    await submit(rows, "a")
    await until(lambda: "a" in executor.running)
    step = UnknownStep(key="k", node_id="pay", node_type="X")
    executor.end("a", JobStatus.NEEDS_ATTENTION, needs_attention=(step,))
    await comes_to(rows, "a", "needs_attention")
    await until(lambda: is_free(store, f"{TABLE}:a"))

    async def gone(_steps):
        raise StoreUnavailableError("the server is away")

    with monkeypatch.context() as patched:
        patched.setattr(JobSteps, "load", gone)
        with pytest.raises(JobStateError, match="the server is away"):
            await agent.control.resolve("a", {"k": "done"})

    await until(lambda: "a" in executor.running)


async def test_a_job_that_does_not_stop_in_time_keeps_its_lease_no_longer_than_that_lasts(
    member, rows, store, executor, monkeypatch
) -> None:
    agent = await member()
    await submit(rows, "a")
    await until(lambda: "a" in executor.running)
    work = agent.membership._work
    held = work._claimed["a"].held
    monkeypatch.setattr(executor, "give_back", lambda job_id: None)  # as one that is stuck
    stopping = asyncio.create_task(work.stop_all("another may be desk-1 now"))
    await asyncio.sleep(0)
    stopping.cancel()
    await work.close()

    await asyncio.wait_for(asyncio.wait((held._task,)), 60)
    assert not held.is_valid


async def test_a_job_whose_lease_was_lost_before_it_was_taken_in_stops_and_goes_on_later(
    member, rows, store, executor, monkeypatch
) -> None:
    agent = await member()
    work = agent.membership._work
    offer, lost = type(work._robot.taker).offer, []

    async def too_late(taker, job):
        if not lost:
            lost.append(job.id)
            work._claimed[job.id].held._lost.set()
            await until(lambda: job.id not in work._claimed)
            await until(lambda: not work._stopping)
        return await offer(taker, job)

    monkeypatch.setattr(type(work._robot.taker), "offer", too_late)
    await submit(rows, "a")

    async def shares_its_steps():
        if "a" not in executor.running:
            return False
        with contextlib.suppress(JournalError):
            await asyncio.to_thread(agent.shared_steps.append, "a", b"step")
            return True

    await until(shares_its_steps)
    executor.end("a")
    assert (await comes_to(rows, "a", "done")).late_results == ()


async def test_a_job_that_was_cancelled_while_nobody_had_it_is_not_begun(
    member, rows, store, executor
) -> None:
    group = await RobotGroup.open(store, "team", active=["desk-2"])
    await submit(rows, "a")
    job = await rows.claim("team", "desk-2", holder="other")
    assert await rows.cancel("a", by="somebody")
    await rows.give_back(job)
    await member()

    ended = await comes_to(rows, "a", "cancelled")
    assert executor.jobs == []
    assert ended.cancelled_by == "somebody"
    await group.shutdown()


async def test_a_job_whose_lease_ran_out_right_after_the_claim_is_claimed_again_and_counts(
    member, rows, store, executor, monkeypatch
) -> None:
    agent = await member("passive")
    async with await RobotGroup.open(store, "team") as group:
        await group.add_active("desk-2")
    claim, claims = JobRows._claim, []

    async def too_slow(self, *given, **also):
        job = await claim(self, *given, **also)
        if job is not None:
            claims.append(job.token)
            if len(claims) == 1:  # as after a long sleep
                await store.unlease(lease_of(job))
        return job

    monkeypatch.setattr(JobRows, "_claim", too_slow)
    await submit(rows, "a")
    await agent.membership.group.promote("desk-1")
    await until(lambda: "a" in executor.running)
    executor.end("a")

    assert (await comes_to(rows, "a", "done")).late_results == ()
    assert len(claims) == 2


async def test_the_lease_of_a_job_that_was_given_away_is_nobodys_before_it_has_stopped(
    member, rows, store, executor, monkeypatch
) -> None:
    agent = await member()
    await submit(rows, "a")
    await until(lambda: "a" in executor.running)
    work, give_back = agent.membership._work, executor.give_back
    monkeypatch.setattr(executor, "give_back", lambda job_id: None)  # it takes its time
    await store.patch(TABLE, "a", {"robot": "desk-2"})
    await until(lambda: "a" not in work._claimed)
    for _ in range(3):
        assert f"{TABLE}:a" in await store.held(f"{TABLE}:a")
    give_back("a")

    await until(lambda: is_free(store, f"{TABLE}:a"))
