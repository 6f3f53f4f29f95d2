"""The agent as people run it: real processes, real signals."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from casare_robot.agent.run_workflow import make_job
from casare_robot.domain.job import JobId, JobStatus
from casare_robot.journal.journal import Journal
from tests.workflow_builder import log, node, workflow

PATIENCE = 60
LONG = workflow("s > a > w > b", a=log("before"), w=node("Wait", duration=600), b=log("after"))
SHORT = workflow("s > a > w > b", a=log("before"), w=node("Wait", duration=4), b=log("after"))
pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals are those of POSIX")


class Agent:
    """A running `casare-robot run`, whose log can be waited for."""

    def __init__(self, home: Path, *options: str) -> None:
        command = [sys.executable, "-m", "casare_robot", "run", "--home", str(home), *options]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        self.lines: list[str] = []

    def says(self, words: str) -> str:
        for line in self.process.stderr:
            self.lines.append(line)
            if words in line:
                return line
        raise AssertionError(f"it never said {words!r}: {''.join(self.lines)}")

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        self.process.stderr.close()
        return self.process.wait(PATIENCE)


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


@pytest.fixture
def start(home):
    started = []

    def start(*options):
        started.append(Agent(home, *options))
        return started[-1]

    yield start
    for agent in started:
        agent.process.kill()
        agent.wait()


def queue(home, file, job_id="j"):
    journal = Journal.open(home / "data")
    journal.accept(make_job(file, job_id=job_id))
    journal.close()


def found(home, job_id="j"):
    journal = Journal.open(home / "data")
    try:
        return journal.status(JobId(job_id)), journal.result(JobId(job_id))
    finally:
        journal.close()


def command(home, *words):
    return subprocess.run(
        [sys.executable, "-m", "casare_robot", *words, "--home", str(home)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


def children_of(agent):
    return psutil.Process(agent.process.pid).children(recursive=True)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_job_that_was_interrupted_goes_on_at_the_next_start(home, start, number):
    queue(home, SHORT)
    first = start()
    first.says(" begins")
    executors = children_of(first)
    first.end(number)
    psutil.wait_procs(executors, timeout=PATIENCE)
    status = found(home)[0]
    second = start()
    second.says(" goes on")
    second.says(" is completed")
    second.end(signal.SIGINT)

    result = found(home)[1]
    assert status is JobStatus.RUNNING
    assert not any(executor.is_running() for executor in executors)
    assert [line.message for line in result.log] == ["before", "after"]


def test_the_first_interrupt_lets_the_job_finish(home, start):
    queue(home, SHORT)
    queue(home, SHORT, "k")
    agent = start()
    agent.says(" begins")

    assert agent.end(signal.SIGINT) == 0
    assert found(home)[0] is JobStatus.COMPLETED
    assert found(home, "k")[0] is JobStatus.QUEUED


def test_the_second_interrupt_means_now(home, start):
    queue(home, LONG)
    agent = start()
    agent.says(" begins")
    agent.process.send_signal(signal.SIGINT)
    agent.says("stopping")

    assert agent.end(signal.SIGINT) == 0
    assert found(home)[0] is JobStatus.RUNNING


def test_a_cancellation_reaches_a_running_node_and_is_confirmed(home, start):
    queue(home, LONG)
    queue(home, LONG, "waits")
    agent = start()
    agent.says(" begins")
    while "at w" not in command(home, "status").stdout:
        time.sleep(0.05)

    said = command(home, "cancel", "waits").returncode, command(home, "cancel", "j").returncode
    agent.says("job j is cancelled")
    agent.end(signal.SIGTERM)

    assert said == (0, 0)
    assert found(home)[1].status is JobStatus.CANCELLED
    assert found(home, "waits")[1].error.code == "E-JOB-499"


def test_a_second_agent_and_wrong_settings_have_their_own_exit_codes(home, start):
    start().says(" works in ")

    assert command(home, "run").returncode == 5
    assert command(home.with_name("other"), "run", "--orchestrator", "nonsense").returncode == 2


def test_what_exec_hands_over_is_run_by_the_agent(home, start, tmp_path):
    file = tmp_path / "flow.json"
    file.write_text(json.dumps(workflow("s > a", a=log("here"))))
    agent = start()
    agent.says(" works in ")

    done = command(home, "exec", str(file), "--job", "x", "--json")
    agent.says("job x")

    assert done.returncode == 0
    assert json.loads(done.stdout)["status"] == "completed"


def test_a_pause_survives_a_restart(home, start):
    agent = start()
    agent.says(" works in ")
    command(home, "pause", "--for", "1h", "--note", "lunch")
    agent.says("paused")
    agent.end(signal.SIGKILL)

    assert "lunch" in start().says("paused")
