"""Times and durations as people type and read them. Pure."""

import re
from datetime import UTC, datetime, time, timedelta

from casare_robot.cli.refusal import UsageError

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?[smhd])+")


def duration(text: str) -> timedelta:
    """A duration such as ``90s``, ``1h30m`` or ``2d``.

    Raises:
        UsageError: It is none, or none that a calendar has room for.
    """
    written = text.strip().lower()
    if not _DURATION.fullmatch(written):
        raise UsageError(f"{text!r} is no duration such as 30m, 1h or 1h30m")
    parts = re.findall(r"(\d+(?:\.\d+)?)([smhd])", written)
    seconds = sum(float(number) * _UNITS[unit] for number, unit in parts)
    if not 0 < seconds <= 366 * 86_400:
        raise UsageError(f"{text!r} must be more than nothing and at most a year")
    return timedelta(seconds=seconds)


def moment(text: str, now: datetime) -> datetime:
    """A time of day, today or else tomorrow, or a date and time; local where no zone is said.

    Args:
        text: ``17:00`` or ``2026-11-21T17:00``.
        now: In the local zone.

    Raises:
        UsageError: It is none, or it is over.
    """
    try:
        said = time.fromisoformat(text) if re.match(r"\d\d?:", text) else None
        then = datetime.combine(now.date(), said) if said else datetime.fromisoformat(text)
    except ValueError as error:
        message = f"{text!r} is no time such as 17:00 or 2026-11-21T17:00"
        raise UsageError(message) from error
    if then.tzinfo is None:
        then = then.astimezone() if now.tzinfo is None else then.replace(tzinfo=now.tzinfo)
    if said and then <= now:
        then += timedelta(days=1)
    if then <= now:
        raise UsageError(f"{text} is over")
    return then.astimezone(UTC)


def since(then: datetime, now: datetime) -> str:
    """How long ago, in the two largest units: ``3 min``, ``1 h 20 min``, ``2 d 4 h``."""
    seconds = max(0, round((now - then).total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86_400
    if hours == 0:
        return f"{minutes} min"
    if days == 0:
        return f"{hours} h {minutes % 60} min"
    return f"{days} d {hours % 24} h"


def clock_time(then: datetime) -> str:
    """A moment as the wall clock here shows it."""
    return f"{then.astimezone():%H:%M:%S}"
