"""Reads the robot's log files: the newest lines, older ones by the page, new ones as they come.

However long the log is, a page costs only what is looked through for it.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from casare_robot.observability.log_folder import log_files

LEVELS = ("debug", "info", "warning", "error", "critical")
BLOCK = 256 << 10
LOOK_EVERY = 0.25
"""Seconds between two looks for new lines while somebody follows."""
AT_ONCE = 1000


class LogPosition(NamedTuple):
    """Where a line begins; positions are in the order of the lines."""

    file: str
    offset: int


class LogEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A line; one that is no JSON (the power went) has only its text as event."""

    event: str
    at: str = ""
    level: str = ""
    logger: str = ""
    job: str | None = None
    exception: str | None = None
    position: LogPosition = LogPosition("", 0)
    next: LogPosition = LogPosition("", 0)
    line: str = ""

    @property
    def facts(self) -> dict[str, Any]:
        """Everything the line tells, by name."""
        try:
            found = json.loads(self.line)
        except ValueError:
            return {"event": self.event}
        return found if isinstance(found, dict) else {"event": self.event}


class LogFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which lines are wanted: from a level on, of a job, with a text in them."""

    level: str = ""
    job: str = ""
    text: str = ""

    def may_pass(self, raw: bytes) -> bool:
        """False if no line among these bytes can be wanted; quick, because most are not."""
        lowest = LEVELS.index(self.level) if self.level else 0
        levels = LEVELS[lowest:] if lowest > LEVELS.index("info") else ()
        if levels and not any(b'"%s"' % it.encode() in raw for it in levels):
            return False
        if self.job and self.job.encode() not in raw:
            return False
        return not self.text.isascii() or self.text.lower().encode() in raw.lower()

    def read(self, raw: bytes, position: LogPosition) -> LogEntry | None:
        """The line as an entry, or None if it is not wanted."""
        if not self.may_pass(raw):
            return None
        line = raw.decode(errors="replace").rstrip("\r\n")
        if self.text.casefold() not in line.casefold():
            return None
        entry = _entry(raw, line)
        lowest = LEVELS.index(self.level) if self.level else 0
        if lowest and (entry.level not in LEVELS or LEVELS.index(entry.level) < lowest):
            return None
        if self.job and entry.job != self.job:
            return None
        after = position._replace(offset=position.offset + len(raw))
        return msgspec.structs.replace(entry, position=position, next=after, line=line)


class LogReader:
    """Reads a folder of log files, also while they are written.

    All but `follow` block; a page of a filter that few lines pass may look
    through the whole log, a second for some million lines.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def tail(self, count: int, wanted: LogFilter | None = None) -> list[LogEntry]:
        """The newest lines, oldest of them first."""
        return self.before(None, count, wanted)

    def before(
        self, position: LogPosition | None, count: int, wanted: LogFilter | None = None
    ) -> list[LogEntry]:
        """The lines before a position (None: the end), oldest of them first."""
        found = list(islice(self._back(position, wanted or LogFilter()), count))
        return found[::-1]

    def after(
        self, position: LogPosition, count: int, wanted: LogFilter | None = None
    ) -> list[LogEntry]:
        """The lines at a position and after it, oldest first."""
        return list(islice(self._on(position, wanted or LogFilter()), count))

    def end(self) -> LogPosition:
        """Where the next line will be written, as far as is known."""
        files = log_files(self._folder)
        if not files:
            return LogPosition("", 0)
        last = next(_lines_back(files[-1], None), None)
        return LogPosition(files[-1].name, 0 if last is None else last[0] + len(last[1]))

    async def follow(
        self,
        wanted: LogFilter | None = None,
        *,
        count: int = 10,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> AsyncIterator[LogEntry]:
        """The newest lines, then each as it comes, until the caller stops."""
        wanted = wanted or LogFilter()
        at = await asyncio.to_thread(self.end)
        for entry in await asyncio.to_thread(self.before, at, count, wanted):
            yield entry
        while True:
            entries, at = await asyncio.to_thread(self._new, at, wanted)
            for entry in entries:
                yield entry
            if not entries:
                await sleep(LOOK_EVERY)

    def _new(self, at: LogPosition, wanted: LogFilter) -> tuple[list[LogEntry], LogPosition]:
        entries = []
        for path, offset, raw in islice(self._raw(at), AT_ONCE):
            position = LogPosition(path.name, offset)
            at = position._replace(offset=offset + len(raw))
            entry = wanted.read(raw, position)
            if entry is not None:
                entries.append(entry)
        return entries, at

    def _on(self, position: LogPosition, wanted: LogFilter) -> Iterator[LogEntry]:
        for path, offset, raw in self._raw(position):
            entry = wanted.read(raw, LogPosition(path.name, offset))
            if entry is not None:
                yield entry

    def _raw(self, position: LogPosition) -> Iterator[tuple[Path, int, bytes]]:
        for path in log_files(self._folder):
            if path.name >= position.file:
                begin = position.offset if path.name == position.file else 0
                for offset, raw in _lines_on(path, begin):
                    yield path, offset, raw

    def _back(self, position: LogPosition | None, wanted: LogFilter) -> Iterator[LogEntry]:
        for path in reversed(log_files(self._folder)):
            if position is not None and path.name > position.file:
                continue
            is_last = position is not None and path.name == position.file
            end = position.offset if position is not None and is_last else None
            for offset, raw in _lines_back(path, end, wanted.may_pass):
                entry = wanted.read(raw, LogPosition(path.name, offset))
                if entry is not None:
                    yield entry


def _lines_on(path: Path, begin: int) -> Iterator[tuple[int, bytes]]:
    """Whole lines with their places; a line that is still being written is left for later."""
    try:
        with path.open("rb") as file:
            file.seek(begin)
            for raw in file:
                if not raw.endswith(b"\n"):
                    return
                yield begin, raw
                begin += len(raw)
    except FileNotFoundError:
        return  # deleted as too old meanwhile


def _lines_back(
    path: Path, end: int | None, may_pass: Callable[[bytes], bool] = lambda _: True
) -> Iterator[tuple[int, bytes]]:
    """Whole lines with their places, the last one first; not those of blocks that cannot pass."""
    try:
        with path.open("rb") as file:
            at = file.seek(0, 2) if end is None else end
            rest = b""
            while at > 0:
                begin = max(0, at - BLOCK)
                file.seek(begin)
                block = file.read(at - begin) + rest
                first = block.find(b"\n") + 1 if begin else 0  # it begins in the block before
                rest, at = block[:first], begin
                if may_pass(block):
                    # What follows the last end of a line is still being written.
                    lines = [it + b"\n" for it in block[first:].split(b"\n")[:-1]]
                    offset = begin + first + sum(map(len, lines))
                    for raw in reversed(lines):
                        offset -= len(raw)
                        yield offset, raw
    except FileNotFoundError:
        return


def _entry(raw: bytes, line: str) -> LogEntry:
    try:
        return _IN.decode(raw)
    except (msgspec.MsgspecError, ValueError):
        return LogEntry(event=line)


_IN = msgspec.json.Decoder(LogEntry)
