"""A lock that the operating system gives back when its holder dies."""

import sys
from io import BufferedRandom
from pathlib import Path


class FileLock:
    """Exclusive lock on a file, between processes and within one.

    The file stays where it is; only the lock on it comes and goes. A killed
    process holds nothing.

    Args:
        path: The file to lock; made if it is missing, its folder must exist.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BufferedRandom | None = None

    def acquire(self) -> bool:
        """Take the lock; False, at once, when somebody else holds it.

        Raises:
            OSError: The file cannot be made or opened.
        """
        if self._file is not None:
            return True
        file = self._path.open("a+b")
        try:
            _lock(file)
        except OSError:
            file.close()
            return False
        self._file = file
        return True

    def release(self) -> None:
        """Give the lock back; without holding it, nothing happens."""
        if self._file is not None:
            self._file.close()
            self._file = None


if sys.platform == "win32":
    import msvcrt

    def _lock(file: BufferedRandom) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: BufferedRandom) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
