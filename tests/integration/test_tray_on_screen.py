"""The icon in a real tray on a real screen: what is seen, clicked and typed."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from casare_robot.tray.views.looks import DRAWINGS, Look
from tests.real_screen import SIZE, RealScreen, missing
from tests.workflow_builder import log, node, workflow

ROOT = Path(__file__).parents[2]
PATIENCE = 60
PLACE = (SIZE[0] - 16, SIZE[1] - 16)
"""The middle of the only icon in the tray."""

pytestmark = [
    pytest.mark.skipif(bool(missing()), reason=f"not installed: {', '.join(missing())}"),
    pytest.mark.skipif(sys.platform != "linux", reason="Xvfb"),
]


def until(condition, what):
    end = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(0.05)
    return found


@pytest.fixture
def screen(tmp_path):
    made = RealScreen(tmp_path)
    yield made
    made.close()


class Tray:
    """The program on the screen, and its robot."""

    def __init__(self, screen, home):
        self.screen = screen
        self.programs = []
        self.surroundings = {
            "CASARE_ROBOT_HOME": str(home),
            "PYTHONPATH": str(ROOT),
            "QT_QPA_PLATFORM": "xcb",
        }

    def start(self, *words):
        command = (sys.executable, "-m", "casare_robot", "tray", *words)
        self.programs.append(self.screen.start(*command, **self.surroundings))
        return self.programs[-1]

    def end(self):
        """End the tray, so that it starts no robot, and then the robot."""
        for program in self.programs:
            program.kill()
            program.wait()

        def left():
            self.ask("stop", "--now")
            return self.state() is None

        until(left, "the robot leaves")

    def ask(self, *words):
        answer = subprocess.run(
            [sys.executable, "-m", "casare_robot", *words],
            env={**os.environ, **self.surroundings},
            capture_output=True,
            text=True,
            check=False,
        )
        return answer.stdout

    def state(self):
        said = self.ask("status", "--json")
        return json.loads(said).get("state") if said.strip() else None

    def shows(self, look):
        """Whether the icon's ground has the colour of a look."""
        colour = DRAWINGS[look].colour
        wanted = tuple(int(colour[place : place + 2], 16) for place in (1, 3, 5))
        x, y = PLACE
        around = [(x, y - 8), (x, y + 8), (x - 8, y), (x + 8, y)]
        found = [self.screen.colour_at(*place) for place in around]
        return (
            sum(all(abs(a - b) < 40 for a, b in zip(dot, wanted, strict=True)) for dot in found)
            >= 2
        )

    def chooses(self, *keys):
        """Open the menu by a right click, and choose by the keyboard."""
        self.screen.do("mousemove", *PLACE)
        self.screen.do("click", 3)
        time.sleep(0.7)  # a menu grabs the keyboard some time after it is shown
        for key in keys:
            self.screen.do("key", key)
            time.sleep(0.1)
        self.screen.do("mousemove", 10, 10)  # off the icon, whose tooltip would cover it


@pytest.fixture
def tray(screen, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    made = Tray(screen, home)
    yield made
    made.end()


def test_the_menu_does_what_it_says(tray, screen) -> None:
    screen.show_tray()
    program = tray.start("--hidden")
    until(lambda: tray.shows(Look.IDLE), "a green icon")

    tray.chooses("Down", "Down", "Down", "Down", "Right", "End", "Return")
    until(lambda: tray.state() == "paused", "the robot is paused")
    until(lambda: tray.shows(Look.PAUSED), "a grey icon")

    tray.chooses("Down", "Down", "Down", "Down", "Return")
    until(lambda: tray.state() == "idle", "the robot goes on")
    until(lambda: tray.shows(Look.IDLE), "a green icon again")

    tray.chooses("Down", "Return")
    until(lambda: screen.windows("Casare Robot"), "the main window")

    tray.chooses("Up", "Return")
    assert program.wait(PATIENCE) == 0
    until(lambda: tray.state() is None, "the robot has left with the tray")


def test_a_tray_that_appears_late_gets_the_icon(tray, screen) -> None:
    tray.start("--hidden")
    until(lambda: tray.state() == "idle", "the robot runs")
    assert screen.windows("Casare Robot") == []

    screen.show_tray()

    until(lambda: tray.shows(Look.IDLE), "a green icon")


def test_a_tray_that_is_started_again_gets_the_icon_again(tray, screen) -> None:
    first = screen.show_tray()
    tray.start("--hidden")
    until(lambda: tray.shows(Look.IDLE), "a green icon")
    first.terminate()
    first.wait()
    until(lambda: not tray.shows(Look.IDLE), "no icon")

    screen.show_tray()

    until(lambda: tray.shows(Look.IDLE), "a green icon again")


def test_without_a_tray_the_window_opens(tray, screen) -> None:
    tray.start()

    until(lambda: screen.windows("Casare Robot"), "the main window")
    until(lambda: tray.state() == "idle", "the robot runs")


def test_killing_the_tray_changes_nothing_for_the_robot(tray, screen) -> None:
    screen.show_tray()
    program = tray.start("--hidden")
    until(lambda: tray.state() == "idle", "the robot runs")

    program.kill()
    program.wait()

    assert tray.state() == "idle"
    second = tray.start("--hidden")
    until(lambda: tray.shows(Look.IDLE), "a green icon")
    assert second.poll() is None


def test_a_dialog_comes_back_with_a_killed_tray_and_is_answered_by_the_keyboard(
    tray, screen, tmp_path
) -> None:
    file = tmp_path / "ask.json"
    asks = node("InputDialog", title="Cost centre", prompt="Which?")
    file.write_text(json.dumps(workflow("s > a > b; a.value > b.message", a=asks, b=log(""))))
    screen.show_tray()
    first = tray.start("--hidden")
    until(lambda: tray.state() == "idle", "the robot runs")
    running = screen.start(
        *(sys.executable, "-m", "casare_robot", "exec", str(file), "--json"), **tray.surroundings
    )
    until(lambda: screen.windows("Cost centre"), "the dialog")
    until(lambda: tray.shows(Look.NEEDS_YOU), "an icon that needs somebody")

    first.kill()
    first.wait()
    until(lambda: not screen.windows("Cost centre"), "no dialog without its tray")
    tray.start("--hidden")
    [dialog] = until(lambda: screen.windows("Cost centre"), "the dialog again")
    screen.do("windowfocus", "--sync", dialog)
    screen.do("type", "4711")
    screen.do("key", "Return")

    assert running.wait(PATIENCE) == 0
    said = (tmp_path / f"{Path(sys.executable).name}.txt").read_text(errors="replace")
    assert '"message": "4711"' in said
