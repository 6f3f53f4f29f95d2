"""Questions at a real terminal, and by command."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.workflow_builder import log, node, workflow

pytestmark = pytest.mark.skipif(os.name == "nt", reason="a pseudo terminal of POSIX")
ROOT = Path(__file__).parents[2]
PATIENCE = 60
ASK = workflow(
    "s > a > p > b; a.value > b.message",
    a=node("InputDialog", title="Name", prompt="Who?"),
    p=node("CredentialDialog", title="Login", show_remember=False),
    b=log(""),
)
BOX = workflow(
    "s > a > b; a.result > b.message",
    a=node("MessageBox", title="Pay?", buttons="yes_no"),
    b=log(""),
)


class OnTerminal:
    """A command at a pseudo terminal of its own; standard output apart."""

    def __init__(self, *words, home):
        import pty

        self.terminal, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "casare_robot", *map(str, words)],
            env=surroundings(home),
            stdin=theirs,
            stderr=theirs,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        os.close(theirs)
        os.set_blocking(self.terminal, False)
        self.seen = ""

    def sees(self, words):
        end = time.monotonic() + PATIENCE
        while words not in plain(self.seen):
            try:
                self.seen += os.read(self.terminal, 65536).decode(errors="replace")
            except (BlockingIOError, OSError):
                time.sleep(0.02)
            assert time.monotonic() < end, f"never {words!r}: {self.seen}"

    def types(self, line):
        os.write(self.terminal, f"{line}\n".encode())

    def ends(self):
        out, _ = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, out


def plain(text):
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


def surroundings(home):
    return {
        **os.environ,
        "CASARE_ROBOT_HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "PYTHONUTF8": "1",
        "CASARE_ROBOT_UNATTENDED_AFTER": "600",
    }


def run(*words, home, given=""):
    return subprocess.run(
        [sys.executable, "-m", "casare_robot", *map(str, words)],
        env=surroundings(home),
        input=given,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


@pytest.fixture
def save(tmp_path):
    def write(file):
        path = tmp_path / "ask.json"
        path.write_text(json.dumps(file))
        return path

    return write


@pytest.fixture
def robot(home):
    process = subprocess.Popen(
        [sys.executable, "-m", "casare_robot", "run"],
        env=surroundings(home),
        stderr=subprocess.DEVNULL,
    )
    end = time.monotonic() + PATIENCE
    while not (home / "data" / "control" / "key").exists():
        assert time.monotonic() < end
        time.sleep(0.02)
    yield process
    process.kill()
    process.wait()


@pytest.fixture
def at_terminal(home):
    started = []

    def start(*words):
        started.append(OnTerminal(*words, home=home))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.communicate()
        os.close(one.terminal)


def asked(home):
    end = time.monotonic() + PATIENCE
    while not (found := json.loads(run("questions", "list", "--json", home=home).stdout)):
        assert time.monotonic() < end
    return found[0]


def test_exec_asks_at_its_terminal_and_never_shows_a_password(at_terminal, save) -> None:
    shown = at_terminal("exec", save(ASK), "--json")

    shown.sees("Who?")
    shown.types("Ada")
    shown.sees("Username")
    shown.types("ada")
    shown.sees("Password")
    shown.types("hunter2-secret")
    code, out = shown.ends()

    assert code == 0, shown.seen
    result = json.loads(out)
    assert result["log"][0]["message"] == "Ada"
    assert result["outputs"]["p"] == {
        "username": "ada",
        "password": "***",
        "remember": False,
        "confirmed": True,
    }
    assert "hunter2" not in shown.seen + out


def test_exec_without_a_terminal_says_that_nobody_is_there(home, save) -> None:
    ended = run("exec", save(BOX), home=home)

    assert ended.returncode == 1
    assert "nobody is there to answer 'Pay?'" in ended.stdout


def test_exec_asks_at_its_terminal_what_the_running_robot_asks(robot, at_terminal, save) -> None:
    shown = at_terminal("exec", save(BOX))

    shown.sees("Pay?")
    shown.types("y")
    code, out = shown.ends()

    assert code == 0, shown.seen + out


def test_a_question_is_listed_and_answered_by_command(robot, home, save) -> None:
    running = subprocess.Popen(
        [sys.executable, "-m", "casare_robot", "exec", str(save(ASK)), "--json"],
        env=surroundings(home),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    first = asked(home)
    listed = run("questions", "list", home=home).stdout
    status = run("status", home=home).stdout
    wrong = run("questions", "answer", first["id"], "--field", "x=1", home=home)
    answered = run("questions", "answer", first["id"][:4], "Ada", home=home)
    while (second := asked(home))["id"] == first["id"]:
        continue
    given = run(
        "questions",
        "answer",
        second["id"],
        "--field",
        "username=ada",
        home=home,
        given="hunter2-s\n",
    )
    out, _ = running.communicate(timeout=PATIENCE)

    assert "Name" in listed
    assert "--field value=" in listed
    assert "waits for you: Name" in status
    assert (wrong.returncode, answered.returncode, given.returncode) == (2, 0, 0), given.stderr
    assert json.loads(out)["status"] == "completed"
    assert json.loads(out)["log"][0]["message"] == "Ada"
    assert "hunter2" not in out


def test_a_terminal_that_attends_is_asked_what_any_job_asks(robot, at_terminal, home, save) -> None:
    shown = at_terminal("questions", "attend")
    shown.sees("Ctrl+C leaves")
    running = subprocess.Popen(
        [sys.executable, "-m", "casare_robot", "exec", str(save(BOX))],
        env=surroundings(home),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    shown.sees("Pay?")
    shown.types("perhaps")
    shown.sees("say one of yes, no")
    shown.types("no")

    assert running.wait(PATIENCE) == 0


def test_an_answer_to_what_nobody_asks_is_refused(robot, home) -> None:
    ended = run("questions", "answer", "abc", "yes", home=home)

    assert ended.returncode == 1
    assert "is not open" in ended.stderr
