"""When jobs may begin: a pattern of days and times, in local time. Pure.

Times are what the clock on the wall shows, so that 08:00 stays 08:00 when
summer time begins: an hour that the clock skips is lost, one that it shows
twice counts twice.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class Span:
    """Minutes from Monday 00:00; ``end`` may lie beyond the week's own end."""

    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """The hours of a week; without spans, always."""

    spans: tuple[Span, ...] = ()

    @classmethod
    def parse(cls, pattern: str) -> "WorkingHours":
        """Read ``Mon-Fri 08:00-18:00, Sat 22:00-06:00``; empty is always.

        Times that end before they begin end on the next day; days may go on over
        Sunday, as in Sat-Mon.

        Raises:
            ValueError: It is no such pattern.
        """
        parts = [part for part in pattern.split(",") if part.strip()]
        return cls(tuple(span for part in parts for span in _spans(part)))

    def is_open(self, now: datetime) -> bool:
        """Whether jobs may begin at this local time."""
        minute = _minute(now)
        return not self.spans or any(
            span.begin <= at < span.end for span in self.spans for at in (minute, minute + _WEEK)
        )

    def next_opening(self, now: datetime) -> datetime | None:
        """When jobs may begin again, in local time without a zone; None: they may now."""
        if self.is_open(now):
            return None
        wait = min((span.begin - _minute(now)) % _WEEK for span in self.spans)
        at = now.replace(tzinfo=None, second=0, microsecond=0)
        return at + timedelta(minutes=wait)


_WEEK = 7 * _DAY_MINUTES


def _spans(part: str) -> Iterator[Span]:
    try:
        days, times = part.split()
        first, _, last = days.partition("-")
        begin, end = (_time(text) for text in times.split("-"))
        first_day, last_day = DAYS.index(first), DAYS.index(last or first)
    except ValueError as error:
        message = f"{part.strip()!r} is not like Mon-Fri 08:00-18:00"
        raise ValueError(message) from error
    length = (end - begin) % _DAY_MINUTES or _DAY_MINUTES
    for day in range(first_day, first_day + (last_day - first_day) % 7 + 1):
        start = day % 7 * _DAY_MINUTES + begin
        yield Span(start, start + length)


def _time(text: str) -> int:
    if text == "24:00":
        return _DAY_MINUTES
    at = time.fromisoformat(text)
    return at.hour * 60 + at.minute


def _minute(now: datetime) -> int:
    return now.weekday() * _DAY_MINUTES + now.hour * 60 + now.minute
