"""The doctor looks at CasareRPA's orchestrators: how they speak, and whether jobs can be had."""

import asyncio
import threading
from contextlib import contextmanager

import pytest

from casare_robot.agent import doctor_dialect
from casare_robot.agent.doctor import Patient, examine
from casare_robot.config.robot_config import RobotConfig
from tests.replicas.envelope_orchestrator import EnvelopeOrchestrator
from tests.replicas.flat_orchestrator import FlatOrchestrator
from tests.replicas.job_queue import ORCHESTRATOR_TABLES, JobQueue
from tests.replicas.rest_orchestrator import RestOrchestrator
from tests.replicas.robot_process import GOOD
from tests.replicas.tables_project import TablesProject
from tests.supabase_project import token


@contextmanager
def in_thread(server):
    """A server of websockets that runs beside the doctor, who has loops of its own."""
    ready, over = threading.Event(), threading.Event()

    async def serve():
        async with server:
            ready.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert ready.wait(60)
    try:
        yield server
    finally:
        over.set()
        thread.join()


@pytest.fixture
def found(tmp_path):
    def look(url, dialect="auto", **facts):
        settings = {"robot_id": "robot-it-01", "api_key": "anon", **facts}
        config = RobotConfig(orchestrator_url=url, orchestrator_dialect=dialect, **settings)
        patient = Patient(config=config, folder=tmp_path)
        return {finding.check: finding for finding in examine(patient, doctor_dialect.CHECKS)}

    return look


@pytest.mark.parametrize(
    ("make", "name"), [(FlatOrchestrator, "flat"), (EnvelopeOrchestrator, "envelope")]
)
def test_who_pushes_jobs_is_recognised_without_a_word_to_it(found, make, name):
    with in_thread(make()) as server:
        for said in ("auto", name):
            assert found(server.url, said)["dialect"].message.startswith(f"it speaks {name}")
        assert server.heard == []


def test_a_wrong_dialect_is_told_with_the_right_one(found):
    with in_thread(EnvelopeOrchestrator()) as server:
        finding = found(server.url, "rest")["dialect"]

    assert finding.state == "fail"
    assert "it speaks envelope, the settings say rest" in finding.message
    assert "orchestrator_dialect envelope" in finding.mend


@pytest.mark.parametrize("said", ["auto", "rest", "flat"])
def test_where_jobs_are_claimed_the_newer_orchestrator_speaks_both(found, said):
    with RestOrchestrator() as server:
        findings = found(server.url, said)
        assert not {method for method, _, _ in server.asked} - {"GET"}

    assert findings["dialect"].state == "ok"


def test_tables_that_can_be_read_are_well_and_a_refused_key_is_told(found):
    with TablesProject() as project:
        assert found(project.url)["queue"].state == "ok"
        refused = found(project.url, "supabase-tables", api_key="wrong")["queue"]
        secret = found(project.url, "supabase-tables", api_key=token("service_role"))["queue"]
        assert not {method for method, _, _ in project.asked} - {"GET"}

    assert "refused (HTTP 401)" in refused.message
    assert (secret.state, "publishable" in secret.mend) == ("warn", True)


def test_a_queue_in_a_database_is_looked_at(found, postgres_server):
    with JobQueue(postgres_server.database(), ORCHESTRATOR_TABLES) as queue:
        queue.submit(GOOD)
        well = found(queue.url)["queue"]
    none = found(postgres_server.database())["queue"]

    assert (well.state, "1 jobs wait" in well.message) == ("ok", True)
    assert (none.state, "no table job_queue" in none.message) == ("fail", True)


def test_where_nobody_says_how_it_speaks_a_dialect_that_was_said_is_doubted(found):
    assert found("ws://127.0.0.1:9", "flat")["dialect"].state == "warn"
    assert found("ws://127.0.0.1:9", "native") == {}
    assert found("") == {}
