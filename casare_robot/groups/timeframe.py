"""Times as people say them. Pure.

"last week", "3 weekends ago", "recently", "between monday and friday", "since
2026-01-01", "before yesterday". Days are UTC.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from casare_robot.groups.words import invalid

Range: TypeAlias = tuple[float, float]
"""From, until (exclusive): seconds since 1970."""

COUNTS = {"few": 3, "several": 3, "couple": 2, "a": 1, "an": 1, "one": 1, "two": 2, "three": 3}
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NUMBER = r"(\d+|a few|few|several|a couple of|a couple|couple|an|a|one|two|three)"
_UNIT = r"(second|minute|hour|day|week|weekend|month|year)s?"
_POINT = rf"(?:today|yesterday|\d{{4}}-\d\d-\d\d|last \w+|{_NUMBER} {_UNIT} ago|{'|'.join(DAYS)})"
_SPAN = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
    "weekend": timedelta(days=2),
    "month": timedelta(days=30),
    "year": timedelta(days=365),
}
RECENT = timedelta(days=3)


def ranges_of(frame: Any, *, now: float) -> tuple[Range, ...]:
    """The ranges that a timeframe means.

    Args:
        frame: ``(from, until)`` in seconds or as datetimes, a list of such, a
            date or datetime (that day), or text.
        now: Seconds since 1970.

    Raises:
        InvalidRecordError: It means nothing.
    """
    if isinstance(frame, str):
        cut = cut_out(frame, now=now)
        if cut is None:
            raise invalid("timeframe", f"{frame!r} is no timeframe, such as 'last week'")
        return (cut[0],)
    if isinstance(frame, datetime):
        return (_day(frame),)
    if hasattr(frame, "year") and hasattr(frame, "month"):
        return (_day(datetime(frame.year, frame.month, frame.day, tzinfo=UTC)),)
    if isinstance(frame, Sequence) and frame and all(isinstance(f, list | tuple) for f in frame):
        return tuple(_pair(part) for part in frame)
    return (_pair(frame),)


def cut_out(text: str, *, now: float) -> tuple[Range, str] | None:
    """The first time that a text speaks of, and the text without it; None if there is none."""
    lower = text.lower()
    for pattern, meaning in _FORMS:
        found = re.search(pattern, lower)
        if found is None:
            continue
        times = meaning(found, datetime.fromtimestamp(now, UTC))
        if times is not None:
            rest = re.sub(r"\s+", " ", text[: found.start()] + " " + text[found.end() :]).strip()
            return (times[0].timestamp(), times[1].timestamp()), rest
    return None


def _pair(frame: Any) -> Range:
    try:
        first, last = (t.timestamp() if isinstance(t, datetime) else float(t) for t in frame)
    except (TypeError, ValueError) as error:
        raise invalid("timeframe", f"{frame!r} is no timeframe") from error
    if first > last:
        raise invalid("timeframe", f"the timeframe {frame!r} ends before it begins")
    return first, last


def _midnight(when: datetime) -> datetime:
    return when.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _day(when: datetime) -> Range:
    begin = _midnight(when)
    return begin.timestamp(), (begin + timedelta(days=1)).timestamp()


def _count(text: str) -> int:
    words = text.replace(" of", "").split()
    return int(words[-1]) if words[-1].isdigit() else COUNTS[words[-1]]


def _ago(count: int, unit: str, now: datetime) -> tuple[datetime, datetime]:
    today = _midnight(now)
    match unit:
        case "weekend":
            saturday = today - timedelta(days=(today.weekday() - 5) % 7 or 7)
            begin = saturday - timedelta(weeks=count - 1)
            return begin, begin + timedelta(days=2)
        case "week":
            begin = today - timedelta(days=today.weekday(), weeks=count)
            return begin, begin + timedelta(weeks=1)
        case "month":
            months = now.year * 12 + now.month - 1 - count
            begin = today.replace(year=months // 12, month=months % 12 + 1, day=1)
            return begin, (begin + timedelta(days=32)).replace(day=1)
        case "year":
            begin = today.replace(year=now.year - count, month=1, day=1)
            return begin, begin.replace(year=begin.year + 1)
        case "day":
            begin = today - timedelta(days=count)
            return begin, begin + timedelta(days=1)
    begin = now - _SPAN[unit] * count
    return begin, begin + _SPAN[unit]


def _point(text: str, now: datetime) -> tuple[datetime, datetime] | None:
    today = _midnight(now)
    if text == "today":
        return today, today + timedelta(days=1)
    if text == "yesterday":
        return today - timedelta(days=1), today
    if found := re.fullmatch(rf"{_NUMBER} {_UNIT} ago", text):
        return _ago(_count(found[1]), found[2], now)
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        try:
            begin = datetime.fromisoformat(text).replace(tzinfo=UTC)
        except ValueError:
            return None
        return begin, begin + timedelta(days=1)
    word = text.removeprefix("last ")
    if word in DAYS:
        begin = today - timedelta(days=(today.weekday() - DAYS.index(word)) % 7 or 7)
        return begin, begin + timedelta(days=1)
    return _ago(1, word, now) if word in _SPAN else None


def _between(found: re.Match[str], now: datetime) -> tuple[datetime, datetime] | None:
    points = re.findall(rf"({_POINT})", found[0])
    ends = [_point(point[0], now) for point in points]
    if len(ends) != 2 or ends[0] is None or ends[1] is None:
        return None
    return min(ends[0][0], ends[1][0]), max(ends[0][1], ends[1][1])


def _since(found: re.Match[str], now: datetime) -> tuple[datetime, datetime] | None:
    point = _point(found["point"], now)
    if point is None:
        return None
    return (point[0] if found["word"] == "since" else point[1]), now


def _before(found: re.Match[str], now: datetime) -> tuple[datetime, datetime] | None:
    point = _point(found["point"], now)
    return None if point is None else (datetime(1970, 1, 1, tzinfo=UTC), point[0])


def _last_units(found: re.Match[str], now: datetime) -> tuple[datetime, datetime] | None:
    return now - _SPAN[found[2]] * _count(found[1]), now


def _recently(found: re.Match[str], now: datetime) -> tuple[datetime, datetime] | None:
    return now - RECENT, now


def _single(found: re.Match[str], now: datetime) -> tuple[datetime, datetime] | None:
    return _point(found[0], now)


_FORMS = (
    (rf"\bbetween {_POINT} and {_POINT}", _between),
    (rf"\bfrom {_POINT} (?:to|until) {_POINT}", _between),
    (rf"\b(?P<word>since|after) (?P<point>{_POINT})", _since),
    (rf"\bbefore (?P<point>{_POINT})", _before),
    (rf"\b(?:in |over |during )?(?:the )?(?:last|past) {_NUMBER} {_UNIT}\b", _last_units),
    (r"\b(?:recently|lately)\b", _recently),
    (rf"\b{_POINT}\b", _single),
)
