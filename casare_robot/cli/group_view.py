"""Groups as people like to see them: a picture on a terminal, plain lines anywhere else."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from rich.console import Group as Stack
from rich.console import RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from casare_robot.cli.rendering import counted
from casare_robot.domain.group_status import (
    GroupDrill,
    GroupFailover,
    GroupMember,
    GroupStatus,
)

ROLES = {"active": ("▶", "bold green"), "passive": ("❚❚", "cyan"), "retired": ("–", "dim")}
HEALTH = {"healthy": ("●", "green"), "disconnected": ("✗", "bold red"), "unknown": ("○", "dim")}
STATUS = {"active": "green", "completed": "dim", "failed": "red", "interrupted": "yellow"}
PHASES = {
    "look": "the members were looked at",
    "commit": "the change was made",
    "told": "the members were told",
    "answer": "the new active robot answered",
    "return": "the other one stood by",
}
REASONS = {"manual": "by hand", "heartbeat": "no sign of life"}
FULL = 0.9
"""Share of the working memory from which on it is shown as full."""


def status_lines(group: GroupStatus) -> Iterator[str]:
    """Everything one look tells, in plain lines."""
    yield f"{group.name}: {group.status}" + (f" ({group.objective})" if group.objective else "")
    yield f"leader: {_leader(group)}"
    yield f"next: {_successor(group)}"
    for member in group.members:
        yield "  ".join(("", f"{member.role:<7}", f"{member.robot:<16}", _condition(member)))
    yield f"memory: {_memory(group)}"
    yield f"jobs: {_jobs(group)}"
    for failover in group.failovers:
        yield f"failover: {_failover(failover)}"


def status_picture(group: GroupStatus) -> RenderableType:
    """The same for a terminal."""
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column()
    if group.objective:
        facts.add_row("for", Text(group.objective))
    facts.add_row("leader", Text(_leader(group)))
    facts.add_row("next", Text(_successor(group)))
    bar = ProgressBar(
        total=max(1, group.max_tokens),
        completed=min(group.working_memory_tokens, group.max_tokens),
        width=24,
        complete_style="red" if group.token_utilization >= FULL else "cyan",
        finished_style="red",
    )
    facts.add_row("memory", Stack(Text(_memory(group)), bar))
    facts.add_row("jobs", Text(_jobs(group)))
    parts: list[RenderableType] = [facts, Text(), _members(group)]
    if group.failovers:
        parts += [Text(), Text("failovers", style="bold")]
        parts += [Text(_failover(one), style="dim") for one in group.failovers[:8]]
    style = STATUS.get(group.status, "yellow")
    title = Text.assemble((f" {group.name} ", "bold"), (f"{group.status} ", style))
    return Panel(Stack(*parts), title=title, border_style=style)


def list_lines(groups: Sequence[GroupStatus]) -> Iterator[str]:
    """Groups, one line each."""
    for group in groups:
        active, passive = group.names("active"), group.names("passive")
        yield "  ".join(
            (
                f"{group.name:<24}",
                f"{group.status:<12}",
                f"active {', '.join(active) or 'nobody'}",
                f"passive {', '.join(passive) or 'nobody'}",
                f"memory {group.token_utilization:.0%}",
                f"jobs {_jobs(group)}",
            )
        )


def list_picture(groups: Sequence[GroupStatus]) -> RenderableType:
    """The same for a terminal."""
    table = Table(box=None, padding=(0, 2), header_style="dim")
    for name in ("group", "status", "active", "passive", "memory", "jobs"):
        table.add_column(name)
    for group in groups:
        table.add_row(
            Text(group.name, style="bold"),
            Text(group.status, style=STATUS.get(group.status, "yellow")),
            Text(", ".join(group.names("active")) or "nobody", style="green"),
            Text(", ".join(group.names("passive")) or "nobody", style="cyan"),
            f"{group.token_utilization:.0%}",
            _jobs(group),
        )
    return table


def drill_lines(done: GroupDrill) -> Iterator[str]:
    """What a drill did, and how long each part of it took."""
    yield f"{done.promoted} took over from {', '.join(done.retired) or 'nobody'}"
    for phase in done.phases:
        what = PHASES.get(phase.name, phase.name)
        if phase.name == "answer" and done.answered is False:
            what = "the new active robot did NOT answer"
        yield f"  {phase.seconds * 1000:8.1f} ms  {what}"
    yield f"  {done.seconds * 1000:8.1f} ms  in all"
    if done.jobs:
        yield f"jobs that wait again: {', '.join(done.jobs)}"


def _members(group: GroupStatus) -> Table:
    table = Table(box=None, padding=(0, 2), header_style="dim")
    for name in ("", "member", "role", "health", "can"):
        table.add_column(name)
    for member in group.members:
        mark, style = HEALTH[member.health]
        role_mark, role_style = ROLES.get(member.role, ("·", ""))
        table.add_row(
            Text("★" if member.robot == group.leader else "", style="yellow"),
            Text(member.robot, style="bold"),
            Text(f"{role_mark} {member.role}", style=role_style),
            Text(f"{mark} {_condition(member)}", style=style),
            Text(", ".join(member.capabilities), style="dim"),
        )
    return table


def _condition(member: GroupMember) -> str:
    if member.role == "retired":
        return "comes back as passive when it joins again"
    text = {
        "healthy": "healthy",
        "disconnected": "disconnected: no sign of life",
        "unknown": "has no process that keeps its lease",
    }[member.health]
    if member.lease_age is not None:
        text += f", seen {member.lease_age:.1f} s ago"
    if member.is_resting:
        text += ", paused"
    return text if member.is_in_sync else f"{text}, behind with the memory"


def _leader(group: GroupStatus) -> str:
    if group.leader is None:
        return "none is needed now: the first to see a failure takes the lease"
    age = f"{group.leader_age or 0.0:.1f} s ago"
    if not group.is_led:
        return f"{group.leader} led and fell silent {age}: the first to see a failure leads next"
    return f"{group.leader}, lease renewed {age}"


def _memory(group: GroupStatus) -> str:
    step = "all members in step" if group.in_sync else "members are behind"
    return (
        f"{counted(group.working_memory_nodes, 'text')}, {group.working_memory_tokens} of "
        f"{group.max_tokens} tokens ({group.token_utilization:.0%}), {step}"
    )


def _successor(group: GroupStatus) -> str:
    if group.successor is None:
        return "nobody stands by who could take over"
    return f"{group.successor} takes over when an active robot falls silent"


def _jobs(group: GroupStatus) -> str:
    words = [f"{count} {name.replace('_', ' ')}" for name, count in group.jobs.items()]
    return ", ".join(words) or "none"


def _failover(story: GroupFailover) -> str:
    at = datetime.astimezone(story.at)
    jobs = f", {counted(len(story.jobs), 'job')} begun again" if story.jobs else ""
    gone = ", ".join(story.retired) or "nobody"
    why = REASONS.get(story.reason, story.reason)
    return f"{at:%Y-%m-%d %H:%M:%S}  {story.promoted} took over from {gone} ({why}{jobs})"
