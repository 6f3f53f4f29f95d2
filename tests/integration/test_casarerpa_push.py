"""Robots as processes at CasareRPA's orchestrators that push jobs; judged by these' state."""

import asyncio
import json

from casare_robot.link.casarerpa.access import Access
from casare_robot.link.connection import ConnectionConfig, ConnectionManager, utc_now
from casare_robot.link.dialects import dialect_of
from casare_robot.link.identity import Identity
from tests.replicas.envelope_orchestrator import EnvelopeOrchestrator
from tests.replicas.flat_orchestrator import FlatOrchestrator
from tests.replicas.robot_process import BAD, GOOD, robot, waiting
from tests.small_robot import SmallRobot, running

ROBOT = "robot-it-01"
ACCESS = Access(
    identity=Identity(robot_id=ROBOT, session="s"),
    key=lambda: "crpa_key",
    origin="link",
    interval=30.0,
    wall=utc_now,
    figures=dict,
)
KEYS = {ROBOT: "crpa_key"}


async def test_a_pushed_job_is_completed_with_its_result(tmp_path):
    async with FlatOrchestrator(keys=KEYS) as server, robot(tmp_path, server.url, "a") as it:
        await server.until(lambda: ROBOT in server.robots)
        job_id = await server.submit(GOOD, {"given": 1})
        await server.until(lambda: server.jobs[job_id]["status"] == "completed")

        result = server.jobs[job_id]["result"]
        assert result["success"] is True
        assert result["executed_nodes"] == 3
        assert result["result_data"]["variables"]["x"] == "7"
        assert result["result_data"]["variables"]["given"] == 1
        assert server.robots[ROBOT]["current"] == set()
        assert await it.stop() == 0


async def test_a_pushed_job_that_fails_is_told_with_its_error(tmp_path):
    async with FlatOrchestrator(keys=KEYS) as server, robot(tmp_path, server.url, "flat"):
        await server.until(lambda: ROBOT in server.robots)
        job_id = await server.submit(BAD)
        await server.until(lambda: server.jobs[job_id]["status"] == "failed")

        assert "no such invoice" in server.jobs[job_id]["result"]["error"]


async def test_after_a_dropped_line_the_robot_is_back_on_the_list_and_takes_jobs(tmp_path):
    async with FlatOrchestrator(keys=KEYS) as server, robot(tmp_path, server.url, "flat"):
        await server.until(lambda: ROBOT in server.robots)
        server.drop()
        await server.until(lambda: ROBOT not in server.robots)
        await server.until(lambda: ROBOT in server.robots)
        job_id = await server.submit(GOOD)
        await server.until(lambda: server.jobs[job_id]["status"] == "completed")


async def test_a_robot_struck_off_the_list_by_its_old_connection_registers_again(tmp_path):
    async with FlatOrchestrator(keys=KEYS) as server, robot(tmp_path, server.url, "flat"):
        await server.until(lambda: ROBOT in server.robots)
        del server.robots[ROBOT]
        await server.until(lambda: ROBOT in server.robots)
        job_id = await server.submit(GOOD)
        await server.until(lambda: server.jobs[job_id]["status"] == "completed")


async def test_a_result_of_a_job_that_ended_without_a_line_comes_late(tmp_path):
    async with FlatOrchestrator(keys=KEYS) as server, robot(tmp_path, server.url, "flat"):
        await server.until(lambda: ROBOT in server.robots)
        job_id = await server.submit(waiting(5))
        await server.until(lambda: "job_accept" in server.types())
        server.drop()
        await server.until(lambda: server.jobs[job_id]["status"] == "pending")
        await server.until(lambda: server.jobs[job_id]["status"] == "completed")


async def test_after_a_restart_of_the_server_jobs_are_pushed_again(tmp_path):
    async with FlatOrchestrator(keys=KEYS) as server, robot(tmp_path, server.url, "flat"):
        await server.until(lambda: ROBOT in server.robots)
        await server.restart()
        await server.until(lambda: ROBOT in server.robots)
        job_id = await server.submit(GOOD)
        await server.until(lambda: server.jobs[job_id]["status"] == "completed")


async def test_an_envelope_job_is_completed_with_its_result(tmp_path):
    orchestrator = EnvelopeOrchestrator(token="crpa_key")
    async with orchestrator as server, robot(tmp_path, server.url, "1d") as it:
        await server.until(lambda: ROBOT in server.robots)
        answer = await server.send_job(ROBOT, "job-0001", json.dumps(GOOD))
        assert answer["accepted"] is True
        await server.until(lambda: "job-0001" in server.completed)

        assert server.completed["job-0001"]["result_data"]["variables"]["x"] == "7"
        assert server.errors == []
        assert await it.stop() == 0


async def test_an_envelope_job_that_fails_is_told_with_its_error(tmp_path):
    async with EnvelopeOrchestrator() as server, robot(tmp_path, server.url, "envelope"):
        await server.until(lambda: ROBOT in server.robots)
        await server.send_job(ROBOT, "job-0002", json.dumps(BAD))
        await server.until(lambda: "job-0002" in server.failed)

        assert "no such invoice" in server.failed["job-0002"]


async def test_an_envelope_job_is_cancelled_and_the_place_is_free_again(tmp_path):
    async with EnvelopeOrchestrator() as server, robot(tmp_path, server.url, "envelope"):
        await server.until(lambda: ROBOT in server.robots)
        await server.send_job(ROBOT, "job-0003", json.dumps(waiting(120)))
        status = await server.request_status(ROBOT)
        assert status["active_job_ids"] == ["job-0003"]

        assert await server.cancel_job(ROBOT, "job-0003") is True
        assert server.cancelled == {"job-0003"}
        await server.until(lambda: server.robots[ROBOT]["status"] == "online")
        answer = await server.send_job(ROBOT, "job-0004", json.dumps(GOOD))
        assert answer["accepted"] is True
        await server.until(lambda: "job-0004" in server.completed)


async def test_a_robot_with_a_wrong_key_waits_for_minutes(tmp_path):
    async with FlatOrchestrator(keys={ROBOT: "another"}) as server:
        config = ConnectionConfig(server.url)
        dialect = dialect_of("flat", server.url, ACCESS, lambda: None, lambda: None)
        async with running(ConnectionManager(config, dialect), SmallRobot()) as line:
            async with asyncio.timeout(60):
                while not line.link_status().problem:
                    await asyncio.sleep(0.01)
            status = line.link_status()
    assert status.state == "disconnected"
    assert "403" in status.problem
    assert status.next_try_in > 200


async def test_a_robot_finds_out_how_its_orchestrator_speaks(tmp_path):
    async with FlatOrchestrator(keys=KEYS) as server, robot(tmp_path, server.url, "auto"):
        await server.until(lambda: ROBOT in server.robots)
        job_id = await server.submit(GOOD)
        await server.until(lambda: server.jobs[job_id]["status"] == "completed")
