#!/usr/bin/env python3
"""From an untouched checkout to a working robot in one command. Standard library only.

    python3 installer/bootstrap.py            set up .venv, nothing else
    python3 installer/bootstrap.py test       ... and run every test (arguments go to pytest)
    python3 installer/bootstrap.py demo       ... and any casare-robot command with its arguments
    python3 installer/bootstrap.py lock       ... and resolve requirements.lock anew
    python3 installer/bootstrap.py system     only what Debian or Ubuntu must add (as root)

On Windows: py -3.11 installer/bootstrap.py. A second run finds everything in
place and starts at once. Root needs no `system`: its set-up does that by itself.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
STAMP = VENV / "set-up-for"
WINDOWS = os.name == "nt"
BIN = VENV / ("Scripts" if WINDOWS else "bin")
SUFFIX = ".exe" if WINDOWS else ""
PYTHON = BIN / f"python{SUFFIX}"
UV = BIN / f"uv{SUFFIX}"
# Most tests wait for other processes, so there is room for one more than there are processors.
EVERY_TEST = ["-n", str((os.cpu_count() or 1) + 1), "--dist", "loadfile"]
OLDEST, NEWEST = (3, 11), (3, 13)
LIBRARIES = [
    "libatomic1",
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
]
TEST_PACKAGES = [
    "chromium",
    "dbus-daemon",
    "dex",
    "dovecot-imapd",
    "fonts-dejavu-core",
    "openbox",
    "pgbouncer",
    "trayer",
    "xdotool",
    "xvfb",
]


def main(arguments: list[str]) -> int:
    """Set up what is missing, then do what was asked; returns the exit code."""
    command, *rest = arguments or [""]
    if command in ("-h", "--help"):
        print(__doc__)
        return 0
    if command == "system":
        return steps(add_system_packages)
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        return fail(
            f"Python {OLDEST[0]}.{OLDEST[1]} to {NEWEST[0]}.{NEWEST[1]} is needed; "
            f"this is {sys.version.split()[0]} ({sys.executable})"
        )
    wanted = fingerprint()
    if not (PYTHON.exists() and STAMP.is_file() and STAMP.read_text("utf-8") == wanted):
        if steps(add_system_packages, set_up):
            return 1
        STAMP.write_text(wanted, "utf-8")
    if command == "test":
        if steps(add_test_packages):
            return 1
        os.chdir(ROOT)
        return run(PYTHON, "-m", "pytest", *(rest or EVERY_TEST))
    if command == "lock":
        return relock(rest)
    if command:
        return run(BIN / f"casare-robot{SUFFIX}", command, *rest)
    print(f"ready: {BIN / f'casare-robot{SUFFIX}'}")
    return 0


def fingerprint() -> str:
    """What a set-up depends on; a change of any of it asks for a new one."""
    parts = [f"{ROOT} {sys.version}".encode()]
    parts += [path.read_bytes() for path in (LOCK, ROOT / "pyproject.toml", Path(__file__))]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def steps(*of_set_up: Callable[[], None]) -> int:
    """Do steps of the set-up up to the first that fails; returns the exit code."""
    try:
        for step in of_set_up:
            step()
    except subprocess.CalledProcessError as error:
        return fail(f"this command ended with {error.returncode}: {' '.join(error.cmd)}")
    return 0


def set_up() -> None:
    """Make .venv what requirements.lock says, with the project in it."""
    STAMP.unlink(missing_ok=True)
    if not is_usable():
        if VENV.exists():
            shutil.rmtree(VENV)
        do(sys.executable, "-m", "venv", VENV)
    with tempfile.TemporaryDirectory() as folder:
        only_uv = Path(folder, "uv.lock")
        only_uv.write_text(locked("uv"))
        pip = (PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        do(*pip, "--no-deps", "--require-hashes", "-r", only_uv)
    install = (UV, "pip", "install", "--quiet", "--python", PYTHON)
    do(*install, "--require-hashes", "-r", LOCK)
    do(*install, "--no-deps", "-e", ROOT)


def is_usable() -> bool:
    """Whether .venv was made here, for this Python, and can install packages."""
    about = VENV / "pyvenv.cfg"
    if not (about.is_file() and PYTHON.exists()):
        return False
    lines = about.read_text("utf-8").splitlines()
    made_here = any(line.endswith(f" {VENV}") for line in lines)
    if not made_here or f"version = {sys.version.split()[0]}" not in lines:
        return False
    return subprocess.run([PYTHON, "-c", "import pip"], check=False).returncode == 0


def add_system_packages() -> None:
    """On Debian and Ubuntu: what .venv, Qt and the browser's driver need from the system."""
    can_make_venv = importlib.util.find_spec("ensurepip") is not None
    if shutil.which("apt-get") is None:
        if not can_make_venv:
            sys.exit(fail("this Python has no ensurepip: install its venv package first"))
        return
    needed = [*LIBRARIES] if can_make_venv else ["python3-venv", *LIBRARIES]
    missing = [name for name in needed if not is_installed(name)]
    if not missing:
        return
    if os.geteuid() == 0:
        do("apt-get", "update", "-qq")
        do("apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing, quiet=True)
        return
    by_hand = f"sudo apt-get install -y {' '.join(missing)}"
    if "python3-venv" in missing:
        sys.exit(fail(f"the system's Python cannot make environments; first: {by_hand}"))
    print(f"windows and browsers need system libraries: {by_hand}", file=sys.stderr)


def add_test_packages() -> None:
    """On Debian as root: browser, screen, tray; where they are missing their tests are skipped."""
    about = Path("/etc/os-release")
    is_debian = about.is_file() and "\nID=debian\n" in f"\n{about.read_text('utf-8')}\n"
    if not is_debian or os.geteuid() != 0:
        return
    missing = [name for name in TEST_PACKAGES if not is_installed(name)]
    if missing:
        do("apt-get", "update", "-qq")
        do("apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing, quiet=True)


def is_installed(package: str) -> bool:
    """Whether dpkg has a package of this name, or one that took its place."""
    for name in (package, f"{package}t64"):
        query = ["dpkg-query", "--show", "--showformat", "${db:Status-Status}", name]
        answer = subprocess.run(query, capture_output=True, text=True, check=False)
        if answer.stdout == "installed":
            return True
    return False


def locked(package: str) -> str:
    """The lines of one package in the lock, with its hashes."""
    lines = LOCK.read_text("utf-8").splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(f"{package}=="))
    end = next((i for i in range(start + 1, len(lines)) if lines[i][:1] != " "), len(lines))
    return "\n".join(lines[start:end]) + "\n"


def relock(arguments: list[str]) -> int:
    """Resolve the lock anew: for all systems, hashed, without addresses."""
    os.chdir(ROOT)
    return run(
        *(UV, "pip", "compile", "--universal", "--python-version", "3.11", "--generate-hashes"),
        *("--all-extras", "--no-emit-index-url", "--no-emit-find-links", "--no-header"),
        *("--no-annotate", "pyproject.toml", "--output-file", LOCK, "--quiet", *arguments),
    )


def do(*command: object, quiet: bool = False) -> None:
    """Run a step of the set-up and say so; its failure ends the set-up."""
    words = [str(word) for word in command]
    print("+", *words, file=sys.stderr, flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    output = subprocess.DEVNULL if quiet else sys.stderr
    subprocess.run(words, check=True, env=environment, stdout=output)


def run(*command: object) -> int:
    """Become the command, so that signals and the exit code are its own."""
    words = [str(word) for word in command]
    if not WINDOWS:
        sys.stdout.flush()
        os.execv(words[0], words)
    process = subprocess.Popen(words)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue


def fail(message: str) -> int:
    """Say what went wrong."""
    print(f"bootstrap: {message}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
