"""Robots as processes where they ask for jobs; judged by the state of whom they ask."""

import json

import pytest

from casare_robot.link.casarerpa.access import Access
from casare_robot.link.connection import ConnectionConfig, ConnectionManager, utc_now
from casare_robot.link.dialects import dialect_of
from casare_robot.link.identity import Identity
from tests.replicas.rest_orchestrator import RestOrchestrator
from tests.replicas.robot_process import BAD, GOOD, robot, waiting
from tests.replicas.tables_project import TablesProject
from tests.small_robot import SmallRobot, running

ROBOT = "robot-it-01"
JOB = "aaaaaaaa-0000-4000-8000-000000000001"


async def test_a_claimed_job_is_completed_in_an_orchestrator_without_database(tmp_path):
    with RestOrchestrator(has_database=False) as server:
        async with robot(tmp_path, server.url, "b") as it:
            job_id = server.submit(GOOD, variables={"given": 1})
            await server.until(lambda: server.status(job_id) == "completed")

            assert server.jobs[job_id]["result"]["executed_nodes"] == 3
            variables = server.jobs[job_id]["result"]["result_data"]["variables"]
            assert variables == {"x": "7", "given": 1}
            assert await it.stop() == 0


async def test_a_claimed_job_that_fails_is_told_with_its_error(tmp_path):
    with RestOrchestrator(has_database=False) as server:
        async with robot(tmp_path, server.url, "rest", "--environment", "lan"):
            job_id = server.submit(BAD, max_retries=1)
            await server.until(lambda: server.status(job_id) == "failed")

            assert server.jobs[job_id]["retry_count"] == 2  # each time it was run anew
            assert server.count("POST", "/fail") == 2
            assert "no such invoice" in server.jobs[job_id]["error_message"]


async def test_a_claimed_job_is_completed_in_an_orchestrator_with_database(tmp_path):
    with RestOrchestrator() as server:
        async with robot(tmp_path, server.url, "rest") as it:
            first, second = server.submit(waiting(4)), server.submit(GOOD)
            await server.until(lambda: server.status(first) == "running")
            assert server.status(second) == "pending"  # one at a time
            await server.until(lambda: server.status(second) == "completed")
            await server.until(lambda: server.robots[ROBOT]["status"] == "idle")
            assert await it.stop() == 0
            assert server.robots[ROBOT]["status"] == "offline"


async def test_a_job_that_was_cancelled_there_is_abandoned_and_the_next_one_runs(tmp_path):
    with RestOrchestrator() as server:
        async with robot(tmp_path, server.url, "rest"):
            job_id = server.submit(waiting(120))
            await server.until(lambda: server.jobs[job_id]["extended"] > 0)
            server.jobs[job_id]["status"] = "cancelled"
            following = server.submit(GOOD)
            await server.until(lambda: server.status(following) == "completed")

            assert server.status(job_id) == "cancelled"
            assert server.count("POST", f"{job_id}/complete") == 0
            assert server.count("POST", f"{job_id}/fail") == 0


async def test_a_result_waits_while_the_orchestrator_is_out_of_order(tmp_path):
    with RestOrchestrator() as server:
        async with robot(tmp_path, server.url, "rest"):
            job_id = server.submit(waiting(4))
            await server.until(lambda: server.status(job_id) == "running")
            server.is_down = True
            await server.until(lambda: server.count("POST", f"{job_id}/complete") > 0)
            assert server.status(job_id) == "running"
            server.is_down = False
            await server.until(lambda: server.status(job_id) == "completed")


async def test_a_job_lost_in_a_failed_claim_is_given_back(tmp_path):
    with RestOrchestrator() as server:
        server.breaks_claims = True
        job_id = server.submit(GOOD)
        async with robot(tmp_path, server.url, "rest"):
            await server.until(lambda: server.count("POST", "/release") == 1)
            assert server.status(job_id) == "pending"
            assert server.count("POST", "/claim") == 1


async def test_a_job_in_the_tables_is_completed(tmp_path):
    with TablesProject() as project:
        project.submit(JOB, ROBOT, GOOD)
        async with robot(tmp_path, project.url, "e", key="anon") as it:
            await project.until(lambda: project.job(JOB)["status"] == "success")

            job = project.job(JOB)
            assert job["claimed_by"] == ROBOT
            assert job["error"] is None
            assert job["completed_at"]
            assert job["progress"]["percent_complete"] == 100
            assert job["progress"]["result"]["result_data"]["variables"]["x"] == "7"
            assert await it.stop() == 0
            assert project.tables["robots"][0]["status"] == "offline"


async def test_a_job_in_the_tables_is_cancelled(tmp_path):
    with TablesProject() as project:
        project.submit(JOB, ROBOT, waiting(120))
        async with robot(tmp_path, project.url, "supabase-tables", key="anon"):
            await project.until(lambda: project.job(JOB)["status"] == "running")
            project.job(JOB)["cancel_requested"] = True
            await project.until(lambda: project.job(JOB)["status"] == "failed")

            assert project.job(JOB)["error"] == "Job was cancelled"
            assert project.job(JOB)["progress"]["success"] is False


async def test_tables_of_a_postgrest_of_ones_own_are_found(tmp_path):
    with TablesProject(place="") as project:
        project.submit(JOB, ROBOT, json.dumps(BAD))
        async with robot(tmp_path, project.url, "e", key="anon"):
            await project.until(lambda: project.job(JOB)["status"] == "failed")
            assert "no such invoice" in project.job(JOB)["error"]


@pytest.mark.parametrize("is_wrong", [False, True])
async def test_people_see_why_no_job_comes_though_the_line_is_there(is_wrong):
    with RestOrchestrator() as server:
        server.breaks_claims = is_wrong
        server.submit(GOOD)
        access = Access(
            identity=Identity(robot_id=ROBOT, session="s"),
            key=lambda: "crpa_key",
            origin="link",
            interval=30.0,
            wall=utc_now,
            figures=dict,
        )
        dialect = dialect_of("rest", server.url, access, lambda: None, lambda: None)
        manager = ConnectionManager(ConnectionConfig(server.url), dialect)
        async with running(manager, SmallRobot()) as line:
            await server.until(lambda: line.link_status().state == "connected")
            status = line.link_status()
    assert ("HTTP 500" in status.problem) is is_wrong
