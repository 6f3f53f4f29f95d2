"""Google Sheets: make, name and copy spreadsheets and their sheets."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from casare_robot.domain.effect import Effect
from casare_robot.domain.node_type import DataType, Outputs
from casare_robot.nodes.google_account import (
    CALLED_GOOGLE,
    SHEETS,
    Field,
    google_node,
    items,
    needed,
)
from casare_robot.nodes.google_sheet_cells import (
    BOOK,
    ROOT,
    change,
)

if TYPE_CHECKING:
    from casare_robot.nodes.account_api import AccountApi

INTEGER, STRING, LIST, ANY = DataType.INTEGER, DataType.STRING, DataType.LIST, DataType.ANY
_BOOK_PORT = needed("spreadsheet_id", setting=False)
_SHEET_PORT = needed("sheet_id", INTEGER, None, setting=False)


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
    found = await api.get(ROOT, spreadsheet_id, query={"includeGridData": include_grid_data})
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
    found = await api.get(ROOT, spreadsheet_id)
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
    synonyms={"title": "sheet_name"},
)
async def add_sheet(
    api: "AccountApi", *, spreadsheet_id: str, sheet_name: str, row_count: int, column_count: int
) -> Outputs:
    """Add a sheet to a spreadsheet."""
    grid = {"rowCount": row_count, "columnCount": column_count}
    wanted = {"title": sheet_name, "gridProperties": grid}
    done = await change(api, spreadsheet_id, "addSheet", properties=wanted)
    about = done.get("properties") or {}
    return {"sheet_id": about.get("sheetId", 0), "sheet_name": about.get("title", sheet_name)}


@google_node(SHEETS, "SheetsDeleteSheetNode", _BOOK_PORT, _SHEET_PORT, effect=Effect.ONCE)
async def delete_sheet(api: "AccountApi", *, spreadsheet_id: str, sheet_id: int) -> Outputs:
    """Delete a sheet with all that is on it."""
    await change(api, spreadsheet_id, "deleteSheet", sheetId=sheet_id)
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
    done = await change(
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
        ROOT + "/sheets/{}:copyTo",
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
    await change(
        api,
        spreadsheet_id,
        "updateSheetProperties",
        properties={"sheetId": sheet_id, "title": new_name},
        fields="title",
    )
    return {}
