"""What the face knows of the robot, and the words for it. Pure."""

from datetime import datetime
from enum import StrEnum

import msgspec

from casare_robot.domain.robot_status import (
    LinkState,
    LinkStatus,
    RobotState,
    RobotStatus,
    RunningJob,
)
from casare_robot.tray.texts import counted, tr
from casare_robot.tray.views.looks import Look
from casare_robot.tray.views.spans import clock, lasting, since


class Reach(StrEnum):
    """Whether the robot can be asked."""

    LOOKING = "looking"
    REACHED = "reached"
    LOST = "lost"
    LEFT = "left"


class Sight(msgspec.Struct, frozen=True, kw_only=True):
    """The robot as last seen.

    ``reach`` is LEFT when the robot was told to stop, and LOST when it cannot
    be reached for any other reason, which ``problem`` says; ``trouble`` is what
    went wrong in this program itself. ``since`` is the last change of ``reach``.
    """

    reach: Reach
    since: datetime
    status: RobotStatus | None = None
    problem: str = ""
    trouble: str = ""

    @property
    def live(self) -> RobotStatus | None:
        """The status, if it holds now."""
        return self.status if self.reach is Reach.REACHED else None


_UNREACHED = {
    Reach.LOOKING: Look.STARTING,
    Reach.LOST: Look.DISCONNECTED,
    Reach.LEFT: Look.DISCONNECTED,
}
_STATES = {
    RobotState.STARTING: Look.STARTING,
    RobotState.EXECUTING: Look.EXECUTING,
    RobotState.PAUSED: Look.PAUSED,
    RobotState.DRAINING: Look.PAUSED,
    RobotState.STOPPING: Look.PAUSED,
    RobotState.ERROR: Look.ERROR,
}
_LINES = {
    LinkState.CONNECTING: Look.RECONNECTING,
    LinkState.RECONNECTING: Look.RECONNECTING,
    LinkState.DISCONNECTED: Look.DISCONNECTED,
}


def look_of(sight: Sight) -> Look:
    """What the icon says; what a person must see to goes first."""
    status = sight.live
    if sight.trouble:
        return Look.ERROR
    if status is None:
        return _UNREACHED[sight.reach]
    if status.state is RobotState.ERROR:
        return Look.ERROR
    if status.needs_attention or any(job.waits_for for job in status.jobs):
        return Look.NEEDS_YOU
    if status.state is RobotState.IDLE:
        return _LINES.get(status.link.state, Look.IDLE)
    return _STATES[status.state]


def headline(sight: Sight) -> str:
    """The robot's state in a few words; never empty."""
    status = sight.live
    if status is None:
        return {
            Reach.LOOKING: tr("Looking for the robot"),
            Reach.LOST: tr("Disconnected from the robot"),
            Reach.LEFT: tr("Stopped"),
        }[sight.reach]
    return f"{line_word(status.link)} – {state_word(status)}"


def line_word(link: LinkStatus) -> str:
    """The line to the orchestrator in a word."""
    return {
        LinkState.LOCAL: tr("Local"),
        LinkState.CONNECTED: tr("Connected"),
        LinkState.CONNECTING: tr("Connecting"),
        LinkState.RECONNECTING: tr("Reconnecting"),
        LinkState.DISCONNECTED: tr("Disconnected"),
    }[link.state]


def state_word(status: RobotStatus) -> str:
    """What the robot as a whole is doing, in a word or two."""
    return {
        RobotState.STARTING: tr("starting"),
        RobotState.IDLE: tr("idle"),
        RobotState.EXECUTING: tr("executing"),
        RobotState.PAUSED: tr("paused"),
        RobotState.DRAINING: tr("finishing, begins nothing new"),
        RobotState.STOPPING: tr("stopping"),
        RobotState.ERROR: tr("error"),
    }[status.state]


def job_line(job: RunningJob, now: datetime) -> str:
    """A running job in a line: name, progress, how long."""
    parts = [job.name or job.job_id]
    if job.total_nodes:
        parts.append(f"{min(job.nodes_executed, job.total_nodes)}/{job.total_nodes}")
    if job.cancelling:
        how = tr("is being cancelled")
    elif job.waits_for:
        how = tr("waits for you")
    elif job.no_progress_since is not None:
        how = tr("no progress for {span}", span=since(job.no_progress_since, now))
    else:
        how = since(job.started_at, now)
    return f"{' '.join(parts)} ({how})"


def line_sentence(link: LinkStatus, now: datetime) -> str:
    """The line to the orchestrator: where, how, since when, why."""
    if link.state is LinkState.LOCAL:
        return tr("Local: this robot works for this desk only.")
    text = line_word(link)
    if link.address:
        text = tr("{line} to {address}", line=text, address=link.address)
    text = tr("{line} since {time}", line=text, time=clock(link.since, now))
    if link.problem:
        text = f"{text}: {link.problem}"
    if link.next_try_in is not None:
        text += "; " + tr("tries again in {span}", span=lasting(link.next_try_in))
    return text


def needs_you(count: int) -> str:
    """How many jobs wait for a person."""
    return counted(count, "{count} job needs you", "{count} jobs need you")
