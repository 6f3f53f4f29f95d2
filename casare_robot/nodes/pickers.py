"""Files, folders, colours, dates and list items, chosen by the person at this machine."""

import json
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.domain.question import Ask, Field, FieldKind, Form, Page
from casare_robot.nodes.asking import asked, filled, is_given, text
from casare_robot.nodes.qt_dates import qt_formatted

_REGION = ("x", "y", "width", "height")


@node(
    "FilePickerDialogNode",
    category="system",
    effect=Effect.READS,
    needs="gui",
    outputs=(Port("file_path"), Port("selected", DataType.BOOLEAN)),
    properties=(
        Property("title", DataType.STRING, "Select File"),
        Property("filter", DataType.STRING, "All Files (*.*)"),
        Property("multi_select", DataType.BOOLEAN, False),
        Property("start_directory", DataType.STRING, ""),
    ),
)
async def file_picker(
    ctx: NodeContext, *, title: str, filter: str, multi_select: bool, start_directory: str
) -> Outputs:
    """A path, or with ``multi_select`` a list of paths."""
    field = Field(
        name="file_path",
        kind="files" if multi_select else "file",
        required=True,
        filter=text(filter),
        start=_folder(ctx, start_directory),
    )
    value, _ = await filled(ctx, field, title=text(title))
    nothing: Any = [] if multi_select else ""
    return {"file_path": nothing if value is None else value, "selected": bool(value)}


@node(
    "FolderPickerDialogNode",
    category="system",
    effect=Effect.READS,
    needs="gui",
    outputs=(Port("folder_path", DataType.STRING), Port("selected", DataType.BOOLEAN)),
    properties=(
        Property("title", DataType.STRING, "Select Folder"),
        Property("start_directory", DataType.STRING, ""),
    ),
)
async def folder_picker(ctx: NodeContext, *, title: str, start_directory: str) -> Outputs:
    """A path."""
    field = Field(
        name="folder_path", kind="folder", required=True, start=_folder(ctx, start_directory)
    )
    value, _ = await filled(ctx, field, title=text(title))
    return {"folder_path": value or "", "selected": bool(value)}


@node(
    "ColorPickerDialogNode",
    category="system",
    effect=Effect.READS,
    needs="gui",
    outputs=(
        Port("color", DataType.STRING),
        Port("selected", DataType.BOOLEAN),
        Port("rgb", DataType.DICT),
    ),
    properties=(
        Property("title", DataType.STRING, "Select Color"),
        Property("initial_color", DataType.STRING, "#ffffff"),
        Property("show_alpha", DataType.BOOLEAN, False),
    ),
)
async def color_picker(
    ctx: NodeContext, *, title: str, initial_color: str, show_alpha: bool
) -> Outputs:
    """``#rrggbb``, or ``#aarrggbb`` with alpha, and its parts from 0 to 255."""
    field = Field(
        name="color", kind="colour", required=True, placeholder=initial_color, alpha=show_alpha
    )
    value, _ = await filled(ctx, field, title=text(title))
    if not value:
        return {"color": "", "selected": False, "rgb": {}}
    digits = value.removeprefix("#").rjust(8, "f")
    alpha, red, green, blue = bytes.fromhex(digits)
    whole = f"#{digits}" if show_alpha else value
    rgb = {"r": red, "g": green, "b": blue, "a": alpha}
    return {"color": whole, "selected": True, "rgb": rgb}


@node(
    "DateTimePickerDialogNode",
    category="system",
    effect=Effect.READS,
    needs="gui",
    outputs=(
        Port("value", DataType.STRING),
        Port("timestamp", DataType.INTEGER),
        Port("selected", DataType.BOOLEAN),
    ),
    properties=(
        Property("title", DataType.STRING, "Select Date/Time"),
        Property("mode", DataType.CHOICE, "datetime", choices=("date", "time", "datetime")),
        Property("format", DataType.STRING, "yyyy-MM-dd HH:mm:ss"),
        Property("min_date", DataType.STRING, ""),
        Property("max_date", DataType.STRING, ""),
    ),
)
async def date_time_picker(
    ctx: NodeContext, *, title: str, mode: str, format: str, min_date: str, max_date: str
) -> Outputs:
    """A local time as text in the designer's format, and in seconds since 1970."""
    kinds: Mapping[str, FieldKind] = {"date": "date", "time": "time", "datetime": "moment"}
    field = Field(
        name="value",
        kind=kinds[mode],
        required=True,
        low=_day(min_date, "min_date"),
        high=_day(max_date, "max_date"),
    )
    value, _ = await filled(ctx, field, title=text(title))
    if not value:
        return {"value": "", "timestamp": 0, "selected": False}
    now = ctx.now()
    if mode == "time":
        moment = datetime.combine(now.date(), time.fromisoformat(value), now.tzinfo)
    else:
        found = datetime.fromisoformat(value)
        moment = found if found.tzinfo else found.astimezone()
    stamp = int(moment.timestamp())
    return {"value": qt_formatted(moment, text(format)), "timestamp": stamp, "selected": True}


@node(
    "ScreenRegionPickerNode",
    category="system",
    effect=Effect.READS,
    needs="gui",
    outputs=(
        Port("x", DataType.INTEGER),
        Port("y", DataType.INTEGER),
        Port("width", DataType.INTEGER),
        Port("height", DataType.INTEGER),
        Port("confirmed", DataType.BOOLEAN),
    ),
    properties=(
        Property("title", DataType.STRING, "Select Screen Region"),
        Property("show_coordinates", DataType.BOOLEAN, True),
    ),
)
async def screen_region_picker(ctx: NodeContext, *, title: str, show_coordinates: bool) -> Outputs:
    """A rectangle in pixels of the screen, drawn or typed."""
    fields = tuple(Field(name=name, kind="whole", label=name, required=True) for name in _REGION)
    form = Form(pages=(Page(fields=fields),), picks_region=True, shows_coordinates=show_coordinates)
    reply = await asked(ctx, Ask(title=text(title), body=form))
    is_confirmed = is_given(reply)
    values = reply.values if is_confirmed else {}
    return {**{name: values.get(name, 0) for name in _REGION}, "confirmed": is_confirmed}


@node(
    "ListPickerDialogNode",
    category="system",
    effect=Effect.READS,
    needs="gui",
    inputs=(Port("items"),),
    outputs=(Port("selected"), Port("confirmed", DataType.BOOLEAN)),
    properties=(
        Property("title", DataType.STRING, "Select Item"),
        Property("items", DataType.STRING, ""),
        Property("multi_select", DataType.BOOLEAN, False),
        Property("search_enabled", DataType.BOOLEAN, True),
        Property("default_selection", DataType.STRING, ""),
    ),
)
async def list_picker(
    ctx: NodeContext,
    *,
    title: str,
    items: Any,
    multi_select: bool,
    search_enabled: bool,
    default_selection: str,
) -> Outputs:
    """The chosen item as it was given, or with ``multi_select`` a list of such; none asks nothing.

    Text is a JSON list, or items between commas or on lines of their own.
    """
    given = {text(item): item for item in reversed(_items(items))}
    options = tuple(reversed(given))
    nothing: Any = [] if multi_select else ""
    if not options:
        return {"selected": nothing, "confirmed": False}
    wanted = [part.strip() for part in text(default_selection).split(",")]
    chosen = [part for part in wanted if part in given]
    default: Any = chosen if multi_select else (chosen[0] if chosen else "")
    field = Field(
        name="selected",
        kind="choices" if multi_select else "choice",
        default=default,
        required=not multi_select,
        options=options,
        is_searchable=search_enabled,
    )
    value, reply = await filled(ctx, field, title=text(title), default_of="default_selection")
    if reply.button != "ok":
        return {"selected": nothing, "confirmed": False}
    if multi_select:
        return {"selected": [given[one] for one in value or ()], "confirmed": True}
    return {"selected": given[value], "confirmed": True}


def _items(items: Any) -> list[Any]:
    if isinstance(items, list | tuple):
        return list(items)
    if isinstance(items, Mapping):
        return list(items)
    said = text(items).strip()
    if said.startswith("["):
        try:
            found = json.loads(said)
        except ValueError as error:
            raise NodeFailure(f"items is no JSON list: {error}", code="E-ASK-400") from error
        return list(found)
    between = "\n" if "\n" in said else ","
    return [part.strip() for part in said.split(between) if part.strip()]


def _folder(ctx: NodeContext, start: str) -> str:
    return str(ctx.working_dir / text(start)) if text(start) else ""


def _day(written: str, name: str) -> str:
    if not text(written).strip():
        return ""
    try:
        return date.fromisoformat(text(written).strip()[:10]).isoformat()
    except ValueError as error:
        raise NodeFailure(f"{name} is no date such as 2026-11-21: {written!r}") from error
