"""How the demo shows a workflow at work: live on a terminal, plain lines elsewhere."""

from collections.abc import Mapping
from typing import Any, Self

import msgspec
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from casare_robot.domain.job import Job, JobResult, LogLine

MARKS = {
    "waits": ("·", "dim"),
    "runs": ("▸", "yellow"),
    "done": ("✓", "green"),
    "failed": ("✗", "red"),
}


def heading(console: Console, title: str, *lines: str) -> None:
    """A heading and what it is about."""
    console.print()
    console.print(title, style="bold")
    for line in lines:
        console.print(line, style="dim")
    console.print()


class NodeDisplay:
    """Shows each node of a job as it waits, runs and ends; a `Listener` of its execution."""

    def __init__(self, console: Console, job: Job) -> None:
        drawn: Mapping[str, Any] = msgspec.json.decode(job.workflow)
        self._console = console
        self._title = drawn["metadata"]["name"]
        self._types = {name: node["node_type"] for name, node in drawn["nodes"].items()}
        self._states = dict.fromkeys(self._types, "waits")
        self._notes: list[str] = []
        self._live = Live(console=console, get_renderable=self._table, refresh_per_second=20)

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        else:
            self._console.print(self._title, style="bold", markup=False)
        return self

    def __exit__(self, *_: object) -> None:
        if self._console.is_terminal:
            self._live.stop()

    def progress(self, node_id: str | None, nodes_executed: int) -> None:
        """A node began."""
        if node_id in self._states:
            self._states[node_id] = "runs"

    def node_ended(self, node_id: str, node_type: str, seconds: float, error: str | None) -> None:
        """A node that waits or acts ended."""
        self._end(node_id, "done" if error is None else "failed")

    def log(self, line: LogLine) -> None:
        """What the workflow says."""
        self._notes.append(line.message)

    def ended(self, result: JobResult) -> None:
        """Show how it ended."""
        for node_id in result.executed_nodes:
            self._end(node_id, "done")
        why = f": {result.error.message}" if result.error is not None else ""
        self._notes.append(f"{result.status}{why} ({result.nodes_executed} steps)")
        if not self._console.is_terminal:
            for note in self._notes:
                self._console.print(f"  -> {note}", markup=False)

    def _end(self, node_id: str, state: str) -> None:
        if self._states.get(node_id) in ("done", "failed"):
            return
        self._states[node_id] = state
        if not self._console.is_terminal:
            self._console.print(
                f"  {state:<6} {node_id} ({self._types.get(node_id)})", markup=False
            )

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 2))
        table.add_row(Text(self._title, style="bold cyan"))
        rows = Table.grid(padding=(0, 2))
        for node_id, state in self._states.items():
            mark, style = MARKS[state]
            rows.add_row(
                Text(f"  {mark} {node_id}", style=style), Text(self._types[node_id], "dim")
            )
        table.add_row(rows)
        for note in self._notes:
            table.add_row(Text(f"  → {note}"))
        return table
