"""From a code to a robot at work: the orchestrator, the commands and the robot, each a process."""

import json
import os
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
    process.communicate(timeout=30)


def ask(orchestrator, path, said=None):
    request = urllib.request.Request(
        f"{orchestrator['url']}/api/v1/{path}",
        data=None if said is None else json.dumps(said).encode(),
        headers={"Authorization": f"Bearer {orchestrator['admin_key']}"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


@pytest.mark.skipif(sys.platform == "win32", reason="ends its processes by signals")
def test_a_code_makes_a_robot_that_is_let_in_by_its_own_key(orchestrator, tmp_path) -> None:
    home = tmp_path / "robot"
    code = ask(orchestrator, "enrollment-codes", {})["code"]

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
    robot.communicate(timeout=30)

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
