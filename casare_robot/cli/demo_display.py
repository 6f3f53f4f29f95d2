"""How the demo shows robots and jobs: live on a terminal, plain lines elsewhere."""

from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

ROBOTS = {
    "idle": ("✓", "green"),
    "executing": ("▶", "blue"),
    "offline": ("✗", "bold red"),
    "starting": ("↻", "yellow"),
}
JOBS = {
    "queued": ("…", "dim"),
    "assigned": ("→", "dim"),
    "running": ("▶", "blue"),
    "completed": ("✓", "green"),
    "needs_attention": ("?", "bold yellow"),
}
OTHER = ("✗", "red")
MOST_NOTES = 12


def heading(console: Console, title: str, *lines: str) -> None:
    """A heading and what it is about."""
    console.print()
    console.print(title, style="bold")
    for line in lines:
        console.print(line, style="dim")
    console.print()


class Board:
    """Robots, jobs and what happened, as far as is known."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._robots: Sequence[dict[str, Any]] = ()
        self._jobs: Sequence[dict[str, Any]] = ()
        self._notes: list[Text] = []
        self._said: dict[str, str] = {}
        self._live = Live(console=console, get_renderable=self._drawn, refresh_per_second=12)

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._console.is_terminal:
            self._live.stop()

    def note(self, message: str, style: str = "") -> None:
        """Something happened."""
        self._notes.append(Text(f"  {message}", style=style))
        del self._notes[:-MOST_NOTES]
        if not self._console.is_terminal:
            self._console.print(f"  {message}", style=style, markup=False)

    def show(self, robots: Sequence[dict[str, Any]], jobs: Sequence[dict[str, Any]]) -> None:
        """This is how things are now."""
        self._robots = sorted(robots, key=lambda robot: str(robot["robot_id"]))
        self._jobs = sorted(jobs, key=lambda job: str(job["created_at"]))
        if not self._console.is_terminal:
            self._tell_changes()

    def _tell_changes(self) -> None:
        for robot in self._robots:
            self._tell(robot["name"], robot["state"])
        for job in self._jobs:
            where = f" on {job['robot_id']}" if job["robot_id"] else ""
            self._tell(f"job {job['name']}", f"{job['status']}{where}")

    def _tell(self, name: str, state: str) -> None:
        if self._said.get(name) != state:
            self._said[name] = state
            self._console.print(f"  {name} {state}", style="dim", markup=False)

    def _drawn(self) -> Group:
        robots = Table.grid(padding=(0, 3))
        for robot in self._robots:
            mark, style = ROBOTS.get(robot["state"], OTHER)
            current = ", ".join(self._name_of(job_id) for job_id in robot["current_jobs"])
            robots.add_row(
                Text(f"  {mark} {robot['name']}", style=style),
                Text(robot["state"], style=style),
                Text(current, style="dim"),
            )
        jobs = Table.grid(padding=(0, 3))
        for job in self._jobs:
            mark, style = JOBS.get(job["status"], OTHER)
            jobs.add_row(
                Text(f"  {mark} {job['name']}", style=style),
                Text(job["status"].replace("_", " "), style=style),
                Text(job["robot_id"] or "", style="dim"),
                Text(f"{job['nodes_executed']} nodes" if job["nodes_executed"] else "", "dim"),
            )
        return Group(robots, Text(), jobs, Text(), *self._notes)

    def _name_of(self, job_id: str) -> str:
        return next((str(job["name"]) for job in self._jobs if job["job_id"] == job_id), job_id)
