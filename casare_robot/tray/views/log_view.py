"""A line of the log as cells and as text. Pure."""

import json
from datetime import datetime

from casare_robot.observability.log_reader import LogEntry
from casare_robot.tray.texts import tr

LEVEL_TONES = {"warning": "warn", "error": "bad", "critical": "bad", "debug": "still"}
_SHOWN = frozenset({"at", "level", "logger", "event", "job", "exception"})


def columns() -> tuple[str, ...]:
    """Headings."""
    return (tr("Time"), tr("Level"), tr("Job"), tr("What happened"))


def cells(entry: LogEntry) -> tuple[str, str, str, str]:
    """One cell for each heading; time in the local zone."""
    return local_time(entry.at), entry.level, (entry.job or "")[:8], _in_one_line(entry)


def detail(entry: LogEntry) -> str:
    """Everything a line tells."""
    facts = "\n".join(
        f"{name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for name, value in entry.facts.items()
        if name not in _SHOWN
    )
    head = "  ".join(part for part in (local_time(entry.at), entry.level, entry.logger) if part)
    job = tr("job: {id}", id=entry.job) if entry.job else ""
    parts = (head, entry.event, job, facts, entry.exception or "")
    return "\n".join(part for part in parts if part)


def local_time(at: str) -> str:
    """A time of the log as the clock on the wall shows it; as it is written if it is none."""
    try:
        return f"{datetime.fromisoformat(at).astimezone():%Y-%m-%d %H:%M:%S.%f}"[:-3]
    except ValueError:
        return at


def _in_one_line(entry: LogEntry) -> str:
    facts = "".join(
        f"  {name}={value}" for name, value in entry.facts.items() if name not in _SHOWN
    )
    trace = entry.exception.strip().splitlines()[-1] if entry.exception else ""
    return f"{entry.event}{facts}{'  ' + trace if trace else ''}".replace("\n", " ⏎ ")
