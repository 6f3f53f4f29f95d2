"""A person at the tray on a real screen: sees the icon, opens the menu, chooses by the keyboard."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil

from casare_robot.tray.views.looks import DRAWINGS
from tests.real_screen import SIZE

ROOT = Path(__file__).parents[1]
PATIENCE = 60
PLACE = (SIZE[0] - 16, SIZE[1] - 16)
"""The middle of the only icon in the tray."""


def until(condition, what):
    end = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(0.05)
    return found


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

    def begin(self, *words):
        """Start a command and do not wait for it."""
        self.screen.start(sys.executable, "-m", "casare_robot", *words, **self.surroundings)

    def robot(self):
        """The robot's process."""
        return next(it for it in _processes(self.surroundings) if "run" in it.cmdline())

    def started_by_others(self):
        """Trays of this home that this test has not started."""
        return [it for it in _processes(self.surroundings) if "tray" in it.cmdline()]

    def ask(self, *words, **surroundings):
        answer = subprocess.run(
            [sys.executable, "-m", "casare_robot", *words],
            env={**os.environ, **self.surroundings, **surroundings},
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


def _processes(surroundings):
    """Processes of the home that these surroundings name."""
    home, found = surroundings["CASARE_ROBOT_HOME"], []
    for process in psutil.process_iter():
        try:
            if process.environ().get("CASARE_ROBOT_HOME") == home:
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return [it for it in found if "casare_robot" in it.cmdline()]
