"""How a Google sheet and its cells are named, read and written.

Source: Google's Sheets API, version 4.
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_type import DataType, Outputs
from casare_robot.nodes.google_account import Field, items, needed

if TYPE_CHECKING:
    from casare_robot.nodes.account_api import AccountApi

INTEGER, STRING, LIST, ANY = DataType.INTEGER, DataType.STRING, DataType.LIST, DataType.ANY
ROOT = "/v4/spreadsheets/{}"
VALUES = "/v4/spreadsheets/{}/values/{}"
_LETTERS = re.compile(r"[A-Za-z]{1,3}")

BOOK = needed("spreadsheet_id")
NAME = Field("sheet_name", default="Sheet1")
CELL = needed("cell", default="A1")
RANGE = needed("range", default="Sheet1!A1:B10")
ROW = needed("row_num", INTEGER, 1, low=1)
RENDER = Field(
    "value_render_option",
    default="FORMATTED_VALUE",
    written=DataType.CHOICE,
    choices=("FORMATTED_VALUE", "UNFORMATTED_VALUE", "FORMULA"),
)
INPUT = Field(
    "value_input_option",
    default="USER_ENTERED",
    written=DataType.CHOICE,
    choices=("USER_ENTERED", "RAW"),
)
UPDATED = {"updated_cells": INTEGER, "updated_range": STRING}


def a1(sheet: str | None, cells: str) -> str:
    """Cells of a sheet in A1 notation; cells that name their own sheet are left alone. Pure."""
    return cells if not sheet or "!" in cells else f"{quoted(sheet)}!{cells}"


def quoted(sheet: str) -> str:
    """The name of a sheet as Google reads it. Pure."""
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


def column_number(letters: str) -> int:
    """The place of a column, counted from 1. Pure."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def letters_of(number: int) -> str:
    """The letters of a column, counted from 1. Pure."""
    text = ""
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(65 + rest) + text
    return text


def rows_of(values: Any) -> list[list[Any]]:
    """A list of rows; a plain list is one row. Pure."""
    found = items(values, "values")
    return (
        [list(row) if isinstance(row, list | tuple) else [row] for row in found]
        if any(isinstance(row, list | tuple) for row in found)
        else [found]
    )


async def read(api: "AccountApi", book: str, cells: str, **query: Any) -> list[Any]:
    """The values of a range, by rows or as the query says."""
    found = await api.get(VALUES, book, cells, query=query)
    return list(found.get("values") or [])


async def write(
    api: "AccountApi", book: str, cells: str, rows: list[list[Any]], how: str
) -> Mapping[str, Any]:
    """Write rows into a range; what Google says of it."""
    found = await api.send(
        "PUT", VALUES, book, cells, query={"valueInputOption": how}, body={"values": rows}
    )
    return dict(found)


def updated(found: Mapping[str, Any], *names: str) -> Outputs:
    """Counts and the range of an answer under the nodes' names."""
    outputs: Outputs = {"updated_range": found.get("updatedRange", "")}
    return outputs | {f"updated_{name}": found.get(f"updated{name.title()}", 0) for name in names}


async def change(api: "AccountApi", book: str, request: str, **what: Any) -> Mapping[str, Any]:
    """Do one change to a spreadsheet; what it came to."""
    found = await api.post(ROOT + ":batchUpdate", book, body={"requests": [{request: what}]})
    replies = found.get("replies") or [{}]
    return dict(replies[0].get(request) or {})
