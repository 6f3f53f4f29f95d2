#!/usr/bin/env python3
"""casare-robot_VERSION_amd64.deb in one command, on Linux. Standard library only.

    python3.11 installer/build_linux.py
    python3.11 installer/build_linux.py --folder

Needs uv and dpkg-deb. In the package are the locked wheels, trimmed; Python is the
system's own, 3.11 as Debian 12 has it. The same sources make the same file.

With --folder it is casare-robot_VERSION_linux-x86_64.tar.xz, made by PyInstaller, which
needs binutils: one folder with Python in it, for systems without, whose C library is no
older than this one's.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import linux_folder
import wheels
from build_windows import find

PYTHON = "3.11"
PLATFORM = "x86_64-manylinux_2_34"
HOME = PurePosixPath("opt/casare-robot")
SYSTEM = (
    "python3 (>= 3.11), python3 (<< 3.12)",
    "libdbus-1-3",
    "libegl1",
    "libfontconfig1",
    "libgl1",
    "libglib2.0-0",
    "libxcb-cursor0",
    "libxcb-icccm4",
    "libxcb-image0",
    "libxcb-keysyms1",
    "libxcb-render-util0",
    "libxcb-shape0",
    "libxcb-xkb1",
    "libxkbcommon-x11-0",
    "libxkbcommon0",
    "procps",
)
"""What Debian must add: bootstrap.py's libraries, and pgrep for what runs before a removal."""
COMMAND = f"""#!/bin/sh
# Python, without what the environment and the user's own packages would add.
exec python3 -I -X utf8 /{HOME}/start.py "$@"
"""
START = f"""import sys

sys.path.insert(0, "/{HOME}/site")
sys.prefix = "/{HOME}"
sys.frozen = "installed"  # its programs are started by the command
sys.executable = "/usr/bin/casare-robot"

from casare_robot.__main__ import main

main()
"""
ENTRY = """[Desktop Entry]
Type=Application
Name=Casare Robot
Comment=Runs CasareRPA workflows
Exec=/usr/bin/casare-robot tray{arguments}
TryExec=/usr/bin/casare-robot
Icon=casare-robot
Terminal=false
StartupNotify=false
Categories=Utility;
"""
PREREMOVE = f"""#!/bin/sh
# Nothing is taken away in the middle of a job: trays end, robots leave after their jobs.
set -e
ours() {{ pgrep -f '^python3 -I -X utf8 /{HOME}/start.py' || true; }}
for process in $(ours); do
    if grep -qz '^tray$' "/proc/$process/cmdline" 2>/dev/null; then
        kill "$process" 2>/dev/null || true
    fi
done
for process in $(ours); do
    owner=$(stat -c %U "/proc/$process" 2>/dev/null) || continue
    runuser -u "$owner" -- /usr/bin/casare-robot stop >/dev/null 2>&1 || true
done
waited=0
while [ -n "$(ours)" ]; do
    if [ "$waited" -ge 60 ]; then
        echo "casare-robot is still at work; it leaves after its jobs, then try again" >&2
        exit 1
    fi
    sleep 1
    waited=$((waited + 1))
done
"""


def main(arguments: Sequence[str]) -> int:
    """Build it; the exit code."""
    parser = argparse.ArgumentParser(description="builds the .deb, or the folder")
    parser.add_argument("--folder", action="store_true", help="a folder with Python in it")
    parser.add_argument("--out", type=Path, default=wheels.ROOT / "dist")
    parser.add_argument("--work", type=Path, default=wheels.ROOT / "build" / "linux")
    parser.add_argument("--update-feed", default="", help="where newer versions are offered")
    parser.add_argument("--update-key", action="append", default=[], help="who signs them")
    parser.add_argument("--quick", action="store_true", help="larger and sooner, for tests")
    given = parser.parse_args(arguments)
    began = time.monotonic()
    if given.folder and given.update_feed:
        parser.error("nothing installs a newer version over a folder")
    if sys.version_info[:2] != (3, 11):
        print("build_linux: run it with Python 3.11, whose bytecode goes into it", file=sys.stderr)
        return 1
    try:
        shutil.rmtree(given.work, ignore_errors=True)
        given.out.mkdir(parents=True, exist_ok=True)
        made, tree = (folder if given.folder else package)(given)
    except (ValueError, OSError, subprocess.CalledProcessError) as error:
        print(f"build_linux: {error}", file=sys.stderr)
        return 1
    print(
        f"{made}\n{made.stat().st_size / 2**20:.1f} MiB, installed"
        f" {wheels.size(tree) / 2**20:.0f} MiB, {time.monotonic() - began:.0f} s\n"
        f"sha256 {wheels.sha256(made)}"
    )
    return 0


def package(given: argparse.Namespace) -> tuple[Path, Path]:
    """The package, and the tree that is in it."""
    made: Path = given.out / f"casare-robot_{wheels.version()}_amd64.deb"
    tree = given.work / "tree"
    fill(tree, uv=find("uv"))
    share = tree / HOME / "share" / "casare-robot"
    wheels.name_feed(share, given.update_feed, given.update_key)
    shutil.copyfile(tree / HOME / "sbom.json", made.with_suffix(".sbom.json"))
    wheels.same_times(tree)
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(wheels.source_time())}
    packing = ("-Zgzip", "-z1") if given.quick else ("-Zxz",)
    options = ("--root-owner-group", *packing, "--build")
    wheels.run(find("dpkg-deb"), *options, tree, made, env=environment)
    return made, tree


def folder(given: argparse.Namespace) -> tuple[Path, Path]:
    """The archive of the folder, and the folder."""
    uv = find("uv")
    packages = given.work / "packages"
    put_robot(packages, uv=uv)
    tree = given.work / f"casare-robot-{wheels.version()}"
    linux_folder.freeze(tree, packages, work=given.work, uv=uv)
    print(f"for glibc {linux_folder.glibc(tree)} and later")
    made = linux_folder.pack(tree, given.out, is_quick=given.quick)
    shutil.copyfile(tree / "sbom.json", given.out / f"{made.name.partition('.tar')[0]}.sbom.json")
    return made, tree


def fill(tree: Path, *, uv: str) -> None:
    """The files as they will lie in the system, and what dpkg asks for."""
    put_robot(tree / HOME, uv=uv)
    put(tree / HOME / "start.py", START)
    put(tree / "usr/bin/casare-robot", COMMAND, mode=0o755)
    put(tree / "usr/share/applications/casare-robot.desktop", ENTRY.format(arguments=""))
    put(tree / "etc/xdg/autostart/casare-robot.desktop", ENTRY.format(arguments=" --hidden"))
    unit = (wheels.ROOT / "installer/casare-robot.service").read_text("utf-8")
    unit = unit.replace("%h/.local/bin/", "/usr/bin/")
    put(tree / "usr/lib/systemd/user/casare-robot.service", unit)
    for size in (16, 32, 48, 256):
        icon = tree / f"usr/share/icons/hicolor/{size}x{size}/apps/casare-robot.png"
        icon.parent.mkdir(parents=True)
        shutil.copyfile(wheels.ROOT / f"resources/icons/casare-robot-{size}.png", icon)
    about = tree / "usr/share/doc/casare-robot/copyright"
    put(about, (wheels.ROOT / "LICENSE").read_text("utf-8"))
    put(tree / "DEBIAN/control", control(wheels.version(), wheels.size(tree)))
    put(tree / "DEBIAN/conffiles", "/etc/xdg/autostart/casare-robot.desktop\n")
    put(tree / "DEBIAN/prerm", PREREMOVE, mode=0o755)


def put_robot(home: Path, *, uv: str) -> None:
    """The robot with its packages, its tables, and what tells what is inside."""
    site = home / "site"
    wheels.install_locked(site, uv=uv, platform=PLATFORM, python=PYTHON)
    wheels.trim(site)
    wheels.silence_all(site)
    wheels.install_robot(site, wheels.version())
    wheels.compile_all(site)
    put(home / "sbom.json", wheels.bill_of_materials(site, python=PYTHON))
    shutil.copytree(wheels.ROOT / "resources" / "sql", home / "share" / "casare-robot" / "sql")


def put(path: Path, text: str, *, mode: int = 0o644) -> None:
    """Write a file with its rights."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    path.chmod(mode)


def control(version: str, size: int) -> str:
    """What dpkg asks to know.

    Args:
        version: Of the robot.
        size: Bytes when installed.
    """
    return (
        f"Package: casare-robot\nVersion: {version}\nArchitecture: amd64\n"
        "Maintainer: casare_robot <noreply@example.org>\nSection: utils\nPriority: optional\n"
        f"Installed-Size: {-(-size // 1024)}\nDepends: {', '.join(SYSTEM)}\n"
        "Description: runs CasareRPA workflows and never loses a job\n"
        " The robot, its tray and the command casare-robot. The tray starts at login.\n"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
