"""Pictures and tables shown to the person at this machine."""

import asyncio
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.domain.question import Ask, Picture, Table
from casare_robot.nodes.asking import asked, is_given, text
from casare_robot.nodes.paths import existing_file

SCREEN_DPI = 96
MOST_PAGES = 200
"""Pages of a PDF that are shown."""


@node(
    "ImagePreviewDialogNode",
    category="system",
    effect=Effect.READS,
    needs="gui",
    inputs=(Port("image_path", DataType.STRING),),
    outputs=(Port("confirmed", DataType.BOOLEAN), Port("canceled", DataType.BOOLEAN)),
    properties=(
        Property("image_path", DataType.FILE_PATH, ""),
        Property("title", DataType.STRING, "Image Preview"),
        Property("scale", DataType.FLOAT, 1.0, low=0.1, high=5.0),
        Property("allow_zoom", DataType.BOOLEAN, True),
    ),
)
async def image_preview(
    ctx: NodeContext, *, image_path: str, title: str, scale: float, allow_zoom: bool
) -> Outputs:
    """Whether the person said OK to a picture."""
    path = existing_file(ctx, image_path, "Image")
    picture = Picture(path=str(path), scale=scale, can_zoom=allow_zoom)
    is_confirmed = is_given(await asked(ctx, Ask(title=text(title), body=picture)))
    return {"confirmed": is_confirmed, "canceled": not is_confirmed}


@node(
    "PDFPreviewDialogNode",
    category="system",
    effect=Effect.READS,
    needs="gui",
    outputs=(
        Port("confirmed", DataType.BOOLEAN),
        Port("current_page", DataType.INTEGER),
        Port("page_count", DataType.INTEGER),
    ),
    properties=(
        Property("pdf_path", DataType.FILE_PATH, required=True),
        Property("initial_page", DataType.INTEGER, 1, low=1),
        Property("zoom", DataType.FLOAT, 1.0, low=0.25, high=4.0),
    ),
)
async def pdf_preview(
    ctx: NodeContext, *, pdf_path: str, initial_page: int, zoom: float
) -> Outputs:
    """Whether the person said OK to a PDF, and the page that was seen last."""
    from casare_robot.nodes.pdf_images import page_pictures

    path = existing_file(ctx, pdf_path, "PDF file")
    with tempfile.TemporaryDirectory(prefix="casare-pdf-") as folder:
        count, pages = await asyncio.to_thread(
            page_pictures, path, Path(folder), dpi=SCREEN_DPI, most=MOST_PAGES
        )
        first = max(1, min(initial_page, len(pages)))
        picture = Picture(path=str(path), scale=zoom, pages=tuple(pages), page=first)
        reply = await asked(ctx, Ask(title=path.name, body=picture))
    return {
        "confirmed": is_given(reply),
        "current_page": reply.values.get("page", first),
        "page_count": count,
    }


@node(
    "TableDialogNode",
    category="system",
    effect=Effect.READS,
    needs="gui",
    inputs=(Port("data"),),
    outputs=(
        Port("selected_row"),
        Port("selected_index", DataType.INTEGER),
        Port("confirmed", DataType.BOOLEAN),
    ),
    properties=(
        Property("title", DataType.STRING, "Data Table"),
        Property("data", DataType.JSON, "[]"),
        Property("columns", DataType.STRING, ""),
        Property("selectable", DataType.BOOLEAN, False),
    ),
)
async def table_dialog(
    ctx: NodeContext, *, title: str, data: Any, columns: str, selectable: bool
) -> Outputs:
    """The chosen row as it was given and its index; without one None and -1.

    A table without rows asks nothing.
    """
    rows = _rows(data)
    if not rows:
        return {"selected_row": None, "selected_index": -1, "confirmed": False}
    names = [name.strip() for name in text(columns).split(",")] if text(columns).strip() else []
    names = names or _names(rows)
    table = Table(
        columns=tuple(names),
        rows=tuple(_cells(row, names) for row in rows),
        can_choose=selectable,
    )
    reply = await asked(ctx, Ask(title=text(title), body=table))
    is_confirmed = is_given(reply)
    index = reply.values.get("row") if is_confirmed else None
    return {
        "selected_row": None if index is None else rows[index],
        "selected_index": -1 if index is None else index,
        "confirmed": is_confirmed,
    }


def _rows(data: Any) -> list[Any]:
    if isinstance(data, str):
        try:
            data = json.loads(data or "[]")
        except ValueError as error:
            raise NodeFailure(f"data is no JSON list: {error}", code="E-ASK-400") from error
    if not isinstance(data, list | tuple):
        raise NodeFailure(f"data must be a list of rows, not {data!r:.200}", code="E-ASK-400")
    return list(data)


def _names(rows: list[Any]) -> list[str]:
    """Keys of all rows in the order they come; for lists, numbered columns."""
    if isinstance(rows[0], Mapping):
        keys = [text(key) for row in rows if isinstance(row, Mapping) for key in row]
        return list(dict.fromkeys(keys))
    most = max((len(row) for row in rows if isinstance(row, list | tuple)), default=1)
    return [f"Column {number + 1}" for number in range(most)]


def _cells(row: Any, names: list[str]) -> tuple[str, ...]:
    if isinstance(row, Mapping):
        return tuple(text(row.get(name)) for name in names)
    cells = list(row) if isinstance(row, list | tuple) else [row]
    return tuple(text(cell) for cell in (cells + [None] * len(names))[: len(names)])
