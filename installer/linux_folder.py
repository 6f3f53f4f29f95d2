"""The robot with Python in one folder, by PyInstaller. Standard library only."""

import os
import re
import shutil
import sys
import tarfile
from pathlib import Path

import wheels

PLACE = Path(__file__).with_name("linux")
OF_SYSTEM = ("libfontconfig.so.1", "libxcb-cursor.so.0", "libxkbcommon-x11.so.0")
"""Libraries that PyInstaller takes from the system that builds; a few of them tell."""
NEEDS_GLIBC = re.compile(rb"\0GLIBC_(\d+)\.(\d+)(?:\.\d+)?(?=\0)")


def freeze(folder: Path, packages: Path, *, work: Path, uv: str) -> None:
    """Make the folder.

    Args:
        folder: That becomes.
        packages: The robot with its packages in ``site``, and what lies beside them.
        work: For what is needed meanwhile.
        uv: The program.

    Raises:
        ValueError: This system lacks libraries that windows need.
    """
    tools = work / "tools"
    wheels.run(uv, "venv", "--quiet", "--python", sys.executable, tools)
    locked = ("--require-hashes", "--requirement", PLACE / "pyinstaller.lock")
    wheels.run(uv, "pip", "install", "--quiet", "--python", tools, *locked)
    environment = {
        **os.environ,
        "PYTHONHASHSEED": "0",
        "SOURCE_DATE_EPOCH": str(wheels.source_time()),
        "PYINSTALLER_CONFIG_DIR": str(work / "cache"),
    }
    places = ("--distpath", work / "frozen", "--workpath", work / "freezing")
    options = ("--log-level", "WARN", *places, PLACE / "casare-robot.spec")
    program = tools / "bin" / "pyinstaller"
    wheels.run(program, *options, "--", packages / "site", env=environment)
    shutil.move(work / "frozen" / "robot", folder)
    lacking = [name for name in OF_SYSTEM if not (folder / "lib" / name).exists()]
    if lacking:
        remedy = "sudo python3 installer/bootstrap.py system"
        raise ValueError(f"this system has no {', '.join(lacking)}: {remedy}")
    for part in packages.iterdir():
        shutil.move(part, folder / part.name)
    shutil.copyfile(wheels.ROOT / "LICENSE", folder / "LICENSE")


def glibc(folder: Path) -> str:
    """The oldest C library that everything in a folder can do with, such as ``2.34``."""
    wanted = [(0, 0)]
    for file in (folder, *folder.rglob("*")):
        if file.is_file() and (".so" in file.name or file.parent == folder):
            found = NEEDS_GLIBC.findall(file.read_bytes())
            wanted += [(int(major), int(minor)) for major, minor in found]
    return ".".join(map(str, max(wanted)))


def pack(folder: Path, out: Path, *, is_quick: bool) -> Path:
    """Put a folder into an archive, the same for the same content; where it is."""
    when = wheels.source_time()

    def plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = "root"
        entry.mtime = when
        entry.mode = 0o755 if entry.mode & 0o100 else 0o644
        return entry

    made = out / f"casare-robot_{wheels.version()}_linux-x86_64.tar.{'gz' if is_quick else 'xz'}"
    with (
        tarfile.open(made, "w:gz", compresslevel=1) if is_quick else tarfile.open(made, "w:xz")
    ) as archive:
        archive.add(folder, folder.name, filter=plain)
    return made
