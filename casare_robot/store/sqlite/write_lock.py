"""Tells who holds the write lock of a file, where the system says so.

A process that is suspended in the middle of a write keeps the lock, and everybody waits.
"""

from collections.abc import Iterable
from pathlib import Path

WRITE = 120
"""The byte of the file's shared memory that a writer locks.

Source: SQLite, "WAL-mode File Format", section 2.3.1, "How the Locks Are Used".
"""
KNOWN_LOCKS = Path("/proc/locks")
"""Only Linux tells. Nothing is opened beside it: closing the shared memory would free our locks."""


def writer(path: Path) -> int | None:
    """The process that writes to a file just now; None: none, or nobody knows."""
    try:
        inode = path.with_name(f"{path.name}-shm").stat().st_ino
        return holder(KNOWN_LOCKS.read_text().splitlines(), inode)
    except OSError:
        return None


def holder(locks: Iterable[str], inode: int) -> int | None:
    """The process that has a file's write lock, by the lines of the system's table. Pure."""
    for line in locks:
        # 1: POSIX  ADVISORY  WRITE 4711 fe:00:3958281 120 120; one who waits has "->" before
        fields = line.split()
        match fields:
            case [_, "POSIX", _, "WRITE", process, place, first, _] if (
                place.endswith(f":{inode}") and int(first) == WRITE and int(process) > 0
            ):
                return int(process)
    return None


def told(path: Path) -> str:
    """Who holds a file's write lock and what to do about it, as the end of a sentence."""
    import psutil

    number = writer(path)
    if number is None:
        return "others write; if one of them is suspended, let it go on or end it"
    try:
        process = psutil.Process(number)
        who, state = f"process {number} ({process.name()})", process.status()
    except psutil.Error:
        return f"process {number} writes"
    if state not in (psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP):
        return f"{who} writes"
    return f"{who} was suspended while it writes: let it go on, or end it"
