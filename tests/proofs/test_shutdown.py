import signal
import subprocess
import sys

import pytest

from casare_robot.agent.run_workflow import make_job
from casare_robot.domain.job import JobStatus
from casare_robot.journal.journal import Journal
from tests.proofs import shutdown
from tests.workflow_builder import log, node, workflow


def test_ending_an_agent_is_as_safe_as_killing_it(tmp_path, monkeypatch):
    monkeypatch.setattr(shutdown, "LONGEST", 60.0)
    tally = shutdown.prove(tmp_path, runs=10, seed=3)

    assert not tally.violations
    assert tally.ended_in_job


@pytest.mark.parametrize(
    ("module", "status"),
    [("casare_robot", JobStatus.RUNNING), ("tests.proofs.cancelling", JobStatus.CANCELLED)],
)
def test_without_its_protection_leaving_costs_the_job(tmp_path, module, status):
    journal = Journal.open(tmp_path / "data")
    waits = workflow("s > a > w", a=log("here"), w=node("Wait", duration=600))
    journal.accept(make_job(waits, job_id="j"))
    journal.close()
    process = subprocess.Popen(
        [sys.executable, "-m", module, "run", "--home", str(tmp_path)],
        cwd=shutdown.ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    for line in process.stderr:
        if " begins" in line:
            break
    process.send_signal(signal.SIGTERM)
    process.stderr.close()
    process.wait(60)
    journal = Journal.open(tmp_path / "data")
    found = journal.status("j")
    journal.close()

    assert found is status
