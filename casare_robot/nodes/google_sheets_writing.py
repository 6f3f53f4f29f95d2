"""Google Sheets: write cells, rows and ranges, and empty them."""

from typing import TYPE_CHECKING, Any

from casare_robot.domain.effect import Effect
from casare_robot.domain.node_type import DataType, Outputs
from casare_robot.nodes.google_account import SHEETS, Field, google_node, needed
from casare_robot.nodes.google_sheet_cells import (
    BOOK,
    CELL,
    INPUT,
    NAME,
    RANGE,
    ROW,
    UPDATED,
    VALUES,
    a1,
    column_letters,
    rows_of,
    updated,
    write,
)

if TYPE_CHECKING:
    from casare_robot.nodes.account_api import AccountApi

INTEGER, STRING, LIST, ANY = DataType.INTEGER, DataType.STRING, DataType.LIST, DataType.ANY


@google_node(
    SHEETS,
    "SheetsWriteCellNode",
    BOOK,
    NAME,
    CELL,
    Field("value", ANY, ""),
    INPUT,
    gives=UPDATED,
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
    found = await write(api, spreadsheet_id, a1(sheet_name, cell), [[value]], value_input_option)
    return updated(found, "cells")


@google_node(
    SHEETS,
    "SheetsSetCellNode",
    needed("spreadsheet_id", default=None),
    CELL,
    Field("value", ANY),
    NAME,
    Field("credential_name", default="google", wire=False),
    gives={"updated_range": STRING},
    effect=Effect.IDEMPOTENT,
)
async def set_cell(
    api: "AccountApi", *, spreadsheet_id: str, cell: str, value: Any, sheet_name: str
) -> Outputs:
    """Write a cell, as if it were typed in."""
    wanted = "" if value is None else value
    return updated(
        await write(api, spreadsheet_id, a1(sheet_name, cell), [[wanted]], "USER_ENTERED")
    )


@google_node(
    SHEETS,
    "SheetsWriteRangeNode",
    BOOK,
    RANGE,
    needed("values", LIST, [], written=DataType.JSON),
    INPUT,
    Field("sheet_name", wire=False),
    gives={**UPDATED, "updated_rows": INTEGER, "updated_columns": INTEGER},
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
    found = await write(
        api, spreadsheet_id, a1(sheet_name, range), rows_of(values), value_input_option
    )
    return updated(found, "cells", "rows", "columns")


@google_node(
    SHEETS,
    "SheetsUpdateRowNode",
    BOOK,
    NAME,
    ROW,
    needed("values", LIST, [], written=DataType.JSON),
    Field("start_col", default="A"),
    INPUT,
    gives=UPDATED,
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
    found = await write(
        api, spreadsheet_id, a1(sheet_name, cell), rows_of(values)[:1], value_input_option
    )
    return updated(found, "cells")


@google_node(
    SHEETS,
    "SheetsAppendRowNode",
    BOOK,
    NAME,
    needed("values", LIST, [], written=DataType.JSON),
    INPUT,
    Field("range", default=""),
    gives={**UPDATED, "table_range": STRING},
    effect=Effect.ONCE,
)
async def append_row(
    api: "AccountApi",
    *,
    spreadsheet_id: str,
    sheet_name: str,
    values: Any,
    value_input_option: str,
    range: str,
) -> Outputs:
    """Write a row, or several, below the table of a sheet, which ``range`` may narrow."""
    found = await api.post(
        VALUES + ":append",
        spreadsheet_id,
        a1(sheet_name, range or "A1"),
        query={"valueInputOption": value_input_option, "insertDataOption": "INSERT_ROWS"},
        body={"values": rows_of(values)},
    )
    updates = found.get("updates") or {}
    return {**updated(updates, "cells"), "table_range": found.get("tableRange", "")}


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
    found = await api.post(VALUES + ":clear", spreadsheet_id, a1(sheet_name, range), body={})
    return {"cleared_range": found.get("clearedRange", "")}
