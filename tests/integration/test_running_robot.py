"""Commands to a running robot, as a person meets them: two real processes and a socket."""

import json
import os
import re
import signal
import subprocess
import sys
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest

from tests.integration.test_command_line import appear

ROOT = Path(__file__).parents[2]
GREETING = ROOT / "resources" / "examples" / "greeting.json"
SAY_AND_WAIT = ("say", "LogNode", {"message": "hi"}), ("w", "WaitNode", {"duration": 600})


def start(*arguments, home):
    return subprocess.Popen(
        [sys.executable, "-m", *map(str, arguments)],
        env={
            **os.environ,
            "CASARE_ROBOT_HOME": str(home),
            "PYTHONPATH": str(ROOT),
            "PYTHONUTF8": "1",
            "ROBOT_NAME": "Small",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def run(*arguments, home):
    process = start("casare_robot", *arguments, home=home)
    out, err = process.communicate(timeout=60)
    assert "Traceback" not in out + err, out + err
    return subprocess.CompletedProcess(arguments, process.returncode, out, err)


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


@pytest.fixture
def robot(home):
    process = start("casare_robot", "run", home=home)
    appear(home / "data" / "control" / "key")
    yield process
    process.kill()
    process.communicate()


@pytest.fixture
def chain(tmp_path):
    def make(name, *nodes):
        """A workflow file of nodes in a row: (id, type, config)."""
        file = tmp_path / f"{name}.json"
        wires = [
            {
                "source_node": one[0],
                "source_port": "exec_out",
                "target_node": other[0],
                "target_port": "exec_in",
            }
            for one, other in pairwise(nodes)
        ]
        listed = {i: {"node_id": i, "node_type": t, "config": c} for i, t, c in nodes}
        workflow = {"metadata": {"name": name}, "nodes": listed, "connections": wires}
        file.write_text(json.dumps(workflow | {"variables": {}}))
        return file

    return make


def test_the_doctor_asks_the_running_robot_what_its_workflows_lack(robot, home) -> None:
    before = run("doctor", home=home)
    run("exec", GREETING, home=home)
    after = run("doctor", home=home)

    assert "extras       no job yet" in before.stdout
    assert "extras       nothing is missing for the workflow seen so far" in after.stdout


def test_exec_hands_its_job_to_the_robot_that_owns_the_home(robot, home) -> None:
    told = run("exec", GREETING, "--job", "a", "--var", "name=Ada", home=home)
    again = run("exec", GREETING, "--job", "a", "--var", "name=Ada", "--json", home=home)
    by_id = run("exec", "--job", "a", "--json", home=home)

    assert told.returncode == again.returncode == by_id.returncode == 0
    assert told.stdout.startswith("completed: 4 nodes in ")
    assert "Hello Ada!" in told.stderr
    assert json.loads(again.stdout)["variables"]["greeting"] == "Hello Ada!"
    assert json.loads(by_id.stdout) == json.loads(again.stdout)


def test_exec_gives_the_same_result_with_a_running_robot_as_without(robot, home, tmp_path) -> None:
    with_it = json.loads(run("exec", GREETING, "--job", "a", "--json", home=home).stdout)
    here = json.loads(run("exec", GREETING, "--job", "a", "--json", home=tmp_path / "b").stdout)

    for result in (with_it, here):
        result.pop("duration_ms")
    assert with_it == here


@pytest.mark.parametrize(
    ("arguments", "code", "named"),
    [
        (("exec", "--job", "nobody"), 2, "E-USAGE-2"),
        (("jobs", "show", "nobody"), 1, "E-JOB-404"),
        (("jobs", "retry", "nobody"), 1, "E-JOB-404"),
        (("cancel", "nobody"), 1, "E-JOB-404"),
        (("reconnect",), 2, "E-USAGE-2"),
        (("pause", "--for", "soon"), 2, "E-USAGE-2"),
        (("pause", "--until", "25:00"), 2, "E-USAGE-2"),
        (("pause", "--until", "17:00", "--for", "1h"), 2, "E-USAGE-2"),
    ],
)
def test_what_the_running_robot_refuses_is_told_as_without_it(
    robot, home, arguments, code, named
) -> None:
    ended = run(*arguments, home=home)

    assert ended.returncode == code
    assert ended.stderr.startswith(f"{named} ")
    assert ended.stderr.count("\n") == 1


def test_a_failing_job_ends_exec_with_1_and_a_wrong_file_with_2(robot, home, chain) -> None:
    throw = chain("throw", ("t", "ThrowErrorNode", {"error_message": "the till is empty"}))
    wrong = chain("wrong", ("t", "NoSuchNode", {}))

    failed = run("exec", throw, "--json", home=home)
    refused = run("exec", wrong, "--json", home=home)

    assert (failed.returncode, refused.returncode) == (1, 2)
    assert json.loads(failed.stdout)["error"]["node_id"] == "t"
    assert json.loads(refused.stdout)["error"]["code"].startswith("E-WF-")


@pytest.mark.skipif(sys.platform == "win32", reason="a Ctrl+C cannot be sent to one process there")
def test_ctrl_c_cancels_the_job_at_the_running_robot(robot, home, chain) -> None:
    wait = chain(
        "wait", ("say", "LogNode", {"message": "hi"}), ("w", "WaitNode", {"duration": 600})
    )
    process = start("casare_robot", "exec", wait, "--job", "w", "--json", home=home)
    while "hi" not in process.stderr.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)

    assert process.returncode == 3, err
    assert json.loads(out)["status"] == "cancelled"
    assert json.loads(run("status", "--json", home=home).stdout)["jobs"] == []


def test_a_job_is_cancelled_by_another_command(robot, home, chain) -> None:
    wait = chain(
        "wait", ("say", "LogNode", {"message": "hi"}), ("w", "WaitNode", {"duration": 600})
    )
    process = start("casare_robot", "exec", wait, "--job", "w", home=home)
    while "hi" not in process.stderr.readline():
        assert process.poll() is None
    shown = run("status", home=home)
    cancelled = run("cancel", "w", home=home)
    process.communicate(timeout=60)

    assert "1 of 1 running" in shown.stdout
    assert re.search(r"^  w  .*wait", shown.stdout, re.MULTILINE)
    assert cancelled.returncode == 0
    assert process.returncode == 3


def test_a_robot_that_is_killed_in_the_middle_ends_exec_with_6_and_the_job_goes_on_later(
    robot, home, chain
) -> None:
    wait = chain(
        "wait", ("say", "LogNode", {"message": "hi"}), ("w", "WaitNode", {"duration": 600})
    )
    process = start("casare_robot", "exec", wait, "--job", "w", home=home)
    while "hi" not in process.stderr.readline():
        assert process.poll() is None
    robot.kill()
    _, err = process.communicate(timeout=60)
    listed = run("jobs", "list", "--json", home=home)

    assert process.returncode == 6
    assert err.splitlines()[-1].startswith("E-CTL-503 ")
    assert json.loads(listed.stdout)[0]["status"] == "running"


def test_jobs_asks_the_running_robot(robot, home) -> None:
    run("exec", GREETING, "--job", "a", home=home)

    listed = run("jobs", "list", "--json", home=home)
    shown = run("jobs", "show", "a", home=home)
    again = run("jobs", "retry", "a", "--json", home=home)

    assert [entry["job_id"] for entry in json.loads(listed.stdout)] == ["a"]
    assert shown.stdout.splitlines()[1].startswith("completed: 4 nodes")
    assert again.returncode == 0
    assert json.loads(again.stdout)["job_id"] != "a"


def test_the_running_robot_goes_on_where_a_job_failed(robot, home, chain, tmp_path) -> None:
    effects = tmp_path / "effects"
    file = chain(
        "failing",
        ("a", "AppendFileNode", {"file_path": str(effects), "content": "a\n"}),
        ("r", "ReadFileNode", {"file_path": str(tmp_path / "missing")}),
        ("b", "AppendFileNode", {"file_path": str(effects), "content": "b\n"}),
    )
    failed = run("exec", file, "--job", "f", home=home)
    (tmp_path / "missing").touch()

    again = run("jobs", "retry", "f", "--from", "failed", "--json", home=home)
    shown = json.loads(run("jobs", "show", "f", "--json", home=home).stdout)

    assert (failed.returncode, again.returncode) == (1, 0)
    assert effects.read_text().split() == ["a", "b"]
    assert [time["node_id"] for time in shown["times"]] == ["a", "r"]


def test_pause_tells_its_end_and_note_and_resume_ends_it(robot, home) -> None:
    paused = run("pause", "--for", "1h", "--note", "lunch", home=home)
    status = json.loads(run("status", "--json", home=home).stdout)
    told = run("status", home=home).stdout.splitlines()[0]
    resumed = run("resume", home=home)
    after = json.loads(run("status", "--json", home=home).stdout)
    drained = run("drain", "--json", home=home)
    last = json.loads(run("status", "--json", home=home).stdout)

    assert paused.stdout.startswith("paused until ")
    assert (status["state"], status["note"]) == ("paused", "lunch")
    span = datetime.fromisoformat(status["paused_until"]) - datetime.now().astimezone()
    assert 3000 < span.total_seconds() < 3601
    assert told.startswith("Small: paused for ")
    assert told.endswith("(lunch)")
    assert resumed.returncode == drained.returncode == 0
    assert (after["state"], last["state"]) == ("idle", "draining")
    assert json.loads(drained.stdout)["done"] is True


def test_a_changed_setting_reaches_the_running_robot(robot, home) -> None:
    at_once = run("config", "set", "max_concurrent_jobs", "3", home=home)
    status = json.loads(run("status", "--json", home=home).stdout)
    later = run("config", "set", "environment", "test", home=home)

    assert at_once.returncode == 0
    assert at_once.stderr == "the running robot goes by the new settings\n"
    assert status["max_concurrent_jobs"] == 3
    assert later.returncode == 0
    assert later.stderr == "the running robot needs a restart for: environment\n"


def test_stop_lets_the_robot_leave(robot, home) -> None:
    ended = run("stop", home=home)
    robot.communicate(timeout=60)

    assert ended.returncode == 0
    assert robot.returncode == 0
    assert run("status", home=home).returncode == 6


def test_a_job_for_a_paused_robot_says_why_it_waits_and_is_run_later(robot, home) -> None:
    run("pause", home=home)
    process = start("casare_robot", "exec", GREETING, "--job", "a", home=home)
    waits = process.stderr.readline()
    run("resume", home=home)
    process.communicate(timeout=60)

    assert waits.startswith("the job waits: ")
    assert process.returncode == 0


def test_doctor_and_audit_ask_the_running_robot(robot, home) -> None:
    run("exec", GREETING, home=home)

    findings = json.loads(run("doctor", "--json", home=home).stdout)["findings"]
    audit = run("audit", "verify", home=home)

    told = {finding["check"]: finding for finding in findings}
    assert told["robot"]["state"] == "ok"
    assert "a robot works with it" in told["database"]["message"]
    assert (audit.returncode, audit.stdout) == (0, "the audit is whole\n"), audit.stderr


def test_metrics_are_what_the_robot_has_summed_up(robot, home) -> None:
    run("exec", GREETING, home=home)

    figures = dict(line.split(maxsplit=1) for line in run("metrics", home=home).stdout.splitlines())
    assert (figures["jobs.completed"], figures["jobs.success_rate"]) == ("1", "100.0%")
    assert figures["processes.agent.memory"].endswith(" MB")
    assert json.loads(run("metrics", "--json", home=home).stdout)["jobs"]["completed"] == 1


def test_watching_tells_each_event_in_a_line_until_the_robot_leaves(robot, home) -> None:
    plain = start("casare_robot", "status", "--watch", home=home)
    told = start("casare_robot", "status", "--watch", "--json", home=home)
    first, second = plain.stdout.readline(), told.stdout.readline()
    run("exec", GREETING, "--job", "a", home=home)
    run("stop", home=home)
    out, err = plain.communicate(timeout=60)
    events = [json.loads(line) for line in told.communicate(timeout=60)[0].splitlines()]

    assert "  idle, link local" in first
    assert json.loads(second)["status"]["name"] == "Small"
    lines = [line.split("  ", 1)[1] for line in out.splitlines()]
    assert "a  began  greeting" in lines
    assert "a  [INFO] Hello World!" in lines
    assert "a  completed" in lines
    assert lines[-1].startswith("stopping")
    assert err == "E-CTL-503 the robot has left\n"
    assert plain.returncode == told.returncode == 6
    *heard, left = events
    states = [it["status"]["state"] for it in heard if it["type"] == "status_changed"]
    assert states[-1] == "stopping"
    assert left["error"]["code"] == "E-CTL-503"


@pytest.mark.parametrize(
    "asked",
    [
        ("status",),
        ("status", "--watch"),
        ("pause",),
        ("resume",),
        ("drain",),
        ("stop",),
        ("reconnect",),
        ("cancel", "a"),
        ("metrics",),
    ],
)
def test_without_a_running_robot_a_command_ends_with_6_and_says_what_to_do(home, asked) -> None:
    ended = run(*asked, home=home)
    as_json = run(*asked, "--json", home=home)

    assert ended.returncode == as_json.returncode == 6
    assert ended.stdout == ""
    assert ended.stderr.startswith("E-CTL-503 no robot runs here")
    assert "casare-robot run" in ended.stderr
    assert json.loads(as_json.stdout)["error"]["code"] == "E-CTL-503"


def test_a_dead_robots_traces_do_not_keep_commands_from_working(robot, home) -> None:
    run("exec", GREETING, "--job", "a", home=home)
    robot.kill()
    robot.communicate()

    ended = run("exec", GREETING, "--job", "b", home=home)
    listed = run("jobs", "list", "--json", home=home)

    assert ended.returncode == 0
    assert [entry["job_id"] for entry in json.loads(listed.stdout)] == ["b", "a"]
