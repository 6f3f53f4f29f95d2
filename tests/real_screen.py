"""A screen of its own for a test: Xvfb, a window manager if there is one, a tray if wanted."""

import os
import shutil
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from casare_robot.desktop.file_lock import FileLock

NEEDED = ("Xvfb", "xdotool", "trayer")
SIZE = (1280, 900)
SMALLEST = 64
"""Pixels each way of what is a window, and no icon in a tray."""
ATTEMPTS = 5
LIMIT = 30
"""Seconds that xdotool may take for one thing: it waits for ever for a window that has gone."""
TRAY = (
    *("trayer", "--edge", "bottom", "--align", "right", "--widthtype", "pixel", "--width", "120"),
    *("--heighttype", "pixel", "--height", "32", "--SetDockType", "true"),
)


def missing():
    return [name for name in NEEDED if shutil.which(name) is None]


class RealScreen:
    """Programs on it see no other screen and no session bus, so that trays are XEmbed ones."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: list[subprocess.Popen[bytes]] = []
        hidden = ("WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
        self.environment = {
            **{name: value for name, value in os.environ.items() if name not in hidden},
            "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent",
            "XDG_CONFIG_HOME": str(folder / "xdg"),
            "LC_ALL": "C.UTF-8",  # its words are looked for
        }
        lock = FileLock(Path(tempfile.gettempdir()) / "casare_robot_tests_xvfb")
        while not lock.acquire():
            time.sleep(0.02)
        try:
            self._find_display()
        finally:
            lock.release()
        if shutil.which("openbox"):
            self.start("openbox")
            self._wait_for_manager()

    def _find_display(self):
        """Start Xvfb, alone: of two that look for a free number one may take the other's socket."""
        for _ in range(ATTEMPTS):
            if self._has_display():
                return
            self.close()
            self._running.clear()
        raise RuntimeError(f"Xvfb was begun {ATTEMPTS} times and cannot be reached")

    def _has_display(self):
        read, write = os.pipe()
        size = f"{SIZE[0]}x{SIZE[1]}x24"
        command = ["Xvfb", "-displayfd", str(write), "-screen", "0", size, "-nolisten", "tcp"]
        command += ["-fbdir", str(self._folder)]
        self._keep(subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL))
        os.close(write)
        with os.fdopen(read) as told:
            self.environment["DISPLAY"] = f":{told.readline().strip()}"
        return self.do("getdisplaygeometry") == f"{SIZE[0]} {SIZE[1]}"

    def start(self, *command, **surroundings):
        """Start a program on it."""
        environment = {**self.environment, **surroundings}
        with (self._folder / f"{Path(command[0]).name}.txt").open("ab") as out:
            program = subprocess.Popen(command, env=environment, stdout=out, stderr=out)
        return self._keep(program)

    def show_tray(self):
        """Start a tray."""
        return self.start(*TRAY)

    def do(self, *words):
        """Let xdotool do something; what it says."""
        answer = subprocess.run(
            ["timeout", str(LIMIT), "xdotool", *map(str, words)],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return answer.stdout.strip()

    def windows(self, name):
        """Ids of the windows that can be seen, by part of their title."""
        found = self.do("search", "--onlyvisible", "--name", name).split()
        return [it for it in found if min(self.place(it)[2:], default=0) >= SMALLEST]

    def place(self, window):
        """Left, top, width and height of a window; nothing if it has gone."""
        said = self.do("getwindowgeometry", "--shell", window)
        told = dict(line.split("=") for line in said.splitlines())
        return [int(told[it]) for it in ("X", "Y", "WIDTH", "HEIGHT") if it in told]

    def focus(self, window):
        """Give a window the keyboard; whether it has it now."""
        if not self.has_focus(window):
            self.do("windowfocus", window)
        return self.has_focus(window)

    def has_focus(self, window):
        """Whether keys go to a window."""
        return self.do("getwindowfocus", "-f") == window

    def press(self, title, *keys):
        """Press keys in the windows of a title.

        A key is lost where a window opens or closes just then: repeat it until its effect is seen.
        """
        for window in self.windows(title):
            if self.focus(window):
                self.do("key", *keys)

    def write(self, title, text):
        """Replace what is written where the windows of a title have their cursor, and press Enter.

        Nothing is entered that may have lost a letter to another window: repeat it, too.
        """
        for window in self.windows(title):
            if self.focus(window):
                self.do("key", "ctrl+a")
                self.do("type", text)
                if self.has_focus(window):
                    self.do("key", "Return")

    def picture(self):
        """The screen as rows of bytes, four to a pixel: Xvfb's own memory."""
        dump = (self._folder / "Xvfb_screen0").read_bytes()
        return dump[-SIZE[0] * SIZE[1] * 4 :]

    def part(self, left, top, width, height):
        """What a part of it looks like."""
        rows, stride = self.picture(), SIZE[0] * 4
        begin, end = max(left, 0) * 4, min(left + width, SIZE[0]) * 4
        return [
            rows[row * stride + begin : row * stride + end]
            for row in range(max(top, 0), min(top + height, SIZE[1]))
        ]

    def colour_at(self, x, y):
        """A pixel as red, green, blue."""
        place = (y * SIZE[0] + x) * 4
        blue, green, red = self.picture()[place : place + 3]
        return red, green, blue

    def keep(self, name):
        """Keep a picture of it for people to look at, where the environment names a folder."""
        if folder := os.environ.get("TRAY_PICTURES"):
            from PySide6.QtGui import QImage

            Path(folder).mkdir(parents=True, exist_ok=True)
            image = QImage(self.picture(), *SIZE, QImage.Format.Format_RGB32)
            image.save(f"{folder}/screen-{name.lower().replace(' ', '-')}.png")

    def close(self):
        """End everything, the screen last."""
        for program in reversed(self._running):
            with suppress(ProcessLookupError):
                program.terminate()
            with suppress(subprocess.TimeoutExpired):
                program.wait(60)
            if program.poll() is None:
                program.kill()
                program.wait()

    def _wait_for_manager(self):
        """Wait until the window manager manages: later it would give the keyboard to others."""
        end = time.monotonic() + LIMIT
        while self.do("get_num_desktops") in ("", "0") and time.monotonic() < end:
            time.sleep(0.02)

    def _keep(self, program):
        self._running.append(program)
        return program
