"""Robots as processes at an orchestrator that knows the robot reference's messages alone."""

import pytest

from tests.replicas.reference_orchestrator import ReferenceOrchestrator
from tests.replicas.robot_process import BAD, GOOD, robot, waiting
from tests.whole import until

ROBOT = "robot-it-01"


async def test_a_robot_waits_there_shows_what_it_does_and_tells_how_jobs_end(tmp_path):
    async with ReferenceOrchestrator() as server, robot(tmp_path, server.url, "reference") as it:
        await server.until(lambda: (ROBOT, "idle", None) in server.states)
        server.submit("job-1", GOOD, {"given": 1})
        server.submit("job-2", BAD)
        server.drop()
        await server.until(lambda: len(server.results) == 2)

        good, bad = server.results
        assert (good["job_id"], good["status"]) == ("job-1", "completed")
        assert good["outputs"]["x"] == "7"
        assert good["execution_time"] > 0
        assert (bad["job_id"], bad["status"]) == ("job-2", "failed")
        assert (ROBOT, "executing", "job-1") in server.states
        assert await it.stop() == 0


@pytest.mark.parametrize("greets", [True, False])
@pytest.mark.parametrize("dialect", ["auto", "native"])
async def test_who_gives_a_job_without_a_welcome_is_understood(tmp_path, dialect, greets):
    async with ReferenceOrchestrator(greets=greets) as server:
        for number in range(3):
            server.submit(f"job-{number}", GOOD)
        async with robot(tmp_path, server.url, dialect):
            await server.until(lambda: server.results)

    assert server.results[0]["status"] == "completed"


async def test_a_result_of_a_job_that_ended_without_a_line_comes_late_and_once(tmp_path):
    async with ReferenceOrchestrator() as server, robot(tmp_path, server.url, "reference"):
        server.submit("job-1", waiting(2))
        await server.until(lambda: (ROBOT, "executing", "job-1") in server.states)
        server.drop()
        await server.until(lambda: server.results)
        server.submit("job-2", GOOD)
        await server.until(lambda: len(server.results) == 2)

    assert [result["job_id"] for result in server.results] == ["job-1", "job-2"]


async def test_a_result_that_the_line_took_but_nobody_read_is_told_again(tmp_path):
    async with ReferenceOrchestrator() as server:
        server.reads = False
        server.submit("job-1", GOOD)
        async with robot(tmp_path, server.url, "reference") as it:
            await until(lambda: "job job-1 is completed" in it.said())
            server.drop()
            await server.until(lambda: server.results)

    assert [result["job_id"] for result in server.results] == ["job-1"]
