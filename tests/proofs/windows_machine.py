"""A Windows of wine with a screen, for proofs; how they wait, and say what they saw."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from threading import Thread
from typing import IO

import psutil

from tests.proofs import windows_python

ROOT = Path(__file__).parents[2]
RUN_KEY = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Run"
UNINSTALL_KEY = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Uninstall\CasareRobot"
HELD_PIPE = 3.0
"""Seconds for a pipe to end after its program has."""


class Windows:
    """A wine prefix with a screen, and the robot installed in it.

    Args:
        folder: Holds prefix and pictures.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.prefix = folder / "prefix"
        self.drive = self.prefix / "drive_c"
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("CASARE_")},
            "WINEPREFIX": str(self.prefix),
            "WINEARCH": "win64",
            "WINEDEBUG": "-all",
            "WINEDLLOVERRIDES": "mscoree,mshtml,winemenubuilder.exe=",
        }
        self.environment.pop("PYTHONPATH", None)

    @property
    def home(self) -> Path:
        """The user's profile."""
        users = [path for path in (self.drive / "users").iterdir() if path.name != "Public"]
        return users[0]

    @property
    def installed(self) -> Path:
        """Where the robot is."""
        return self.home / "AppData" / "Local" / "Programs" / "CasareRobot"

    def make(self) -> None:
        """Make the prefix, a Windows 10 that nobody has used."""
        if not self.drive.exists():
            environment = {**self.environment, "DISPLAY": ""}
            for command in (["wineboot", "-i"], ["wine", "winecfg", "-v", "win10"]):
                self.do(command, environment=environment)
        windows_python.mend_wine(self.drive / "windows" / "system32", self.folder)

    def do(
        self,
        command: list[str],
        *,
        within: float = 300.0,
        environment: dict[str, str] | None = None,
    ) -> tuple[int, str]:
        """Run a program to its end; code and what it said. Windows programs want a pipe, which
        what wine starts for them may hold for much longer.
        """
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment or self.environment,
            cwd=self.folder,
        )
        said: list[bytes] = []
        reader = Thread(target=read_all, args=(process.stdout, said), daemon=True)
        reader.start()
        code = process.wait(within)
        reader.join(HELD_PIPE)
        return code, b"".join(said).decode(errors="replace").replace("\r", "")

    def robot(self, *arguments: str) -> tuple[int, str]:
        """The installed command."""
        return self.do(["wine", str(self.installed / "app/bin/casare-robot.exe"), *arguments])

    def says(self, *arguments: str) -> str:
        """What the installed command prints."""
        return self.robot(*arguments)[1]

    def change(self, word: str) -> int:
        """`update apply` or `back`: what they start holds an output for longer; the code."""
        command = str(self.installed / "app/bin/casare-robot.exe")
        return self.begin("wine", command, "update", word).wait(300)

    def registry(self, key: str) -> str:
        """The values of a key, for people; empty without it."""
        code, told = self.do(["wine", "reg", "query", key])
        return "" if code else told

    def processes(self) -> list[list[str]]:
        """The command lines of the robot's programs."""
        return [
            words
            for process in psutil.process_iter()
            for words in [self._words(process)]
            if words and "casare" in words[0].lower()
        ]

    def _words(self, process: psutil.Process) -> list[str]:
        with suppress(psutil.Error):
            if process.environ().get("WINEPREFIX") == str(self.prefix):
                return [word for word in process.cmdline() if word]
        return []

    def begin(self, *command: str) -> "subprocess.Popen[bytes]":
        """Start a program and leave it."""
        null = subprocess.DEVNULL
        return subprocess.Popen(
            command, stdin=null, stdout=null, stderr=null, env=self.environment, cwd=self.folder
        )

    def set_up(self, program: Path, *options: str) -> int:
        """Run a set-up to its end, and not to that of the robot it starts; its exit code."""
        return self.begin("wine", str(program), "/S", *options).wait(300)

    def open_screen(self, stack: ExitStack) -> None:
        """A screen with a window manager and a tray, until the stack ends."""
        read, write = os.pipe()
        command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1000x700x24"]
        xvfb = subprocess.Popen(
            [*command, "-nolisten", "tcp"], pass_fds=[write], stderr=subprocess.DEVNULL
        )
        stack.callback(end, xvfb)
        os.close(write)
        with os.fdopen(read) as told:
            self.environment["DISPLAY"] = f":{told.readline().strip()}"
        tray = "--edge bottom --align right --widthtype pixel --width 160 --heighttype pixel"
        tray += " --height 32 --SetDockType true --tint 0x202020 --transparent true --alpha 0"
        for program in (["openbox"], ["trayer", *tray.split()]):
            stack.callback(end, self.begin(*program))
        stack.callback(self.do, ["wineserver", "-k"])

    def picture(self, name: str) -> Path:
        """Take one of the screen."""
        target = self.folder / f"{name}.png"
        self.do(["scrot", "-o", str(target)])
        return target

    def choose(self, *keys: str, picture: str = "") -> None:
        """Open the menu of the icon and press keys in it."""
        for words in (["key", "Escape"], ["key", "Escape"], ["mousemove", "500", "20"]):
            self.do(["xdotool", *words])
        self.do(["xdotool", "mousemove", "--sync", "988", "684"])
        time.sleep(1)
        self.do(["xdotool", "click", "3"])
        time.sleep(3)
        if picture:
            self.picture(picture)
        for key in keys:
            self.do(["xdotool", "key", key])
            time.sleep(0.3)
        time.sleep(2)

    def has_icon(self) -> bool:
        """Whether a program has put an icon into the tray."""
        _, tree = self.do(["xwininfo", "-root", "-tree"])
        if "not found" in tree or not tree:
            return False
        return "casarerobot.exe" in tree.lower()


def read_all(pipe: IO[bytes], said: list[bytes]) -> None:
    """Gather what comes through a pipe until nobody holds its other end."""
    with pipe:
        while part := os.read(pipe.fileno(), 1 << 16):
            said.append(part)


def end(process: "subprocess.Popen[bytes]") -> None:
    """End a program that this one started."""
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    process.wait(10)


def until(holds: Callable[[], bool], what: str, *, within: float = 90.0) -> float:
    """Wait until it holds; the seconds it took."""
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > within:
            raise AssertionError(f"not within {within:.0f} s: {what}")
        time.sleep(0.1)
    return time.monotonic() - began


def tell(step: str, detail: str = "") -> None:
    """Say what was seen."""
    print(f"ok  {step}{f': {detail}' if detail else ''}", flush=True)


def sure(holds: object, what: str) -> None:
    """Make sure of it."""
    if not holds:
        raise AssertionError(what)
