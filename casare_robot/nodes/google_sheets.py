"""Google Sheets: cells, rows, columns, ranges, sheets. Source: Google's Sheets API, version 4."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_type import DataType, Outputs
from casare_robot.nodes.google_account import SHEETS, Field, google_node, items, needed

if TYPE_CHECKING:
    from casare_robot.nodes.account_api import AccountApi

INTEGER, STRING, LIST, ANY = DataType.INTEGER, DataType.STRING, DataType.LIST, DataType.ANY
_ROOT = "/v4/spreadsheets/{}"
_VALUES = "/v4/spreadsheets/{}/values/{}"
_LETTERS = re.compile(r"[A-Za-z]{1,3}")

BOOK = needed("spreadsheet_id")
_NAME = Field("sheet_name", default="Sheet1")
_CELL = needed("cell", default="A1")
_RANGE = needed("range", default="Sheet1!A1:B10")
_ROW = needed("row_num", INTEGER, 1, low=1)
_RENDER = Field(
    "value_render_option",
    default="FORMATTED_VALUE",
    written=DataType.CHOICE,
    choices=("FORMATTED_VALUE", "UNFORMATTED_VALUE", "FORMULA"),
)
_INPUT = Field(
    "value_input_option",
    default="USER_ENTERED",
    written=DataType.CHOICE,
    choices=("USER_ENTERED", "RAW"),
)
_CELLS = {"values": LIST, "cell_count": INTEGER}
_UPDATED = {"updated_cells": INTEGER, "updated_range": STRING}


def a1(sheet: str | None, cells: str) -> str:
    """Cells of a sheet in A1 notation; cells that name their own sheet are left alone. Pure."""
    return cells if not sheet or "!" in cells else f"{_quoted(sheet)}!{cells}"


def _quoted(sheet: str) -> str:
    name = sheet.replace("'", "''")
    return f"'{name}'"


def column_letters(column: Any) -> str:
    """A column's letters. Pure.

    Raises:
        NodeFailure: It is something else.
    """
    if not isinstance(column, str) or not _LETTERS.fullmatch(column.strip()):
        raise NodeFailure(f"{column!r} is no column such as A or AB", retryable=False)
    return column.strip().upper()


def rows_of(values: Any) -> list[list[Any]]:
    """A list of rows; a plain list is one row. Pure."""
    found = items(values, "values")
    return (
        [list(row) if isinstance(row, list | tuple) else [row] for row in found]
        if any(isinstance(row, list | tuple) for row in found)
        else [found]
    )


async def _read(api: "AccountApi", book: str, cells: str, **query: Any) -> list[Any]:
    found = await api.get(_VALUES, book, cells, query=query)
    return list(found.get("values") or [])


async def _write(
    api: "AccountApi", book: str, cells: str, rows: list[list[Any]], how: str
) -> Mapping[str, Any]:
    found = await api.send(
        "PUT", _VALUES, book, cells, query={"valueInputOption": how}, body={"values": rows}
    )
    return dict(found)


def _updated(found: Mapping[str, Any], *names: str) -> Outputs:
    """Counts and the range of an answer under the nodes' names."""
    outputs: Outputs = {"updated_range": found.get("updatedRange", "")}
    return outputs | {f"updated_{name}": found.get(f"updated{name.title()}", 0) for name in names}


@google_node(SHEETS, "SheetsGetCellNode", BOOK, _NAME, _CELL, _RENDER, gives={"value": ANY})
async def get_cell(
    api: "AccountApi",
    *,
    spreadsheet_id: str,
    sheet_name: str,
    cell: str,
    value_render_option: str,
) -> Outputs:
    """The value of a cell; "" for an empty one."""
    rows = await _read(
        api, spreadsheet_id, a1(sheet_name, cell), valueRenderOption=value_render_option
    )
    return {"value": rows[0][0] if rows and rows[0] else ""}


@google_node(
    SHEETS,
    "SheetsGetRangeNode",
    BOOK,
    _RANGE,
    _RENDER,
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
    lines = await _read(
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
    _NAME,
    _ROW,
    Field("start_col", default="A"),
    Field("end_col", default="Z"),
    _RENDER,
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
    rows = await _read(
        api, spreadsheet_id, a1(sheet_name, cells), valueRenderOption=value_render_option
    )
    values = rows[0] if rows else []
    return {"values": values, "cell_count": len(values)}


@google_node(
    SHEETS,
    "SheetsGetColumnNode",
    BOOK,
    _NAME,
    needed("column", default="A"),
    Field("start_row", INTEGER, 1, low=1),
    Field("end_row", INTEGER, 1000, low=1),
    _RENDER,
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
    lines = await _read(
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
    _NAME,
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
    cells = a1(sheet_name, search_range) if search_range else _quoted(sheet_name)
    found = await api.get(_VALUES, spreadsheet_id, cells)
    first = re.search(r"!\$?([A-Z]*)\$?(\d*)", str(found.get("range", "")))
    letters, digits = first.groups() if first else ("", "")
    left, top = _number(letters or "A"), int(digits or 1)
    fold = str if match_case else str.casefold
    sought = fold(str(search_value))
    results = []
    for down, row in enumerate(found.get("values") or []):
        for right, value in enumerate(row):
            text = fold(str(value))
            if text == sought if match_entire_cell else sought in text:
                place = {"row": top + down, "column": left + right, "value": value}
                results.append({"cell": f"{_letters(left + right)}{top + down}", **place})
    return {
        "results": results,
        "match_count": len(results),
        "first_match": results[0] if results else None,
    }


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def _letters(number: int) -> str:
    text = ""
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(65 + rest) + text
    return text


@google_node(
    SHEETS,
    "SheetsWriteCellNode",
    BOOK,
    _NAME,
    _CELL,
    Field("value", ANY, ""),
    _INPUT,
    gives=_UPDATED,
    effect=Effect.IDEMPOTENT,
)
async def write_cell(
    api: "AccountApi",
    *,
    spreadsheet_id: str,
    sheet_name: str,
    cell: str,
    value: Any,
    value_input_option: str,
) -> Outputs:
    """Write a cell."""
    found = await _write(api, spreadsheet_id, a1(sheet_name, cell), [[value]], value_input_option)
    return _updated(found, "cells")


@google_node(
    SHEETS,
    "SheetsSetCellNode",
    needed("spreadsheet_id", default=None),
    _CELL,
    Field("value", ANY),
    _NAME,
    Field("credential_name", default="google", wire=False),
    gives={"updated_range": STRING},
    effect=Effect.IDEMPOTENT,
)
async def set_cell(
    api: "AccountApi", *, spreadsheet_id: str, cell: str, value: Any, sheet_name: str
) -> Outputs:
    """Write a cell, as if it were typed in."""
    wanted = "" if value is None else value
    return _updated(
        await _write(api, spreadsheet_id, a1(sheet_name, cell), [[wanted]], "USER_ENTERED")
    )


@google_node(
    SHEETS,
    "SheetsWriteRangeNode",
    BOOK,
    _RANGE,
    needed("values", LIST, [], written=DataType.JSON),
    _INPUT,
    Field("sheet_name", wire=False),
    gives={**_UPDATED, "updated_rows": INTEGER, "updated_columns": INTEGER},
    effect=Effect.IDEMPOTENT,
)
async def write_range(
    api: "AccountApi",
    *,
    spreadsheet_id: str,
    range: str,
    values: Any,
    value_input_option: str,
    sheet_name: str | None,
) -> Outputs:
    """Write rows into a range."""
    found = await _write(
        api, spreadsheet_id, a1(sheet_name, range), rows_of(values), value_input_option
    )
    return _updated(found, "cells", "rows", "columns")


@google_node(
    SHEETS,
    "SheetsUpdateRowNode",
    BOOK,
    _NAME,
    _ROW,
    needed("values", LIST, [], written=DataType.JSON),
    Field("start_col", default="A"),
    _INPUT,
    gives=_UPDATED,
    effect=Effect.IDEMPOTENT,
)
async def update_row(
    api: "AccountApi",
    *,
    spreadsheet_id: str,
    sheet_name: str,
    row_num: int,
    values: Any,
    start_col: str,
    value_input_option: str,
) -> Outputs:
    """Write the cells of a row, from a column on."""
    cell = f"{column_letters(start_col)}{row_num}"
    found = await _write(
        api, spreadsheet_id, a1(sheet_name, cell), rows_of(values)[:1], value_input_option
    )
    return _updated(found, "cells")


@google_node(
    SHEETS,
    "SheetsAppendRowNode",
    BOOK,
    _NAME,
    needed("values", LIST, [], written=DataType.JSON),
    _INPUT,
    gives={**_UPDATED, "table_range": STRING},
    effect=Effect.ONCE,
)
async def append_row(
    api: "AccountApi",
    *,
    spreadsheet_id: str,
    sheet_name: str,
    values: Any,
    value_input_option: str,
) -> Outputs:
    """Write a row, or several, below the table of a sheet."""
    found = await api.post(
        _VALUES + ":append",
        spreadsheet_id,
        a1(sheet_name, "A1"),
        query={"valueInputOption": value_input_option, "insertDataOption": "INSERT_ROWS"},
        body={"values": rows_of(values)},
    )
    updates = found.get("updates") or {}
    return {**_updated(updates, "cells"), "table_range": found.get("tableRange", "")}


@google_node(
    SHEETS,
    "SheetsClearRangeNode",
    BOOK,
    needed("range", default="Sheet1!A1:Z1000"),
    Field("sheet_name", wire=False),
    gives={"cleared_range": STRING},
    effect=Effect.IDEMPOTENT,
)
async def clear_range(
    api: "AccountApi", *, spreadsheet_id: str, range: str, sheet_name: str | None
) -> Outputs:
    """Empty the cells of a range."""
    found = await api.post(_VALUES + ":clear", spreadsheet_id, a1(sheet_name, range), body={})
    return {"cleared_range": found.get("clearedRange", "")}


@google_node(
    SHEETS,
    "SheetsBatchGetNode",
    needed("spreadsheet_id", setting=False),
    needed("ranges", LIST, None, setting=False),
    Field("value_render_option", default="FORMATTED_VALUE", setting=False),
    gives={"values": LIST, "ranges_count": INTEGER},
    synonyms={"value_ranges": "values"},
)
async def batch_get(
    api: "AccountApi", *, spreadsheet_id: str, ranges: Any, value_render_option: str
) -> Outputs:
    """The values of several ranges: ``{"range", "values"}`` each."""
    found = await api.get(
        _ROOT + "/values:batchGet",
        spreadsheet_id,
        query={"ranges": items(ranges, "ranges"), "valueRenderOption": value_render_option},
    )
    values = [
        {"range": one.get("range", ""), "values": one.get("values") or []}
        for one in found.get("valueRanges") or []
    ]
    return {"values": values, "ranges_count": len(values)}


@google_node(
    SHEETS,
    "SheetsBatchUpdateNode",
    needed("spreadsheet_id", setting=False),
    needed("updates", LIST, None, setting=False),
    Field("value_input_option", default="USER_ENTERED", setting=False),
    gives={"total_updated_cells": INTEGER, "total_updated_rows": INTEGER},
    effect=Effect.IDEMPOTENT,
    synonyms={"data": "updates"},
)
async def batch_update(
    api: "AccountApi", *, spreadsheet_id: str, updates: Any, value_input_option: str
) -> Outputs:
    """Write several ranges at once: ``{"range", "values"}`` each."""
    data = []
    for one in items(updates, "updates"):
        if not isinstance(one, Mapping) or not one.get("range"):
            raise NodeFailure(f"an update needs a range and values, not {one!r:.80}")
        data.append({"range": one["range"], "values": rows_of(one.get("values"))})
    found = await api.post(
        _ROOT + "/values:batchUpdate",
        spreadsheet_id,
        body={"valueInputOption": value_input_option, "data": data},
    )
    return {
        "total_updated_cells": found.get("totalUpdatedCells", 0),
        "total_updated_rows": found.get("totalUpdatedRows", 0),
    }


@google_node(
    SHEETS,
    "SheetsBatchClearNode",
    needed("spreadsheet_id", setting=False),
    needed("ranges", LIST, None, setting=False),
    gives={"cleared_ranges": LIST},
    effect=Effect.IDEMPOTENT,
)
async def batch_clear(api: "AccountApi", *, spreadsheet_id: str, ranges: Any) -> Outputs:
    """Empty the cells of several ranges."""
    found = await api.post(
        _ROOT + "/values:batchClear", spreadsheet_id, body={"ranges": items(ranges, "ranges")}
    )
    return {"cleared_ranges": found.get("clearedRanges") or []}
