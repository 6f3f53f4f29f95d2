"""Where the lines of the log are, without the lines. Without Qt."""

from array import array
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterator
from itertools import accumulate
from pathlib import Path

from casare_robot.observability.log_reader import LogEntry, LogFilter, LogPosition

KEPT_LINES = 4096
"""Lines that are kept as read; a screen shows a hundred."""
ASK_EVERY = 10_000
"""Lines after which a scan asks whether it is still wanted."""


class Places:
    """The lines of one file that pass a filter, by where they begin."""

    __slots__ = ("end", "offsets", "path")

    def __init__(self, path: Path) -> None:
        self.path = path
        self.offsets: array[int] = array("Q")
        self.end = 0


class LogIndex:
    """A log of any length by row, the oldest line first.

    Rows come at the end, as lines are written, and at the beginning, as older
    files are looked through.

    Args:
        wanted: Which lines have rows.
    """

    def __init__(self, wanted: LogFilter) -> None:
        self.wanted = wanted
        self._files: list[Places] = []
        self._starts: list[int] = []
        self._length = 0
        self._read: OrderedDict[tuple[Path, int], LogEntry] = OrderedDict()

    def __len__(self) -> int:
        return self._length

    @property
    def newest(self) -> Places | None:
        """The file that is written, as far as it was looked through."""
        return self._files[-1] if self._files else None

    def add_older(self, places: Places) -> None:
        """A file older than all others was looked through."""
        self._files.insert(0, places)
        self._count()

    def add_newer(self, places: Places) -> None:
        """A file newer than all others was looked through."""
        self._files.append(places)
        self._count()

    def extend(self, offsets: "array[int]", end: int) -> None:
        """The newest file has more lines."""
        newest = self._files[-1]
        newest.offsets.extend(offsets)
        newest.end = end
        self._length += len(offsets)

    def entry(self, row: int) -> LogEntry:
        """The line of a row; one whose file was deleted meanwhile says so."""
        place = bisect_right(self._starts, row) - 1
        places = self._files[place]
        offset = places.offsets[row - self._starts[place]]
        key = (places.path, offset)
        found = self._read.get(key)
        if found is None:
            found = self._read[key] = self._load(places.path, offset)
            if len(self._read) > KEPT_LINES:
                self._read.popitem(last=False)
        return found

    def lines(self) -> Iterator[str]:
        """The text of every row, the oldest first, in whichever thread this is called."""
        for places in tuple(self._files):
            try:
                with places.path.open("rb") as file:
                    for offset in tuple(places.offsets):
                        file.seek(offset)
                        yield file.readline().decode(errors="replace").rstrip("\r\n")
            except FileNotFoundError:
                continue  # deleted as too old meanwhile

    def _count(self) -> None:
        lengths = [len(places.offsets) for places in self._files]
        self._length = sum(lengths)
        self._starts = [0, *accumulate(lengths)][:-1]

    def _load(self, path: Path, offset: int) -> LogEntry:
        try:
            with path.open("rb") as file:
                file.seek(offset)
                raw = file.readline()
        except OSError as error:
            return LogEntry(event=f"this line cannot be read any more: {error}")
        entry = LogFilter().read(raw, LogPosition(path.name, offset))
        return entry or LogEntry(event=raw.decode(errors="replace").rstrip("\r\n"))


def scan(
    path: Path, begin: int, wanted: LogFilter, *, is_wanted: Callable[[], bool] = lambda: True
) -> tuple["array[int]", int]:
    """Find the lines of a file that pass a filter; blocks, so it belongs in a thread.

    Args:
        path: A log file.
        begin: Where to begin, in bytes.
        wanted: The filter.
        is_wanted: Asked now and then; a scan that is not ends early.

    Returns:
        Where they begin, and where the last whole line ends.
    """
    offsets: array[int] = array("Q")
    passes_all = wanted == LogFilter()
    name, at = path.name, begin
    try:
        with path.open("rb") as file:
            file.seek(begin)
            for number, raw in enumerate(file):
                if not raw.endswith(b"\n") or (number % ASK_EVERY == 0 and not is_wanted()):
                    break  # the last line is still being written
                if passes_all or wanted.read(raw, LogPosition(name, at)) is not None:
                    offsets.append(at)
                at += len(raw)
    except FileNotFoundError:
        return offsets, at
    return offsets, at
