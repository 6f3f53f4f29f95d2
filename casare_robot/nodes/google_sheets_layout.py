"""Google Sheets: make, name, copy and shape spreadsheets and their sheets."""

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
    items,
    needed,
)
from casare_robot.nodes.google_sheets import BOOK, a1, rows_of

if TYPE_CHECKING:
    from casare_robot.nodes.account_api import AccountApi

INTEGER, STRING, LIST, ANY = DataType.INTEGER, DataType.STRING, DataType.LIST, DataType.ANY
_ROOT = "/v4/spreadsheets/{}"
_BOOK_PORT = needed("spreadsheet_id", setting=False)
_BOOK_NONE = needed("spreadsheet_id", default=None)
_SHEET = needed("sheet_id", INTEGER, None)
_SHEET_PORT = needed("sheet_id", INTEGER, None, setting=False)
_NAME = Field("sheet_name", default="Sheet1")
_ROW = needed("row_num", INTEGER, 1, low=1)
_COLOR = re.compile(r"#?([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})")


async def _change(api: "AccountApi", book: str, request: str, **what: Any) -> Mapping[str, Any]:
    """Do one change to a spreadsheet; what it came to."""
    found = await api.post(_ROOT + ":batchUpdate", book, body={"requests": [{request: what}]})
    replies = found.get("replies") or [{}]
    return dict(replies[0].get(request) or {})


async def _sheet_id(api: "AccountApi", book: str, name: str) -> int:
    found = await api.get(_ROOT, book, query={"fields": "sheets.properties(sheetId,title)"})
    sheets = [sheet.get("properties") or {} for sheet in found.get("sheets") or []]
    for sheet in sheets:
        if sheet.get("title") == name:
            return int(sheet.get("sheetId") or 0)
    there = ", ".join(str(sheet.get("title")) for sheet in sheets)
    raise NodeFailure(f"there is no sheet {name!r}; there are: {there}", retryable=False)


def _span(sheet_id: int, dimension: str, start: int, count: int) -> dict[str, Any]:
    return {
        "sheetId": sheet_id,
        "dimension": dimension,
        "startIndex": start,
        "endIndex": start + count,
    }


def _sheets(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    sheets = []
    for sheet in found.get("sheets") or []:
        about = sheet.get("properties") or {}
        grid = about.get("gridProperties") or {}
        kept = {"data": sheet["data"]} if "data" in sheet else {}
        sheets.append(
            {
                "sheet_id": about.get("sheetId", 0),
                "title": about.get("title", ""),
                "index": about.get("index", 0),
                "row_count": grid.get("rowCount", 0),
                "column_count": grid.get("columnCount", 0),
                **kept,
            }
        )
    return sheets


@google_node(
    SHEETS,
    "SheetsCreateSpreadsheetNode",
    needed("title", default=None),
    Field("sheets", LIST),
    Field("locale", default="en_US"),
    CALLED_GOOGLE,
    gives={"spreadsheet_id": STRING, "spreadsheet_url": STRING},
    effect=Effect.ONCE,
    synonyms={"sheet_names": "sheets"},
)
async def create_spreadsheet(api: "AccountApi", *, title: str, sheets: Any, locale: str) -> Outputs:
    """Make a spreadsheet, with sheets of the names given."""
    body: dict[str, Any] = {"properties": {"title": title, "locale": locale}}
    named = [
        one if isinstance(one, Mapping) else {"properties": {"title": str(one)}}
        for one in items(sheets, "sheets")
    ]
    if named:
        body["sheets"] = named
    found = await api.post("/v4/spreadsheets", body=body)
    return {
        "spreadsheet_id": found.get("spreadsheetId", ""),
        "spreadsheet_url": found.get("spreadsheetUrl", ""),
    }


@google_node(
    SHEETS,
    "SheetsGetSpreadsheetNode",
    _BOOK_PORT,
    Field("include_grid_data", DataType.BOOLEAN, False, setting=False),
    gives={"title": STRING, "sheets": LIST, "locale": STRING, "time_zone": STRING},
)
async def get_spreadsheet(
    api: "AccountApi", *, spreadsheet_id: str, include_grid_data: bool
) -> Outputs:
    """What a spreadsheet is called and which sheets it has, with their cells if wanted."""
    found = await api.get(_ROOT, spreadsheet_id, query={"includeGridData": include_grid_data})
    about = found.get("properties") or {}
    return {
        "title": about.get("title", ""),
        "sheets": _sheets(found),
        "locale": about.get("locale", ""),
        "time_zone": about.get("timeZone", ""),
    }


@google_node(
    SHEETS,
    "SheetsGetSheetInfoNode",
    BOOK,
    gives={"title": STRING, "sheets": LIST, "sheet_count": INTEGER, "locale": STRING},
)
async def get_sheet_info(api: "AccountApi", *, spreadsheet_id: str) -> Outputs:
    """What a spreadsheet is called and which sheets it has."""
    found = await api.get(_ROOT, spreadsheet_id)
    about = found.get("properties") or {}
    sheets = _sheets(found)
    return {
        "title": about.get("title", ""),
        "sheets": sheets,
        "sheet_count": len(sheets),
        "locale": about.get("locale", ""),
    }


@google_node(
    SHEETS,
    "SheetsAddSheetNode",
    _BOOK_PORT,
    needed("sheet_name", setting=False),
    Field("row_count", INTEGER, 1000, setting=False),
    Field("column_count", INTEGER, 26, setting=False),
    gives={"sheet_id": INTEGER, "sheet_name": STRING},
    effect=Effect.ONCE,
)
async def add_sheet(
    api: "AccountApi", *, spreadsheet_id: str, sheet_name: str, row_count: int, column_count: int
) -> Outputs:
    """Add a sheet to a spreadsheet."""
    grid = {"rowCount": row_count, "columnCount": column_count}
    wanted = {"title": sheet_name, "gridProperties": grid}
    done = await _change(api, spreadsheet_id, "addSheet", properties=wanted)
    about = done.get("properties") or {}
    return {"sheet_id": about.get("sheetId", 0), "sheet_name": about.get("title", sheet_name)}


@google_node(SHEETS, "SheetsDeleteSheetNode", _BOOK_PORT, _SHEET_PORT, effect=Effect.ONCE)
async def delete_sheet(api: "AccountApi", *, spreadsheet_id: str, sheet_id: int) -> Outputs:
    """Delete a sheet with all that is on it."""
    await _change(api, spreadsheet_id, "deleteSheet", sheetId=sheet_id)
    return {}


@google_node(
    SHEETS,
    "SheetsDuplicateSheetNode",
    _BOOK_PORT,
    needed("source_sheet_id", INTEGER, None, setting=False),
    Field("new_sheet_name", default="", setting=False),
    Field("insert_index", INTEGER, setting=False),
    gives={"new_sheet_id": INTEGER, "new_sheet_name": STRING},
    effect=Effect.ONCE,
    synonyms={"sheet_id": "source_sheet_id"},
)
async def duplicate_sheet(
    api: "AccountApi",
    *,
    spreadsheet_id: str,
    source_sheet_id: int,
    new_sheet_name: str,
    insert_index: int | None,
) -> Outputs:
    """Copy a sheet within its spreadsheet."""
    more: dict[str, Any] = {"newSheetName": new_sheet_name} if new_sheet_name else {}
    if insert_index is not None:
        more["insertSheetIndex"] = insert_index
    done = await _change(
        api, spreadsheet_id, "duplicateSheet", sourceSheetId=source_sheet_id, **more
    )
    about = done.get("properties") or {}
    return {"new_sheet_id": about.get("sheetId", 0), "new_sheet_name": about.get("title", "")}


@google_node(
    SHEETS,
    "SheetsCopySheetNode",
    needed("source_spreadsheet_id", default=None),
    needed("source_sheet_id", INTEGER, None),
    needed("destination_spreadsheet_id", default=None),
    CALLED_GOOGLE,
    gives={"new_sheet_id": INTEGER, "new_sheet_name": STRING},
    effect=Effect.ONCE,
)
async def copy_sheet(
    api: "AccountApi",
    *,
    source_spreadsheet_id: str,
    source_sheet_id: int,
    destination_spreadsheet_id: str,
) -> Outputs:
    """Copy a sheet to another spreadsheet."""
    about = await api.post(
        _ROOT + "/sheets/{}:copyTo",
        source_spreadsheet_id,
        source_sheet_id,
        body={"destinationSpreadsheetId": destination_spreadsheet_id},
    )
    return {"new_sheet_id": about.get("sheetId", 0), "new_sheet_name": about.get("title", "")}


@google_node(
    SHEETS,
    "SheetsRenameSheetNode",
    _BOOK_PORT,
    _SHEET_PORT,
    needed("new_name", setting=False),
    effect=Effect.IDEMPOTENT,
)
async def rename_sheet(
    api: "AccountApi", *, spreadsheet_id: str, sheet_id: int, new_name: str
) -> Outputs:
    """Give a sheet another name."""
    await _change(
        api,
        spreadsheet_id,
        "updateSheetProperties",
        properties={"sheetId": sheet_id, "title": new_name},
        fields="title",
    )
    return {}


@google_node(
    SHEETS,
    "SheetsInsertRowNode",
    BOOK,
    _NAME,
    _ROW,
    Field("values", LIST, [], written=DataType.JSON),
    Field(
        "value_input_option",
        default="USER_ENTERED",
        written=DataType.CHOICE,
        choices=("USER_ENTERED", "RAW"),
    ),
    gives={"inserted_row": INTEGER},
    effect=Effect.ONCE,
)
async def insert_row(
    api: "AccountApi",
    *,
    spreadsheet_id: str,
    sheet_name: str,
    row_num: int,
    values: Any,
    value_input_option: str,
) -> Outputs:
    """Put a row in above another, counted from 1, and write its cells."""
    sheet = await _sheet_id(api, spreadsheet_id, sheet_name)
    span = _span(sheet, "ROWS", row_num - 1, 1)
    await _change(api, spreadsheet_id, "insertDimension", range=span, inheritFromBefore=row_num > 1)
    if values:
        await api.send(
            "PUT",
            _ROOT + "/values/{}",
            spreadsheet_id,
            a1(sheet_name, f"A{row_num}"),
            query={"valueInputOption": value_input_option},
            body={"values": rows_of(values)[:1]},
        )
    return {"inserted_row": row_num}


@google_node(
    SHEETS,
    "SheetsDeleteRowNode",
    BOOK,
    _NAME,
    _ROW,
    Field("num_rows", INTEGER, 1, low=1),
    gives={"deleted_rows": INTEGER},
    effect=Effect.ONCE,
)
async def delete_row(
    api: "AccountApi", *, spreadsheet_id: str, sheet_name: str, row_num: int, num_rows: int
) -> Outputs:
    """Delete rows, from one on, counted from 1."""
    sheet = await _sheet_id(api, spreadsheet_id, sheet_name)
    span = _span(sheet, "ROWS", row_num - 1, num_rows)
    await _change(api, spreadsheet_id, "deleteDimension", range=span)
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
    await _change(
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
    await _change(api, spreadsheet_id, "deleteDimension", range=span)
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
    await _change(api, spreadsheet_id, "autoResizeDimensions", dimensions=span)
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
    await _change(
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
