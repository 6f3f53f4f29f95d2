"""A screen of its own for a test: Xvfb, a window manager if there is one, a tray if wanted."""

import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

NEEDED = ("Xvfb", "xdotool", "trayer")
SIZE = (1280, 900)
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
        read, write = os.pipe()
        size = f"{SIZE[0]}x{SIZE[1]}x24"
        command = ["Xvfb", "-displayfd", str(write), "-screen", "0", size, "-nolisten", "tcp"]
        command += ["-fbdir", str(folder)]
        self._keep(subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL))
        os.close(write)
        with os.fdopen(read) as told:
            display = told.readline().strip()
        hidden = ("WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
        self.environment = {
            **{name: value for name, value in os.environ.items() if name not in hidden},
            "DISPLAY": f":{display}",
            "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent",
            "XDG_CONFIG_HOME": str(folder / "xdg"),
        }
        if shutil.which("openbox"):
            self.start("openbox")

    def start(self, *command, **surroundings):
        """Start a program on it."""
        environment = {**self.environment, **surroundings}
        with (self._folder / f"{Path(command[0]).name}.txt").open("ab") as out:
            program = subprocess.Popen(command, env=environment, stdout=out, stderr=out)
        return self._keep(program)

    def show_tray(self):
        """Start a tray."""
        return self.start(*TRAY)

    def do(self, *words, seconds=None):
        """Let xdotool do something, for so many seconds at most; what it says."""
        limit = [] if seconds is None else ["timeout", str(seconds)]
        answer = subprocess.run(
            [*limit, "xdotool", *map(str, words)],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return answer.stdout.strip()

    def windows(self, name):
        """Ids of the windows that can be seen, by part of their title."""
        return self.do("search", "--onlyvisible", "--name", name).split()

    def picture(self):
        """The screen as rows of bytes, four to a pixel: Xvfb's own memory."""
        dump = (self._folder / "Xvfb_screen0").read_bytes()
        return dump[-SIZE[0] * SIZE[1] * 4 :]

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

    def _keep(self, program):
        self._running.append(program)
        return program
