"""The main window as a value: what runs, what waits, what needs a person, why nothing happens."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from statistics import median

import msgspec

from casare_robot.domain.job import JobId, JobResult, UnknownStep
from casare_robot.domain.job_history import HistoryEntry
from casare_robot.domain.robot_status import RobotState, RobotStatus, RunningJob
from casare_robot.tray.texts import counted, tr
from casare_robot.tray.views.looks import Look
from casare_robot.tray.views.sight import (
    Reach,
    Sight,
    headline,
    line_sentence,
    look_of,
)
from casare_robot.tray.views.spans import clock, lasting, since

MOST_WAITING = 8
"""Waiting jobs that are listed; more are counted."""


class JobCard(msgspec.Struct, frozen=True, kw_only=True):
    """A running job. ``done`` of 1000; None: nobody knows how long it is.

    ``waits_for`` are sentences about what it asks the person.
    """

    job_id: JobId
    name: str
    where: str
    times: str
    done: int | None
    is_stuck: bool
    can_cancel: bool
    waits_for: tuple[str, ...] = ()


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """A step whose outcome nobody knows."""

    key: str
    text: str


class NeedCard(msgspec.Struct, frozen=True, kw_only=True):
    """A job that waits for a person's decision about its steps."""

    job_id: JobId
    name: str
    since: str
    steps: tuple[Choice, ...]


class WaitingLine(msgspec.Struct, frozen=True, kw_only=True):
    """A job that has not begun."""

    job_id: JobId
    name: str
    since: str


class MainView(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the main window says; ``why`` is said when nothing runs."""

    look: Look
    name: str
    headline: str
    line: str
    jobs: tuple[JobCard, ...]
    needs: tuple[NeedCard, ...]
    waiting: tuple[WaitingLine, ...]
    more_waiting: int
    why: tuple[str, ...]
    warnings: tuple[str, ...]
    can_pause: bool
    can_resume: bool
    can_start: bool
    can_run: bool


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked of the robot beyond its status.

    ``needs`` are jobs that wait for a person, with their results; ``usual`` is
    how many seconds jobs of a name took before.
    """

    waiting: tuple[HistoryEntry, ...] = ()
    needs: tuple[tuple[HistoryEntry, JobResult | None], ...] = ()
    usual: Mapping[str, float] = {}


def main_view(sight: Sight, looked: Looked, *, now: datetime) -> MainView:
    """What the main window says.

    Args:
        sight: The robot as last seen.
        looked: What was asked of it.
        now: In the local time zone.
    """
    status = sight.live
    known = sight.status
    name = (known.name or known.robot_id) if known else tr("Casare Robot")
    if status is None:
        return MainView(
            look=look_of(sight),
            name=name,
            headline=headline(sight),
            line=tr("since {time}", time=clock(sight.since, now)),
            jobs=(),
            needs=(),
            waiting=(),
            more_waiting=0,
            why=_why_unreached(sight),
            warnings=(sight.trouble,) if sight.trouble else (),
            can_pause=False,
            can_resume=False,
            can_start=sight.reach is not Reach.LOOKING,
            can_run=False,
        )
    is_held = status.state in (RobotState.PAUSED, RobotState.DRAINING)
    own = (sight.trouble,) if sight.trouble else ()
    return MainView(
        look=look_of(sight),
        name=name,
        headline=_headline(sight, status, now),
        line=line_sentence(status.link, now),
        jobs=tuple(_card(job, looked.usual, now) for job in status.jobs),
        needs=tuple(_need(entry, result, now) for entry, result in looked.needs),
        waiting=tuple(
            WaitingLine(
                job_id=entry.job_id,
                name=entry.name or entry.job_id,
                since=since(entry.accepted_at, now),
            )
            for entry in looked.waiting[:MOST_WAITING]
        ),
        more_waiting=max(0, status.waiting - len(looked.waiting[:MOST_WAITING])),
        why=() if status.jobs else _why(status),
        warnings=(*own, *(_sentence(fault.message) for fault in status.warnings)),
        can_pause=not is_held and status.state is not RobotState.STOPPING,
        can_resume=is_held,
        can_start=False,
        can_run=status.state is not RobotState.STOPPING,
    )


def usual_seconds(results: Sequence[JobResult]) -> float | None:
    """How long a job takes by experience: the median of those that went well; None: unknown."""
    return median(result.duration_ms for result in results) / 1000 if results else None


def _headline(sight: Sight, status: RobotStatus, now: datetime) -> str:
    text = headline(sight)
    if status.paused_until is not None:
        text = tr("{text} until {time}", text=text, time=clock(status.paused_until, now))
    return f"{text} – {status.note}" if status.note else text


def _why(status: RobotStatus) -> tuple[str, ...]:
    """Why nothing is happening."""
    if status.reasons:
        return tuple(_sentence(reason) for reason in status.reasons)
    if status.waiting:
        return (tr("The next job is about to begin."),)
    return (tr("There is nothing to do: no job waits."),)


def _why_unreached(sight: Sight) -> tuple[str, ...]:
    if sight.reach is Reach.LOOKING:
        return (tr("The robot is being started."),)
    if sight.reach is Reach.LEFT:
        return (tr("The robot was stopped. Jobs that were unfinished go on when it is started."),)
    problem = (_sentence(sight.problem),) if sight.problem else ()
    return (
        *problem,
        tr("It is started again by itself; jobs go on where they were."),
    )


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def _card(job: RunningJob, usual: Mapping[str, float], now: datetime) -> JobCard:
    elapsed = (now - job.started_at).total_seconds()
    times = [lasting(elapsed)]
    expected = usual.get(job.name)
    done: int | None = None
    if job.total_nodes:
        done = min(1000, 1000 * job.nodes_executed // job.total_nodes)
    if expected:
        left = expected - elapsed
        if left > 0:
            times.append(tr("about {span} left", span=lasting(left)))
        else:
            times.append(tr("usually {span}", span=lasting(expected)))
    if job.cancelling:
        times = [tr("is being cancelled")]
    elif job.no_progress_since is not None:
        times.append(tr("no progress for {span}", span=since(job.no_progress_since, now)))
    count = counted(job.nodes_executed, "{count} node done", "{count} nodes done")
    if job.total_nodes:
        count = tr("{done} of {all} nodes", done=job.nodes_executed, all=job.total_nodes)
    return JobCard(
        job_id=job.job_id,
        name=job.name or job.job_id,
        where=tr("{count}, at {node}", count=count, node=job.node_id) if job.node_id else count,
        times=" · ".join(times),
        done=done,
        is_stuck=job.no_progress_since is not None,
        can_cancel=not job.cancelling,
        waits_for=tuple(tr("waits for you: {title}", title=title) for title in job.waits_for),
    )


def _need(entry: HistoryEntry, result: JobResult | None, now: datetime) -> NeedCard:
    return NeedCard(
        job_id=entry.job_id,
        name=entry.name or entry.job_id,
        since=clock(entry.changed_at, now),
        steps=choices_of(result),
    )


def choices_of(result: JobResult | None) -> tuple[Choice, ...]:
    """The steps of a job that a person must decide about."""
    return tuple(
        Choice(key=step.key, text=_unknown(step))
        for step in (result.needs_attention if result else ())
    )


def _unknown(step: UnknownStep) -> str:
    named = {"node": step.node_id, "kind": step.node_type}
    if step.turn:
        return tr(
            "Step {node} ({kind}) was begun in turn {turn}, and nobody knows whether it was done.",
            turn=step.turn,
            **named,
        )
    return tr("Step {node} ({kind}) was begun, and nobody knows whether it was done.", **named)
