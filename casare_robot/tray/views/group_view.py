"""The robot's group as a value: members, roles, health, leader, memory, failovers. Pure."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from casare_robot.domain.group_status import (
    GroupDrill,
    GroupFailover,
    GroupMember,
    GroupStatus,
)
from casare_robot.tray.texts import counted, tr
from casare_robot.tray.views.spans import clock, lasting, took

FULL = 0.9
"""Share of the working memory from which on it is shown as nearly full."""
OPEN_JOBS = ("assigned", "running")
MARKS = {
    ("active", "healthy"): ("▶", "good"),
    ("active", "unknown"): ("▶", "busy"),
    ("active", "disconnected"): ("✕", "bad"),
    ("passive", "healthy"): ("‖", "good"),
    ("passive", "unknown"): ("‖", "still"),
    ("passive", "disconnected"): ("✕", "bad"),
}
"""Role and health to mark and tone."""


class MemberLine(msgspec.Struct, frozen=True, kw_only=True):
    """A member; what can be done about it is offered only where it makes sense."""

    robot: str
    name: str
    mark: str
    tone: str
    role: str
    condition: str
    can: str
    can_promote: bool
    can_demote: bool


class GroupView(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the group window says; ``memory_done`` of 1000.

    ``problem`` is why what is shown is old, or why there is nothing to show.
    """

    name: str
    headline: str
    tone: str
    leader: str = ""
    members: tuple[MemberLine, ...] = ()
    memory: str = ""
    memory_done: int = 0
    is_nearly_full: bool = False
    jobs: str = ""
    failovers: tuple[str, ...] = ()
    problem: str = ""
    can_drill: bool = False
    can_sync: bool = False


def group_view(group: GroupStatus | None, *, now: datetime, problem: str = "") -> GroupView:
    """What the group window says.

    Args:
        group: As last seen; None: the robot is in none, or nothing is known yet.
        now: In the local time zone.
        problem: Why it could not be asked.
    """
    if group is None:
        way = tr("It joins the one that is named under Settings, Connection.")
        return GroupView(
            name=tr("Group"),
            headline=tr("This robot is in no group.") if not problem else "",
            tone="still",
            leader="" if problem else way,
            problem=problem,
        )
    active, passive = group.names("active"), group.names("passive")
    return GroupView(
        name=group.name,
        headline=_headline(group),
        tone=_tone(group),
        leader="" if problem else _leader(group),
        members=tuple(_member(one, group, can_change=not problem) for one in group.members),
        memory=_memory(group),
        memory_done=min(1000, round(1000 * group.token_utilization)),
        is_nearly_full=group.token_utilization >= FULL,
        jobs=_jobs(group),
        failovers=tuple(_failover(story, now) for story in group.failovers),
        problem=problem,
        can_drill=bool(active and passive) and not problem,
        can_sync=bool(group.members) and not problem,
    )


def cost_of_drill(group: GroupStatus) -> str:
    """What one should know before a failover on purpose."""
    actives, standbys = group.names("active"), group.names("passive")
    told = [
        tr(
            "{standby} takes over from {active}, which stands by from then on.",
            standby=standbys[0],
            active=actives[0],
        )
    ]
    busy = sum(group.jobs.get(status, 0) for status in OPEN_JOBS)
    if busy:
        told.append(
            counted(
                busy,
                "{count} job is open; if it is at that robot, another goes on with it.",
                "{count} jobs are open; those at that robot go on at another.",
            )
        )
    return " ".join(told)


def drill_text(done: GroupDrill) -> str:
    """How a failover on purpose went, and how long each part of it took."""
    words = {
        "look": tr("The members were looked at"),
        "commit": tr("The roles were changed"),
        "told": tr("The members were told"),
        "answer": tr("{robot} answered", robot=done.promoted),
        "return": tr("{robots} stood by", robots=", ".join(done.retired)),
    }
    if done.answered is False:
        words["answer"] = tr("{robot} did NOT answer", robot=done.promoted)
    lines = [f"{words.get(one.name, one.name)}: {took(one.seconds)}" for one in done.phases]
    lines.append(tr("All of it: {span}", span=took(done.seconds)))
    return "\n".join(lines)


def drill_title(done: GroupDrill) -> str:
    """How it went, in a sentence."""
    if done.answered is False:
        return tr("{robot} took over, but does not answer", robot=done.promoted)
    return tr("{robot} has taken over", robot=done.promoted)


def role_word(role: str) -> str:
    """A role in a word."""
    return {
        "active": tr("active"),
        "passive": tr("passive"),
        "retired": tr("retired"),
    }.get(role, role)


def _headline(group: GroupStatus) -> str:
    active, passive = group.names("active"), group.names("passive")
    if not active:
        return tr("Nobody is active: no job of the group runs")
    counts = [
        counted(len(active), "{count} active", "{count} active"),
        counted(len(passive), "{count} stands by", "{count} stand by"),
        tr("all in step") if group.in_sync else tr("not all in step"),
    ]
    return " · ".join(counts)


def _tone(group: GroupStatus) -> str:
    if not group.names("active"):
        return "bad"
    silent = any(member.health == "disconnected" for member in group.members)
    return "warn" if silent or not group.names("passive") else "good"


def _leader(group: GroupStatus) -> str:
    if group.leader is None:
        return tr("Nobody leads at the moment: whoever first sees a failure does.")
    age = lasting(group.leader_age or 0.0)
    if not group.is_led:
        return tr(
            "{robot} led and fell silent {age} ago: whoever first sees a failure leads next.",
            robot=group.leader,
            age=age,
        )
    return tr("{robot} leads; its lease was renewed {age} ago.", robot=group.leader, age=age)


def _member(member: GroupMember, group: GroupStatus, *, can_change: bool) -> MemberLine:
    mark, tone = MARKS.get((member.role, member.health), ("–", "still"))
    name = member.robot
    if member.robot == group.robot:
        name = tr("{robot} (this robot)", robot=name)
    if member.robot == group.leader and group.is_led:
        name = f"★ {name}"
    return MemberLine(
        robot=member.robot,
        name=name,
        mark=mark,
        tone=tone,
        role=role_word(member.role),
        condition=_condition(member),
        can=", ".join(member.capabilities),
        can_promote=can_change and member.role == "passive",
        can_demote=can_change and member.role == "active" and len(group.names("active")) > 1,
    )


def _condition(member: GroupMember) -> str:
    if member.role == "retired":
        return tr("comes back as passive when it joins again")
    words = {
        "healthy": tr("healthy"),
        "disconnected": tr("no sign of life"),
        "unknown": tr("has no process of its own"),
    }
    parts = [words.get(member.health, member.health)]
    if member.lease_age is not None:
        parts.append(tr("seen {age} ago", age=lasting(member.lease_age)))
    if not member.is_in_sync:
        parts.append(tr("behind with the memory"))
    return ", ".join(parts)


def _memory(group: GroupStatus) -> str:
    texts = counted(group.working_memory_nodes, "{count} text", "{count} texts")
    return tr(
        "{texts}, {tokens} of {most} tokens ({share})",
        texts=texts,
        tokens=group.working_memory_tokens,
        most=group.max_tokens,
        share=f"{group.token_utilization:.0%}",
    )


def _jobs(group: GroupStatus) -> str:
    words = {
        "queued": tr("waiting"),
        "assigned": tr("assigned"),
        "running": tr("running"),
        "done": tr("done"),
        "failed": tr("failed"),
        "cancelled": tr("cancelled"),
        "needs_attention": tr("need you"),
    }
    told = [f"{count} {words.get(name, name)}" for name, count in group.jobs.items()]
    return " · ".join(told) or tr("none")


def _failover(story: GroupFailover, now: datetime) -> str:
    return " · ".join(_parts(story, now))


def _parts(story: GroupFailover, now: datetime) -> Iterable[str]:
    yield clock(story.at, now)
    if story.retired:
        yield tr("{new} for {old}", new=story.promoted, old=", ".join(story.retired))
    else:
        yield tr("{new} became active", new=story.promoted)
    yield {
        "manual": tr("by hand"),
        "heartbeat": tr("no sign of life"),
    }.get(story.reason, story.reason)
    if story.jobs:
        yield counted(len(story.jobs), "{count} job went on", "{count} jobs went on")
