"""What `exec` promises when somebody interrupts it, asks twice, or pulls the plug."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from casare_robot.agent.executor_command import executor_command
from casare_robot.agent.local_robot import LocalRobot
from casare_robot.config.robot_config import RobotConfig
from casare_robot.domain.job import Job, JobId
from casare_robot.domain.policy import Policy
from casare_robot.execution.job_executor import JobExecutor
from casare_robot.execution.state import Delta, DeltaWriter
from tests.drawing import draw, write

ROOT = Path(__file__).parents[2]
PATIENCE = 60


class Robot:
    """The command line over one home."""

    def __init__(self, folder):
        self.folder = folder
        self.home = folder / "home"
        self.started = []

    def start(self, *words):
        command = [sys.executable, "-m", "casare_robot", *map(str, words), "--json"]
        process = subprocess.Popen(
            [*command, "--home", self.home],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        self.started.append(process)
        return process

    def run(self, *words):
        """Exit code and what it printed."""
        return self.end(self.start(*words))

    def end(self, process):
        stdout, _ = process.communicate(timeout=PATIENCE)
        return process.returncode, json.loads(stdout) if stdout else None

    def append(self, text):
        return ("AppendFile", {"file_path": str(self.folder / "effects"), "content": f"{text}\n"})

    def effects(self):
        file = self.folder / "effects"
        return file.read_text().split() if file.exists() else []

    def wait_for_marker(self):
        """Until `waiting` has done its first act and the journal knows."""
        until((self.folder / "marker").exists)

    def draw(self, nodes, flow, name="job", **fields):
        return write(self.folder / f"{name}.json", nodes, flow, **fields)


def until(is_so):
    ends = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < ends
        time.sleep(0.005)


def executor_of(process):
    """The process that runs the nodes."""
    children = psutil.Process(process.pid).children()
    return next(child for child in children if "executor_main" in " ".join(child.cmdline()))


def sleepers(seconds):
    """Running `sleep` programs that were told just this."""
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if (process.info["cmdline"] or [])[1:] == [seconds]
        and process.status() != psutil.STATUS_ZOMBIE
    ]


@pytest.fixture
def robot(tmp_path):
    robot = Robot(tmp_path)
    yield robot
    for process in robot.started:
        if process.poll() is None:
            process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()


@pytest.fixture
def sleep_time():
    """An odd number of seconds that only this test sleeps."""
    return f"{600 + os.getpid() % 1000 / 1000:.3f}{time.monotonic_ns() % 1000:03d}"


def waiting(robot, seconds=600):
    """Acts, leaves a marker when that is on record, waits and acts again."""
    return robot.draw(
        {
            "s": "Start",
            "a": robot.append("a"),
            "m": ("WriteFile", {"file_path": str(robot.folder / "marker"), "content": "m"}),
            "w": ("Wait", {"duration": seconds}),
            "b": robot.append("b"),
        },
        "s > a > m > w > b",
    )


def sleeping(robot, seconds):
    return robot.draw(
        {
            "s": "Start",
            "a": robot.append("a"),
            "c": ("RunCommand", {"command": "sleep", "args": seconds, "timeout": 1000}),
            "b": robot.append("b"),
        },
        "s > a > c > b",
    )


def test_a_job_goes_on_by_itself_when_its_executor_dies(robot):
    process = robot.start("exec", waiting(robot, 4), "--job", "j")
    robot.wait_for_marker()
    executor_of(process).kill()

    code, result = robot.end(process)

    assert (code, result["status"], result["resumed"]) == (0, "completed", True)
    assert robot.effects() == ["a", "b"]


def test_a_job_goes_on_where_it_was_when_the_program_was_killed(robot):
    process = robot.start("exec", waiting(robot, 4), "--job", "j")
    robot.wait_for_marker()
    process.kill()
    process.wait()

    code, result = robot.run("exec", "--job", "j")

    assert (code, result["resumed"]) == (0, True)
    assert result["executed_nodes"] == ["s", "a", "m", "w", "b"]
    assert robot.effects() == ["a", "b"]


def test_executor_and_all_it_started_die_with_the_program(robot, sleep_time):
    process = robot.start("exec", sleeping(robot, sleep_time), "--job", "j")
    until(lambda: sleepers(sleep_time))
    executor = executor_of(process)

    process.kill()
    process.wait()

    until(lambda: not executor.is_running() and not sleepers(sleep_time))


def test_a_step_cut_short_is_listed_and_done_again_only_when_told_so(robot, sleep_time):
    process = robot.start("exec", sleeping(robot, sleep_time), "--job", "j")
    until(lambda: sleepers(sleep_time))
    process.kill()
    process.wait()

    code, result = robot.run("exec", "--job", "j")
    asked_again, same = robot.run("exec", "--job", "j")
    _, shown = robot.run("jobs", "show", "j")

    step = {"key": "j/0/c", "node_id": "c", "node_type": "RunCommandNode"}
    assert (code, asked_again) == (4, 4)
    assert result["needs_attention"] == same["needs_attention"] == [step]
    assert (shown["status"], shown["needs_attention"]) == ("needs_attention", [step])
    assert robot.run("jobs", "resolve", "j", "--as", "done", "--step", "j/0/a")[0] == 2

    code, result = robot.run("jobs", "resolve", "j", "--as", "done")

    assert (code, result["status"]) == (0, "completed")
    assert robot.effects() == ["a", "b"]


def test_one_home_has_one_owner(robot):
    file = waiting(robot)
    robot.start("exec", file, "--job", "j")
    robot.wait_for_marker()

    code, result = robot.run("exec", file, "--job", "k")

    assert (code, result["error"]["code"]) == (5, "E-DB-605")
    assert robot.effects() == ["a"]


def test_an_id_belongs_to_one_content(robot):
    first = robot.draw({"s": "Start", "a": robot.append("a")}, "s > a", name="first")
    other = robot.draw({"s": "Start", "b": robot.append("b")}, "s > b", name="other")
    robot.run("exec", first, "--job", "j")

    code, result = robot.run("exec", other, "--job", "j")

    assert (code, result["error"]["code"]) == (1, "E-JOB-209")
    assert robot.effects() == ["a"]


def test_a_job_that_ended_answers_with_its_result_and_does_not_run_again(robot):
    file = robot.draw({"s": "Start", "a": robot.append("a")}, "s > a")
    first = robot.run("exec", file, "--job", "j")

    assert robot.run("exec", file, "--job", "j") == first
    assert robot.run("exec", "--job", "j") == first
    assert robot.effects() == ["a"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda s: s.name)
def test_a_cancel_while_nothing_acts_is_clean(robot, number):
    process = robot.start("exec", waiting(robot), "--job", "j")
    robot.wait_for_marker()
    process.send_signal(number)

    code, result = robot.end(process)

    assert (code, result["status"], result["needs_attention"]) == (3, "cancelled", [])
    assert robot.effects() == ["a"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda s: s.name)
def test_a_cancel_in_the_middle_of_an_act_is_not_called_clean(robot, number, sleep_time):
    process = robot.start("exec", sleeping(robot, sleep_time), "--job", "j")
    until(lambda: sleepers(sleep_time))
    process.send_signal(number)

    code, result = robot.end(process)

    assert (code, result["status"]) == (4, "needs_attention")
    assert [step["key"] for step in result["needs_attention"]] == ["j/0/c"]
    assert not sleepers(sleep_time)


def test_a_timeout_ends_what_the_job_started(robot, sleep_time):
    process = robot.start("exec", sleeping(robot, sleep_time), "--timeout", 5)

    code, result = robot.end(process)

    assert (code, result["status"], result["error"]["code"]) == (7, "timed_out", "E-JOB-408")
    assert [step["node_id"] for step in result["needs_attention"]] == ["c"]
    assert not sleepers(sleep_time)


def test_a_timeout_ends_a_regular_expression_that_never_would(robot):
    file = robot.draw(
        {
            "s": "Start",
            "n": ("SetVariable", {"variable_name": "note", "value": "the key is {{key}}"}),
            "a": robot.append("a"),
            "r": ("RegexMatch", {"text": "a" * 64 + "!", "pattern": "(a|aa)+$"}),
        },
        "s > n > a > r",
        variables={"key": {"name": "key", "default_value": "open sesame", "sensitive": True}},
    )
    process = robot.start("exec", file, "--timeout", 5)
    until(robot.effects)
    executor = executor_of(process)

    code, result = robot.end(process)

    assert (code, result["status"], result["error"]["node_id"]) == (7, "timed_out", "r")
    assert result["variables"] == {"key": "***", "note": "the key is ***"}
    assert result["duration_ms"] < PATIENCE * 1000
    assert not executor.is_running()


@pytest.fixture
def local_robot(tmp_path):
    with LocalRobot(RobotConfig(), home=tmp_path / "home") as robot:
        yield robot


def interrupted_job(robot, tmp_path, *, steps, **fields):
    """A job that was running when the robot stopped."""
    config = {"file_path": str(tmp_path / "effects"), "content": "a\n"}
    workflow = draw({"s": "Start", "a": ("AppendFile", config)}, "s > a")
    job = Job(id=JobId("j"), workflow=json.dumps(workflow).encode(), **fields)
    robot.journal.accept(job)
    robot.journal.start(job.id)
    if steps:
        robot.journal.append(job.id, DeltaWriter().encode(Delta(count=1)))
    return job


async def test_a_job_whose_author_forbids_it_is_not_resumed(local_robot, tmp_path):
    job = interrupted_job(local_robot, tmp_path, steps=True, restartable=False)

    result = await local_robot.run(job)

    assert (result.status, result.error.code) == ("failed", "E-JOB-410")
    assert local_robot.journal.status(job.id) == "failed"
    assert not (tmp_path / "effects").exists()


async def test_a_job_without_checkpoints_is_not_begun_twice(local_robot, tmp_path):
    job = interrupted_job(local_robot, tmp_path, steps=False, checkpoint_enabled=False)

    result = await local_robot.run(job)

    assert (result.status, result.error.code) == ("failed", "E-JOB-410")
    assert not (tmp_path / "effects").exists()


async def test_a_job_that_had_done_nothing_begins_again(local_robot, tmp_path):
    job = interrupted_job(local_robot, tmp_path, steps=False)

    result = await local_robot.run(job)

    assert result.status == "completed"
    assert (tmp_path / "effects").read_text() == "a\n"


async def test_a_job_cancelled_before_its_executor_started_does_nothing(local_robot, tmp_path):
    job = interrupted_job(local_robot, tmp_path, steps=False)
    local_robot.executor.cancel(job.id)

    result = await local_robot.run(job)

    assert result.status == "cancelled"
    assert not (tmp_path / "effects").exists()


async def test_a_number_of_any_size_reaches_its_workflow(tmp_path) -> None:
    job = Job(
        id=JobId("j"),
        workflow=json.dumps(draw({"s": "Start"}, "s")).encode(),
        variables={"large": 10**30, "odd": "\ud800"},
    )
    executor = JobExecutor(executor_command(), steps=None, policy=lambda _: Policy())

    result = await executor.execute(job)

    assert result.variables["large"] == 10**30


async def test_a_cancel_that_comes_after_the_end_is_not_kept_for_the_next_execution():
    job = Job(id=JobId("j"), workflow=json.dumps(draw({"s": "Start"}, "s")).encode())
    executor = JobExecutor(executor_command(), steps=None, policy=lambda _: Policy())

    first = await executor.execute(job)
    executor.cancel(job.id)
    second = await executor.execute(job)

    assert (first.status, second.status) == ("completed", "completed")
    executor.close()
