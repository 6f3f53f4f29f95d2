"""The icon, its tooltip and its menu, as a value. Pure."""

from datetime import datetime, timedelta
from enum import Enum
from typing import Any

import msgspec

from casare_robot.domain.job import JobId
from casare_robot.domain.robot_status import LinkState, RobotState, RobotStatus
from casare_robot.tray.texts import counted, tr
from casare_robot.tray.views.group_view import role_word
from casare_robot.tray.views.looks import DRAWINGS, Look
from casare_robot.tray.views.sight import (
    Reach,
    Sight,
    headline,
    job_line,
    look_of,
    needs_you,
    state_word,
)
from casare_robot.tray.views.spans import clock

LONGEST_TOOLTIP = 127
"""Characters; Windows cuts what is longer."""
MORNING = 8
"""The hour at which a pause until tomorrow ends."""
_STOPPED_STATES = (RobotState.PAUSED, RobotState.DRAINING)


class Do(Enum):
    """What a person can wish for."""

    OPEN = "open"
    RUN_FILE = "run a workflow"
    SHOW_JOB = "show a job"
    SHOW_NEEDS = "show what needs you"
    ANSWER = "answer what a job asks"
    CANCEL = "cancel"
    PAUSE = "pause"
    PAUSE_UNTIL = "pause until a time that is asked for"
    RESUME = "resume"
    RECONNECT = "reconnect"
    START = "start the robot"
    LOGS = "view logs"
    HISTORY = "job history"
    GROUP = "the group"
    UPDATE = "install the newer version"
    BACK = "go back to the version before"
    TRIGGERS = "what starts by itself"
    ACCOUNTS = "accounts"
    SETTINGS = "settings"
    FIRST_RUN = "set up"
    CHECK = "check connection"
    DIAGNOSIS = "save diagnosis"
    ABOUT = "about"
    EXIT = "exit"


class Wish(msgspec.Struct, frozen=True):
    """Something a person wants done, with what it needs: a job's id, a time."""

    do: Do
    argument: Any = None


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the menu: one to choose, one to read (no wish), or one that opens others."""

    text: str
    wish: Wish | None = None
    entries: tuple["Entry", ...] = ()
    is_default: bool = False


class TrayView(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the tray shows; None in the menu is a separator."""

    look: Look
    tooltip: str
    menu: tuple[Entry | None, ...]


def tray_view(sight: Sight, *, now: datetime) -> TrayView:
    """What icon, tooltip and menu say.

    Args:
        sight: The robot as last seen.
        now: In the local time zone.
    """
    groups = (
        _top(sight, now),
        _jobs(sight, now),
        _looking_back(sight),
        (*_newer(sight), Entry(text=tr("Settings…"), wish=Wish(Do.SETTINGS)), _help(sight)),
        (Entry(text=tr("Exit"), wish=Wish(Do.EXIT)),),
    )
    menu: list[Entry | None] = []
    for group in groups:
        menu += [None, *group] if menu else group
    return TrayView(look=look_of(sight), tooltip=tooltip(sight, now), menu=tuple(menu))


def tooltip(sight: Sight, now: datetime) -> str:
    """Name, state, job, since when; never empty, never longer than systems show."""
    status = sight.live
    if sight.trouble:
        return _shortened(f"{_name(sight)}: {sight.trouble}")
    if status is None:
        lines = [f"{_name(sight)}: {headline(sight)}", _since(sight.since, now)]
        lines += [sight.problem] if sight.problem else []
        return _shortened("\n".join(lines))
    lines = [f"{_name(sight)}: {headline(sight)}"]
    if status.jobs:
        lines.append(job_line(status.jobs[0], now))
        if len(status.jobs) > 1:
            others = len(status.jobs) - 1
            lines.append(counted(others, "and {count} other job", "and {count} other jobs"))
    if status.needs_attention:
        lines.append(needs_you(status.needs_attention))
    if not status.jobs:
        lines.append(_since(status.since, now))
    if status.paused_until is not None:
        lines.append(tr("until {time}", time=clock(status.paused_until, now)))
    return _shortened("\n".join(lines))


def cost_of_exit(sight: Sight) -> str:
    """What an exit now would cost, as a sentence; empty: nothing, so nobody is asked."""
    status = sight.live
    if status is None or not status.jobs:
        return ""
    names = ", ".join(job.name or job.job_id for job in status.jobs[:3])
    return (
        counted(len(status.jobs), "{count} job is running: ", "{count} jobs are running: ")
        + names
        + ("…" if len(status.jobs) > 3 else "")
    )


def _top(sight: Sight, now: datetime) -> tuple[Entry, ...]:
    mark = DRAWINGS[look_of(sight)].mark
    status = sight.live
    entries = [
        Entry(text=tr("Open Casare Robot"), wish=Wish(Do.OPEN), is_default=True),
        Entry(text=f"{mark} {headline(sight)}", wish=Wish(Do.OPEN)),
    ]
    if sight.trouble:
        entries.append(Entry(text=f"! {_shortened(sight.trouble)}", wish=Wish(Do.LOGS)))
    if status is None:
        if sight.problem:
            entries.append(Entry(text=_shortened(sight.problem)))
        return tuple(entries)
    for job in status.jobs:
        entries.append(Entry(text=f"▶ {job_line(job, now)}", wish=Wish(Do.SHOW_JOB, job.job_id)))
        entries += [
            Entry(text=f"! {_shortened(asked)}…", wish=Wish(Do.ANSWER, job.job_id))
            for asked in job.waits_for
        ]
    if status.waiting:
        waiting = counted(status.waiting, "{count} job waits", "{count} jobs wait")
        entries.append(Entry(text=waiting))
    if status.needs_attention:
        text = f"! {needs_you(status.needs_attention)}…"
        entries.append(Entry(text=text, wish=Wish(Do.SHOW_NEEDS)))
    return tuple(entries)


def _jobs(sight: Sight, now: datetime) -> tuple[Entry, ...]:
    status = sight.live
    if status is None:
        if sight.reach is Reach.LOOKING:
            return ()
        return (Entry(text=tr("Start the robot"), wish=Wish(Do.START)),)
    entries = [Entry(text=tr("Run a workflow…"), wish=Wish(Do.RUN_FILE))]
    entries += _cancel(status)
    if status.state is not RobotState.STOPPING:
        entries.append(_pause_or_resume(status, now))
    if status.link.state in (LinkState.RECONNECTING, LinkState.DISCONNECTED):
        entries.append(Entry(text=tr("Reconnect now"), wish=Wish(Do.RECONNECT)))
    return tuple(entries)


def _cancel(status: RobotStatus) -> list[Entry]:
    jobs = [job for job in status.jobs if not job.cancelling]
    if len(jobs) == 1:
        return [Entry(text=tr("Cancel job…"), wish=Wish(Do.CANCEL, jobs[0].job_id))]
    if not jobs:
        return []
    each = tuple(
        Entry(text=f"{job.name or job.job_id}…", wish=Wish(Do.CANCEL, job.job_id)) for job in jobs
    )
    return [Entry(text=tr("Cancel job"), entries=each)]


def _pause_or_resume(status: RobotStatus, now: datetime) -> Entry:
    if status.state in _STOPPED_STATES:
        if status.paused_until is None:
            text = tr("Resume ({state})", state=state_word(status))
        else:
            text = tr("Resume (paused until {time})", time=clock(status.paused_until, now))
        return Entry(text=text, wish=Wish(Do.RESUME))
    return Entry(text=tr("Pause"), entries=pauses(now))


def pauses(now: datetime) -> tuple[Entry, ...]:
    """For how long one may pause."""
    tomorrow = (now + timedelta(days=1)).replace(hour=MORNING, minute=0, second=0, microsecond=0)
    return (
        Entry(text=tr("For 15 minutes"), wish=Wish(Do.PAUSE, now + timedelta(minutes=15))),
        Entry(text=tr("For 1 hour"), wish=Wish(Do.PAUSE, now + timedelta(hours=1))),
        Entry(
            text=tr("Until tomorrow {time}", time=f"{tomorrow:%H:%M}"),
            wish=Wish(Do.PAUSE, tomorrow),
        ),
        Entry(text=tr("Until a time…"), wish=Wish(Do.PAUSE_UNTIL)),
        Entry(text=tr("Until I resume"), wish=Wish(Do.PAUSE)),
    )


def _looking_back(sight: Sight) -> tuple[Entry, ...]:
    entries = [
        Entry(text=tr("View logs"), wish=Wish(Do.LOGS)),
        Entry(text=tr("Job history"), wish=Wish(Do.HISTORY)),
    ]
    status = sight.live
    if status is not None:
        entries.append(Entry(text=tr("Starts by itself…"), wish=Wish(Do.TRIGGERS)))
    if status is not None and status.group:
        role = role_word(status.group_role) if status.group_role else tr("joining")
        text = tr("Group: {name} – {role}", name=status.group, role=role)
        entries.append(Entry(text=_shortened(text), wish=Wish(Do.GROUP)))
    return tuple(entries)


def _newer(sight: Sight) -> tuple[Entry, ...]:
    """A quiet line, once a newer version is here."""
    newer = sight.live.update if sight.live else None
    if newer is None or not newer.is_ready:
        return ()
    if newer.is_wanted:
        text = tr("Version {version} is installed when the robot is idle", version=newer.version)
        return (Entry(text=text),)
    text = tr("Install version {version} when idle", version=newer.version)
    return (Entry(text=text, wish=Wish(Do.UPDATE)),)


def _help(sight: Sight) -> Entry:
    before = sight.live.update.previous if sight.live else ""
    back = tr("Back to version {version}…", version=before)
    entries = (
        Entry(text=tr("Set up…"), wish=Wish(Do.FIRST_RUN)),
        Entry(text=tr("Check connection…"), wish=Wish(Do.CHECK)),
        Entry(text=tr("Save diagnosis…"), wish=Wish(Do.DIAGNOSIS)),
        *((Entry(text=back, wish=Wish(Do.BACK)),) if before else ()),
        Entry(text=tr("About"), wish=Wish(Do.ABOUT)),
    )
    return Entry(text=tr("Help"), entries=entries)


def _name(sight: Sight) -> str:
    status = sight.status
    return (status.name or status.robot_id if status else "") or tr("Casare Robot")


def _since(then: datetime, now: datetime) -> str:
    return tr("since {time}", time=clock(then, now))


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_TOOLTIP else text[: LONGEST_TOOLTIP - 1] + "…"


def job_of(wish: Wish) -> JobId:
    """The job a wish is about."""
    return JobId(str(wish.argument))
