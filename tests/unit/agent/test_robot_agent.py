"""The whole agent, with jobs that end when a test says so."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from casare_robot.agent.robot_agent import RobotAgent
from casare_robot.desktop.system_event import SystemEvent
from casare_robot.domain.errors import (
    DiskFullError,
    JobRefusedError,
    JournalBusyError,
    JournalError,
)
from casare_robot.domain.job import Job, JobId, JobResult, JobStatus
from casare_robot.domain.job_source import JobTaker
from casare_robot.domain.robot_events import JobEnded, RobotEvent, StatusChanged
from casare_robot.domain.robot_status import RobotState
from tests.unit.agent.conftest import MACHINE, Clock, HeldExecutor, settle

Make = Callable[..., RobotAgent]
MakeJob = Callable[..., Job]
A, B = JobId("a"), JobId("b")


class Line:
    """A source over nothing: a test offers through it and takes what it reports."""

    name = "line"

    def __init__(self) -> None:
        self.robot: JobTaker | None = None
        self.is_up = True
        self.reported: list[JobResult] = []
        self.heard: list[RobotEvent] = []
        self.looks = 0

    async def run(self, robot: JobTaker) -> None:
        self.robot = robot
        await asyncio.Event().wait()

    async def look(self) -> None:
        self.looks += 1

    async def report(self, result: JobResult) -> bool:
        if not self.is_up:
            raise ConnectionError("there is no line")
        self.reported.append(result)
        return True

    def inform(self, event: RobotEvent) -> None:
        self.heard.append(event)


@pytest.fixture
async def line() -> Line:
    return Line()


async def test_a_job_is_on_disk_before_it_is_acknowledged_and_its_result_is_reported(
    make_agent: Make, make_job: MakeJob, executor: HeldExecutor, line: Line
) -> None:
    agent = make_agent([line])
    await agent.start()
    await settle(agent)

    is_new = await line.robot.offer(make_job())
    is_known = agent.journal.status(A)
    is_new_again = await line.robot.offer(make_job())
    await settle(agent)
    executor.end(A)
    await settle(agent)

    assert (is_new, is_known, is_new_again) == (True, JobStatus.QUEUED, False)
    assert [result.status for result in line.reported] == [JobStatus.COMPLETED]
    assert not line.robot.held_jobs("line")


async def test_what_a_source_says_of_origin_and_profile_does_not_count(
    make_agent: Make, make_job: MakeJob, executor: HeldExecutor, line: Line
) -> None:
    agent = make_agent([line])
    await agent.start()
    await settle(agent)

    await line.robot.offer(make_job(origin="desk", profile="local"))
    await agent.intake.offer(make_job("b"), "desk")
    executor_saw = []
    for _ in range(2):
        await settle(agent)
        executor_saw.append(executor.jobs[-1])
        executor.end(executor.jobs[-1].id)

    assert [(job.origin, job.profile) for job in executor_saw] == [
        ("line", "remote"),
        ("desk", "local"),
    ]


async def test_what_is_no_workflow_at_all_is_refused_with_a_code(
    make_agent: Make, make_job: MakeJob, line: Line, clock: Clock
) -> None:
    agent = make_agent([line])
    await agent.start()
    await settle(agent)

    codes = []
    for job in (
        make_job(workflow=b"{"),
        make_job(workflow=b'{"a": NaN}'),
        make_job(expires_at=clock()),
    ):
        with pytest.raises(JobRefusedError) as caught:
            await line.robot.offer(job)
        codes.append(caught.value.code)

    assert codes == ["E-MSG-101", "E-MSG-103", "E-JOB-411"]
    assert agent.journal.status(A) is None


async def test_a_workflow_with_nodes_of_the_desktop_needs_it_though_nobody_said_so(
    make_agent: Make, make_job: MakeJob, executor: HeldExecutor
) -> None:
    agent = make_agent(max_concurrent_jobs=2)
    await agent.start()
    clicks = b'{"nodes": {"a": {"node_id": "a", "node_type": "MouseClickNode"}}}'
    for job_id in ("a", "b"):
        await agent.intake.offer(make_job(job_id, workflow=clicks), "desk")
    await settle(agent)

    assert list(executor.running) == ["a"]
    assert "desktop" in agent.look_at().reasons[0]


async def test_leaving_now_keeps_the_job_running_and_the_next_start_goes_on_with_it(
    make_agent: Make, make_job: MakeJob, executor: HeldExecutor
) -> None:
    agent = make_agent()
    await agent.start()
    await agent.intake.offer(make_job(), "desk")
    await settle(agent)
    await agent.stop(now=True)
    again = make_agent()
    status = again.journal.status(A)
    heard: list[RobotEvent] = []
    again.hub.add_sink(heard.append)
    await again.start()
    await settle(again)

    assert status is JobStatus.RUNNING
    assert list(executor.running) == [A]
    assert [event.resumed for event in heard if hasattr(event, "resumed")] == [True]


async def test_stopping_waits_for_the_job_that_runs_and_begins_no_other(
    make_agent: Make, make_job: MakeJob, executor: HeldExecutor
) -> None:
    agent = make_agent()
    await agent.start()
    for job_id in ("a", "b"):
        await agent.intake.offer(make_job(job_id), "desk")
    await settle(agent)
    stopping = asyncio.create_task(agent.stop())
    await settle(agent)
    was_done, state = stopping.done(), agent.look_at().state
    with pytest.raises(JobRefusedError, match="stopping"):
        await agent.intake.offer(make_job("c"), "desk")
    executor.end(A)
    await stopping
    again = make_agent()

    assert not was_done
    assert state is RobotState.STOPPING
    assert [again.journal.status(job_id) for job_id in (A, B)] == [
        JobStatus.COMPLETED,
        JobStatus.QUEUED,
    ]


async def test_results_wait_through_an_outage_and_a_restart(
    make_agent: Make, make_job: MakeJob, executor: HeldExecutor, line: Line
) -> None:
    line.is_up = False
    agent = make_agent([line])
    await agent.start()
    await settle(agent)
    await line.robot.offer(make_job())
    await settle(agent)
    executor.end(A)
    await settle(agent)
    held = line.robot.held_jobs("line")
    await agent.stop(now=True)
    line.is_up = True
    again = make_agent([line])
    await again.start()
    await settle(again)

    assert held == (A,)
    assert [result.job_id for result in line.reported] == [A]


async def test_a_result_that_its_source_has_lost_is_reported_again(
    make_agent: Make, make_job: MakeJob, executor: HeldExecutor, line: Line
) -> None:
    agent = make_agent([line])
    await agent.start()
    await settle(agent)
    await line.robot.offer(make_job())
    await settle(agent)
    executor.end(A)
    await settle(agent)

    await line.robot.offer(make_job())
    await settle(agent)

    assert [result.job_id for result in line.reported] == [A, A]
    assert len(executor.jobs) == 1


async def test_a_job_that_is_abandoned_while_it_is_about_to_begin_never_does(
    make_agent: Make, make_job: MakeJob, executor: HeldExecutor, line: Line
) -> None:
    async def looked_at() -> str:
        line.robot.abandon(A, "its lease is another robot's")
        return ""

    agent = make_agent([line], desktop=looked_at)
    await agent.start()
    await settle(agent)
    await line.robot.offer(make_job(needs_desktop=True))
    await settle(agent)

    assert agent.journal.status(A) is JobStatus.CANCELLED
    assert executor.jobs == []
    assert line.reported == []


async def test_an_abandoned_job_is_ended_at_once_and_reported_to_nobody(
    make_agent: Make, make_job: MakeJob, line: Line, executor: HeldExecutor
) -> None:
    agent = make_agent([line])
    await agent.start()
    await settle(agent)
    for job_id in ("a", "b"):
        await line.robot.offer(make_job(job_id))
    await settle(agent)
    for job_id in (B, A):
        line.robot.abandon(job_id, "its lease is another robot's")
    await settle(agent)

    assert not line.reported
    assert not line.robot.held_jobs("line")
    assert [agent.journal.status(job_id) for job_id in (A, B)] == [JobStatus.CANCELLED] * 2


async def test_a_source_cancels_its_own_jobs_only(
    make_agent: Make, make_job: MakeJob, line: Line
) -> None:
    agent = make_agent([line])
    await agent.start()
    await settle(agent)
    await agent.intake.offer(make_job(), "desk")
    await line.robot.offer(make_job("b"))

    assert not line.robot.cancel(A, "")
    assert line.robot.cancel(B, "")


async def test_what_a_source_cancelled_is_forgotten_once_it_has_ended(
    make_agent: Make, make_job: MakeJob, line: Line, executor: HeldExecutor
) -> None:
    agent = make_agent([line])
    await agent.start()
    await settle(agent)
    for job_id in (A, B):  # one runs, one waits
        await line.robot.offer(make_job(job_id))
        await settle(agent)
    for job_id in (B, A):
        line.robot.cancel(job_id, "")
    await settle(agent)

    assert [result.status for result in line.reported] == [JobStatus.CANCELLED] * 2
    assert not agent.intake.cancellation._requested


async def test_a_source_hears_of_its_own_jobs_and_of_the_robot(
    make_agent: Make, make_job: MakeJob, line: Line, executor: HeldExecutor
) -> None:
    agent = make_agent([line], max_concurrent_jobs=2)
    await agent.start()
    await settle(agent)
    await agent.intake.offer(make_job(), "desk")
    await line.robot.offer(make_job("b"))
    await settle(agent)

    about = {getattr(event, "job_id", None) for event in line.heard}
    assert about == {None, B}
    assert any(isinstance(event, StatusChanged) for event in line.heard)


async def test_a_full_disk_delays_jobs_and_costs_none(
    make_agent: Make, make_job: MakeJob, executor: HeldExecutor, clock: Clock
) -> None:
    agent = make_agent()
    await agent.start()
    await agent.intake.offer(make_job(), "desk")
    await settle(agent)
    executor.running[A].set_exception(DiskFullError("no space is left"))
    await settle(agent)
    troubled = agent.look_at()
    clock.move(11)
    agent.conductor.look_around()
    await settle(agent)

    assert troubled.state is RobotState.ERROR
    assert "no space is left" in troubled.reasons[0]
    assert list(executor.running) == [A]
    assert agent.look_at().state is RobotState.EXECUTING


async def test_a_job_without_progress_is_shown_until_it_gets_on(
    make_agent: Make, make_job: MakeJob, executor: HeldExecutor, clock: Clock
) -> None:
    agent = make_agent(no_progress_after=720)
    await agent.start()
    await agent.intake.offer(make_job(), "desk")
    await settle(agent)
    clock.move(721)
    agent.rounds.mind_progress()
    stuck = agent.look_at().jobs[0].no_progress_since
    executor.listeners[A].progress("n", 1)
    await settle(agent)

    assert stuck == clock() - timedelta(seconds=721)
    assert agent.look_at().jobs[0].no_progress_since is None


async def test_working_hours_hold_jobs_back_and_say_when_they_begin(
    make_agent: Make, make_job: MakeJob, executor: HeldExecutor, clock: Clock
) -> None:
    now = clock().astimezone()
    opens = f"{now + timedelta(hours=1):%a %H:%M}-24:00"
    agent = make_agent(working_hours=opens)
    await agent.start()
    await agent.intake.offer(make_job(), "desk")
    await settle(agent)
    before = list(executor.running), agent.free_slots, agent.look_at().reasons[0]
    clock.move(3600)
    agent.conductor.look_around()
    await settle(agent)

    assert before[:2] == ([], 0)
    assert "working hours" in before[2]
    assert list(executor.running) == [A]


async def test_the_machine_is_kept_awake_and_an_executor_warm_only_while_it_helps(
    make_agent: Make, make_job: MakeJob, executor: HeldExecutor
) -> None:
    agent = make_agent()
    await agent.start()
    await settle(agent)
    seen = [(agent._awake.is_held, executor.is_warm)]
    await agent.intake.offer(make_job(), "desk")
    await settle(agent)
    seen.append((agent._awake.is_held, executor.is_warm))
    executor.end(A)
    await agent.control.pause()
    await settle(agent)
    seen.append((agent._awake.is_held, executor.is_warm))

    assert seen == [(False, True), (True, True), (False, False)]


async def test_a_job_for_the_desktop_waits_while_the_screen_is_locked_and_others_run(
    make_agent: Make, make_job: MakeJob, executor: HeldExecutor
) -> None:
    obstacles = ["the screen is locked"]

    async def obstacle() -> str:
        return obstacles[0]

    agent = make_agent(desktop=obstacle, max_concurrent_jobs=2)
    await agent.start()
    await agent.intake.offer(make_job(needs_desktop=True), "desk")
    await agent.intake.offer(make_job("b"), "desk")
    await settle(agent)
    seen = [(list(executor.running), agent.look_at().reasons)]
    obstacles[0] = ""
    agent.rounds.mind_desktop()
    await settle(agent)
    seen.append((list(executor.running), agent.look_at().reasons))

    locked = "the job that waits needs the desktop, and the screen is locked"
    assert seen == [([B], (locked,)), ([B, A], ())]


async def test_the_machine_having_slept_makes_every_source_look(
    make_agent: Make, line: Line, clock: Clock
) -> None:
    agent = make_agent([line])
    await agent.start()
    await settle(agent)
    agent.rounds.mind_sleep()
    before = line.looks
    clock.move(3600)
    agent.rounds.mind_sleep()
    await settle(agent)

    assert (before, line.looks) == (0, 1)


@pytest.mark.parametrize("event", [SystemEvent.UNLOCKED, SystemEvent.CONNECTED])
async def test_a_screen_that_is_free_again_is_looked_at_at_once(
    make_agent: Make, make_job: MakeJob, executor: HeldExecutor, event: SystemEvent
) -> None:
    obstacles = ["the screen is locked"]

    async def obstacle() -> str:
        return obstacles[0]

    agent = make_agent(desktop=obstacle)
    await agent.start()
    await agent.intake.offer(make_job(needs_desktop=True), "desk")
    await settle(agent)
    before = list(executor.running)
    obstacles[0] = ""
    agent.rounds.hear(event)
    await settle(agent)

    assert (before, list(executor.running)) == ([], [A])


async def test_a_machine_that_wakes_up_makes_every_source_look_at_once(
    make_agent: Make, line: Line, clock: Clock
) -> None:
    agent = make_agent([line])
    await agent.start()
    await settle(agent)
    clock.move(3600)
    agent.rounds.hear(SystemEvent.RESUMED)
    await settle(agent)

    assert line.looks == 1


async def test_a_system_that_ends_makes_the_robot_leave_with_its_jobs_kept(
    make_agent: Make, make_job: MakeJob, executor: HeldExecutor
) -> None:
    agent = make_agent()
    await agent.start()
    await agent.intake.offer(make_job(), "desk")
    await settle(agent)
    agent.rounds.hear(SystemEvent.ENDING)
    await asyncio.wait_for(agent.left(), 30)

    assert not agent.is_alive


async def test_a_second_agent_in_the_same_home_is_refused(make_agent: Make) -> None:
    make_agent()

    with pytest.raises(JournalBusyError):
        make_agent()


async def test_a_memory_that_was_set_aside_is_a_warning_until_it_is_deleted(
    make_agent: Make, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "journal.db").write_bytes(b"no database" * 500)
    first = make_agent()
    first.journal.close()
    again = make_agent()
    (aside,) = home.glob("journal.damaged-*")

    told = [agent.look_at().warnings for agent in (first, again)]
    aside.unlink()

    assert [[(it.code, it.key) for it in each] for each in told] == [[("E-DB-610", str(aside))]] * 2
    assert again.look_at().warnings == ()


async def test_a_clone_makes_no_line_and_says_why(
    make_agent: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = make_agent()
    first.journal.close()
    monkeypatch.setitem(MACHINE, "card", "other")
    monkeypatch.setitem(MACHINE, "name", "other")

    agent = make_agent(orchestrator_url="ws://localhost:1")

    assert agent.connection is None
    assert agent.look_at().warnings[0].code == "E-ID-601"
    assert agent.look_at().link.problem


async def test_submitting_tells_the_end_also_of_a_job_that_ended_before(
    make_agent: Make, make_job: MakeJob, executor: HeldExecutor
) -> None:
    agent = make_agent()
    await agent.start()
    running = asyncio.create_task(agent.execute_job(make_job()))
    await settle(agent)
    executor.end(A)
    result = await running
    again = [event async for event in agent.control.submit(make_job())]

    assert result.status is JobStatus.COMPLETED
    assert [type(event) for event in again] == [JobEnded]
    assert again[0].result == result


async def test_a_resolved_job_goes_on_before_others(
    make_agent: Make, make_job: MakeJob, executor: HeldExecutor
) -> None:
    agent = make_agent()
    await agent.start()
    await agent.intake.offer(make_job(), "desk")
    await settle(agent)
    executor.end(A, JobStatus.NEEDS_ATTENTION)
    await settle(agent)
    parked = agent.look_at().needs_attention
    await agent.control.pause()
    await agent.intake.offer(make_job("b", priority=9), "desk")
    await agent.control.resolve(A, {})
    await agent.control.resume()
    await settle(agent)

    assert parked == 1
    assert agent.look_at().needs_attention == 0
    assert list(executor.running) == [A]


async def test_a_retried_job_of_the_network_may_touch_no_more_than_it_did(
    make_agent: Make, make_job: MakeJob, executor: HeldExecutor, line: Line
) -> None:
    agent = make_agent([line])
    await agent.start()
    await settle(agent)
    await line.robot.offer(make_job())
    await settle(agent)
    executor.end(A, JobStatus.FAILED)
    await settle(agent)
    again = await agent.control.retry(A)
    await settle(agent)

    assert list(executor.running) == [again]
    assert executor.jobs[-1].profile == "remote"
    assert executor.jobs[-1].origin == "desk"


async def test_what_happens_is_audited(
    make_agent: Make, make_job: MakeJob, executor: HeldExecutor
) -> None:
    from tests.audit_entries import audit_entries

    agent = make_agent()
    await agent.start()
    await agent.intake.offer(make_job(), "desk")
    await settle(agent)
    executor.end(A)
    await agent.control.pause(note="lunch")
    await agent.stop()
    again = make_agent()
    said = [entry.event for entry in audit_entries(again.journal)]
    findings = again.audit.verify()

    for event in ("robot_started", "job_received", "job_started", "job_completed", "robot_paused"):
        assert event in said
    assert not findings


async def test_new_settings_hold_at_once_where_they_can(
    make_agent: Make, make_job: MakeJob, executor: HeldExecutor
) -> None:
    agent = make_agent()
    await agent.start()
    for job_id in ("a", "b"):
        await agent.intake.offer(make_job(job_id), "desk")
    await settle(agent)
    import msgspec

    new = msgspec.structs.replace(agent.config, max_concurrent_jobs=2, environment="other")
    agent.settings = lambda: new
    waiting = await agent.control.reload()
    await settle(agent)

    assert list(executor.running) == [A, B]
    assert waiting == ("environment",)


async def test_only_jobs_that_must_be_watched_end_while_the_orchestrator_is_away(
    make_agent: Make, make_job: MakeJob, executor: HeldExecutor, clock: Clock
) -> None:
    agent = make_agent(orchestrator_url="ws://localhost:9", max_concurrent_jobs=3)
    clock.now = agent.connection.link_status().since
    await agent.start()
    await agent.intake.offer(make_job(on_disconnect="abort"), "link")
    await agent.intake.offer(make_job("b"), "link")
    await agent.intake.offer(make_job("c", on_disconnect="abort"), "desk")
    await settle(agent)
    agent.rounds.mind_line()
    await settle(agent)
    before = list(executor.running)
    clock.move(3600)
    agent.rounds.mind_line()
    await settle(agent)

    assert before == [A, B, "c"]
    assert list(executor.running) == [B, "c"]
    assert agent.journal.status(A) is JobStatus.CANCELLED


async def test_a_waiting_job_that_expired_while_the_robot_was_away_ends_although_it_is_paused(
    make_agent: Make, make_job: MakeJob, line: Line, executor: HeldExecutor, clock: Clock
) -> None:
    beat = asyncio.Event()

    async def sleep(_seconds: float) -> None:
        await beat.wait()
        beat.clear()

    agent = make_agent([line])
    await agent.start()
    await settle(agent)
    await agent.control.pause()
    await line.robot.offer(make_job(expires_at=clock() + timedelta(seconds=60)))
    await line.robot.offer(make_job("b"))
    await agent.stop(now=True)
    clock.move(61)
    again = make_agent([line], sleep=sleep)
    await again.start()
    await settle(again)
    beat.set()
    await settle(again)
    reported = [(result.job_id, result.error.code) for result in line.reported]
    await again.control.resume()
    await settle(again)

    assert reported == [(A, "E-JOB-411")]
    assert (again.journal.status(A), list(executor.running)) == (JobStatus.TIMED_OUT, [B])


async def test_a_job_that_waited_over_a_restart_can_be_cancelled_and_is_reported(
    make_agent: Make, make_job: MakeJob, line: Line, executor: HeldExecutor
) -> None:
    agent = make_agent([line])
    await agent.start()
    await settle(agent)
    await agent.control.pause()
    await line.robot.offer(make_job())
    await agent.stop(now=True)
    again = make_agent([line])
    await again.start()
    await settle(again)
    was_here = line.robot.cancel(A, "not wanted any more")
    await settle(again)
    reported = [result.status for result in line.reported]
    await again.control.resume()
    await settle(again)

    assert was_here
    assert (again.journal.status(A), list(executor.running)) == (JobStatus.CANCELLED, [])
    assert reported == [JobStatus.CANCELLED]


async def test_a_job_to_be_watched_that_went_on_after_a_restart_ends_without_its_orchestrator(
    make_agent: Make, make_job: MakeJob, executor: HeldExecutor, clock: Clock
) -> None:
    address = {"orchestrator_url": "ws://localhost:9"}
    agent = make_agent(**address)
    await agent.start()
    await agent.intake.offer(make_job(on_disconnect="abort"), "link")
    await settle(agent)
    await agent.stop(now=True)
    again = make_agent(**address)
    clock.now = again.connection.link_status().since
    await again.start()
    await settle(again)
    before = list(executor.running)
    clock.move(3600)
    again.rounds.mind_line()
    await settle(again)

    assert before == [A]
    assert (again.journal.status(A), list(executor.running)) == (JobStatus.CANCELLED, [])


class FullDisk:
    """Takes no ends, or no beginnings, of jobs until it has room again."""

    def __init__(self, agent: RobotAgent, what: str) -> None:
        self.has_room = False
        self._waiting: list[asyncio.Event] = []
        write = getattr(agent.journal, what)

        async def written(*said: object, **more: object) -> object:
            if not self.has_room:
                raise DiskFullError("no space is left")
            return await write(*said, **more)

        setattr(agent.journal, what, written)

    async def sleep(self, _seconds: float) -> None:
        self._waiting.append(asyncio.Event())
        await self._waiting[-1].wait()

    async def make_room(self, agent: RobotAgent) -> None:
        self.has_room = True
        for waiting in self._waiting:
            waiting.set()
        await settle(agent)


@pytest.mark.parametrize("how", ["cancelled", "given away", "expired"])
async def test_a_waiting_job_ends_also_if_the_disk_is_full_just_then(
    how: str,
    make_agent: Make,
    make_job: MakeJob,
    executor: HeldExecutor,
    line: Line,
    clock: Clock,
) -> None:
    agent = make_agent([line], sleep=lambda seconds: disk.sleep(seconds))
    disk = FullDisk(agent, "afinish")
    await agent.start()
    await agent.control.pause()
    await settle(agent)
    await line.robot.offer(make_job(expires_at=clock() + timedelta(seconds=60)))
    for _ in range(3):  # who asks says it again
        if how == "cancelled":
            line.robot.cancel(A, "")
        elif how == "given away":
            line.robot.abandon(A, "")
        else:
            clock.move(61)
            agent.intake.end_expired()
        await settle(agent)
    await disk.make_room(agent)
    await agent.control.resume()
    await settle(agent)

    status = JobStatus.TIMED_OUT if how == "expired" else JobStatus.CANCELLED
    assert agent.journal.status(A) is status
    assert [it.status for it in line.reported] == ([] if how == "given away" else [status])
    assert (executor.jobs, len(agent.offline_queue)) == ([], 0)


async def test_a_job_cancelled_while_it_is_about_to_begin_ends_on_a_full_disk_too(
    make_agent: Make, make_job: MakeJob, executor: HeldExecutor, line: Line
) -> None:
    async def looked_at() -> str:
        line.robot.cancel(A, "")
        return ""

    agent = make_agent([line], desktop=looked_at, sleep=lambda seconds: disk.sleep(seconds))
    disk = FullDisk(agent, "afinish")
    await agent.start()
    await settle(agent)
    await line.robot.offer(make_job(needs_desktop=True))
    await settle(agent)
    is_alive = agent.is_alive
    await disk.make_room(agent)

    assert is_alive
    assert [it.status for it in line.reported] == [JobStatus.CANCELLED]
    assert executor.jobs == []


async def test_a_job_given_away_while_the_disk_refuses_its_beginning_does_not_run_later(
    make_agent: Make, make_job: MakeJob, executor: HeldExecutor, line: Line, clock: Clock
) -> None:
    agent = make_agent([line], sleep=lambda seconds: disk.sleep(seconds))
    disk = FullDisk(agent, "astart")
    await agent.start()
    await settle(agent)
    start = agent.journal.astart

    async def given_away(job_id: JobId) -> None:
        agent.journal.astart = start
        line.robot.abandon(job_id, "its lease is another robot's")
        await start(job_id)

    agent.journal.astart = given_away
    await line.robot.offer(make_job())
    await settle(agent)
    await disk.make_room(agent)
    clock.move(11)
    agent.conductor.look_around()
    await settle(agent)

    assert executor.jobs == []
    assert agent.journal.status(A) is JobStatus.CANCELLED


async def test_a_job_cancelled_while_a_person_lets_it_go_on_holds_up_no_other(
    make_agent: Make, make_job: MakeJob, executor: HeldExecutor, clock: Clock
) -> None:
    agent = make_agent()
    await agent.start()
    await agent.intake.offer(make_job(), "desk")
    await settle(agent)
    executor.end(A, JobStatus.NEEDS_ATTENTION)
    await settle(agent)
    resolve = agent.journal.resolve

    def resolved(*said: object) -> None:
        resolve(*said)
        agent.journal.finish(A, JobResult(job_id=A, status=JobStatus.CANCELLED))

    agent.journal.resolve = resolved  # the cancellation was written just behind the decision
    await agent.control.resolve(A, {})
    await agent.intake.offer(make_job("b"), "desk")
    await settle(agent)
    clock.move(11)
    agent.conductor.look_around()
    await settle(agent)

    assert list(executor.running) == [B]
    assert agent.look_at().state is RobotState.EXECUTING
    assert agent.journal.status(A) is JobStatus.CANCELLED


async def test_a_job_that_cannot_be_read_just_now_does_not_end_the_robot(
    make_agent: Make, make_job: MakeJob, executor: HeldExecutor, clock: Clock
) -> None:
    agent = make_agent()
    await agent.start()
    await agent.control.pause()
    await agent.intake.offer(make_job(), "desk")
    dequeue = agent.offline_queue.dequeue

    async def fails(**more: object) -> Job | None:
        agent.offline_queue.dequeue = dequeue
        raise JournalError("disk I/O error")

    agent.offline_queue.dequeue = fails
    await agent.control.resume()
    await settle(agent)
    troubled = agent.look_at()
    clock.move(11)
    agent.conductor.look_around()
    await settle(agent)

    assert "disk I/O error" in troubled.reasons[0]
    assert list(executor.running) == [A]


async def test_a_job_that_has_ended_is_not_unknown_while_its_result_waits(
    make_agent: Make, make_job: MakeJob, executor: HeldExecutor, line: Line
) -> None:
    agent = make_agent([line])
    await agent.start()
    await settle(agent)
    line.is_up = False
    await line.robot.offer(make_job())
    await settle(agent)
    executor.end(A)
    await settle(agent)

    assert line.robot.cancel(A, "")
    assert not line.robot.cancel(B, "")


async def test_a_job_that_ran_before_can_be_cancelled_while_it_begins_again(
    make_agent: Make, make_job: MakeJob, executor: HeldExecutor
) -> None:
    cancel = executor.cancel
    executor.cancel = lambda job_id: cancel(job_id) if job_id in executor.running else None
    agent = make_agent()  # its executor knows that the job has ended, as `JobExecutor` does
    await agent.start()
    await agent.intake.offer(make_job(), "desk")
    await settle(agent)
    executor.end(A, JobStatus.NEEDS_ATTENTION)
    await settle(agent)
    start, is_starting, may_start = agent.journal.astart, asyncio.Event(), asyncio.Event()

    async def slow(job_id: JobId) -> None:
        is_starting.set()
        await may_start.wait()
        await start(job_id)

    agent.journal.astart = slow
    await agent.control.resolve(A, {})
    await is_starting.wait()
    assert await agent.control.cancel(A)
    may_start.set()
    await settle(agent)

    assert agent.journal.status(A) is JobStatus.CANCELLED
    assert len(executor.jobs) == 1


async def test_a_robot_that_cannot_keep_its_machine_awake_works_on(
    make_agent: Make, make_job: MakeJob, executor: HeldExecutor
) -> None:
    def fails() -> bool:
        raise OSError("no process can be started")

    agent = make_agent()
    agent._awake.hold = fails
    await agent.start()
    await agent.intake.offer(make_job(), "desk")
    await settle(agent)

    assert agent.is_alive
    assert list(executor.running) == [A]
