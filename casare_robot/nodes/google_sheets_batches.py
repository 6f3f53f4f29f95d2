"""Google Sheets: read, write and empty several ranges at once."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_type import DataType, Outputs
from casare_robot.nodes.google_account import SHEETS, Field, google_node, items, needed
from casare_robot.nodes.google_sheet_cells import ROOT, rows_of

if TYPE_CHECKING:
    from casare_robot.nodes.account_api import AccountApi

INTEGER, STRING, LIST, ANY = DataType.INTEGER, DataType.STRING, DataType.LIST, DataType.ANY


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
        ROOT + "/values:batchGet",
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
    gives={f"total_updated_{what}": INTEGER for what in ("cells", "rows", "columns")},
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
        ROOT + "/values:batchUpdate",
        spreadsheet_id,
        body={"valueInputOption": value_input_option, "data": data},
    )
    return {
        "total_updated_cells": found.get("totalUpdatedCells", 0),
        "total_updated_rows": found.get("totalUpdatedRows", 0),
        "total_updated_columns": found.get("totalUpdatedColumns", 0),
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
        ROOT + "/values:batchClear", spreadsheet_id, body={"ranges": items(ranges, "ranges")}
    )
    return {"cleared_ranges": found.get("clearedRanges") or []}
