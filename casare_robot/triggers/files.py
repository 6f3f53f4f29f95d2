"""Changes in a folder: what is there now is compared with what was there before.

So changes are also found that were made while the robot was away.
"""

import fnmatch
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from casare_robot.domain.errors import TriggerError
from casare_robot.triggers.event import Event, Look, names_in

MOST_FILES = 20_000
"""Files that are watched; more are too many to be compared every second."""

State = tuple[int, int, int]
"""Of a file: time of change in ns, size, and its number in the file system."""


class FolderWatch:
    """Watches a folder, or one file.

    A file counts once it has not changed for ``debounce_ms``, so one that is
    still being written starts nothing.

    Args:
        settings: Of the trigger.

    Raises:
        TriggerError: No folder is named.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        if not settings["watch_path"]:
            raise TriggerError("watch_path names no folder")
        self._path = Path(settings["watch_path"]).expanduser()
        self._patterns = names_in(settings["patterns"]) or ("*",)
        self._ignored = names_in(settings["ignore_patterns"])
        self._kinds = frozenset(names_in(settings["events"]))
        self._deep = settings["recursive"]
        self._hidden = settings["include_hidden"]
        self._calm = settings["debounce_ms"] * 1_000_000

    def look(self, cursor: Any, now_ns: int) -> Look:
        """Compare; blocks.

        Args:
            cursor: The files of the last look: path to state.
            now_ns: Now, as files count time.

        Raises:
            TriggerError: The folder cannot be read; what was known of it stays.
        """
        there = self._there()
        if cursor is None:
            return Look((), {name: list(state) for name, state in there.items()}, 0.0)
        before: dict[str, State] = {name: (s[0], s[1], s[2]) for name, s in cursor.items()}
        after: dict[str, State] = {}
        events: list[Event] = []
        gone = {before[name][2]: name for name in before if name not in there}
        for name, state in there.items():
            was = before.get(name)
            if was == state:
                after[name] = state
            elif 0 <= now_ns - state[0] < self._calm:  # it is still being written
                if was is not None:
                    after[name] = was
                elif state[2] in gone:  # under its old name until it is calm
                    old = gone.pop(state[2])
                    after[old] = before[old]
            else:
                after[name] = state
                old = gone.pop(state[2], "") if was is None else ""
                kind = "moved" if old else "created" if was is None else "modified"
                events += self._event(kind, name, state, old)
        for name in gone.values():
            events += self._event("deleted", name, before[name])
        return Look(events, {name: list(state) for name, state in after.items()}, 1.0)

    def _event(self, kind: str, name: str, state: State, old: str = "") -> Iterator[Event]:
        if kind not in self._kinds and "all" not in self._kinds:
            return
        path = Path(name)
        yield Event(
            key=f"{kind} {name} {state[0]} {state[1]} {state[2]}",
            payload={
                "file_path": name,
                "file_name": path.name,
                "event_type": kind,
                "directory": str(path.parent),
                "old_path": old,
            },
        )

    def _there(self) -> dict[str, State]:
        try:
            if self._path.is_file():
                return {str(self._path): _state(self._path.stat())}
            return self._within(self._path)
        except OSError as error:
            raise TriggerError(f"{self._path} cannot be watched: {error}") from error

    def _within(self, top: Path) -> dict[str, State]:
        found: dict[str, State] = {}
        waiting = [str(top)]
        while waiting:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.name.startswith(".") and not self._hidden:
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        if self._deep:
                            waiting.append(entry.path)
                    elif self._matters(entry.name):
                        found[entry.path] = _state(entry.stat())
                        if len(found) > MOST_FILES:
                            raise TriggerError(
                                f"{top} holds more than {MOST_FILES} files: too many to watch"
                            )
        return found

    def _matters(self, name: str) -> bool:
        def fits(patterns: tuple[str, ...]) -> bool:
            return any(fnmatch.fnmatch(name, pattern) for pattern in patterns)

        return fits(self._patterns) and not fits(self._ignored)


def _state(stat: os.stat_result) -> State:
    return (stat.st_mtime_ns, stat.st_size, stat.st_ino)
