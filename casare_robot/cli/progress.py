"""Shows on standard error how a job goes on: live on a terminal, plain lines elsewhere."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from casare_robot.domain.glance import Glance
from casare_robot.domain.job import LogLine


class PlainProgress:
    """One line for each node that waits or acts, and for each line of the workflow's log."""

    def __enter__(self) -> "PlainProgress":
        return self

    def __exit__(self, *_: object) -> None:
        sys.stderr.flush()

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Somebody types: write nothing that comes by itself."""
        yield

    def progress(self, node_id: str | None, nodes_executed: int) -> None:
        """Nothing to print: only ends are told."""

    def node_ended(
        self, node_id: str, node_type: str, seconds: float, error: str | None, outputs: Glance
    ) -> None:
        """One line."""
        how = f"failed: {error}" if error is not None else "ok"
        print(f"{node_type} {node_id}: {how} ({seconds * 1000:.0f} ms)", file=sys.stderr)

    def log(self, line: LogLine) -> None:
        """One line."""
        print(f"[{line.level}] [{line.node_id}] {line.message}", file=sys.stderr)


class LiveProgress(PlainProgress):
    """The same lines above one that changes: node and count."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.status import Status

        self._console = Console(stderr=True)
        self._status: Any = Status("starting", console=self._console)
        self._lock = threading.Lock()
        self._node_id = ""

    def __enter__(self) -> "LiveProgress":
        self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._status.stop()

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Take the line away meanwhile."""
        self._status.stop()
        try:
            yield
        finally:
            self._status.start()

    def progress(self, node_id: str | None, nodes_executed: int) -> None:
        """Change the line."""
        from rich.markup import escape

        with self._lock:
            self._node_id = node_id or self._node_id
            self._status.update(f"{nodes_executed} nodes  {escape(self._node_id)}")

    def node_ended(
        self, node_id: str, node_type: str, seconds: float, error: str | None, outputs: Glance
    ) -> None:
        """One line."""
        mark, style = ("✗", "red") if error is not None else ("✓", "green")
        text = f"{mark} {node_type} {node_id}  {seconds * 1000:.0f} ms  {error or ''}"
        self._console.print(text, style=style, markup=False, highlight=False)

    def log(self, line: LogLine) -> None:
        """One line."""
        self._console.print(f"  {line.message}", markup=False, highlight=False)


def show_progress() -> PlainProgress:
    """What fits standard error."""
    return LiveProgress() if sys.stderr.isatty() else PlainProgress()
