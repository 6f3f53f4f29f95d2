"""The Debian package from its installation to its removal in an untouched Debian 12, as root.

    debootstrap --variant=minbase bookworm FOLDER
    python -m tests.proofs.debian FOLDER PACKAGE.deb

What only the proof needs (Xvfb, openbox, trayer, dex, xdotool) is installed after the package,
whose own dependencies must be enough until then. Pictures go beside FOLDER.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from tests.proofs.windows_machine import ROOT, end, sure, tell, until

PERSON, NUMBER = "ada", 47811
SCREEN = "openbox trayer dex xdotool scrot x11-utils xvfb procps"
TRAY = (
    "trayer --edge bottom --align right --widthtype pixel --width 160 --heighttype pixel"
    " --height 32 --SetDockType true --tint 0x202020 --transparent true --alpha 0"
)


class Debian:
    """A Debian in a folder.

    Args:
        folder: Made by debootstrap.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "LANG": "C.UTF-8",
            "HOME": "/root",
            "DEBIAN_FRONTEND": "noninteractive",
        }
        self.environment |= {k: v for k, v in os.environ.items() if k.endswith("_proxy")}

    def do(self, line: str, *, sure_of: bool = True) -> tuple[int, str]:
        """Run a line as root; code and output."""
        done = subprocess.run(
            ["chroot", str(self.folder), "sh", "-c", line],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self.environment,
            timeout=1200,
            check=False,
        )
        told = done.stdout.decode(errors="replace")
        sure(done.returncode == 0 or not sure_of, f"{line} ended with {done.returncode}: {told}")
        return done.returncode, told

    def as_person(self, line: str) -> str:
        """A line that runs in the person's session."""
        given = " ".join(f"{k}={v}" for k, v in self.session.items())
        return f"runuser -u {PERSON} -- env {given} {line}"

    @property
    def session(self) -> dict[str, str]:
        """What a login gives its programs."""
        display = self.environment.get("DISPLAY", "")
        home = f"/home/{PERSON}"
        return {"HOME": home, "DISPLAY": display, "XDG_RUNTIME_DIR": "/run/user/proof"}

    def robot(self, arguments: str) -> tuple[int, str]:
        """The installed command, for the person."""
        return self.do(self.as_person(f"casare-robot {arguments}"), sure_of=False)

    def begin(self, line: str) -> "subprocess.Popen[bytes]":
        """Start a line and leave it."""
        null = subprocess.DEVNULL
        return subprocess.Popen(
            ["chroot", str(self.folder), "sh", "-c", f"exec {line}"],
            stdin=null,
            stdout=null,
            stderr=null,
            env=self.environment,
        )

    def open_screen(self, stack: ExitStack) -> None:
        """A screen with a window manager and a tray, until the stack ends."""
        command = "Xvfb -displayfd 1 -screen 0 1000x700x24 -nolisten tcp"
        xvfb = subprocess.Popen(
            ["chroot", str(self.folder), *command.split()],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=self.environment,
        )
        stack.callback(end, xvfb)
        assert xvfb.stdout is not None
        self.environment["DISPLAY"] = f":{xvfb.stdout.readline().decode().strip()}"
        for program in ("openbox", TRAY):
            stack.callback(end, self.begin(program))

    def has_icon(self) -> bool:
        """Whether the robot has put its icon into the tray."""
        _, tree = self.do("xwininfo -root -tree", sure_of=False)
        return "QSystemTrayIcon" in tree or "casare" in tree.lower()

    def picture(self, name: str) -> None:
        """Take one of the screen."""
        self.do(f"scrot -o /tmp/{name}.png")
        shutil.copy(self.folder / "tmp" / f"{name}.png", self.folder.parent / f"debian_{name}.png")


def prove(debian: Debian, package: Path) -> None:
    """Do it all."""
    with ExitStack() as stack:
        for kind, place in (("proc", "proc"), ("devpts", "dev/pts")):
            where = debian.folder / place
            if not os.path.ismount(where):
                subprocess.run(["mount", "-t", kind, kind, str(where)], check=True)
                stack.callback(subprocess.run, ["umount", "-l", str(where)], check=False)
        install(debian, package)
        debian.do(f"apt-get install -y -q --no-install-recommends {SCREEN}")
        debian.open_screen(stack)
        stack.callback(debian.do, f"pkill -u {NUMBER} || true")
        log_in(debian)
        remove(debian)


def install(debian: Debian, package: Path) -> None:
    """By apt, which brings what the package depends on, and nothing else."""
    shutil.copy(package, debian.folder / "tmp" / package.name)
    _, before = debian.do("dpkg -l | grep -c ^ii")
    debian.do("apt-get update -q")
    began = time.monotonic()
    debian.do(f"apt-get install -y -q --no-install-recommends /tmp/{package.name}")
    took = time.monotonic() - began
    _, after = debian.do("dpkg -l | grep -c ^ii")
    _, size = debian.do("du -sm /opt/casare-robot")
    _, told = debian.do("casare-robot version")
    added = int(after) - int(before)
    tell("apt install", f"{took:.1f} s, {added} packages, {size.split()[0]} MB; {told.strip()}")


def log_in(debian: Debian) -> None:
    """What the session starts shows an icon; the robot works and its job is remembered."""
    debian.do(f"useradd -m -u {NUMBER} {PERSON} && install -d -o {PERSON} -m 700 /run/user/proof")
    workflow = debian.folder / "home" / PERSON / "greeting.json"
    shutil.copy(ROOT / "resources/examples/greeting.json", workflow)
    began = time.monotonic()
    debian.begin(debian.as_person("dex -a -s /etc/xdg/autostart"))
    until(debian.has_icon, "the icon in the tray")
    tell("icon after the login by dex", f"{time.monotonic() - began:.1f} s")
    until(lambda: debian.robot("status")[0] == 0, "the robot answers", within=180)
    time.sleep(2)
    debian.picture("after_login")
    code, told = debian.robot(f"exec /home/{PERSON}/greeting.json --job g-1 --var name=Ada")
    sure(code == 0, f"the workflow ended with {code}: {told}")
    _, told = debian.robot("status --json")
    sure(json.loads(told)["state"] == "idle", told)
    tell("a workflow by the installed robot", "g-1 completed")


def remove(debian: Debian) -> None:
    """The tray and the robot leave first; of the system nothing is left."""
    debian.do("apt-get purge -y -q casare-robot")
    _, left = debian.do("find /opt /etc /usr -iname '*casare*'", sure_of=False)
    left = [line for line in left.splitlines() if not line.startswith("find:")]
    sure(not left, f"left behind: {left}")
    _, running = debian.do(f"pgrep -u {NUMBER} -fa casare", sure_of=False)
    sure(not running.strip(), f"still running: {running}")
    sure((debian.folder / "home" / PERSON / ".local/state").exists(), "the person's jobs are gone")
    tell("removed; nothing of the system is left, the person's jobs are")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("package", type=Path)
    given = parser.parse_args()
    sys.exit(prove(Debian(given.folder.absolute()), given.package.absolute()))
