"""A program that goes on when whoever started it has ended, without a window."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

LAST_WORDS = 2_000
"""Bytes of its output that are looked at for why it ended."""
MOST_OUTPUT = 1 << 20
"""Bytes of output beyond which only the end of it is kept."""
KEPT_OUTPUT = 64 << 10


class BackgroundProgram:
    """A program started by this one, and not bound to it.

    Args:
        process: It.
        output: The file to which it writes.
    """

    def __init__(self, process: "subprocess.Popen[bytes]", output: Path) -> None:
        self._process = process
        self._output = output

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def exit_code(self) -> int | None:
        """How it ended; None while it runs."""
        return self._process.poll()

    def last_words(self) -> str:
        """The last line it wrote; empty if there is none."""
        try:
            lines = self._end(LAST_WORDS).decode(errors="replace").strip().splitlines()
        except OSError:
            return ""
        return lines[-1].strip() if lines else ""

    def trim_output(self) -> None:
        """Keep only the end of its output if there is too much.

        What it writes in this moment may be lost.

        Raises:
            OSError: The file cannot be written.
        """
        if self._output.stat().st_size <= MOST_OUTPUT:
            return
        end = self._end(KEPT_OUTPUT)
        with self._output.open("r+b") as file:
            file.write(end)
            file.truncate()

    def kill(self) -> None:
        """End it at once; harmless when it has ended."""
        self._process.kill()

    def _end(self, most: int) -> bytes:
        with self._output.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - most))
            return file.read()


def start_background(command: Sequence[str], *, output: Path) -> BackgroundProgram:
    """Start a program of its own session, whose output replaces what is in a file.

    Raises:
        OSError: It cannot be started.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    options: dict[str, Any] = {}
    if sys.platform == "win32":
        options["creationflags"] = subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP
    else:
        options["start_new_session"] = True
    output.write_bytes(b"")
    with _appending(output) as file:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, **options
        )
    return BackgroundProgram(process, output)


if sys.platform == "win32":
    import _winapi
    import msvcrt

    _APPEND = 0x4 | 0x100000  # FILE_APPEND_DATA and SYNCHRONIZE: the system moves to the end

    def _appending(path: Path) -> BinaryIO:
        """A file whose end every write finds anew, in the child too."""
        shared = 0x1 | 0x2 | 0x4
        handle = _winapi.CreateFile(
            str(path), _APPEND, shared, 0, _winapi.OPEN_EXISTING, 0, _winapi.NULL
        )
        return os.fdopen(msvcrt.open_osfhandle(handle, os.O_APPEND), "ab")

else:

    def _appending(path: Path) -> BinaryIO:
        """A file whose end every write finds anew, in the child too."""
        return path.open("ab")
