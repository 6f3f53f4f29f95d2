"""A program that goes on when whoever started it has ended, without a window."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

LAST_WORDS = 2_000
"""Bytes of its output that are looked at for why it ended."""


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
            with self._output.open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - LAST_WORDS))
                lines = file.read().decode(errors="replace").strip().splitlines()
        except OSError:
            return ""
        return lines[-1].strip() if lines else ""

    def kill(self) -> None:
        """End it at once; harmless when it has ended."""
        self._process.kill()


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
    with output.open("wb") as file:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, **options
        )
    return BackgroundProgram(process, output)
