"""Rows of a Google sheet that came, changed or went, by comparing it with how it was."""

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from hashlib import blake2s
from typing import Any, NamedTuple

from casare_robot.domain.errors import TriggerError
from casare_robot.triggers.event import Event, Look, Surroundings, names_in
from casare_robot.triggers.google import google_api

_MOST_CELLS = 50_000
"""Cells that are remembered; a larger area has to be narrowed."""
_MOST_COMPARED = 2_000
"""Rows in which moved ones are looked for; of more, each is compared with that in its place."""
_START = re.compile(r"!\$?([A-Z]*)\$?(\d*)")

Row = list[Any]


class Change(NamedTuple):
    """One row, by its place in the area from 0: ``before`` or ``after`` is None where it is not."""

    place: int
    before: Row | None
    after: Row | None


class SheetWatch:
    """Looks at an area of a sheet.

    Args:
        settings: Of the trigger.
        around: What it may use.

    Raises:
        TriggerError: No spreadsheet is named.
    """

    def __init__(self, settings: Mapping[str, Any], around: Surroundings) -> None:
        if not settings["spreadsheet_id"]:
            raise TriggerError("spreadsheet_id names no spreadsheet")
        self._settings = settings
        self._around = around
        self._wait = float(max(5, settings["polling_interval"]))
        self._columns = frozenset(name.casefold() for name in names_in(settings["watch_columns"]))

    async def look(self, cursor: Any) -> Look:
        """Read the area, and find what is different.

        Args:
            cursor: ``[number, rows]``: how often it was different, and how it was. The first
                row has the names of the columns.

        Raises:
            NodeFailure: Google refuses, or cannot be reached.
            TriggerError: The area is too large.
        """
        from casare_robot.nodes.google_account import SHEETS
        from casare_robot.nodes.google_sheet_cells import VALUES, a1, quoted

        given = self._settings
        cells = a1(given["sheet_name"], given["range"]) if given["range"] else ""
        async with google_api(SHEETS, given, self._around) as api:
            found = await api.get(
                VALUES, given["spreadsheet_id"], cells or quoted(given["sheet_name"])
            )
        rows = [list(row) for row in found.get("values") or ()]
        if sum(map(len, rows)) > _MOST_CELLS:
            raise TriggerError(f"more than {_MOST_CELLS} cells: narrow the range")
        if cursor is None:
            return Look((), [0, rows], self._wait)
        number, before = cursor
        if rows == before:
            return Look((), cursor, self._wait)
        left, top = _start(str(found.get("range") or ""))
        events = [
            Event(key=f"{number} {kind} {change.place} {_mark(change)}", payload=payload)
            for change in changes(before[1:], rows[1:])
            for kind, payload in self._told(change, rows[:1] or [[]], left, top)
        ]
        return Look(events, [number + 1, rows], self._wait)

    def _told(
        self, change: Change, head: list[Row], left: int, top: int
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """A change as the ports carry it, if it is wanted."""
        given, names = self._settings, [str(name) for name in head[0]]
        row = change.after if change.after is not None else change.before or []
        cells: list[dict[str, Any]] = []
        if change.before is None:
            kind, is_wanted = "new_row", given["trigger_on_new_row"]
        elif change.after is None:
            kind, is_wanted = "row_deleted", given["trigger_on_delete"]
        else:
            cells = list(self._cells(change.before, change.after, names, left))
            kind, is_wanted = "cell_change", given["trigger_on_cell_change"] and bool(cells)
        is_empty = not any(str(value).strip() for value in row)
        if not is_wanted or (given["ignore_empty_rows"] and is_empty):
            return
        first = cells[0] if cells else {"column": "", "old_value": None, "new_value": None}
        yield (
            kind,
            {
                "spreadsheet_id": given["spreadsheet_id"],
                "sheet_name": given["sheet_name"],
                "event_type": kind,
                "row_number": top + 1 + change.place,
                **first,
                "row_data": row,
                "row_dict": dict(zip(names, row, strict=False)),
                "changed_cells": cells,
                "timestamp": self._around.clock().isoformat(),
                "raw_data": {"before": change.before, "after": change.after},
            },
        )

    def _cells(
        self, before: Row, after: Row, names: Sequence[str], left: int
    ) -> Iterator[dict[str, Any]]:
        from casare_robot.nodes.google_sheet_cells import letters_of

        for place in range(max(len(before), len(after))):
            old = before[place] if place < len(before) else ""
            new = after[place] if place < len(after) else ""
            letters = letters_of(left + place)
            called = {letters.casefold(), *(name.casefold() for name in names[place : place + 1])}
            if old != new and (not self._columns or called & self._columns):
                yield {"column": letters, "old_value": old, "new_value": new}


def changes(before: Sequence[Row], after: Sequence[Row]) -> list[Change]:
    """What makes one list of rows of another; places of rows that are gone are the old ones. Pure.

    Rows that were put in or taken out between others are told from rows that were changed.
    """
    same = 0
    while same < min(len(before), len(after)) and before[same] == after[same]:
        same += 1
    end = 0
    while end < min(len(before), len(after)) - same and before[-1 - end] == after[-1 - end]:
        end += 1
    old, new = before[same : len(before) - end], after[same : len(after) - end]
    if max(len(old), len(new)) > _MOST_COMPARED:
        return [*_paired(old, new, same, same)]
    shown_old, shown_new = [repr(row) for row in old], [repr(row) for row in new]
    found: list[Change] = []
    matcher = SequenceMatcher(None, shown_old, shown_new, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind != "equal":
            found += _paired(old[a:b], new[c:d], same + a, same + c)
    return found


def _paired(old: Sequence[Row], new: Sequence[Row], was: int, now: int) -> Iterator[Change]:
    both = min(len(old), len(new))
    for place in range(both):
        if old[place] != new[place]:
            yield Change(now + place, list(old[place]), list(new[place]))
    for place in range(both, len(new)):
        yield Change(now + place, None, list(new[place]))
    for place in range(both, len(old)):
        yield Change(was + place, list(old[place]), None)


def _mark(change: Change) -> str:
    return blake2s(repr((change.before, change.after)).encode(), digest_size=8).hexdigest()


def _start(area: str) -> tuple[int, int]:
    """Column and row at which an area begins, from 1. Pure."""
    from casare_robot.nodes.google_sheet_cells import column_number

    found = _START.search(area)
    letters, digits = found.groups() if found else ("", "")
    return column_number(letters or "A"), int(digits or 1)
