"""Log files of bounded size, age and number; none is ever renamed, so that readers may hold them.

The newest file by name is the one that is written.
"""

import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path

PATTERN = "robot-*.log"
MOST_FILES = 100
LARGEST_FILE = 8 << 20
FLOOR = 200 << 20
"""Free bytes of the disk below which only warnings and worse are written."""
LOOK_EVERY = 30.0
"""Seconds between two looks at the disk, made when a line is written."""


def log_files(folder: Path) -> list[Path]:
    """The files there are, oldest first."""
    return sorted(folder.glob(PATTERN))


class LogFolder:
    """Writes lines to the newest file and begins others in time. Not for several threads at once.

    Args:
        folder: Made if it is missing.
        max_bytes: Of all files together.
        max_days: A file that was begun longer ago is deleted.
        floor: Free bytes of the disk below which only what matters is written.
        clock: Wall clock in seconds.
        free: Free bytes of the disk of a folder.

    Attributes:
        lost: Lines that could not be written or were left out.
    """

    def __init__(
        self,
        folder: Path,
        *,
        max_bytes: int,
        max_days: float,
        floor: int = FLOOR,
        clock: Callable[[], float] = time.time,
        free: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
    ) -> None:
        self.lost = 0
        self._folder = folder
        self._max_bytes = max_bytes
        self._max_days = max_days
        self._floor = floor
        self._clock = clock
        self._free = free
        self._largest = max(1 << 10, min(LARGEST_FILE, max_bytes // 8))
        self._file: FileIO | None = None
        self._size = 0
        self._day = -1
        self._looked_at = -LOOK_EVERY
        self._is_low = False

    def write(self, line: str, *, matters: bool) -> None:
        """Add a line; one that cannot be written is counted as lost.

        Args:
            line: Without its end.
            matters: Write it even when the disk is nearly full.
        """
        data = line.encode(errors="backslashreplace") + b"\n"
        try:
            self._look()
            if self._is_low and not matters:
                self.lost += 1
                return
            file = self._ready(len(data))
            self._size += file.write(data)
        except OSError:
            self.lost += 1
            self.close()

    def close(self) -> None:
        """Close the file; the next line opens it again."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _ready(self, size: int) -> FileIO:
        """The file for so many bytes more."""
        day = int(self._clock() // 86_400)
        if self._file is not None and day == self._day and self._size + size <= self._largest:
            return self._file
        self.close()
        self._day = day
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        newest = log_files(self._folder)[-1:]
        for path in newest:
            if (
                path.name[6:14] == _stamp(self._clock())[:8]
                and path.stat().st_size + size <= self._largest
            ):
                return self._open(path)
        opened = self._open(self._new_name(newest))
        self._prune()
        return opened

    def _open(self, path: Path) -> FileIO:
        self._file = FileIO(path, "a")
        self._size = path.stat().st_size
        return self._file

    def _new_name(self, newest: list[Path]) -> Path:
        """A name behind all others, even if the clock went back."""
        path = self._folder / f"robot-{_stamp(self._clock())}.log"
        if newest and path.name <= newest[0].name:
            path = newest[0].with_name(f"{newest[0].stem}_.log")
        return path

    def _prune(self) -> None:
        oldest = f"robot-{_stamp(self._clock() - self._max_days * 86_400)}"
        total = 0
        for number, path in enumerate(reversed(log_files(self._folder))):
            total += path.stat().st_size if number else self._largest
            if number and (number >= MOST_FILES or total > self._max_bytes or path.name < oldest):
                try:
                    path.unlink()
                except OSError:
                    continue  # somebody reads it; next time

    def _look(self) -> None:
        now = self._clock()
        if not 0 <= now - self._looked_at < LOOK_EVERY:
            self._looked_at = now
            folder = self._folder
            while not folder.exists() and folder != folder.parent:
                folder = folder.parent
            self._is_low = self._free(folder) < self._floor
            if self._file is not None and not Path(str(self._file.name)).exists():
                self.close()  # somebody tidied up


def _stamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y%m%dT%H%M%S%fZ")
