"""A few small things, kept in a file of their own."""

import json
from pathlib import Path
from typing import Any

from casare_robot.desktop.private_file import write_private
from casare_robot.domain.errors import JournalDamagedError


class FileMemory:
    """See `Memory`.

    Args:
        folder: Where the file is.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "memory.json"

    def remember(self, key: str, value: Any) -> None:
        """Keep plain data under this key; None forgets. Durable on return."""
        kept = self._read()
        kept[key] = value
        write_private(self._file, json.dumps(kept).encode())

    def recalled(self, key: str) -> Any:
        """What was kept under this key; None if nothing was."""
        return self._read().get(key)

    def _read(self) -> dict[str, Any]:
        try:
            return dict(json.loads(self._file.read_bytes()))
        except FileNotFoundError:
            return {}
        except ValueError as error:
            raise JournalDamagedError(f"{self._file} cannot be read: {error}") from error
