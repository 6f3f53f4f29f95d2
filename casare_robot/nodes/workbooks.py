"""Open workbooks, without Office."""

import datetime
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from casare_robot.desktop.replacing import put_in_place
from casare_robot.domain.errors import MissingExtraError, NodeFailure
from casare_robot.nodes.unsaved_edits import UnsavedEdits

if TYPE_CHECKING:
    from openpyxl import Workbook as Book
    from openpyxl.worksheet.worksheet import Worksheet

SUFFIXES = (".xlsx", ".xlsm", ".xltx", ".xltm")
MAX_CELLS = 10_000_000


class Workbook:
    """A workbook in memory; what is written is kept aside until it is saved.

    Args:
        path: The file.
        read_only: It is read as a stream and never changed.
        create: Begin an empty one if there is no file.
        edits: Where what is not saved yet is kept.

    Raises:
        MissingExtraError: The library is not installed.
        NodeFailure: There is no such file, or it is no workbook.
    """

    def __init__(self, path: Path, *, read_only: bool, create: bool, edits: UnsavedEdits) -> None:
        try:
            from openpyxl import Workbook as Book
        except ModuleNotFoundError as error:
            raise MissingExtraError("openpyxl", "documents") from error
        if path.suffix.lower() not in SUFFIXES:
            raise NodeFailure(f"{path.name} is none of {', '.join(SUFFIXES)}", retryable=False)
        self.path = path
        self.read_only = read_only
        self._edits = edits
        self._values: Book | None = None
        if path.exists():
            self._book = self._loaded(data_only=read_only)
        elif create and not read_only:
            self._book = Book()
        else:
            raise NodeFailure(f"Excel file not found: {path}", error_type="FileNotFoundError")
        self.is_changed = not path.exists()
        for sheet, cell, value, is_formula in edits:
            self._set(sheet, cell, value, is_formula=is_formula)
            self.is_changed = True

    def read(self, sheet: Any, cell: str) -> Any:
        """The value of one cell; of a formula what it gave when the file was last calculated."""
        _check_single(cell)
        return self.rows(sheet, cell)[0][0]

    def rows(self, sheet: Any, area: str) -> list[list[Any]]:
        """The values of an area such as ``A1:C10``, ``A:C`` or ``2:5``, row by row."""
        left, top, right, bottom = _bounds(area)
        found = self._sheet(sheet)
        top, left = top or 1, left or 1
        bottom, right = bottom or found.max_row, right or found.max_column
        if bottom and right and (bottom - top + 1) * (right - left + 1) > MAX_CELLS:
            raise _too_large(area)
        values: list[list[Any]] = []
        cells = 0
        for row in found.iter_rows(top, bottom, left, right, values_only=True):
            values.append([plain(value) for value in row])
            cells += len(row)
            if cells > MAX_CELLS:
                raise _too_large(area)
        if not self.read_only and any(_is_formula(value) for row in values for value in row):
            values = self._calculated(found.title, values, top, left)
        width = right - left + 1 if right else max(map(len, values), default=0)
        height = bottom - top + 1 if bottom else len(values)
        if width * height > MAX_CELLS:
            raise _too_large(area)
        values += [[] for _ in range(height - len(values))]  # a stream ends with its data
        return [row + [None] * (width - len(row)) for row in values]

    def write(self, sheet: Any, cell: str, value: Any, *, is_formula: bool) -> None:
        """Change one cell; text that is no formula stays text, whatever it begins with.

        Raises:
            NodeFailure: It was opened to be read only, or there is no such cell.
        """
        if self.read_only:
            raise NodeFailure(f"{self.path.name} was opened to be read only", retryable=False)
        _check_single(cell)
        place, title = cell.strip().upper(), self._sheet(sheet).title
        self._set(title, place, value, is_formula=is_formula)
        self._edits.add(title, place, value, is_formula)
        self.is_changed = True

    def save(self) -> None:
        """Write the file anew, wholly or not at all."""
        if self.is_changed and not self.read_only:
            content = io.BytesIO()
            self._book.save(content)
            replace(self.path, content.getvalue())
        self._edits.forget()
        self.is_changed = False

    def close(self) -> None:
        """Let go without saving."""
        self._edits.forget()
        self._book.close()
        if self._values is not None:
            self._values.close()

    def _set(self, sheet: str, cell: str, value: Any, *, is_formula: bool) -> None:
        from openpyxl.utils.exceptions import IllegalCharacterError

        target = self._sheet(sheet)[cell]
        try:
            target.value = value
        except IllegalCharacterError as error:
            raise NodeFailure(f"a cell cannot hold {value!r}", retryable=False) from error
        if isinstance(value, str) and not is_formula:
            target.data_type = "s"

    def _sheet(self, sheet: Any) -> "Worksheet":
        name = str(sheet).strip()
        if name in self._book.sheetnames:
            return self._book[name]
        if name.isdecimal() and 1 <= int(name) <= len(self._book.sheetnames):
            return self._book.worksheets[int(name) - 1]
        there = ", ".join(self._book.sheetnames)
        raise NodeFailure(f"there is no sheet {name!r}; there are: {there}", retryable=False)

    def _calculated(
        self, title: str, rows: list[list[Any]], top: int, left: int
    ) -> list[list[Any]]:
        """Rows with what formulas gave, as far as the file on disk knows."""
        if not self.path.exists():
            return rows
        if self._values is None:
            self._values = self._loaded(data_only=True)
        if title not in self._values.sheetnames:
            return rows
        known = self._values[title]
        return [
            [
                plain(known.cell(top + down, left + across).value) if _is_formula(value) else value
                for across, value in enumerate(row)
            ]
            for down, row in enumerate(rows)
        ]

    def _loaded(self, *, data_only: bool) -> "Book":
        from openpyxl import load_workbook

        with _plainly(self.path):
            return load_workbook(
                self.path,
                read_only=self.read_only,
                data_only=data_only,
                keep_vba=self.path.suffix.lower() in (".xlsm", ".xltm"),
            )


def replace(path: Path, content: bytes) -> None:
    """Put new content in a file's place, wholly or not at all; its folder is made if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    try:
        with new.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        put_in_place(new, path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def plain(value: Any) -> Any:
    """A cell's value as wires carry it: dates are ISO text, durations seconds. Pure."""
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, str | int | float | bool | None):
        return value
    return f"={getattr(value, 'text', None) or value}".replace("==", "=", 1)  # array formulas


def _is_formula(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("=")


def _too_large(area: str) -> NodeFailure:
    return NodeFailure(f"{area!r} has more than {MAX_CELLS:,} cells", retryable=False)


def _check_single(cell: str) -> None:
    left, top, right, bottom = _bounds(cell)
    if None in (left, top) or (left, top) != (right, bottom):
        raise NodeFailure(f"{cell!r} is no single cell", retryable=False)


def _bounds(area: str) -> tuple[int | None, int | None, int | None, int | None]:
    from openpyxl.utils.cell import range_boundaries

    try:
        found: tuple[int | None, int | None, int | None, int | None] = range_boundaries(
            area.strip().upper()
        )
    except (ValueError, TypeError) as error:
        raise NodeFailure(f"{area!r} is no cell or area", retryable=False) from error
    return found


@contextmanager
def _plainly(path: Path) -> Iterator[None]:
    from zipfile import BadZipFile

    from openpyxl.utils.exceptions import InvalidFileException

    try:
        yield
    except (BadZipFile, InvalidFileException, KeyError, ValueError) as error:
        raise NodeFailure(f"{path.name} is no workbook: {error}", retryable=False) from error
