"""What the face knows of the robot as it comes, goes and works."""

import asyncio

import msgspec
import pytest

from casare_robot.domain.errors import AgentUnreachableError, ControlError
from casare_robot.domain.job import JobId, JobResult, JobStatus
from casare_robot.domain.robot_events import JobEnded, NodeStarted, StatusChanged
from casare_robot.domain.robot_status import RobotState
from casare_robot.tray.agent_keeper import AgentKeeper
from casare_robot.tray.robot_link import RobotLink, moved
from casare_robot.tray.views.sight import Reach


class Robot:
    """Tells what it is given: events, or errors that end the line."""

    def __init__(self):
        self.script = asyncio.Queue()

    async def watch(self):
        while True:
            said = await self.script.get()
            if isinstance(said, Exception):
                raise said
            if said is None:
                return
            yield said

    async def status(self):
        raise AgentUnreachableError("gone")


class Nobody:
    def exit_code(self):
        return None

    def last_words(self):
        return ""

    def kill(self):
        pass


class Watcher:
    def __init__(self, now):
        self.robot = Robot()
        self.starts = 0
        self.heard = []
        self.changes = asyncio.Queue()
        self.keeper = AgentKeeper(self.start, steady=lambda: 0.0)
        self.link = RobotLink(
            self.robot,
            self.keeper,
            changed=lambda: self.changes.put_nowait(self.link.sight),
            heard=self.heard.append,
            clock=lambda: now,
            sleep=lambda _: asyncio.sleep(0),
        )

    def start(self):
        self.starts += 1
        return Nobody()

    async def sees(self, said):
        self.robot.script.put_nowait(said)
        async with asyncio.timeout(60):
            return await self.changes.get()


@pytest.fixture
async def watcher(now):
    watcher = Watcher(now)
    living = asyncio.create_task(watcher.link.run())
    yield watcher
    living.cancel()
    await asyncio.gather(living, return_exceptions=True)


@pytest.fixture
def changed(seen, now):
    def make(*args, **facts):
        return StatusChanged(status=seen(*args, **facts).status, at=now)

    return make


async def test_a_robot_that_tells_its_status_is_reached(watcher, changed) -> None:
    sight = await watcher.sees(changed())

    assert sight.reach is Reach.REACHED
    assert sight.live.name == "Desk 7"


async def test_one_that_hangs_up_is_lost_and_started(watcher, changed) -> None:
    await watcher.sees(changed())

    assert (await watcher.sees(None)).reach is Reach.LOST
    assert watcher.starts == 1
    assert (await watcher.sees(changed())).reach is Reach.REACHED


async def test_one_that_was_stopping_has_left_and_is_not_started(watcher, changed) -> None:
    await watcher.sees(changed(RobotState.STOPPING))

    assert (await watcher.sees(None)).reach is Reach.LEFT
    assert watcher.starts == 0


async def test_one_that_cannot_be_found_at_first_is_still_looked_for(watcher) -> None:
    watcher.robot.script.put_nowait(AgentUnreachableError("no robot runs here"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    assert watcher.link.sight.reach is Reach.LOOKING
    assert watcher.link.sight.problem == ""


async def test_one_that_speaks_another_version_says_why(watcher) -> None:
    sight = await watcher.sees(ControlError("it speaks version 2"))

    assert sight.reach is Reach.LOST
    assert sight.problem == "it speaks version 2"


async def test_every_event_is_passed_on(watcher, changed, running, now) -> None:
    job = running()
    await watcher.sees(changed(RobotState.EXECUTING, jobs=(job,)))
    node = NodeStarted(job_id=job.job_id, node_id="pay", nodes_executed=7, at=now)
    sight = await watcher.sees(node)

    assert sight.live.jobs[0].node_id == "pay"
    assert sight.live.jobs[0].nodes_executed == 7
    assert watcher.heard[-1] is node


def test_a_job_that_ended_runs_no_more(seen, running, now) -> None:
    status = seen(RobotState.EXECUTING, jobs=(running("One"), running("Two"))).status
    result = JobResult(job_id=running("One").job_id, status=JobStatus.COMPLETED)

    after = moved(status, JobEnded(job_id=result.job_id, result=result, at=now))

    assert [job.name for job in after.jobs] == ["Two"]


def test_progress_of_a_job_ends_its_standstill(seen, running, now) -> None:
    status = seen(jobs=(running(no_progress_since=now),)).status
    node = NodeStarted(job_id=running().job_id, node_id=None, nodes_executed=9, at=now)

    job = moved(status, node).jobs[0]

    assert (job.nodes_executed, job.node_id, job.no_progress_since) == (9, None, None)
    assert moved(status, msgspec.structs.replace(node, job_id=JobId("x"))) == status
