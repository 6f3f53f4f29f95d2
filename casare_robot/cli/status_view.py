"""A robot's status as people like to see it: lines anywhere, a live view on a terminal."""

from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import msgspec
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from casare_robot.cli.times import clock_time, since
from casare_robot.domain.job import JobStatus
from casare_robot.domain.robot_events import (
    JobEnded,
    JobLogged,
    JobStarted,
    NodeCompleted,
    NodeFailed,
    NodeStarted,
    RobotEvent,
    StatusChanged,
)
from casare_robot.domain.robot_status import LinkState, RobotState, RobotStatus, RunningJob

STATES = {
    RobotState.STARTING: ("◌", "dim"),
    RobotState.IDLE: ("●", "green"),
    RobotState.EXECUTING: ("▶", "bold cyan"),
    RobotState.PAUSED: ("❚❚", "yellow"),
    RobotState.DRAINING: ("◐", "yellow"),
    RobotState.STOPPING: ("■", "magenta"),
    RobotState.ERROR: ("✗", "bold red"),
}
LINKS = {
    LinkState.LOCAL: "dim",
    LinkState.CONNECTED: "green",
    LinkState.CONNECTING: "yellow",
    LinkState.RECONNECTING: "yellow",
    LinkState.DISCONNECTED: "red",
}
ENDS = {
    JobStatus.COMPLETED: ("✓", "green"),
    JobStatus.FAILED: ("✗", "red"),
    JobStatus.TIMED_OUT: ("✗", "red"),
    JobStatus.CANCELLED: ("-", "yellow"),
    JobStatus.NEEDS_ATTENTION: ("?", "bold magenta"),
}
RECENT = 8
"""Lines about what happened last."""


def status_lines(status: RobotStatus, now: datetime) -> Iterator[str]:
    """Everything one look tells, in plain lines."""
    yield (
        f"{status.name or status.robot_id}: {status.state} for {since(status.since, now)}"
        + (f" until {clock_time(status.paused_until)}" if status.paused_until else "")
        + (f" ({status.note})" if status.note else "")
    )
    yield f"link: {_link(status, now)}"
    if status.group:
        yield f"group: {_group(status)}"
    running, most = len(status.jobs), status.max_concurrent_jobs
    yield (f"jobs: {running} of {most} running, {status.waiting} waiting, {_attention(status)}")
    for job in status.jobs:
        yield f"  {job.job_id}  {job.name}  {_where(job)}  {since(job.started_at, now)}"
        for title in job.waits_for:
            yield f"    waits for you: {title}"
    if status.needs_attention:
        yield "see which: casare-robot jobs list --status needs_attention"
    for reason in status.reasons:
        yield f"no job begins: {reason}"
    for fault in status.warnings:
        yield f"warning: {fault}"
    newer = status.update
    if newer.is_wanted:
        yield f"version {newer.version} is installed when the robot is idle"
    elif newer.is_ready:
        yield f"version {newer.version} is ready: casare-robot update apply"


def event_line(event: RobotEvent) -> str | None:
    """An event in one line; None for what would only be noise."""
    at = clock_time(event.at)
    match event:
        case StatusChanged():
            note = f" ({event.status.note})" if event.status.note else ""
            return f"{at}  {event.status.state}{note}, link {event.status.link.state}"
        case JobStarted():
            return f"{at}  {event.job_id}  {'resumed' if event.resumed else 'began'}  {event.name}"
        case JobEnded():
            why = f": {event.result.error.message}" if event.result.error else ""
            return f"{at}  {event.job_id}  {event.result.status}{why}"
        case NodeFailed():
            return f"{at}  {event.job_id}  {event.node_type} {event.node_id} failed: {event.error}"
        case JobLogged():
            return f"{at}  {event.job_id}  [{event.line.level}] {event.line.message}"
        case _:
            return None


class LiveStatus:
    """What a live view shows; `rich.live.Live` draws it again and again.

    Args:
        clock: Now, in UTC.
    """

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._clock = clock
        self._status: RobotStatus | None = None
        self._jobs: dict[str, RunningJob] = {}
        self._recent: deque[Text] = deque(maxlen=RECENT)

    def look(self, status: RobotStatus) -> None:
        """Show a newer status."""
        self._status = status
        self._jobs = {job.job_id: job for job in status.jobs}

    def hear(self, event: RobotEvent) -> None:
        """Show what happened."""
        if isinstance(event, StatusChanged):
            self.look(event.status)
            return
        if isinstance(event, NodeStarted | NodeCompleted | NodeFailed):
            self._move(event)
        text = event_line(event)
        if text is None:
            return
        style = "dim"
        if isinstance(event, JobEnded):
            self._jobs.pop(event.job_id, None)
            mark, style = ENDS.get(event.result.status, ("·", ""))
            text = f"{mark} {text}"
        elif isinstance(event, NodeFailed):
            text, style = f"✗ {text}", "red"
        else:
            text = f"· {text}"
        self._recent.append(Text(text, style=style, overflow="ellipsis", no_wrap=True))

    def __rich__(self) -> RenderableType:
        status, now = self._status, self._clock()
        if status is None:
            return Text("looking for the robot …", style="dim")
        mark, style = STATES[status.state]
        parts: list[RenderableType] = [self._facts(status, now)]
        if self._jobs:
            parts += [Text(), self._table(now)]
        for reason in status.reasons:
            parts.append(Text(f"no job begins: {reason}", style="yellow"))
        for fault in status.warnings:
            parts.append(Text(f"! {fault}", style="red"))
        if self._recent:
            parts += [Text(), Text("last", style="bold"), *self._recent]
        title = Text.assemble(
            (f" {status.name or status.robot_id} ", "bold"), (f"{mark} {status.state} ", style)
        )
        subtitle = Text(f" {status.version} · {clock_time(now)} · Ctrl+C leaves ", style="dim")
        border = style.removeprefix("bold ")
        return Panel(Group(*parts), title=title, subtitle=subtitle, border_style=border)

    def _facts(self, status: RobotStatus, now: datetime) -> Table:
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="dim", no_wrap=True)
        grid.add_column()
        state = f"{status.state} for {since(status.since, now)}"
        if status.paused_until is not None:
            state += f", until {clock_time(status.paused_until)}"
        if status.note:
            state += f" · {status.note}"
        grid.add_row("state", Text(state, style=STATES[status.state][1]))
        grid.add_row("link", Text(_link(status, now), style=LINKS[status.link.state]))
        if status.group:
            grid.add_row("group", _group(status))
        jobs = Text.assemble(f"{len(self._jobs)} of {status.max_concurrent_jobs} running")
        jobs.append(f" · {status.waiting} waiting", style="yellow" if status.waiting else "dim")
        attention = f" · {_attention(status)}"
        jobs.append(attention, style="bold magenta" if status.needs_attention else "dim")
        if status.link.unsent_results:
            jobs.append(f" · {status.link.unsent_results} results to send", style="yellow")
        grid.add_row("jobs", jobs)
        grid.add_row("up", since(status.started_at, now))
        return grid

    def _table(self, now: datetime) -> Table:
        table = Table(box=None, padding=(0, 2), header_style="dim", expand=True)
        for name in ("job", "name", "at", "nodes", "", "time"):
            table.add_column(name, no_wrap=True, overflow="ellipsis")
        for job in self._jobs.values():
            count = str(job.nodes_executed) + (f" of {job.total_nodes}" if job.total_nodes else "")
            done = min(job.nodes_executed, job.total_nodes)
            bar = ProgressBar(
                total=job.total_nodes, completed=done, width=16, complete_style="cyan"
            )
            took = Text(since(job.started_at, now))
            if job.waits_for:
                took = Text(f"waits for you: {job.waits_for[0]}", style="bold magenta")
            elif job.no_progress_since is not None:
                took = Text(f"no progress for {since(job.no_progress_since, now)}", style="red")
            elif job.cancelling:
                took = Text("is cancelled", style="yellow")
            table.add_row(
                Text(job.job_id[:12], style="cyan"),
                Text(job.name),
                Text(job.node_id or "", style="dim"),
                count,
                bar if job.total_nodes else "",
                took,
            )
        return table

    def _move(self, event: NodeStarted | NodeCompleted | NodeFailed) -> None:
        job = self._jobs.get(event.job_id)
        if job is None or not isinstance(event, NodeStarted):
            return
        self._jobs[event.job_id] = msgspec.structs.replace(
            job, node_id=event.node_id or job.node_id, nodes_executed=event.nodes_executed
        )


def _link(status: RobotStatus, now: datetime) -> str:
    link = status.link
    text = str(link.state)
    if link.state is LinkState.LOCAL:
        return "local: works for this desk only"
    text += f" to {link.address}" if link.address else ""
    text += f" for {since(link.since, now)}"
    text += f"; {link.problem}" if link.problem else ""
    if link.unsent_results:
        text += f"; results that wait to be delivered: {link.unsent_results}"
    if link.circuit is not None and link.circuit.state != "closed":
        text += f"; circuit {link.circuit.state.replace('_', ' ')}"
    if link.next_try_in is not None:
        text += f"; tries again in {link.next_try_in:.0f} s, or now with casare-robot reconnect"
    elif link.state is LinkState.DISCONNECTED:
        text += "; casare-robot reconnect tries again"
    return text


def _group(status: RobotStatus) -> str:
    return f"{status.group}, {status.group_role or 'joining'}"


def _attention(status: RobotStatus) -> str:
    verb = "needs" if status.needs_attention == 1 else "need"
    return f"{status.needs_attention} {verb} attention"


def _where(job: RunningJob) -> str:
    count = f"{job.nodes_executed}" + (f" of {job.total_nodes}" if job.total_nodes else "")
    return f"{count} nodes" + (f", at {job.node_id}" if job.node_id else "")
