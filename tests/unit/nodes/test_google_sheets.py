"""Google Sheets: each node against a server that answers as Google's documentation says."""

import pytest

from casare_robot.nodes.catalogue import modules
from casare_robot.nodes.google_sheet_cells import a1, rows_of
from tests.accounts import Case, check

ROOT = "/v4/spreadsheets/b1"
PLAIN = "valueRenderOption=FORMATTED_VALUE"
TYPED = "valueInputOption=USER_ENTERED"
SHEETS = {
    "properties": {"title": "Book", "locale": "de", "timeZone": "Europe/Berlin"},
    "sheets": [
        {
            "properties": {
                "sheetId": 4,
                "title": "S",
                "index": 0,
                "gridProperties": {"rowCount": 9, "columnCount": 3},
            }
        }
    ],
}
SHEET = {"sheet_id": 4, "title": "S", "index": 0, "row_count": 9, "column_count": 3}
UPDATED = {"updatedRange": "S!A1", "updatedCells": 2, "updatedRows": 1, "updatedColumns": 2}
NAMES = f"GET {ROOT}?fields=sheets.properties%28sheetId%2Ctitle%29"
NEW = {"properties": {"sheetId": 8, "title": "T"}}


def read(cells, *query):
    return f"GET {ROOT}/values/{cells}?" + "&".join(query)


def write(cells, *rows):
    return (f"PUT {ROOT}/values/{cells}?{TYPED}", {"values": [*rows]})


def changes(request, **what):
    return (f"POST {ROOT}:batchUpdate", {"requests": [{request: what}]})


def span(dimension, start, end):
    return {"sheetId": 4, "dimension": dimension, "startIndex": start, "endIndex": end}


def case(name, config, answers, asked, outputs=None):
    return Case(
        f"Sheets{name}Node", {"spreadsheet_id": "b1", **config}, answers, asked, outputs or {}
    )


CASES = [
    case(
        "GetCell",
        {"cell": "B2"},
        [{"values": [["x"]]}],
        [read("%27Sheet1%27%21B2", PLAIN)],
        {"value": "x"},
    ),
    case(
        "GetRange",
        {"range": "S!A1:B2", "major_dimension": "COLUMNS"},
        [{"values": [["a", "b"]]}],
        [read("S%21A1:B2", PLAIN, "majorDimension=COLUMNS")],
        {"values": [["a", "b"]], "row_count": 2, "column_count": 1},
    ),
    case(
        "GetRow",
        {"row_num": 3, "start_col": "b", "end_col": "D", "sheet_name": "S"},
        [{"values": [["a", "b"]]}],
        [read("%27S%27%21B3:D3", PLAIN)],
        {"values": ["a", "b"], "cell_count": 2},
    ),
    case(
        "GetColumn",
        {"column": "C", "end_row": 5, "value_render_option": "FORMULA"},
        [{"values": [["a"]]}],
        [read("%27Sheet1%27%21C1:C5", "valueRenderOption=FORMULA", "majorDimension=COLUMNS")],
        {"values": ["a"], "cell_count": 1},
    ),
    case(
        "Search",
        {"search_value": "ADA", "search_range": "Z2:AB9", "sheet_name": "S"},
        [{"range": "S!Z2:AB9", "values": [["x"], ["", "Ada L"]]}],
        [f"GET {ROOT}/values/%27S%27%21Z2:AB9"],
        {
            "match_count": 1,
            "first_match": {"cell": "AA3", "row": 3, "column": 27, "value": "Ada L"},
        },
    ),
    case(
        "WriteCell",
        {"cell": "A1", "value": 7},
        [UPDATED],
        [write("%27Sheet1%27%21A1", [7])],
        {"updated_cells": 2, "updated_range": "S!A1"},
    ),
    case(
        "SetCell",
        {"value": "v"},
        [UPDATED],
        [write("%27Sheet1%27%21A1", ["v"])],
        {"updated_range": "S!A1"},
    ),
    case(
        "WriteRange",
        {"range": "A1:B1", "sheet_name": "S", "values": "[[1, 2]]"},
        [UPDATED],
        [write("%27S%27%21A1:B1", [1, 2])],
        {"updated_cells": 2, "updated_rows": 1, "updated_columns": 2, "updated_range": "S!A1"},
    ),
    case(
        "UpdateRow",
        {"row_num": 2, "values": [1, 2], "start_col": "C"},
        [UPDATED],
        [write("%27Sheet1%27%21C2", [1, 2])],
        {"updated_cells": 2, "updated_range": "S!A1"},
    ),
    case(
        "AppendRow",
        {"values": [1]},
        [{"tableRange": "S!A1:A2", "updates": UPDATED}],
        [
            (
                f"POST {ROOT}/values/%27Sheet1%27%21A1:append?{TYPED}&insertDataOption=INSERT_ROWS",
                {"values": [[1]]},
            )
        ],
        {"updated_cells": 2, "updated_range": "S!A1", "table_range": "S!A1:A2"},
    ),
    case(
        "ClearRange",
        {"range": "S!A1:B2"},
        [{"clearedRange": "S!A1:B2"}],
        [(f"POST {ROOT}/values/S%21A1:B2:clear", {})],
        {"cleared_range": "S!A1:B2"},
    ),
    case(
        "BatchGet",
        {"ranges": '["A1", "B2"]'},
        [{"valueRanges": [{"range": "A1"}]}],
        [f"GET {ROOT}/values:batchGet?ranges=A1&ranges=B2&{PLAIN}"],
        {"values": [{"range": "A1", "values": []}], "ranges_count": 1},
    ),
    case(
        "BatchUpdate",
        {"updates": [{"range": "A1", "values": [["x"]]}]},
        [{"totalUpdatedCells": 1, "totalUpdatedRows": 1}],
        [
            (
                f"POST {ROOT}/values:batchUpdate",
                {"valueInputOption": "USER_ENTERED", "data": [{"range": "A1", "values": [["x"]]}]},
            )
        ],
        {"total_updated_cells": 1, "total_updated_rows": 1},
    ),
    case(
        "BatchClear",
        {"ranges": "A1, B2"},
        [{"clearedRanges": ["A1", "B2"]}],
        [(f"POST {ROOT}/values:batchClear", {"ranges": ["A1", "B2"]})],
        {"cleared_ranges": ["A1", "B2"]},
    ),
    case(
        "CreateSpreadsheet",
        {"title": "T", "sheets": "a, b"},
        [{"spreadsheetId": "n", "spreadsheetUrl": "https://x/n"}],
        [
            (
                "POST /v4/spreadsheets",
                {
                    "properties": {"title": "T", "locale": "en_US"},
                    "sheets": [{"properties": {"title": "a"}}, {"properties": {"title": "b"}}],
                },
            )
        ],
        {"spreadsheet_id": "n", "spreadsheet_url": "https://x/n"},
    ),
    case(
        "GetSpreadsheet",
        {"include_grid_data": True},
        [SHEETS],
        [f"GET {ROOT}?includeGridData=true"],
        {"title": "Book", "sheets": [SHEET]},
    ),
    case(
        "GetSheetInfo",
        {},
        [SHEETS],
        [f"GET {ROOT}"],
        {"title": "Book", "sheets": [SHEET], "sheet_count": 1, "locale": "de"},
    ),
    case(
        "AddSheet",
        {"sheet_name": "T", "row_count": 5},
        [{"replies": [{"addSheet": NEW}]}],
        [
            changes(
                "addSheet",
                properties={"title": "T", "gridProperties": {"rowCount": 5, "columnCount": 26}},
            )
        ],
        {"sheet_id": 8, "sheet_name": "T"},
    ),
    case("DeleteSheet", {"sheet_id": 0}, [{"replies": [{}]}], [changes("deleteSheet", sheetId=0)]),
    case(
        "DuplicateSheet",
        {"source_sheet_id": 4, "new_sheet_name": "T", "insert_index": 0},
        [{"replies": [{"duplicateSheet": NEW}]}],
        [changes("duplicateSheet", sourceSheetId=4, newSheetName="T", insertSheetIndex=0)],
        {"new_sheet_id": 8, "new_sheet_name": "T"},
    ),
    case(
        "CopySheet",
        {"source_spreadsheet_id": "b1", "source_sheet_id": 4, "destination_spreadsheet_id": "b2"},
        [NEW["properties"]],
        [(f"POST {ROOT}/sheets/4:copyTo", {"destinationSpreadsheetId": "b2"})],
        {"new_sheet_id": 8, "new_sheet_name": "T"},
    ),
    case(
        "RenameSheet",
        {"sheet_id": 4, "new_name": "T"},
        [{}],
        [changes("updateSheetProperties", properties={"sheetId": 4, "title": "T"}, fields="title")],
    ),
    case(
        "InsertRow",
        {"sheet_name": "S", "row_num": 2, "values": [1]},
        [SHEETS, {}, UPDATED],
        [
            NAMES,
            changes("insertDimension", range=span("ROWS", 1, 2), inheritFromBefore=True),
            write("%27S%27%21A2", [1]),
        ],
        {"inserted_row": 2},
    ),
    case(
        "DeleteRow",
        {"sheet_name": "S", "row_num": 2, "num_rows": 3},
        [SHEETS, {}],
        [NAMES, changes("deleteDimension", range=span("ROWS", 1, 4))],
        {"deleted_rows": 3},
    ),
    case(
        "InsertColumn",
        {"sheet_id": 4, "column_index": 0, "num_columns": 2},
        [{}],
        [changes("insertDimension", range=span("COLUMNS", 0, 2), inheritFromBefore=False)],
    ),
    case(
        "DeleteColumn",
        {"sheet_id": 4, "start_column": 1},
        [{}],
        [changes("deleteDimension", range=span("COLUMNS", 1, 2))],
    ),
    case(
        "AutoResize",
        {"sheet_id": 4, "start_index": 1, "end_index": 3, "dimension": "ROWS"},
        [{}],
        [changes("autoResizeDimensions", dimensions=span("ROWS", 1, 3))],
    ),
    case(
        "FormatCells",
        {
            "sheet_id": 4,
            "start_row": 0,
            "end_row": 1,
            "start_column": 0,
            "end_column": 2,
            "bold": True,
            "background_color": "#ff0000",
        },
        [{}],
        [
            changes(
                "repeatCell",
                range={
                    "sheetId": 4,
                    "startRowIndex": 0,
                    "endRowIndex": 1,
                    "startColumnIndex": 0,
                    "endColumnIndex": 2,
                },
                cell={
                    "userEnteredFormat": {
                        "textFormat": {"bold": True},
                        "backgroundColor": {"red": 1.0, "green": 0.0, "blue": 0.0},
                    }
                },
                fields="userEnteredFormat.textFormat.bold,userEnteredFormat.backgroundColor",
            )
        ],
    ),
]


OTHER_WORDS = [
    case(
        "InsertRow",
        {"sheet_id": 4, "row_index": 1, "num_rows": 2, "values": [1]},
        [{}, SHEETS, UPDATED],
        [
            changes("insertDimension", range=span("ROWS", 1, 3), inheritFromBefore=True),
            NAMES,
            write("%27S%27%21A2", [1]),
        ],
        {"inserted_row": 2},
    ),
    case(
        "DeleteRow",
        {"sheet_id": 4, "start_row": 1},
        [{}],
        [changes("deleteDimension", range=span("ROWS", 1, 2))],
        {"deleted_rows": 1},
    ),
    case(
        "AppendRow",
        {"range": "B2:C2", "values": [1]},
        [{"updates": UPDATED}],
        [
            (
                f"POST {ROOT}/values/%27Sheet1%27%21B2:C2:append?{TYPED}"
                "&insertDataOption=INSERT_ROWS",
                {"values": [[1]]},
            )
        ],
        {"updated_cells": 2},
    ),
]
"""Nodes by the designer's own ports, and by keys that its templates write."""


@pytest.mark.parametrize("case", [*CASES, *OTHER_WORDS], ids=str)
def test_a_node_asks_google_as_its_documentation_says(case, account_case, service):
    done = account_case(case)

    check(case, done, service)
    assert {one.headers["Authorization"] for one in service.seen} == {"Bearer the-token"}


def test_every_node_of_google_sheets_has_a_case():
    homes = modules()
    made = [name for home in homes if home.startswith("google_sheets") for name in homes[home]]

    assert sorted(case.type for case in CASES) == sorted(made)


@pytest.mark.parametrize("config", [{}, {"spreadsheet_id": ""}])
def test_a_missing_id_is_told_with_the_node_and_the_field(account_case, service, config):
    done = account_case(Case("SheetsGetCellNode", config))

    assert done.error == "spreadsheet_id of n is empty, and SheetsGetCellNode needs it"
    assert done.outputs == {"success": False, "error": done.error, "error_code": 0}
    assert service.seen == []


def test_a_sheet_that_is_not_there_is_told_with_those_that_are(account_case):
    done = account_case(case("DeleteRow", {"sheet_name": "X"}, [SHEETS], []))

    assert done.error == "there is no sheet 'X'; there are: S"


def test_a_sheet_is_named_so_that_google_reads_it():
    assert a1("It's", "A1") == "'It''s'!A1"
    assert a1("S", "T!A1") == "T!A1"


def test_a_plain_list_is_one_row():
    assert (rows_of([1, 2]), rows_of([[1], 2])) == ([[1, 2]], [[1], [2]])
