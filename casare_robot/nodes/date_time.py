"""Dates, times, and waiting. Dates are ISO text on wires; without an offset they are local."""

import math
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_FORMATS = (
    "%d/%m/%Y %H:%M:%S",
    "%d/%m/%Y",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y",
    "%d-%m-%Y",
    "%Y/%m/%d",
)
"""What is tried after ISO 8601; day before month where both would do."""

_I, _F = DataType.INTEGER, DataType.FLOAT
_PARTS = tuple(Port(name, _I) for name in ("year", "month", "day", "hour", "minute", "second"))


@node(
    "GetCurrentDateTimeNode",
    category="utility",
    effect=Effect.READS,
    outputs=(
        Port("datetime", DataType.STRING),
        Port("timestamp", _F),
        *_PARTS,
        Port("day_of_week", DataType.STRING),
    ),
    properties=(
        Property("timezone", DataType.STRING, ""),
        Property("format", DataType.STRING, ""),
    ),
)
def get_current_date_time(ctx: NodeContext, *, timezone: str, format: str) -> Outputs:
    """The current time, local or in a named time zone such as ``Europe/Berlin``."""
    now = ctx.now()
    moment = now.astimezone(_zone(timezone)) if timezone else now.replace(tzinfo=None)
    return {
        "datetime": _formatted(moment, format) if format else moment.isoformat(),
        "timestamp": now.timestamp(),
        **_parts(moment),
        "day_of_week": _DAYS[moment.weekday()],
    }


@node(
    "FormatDateTimeNode",
    category="utility",
    inputs=(Port("datetime"), Port("input_format", DataType.STRING)),
    outputs=(Port("result", DataType.STRING),),
    properties=(
        Property("datetime", required=True),
        Property("input_format", DataType.STRING),
        Property("format", DataType.STRING, "%Y-%m-%d %H:%M:%S"),
    ),
)
def format_date_time(*, datetime: Any, input_format: str | None, format: str) -> Outputs:
    """A moment as text in a ``strftime`` format."""
    return {"result": _formatted(_moment(datetime, input_format), format)}


@node(
    "ParseDateTimeNode",
    category="utility",
    inputs=(Port("datetime_string", DataType.STRING),),
    outputs=(
        Port("timestamp", _F),
        *_PARTS,
        Port("iso_format", DataType.STRING),
        Port("success", DataType.BOOLEAN),
    ),
    properties=(
        Property("datetime_string", DataType.STRING, required=True),
        Property("format", DataType.STRING, ""),
    ),
)
def parse_date_time(*, datetime_string: Any, format: str) -> Outputs:
    """The parts of a moment written as text, by a format or by the common ones."""
    try:
        moment = _moment(datetime_string, format)
        timestamp = _timestamp(moment)
    except NodeFailure as failure:
        failure.outputs["success"] = False
        raise
    return {
        "timestamp": timestamp,
        **_parts(moment),
        "iso_format": moment.isoformat(),
        "success": True,
    }


@node(
    "DateTimeAddNode",
    category="utility",
    effect=Effect.READS,
    inputs=(
        Port("datetime"),
        *(
            Port(name, _I, 0)
            for name in ("years", "months", "weeks", "days", "hours", "minutes", "seconds")
        ),
    ),
    outputs=(Port("result", DataType.STRING), Port("timestamp", _F)),
)
def date_time_add(
    ctx: NodeContext,
    *,
    datetime: Any,
    years: int,
    months: int,
    weeks: int,
    days: int,
    hours: int,
    minutes: int,
    seconds: int,
) -> Outputs:
    """Add to a moment, now if none is given; the 29th to 31st end in shorter months."""
    start = ctx.now() if datetime in (None, "") else _moment(datetime)
    try:
        span = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
        moment = _months_later(start, int(years) * 12 + int(months)) + span
    except (OverflowError, ValueError, TypeError) as error:
        raise NodeFailure(f"there is no such date after {start.isoformat()}: {error}") from error
    shown = moment.replace(tzinfo=None) if datetime in (None, "") else moment
    return {"result": shown.isoformat(), "timestamp": _timestamp(moment)}


_TWO_MOMENTS = (Port("datetime_1"), Port("datetime_2"))
_BOTH_REQUIRED = (Property("datetime_1", required=True), Property("datetime_2", required=True))


@node(
    "DateTimeDiffNode",
    category="utility",
    inputs=_TWO_MOMENTS,
    outputs=(
        *(Port(f"total_{unit}", _F) for unit in ("seconds", "minutes", "hours", "days")),
        *(Port(unit, _I) for unit in ("days", "hours", "minutes", "seconds")),
    ),
    properties=_BOTH_REQUIRED,
)
def date_time_diff(*, datetime_1: Any, datetime_2: Any) -> Outputs:
    """The time from the first moment to the second, in totals and in parts.

    If it is negative, so are the totals and ``days``; the other parts never are.
    """
    first, second = _comparable(datetime_1, datetime_2)
    total = (second - first).total_seconds()
    minutes, seconds = divmod(int(abs(total)), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    return {
        "total_seconds": total,
        "total_minutes": total / 60,
        "total_hours": total / 3600,
        "total_days": total / 86400,
        "days": -days if total < 0 else days,
        "hours": hours,
        "minutes": minutes,
        "seconds": seconds,
    }


@node(
    "DateTimeCompareNode",
    category="utility",
    inputs=_TWO_MOMENTS,
    outputs=(
        *(Port(name, DataType.BOOLEAN) for name in ("is_before", "is_after", "is_equal")),
        Port("comparison", _I),
    ),
    properties=_BOTH_REQUIRED,
)
def date_time_compare(*, datetime_1: Any, datetime_2: Any) -> Outputs:
    """Whether the first moment is before, after or the second; ``comparison``: -1, 1 or 0."""
    first, second = _comparable(datetime_1, datetime_2)
    return {
        "is_before": first < second,
        "is_after": first > second,
        "is_equal": first == second,
        "comparison": (first > second) - (first < second),
    }


@node(
    "GetTimestampNode",
    category="utility",
    effect=Effect.READS,
    outputs=(Port("timestamp", _F),),
    properties=(Property("milliseconds", DataType.BOOLEAN, False),),
)
def get_timestamp(ctx: NodeContext, *, milliseconds: bool) -> Outputs:
    """Seconds, or milliseconds, since 1970-01-01 UTC."""
    return {"timestamp": ctx.now().timestamp() * (1000 if milliseconds else 1)}


@node(
    "WaitNode",
    category="browser",
    effect=Effect.READS,
    inputs=(Port("duration", _F),),
    properties=(Property("duration", _F, 1.0), Property("duration_ms", _F)),
    synonyms={"seconds": "duration", "timeout": "duration_ms"},
    aliases=("BrowserWaitNode",),
)
async def wait(*, duration: Any, duration_ms: float | None) -> Outputs:
    """Wait ``duration`` seconds, or ``duration_ms`` milliseconds where a file has those."""
    import asyncio

    try:
        seconds = float(duration) if duration_ms is None else float(duration_ms) / 1000
    except (TypeError, ValueError) as error:
        raise NodeFailure(f"duration {duration!r:.80} is not a number of seconds") from error
    if not 0 <= seconds < math.inf:
        raise NodeFailure(f"duration must be 0 seconds or more, not {seconds}")
    await asyncio.sleep(seconds)
    return {}


def _moment(value: Any, format: str | None = None) -> datetime:
    try:
        if isinstance(value, datetime):
            return value
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC).astimezone().replace(tzinfo=None)
        if isinstance(value, str) and value.strip():
            text = value.strip()
            return datetime.strptime(text, format) if format else _read(text)
    except (ValueError, OverflowError, OSError) as error:
        raise NodeFailure(str(error)) from error
    raise NodeFailure(f"a date and time is needed, not {value!r:.80}")


def _read(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        for known in _FORMATS:
            try:
                return datetime.strptime(text, known)
            except ValueError:
                continue
        raise error from None


def _comparable(first: Any, second: Any) -> tuple[datetime, datetime]:
    one, other = _moment(first), _moment(second)
    if (one.tzinfo is None) == (other.tzinfo is None):
        return one, other
    return _aware(one), _aware(other)


def _aware(moment: datetime) -> datetime:
    try:
        return moment.astimezone()
    except (OverflowError, ValueError, OSError) as error:
        raise NodeFailure(f"{moment.isoformat()} is out of range: {error}") from error


def _timestamp(moment: datetime) -> float:
    try:
        return moment.timestamp()
    except (OverflowError, ValueError, OSError) as error:
        raise NodeFailure(f"{moment.isoformat()} is out of range: {error}") from error


def _months_later(moment: datetime, months: int) -> datetime:
    import calendar

    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        raise ValueError(f"year {year} is out of range")
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)


def _formatted(moment: datetime, format: str) -> str:
    try:
        return moment.strftime(format)
    except (ValueError, UnicodeError) as error:
        raise NodeFailure(f"{format!r} is not a date format: {error}") from error


def _parts(moment: datetime) -> dict[str, int]:
    return {port.name: getattr(moment, port.name) for port in _PARTS}


def _zone(name: str) -> tzinfo:
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError) as error:
        raise NodeFailure(f"there is no time zone {name!r}") from error
