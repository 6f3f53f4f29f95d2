"""`casare-robot logs`: the newest lines of the robot's log, and those to come."""

import asyncio
import json
from pathlib import Path

from casare_robot.cli.refusal import UsageError, refuse
from casare_robot.cli.rendering import as_json
from casare_robot.desktop.places import find_places
from casare_robot.observability.log_reader import LEVELS, LogEntry, LogFilter, LogReader


def show_logs(
    *, follow: bool, count: int, level: str, job: str, json_output: bool, home: Path | None
) -> int:
    """Print lines, oldest first, each its own JSON object with ``--json``."""
    if level and level.lower() not in LEVELS:
        message = f"{level!r} is none of: {', '.join(LEVELS)}"
        return refuse(UsageError(message), json_output=json_output)
    reader = LogReader(find_places(home).logs)
    wanted = LogFilter(level=level.lower(), job=job)
    try:
        if follow:
            asyncio.run(_follow(reader, wanted, count, json_output=json_output))
        else:
            for entry in reader.tail(count, wanted):
                _print(entry, json_output=json_output)
    except KeyboardInterrupt:
        return 0
    return 0


async def _follow(reader: LogReader, wanted: LogFilter, count: int, *, json_output: bool) -> None:
    async for entry in reader.follow(wanted, count=count):
        _print(entry, json_output=json_output)


def _print(entry: LogEntry, *, json_output: bool) -> None:
    if json_output:
        print(as_json(entry.facts), flush=True)
        return
    known = {"at", "level", "logger", "job", "event", "exception"}
    facts = {name: value for name, value in entry.facts.items() if name not in known}
    job = f" [{entry.job}]" if entry.job else ""
    rest = "".join(f"  {name}={_short(value)}" for name, value in facts.items())
    print(f"{entry.at} {entry.level:<8}{job} {entry.event}{rest}".strip(), flush=True)
    if entry.exception:
        print(entry.exception.rstrip(), flush=True)


def _short(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
