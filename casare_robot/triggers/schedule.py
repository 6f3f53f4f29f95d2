"""Due times of a schedule, by the clock of a time zone, and what becomes of missed ones. Pure.

Which times a cron expression names, also where summer time begins and ends,
says Debian's cron, whose rules the library follows.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from casare_robot.domain.errors import TriggerError
from casare_robot.domain.trigger_status import Missed
from casare_robot.triggers.event import Event, Look

GRACE = timedelta(seconds=60)
"""So late a run may be without being missed."""
MOST_MISSED = 100
"""Missed runs that are made up for at most."""
LOOK_EVERY = 30.0
"""Seconds after which the clock is looked at again at the latest: it may be set."""
WRONG_BY = timedelta(hours=1)
"""A last run so far in the future means that the clock was wrong then."""


class Schedule:
    """When a schedule is due.

    Args:
        settings: Of the trigger: ``frequency`` and what belongs to it.
        missed: What becomes of missed runs.

    Raises:
        TriggerError: The expression, the time zone or the start makes no sense.
    """

    def __init__(self, settings: Mapping[str, Any], missed: Missed = "once") -> None:
        self._missed = missed
        self._most = int(settings["max_runs"])
        self._frequency = settings["frequency"]
        self._zone = _zone(settings["timezone"])
        self._every = timedelta(seconds=max(1, settings["interval_seconds"]))
        self._at = _moment(settings["start_time"], self._zone) if self._is("once") else None
        self._cron = "" if self._is("once") or self._is("interval") else cron_of(settings)
        if self._cron:
            _check(self._cron)

    def look(self, cursor: Any, now: datetime) -> Look:
        """What is due.

        Args:
            cursor: ``{"after": seconds, "runs": count}`` as the last look left it.
            now: UTC.
        """
        if cursor is None:
            return Look((), {"after": now.timestamp(), "runs": 0}, 0.0)
        after = datetime.fromtimestamp(cursor["after"], UTC)
        runs = cursor["runs"]
        if after - now > WRONG_BY:
            return Look((), {"after": now.timestamp(), "runs": runs}, 0.0)
        if self._most and runs >= self._most:
            return Look((), cursor, LOOK_EVERY)
        due = self._due(after, now)
        chosen = self._chosen(due, now)[: self._most - runs if self._most else None]
        events = tuple(
            Event(
                key=moment.isoformat(),
                payload={
                    "trigger_time": now.isoformat(),
                    "run_number": runs + number,
                    "scheduled_time": moment.astimezone(self._zone).isoformat(),
                },
            )
            for number, moment in enumerate(chosen, 1)
        )
        last = due[-1].timestamp() if due else cursor["after"]
        following = self.following(due[-1] if due else after, now)
        wait = LOOK_EVERY if following is None else (following - now).total_seconds()
        return Look(events, {"after": last, "runs": runs + len(events)}, min(wait, LOOK_EVERY))

    def next_run(self, cursor: Any, now: datetime) -> datetime | None:
        """When it comes due next, for a cursor as a look left it; None: never again."""
        begun = cursor or {"after": now.timestamp(), "runs": 0}
        if self._most and begun["runs"] >= self._most:
            return None
        return self.following(datetime.fromtimestamp(begun["after"], UTC), now)

    def following(self, after: datetime, now: datetime) -> datetime | None:
        """The first due time after one moment that is not over at another; None: there is none."""
        if self._at is not None:
            return self._at if self._at > now else None
        if not self._cron:
            return after + self._every * ((now - after) // self._every + 1)
        from cronsim import CronSim

        return next(CronSim(self._cron, now.astimezone(self._zone))).astimezone(UTC)

    def _is(self, frequency: str) -> bool:
        return bool(self._frequency == frequency)

    def _chosen(self, due: Sequence[datetime], now: datetime) -> Sequence[datetime]:
        if self._missed == "all":
            return due[-MOST_MISSED:]
        if self._missed == "once":
            return due[-1:]
        return [moment for moment in due if now - moment <= GRACE]

    def _due(self, after: datetime, now: datetime) -> list[datetime]:
        """The newest due times after a moment, the oldest first."""
        if self._at is not None:
            return [self._at] if after < self._at <= now else []
        if not self._cron:
            count = max(0, (now - after) // self._every)
            first = max(1, count - MOST_MISSED + 1)
            return [after + self._every * number for number in range(first, count + 1)]
        from cronsim import CronSim

        found: list[datetime] = []
        until = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
        for moment in CronSim(self._cron, until.astimezone(self._zone), reverse=True):
            if moment <= after or len(found) == MOST_MISSED:
                break
            if moment <= now:
                found.append(moment.astimezone(UTC))
        return found[::-1]


def cron_of(settings: Mapping[str, Any]) -> str:
    """The cron expression of a schedule. Pure."""
    minute, hour = settings["time_minute"], settings["time_hour"]
    return {
        "hourly": f"{minute} * * * *",
        "daily": f"{minute} {hour} * * *",
        "weekly": f"{minute} {hour} * * {settings['day_of_week']}",
        "monthly": f"{minute} {hour} {settings['day_of_month']} * *",
    }.get(settings["frequency"], str(settings["cron_expression"]))


def _check(expression: str) -> None:
    from cronsim import CronSim, CronSimError

    try:
        next(CronSim(expression, datetime(2000, 1, 1, tzinfo=UTC)))
    except (CronSimError, StopIteration) as error:
        raise TriggerError(f"{expression!r} is no schedule that ever comes: {error}") from error


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name or "UTC")
    except (KeyError, ValueError, OSError) as error:
        raise TriggerError(f"there is no time zone {name!r}, as in Europe/Berlin") from error


def _moment(text: str, zone: ZoneInfo) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise TriggerError(f"start_time {text!r} is no date and time") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
