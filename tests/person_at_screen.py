"""A person at the tray on a real screen: sees the icon, opens the menu, chooses by the keyboard."""

import json
import os
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import msgspec
import psutil

from casare_robot.domain.robot_status import RobotStatus
from casare_robot.tray.views.looks import DRAWINGS
from casare_robot.tray.views.sight import Reach, Sight
from casare_robot.tray.views.tray_view import tray_view
from tests.real_screen import SIZE

ROOT = Path(__file__).parents[1]
PATIENCE = 120
"""Seconds until something has happened, on a slow machine with much to do."""
A_KEY = 5
"""Seconds after which a key that has changed nothing was lost."""
A_MENU = 10
"""Seconds after which a click that has opened no menu was lost."""
PLACE = (SIZE[0] - 16, SIZE[1] - 16)
"""The middle of the only icon in the tray."""


def until(condition, what):
    found = soon(condition, PATIENCE)
    assert found, f"never: {what}"
    return found


def soon(condition, seconds):
    """What comes true within some seconds, if it does."""
    end = time.monotonic() + seconds
    while not (found := condition()) and time.monotonic() < end:
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

    def chooses(self, *entries):
        """Open the menu by a right click, and choose by the keyboard, as somebody who looks.

        Args:
            entries: How the entry begins, after those of the menus in which it is.
        """
        until(lambda: self._chooses(entries), f"{entries} is chosen")
        until(lambda: not self._menus(), "the menu closes")

    def _chooses(self, entries):
        keys = self._keys_to(entries)
        return keys and self._opens_menu() and all(map(self._presses, keys))

    def _keys_to(self, entries):
        """The keys that choose an entry of the menu; none while it is not there."""
        said = self.ask("status", "--json")
        if not said.strip():
            return []
        now = datetime.now().astimezone()
        status = msgspec.json.decode(said, type=RobotStatus)
        lines = tray_view(Sight(reach=Reach.REACHED, since=now, status=status), now=now).menu
        keys = ["Down"]
        for begins in entries:
            lines = [it for it in lines if it is not None and (it.wish or it.entries)]
            places = [place for place, it in enumerate(lines) if it.text.startswith(begins)]
            if not places:
                return []
            keys += ["Down"] * places[0]
            lines = lines[places[0]].entries
            keys.append("Right" if lines else "Return")
        return keys

    def _opens_menu(self):
        if not self._menus():
            self.screen.do("mousemove", *PLACE)
            self.screen.do("click", 3)
            soon(self._menus, A_MENU)
            self.screen.do("mousemove", 10, 10)  # its own tooltip would cover the icon
        return self._menus()

    def _presses(self, key):
        """Press a key until the menu has changed by that; not if it has closed by itself."""
        menus = self._menus()
        before = self._look_of(menus)

        def changed():
            return self._menus() != menus or self._look_of(menus) != before

        def minded():
            self.screen.do("key", key)
            return soon(changed, A_KEY)

        return bool(menus) and until(minded, f"the menu minds {key}")

    def _menus(self):
        return self.screen.windows("^Menu")

    def _look_of(self, menus):
        return [self.screen.part(*place) for menu in menus if (place := self.screen.place(menu))]


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
