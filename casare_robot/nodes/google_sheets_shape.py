"""Google Sheets: rows and columns put in and taken out, widths, colours and fonts."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_type import DataType, Outputs
from casare_robot.nodes.google_account import (
    CALLED_GOOGLE,
    SHEETS,
    Field,
    google_node,
    needed,
)
from casare_robot.nodes.google_sheet_cells import (
    BOOK,
    INPUT,
    NAME,
    ROOT,
    ROW,
    a1,
    change,
    rows_of,
    write,
)

if TYPE_CHECKING:
    from casare_robot.nodes.account_api import AccountApi

INTEGER, STRING, LIST, ANY = DataType.INTEGER, DataType.STRING, DataType.LIST, DataType.ANY
_BOOK_NONE = needed("spreadsheet_id", default=None)
_SHEET = needed("sheet_id", INTEGER, None)
_SHEET_BY_ID = Field("sheet_id", INTEGER, setting=False)
_COLOR = re.compile(r"#?([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})")


async def _titles(api: "AccountApi", book: str) -> dict[str, int]:
    """The sheets' ids by their names."""
    found = await api.get(ROOT, book, query={"fields": "sheets.properties(sheetId,title)"})
    sheets = [sheet.get("properties") or {} for sheet in found.get("sheets") or []]
    return {str(sheet.get("title")): int(sheet.get("sheetId") or 0) for sheet in sheets}


async def _sheet_id(api: "AccountApi", book: str, name: str) -> int:
    there = await _titles(api, book)
    if name not in there:
        raise NodeFailure(
            f"there is no sheet {name!r}; there are: {', '.join(there)}", retryable=False
        )
    return there[name]


async def _sheet_name(api: "AccountApi", book: str, sheet_id: int) -> str:
    for name, id_ in (await _titles(api, book)).items():
        if id_ == sheet_id:
            return name
    raise NodeFailure(f"there is no sheet with the id {sheet_id}", retryable=False)


async def _sheet(api: "AccountApi", book: str, name: str, sheet_id: int | None) -> int:
    return await _sheet_id(api, book, name) if sheet_id is None else sheet_id


def _span(sheet_id: int, dimension: str, start: int, count: int) -> dict[str, Any]:
    return {
        "sheetId": sheet_id,
        "dimension": dimension,
        "startIndex": start,
        "endIndex": start + count,
    }


@google_node(
    SHEETS,
    "SheetsInsertRowNode",
    BOOK,
    NAME,
    ROW,
    Field("values", LIST, [], written=DataType.JSON),
    INPUT,
    _SHEET_BY_ID,
    Field("row_index", INTEGER, setting=False),
    Field("num_rows", INTEGER, 1, setting=False, low=1),
    gives={"inserted_row": INTEGER},
    effect=Effect.ONCE,
    synonyms={"row": "row_num"},
)
async def insert_row(
    api: "AccountApi",
    *,
    spreadsheet_id: str,
    sheet_name: str,
    row_num: int,
    values: Any,
    value_input_option: str,
    sheet_id: int | None,
    row_index: int | None,
    num_rows: int,
) -> Outputs:
    """Put rows in above another, and write the first one's cells.

    ``row_num`` counts from 1; the designer's ``row_index`` counts from 0 and goes before it,
    as its ``sheet_id`` goes before the sheet's name.
    """
    row_num = row_num if row_index is None else row_index + 1
    sheet = await _sheet(api, spreadsheet_id, sheet_name, sheet_id)
    span = _span(sheet, "ROWS", row_num - 1, num_rows)
    await change(api, spreadsheet_id, "insertDimension", range=span, inheritFromBefore=row_num > 1)
    if values:
        name = sheet_name if sheet_id is None else await _sheet_name(api, spreadsheet_id, sheet_id)
        first = rows_of(values)[:1]
        await write(api, spreadsheet_id, a1(name, f"A{row_num}"), first, value_input_option)
    return {"inserted_row": row_num}


@google_node(
    SHEETS,
    "SheetsDeleteRowNode",
    BOOK,
    NAME,
    ROW,
    Field("num_rows", INTEGER, 1, low=1),
    _SHEET_BY_ID,
    Field("start_row", INTEGER, setting=False),
    gives={"deleted_rows": INTEGER},
    effect=Effect.ONCE,
    synonyms={"row": "row_num"},
)
async def delete_row(
    api: "AccountApi",
    *,
    spreadsheet_id: str,
    sheet_name: str,
    row_num: int,
    num_rows: int,
    sheet_id: int | None,
    start_row: int | None,
) -> Outputs:
    """Delete rows, from one on: ``row_num`` from 1, or the designer's ``start_row`` from 0."""
    row_num = row_num if start_row is None else start_row + 1
    sheet = await _sheet(api, spreadsheet_id, sheet_name, sheet_id)
    span = _span(sheet, "ROWS", row_num - 1, num_rows)
    await change(api, spreadsheet_id, "deleteDimension", range=span)
    return {"deleted_rows": num_rows}


@google_node(
    SHEETS,
    "SheetsInsertColumnNode",
    _BOOK_NONE,
    _SHEET,
    needed("column_index", INTEGER, None),
    Field("num_columns", INTEGER, 1, low=1),
    CALLED_GOOGLE,
    effect=Effect.ONCE,
)
async def insert_column(
    api: "AccountApi", *, spreadsheet_id: str, sheet_id: int, column_index: int, num_columns: int
) -> Outputs:
    """Put columns in before another, counted from 0."""
    span = _span(sheet_id, "COLUMNS", column_index, num_columns)
    await change(
        api, spreadsheet_id, "insertDimension", range=span, inheritFromBefore=column_index > 0
    )
    return {}


@google_node(
    SHEETS,
    "SheetsDeleteColumnNode",
    _BOOK_NONE,
    _SHEET,
    needed("start_column", INTEGER, None),
    Field("num_columns", INTEGER, 1, low=1),
    CALLED_GOOGLE,
    effect=Effect.ONCE,
)
async def delete_column(
    api: "AccountApi", *, spreadsheet_id: str, sheet_id: int, start_column: int, num_columns: int
) -> Outputs:
    """Delete columns, from one on, counted from 0."""
    span = _span(sheet_id, "COLUMNS", start_column, num_columns)
    await change(api, spreadsheet_id, "deleteDimension", range=span)
    return {}


@google_node(
    SHEETS,
    "SheetsAutoResizeNode",
    _BOOK_NONE,
    _SHEET,
    needed("start_index", INTEGER, None),
    needed("end_index", INTEGER, None),
    Field(
        "dimension",
        default="COLUMNS",
        written=DataType.CHOICE,
        choices=("COLUMNS", "ROWS"),
        wire=False,
    ),
    CALLED_GOOGLE,
    effect=Effect.IDEMPOTENT,
)
async def auto_resize(
    api: "AccountApi",
    *,
    spreadsheet_id: str,
    sheet_id: int,
    start_index: int,
    end_index: int,
    dimension: str,
) -> Outputs:
    """Make columns or rows as wide as what is in them; the end is not included."""
    span = _span(sheet_id, dimension, start_index, end_index - start_index)
    await change(api, spreadsheet_id, "autoResizeDimensions", dimensions=span)
    return {}


@google_node(
    SHEETS,
    "SheetsFormatCellsNode",
    _BOOK_NONE,
    _SHEET,
    *(
        needed(f"{end}_{what}", INTEGER, None)
        for what in ("row", "column")
        for end in ("start", "end")
    ),
    *(Field(name, wire=False) for name in ("background_color", "text_color")),
    *(Field(name, DataType.BOOLEAN, wire=False) for name in ("bold", "italic")),
    Field("font_size", INTEGER, wire=False),
    CALLED_GOOGLE,
    effect=Effect.IDEMPOTENT,
)
async def format_cells(
    api: "AccountApi",
    *,
    spreadsheet_id: str,
    sheet_id: int,
    start_row: int,
    end_row: int,
    start_column: int,
    end_column: int,
    background_color: Any,
    text_color: Any,
    bold: bool | None,
    italic: bool | None,
    font_size: int | None,
) -> Outputs:
    """Give cells colours (``#rrggbb``) and a font; counted from 0, the ends not included.

    What is not set stays as it is.
    """
    font = {"bold": bold, "italic": italic, "fontSize": font_size or None}
    if text_color:
        font["foregroundColor"] = _color(text_color)
    text = {name: value for name, value in font.items() if value is not None}
    cell: dict[str, Any] = {"textFormat": text} if text else {}
    fields = [f"userEnteredFormat.textFormat.{name}" for name in text]
    if background_color:
        cell["backgroundColor"] = _color(background_color)
        fields.append("userEnteredFormat.backgroundColor")
    if not fields:
        raise NodeFailure(
            "there is no format to give: set background_color, text_color, bold, italic or"
            " font_size",
            retryable=False,
        )
    await change(
        api,
        spreadsheet_id,
        "repeatCell",
        range={
            "sheetId": sheet_id,
            "startRowIndex": start_row,
            "endRowIndex": end_row,
            "startColumnIndex": start_column,
            "endColumnIndex": end_column,
        },
        cell={"userEnteredFormat": cell},
        fields=",".join(fields),
    )
    return {}


def _color(given: Any) -> Any:
    """A colour as Google has it: shares of red, green and blue. Pure."""
    if isinstance(given, Mapping):
        return dict(given)
    parts = _COLOR.fullmatch(str(given).strip())
    if not parts:
        raise NodeFailure(f"{given!r} is no colour such as #ff8800", retryable=False)
    shares = (round(int(part, 16) / 255, 4) for part in parts.groups())
    return dict(zip(("red", "green", "blue"), shares, strict=True))
