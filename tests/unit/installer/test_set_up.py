"""The set-up's word to a robot that runs; jobs come first."""

import asyncio
import base64
import importlib.util
import json
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from casare_robot.domain.robot_status import RobotState

FILE = Path(__file__).parents[3] / "installer" / "windows" / "set_up.py"


@pytest.fixture
def set_up():
    spec = importlib.util.spec_from_file_location("set_up_under_test", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Robot:
    """Has jobs for so many looks; after that it is idle."""

    def __init__(self, looks: int, state: RobotState = RobotState.EXECUTING) -> None:
        self.looks = looks
        self.state = state
        self.told: list[str] = []

    async def status(self):
        self.looks -= 1
        return SimpleNamespace(
            jobs=("job",) if self.looks >= 0 else (),
            state=self.state,
            paused_until=None,
            note="lunch",
        )

    async def drain(self) -> None:
        self.told.append("drain")

    async def resume(self) -> None:
        self.told.append("resume")

    async def pause(self, until, note) -> None:
        self.told.append(f"pause: {note}")


def finish(set_up, robot: Robot, patience: float) -> int:
    set_up.LOOK_EVERY = 0.0
    return asyncio.run(set_up._finish(robot, patience))


def test_no_job_begins_at_a_robot_without_jobs_before_it_has_left(set_up) -> None:
    robot = Robot(looks=0)

    assert finish(set_up, robot, 0.0) == 0
    assert robot.told == ["drain"]


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (RobotState.EXECUTING, ["drain", "resume"]),
        (RobotState.PAUSED, ["drain", "resume", "pause: lunch"]),
        (RobotState.DRAINING, ["drain"]),
    ],
)
def test_a_robot_whose_jobs_outlast_the_patience_goes_on_as_before(set_up, state, told) -> None:
    robot = Robot(looks=10**9, state=state)

    assert finish(set_up, robot, 0.0) == 1
    assert robot.told == told


def test_jobs_that_end_in_time_are_waited_for_and_no_others_begin(set_up) -> None:
    robot = Robot(looks=3)

    assert finish(set_up, robot, 60.0) == 0
    assert robot.told == ["drain"]


def test_what_a_killed_robot_left_behind_stops_nobody(set_up, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("CASARE_ROBOT_HOME", str(tmp_path))
    memory = tmp_path / "data"
    for name in ("control/key", "control/lock", "journal.lock", "tray/face"):
        (memory / name).parent.mkdir(parents=True, exist_ok=True)
        (memory / name).write_bytes(b"x" * 32)

    assert set_up.main(["leave"]) == 0


def test_who_holds_the_journal_is_waited_for(set_up, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("CASARE_ROBOT_HOME", str(tmp_path))
    monkeypatch.setattr(set_up, "LEAVES_WITHIN", 0.0)
    (tmp_path / "data").mkdir()
    lock = set_up.FileLock(tmp_path / "data" / "journal.lock")
    assert lock.acquire()

    assert set_up.main(["leave"]) == 1
    lock.release()
    assert "does not end" in capsys.readouterr().out
    assert set_up.main(["leave"]) == 0


@pytest.mark.parametrize(
    "words",
    [
        ["/S", "/ENROLL=wss://robots#ABCD", "/CONFIG=C:\\my desk.json"],
        ["/S", '/enroll="wss://robots#ABCD"', '/Config="C:\\my desk.json"'],
    ],
)
def test_an_option_is_read_with_its_quotes_or_without(set_up, words, monkeypatch) -> None:
    taken = []
    monkeypatch.setattr(set_up, "begin", lambda given, _: taken.extend(given.options) or 0)

    assert set_up.main(["begin", "--bin", "b", "--autostart", "off", "--options", *words]) == 0

    assert set_up.option("ENROLL", taken) == "wss://robots#ABCD"
    assert set_up.option("CONFIG", taken) == r"C:\my desk.json"
    assert set_up.option("AUTOSTART", taken) == ""


class Process:
    """One of another program, or of nobody's business."""

    def __init__(self, *words: str, error: Exception | None = None) -> None:
        self.words, self.error = list(words), error

    def cmdline(self) -> list[str]:
        if self.error:
            raise self.error
        return self.words


def test_a_robot_without_a_tray_is_started_as_it_was(set_up) -> None:
    others = [
        Process(error=psutil.AccessDenied(4)),
        Process(),
        Process(r"C:\Windows\notepad.exe", "run"),
        Process(r"C:\R\casare-robot.exe", "--executor"),
        Process(r"C:\R\casare-robot.exe", "run", "--home=D:\\other"),
    ]
    robot = Process(r"C:\R\Casare-Robot.exe", "run", "--group", "büro 7")

    assert set_up.words_of_robot([*others, robot]) == ["run", "--group", "büro 7"]
    assert set_up.words_of_robot(others) == ["run"]


@pytest.mark.skipif(sys.platform == "win32", reason="its programs are shell scripts")
def test_robot_and_tray_come_back_with_the_words_they_had(set_up, tmp_path) -> None:
    for name in ("casare-robot.exe", "CasareRobot.exe"):
        program = tmp_path / name
        program.write_text(f'#!/bin/sh\necho {name} "$@"\n')
        program.chmod(0o755)
    left = base64.b64encode(json.dumps([["tray", "--hidden"], ["run", "--group", "b 7"]]).encode())
    places = set_up.find_places(tmp_path)

    for program in set_up.again(tmp_path, left.decode(), places):
        while program.exit_code() is None:
            time.sleep(0.01)

    assert (places.logs / "run_output.txt").read_text() == "casare-robot.exe run --group b 7\n"
    assert (places.logs / "tray_output.txt").read_text() == "CasareRobot.exe tray --hidden\n"


@pytest.mark.skipif(sys.platform == "win32", reason="ends the robot of this user")
def test_where_nothing_runs_nothing_has_to_leave(set_up, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("CASARE_ROBOT_HOME", str(tmp_path))

    assert set_up.main(["leave"]) == 0
