"""What shows why a node failed: files in a folder of the job, not too many."""

import re
from pathlib import Path

from casare_robot.desktop.diagnostics import warn

MOST = 40
"""Files of one job; the first ones stay, for they show how it began."""


def keep(folder: Path, node_id: str, ending: str, content: bytes) -> str:
    """Write a file that only this user reads; its path, "" if there are enough or it fails."""
    name = re.sub(r"[^\w.-]", "_", node_id)[:80].lstrip(".")
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
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
