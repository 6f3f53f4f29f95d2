"""Edits of an open document that are not saved yet, so that a crash does not lose them.

A document is edited in memory and saved when it is closed. Each edit is also
appended to a small file; when the same step opens the document again after a
crash, what the file holds is done again.
"""

import hashlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec


class UnsavedEdits:
    """The edits of one document, opened by one step.

    Args:
        document: The document's path.
        step_key: Key of the step that opened it.
        folder: Where the file lies; by default among the system's temporary files.
    """

    def __init__(self, document: Path, step_key: str, *, folder: Path | None = None) -> None:
        name = hashlib.blake2b(f"{document}\0{step_key}".encode(), digest_size=16).hexdigest()
        home = folder or Path(tempfile.gettempdir(), "casare-robot-edits")
        home.mkdir(mode=0o700, exist_ok=True)
        self._path = home / f"{name}.jsonl"

    def __iter__(self) -> Iterator[list[Any]]:
        """Those from before a crash, in order; a last one that was cut off is none."""
        if not self._path.exists():
            return
        for line in self._path.read_bytes().splitlines(keepends=True):
            if line.endswith(b"\n"):
                yield msgspec.json.decode(line, type=list[Any])

    def add(self, *edit: Any) -> None:
        """Keep an edit; plain data only."""
        with self._path.open("ab") as file:
            file.write(msgspec.json.encode(edit) + b"\n")

    def forget(self) -> None:
        """They are saved, or not wanted."""
        self._path.unlink(missing_ok=True)
