"""What starts workflows by itself, as a value: each trigger, its next run, its last, its trouble.

Pure.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from casare_robot.domain.trigger_status import Missed, TriggerState, TriggerStatus
from casare_robot.tray.texts import counted, tr
from casare_robot.tray.views.spans import clock, since

SCHEDULE = "ScheduleTriggerNode"


class TriggerLine(msgspec.Struct, frozen=True, kw_only=True):
    """A trigger. ``is_on`` is False for one that was switched off here and can come back.

    ``job`` is the last that it started.
    """

    id: str
    name: str
    mark: str
    tone: str
    kind: str
    times: str
    file: str
    node_id: str
    missed: Missed = "once"
    address: str = ""
    problem: str = ""
    job: str = ""
    is_on: bool = True


class TriggersView(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the window says; ``problem`` is why what is shown is old, or missing."""

    headline: str
    lines: tuple[TriggerLine, ...] = ()
    problem: str = ""
    can_change: bool = True


def triggers_view(
    triggers: Sequence[TriggerStatus],
    *,
    now: datetime,
    switched_off: Sequence[TriggerStatus] = (),
    problem: str = "",
) -> TriggersView:
    """What the window says.

    Args:
        triggers: Those that are on.
        now: In the local time zone.
        switched_off: Those that were on when they were last seen here.
        problem: Why the robot could not be asked.
    """
    on = {one.id for one in triggers}
    lines = [_line(one, now, is_on=True) for one in triggers]
    lines += [_line(one, now, is_on=False) for one in switched_off if one.id not in on]
    headline = tr("No workflow starts by itself.")
    if triggers:
        headline = counted(
            len(triggers), "{count} trigger is on", "{count} triggers are on"
        ) + _trouble(triggers)
    return TriggersView(
        headline="" if problem and not triggers else headline,
        lines=tuple(sorted(lines, key=lambda line: (line.name.casefold(), line.id))),
        problem=problem,
        can_change=not problem,
    )


def missed_choices() -> Mapping[Missed, str]:
    """What can become of runs that were missed, in words."""
    return {
        "once": tr("Missed runs: made up for once"),
        "skip": tr("Missed runs: skipped"),
        "all": tr("Missed runs: each made up for"),
    }


def _trouble(triggers: Sequence[TriggerStatus]) -> str:
    count = sum(one.state is TriggerState.TROUBLE for one in triggers)
    if not count:
        return ""
    return " · " + counted(count, "{count} is in trouble", "{count} are in trouble")


def _line(one: TriggerStatus, now: datetime, *, is_on: bool) -> TriggerLine:
    mark, tone = ("▶", "good") if is_on else ("‖", "still")
    if is_on and one.problem:
        mark, tone = "!", "warn"
    return TriggerLine(
        id=one.id,
        name=one.workflow or one.id,
        mark=mark,
        tone=tone,
        kind=_kind(one.type),
        times=" · ".join(_times(one, now, is_on=is_on)),
        file=one.file,
        node_id=one.node_id,
        missed=one.missed,
        address=one.address if is_on else "",
        problem=one.problem if is_on else "",
        job=one.last_job,
        is_on=is_on,
    )


def _times(one: TriggerStatus, now: datetime, *, is_on: bool) -> list[str]:
    told = [] if is_on else [tr("switched off")]
    if is_on and one.next_at is not None:
        told.append(tr("next run {time}", time=clock(one.next_at, now)))
    elif is_on and one.type == SCHEDULE and not one.problem:
        told.append(tr("no further run"))
    if one.last_at is None:
        told.append(tr("never started yet"))
    else:
        told.append(tr("last {age} ago", age=since(one.last_at, now)))
        told.append(counted(one.started, "{count} start", "{count} starts"))
    if one.skipped:
        told.append(counted(one.skipped, "{count} skipped", "{count} skipped"))
    return told


def _kind(type_: str) -> str:
    return {
        SCHEDULE: tr("by the clock"),
        "FileWatchTriggerNode": tr("when a file changes"),
        "EmailTriggerNode": tr("when a mail comes"),
        "RSSFeedTriggerNode": tr("when a feed has news"),
        "SSETriggerNode": tr("when a server tells something"),
        "ErrorTriggerNode": tr("when a job fails"),
        "AppEventTriggerNode": tr("when a job ends"),
        "WebhookTriggerNode": tr("when its address is called"),
        "FormTriggerNode": tr("when its form is sent"),
        "ChatTriggerNode": tr("when somebody writes"),
        "TelegramTriggerNode": tr("when somebody writes on Telegram"),
        "WhatsAppTriggerNode": tr("when somebody writes on WhatsApp"),
        "WorkflowCallTriggerNode": tr("when it is called by name"),
    }.get(type_, type_.removesuffix("Node"))
