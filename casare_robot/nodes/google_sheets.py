"""Google Sheets: read cells, rows, columns and ranges, and search them."""

import re
from typing import TYPE_CHECKING

from casare_robot.domain.node_type import DataType, Outputs
from casare_robot.nodes.google_account import SHEETS, Field, google_node, needed
from casare_robot.nodes.google_sheet_cells import (
    BOOK,
    CELL,
    NAME,
    RANGE,
    RENDER,
    ROW,
    VALUES,
    a1,
    column_letters,
    column_number,
    letters_of,
    quoted,
    read,
)

if TYPE_CHECKING:
    from casare_robot.nodes.account_api import AccountApi

INTEGER, STRING, LIST, ANY = DataType.INTEGER, DataType.STRING, DataType.LIST, DataType.ANY

_CELLS = {"values": LIST, "cell_count": INTEGER}


@google_node(
    SHEETS,
    "SheetsGetCellNode",
    BOOK,
    NAME,
    CELL,
    RENDER,
    gives={"value": ANY},
    synonyms={"formatted_value": "value"},
)
async def get_cell(
    api: "AccountApi",
    *,
    spreadsheet_id: str,
    sheet_name: str,
    cell: str,
    value_render_option: str,
) -> Outputs:
    """The value of a cell; "" for an empty one."""
    rows = await read(
        api, spreadsheet_id, a1(sheet_name, cell), valueRenderOption=value_render_option
    )
    return {"value": rows[0][0] if rows and rows[0] else ""}


@google_node(
    SHEETS,
    "SheetsGetRangeNode",
    BOOK,
    RANGE,
    RENDER,
    Field("major_dimension", default="ROWS", written=DataType.CHOICE, choices=("ROWS", "COLUMNS")),
    Field("sheet_name", wire=False),
    gives={"values": LIST, "row_count": INTEGER, "column_count": INTEGER},
)
async def get_range(
    api: "AccountApi",
    *,
    spreadsheet_id: str,
    range: str,
    value_render_option: str,
    major_dimension: str,
    sheet_name: str | None,
) -> Outputs:
    """The values of a range, by rows or by columns; empty ends are left out, as Google does."""
    lines = await read(
        api,
        spreadsheet_id,
        a1(sheet_name, range),
        valueRenderOption=value_render_option,
        majorDimension=major_dimension,
    )
    longest = max(map(len, lines), default=0)
    rows, columns = (len(lines), longest) if major_dimension == "ROWS" else (longest, len(lines))
    return {"values": lines, "row_count": rows, "column_count": columns}


@google_node(
    SHEETS,
    "SheetsGetRowNode",
    BOOK,
    NAME,
    ROW,
    Field("start_col", default="A"),
    Field("end_col", default="Z"),
    RENDER,
    gives=_CELLS,
)
async def get_row(
    api: "AccountApi",
    *,
    spreadsheet_id: str,
    sheet_name: str,
    row_num: int,
    start_col: str,
    end_col: str,
    value_render_option: str,
) -> Outputs:
    """The cells of a row, between two columns."""
    cells = f"{column_letters(start_col)}{row_num}:{column_letters(end_col)}{row_num}"
    rows = await read(
        api, spreadsheet_id, a1(sheet_name, cells), valueRenderOption=value_render_option
    )
    values = rows[0] if rows else []
    return {"values": values, "cell_count": len(values)}


@google_node(
    SHEETS,
    "SheetsGetColumnNode",
    BOOK,
    NAME,
    needed("column", default="A"),
    Field("start_row", INTEGER, 1, low=1),
    Field("end_row", INTEGER, 1000, low=1),
    RENDER,
    gives=_CELLS,
)
async def get_column(
    api: "AccountApi",
    *,
    spreadsheet_id: str,
    sheet_name: str,
    column: str,
    start_row: int,
    end_row: int,
    value_render_option: str,
) -> Outputs:
    """The cells of a column, between two rows."""
    letters = column_letters(column)
    lines = await read(
        api,
        spreadsheet_id,
        a1(sheet_name, f"{letters}{start_row}:{letters}{end_row}"),
        valueRenderOption=value_render_option,
        majorDimension="COLUMNS",
    )
    values = lines[0] if lines else []
    return {"values": values, "cell_count": len(values)}


@google_node(
    SHEETS,
    "SheetsSearchNode",
    BOOK,
    needed("search_value"),
    NAME,
    Field("search_range", default=""),
    Field("match_case", DataType.BOOLEAN, False),
    Field("match_entire_cell", DataType.BOOLEAN, False),
    gives={"results": LIST, "match_count": INTEGER, "first_match": DataType.OBJECT},
)
async def search_cells(
    api: "AccountApi",
    *,
    spreadsheet_id: str,
    search_value: str,
    sheet_name: str,
    search_range: str,
    match_case: bool,
    match_entire_cell: bool,
) -> Outputs:
    """The cells that hold a text: ``{"cell", "row", "column", "value"}``, counted from 1."""
    cells = a1(sheet_name, search_range) if search_range else quoted(sheet_name)
    found = await api.get(VALUES, spreadsheet_id, cells)
    first = re.search(r"!\$?([A-Z]*)\$?(\d*)", str(found.get("range", "")))
    letters, digits = first.groups() if first else ("", "")
    left, top = column_number(letters or "A"), int(digits or 1)
    fold = str if match_case else str.casefold
    sought = fold(str(search_value))
    results = []
    for down, row in enumerate(found.get("values") or []):
        for right, value in enumerate(row):
            text = fold(str(value))
            if text == sought if match_entire_cell else sought in text:
                place = {"row": top + down, "column": left + right, "value": value}
                results.append({"cell": f"{letters_of(left + right)}{top + down}", **place})
    return {
        "results": results,
        "match_count": len(results),
        "first_match": results[0] if results else None,
    }
