"""What an executor writes to its standard error: warnings, crashes, and what code printed."""

import threading
from collections.abc import Callable
from typing import IO

from casare_robot.domain.job import JobId

LONGEST = 64 << 10
"""Bytes of a line; a longer one is told in pieces."""

Said = Callable[[JobId | None, str], None]
"""Told each line, with the job for which the executor works; called in a thread."""


class ErrorReader:
    """Reads it line by line until the executor and all it started have closed it.

    Args:
        pipe: Where it comes out.
        said: Who is told.

    Attributes:
        job_id: The job, as soon as the executor has one.
    """

    def __init__(self, pipe: IO[bytes], said: Said) -> None:
        self.job_id: JobId | None = None
        self._pipe = pipe
        self._said = said
        threading.Thread(target=self._read, name="executor errors", daemon=True).start()

    def _read(self) -> None:
        with self._pipe:
            while line := self._pipe.readline(LONGEST):
                text = line.decode("utf-8", "replace").rstrip()
                if text:
                    self._said(self.job_id, text)
