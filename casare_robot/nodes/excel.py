"""Excel workbooks: open, read, write, close. On every system, without Office."""

import re
from typing import Any

from casare_robot.domain.bound_code import BoundCode
from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.nodes.paths import readable, told_plainly, writable
from casare_robot.nodes.unsaved_edits import UnsavedEdits

_SUCCESS = Port("success", DataType.BOOLEAN)
_KIND = "workbook"
_WORKBOOK = Port("workbook", required=True)
_HELD = Property("workbook", required=True, current=_KIND)
_SHEET = Property("sheet", DataType.STRING, "1")
_USES = ("openpyxl",)
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?")
LONGEST_NUMBER = 15
"""Digits that a cell keeps; a longer number stays text."""


@node(
    "ExcelOpenNode",
    category="desktop",
    effect=Effect.READS,
    blocking=True,
    opens=True,
    uses=_USES,
    inputs=(Port("file_path", DataType.STRING, required=True),),
    outputs=(Port("workbook"), Port("app"), _SUCCESS),
    properties=(
        Property("file_path", DataType.FILE_PATH, "", required=True),
        Property("show_excel", DataType.BOOLEAN, False),
        Property("read_only", DataType.BOOLEAN, False),
        Property("create_if_missing", DataType.BOOLEAN, False),
    ),
)
def excel_open(
    ctx: NodeContext,
    *,
    file_path: str,
    show_excel: bool,
    read_only: bool,
    create_if_missing: bool,
) -> Outputs:
    """Open a workbook; ``read_only`` reads large ones as a stream.

    What is written is saved when the workbook is closed, and not lost by a
    crash before. There is no application to show: ``app`` is the workbook.
    """
    from casare_robot.nodes.workbooks import Workbook

    if show_excel:
        ctx.log("info", "the workbook is opened without Excel, so there is nothing to show")
    with told_plainly():
        path = readable(ctx, file_path) if read_only else writable(ctx, file_path)
        opened = Workbook(
            path,
            read_only=read_only,
            create=create_if_missing,
            edits=UnsavedEdits(path, ctx.step_key),
        )
    handle = ctx.keep_open(opened, opened.close, _KIND)
    return {"workbook": handle, "app": handle, "success": True}


@node(
    "ExcelReadCellNode",
    category="desktop",
    effect=Effect.READS,
    blocking=True,
    uses=_USES,
    inputs=(
        _WORKBOOK,
        Port("sheet"),
        Port("cell", DataType.STRING, required=True),
    ),
    outputs=(Port("value"), _SUCCESS),
    properties=(_HELD, _SHEET, Property("cell", DataType.STRING, "", required=True)),
)
def excel_read_cell(ctx: NodeContext, *, workbook: Any, sheet: Any, cell: str) -> Outputs:
    """The value of one cell; dates are ISO text, a sheet is a name or a number from 1."""
    with told_plainly():
        return {"value": ctx.live(workbook).read(sheet, cell), "success": True}


@node(
    "ExcelWriteCellNode",
    category="desktop",
    effect=Effect.IDEMPOTENT,
    blocking=True,
    uses=_USES,
    inputs=(
        _WORKBOOK,
        Port("sheet"),
        Port("cell", DataType.STRING, required=True),
        Port("value"),
    ),
    outputs=(_SUCCESS,),
    properties=(
        _HELD,
        _SHEET,
        Property("cell", DataType.STRING, "", required=True),
        Property("value", DataType.STRING, "", is_code=True),
    ),
)
def excel_write_cell(
    ctx: NodeContext, *, workbook: Any, sheet: Any, cell: str, value: Any
) -> Outputs:
    """Write one cell. Text that is a number becomes one; what references hold is no formula."""
    with told_plainly():
        content, is_formula = _content(value)
        ctx.live(workbook).write(sheet, cell, content, is_formula=is_formula)
    return {"success": True}


@node(
    "ExcelGetRangeNode",
    category="desktop",
    effect=Effect.READS,
    blocking=True,
    uses=_USES,
    inputs=(
        _WORKBOOK,
        Port("sheet"),
        Port("range", DataType.STRING, required=True),
    ),
    outputs=(
        Port("data"),
        Port("rows", DataType.INTEGER),
        Port("columns", DataType.INTEGER),
        _SUCCESS,
    ),
    properties=(_HELD, _SHEET, Property("range", DataType.STRING, "", required=True)),
)
def excel_get_range(ctx: NodeContext, *, workbook: Any, sheet: Any, range: str) -> Outputs:
    """The values of an area (``A1:C10``, ``A:C``, ``2:5``) as a list of rows."""
    with told_plainly():
        data = ctx.live(workbook).rows(sheet, range)
    return {
        "data": data,
        "rows": len(data),
        "columns": len(data[0]) if data else 0,
        "success": True,
    }


@node(
    "ExcelCloseNode",
    category="desktop",
    effect=Effect.IDEMPOTENT,
    blocking=True,
    uses=_USES,
    inputs=(_WORKBOOK, Port("app")),
    outputs=(_SUCCESS,),
    properties=(
        _HELD,
        Property("save", DataType.BOOLEAN, True),
        Property("quit_app", DataType.BOOLEAN, True),
    ),
)
def excel_close(ctx: NodeContext, *, workbook: Any, save: bool) -> Outputs:
    """Save what was written, wholly or not at all, and close the workbook."""
    with told_plainly():
        if save:
            ctx.live(workbook).save()
        ctx.close(workbook)
        if ctx.in_use(_KIND) == workbook:
            ctx.use(None, _KIND)
    return {"success": True}


def _content(value: Any) -> tuple[Any, bool]:
    """What a cell holds then, and whether it is a formula. Pure.

    Raises:
        NodeFailure: A list or dict does not fit into a cell.
    """
    if isinstance(value, BoundCode):
        if value.startswith("="):
            return _formula(value), True
        held = value.values.get(str(value), value.filled(value))
        return (_number(held) if isinstance(held, str) else _content(held)[0]), False
    if isinstance(value, str):
        is_formula = value.startswith("=") and len(value) > 1
        return (value if is_formula else _number(value)), is_formula
    if isinstance(value, bool | int | float | None):
        return value, False
    raise NodeFailure(f"a {type(value).__name__} does not fit into a cell", retryable=False)


def _formula(code: BoundCode) -> str:
    """The author's formula with what references hold as values in it."""

    def literal(match: re.Match[str]) -> str:
        value = code.values[match[0]]
        if isinstance(value, int | float) and not isinstance(value, bool):
            return repr(value)
        text = code.text(match[0]).replace('"', '""')
        is_quoted = code.count('"', 0, match.start()) % 2 == 1
        return text if is_quoted else f'"{text}"'

    return re.sub(code.place, literal, code)


def _number(text: str) -> Any:
    """A number written in the one usual way is a number; ``007`` and ``1e5`` stay text."""
    if not _NUMBER.fullmatch(text) or len(text) > LONGEST_NUMBER:
        return text
    return float(text) if "." in text else int(text)
