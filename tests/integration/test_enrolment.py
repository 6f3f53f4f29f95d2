"""From a code to a robot at work: the orchestrator, the commands and the robot, each a process."""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NO_KEYRING = "keyring.backends.null.Keyring"


def start(*arguments, home):
    known = {k: v for k, v in os.environ.items() if not k.upper().startswith("CASARE_")}
    return subprocess.Popen(
        [sys.executable, "-m", "casare_robot", *map(str, arguments)],
        env={
            **known,
            "CASARE_ROBOT_HOME": str(home),
            "PYTHONPATH": str(ROOT),
            "PYTHONUTF8": "1",
            "PYTHON_KEYRING_BACKEND": NO_KEYRING,
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def run(*arguments, home, said=""):
    process = start(*arguments, home=home)
    out, err = process.communicate(said, timeout=60)
    assert "Traceback" not in out + err, out + err
    return subprocess.CompletedProcess(arguments, process.returncode, out, err)


@pytest.fixture
def orchestrator(tmp_path):
    """What it says of itself: where it is, its admin key."""
    process = start("orchestrator", "--port", 0, "--data", tmp_path / "o", "--json", home=tmp_path)
    said = ""
    while not said.endswith("}\n"):
        line = process.stdout.readline()
        assert line, process.stderr.read()
        said += line
    yield json.loads(said)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)


def ask(orchestrator, path, said=None):
    request = urllib.request.Request(
        f"{orchestrator['url']}/api/v1/{path}",
        data=None if said is None else json.dumps(said).encode(),
        headers={"Authorization": f"Bearer {orchestrator['admin_key']}"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


@pytest.mark.skipif(sys.platform == "win32", reason="ends its processes by signals")
def test_a_code_may_make_a_robot_a_member_of_a_group(orchestrator, tmp_path) -> None:
    words = ("--group", "invoices", "--role", "passive", "--json")
    made = run("orchestrator", "code", "--data", tmp_path / "o", *words, home=tmp_path / "robot")
    code = json.loads(made.stdout)["code"]
    enrolled = run("enroll", code, "--to", orchestrator["url"], home=tmp_path / "robot")
    shown = run("config", "show", "--json", home=tmp_path / "robot")
    settings = json.loads(shown.stdout)["settings"]

    assert enrolled.returncode == 0, enrolled.stderr
    assert settings["group"]["value"] == "invoices"
    assert settings["group_role"]["value"] == "passive"


@pytest.mark.skipif(sys.platform == "win32", reason="ends its processes by signals")
def test_a_code_makes_a_robot_that_is_let_in_by_its_own_key(orchestrator, tmp_path) -> None:
    home = tmp_path / "robot"
    made = run("orchestrator", "code", "--data", tmp_path / "o", "--json", home=home)
    code = json.loads(made.stdout)["code"]

    enrolled = run("enroll", "--to", orchestrator["url"], home=home, said=f"{code}\n")
    used = run("enroll", code, "--to", orchestrator["url"], "--yes", home=home)
    shown = json.loads(run("config", "show", "--json", home=home).stdout)["settings"]
    robot = start("run", home=home)
    deadline = time.monotonic() + 60
    while not (seen := ask(orchestrator, "robots")["robots"]) and time.monotonic() < deadline:
        time.sleep(0.1)
    told = run("config", "set", "max_concurrent_jobs", "2", home=home)
    later = run("config", "set", "environment", "test", home=home)
    status = json.loads(run("status", "--json", home=home).stdout)
    run("stop", "--now", home=home)
    robot.communicate(timeout=60)

    assert enrolled.returncode == 0, enrolled.stderr
    assert "there is no keyring here" in enrolled.stderr
    assert used.returncode == 1
    assert "used" in used.stderr
    assert shown["api_key"]["source"].endswith("robot.json")
    assert status["robot_id"] == shown["robot_id"]["value"]
    assert status["max_concurrent_jobs"] == 2
    assert "the running robot goes by the new settings" in told.stderr
    assert "needs a restart for: environment" in later.stderr
    assert [one["robot_id"] for one in seen] == [status["robot_id"]]


@pytest.mark.skipif(sys.platform == "win32", reason="ends its processes by signals")
def test_what_the_code_command_prints_can_be_pasted(orchestrator, tmp_path) -> None:
    told = run("orchestrator", "code", "--robot", "till-7", "--data", tmp_path / "o", home=tmp_path)
    pasted = next(line.split()[1:] for line in told.stdout.splitlines() if " enroll " in line)
    enrolled = run(*pasted, home=tmp_path / "robot")

    assert (told.returncode, enrolled.returncode) == (0, 0), told.stderr + enrolled.stderr
    assert "this robot is till-7 at ws://127.0.0.1:" in enrolled.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="ends its processes by signals")
def test_what_the_code_command_says_as_json_is_an_invitation(orchestrator, tmp_path) -> None:
    key = orchestrator["admin_key"]
    words = ("--to", orchestrator["url"], "--api-key", key, "--json")
    made = run("orchestrator", "code", *words, home=tmp_path / "robot")
    (tmp_path / "invitation.json").write_text(made.stdout)
    enrolled = run("enroll", "--file", tmp_path / "invitation.json", home=tmp_path / "robot")

    assert enrolled.returncode == 0, enrolled.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="ends its processes by signals")
def test_a_code_is_not_made_for_strangers_nor_where_there_is_no_orchestrator(
    orchestrator, tmp_path
) -> None:
    to = ("orchestrator", "code", "--to")
    stranger = run(*to, orchestrator["url"], home=tmp_path / "robot")
    robot = run(*to, orchestrator["url"], "--api-key", orchestrator["robot_key"], home=tmp_path)
    none = run("orchestrator", "code", home=tmp_path / "nothing" / "here")
    away = run(*to, "http://127.0.0.1:9", "--api-key", "k", home=tmp_path)

    assert [one.returncode for one in (stranger, robot, none, away)] == [1, 1, 2, 6]
    assert "E-AUTH" in stranger.stderr
    assert "--to" in none.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="ends its processes by signals")
def test_an_orchestrator_says_how_its_first_robot_comes_in(tmp_path) -> None:
    process = start("orchestrator", "--port", 0, "--data", tmp_path / "an o", home=tmp_path)
    lines = iter(process.stdout.readline, "Ctrl+C ends it; nothing is lost.\n")
    said = [shlex.split(line)[1:] for line in lines]
    first = next(words for words in said if "enroll" in words)[1:]
    more = next(words for words in said if "code" in words)[1:]
    enrolled = run(*first, home=tmp_path / "robot")
    made = run(*more, home=tmp_path)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)

    assert (enrolled.returncode, made.returncode) == (0, 0), enrolled.stderr + made.stderr
