"""A real orchestrator with real robots, each test with its own."""

import asyncio
import json
import socket
from datetime import UTC, datetime, timedelta

import httpx
import msgspec
import pytest

from casare_robot.domain.job import JobStatus
from casare_robot.link.native.reading import LARGEST_FRAME
from casare_robot.link.orchestrator_client import OrchestratorClient, OrchestratorError
from casare_robot.orchestrator.chaos import Chaos
from casare_robot.orchestrator.event_stream import QUIET
from casare_robot.orchestrator.server import _bound
from tests.ports import free_port
from tests.whole import (
    SCRIPTS,
    agent,
    appends,
    chain,
    fails,
    holds,
    house,
    robot_in,
    sets,
    until,
    until_job,
    waits,
    working,
)


@pytest.fixture
async def served():
    async with house() as served:
        yield served


@pytest.fixture
def home(tmp_path):
    return tmp_path / "robot"


def problem_of(robot):
    return robot.connection.link_status().problem


async def test_a_submitted_job_runs_and_its_outputs_come_back(served, home) -> None:
    async with robot_in(served, home):
        job = await served.client.submit({"workflow": sets("total", 42), "name": "sums"})
        ended = await served.until(job["job_id"])

    assert job["status"] == "queued"
    assert (ended["status"], ended["name"], ended["robot_id"]) == ("completed", "sums", "robot-1")
    assert ended["outputs"] == {"total": 42}
    assert ended["nodes_executed"] == 2


async def test_a_job_that_fails_says_which_node_and_why(served, home) -> None:
    async with robot_in(served, home):
        ended = await served.until(await served.submit(fails("the till is empty")))

    assert ended["status"] == "failed"
    assert ended["error"]["node_id"] == "t"
    assert "the till is empty" in ended["error"]["message"]


async def test_the_variables_of_a_submission_reach_the_workflow(served, home) -> None:
    drawn = chain(
        ("set", "SetVariable", {"variable_name": "said", "default_value": "{{who}}"}),
        variables={"who": {"type": "String", "default_value": "nobody"}},
    )
    async with robot_in(served, home):
        ended = await served.until(await served.submit(drawn, variables={"who": "Ada"}))

    assert ended["outputs"] == {"who": "Ada", "said": "Ada"}


async def test_a_job_runs_only_where_it_may(served, tmp_path) -> None:
    async with (
        robot_in(served, tmp_path / "a", robot_id="a", tags=("excel",), environment="test"),
        robot_in(served, tmp_path / "b", robot_id="b", tags=("excel", "sap")),
    ):
        await served.connected("a", "b")
        wanted = [
            ("b", {"robot_id": "b"}),
            ("a", {"robot_id": "a"}),
            ("b", {"tags": ["sap"]}),
            ("b", {"tags": ["sap", "excel"]}),
            ("a", {"environment": "test"}),
            ("b", {"environment": "default", "tags": ["excel"]}),
        ] * 3
        jobs = [await served.submit(sets(), **facts) for _, facts in wanted]
        ran = [(await served.until(job))["robot_id"] for job in jobs]

    assert ran == [robot for robot, _ in wanted]


async def test_a_job_that_nobody_can_run_waits_and_says_for_what(served, home) -> None:
    alone = await served.submit(sets())
    no_robot = (await served.client.job(alone))["waits_because"]
    async with robot_in(served, home):
        await served.connected("robot-1")
        await served.until(alone)
        told = [
            (await served.client.job(await served.submit(sets(), **facts)))["waits_because"]
            for facts in ({"tags": ["sap"]}, {"environment": "mars"}, {"robot_id": "nobody"})
        ]

    assert no_robot == "no robot is connected"
    assert told == [
        "no connected robot has the tags sap",
        "no connected robot works for environment mars",
        "robot nobody is not connected",
    ]


async def test_jobs_run_by_priority_and_then_in_the_order_of_their_submission(
    served, home, tmp_path
) -> None:
    file = tmp_path / "order"
    for name, priority in (("d", -1), ("b", 0), ("c", 0), ("a", 9)):
        job = await served.submit(appends(file, name), priority=priority)
    async with robot_in(served, home):
        for job in await served.client.jobs():
            await served.until(job["job_id"])

    assert file.read_text().split() == ["a", "b", "c", "d"]


async def test_a_robot_never_has_more_than_its_slots_and_the_rest_waits_here(served, home) -> None:
    async with robot_in(served, home, max_concurrent_jobs=2):
        jobs = [await served.submit(waits(600)) for _ in range(4)]
        for job in jobs[:2]:
            await served.until(job, "running")
        rest = [await served.client.job(job) for job in jobs[2:]]
        robot = await served.robot("robot-1")

    assert [job["status"] for job in rest] == ["queued", "queued"]
    assert rest[0]["waits_because"] == "every robot that could run it is busy"
    assert robot["free_slots"] == robot["waiting"] == 0
    assert set(robot["current_jobs"]) == set(jobs[:2])


async def test_a_job_for_one_robot_waits_there_and_runs_while_the_server_is_away(
    served, home, tmp_path
) -> None:
    file, gate = tmp_path / "done", tmp_path / "gate"
    async with robot_in(served, home, **SCRIPTS) as robot:
        first = await served.submit(holds(gate), robot_id="robot-1")
        second = await served.submit(appends(file, "ran"), robot_id="robot-1")
        await served.until(first, "running")
        await until(lambda: robot.offline_queue.waiting == 1)
        served.orchestrator.roster.find("robot-1").line.end(1012)
        gate.touch()
        assert (await served.until(second))["status"] == "completed"

    assert file.read_text() == "ran\n"


async def test_a_waiting_job_is_cancelled_at_once(served) -> None:
    job = await served.submit(sets())
    cancelled = await served.client.cancel(job, "not needed")

    assert cancelled["status"] == "cancelled"
    assert (await served.client.job(job))["ended_at"] is not None


async def test_a_running_job_is_cancelled_where_it_runs(served, home) -> None:
    async with robot_in(served, home):
        job = await served.submit(waits(600))
        await served.until(job, "running")
        asked = await served.client.cancel(job, "not needed")
        ended = await served.until(job)

    assert asked["cancel_requested"] is True
    assert ended["status"] == "cancelled"


async def test_a_job_of_a_robot_that_is_away_is_cancelled_when_it_is_back(served, home) -> None:
    async with robot_in(served, home):
        job = await served.submit(waits(600))
        await served.until(job, "running")
    asked = await served.client.cancel(job, "not needed")
    async with robot_in(served, home):
        ended = await served.until(job)

    assert (asked["status"], asked["cancel_requested"]) == ("running", True)
    assert ended["status"] == "cancelled"


async def test_a_forced_cancel_ends_a_job_now_and_its_robot_stops_it_when_it_is_back(
    served, home
) -> None:
    async with robot_in(served, home):
        job = await served.submit(waits(600))
        await served.until(job, "running")
    forced = await served.post(f"jobs/{job}/cancel", reason="gone", force=True)
    async with robot_in(served, home) as robot:
        await served.connected("robot-1")
        await until(lambda: not robot.offline_queue.held("link"))
        await served.shows("robot-1", connected=True)

    assert forced["status"] == "cancelled"
    assert (await served.client.job(job))["status"] == "cancelled"


async def test_a_result_that_comes_after_the_end_is_kept_as_evidence(
    served, home, tmp_path
) -> None:
    store, gate = served.orchestrator.board._store, tmp_path / "gate"
    async with robot_in(served, home, **SCRIPTS) as robot:
        job = await served.submit(holds(gate), robot_id="robot-1")
        await served.until(job, "running")
        await served.orchestrator.board.cancel(job, "gone", forced=True)
        gate.touch()
        await until(lambda: not robot.offline_queue.held("link"))

    [row] = await store.find("evidence")
    assert row.record["robot"] == "robot-1"
    assert row.record["result"]["job_id"] == job
    assert row.record["result"]["status"] == "completed"
    assert (await served.client.job(job))["status"] == "cancelled"


async def test_a_retry_is_a_new_job_with_the_same_wishes(served, home) -> None:
    async with robot_in(served, home):
        first = await served.submit(fails("no"), priority=3, robot_id="robot-1")
        await served.until(first)
        again = (await served.post(f"jobs/{first}/retry"))["job_id"]
        ended = await served.until(again)

    assert again != first
    assert (ended["retry_of"], ended["priority"], ended["target"]) == (first, 3, "robot-1")
    assert ended["status"] == "failed"


async def test_a_robot_is_paused_and_resumed_from_here(served, home) -> None:
    async with robot_in(served, home):
        await served.connected("robot-1")
        await served.post("robots/robot-1/pause", reason="updates")
        await served.shows("robot-1", state="paused")
        job = await served.submit(sets())
        told = await served.client.job(job)
        await served.post("robots/robot-1/resume")
        ended = await served.until(job)

    assert told["waits_because"] == "every robot that could run it is paused"
    assert ended["status"] == "completed"


async def test_a_job_for_a_robot_that_drains_waits_for_it(served, home) -> None:
    async with robot_in(served, home) as robot:
        await served.connected("robot-1")
        await robot.control.drain()
        await served.shows("robot-1", state="draining")
        job = await served.submit(sets(), robot_id="robot-1")
        other = await served.submit(sets())
        told = await served.client.job(job)
        await robot.control.resume()
        ended = [await served.until(each) for each in (job, other)]

    assert told["status"] in ("queued", "assigned")
    assert [each["status"] for each in ended] == ["completed"] * 2


async def test_a_request_may_begin_with_a_byte_order_mark(served) -> None:
    async with httpx.AsyncClient(base_url=served.url, timeout=60) as client:
        answer = await client.post(
            "/api/v1/enrollment-codes",
            content=b"\xef\xbb\xbf{}",
            headers={"Authorization": f"Bearer {served.admin_key}"},
        )

    assert answer.status_code == 201


async def test_a_robot_that_is_not_here_cannot_be_paused(served, home) -> None:
    async with robot_in(served, home):
        await served.connected("robot-1")
    await served.shows("robot-1", connected=False)

    with pytest.raises(OrchestratorError) as away:
        await served.post("robots/robot-1/pause")
    with pytest.raises(OrchestratorError) as unknown:
        await served.post("robots/robot-2/pause")
    with pytest.raises(OrchestratorError) as no_command:
        await served.post("robots/robot-1/dance")

    assert (away.value.status, away.value.code) == (409, "E-ORC-408")
    assert unknown.value.status == 404
    assert no_command.value.code == "E-ORC-404"


async def interrupted(served, home, file):
    """A job whose robot left in the middle of a step, which it had written down in a file."""
    drawn = chain(("c", "RunCommand", {"command": f"echo >> {file}; sleep 600", "shell": True}))
    async with robot_in(served, home, **SCRIPTS):
        job = await served.submit(drawn)
        await until(file.exists)
    return job


async def test_a_step_nobody_is_sure_of_needs_attention_and_is_resolved_at_the_robot(
    served, home, tmp_path
) -> None:
    file = tmp_path / "began"
    job = await interrupted(served, home, file)
    async with robot_in(served, home, **SCRIPTS) as robot:
        parked = await served.until(job, "needs_attention")
        [step] = parked["needs_attention"]
        await robot.control.resolve(job, {step["key"]: "done"})
        ended = await served.until(job, "completed")

    assert step["node_id"] == "c"
    assert ended["needs_attention"] == []
    assert ended["resumed"] is True
    assert file.read_text() == "\n"


async def test_a_job_that_waits_for_a_person_outlasts_its_robots_restart_and_can_be_cancelled(
    served, home, tmp_path
) -> None:
    file = tmp_path / "began"
    job = await interrupted(served, home, file)
    async with robot_in(served, home, **SCRIPTS) as robot:
        await served.until(job, "needs_attention")
        await until(lambda: not robot.offline_queue.held("link"))
    async with robot_in(served, home, **SCRIPTS) as robot:
        await served.connected("robot-1")
        parked, before = await served.client.job(job), robot.look_at().needs_attention
        await served.client.cancel(job, "not wanted any more")
        await served.until(job, "cancelled")
        after = robot.look_at().needs_attention
        there, _ = await robot.control.job(job)

    assert (parked["status"], parked["error"]) == ("needs_attention", None)
    assert (before, after) == (1, 0)
    assert there.status is JobStatus.CANCELLED


async def test_a_forced_cancel_of_a_job_that_waits_for_a_person_reaches_a_robot_that_was_away(
    served, home, tmp_path
) -> None:
    job = await interrupted(served, home, tmp_path / "began")
    async with robot_in(served, home, **SCRIPTS) as robot:
        await served.until(job, "needs_attention")
        await until(lambda: not robot.offline_queue.held("link"))
    await served.post(f"jobs/{job}/cancel", reason="gone", force=True)
    async with robot_in(served, home, **SCRIPTS) as robot:
        await until(lambda: not robot.look_at().needs_attention)
        there, _ = await robot.control.job(job)

    assert there.status is JobStatus.CANCELLED
    assert (await served.client.job(job))["status"] == "cancelled"


async def test_of_two_with_one_id_the_newer_stays_and_the_older_says_why_it_left(
    served, tmp_path
) -> None:
    async with robot_in(served, tmp_path / "a") as older:
        await served.connected("robot-1")
        async with robot_in(served, tmp_path / "b") as newer:
            await until(lambda: older.connection.link_status().state.value == "disconnected")
            ended = await served.until(await served.submit(sets(), robot_id="robot-1"))
            held = newer.connection.link_status().state.value
            why = problem_of(older)

    assert ended["status"] == "completed"
    assert held == "connected"
    assert "newer session" in why


async def test_a_robot_with_a_wrong_key_is_refused_and_says_so(served, home) -> None:
    async with working(agent(served.robots_url, "wrong", home)) as robot:
        await until(lambda: problem_of(robot))
        status = robot.connection.link_status()

    assert status.state.value == "disconnected"
    assert "401" in status.problem
    assert status.next_try_in > 200


async def test_an_administrators_key_is_no_robots_key_nor_the_other_way_round(served, home) -> None:
    async with (
        working(agent(served.robots_url, served.admin_key, home)) as robot,
        OrchestratorClient(served.url, served.robot_key) as stranger,
    ):
        await until(lambda: problem_of(robot))
        with pytest.raises(OrchestratorError) as refused:
            await stranger.jobs()
        problem = problem_of(robot)

    assert "401" in problem
    assert (refused.value.status, refused.value.code) == (401, "E-AUTH-401")


async def test_a_robot_with_another_robots_key_is_refused_and_says_so(served, home) -> None:
    key = await served.orchestrator.keys.make("robot", robot_id="robot-9")
    async with working(agent(served.robots_url, key, home)) as robot:
        await until(lambda: "4403" in problem_of(robot))
        status = robot.connection.link_status()

    assert status.state.value == "disconnected"
    assert status.next_try_in > 200
    assert "another robot's" in status.problem
    assert await served.client.robots() == []


@pytest.mark.parametrize("method", ["jobs", "robots"])
async def test_without_a_good_key_nothing_is_told(served, method) -> None:
    for key in ("", "wrong"):
        async with OrchestratorClient(served.url, key) as stranger:
            with pytest.raises(OrchestratorError) as refused:
                await getattr(stranger, method)()

        assert (refused.value.status, refused.value.code) == (401, "E-AUTH-401")


async def test_an_enrolled_robot_gets_an_id_and_a_key_of_its_own_once(served, home) -> None:
    code = (await served.post("enrollment-codes"))["code"]
    async with OrchestratorClient(served.url) as stranger:
        given = await stranger.enroll(code, robot_name="Front desk", machine="m")
        with pytest.raises(OrchestratorError) as again:
            await stranger.enroll(code, robot_name="Front desk", machine="m")
    robot = agent(given["orchestrator_url"], given["api_key"], home, robot_id=given["robot_id"])
    async with working(robot):
        await served.connected(given["robot_id"])

    assert (again.value.status, again.value.code) == (403, "E-AUTH-410")


async def test_a_forgotten_robots_own_key_is_worth_nothing(served, home) -> None:
    key = await served.orchestrator.keys.make("robot", robot_id="robot-1")
    async with working(agent(served.robots_url, key, home)):
        await served.connected("robot-1")
        with pytest.raises(OrchestratorError) as connected:
            await served.client._ask("DELETE", "robots/robot-1")
    await served.shows("robot-1", connected=False)
    await served.client._ask("DELETE", "robots/robot-1")
    async with working(agent(served.robots_url, key, home)) as robot:
        await until(lambda: "401" in problem_of(robot))

    assert connected.value.code == "E-ORC-409"
    assert await served.client.robots() == []


async def test_a_job_that_waited_too_long_expires_and_is_not_run(served, home, tmp_path) -> None:
    soon = (datetime.now(UTC) + timedelta(seconds=0.3)).isoformat()
    file = tmp_path / "ran"
    job = await served.submit(appends(file, "x"), expires_at=soon)
    ended = await served.until(job)
    async with robot_in(served, home):
        await served.until(await served.submit(sets()))

    assert ended["status"] == "expired"
    assert ended["error"]["code"] == "E-JOB-410"
    assert not file.exists()


async def test_a_job_that_expires_at_its_robot_ends_as_expired(served, home, tmp_path) -> None:
    file, gate = tmp_path / "ran", tmp_path / "gate"
    async with robot_in(served, home, **SCRIPTS):
        await served.until(await served.submit(holds(gate), robot_id="robot-1"), "running")
        soon = datetime.now(UTC) + timedelta(seconds=1)
        wanted = {"robot_id": "robot-1", "expires_at": soon.isoformat()}
        job = await served.submit(appends(file, "x"), **wanted)
        await until(lambda: datetime.now(UTC) > soon)
        gate.touch()
        ended = await served.until(job)

    assert ended["status"] in ("expired", "timed_out")
    assert ended["error"]["code"].startswith("E-JOB-41")
    assert not file.exists()


async def test_a_job_that_is_too_large_is_refused_and_the_rest_goes_on(served, home) -> None:
    with pytest.raises(OrchestratorError) as refused:
        await served.client.submit({"workflow": sets(value="x" * LARGEST_FRAME)})
    wanted = {"workflow": sets(), "name": ""}
    wanted["name"] = "x" * (LARGEST_FRAME - len(msgspec.json.encode(wanted)) - 20)
    async with robot_in(served, home):
        job = (await served.client.submit(wanted))["job_id"]
        unsendable = await served.until(job)
        after = await served.until(await served.submit(sets()))

    assert (refused.value.status, refused.value.code) == (413, "E-MSG-107")
    assert (unsendable["status"], unsendable["error"]["code"]) == ("failed", "E-MSG-107")
    assert after["status"] == "completed"


async def test_an_id_means_one_job_however_often_it_is_submitted(served, home, tmp_path) -> None:
    file = tmp_path / "lines"
    async with robot_in(served, home):
        for _ in range(3):
            await served.until(await served.submit(appends(file, "x"), job_id="mine"))
        with pytest.raises(OrchestratorError) as refused:
            await served.submit(sets(), job_id="mine")

    assert file.read_text() == "x\n"
    assert (refused.value.status, refused.value.code) == (409, "E-JOB-209")


async def test_a_workflow_the_robot_refuses_ends_the_job_with_its_reason(served, home) -> None:
    unknown = chain(("n", "NoSuch", {}))
    async with robot_in(served, home):
        job = await served.client.submit({"workflow": unknown})
        ended = await served.until(job["job_id"])

    assert any("NoSuchNode" in warning["message"] for warning in job["warnings"])
    assert ended["status"] == "failed"
    assert ended["error"]["code"].startswith("E-WF-")


async def test_progress_and_log_are_told_while_a_job_runs(served, home) -> None:
    drawn = chain(("l", "Log", {"message": "half way"}), ("w", "Wait", {"duration": 60}))
    async with robot_in(served, home):
        job = await served.submit(drawn)

        async def is_at_wait():
            shown = await served.client.job(job)
            return shown["log"] and shown["nodes"] and shown["nodes"][-1]["node_id"] == "w"

        await until(is_at_wait)
        shown = await served.client.job(job)

    assert shown["log"][0]["message"] == "half way"
    assert shown["nodes"][-1]["seconds"] is None


async def test_a_restart_loses_nothing(tmp_path) -> None:
    store = f"sqlite:{tmp_path / 'o.db'}"
    file, gate, port = tmp_path / "lines", tmp_path / "gate", free_port()
    async with house(store, port=port) as first:
        keys = first.admin_key, first.robot_key
        robot = agent(first.robots_url, first.robot_key, tmp_path / "robot", **SCRIPTS)
        await robot.start()
        ended = await first.submit(appends(file, "before"))
        await first.until(ended)
        before = await first.client.job(ended)
        running = await first.submit(holds(gate))
        at_robot = await first.submit(appends(file, "held"), robot_id="robot-1")
        waiting = await first.submit(appends(file, "after"), priority=-1)
        await first.until(running, "running")
        await until(lambda: robot.offline_queue.waiting == 1)
    gate.touch()
    await until(lambda: file.read_text().split() == ["before", "held"])
    async with house(store, port=port, keys=keys) as second:
        for job in (running, at_robot, waiting):
            assert (await second.until(job))["status"] == "completed"
        after = await second.client.job(ended)
        robots = [robot["robot_id"] for robot in await second.client.robots()]
        await robot.stop(now=True)

    assert after == before
    assert robots == ["robot-1"]
    assert file.read_text().split() == ["before", "held", "after"]


async def test_a_robot_survives_an_orchestrator_that_behaves_badly_on_purpose(tmp_path) -> None:
    chaos = Chaos(drop=0.05, repeat=0.2, delay=0.3, longest=0.1, seed=7)
    file = tmp_path / "lines"
    names = []
    async with house(chaos=chaos, beat=1) as served, robot_in(served, tmp_path / "robot") as robot:
        connections = []
        robot.connection._on_change = lambda status: connections.append(status.state.value)
        while len(names) < 10 or connections.count("reconnecting") < 2:
            names.append(f"job-{len(names)}")
            await served.submit(appends(file, names[-1]), job_id=names[-1])
            if len(names) >= 10:
                await served.until(names[-1])
        ends = [(await served.until(name))["status"] for name in names]

    assert ends == ["completed"] * len(names)
    assert file.read_text().split() == names


async def test_the_client_says_when_nobody_answers(served) -> None:
    async with OrchestratorClient(served.url.replace(str(served.port), "1"), "k") as client:
        with pytest.raises(OrchestratorError) as away:
            await client.jobs()

    assert (away.value.status, away.value.code) == (0, "E-LINK-503")


async def test_what_has_happened_is_streamed_to_who_listens(served, home) -> None:
    seen = []
    async with robot_in(served, home):
        await served.connected("robot-1")
        async with served.client._http.stream("GET", "events") as events:
            lines = events.aiter_lines()
            assert await anext(lines) == ": welcome"
            job = await served.submit(sets(), name="seen")
            async for line in lines:
                if line.startswith("data: "):
                    facts = json.loads(line.removeprefix("data: "))
                    if facts.get("job_id") == job:
                        seen.append(facts["status"])
                if seen and seen[-1] == "completed":
                    break
        assert (await until_job(served.client, job))["status"] == "completed"

    assert seen[-1] == "completed"


async def test_a_listener_sends_small_answers_at_once() -> None:
    accepted = []
    loop = asyncio.get_running_loop()
    with _bound(("127.0.0.1", 0)) as listening:
        made = await loop.create_server(lambda: _Noting(accepted), sock=listening)
        _, writer = await asyncio.open_connection(*listening.getsockname())
        await until(lambda: accepted)
        is_at_once = accepted[0].getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        writer.close()
        made.close()

    assert is_at_once


class _Noting(asyncio.Protocol):
    def __init__(self, accepted) -> None:
        self._accepted = accepted

    def connection_made(self, transport) -> None:
        self._accepted.append(transport.get_extra_info("socket"))


async def test_an_open_page_does_not_hold_up_the_end(caplog) -> None:
    async with house() as served:
        events = await served.client._http.send(
            served.client._http.build_request("GET", "events"), stream=True
        )
        lines = events.aiter_lines()
        assert await anext(lines) == ": welcome"
        began = asyncio.get_running_loop().time()
    took = asyncio.get_running_loop().time() - began

    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []
    assert took < QUIET


@pytest.mark.parametrize("header", ["Version", "Protocol", "Key"])
async def test_a_handshake_that_is_no_text_is_refused_in_one_line(served, caplog, header) -> None:
    said = {"Version": "13", "Key": "dGhlIHNhbXBsZSBub25jZQ==", header: "\xff"}
    head = ["GET /robot HTTP/1.1", "Host: x", "Connection: Upgrade", "Upgrade: websocket"]
    head += [f"Sec-WebSocket-{name}: {value}" for name, value in said.items()]
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write("\r\n".join((*head, "", "")).encode("latin-1"))
    async with asyncio.timeout(60):
        answer = await reader.read()
    writer.close()

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert len([it for it in caplog.records if it.name.endswith("robot_socket")]) == 1
    assert not [it for it in caplog.records if it.name == "asyncio" and it.exc_info]
