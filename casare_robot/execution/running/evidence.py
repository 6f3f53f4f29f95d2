"""What shows why nodes failed: a folder for each job, not too many of either."""

import re
import shutil
from pathlib import Path

from casare_robot.desktop.diagnostics import warn

FOLDER = "diagnosis"
"""Name of the folder in a robot's home."""
MOST = 40
"""Files of one job; the first ones stay, for they show how it began."""
JOBS = 100
"""Jobs whose files stay; the newest."""


def keep(folder: Path, node_id: str, ending: str, content: bytes) -> str:
    """Write a file that only this user reads; its path, "" if there are enough or it fails."""
    name = re.sub(r"[^\w.-]", "_", node_id)[:80].lstrip(".")
    try:
        if not folder.exists():
            _make_room(folder.parent)
            folder.mkdir(parents=True, mode=0o700)
        number = sum(1 for _ in folder.iterdir()) + 1
        if number > MOST:
            return ""
        path = folder / f"{number:02}_{name}.{ending}"
        path.touch(mode=0o600, exist_ok=False)
        path.write_bytes(content)
    except OSError as error:
        warn("execution", "could not keep what shows a failure", error=str(error))
        return ""
    return str(path)


def _make_room(folder: Path) -> None:
    if folder.is_dir():
        jobs = sorted(folder.iterdir(), key=lambda job: job.stat().st_mtime, reverse=True)
        for old in jobs[JOBS - 1 :]:
            shutil.rmtree(old, ignore_errors=True)
