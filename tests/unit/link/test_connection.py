import asyncio
from datetime import timedelta

import msgspec
import pytest

from casare_robot.domain.job import JobError, JobResult, JobStatus, LogLine
from casare_robot.domain.robot_events import JobEnded, JobLogged, NodeStarted
from casare_robot.domain.robot_status import LinkState
from casare_robot.link.connection import ConnectionConfig, ConnectionState, link_breaker
from casare_robot.link.native.messages import JobAssignment
from casare_robot.link.session import LineError
from casare_robot.resilience.circuit_breaker import CircuitState
from tests.memory_line import DAY_ONE, MemoryOrchestrator, Wall, loop_time
from tests.small_robot import SmallRobot, link_to, running

pytestmark = pytest.mark.looptime
DAY = 86_400
RESULT = JobResult(job_id="j1", status=JobStatus.COMPLETED, variables={"n": 1})
DEFAULTS = {"heartbeat_interval": 30.0, "reconnect_delay": 1.0, "max_reconnect_delay": 60.0}


def job(name="j1", **fields):
    return JobAssignment(job_id=name, workflow=msgspec.Raw(b'{"nodes": {}}'), **fields)


@pytest.fixture
def server():
    return MemoryOrchestrator()


@pytest.fixture
def robot():
    return SmallRobot()


def manager(server, **options):
    return link_to(
        "wss://example.test",
        connect=server.connect,
        clock=loop_time,
        wall=options.pop("wall", Wall()),
        **{**DEFAULTS, "rng": lambda: 0.5, **options},
    )


async def test_the_settings_have_the_documented_names_and_defaults():
    assert msgspec.structs.asdict(ConnectionConfig("wss://example.test")) == {
        "orchestrator_url": "wss://example.test",
        "heartbeat_interval": 30.0,
        "reconnect_delay": 1.0,
        "max_reconnect_delay": 60.0,
        "reconnect_backoff_factor": 2.0,
    }
    assert [state.value for state in ConnectionState] == [
        *("disconnected", "connecting", "connected", "reconnecting")
    ]


async def test_the_states_follow_one_another_and_are_told(server, robot):
    told = []
    link = manager(server, on_change=lambda status: told.append(status.state.value))
    async with running(link, robot):
        await asyncio.sleep(1)
        server.fails = LineError("no connection: refused")
        server.lines[0].abort()
        await asyncio.sleep(10)
        assert link.link_status().problem == "no connection: refused"
        server.fails = None
        await asyncio.sleep(60)
        assert link.link_status().address == "wss://example.test/robot"

    assert [state for i, state in enumerate(told) if told[i - 1 : i] != [state]] == [
        *("connecting", "connected", "reconnecting", "connected", "disconnected")
    ]


async def test_a_day_without_a_line_and_with_an_expired_key_ends_within_a_minute(server, robot):
    server.keys = {"old"}
    link = manager(server, key="old", renew="new")
    async with running(link, robot):
        await asyncio.sleep(100)
        assert link.link_status().state is LinkState.CONNECTED
        began = loop_time()
        server.fails = LineError("no connection: unreachable")
        server.lines[0].abort()
        await asyncio.sleep(DAY)
        server.fails, server.keys = None, {"new"}
        tries = sum(moment > began for moment in server.tries)
        await asyncio.sleep(60)

        assert link.link_status().state is LinkState.CONNECTED
        assert 1_000 < tries <= 1_800


async def test_the_waits_grow_and_the_breaker_never_adds_to_them(server, robot):
    server.fails = LineError("no connection: refused")
    link = manager(server)
    async with running(link, robot):
        await asyncio.sleep(400)
        assert link.breaker.state is CircuitState.OPEN

    waits = [later - sooner for sooner, later in zip(server.tries, server.tries[1:], strict=False)]
    assert waits[:10] == pytest.approx([1, 2, 4, 8, 30, 32, 60, 60, 60, 60], abs=0.1)


async def test_who_asks_to_wait_is_given_the_time(server, robot):
    server.fails = LineError("HTTP 503", retry_after=200.0)
    link = manager(server)
    async with running(link, robot):
        await asyncio.sleep(100)
        await link.look()
        await asyncio.sleep(305)

    assert server.tries == pytest.approx([0, 200, 400], abs=0.1)


async def test_a_key_that_was_good_is_not_given_up_for_one_refusal(server, robot):
    link = manager(server)
    async with running(link, robot):
        await asyncio.sleep(1)
        good, server.keys = server.keys, {"another"}
        server.lines[0].abort()
        await asyncio.sleep(1.5)
        server.keys = good
        await asyncio.sleep(10)
        back = link.link_status().state
        server.keys = {"another"}
        server.lines[-1].abort()
        await asyncio.sleep(299)
        tries = len(server.tries)
        await asyncio.sleep(60)

    assert back is LinkState.CONNECTED
    assert 4 <= tries <= 6
    assert len(server.tries) <= tries + 1


async def test_a_refused_key_is_tried_again_after_minutes_only(server, robot):
    server.keys = {"another"}
    link = manager(server)
    async with running(link, robot):
        await asyncio.sleep(299)
        await link.look()
        await asyncio.sleep(0.5)
        assert server.tries == [0]
        status = link.link_status()
        await asyncio.sleep(1)
        assert len(server.tries) == 2

    assert status.state is LinkState.DISCONNECTED
    assert "refuses this robot's key" in status.problem
    assert status.next_try_in == pytest.approx(0.5, abs=0.1)
    assert "KEY-123456" not in repr(status)


@pytest.mark.parametrize("ask", ["look", "reconnect"])
async def test_asking_for_the_line_tries_at_once_though_the_circuit_is_open(server, robot, ask):
    server.fails = LineError("no connection: refused")
    link = manager(server)
    async with running(link, robot):
        await asyncio.sleep(150)
        assert link.breaker.state is CircuitState.OPEN
        server.fails = None
        await getattr(link, ask)()
        await asyncio.sleep(0.1)

        assert link.link_status().state is LinkState.CONNECTED
        assert link.breaker.state is CircuitState.CLOSED


async def test_asking_often_does_not_hammer(server, robot):
    server.fails = LineError("no connection: refused")
    link = manager(server)
    async with running(link, robot):
        for _ in range(1_000):
            await asyncio.sleep(0.01)
            await link.look()

    assert len(server.tries) <= 11


async def test_reconnecting_makes_a_new_line_of_a_good_one_at_once(server, robot):
    link = manager(server)
    async with running(link, robot):
        await asyncio.sleep(100)
        await link.reconnect()
        await asyncio.sleep(0.1)
        assert link.link_status().state is LinkState.CONNECTED

    assert len(server.lines) == 2
    assert not server.lines[0].is_open


async def test_after_sleep_the_line_is_made_anew_at_once(server, robot):
    link = manager(server)
    async with running(link, robot):
        await asyncio.sleep(100)
        link.slept()
        await asyncio.sleep(0.1)

        assert len(server.lines) == 2
        assert link.link_status().state is LinkState.CONNECTED


async def test_after_sleep_the_next_attempt_does_not_wait(server, robot):
    server.fails = LineError("no connection: asleep")
    link = manager(server)
    async with running(link, robot):
        await asyncio.sleep(500)
        server.fails = None
        before = len(server.tries)
        link.slept()
        await asyncio.sleep(0.1)

        assert len(server.tries) == before + 1
        assert link.link_status().state is LinkState.CONNECTED


async def test_after_sleep_who_was_refused_still_waits(server, robot):
    server.fails = LineError("the key is wrong", is_refusal=True)
    link = manager(server)
    async with running(link, robot):
        await asyncio.sleep(10)
        before = len(server.tries)
        link.slept()
        await asyncio.sleep(0.1)

        assert len(server.tries) == before


@pytest.mark.parametrize("after", [0.5, 17, 29.9, 31, 44, 59])
@pytest.mark.parametrize("fault", ["is_deaf", "is_stuck"])
async def test_a_dead_line_is_noticed_within_45_seconds(server, robot, after, fault):
    told = []
    link = manager(server, on_change=lambda status: told.append(status.problem))
    async with running(link, robot):
        await asyncio.sleep(after)
        setattr(server, fault, True)
        link.inform(NodeStarted(job_id="j", node_id="n", nodes_executed=1, at=DAY_ONE))
        await asyncio.sleep(45)

        assert link.link_status().state is not LinkState.CONNECTED
        assert "no answer to a heartbeat for 13.5 s" in told


async def test_a_quiet_line_that_answers_stays(server, robot):
    link = manager(server)
    async with running(link, robot):
        await asyncio.sleep(3_600)

    assert len(server.lines) == 1
    assert server.types().count("heartbeat") == pytest.approx(120, abs=2)


async def test_an_orchestrator_that_does_not_welcome_is_left_and_tried_again(server, robot):
    server.is_deaf = True
    link = manager(server)
    async with running(link, robot):
        await asyncio.sleep(20)
        assert "does not answer" in link.link_status().problem
        server.is_deaf = False
        await asyncio.sleep(60)
        assert link.link_status().state is LinkState.CONNECTED


async def test_lines_that_break_at_once_are_made_ever_more_slowly(server, robot):
    link = manager(server)
    async with running(link, robot):
        for _ in range(600):
            await asyncio.sleep(1)
            server.lines[-1].abort()

    assert len(server.lines) < 20


async def test_a_superseded_robot_says_why_and_stays_away_until_a_person_insists(server, robot):
    link = manager(server)
    async with running(link, robot):
        await asyncio.sleep(1)
        server.lines[0].session.supersede("s2")
        server.lines[0].flush()
        await asyncio.sleep(1)
        assert link.superseded_by == "s2"
        assert link.link_status().state is LinkState.DISCONNECTED
        assert "a newer session of this robot took over (s2)" in link.link_status().problem
        await link.look()
        await asyncio.sleep(3_600)
        assert len(server.tries) == 1

        await link.reconnect()
        await asyncio.sleep(1)
        assert link.link_status().state is LinkState.CONNECTED

    assert [hello.insists for hello in server.heard if "hello" in type(hello).__name__.lower()] == [
        *(False, True)
    ]


async def test_an_orchestrator_of_another_version_is_not_hammered(server, robot):
    link = manager(server)
    server.is_deaf = True
    async with running(link, robot):
        await asyncio.sleep(0.1)
        server.lines[0].say(b'{"type":"error","code":"E-MSG-120","message":"version 1?"}')
        await asyncio.sleep(200)
        assert "does not speak this robot's protocol" in link.link_status().problem

    assert len(server.tries) == 1


async def test_jobs_are_offered_in_order_and_acknowledged_afterwards(server, robot):
    robot.refuses["j2"] = "E-JOB-209"
    link = manager(server)
    async with running(link, robot):
        await asyncio.sleep(1)
        for name in ("j1", "j2", "j3"):
            server.lines[0].session.assign(job(name), loop_time())
            server.lines[0].flush()
        await asyncio.sleep(1)
        server.lines[0].session.assign(job("j1"), loop_time())
        server.lines[0].flush()
        await asyncio.sleep(1)

    answers = [m for m in server.heard if hasattr(m, "job_id")]
    assert [taken.id for taken in robot.offered] == ["j1", "j2", "j3", "j1"]
    assert [(a.job_id, getattr(a, "error", None) and a.error.code) for a in answers] == [
        *(("j1", None), ("j2", "E-JOB-209"), ("j3", None), ("j1", None))
    ]
    assert {taken.origin for taken in robot.offered} == {"link"}


async def test_a_job_is_not_acknowledged_before_it_is_on_disk(server):
    class Slow(SmallRobot):
        async def offer(self, offered):
            await asyncio.sleep(5)
            return await super().offer(offered)

    async with running(manager(server), Slow()):
        await asyncio.sleep(1)
        server.lines[0].session.assign(job(), loop_time())
        server.lines[0].flush()
        await asyncio.sleep(4)
        assert "job_accepted" not in server.types()
        await asyncio.sleep(2)
        assert "job_accepted" in server.types()


async def test_what_a_lost_line_asked_for_is_let_go(server):
    class Slow(SmallRobot):
        async def offer(self, offered):
            await asyncio.sleep(5)
            return await super().offer(offered)

    robot = Slow()
    async with running(manager(server), robot):
        await asyncio.sleep(1)
        for name in ("j1", "j2"):
            server.lines[0].say(
                b'{"type":"job_assignment","job_id":"%b","workflow":{}}' % name.encode()
            )
        await asyncio.sleep(1)
        server.lines[0].abort()
        await asyncio.sleep(30)

    assert [taken.id for taken in robot.offered] == ["j1"]


async def test_cancelling_abandoning_pausing_and_resuming_reach_the_robot(server, robot):
    robot.held["j1"] = None
    async with running(manager(server), robot):
        await asyncio.sleep(1)
        session = server.lines[0].session
        session.cancel("j1", "not needed", loop_time())
        session.cancel("j9", "not needed", loop_time())
        session.cancel("j2", "taken over", loop_time(), abandon=True)
        session.pause("noon")
        session.resume()
        server.lines[0].flush()
        await asyncio.sleep(1)

    assert robot.cancelled == {"j1": "not needed", "j9": "not needed"}
    assert robot.abandoned == {"j2": "taken over"}
    assert robot.pauses == ["noon", None]
    assert [m.about for m in server.heard if m.__struct_config__.tag == "error"] == ["j9"]


async def test_a_robot_that_fails_on_a_job_does_not_cost_the_line(server):
    class Broken(SmallRobot):
        async def offer(self, offered):
            raise RuntimeError("a bug")

    async with running(manager(server), Broken()) as link:
        await asyncio.sleep(1)
        server.lines[0].session.assign(job(), loop_time())
        server.lines[0].flush()
        await asyncio.sleep(100)
        assert link.link_status().state is LinkState.CONNECTED

    assert len(server.lines) == 1
    assert not {"job_accepted", "job_refused"} & set(server.types())


async def test_a_result_is_reported_until_it_is_acknowledged(server, robot):
    link = manager(server)
    with pytest.raises(ConnectionError):
        await link.report(RESULT)
    async with running(link, robot):
        await asyncio.sleep(1)
        assert await link.report(RESULT) is True

    (sent,) = (m for m in server.heard if m.__struct_config__.tag == "job_result")
    assert sent.outputs == {"n": 1}


async def test_an_unacknowledged_result_is_sent_again_on_the_same_line(server, robot):
    async with running(manager(server), robot) as link:
        await asyncio.sleep(1)
        acknowledge = server.lines[0].session.acknowledge
        server.lines[0].session.acknowledge = lambda job_id: None
        delivery = asyncio.create_task(link.report(RESULT))
        await asyncio.sleep(10)
        server.lines[0].session.acknowledge = acknowledge
        await asyncio.sleep(30)
        assert await delivery is True

    assert server.types().count("job_result") == 2


async def test_a_pending_report_fails_when_the_line_drops(server, robot):
    async with running(manager(server), robot) as link:
        await asyncio.sleep(1)
        server.is_deaf = True
        deliveries = [asyncio.create_task(link.report(RESULT)) for _ in range(2)]
        await asyncio.sleep(1)
        assert link.link_status().unsent_results == 1
        server.lines[0].abort()
        answers = await asyncio.gather(*deliveries, return_exceptions=True)

        assert [type(answer) for answer in answers] == [LineError, LineError]
        assert link.link_status().unsent_results == 0


async def test_a_result_that_the_orchestrator_cannot_read_is_not_acknowledged(server, robot):
    async with running(manager(server), robot) as link:
        await asyncio.sleep(1)
        server.is_deaf = True
        delivery = asyncio.create_task(link.report(RESULT))
        await asyncio.sleep(0.1)
        server.lines[0].say(b'{"type":"error","code":"E-MSG-110","message":"?","about":"j1"}')

        assert await delivery is False


async def test_progress_waits_a_moment_for_more_and_travels_together(server, robot):
    async with running(manager(server), robot) as link:
        await asyncio.sleep(1)
        for number in range(50):
            link.inform(NodeStarted(job_id="j", node_id="n", nodes_executed=number, at=DAY_ONE))
            line = LogLine(level="INFO", message=f"line {number}")
            link.inform(JobLogged(job_id="j", line=line, at=DAY_ONE))
        link.inform(JobEnded(job_id="j1", result=RESULT, at=DAY_ONE))
        before = len(server.lines[0].frames)
        await asyncio.sleep(0.019)
        assert len(server.lines[0].frames) == before
        await asyncio.sleep(0.01)
        assert len(server.lines[0].frames) == before + 2

    (progress,) = (m for m in server.heard if m.__struct_config__.tag == "job_progress")
    (batch,) = (m for m in server.heard if m.__struct_config__.tag == "log_batch")
    assert [event.nodes_executed for event in progress.events] == [49]
    assert [line.message for line in batch.lines] == [f"line {number}" for number in range(50)]


async def test_stopping_says_goodbye(server, robot):
    async with running(manager(server), robot):
        await asyncio.sleep(1)

    assert server.types()[-1] == "goodbye"


async def test_stopping_does_not_wait_for_a_stuck_line(server, robot):
    async with running(manager(server), robot) as link:
        await asyncio.sleep(1)
        server.is_stuck = True
        await link.look()
        await asyncio.sleep(1)
        began = loop_time()

    assert loop_time() - began < 0.01


async def test_the_other_sides_clock_is_compared_with_ours(server, robot):
    wall = Wall()
    wall.ahead = -600.0
    async with running(manager(server, wall=wall), robot) as link:
        await asyncio.sleep(1)

        assert link.clock_ahead == pytest.approx(600, abs=1)


def test_an_attempt_is_the_probe_of_the_open_circuit():
    breaker = link_breaker(ConnectionConfig("wss://example.test"))

    assert breaker.config.success_threshold == 1
    assert breaker.config.timeout <= 30


def test_the_errors_of_a_result_survive(server):
    error = JobError(code="E-NODE-001", message="no \ud800 such file", node_id="n")
    from casare_robot.link.native.reading import from_robot
    from casare_robot.link.native.results import result_frame

    failed = msgspec.structs.replace(RESULT, status=JobStatus.FAILED, error=error)
    message = from_robot.read(result_frame(failed))

    assert message.error == msgspec.structs.replace(error, message="no ? such file")
    assert timedelta(0) == timedelta(seconds=message.execution_time)
