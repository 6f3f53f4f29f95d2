"""Space kept back for the moment when there is none left."""

from pathlib import Path

from casare_robot.domain.errors import DiskFullError


class Reserve:
    """A file of a fixed size that is given up when the disk is full.

    Args:
        path: Where the file lies.
        size: Its size in bytes; 0 keeps nothing back.
    """

    def __init__(self, path: Path, size: int) -> None:
        self._path = path
        self._size = size
        self.is_held = size == 0
        """Whether the space is kept back at this moment."""

    def fill(self) -> None:
        """Keep the space back, if it is not already.

        Raises:
            DiskFullError: There is not that much left; nothing is kept back then.
        """
        if self.is_held:
            return
        try:
            if not self._path.exists() or self._path.stat().st_size != self._size:
                # Written, not truncated to size: a file with holes keeps nothing back.
                self._path.write_bytes(b"\xff" * self._size)
        except OSError as error:
            self.release()
            raise DiskFullError(f"{self._size} bytes cannot be kept back: {error}") from error
        self.is_held = True

    def release(self) -> None:
        """Give the space up."""
        self._path.unlink(missing_ok=True)
        self.is_held = self._size == 0
