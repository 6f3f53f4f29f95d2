"""Dates in the designer's format, which is that of Qt: ``yyyy-MM-dd HH:mm:ss``. Pure."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime

_PART = re.compile(
    r"'([^']*)'|y{4}|yy|M{1,4}|d{1,4}|H{1,2}|h{1,2}|m{1,2}|s{1,2}|z{3}|z|AP|ap|A|a|t"
)
_SAID: Mapping[str, Callable[[datetime], str]] = {
    "yyyy": lambda at: f"{at.year:04}",
    "yy": lambda at: f"{at.year % 100:02}",
    "MMMM": lambda at: at.strftime("%B"),
    "MMM": lambda at: at.strftime("%b"),
    "MM": lambda at: f"{at.month:02}",
    "M": lambda at: str(at.month),
    "dddd": lambda at: at.strftime("%A"),
    "ddd": lambda at: at.strftime("%a"),
    "dd": lambda at: f"{at.day:02}",
    "d": lambda at: str(at.day),
    "HH": lambda at: f"{at.hour:02}",
    "H": lambda at: str(at.hour),
    "mm": lambda at: f"{at.minute:02}",
    "m": lambda at: str(at.minute),
    "ss": lambda at: f"{at.second:02}",
    "s": lambda at: str(at.second),
    "zzz": lambda at: f"{at.microsecond // 1000:03}",
    "z": lambda at: str(at.microsecond // 1000),
    "AP": lambda at: "AM" if at.hour < 12 else "PM",
    "A": lambda at: "AM" if at.hour < 12 else "PM",
    "ap": lambda at: "am" if at.hour < 12 else "pm",
    "a": lambda at: "am" if at.hour < 12 else "pm",
    "t": lambda at: at.strftime("%Z"),
}


def qt_formatted(moment: datetime, format: str) -> str:
    """A moment in a format of Qt; an empty one means ISO 8601."""
    if not format:
        return moment.replace(tzinfo=None).isoformat()
    has_half_days = any(found[0] in ("AP", "ap", "A", "a") for found in _PART.finditer(format))

    def said(found: re.Match[str]) -> str:
        word = found[0]
        if word.startswith("'"):
            return found[1] or "'"
        if word in ("hh", "h"):
            hour = (moment.hour % 12 or 12) if has_half_days else moment.hour
            return f"{hour:02}" if word == "hh" else str(hour)
        return _SAID[word](moment)

    return _PART.sub(said, format)
