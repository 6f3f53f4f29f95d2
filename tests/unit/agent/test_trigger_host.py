"""Triggers in a whole agent: one job for each event, whatever happens in between."""

import asyncio
import json
from datetime import timedelta

import pytest

from casare_robot.agent import robot_agent
from casare_robot.domain.errors import DiskFullError, TriggerError
from casare_robot.domain.job import Job, JobStatus
from casare_robot.domain.trigger_status import TriggerState
from casare_robot.triggers.event import Event, Polled
from casare_robot.triggers.pace import BURST
from tests.accounts import Service
from tests.unit.agent.conftest import settle


class Ticks:
    """A sleep that a test ends; ``asked`` are the seconds."""

    def __init__(self):
        self.asked = []
        self._waiting = []

    async def __call__(self, seconds):
        future = asyncio.get_running_loop().create_future()
        self.asked.append(seconds)
        self._waiting.append(future)
        await future

    def go(self):
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)


@pytest.fixture
def ticks():
    return Ticks()


@pytest.fixture
def file(tmp_path):
    def write(type_, name="flow.json", **config):
        nodes = {
            "t": {"node_id": "t", "node_type": type_, "config": config},
            "a": {"node_id": "a", "node_type": "LogNode", "config": {"message": "hi"}},
        }
        wires = [{"source": "t.exec_out", "target": "a.exec_in"}]
        path = tmp_path / name
        path.write_text(json.dumps({"nodes": nodes, "connections": wires}))
        return str(path)

    return write


async def until(agent, ticks, what, most=4_000):
    for _ in range(most):
        if what():
            return
        ticks.go()
        await settle(agent)
        await asyncio.sleep(0.005)  # a thread reads files
    pytest.fail("it did not happen")


def every_minute(file):
    return file("ScheduleTriggerNode", frequency="cron", cron_expression="* * * * *")


def runs(agent, name):
    return (agent.triggers._hosted[name].cursor or {}).get("runs")


async def test_a_due_time_starts_one_job_with_its_payload(make_agent, executor, clock, ticks, file):
    agent = make_agent(sleep=ticks)
    await agent.start()
    [name] = await agent.control.trigger_on(every_minute(file))
    await until(agent, ticks, lambda: agent.triggers._hosted[name].cursor is not None)

    clock.move(61)
    await until(agent, ticks, lambda: executor.jobs)
    for _ in range(5):
        ticks.go()
        await settle(agent)

    [job] = executor.jobs
    assert (name, job.variables["trigger_node"], job.variables["run_number"]) == ("flow.t", "t", 1)
    assert (job.origin, job.profile, f"{job.folder}/flow.json") == ("desk", "local", job.path)
    [told] = await agent.control.triggers()
    assert (told.started, told.state, told.last_job) == (1, TriggerState.WATCHING, job.id)
    assert timedelta() < told.next_at - clock() <= timedelta(minutes=1)


async def test_what_is_on_is_on_after_a_restart_and_nothing_starts_twice(
    make_agent, executor, clock, ticks, file
):
    first = make_agent(sleep=ticks)
    await first.start()
    [name] = await first.control.trigger_on(every_minute(file))
    await until(first, ticks, lambda: first.triggers._hosted[name].cursor is not None)
    clock.move(61)

    async def lost(key, value):
        raise DiskFullError("the power is gone")

    first.journal.aremember = lost  # the job is on disk, the cursor is not
    await until(first, ticks, lambda: executor.jobs)
    await until(first, ticks, lambda: first.triggers.look()[0].problem)
    await first.stop(now=True)

    second = make_agent(sleep=ticks)
    await second.start()
    await until(second, ticks, lambda: runs(second, name) == 1)

    assert len(second.journal.history(10)) == 1
    clock.move(60)
    await until(second, ticks, lambda: len(second.journal.history(10)) == 2)


async def test_a_draining_robot_lets_events_wait(make_agent, executor, clock, ticks, file):
    agent = make_agent(sleep=ticks)
    await agent.start()
    [name] = await agent.control.trigger_on(every_minute(file))
    await until(agent, ticks, lambda: agent.triggers._hosted[name].cursor is not None)
    await agent.control.drain()

    clock.move(61)
    await until(agent, ticks, lambda: agent.triggers.look()[0].problem)
    problem = agent.triggers.look()[0].problem
    held = list(executor.jobs)
    await agent.control.resume()
    await until(agent, ticks, lambda: executor.jobs)

    assert "its events wait" in problem
    assert held == []
    assert len(executor.jobs) == 1


async def test_a_paused_robot_queues_the_jobs_of_its_triggers(
    make_agent, executor, clock, ticks, file
):
    agent = make_agent(sleep=ticks)
    await agent.start()
    [name] = await agent.control.trigger_on(every_minute(file))
    await until(agent, ticks, lambda: agent.triggers._hosted[name].cursor is not None)
    await agent.control.pause()

    clock.move(61)
    await until(agent, ticks, lambda: agent.offline_queue.waiting == 1)

    assert executor.jobs == []


async def test_a_job_that_an_error_trigger_started_starts_no_other_when_it_fails(
    make_agent, executor, ticks, file, clock
):
    agent = make_agent(sleep=ticks)
    await agent.start()
    [name] = await agent.control.trigger_on(file("ErrorTriggerNode"))
    await until(agent, ticks, lambda: agent.triggers._hosted[name].cursor is not None)
    [hand] = await agent.control.trigger_on(
        file("WorkflowCallTriggerNode", "b.json", call_alias="b")
    )
    await until(agent, ticks, lambda: len(agent.triggers.served()) == 2)
    failed = await agent.control.fire_trigger(hand, {})
    await until(agent, ticks, lambda: executor.running)

    clock.move(1)
    executor.end(failed, JobStatus.FAILED)
    await until(agent, ticks, lambda: len(executor.jobs) == 2)
    handler = executor.jobs[1]
    await until(agent, ticks, lambda: handler.id in executor.running)
    clock.move(1)
    executor.end(handler.id, JobStatus.FAILED)
    for _ in range(20):
        clock.move(1)
        ticks.go()
        await settle(agent)
        await asyncio.sleep(0.002)

    assert handler.variables["error"]["job_id"] == failed
    assert len(executor.jobs) == 2


async def test_a_trigger_that_always_fails_waits_longer_and_longer(
    make_agent, ticks, file, tmp_path
):
    agent = make_agent(sleep=ticks)
    await agent.start()
    path = file("FileWatchTriggerNode", watch_path=str(tmp_path / "nowhere"))
    await agent.control.trigger_on(path)

    waits = len(ticks.asked)
    await until(agent, ticks, lambda: agent.triggers.look()[0].problem)
    await until(agent, ticks, lambda: max(ticks.asked[waits:]) > 30)

    told = agent.triggers.look()[0]
    assert (told.state, "nowhere" in told.problem) == (TriggerState.TROUBLE, True)


async def test_events_in_the_cooldown_are_skipped_and_counted(
    make_agent, executor, clock, ticks, file, tmp_path
):
    agent = make_agent(sleep=ticks)
    await agent.start()
    folder = tmp_path / "in"
    folder.mkdir()
    path = file("FileWatchTriggerNode", watch_path=str(folder), debounce_ms=0, cooldown_seconds=60)
    [name] = await agent.control.trigger_on(path)
    await until(agent, ticks, lambda: agent.triggers._hosted[name].cursor is not None)

    (folder / "one").write_text("1")
    (folder / "two").write_text("2")
    await until(agent, ticks, lambda: agent.triggers.look()[0].skipped)
    clock.move(61)
    (folder / "three").write_text("3")
    await until(agent, ticks, lambda: len(executor.jobs) + agent.offline_queue.waiting == 2)

    told = agent.triggers.look()[0]
    assert (told.started, told.skipped) == (2, 1)


async def test_a_flood_is_slowed_down_and_nothing_is_lost(clock):
    from casare_robot.triggers.pace import Pace

    waits = []

    async def sleep(seconds):
        waits.append(seconds)
        clock.move(seconds)

    pace = Pace(steady=clock.steady, sleep=sleep)
    for _ in range(BURST + 30):
        await pace.wait()

    assert waits == [1.0] * 30


async def test_a_source_that_asks_for_no_wait_gets_one(ticks):
    from casare_robot.triggers.event import Look

    looks = []

    async def look(cursor):
        looks.append(cursor)
        return Look((Event(key=str(len(looks)), payload={}),), len(looks), 0.0)

    async def deliver(events, cursor):
        pass

    task = asyncio.create_task(Polled(look, sleep=ticks).run(None, deliver))
    for _ in range(10):
        await asyncio.sleep(0)
    task.cancel()

    assert (looks, ticks.asked) == ([None], [1.0])


@pytest.mark.parametrize(
    ("type_", "config", "said"),
    [
        ("AppEventTriggerNode", {"event_source": "windows"}, "Windows desktop"),
        ("ScheduleTriggerNode", {"enabled": False}, "not enabled"),
        ("EmailTriggerNode", {"server": "x", "password": "{{$secret:none}}"}, "none"),
        ("LogNode", {}, "no trigger"),
    ],
)
async def test_what_cannot_be_watched_is_refused_with_the_reason(
    make_agent, file, type_, config, said
):
    agent = make_agent()
    await agent.start()

    with pytest.raises(TriggerError, match=said):
        await agent.control.trigger_on(file(type_, **config))

    assert await agent.control.triggers() == ()


async def test_a_trigger_that_the_file_does_not_hold_is_refused_with_those_it_holds(
    make_agent, file
):
    agent = make_agent()
    await agent.start()

    with pytest.raises(TriggerError, match=r"holds no trigger 'noon'; it holds: t$"):
        await agent.control.trigger_on(every_minute(file), "noon")


async def test_an_email_in_an_account_becomes_a_job_with_the_secret_that_is_kept(
    make_agent, executor, ticks, file, monkeypatch
):
    with Service() as google:
        kept = {"access_token": "t", "base_url": google.url}
        monkeypatch.setenv("CASARE_SECRET_GOOGLE", json.dumps(kept))
        google.script([{}, {"messages": [{"id": "m1"}]}, {"id": "m1", "snippet": "hello"}])
        agent = make_agent(sleep=ticks)
        await agent.start()
        await agent.control.trigger_on(file("GmailTriggerNode", mark_as_read=False))

        await until(agent, ticks, lambda: executor.jobs, most=6000)

    assert executor.jobs[0].variables["snippet"] == "hello"


async def test_switched_off_it_watches_no_more(make_agent, executor, clock, ticks, file):
    agent = make_agent(sleep=ticks)
    await agent.start()
    [name] = await agent.control.trigger_on(every_minute(file))
    await agent.control.trigger_off(name)

    clock.move(timedelta(hours=1).total_seconds())
    for _ in range(10):
        ticks.go()
        await settle(agent)

    assert (executor.jobs, agent.triggers.look()) == ([], ())
    with pytest.raises(TriggerError, match=r"no trigger 'flow\.t' is on"):
        await agent.control.fire_trigger(name, {})


async def test_two_that_are_switched_on_at_once_are_both_on_after_a_restart(
    make_agent, ticks, file
):
    agent = make_agent(sleep=ticks)
    await agent.start()
    remember, may_go_on, asked = agent.journal.aremember, asyncio.Event(), []

    async def slow(key, value):
        asked.append(key)
        await may_go_on.wait()
        await remember(key, value)

    agent.journal.aremember = slow
    switching = [
        asyncio.create_task(agent.control.trigger_on(file("ErrorTriggerNode", name)))
        for name in ("one.json", "two.json")
    ]
    for _ in range(20):
        await asyncio.sleep(0.005)  # a thread reads files
    may_go_on.set()
    await asyncio.gather(*switching)

    kept = agent.journal.recalled("triggers")
    assert {one["id"] for one in kept} == {"one.t", "two.t"}
    assert asked


async def test_a_trigger_goes_on_if_the_disk_is_full_while_it_is_switched(make_agent, file):
    agent = make_agent()
    await agent.start()
    path = file("ErrorTriggerNode")
    [name] = await agent.control.trigger_on(path)
    remember = agent.journal.aremember

    async def full(key, value):
        if key == "triggers":
            raise DiskFullError("no space is left")
        await remember(key, value)

    agent.journal.aremember = full
    with pytest.raises(DiskFullError):
        await agent.control.trigger_on(path)
    with pytest.raises(DiskFullError):
        await agent.control.trigger_off(name)

    assert not agent.triggers._hosted[name].task.done()


async def test_switched_off_while_its_job_is_started_it_forgets_where_it_was(
    make_agent, ticks, file
):
    agent = make_agent(sleep=ticks)
    await agent.start()
    [name] = await agent.control.trigger_on(file("ErrorTriggerNode"))
    await until(agent, ticks, lambda: agent.triggers._hosted[name].cursor is not None)
    offer, is_offered, may_go_on = agent.triggers._offer, asyncio.Event(), asyncio.Event()

    async def slow(job):
        is_offered.set()
        await may_go_on.wait()
        return await offer(job)

    agent.triggers._offer = slow
    firing = asyncio.create_task(agent.control.fire_trigger(name, {}))
    await is_offered.wait()
    await agent.control.trigger_off(name)
    may_go_on.set()
    await firing

    assert agent.journal.recalled(f"trigger {name}") is None


async def test_a_job_that_fails_is_noticed_however_many_wait_behind_it(
    make_agent, executor, ticks, file, clock, monkeypatch
):
    monkeypatch.setattr(robot_agent, "ENDED_JOBS", 3)
    agent = make_agent(sleep=ticks)
    await agent.start()
    [name] = await agent.control.trigger_on(file("ErrorTriggerNode"))
    await until(agent, ticks, lambda: agent.triggers._hosted[name].cursor is not None)
    for number in range(5):
        job = Job(id=f"job-{number}", workflow=b'{"nodes": {}}')
        await agent.intake.offer(job, "desk")
    await until(agent, ticks, lambda: executor.running)
    clock.move(1)
    executor.end("job-0", JobStatus.FAILED)

    await until(agent, ticks, lambda: agent.triggers.look()[0].started == 1)


async def test_what_is_brought_too_fast_is_refused(make_agent, ticks, file, clock):
    agent = make_agent(sleep=ticks)
    await agent.start()
    [name] = await agent.control.trigger_on(file("WebhookTriggerNode", endpoint="x"))
    await until(agent, ticks, lambda: agent.triggers.served())
    for number in range(BURST):
        await agent.triggers.bring(name, Event(key=f"{number}", payload={}))

    with pytest.raises(TriggerError, match="too much"):
        await agent.triggers.bring(name, Event(key="more", payload={}))
    clock.move(1)
    _, is_new = await agent.triggers.bring(name, Event(key="later", payload={}))
    assert is_new


async def test_a_robot_whose_list_of_triggers_is_damaged_starts(make_agent, caplog):
    agent = make_agent()
    await agent.journal.aremember("triggers", [])
    agent.journal.writer.write_now(lambda db: db.execute("UPDATE notes SET crc = crc + 1").rowcount)

    await agent.start()

    assert agent.is_alive
    assert "triggers" in caplog.text
