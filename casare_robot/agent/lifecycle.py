"""What the robot does next, and why. Pure: a look goes in, an action comes out."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from casare_robot.domain.robot_status import RobotState


class Leaving(StrEnum):
    """How the robot was asked to go."""

    AFTER_JOBS = "after its jobs"
    NOW = "now"


class Action(StrEnum):
    """What to do next."""

    BEGIN = "begin a job"
    WAIT = "wait"
    LEAVE = "leave"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The robot at one moment.

    ``opens_at`` is when working hours begin, local time; None while they last.
    ``trouble`` says why no job can begin although one might, for example
    because the disk is full; ``no_desktop`` why none that needs the desktop
    can; empty: none.
    """

    has_started: bool = True
    leaving: Leaving | None = None
    is_paused: bool = False
    paused_until: datetime | None = None
    note: str = ""
    is_draining: bool = False
    running: int = 0
    limit: int = 1
    opens_at: datetime | None = None
    trouble: str = ""
    no_desktop: str = ""


def decide(look: Look) -> Action:
    """Choose the next action."""
    if look.leaving is Leaving.NOW or (look.leaving and not look.running):
        return Action.LEAVE
    return Action.WAIT if held_back(look) or look.running >= look.limit else Action.BEGIN


def held_back(look: Look) -> tuple[str, ...]:
    """Why no job may begin even in a free place; empty when one may."""
    found = []
    if not look.has_started:
        found.append("the robot is starting")
    if look.leaving:
        found.append("the robot is stopping")
    if look.is_paused:
        until = f" until {_at(look.paused_until.astimezone())}" if look.paused_until else ""
        found.append(f"the robot is paused{until}" + (f": {look.note}" if look.note else ""))
    if look.is_draining:
        found.append("the robot is draining: it begins no more jobs")
    if look.opens_at is not None:
        found.append(f"it is outside working hours, which begin {_at(look.opens_at)}")
    if look.trouble:
        found.append(look.trouble)
    return tuple(found)


def reasons(look: Look, *, waiting: int) -> tuple[str, ...]:
    """Why jobs that wait, or would come, do not begin; empty when they do."""
    found = held_back(look)
    if not found and waiting and look.running >= look.limit:
        most = "one job" if look.limit == 1 else f"{look.limit} jobs"
        return (f"the robot runs {most} at a time",)
    if not found and waiting and look.no_desktop:
        return (f"the job that waits needs the desktop, and {look.no_desktop}",)
    if not found and waiting:
        return ("the job that waits needs the desktop, which another job uses",)
    return found


def state_of(look: Look) -> RobotState:
    """The one word for it."""
    if not look.has_started:
        return RobotState.STARTING
    if look.leaving:
        return RobotState.STOPPING
    if look.trouble:
        return RobotState.ERROR
    if look.is_draining:
        return RobotState.DRAINING
    if look.is_paused:
        return RobotState.PAUSED
    return RobotState.EXECUTING if look.running else RobotState.IDLE


def _at(moment: datetime) -> str:
    return f"{moment:%a %Y-%m-%d %H:%M}"
