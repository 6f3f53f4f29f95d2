"""Windows of the desktop: list, wait, bring to front, place, and what they are."""

import re
from collections.abc import Callable
from functools import partial
from typing import Any

from casare_robot.desktop.screen_here import on_screen
from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.domain.screen_work import Area, ScreenWork, Window, WindowShape
from casare_robot.nodes.screen_targets import open_window, titled, until, window_value

NEED = "windows-desktop"
SHAPES = ("normal", "maximized", "minimized")
SUCCESS = Port("success", DataType.BOOLEAN)
RETRIES = (
    Property("retry_count", DataType.INTEGER, 0, low=0),
    Property("retry_interval", DataType.FLOAT, 1.0, low=0.1),
)
WINDOW_PORT = Port("window", required=True)
WINDOW = Property("window", required=True)
BRING_TO_FRONT = Property("bring_to_front", DataType.BOOLEAN, False)
PROPERTIES = (
    Port("properties", DataType.DICT),
    Port("title", DataType.STRING),
    Port("x", DataType.INTEGER),
    Port("y", DataType.INTEGER),
    Port("width", DataType.INTEGER),
    Port("height", DataType.INTEGER),
    Port("state", DataType.STRING),
    Port("is_maximized", DataType.BOOLEAN),
    Port("is_minimized", DataType.BOOLEAN),
)


_window_node = partial(node, category="desktop", needs=NEED)


@_window_node(
    "ResizeWindowNode",
    effect=Effect.IDEMPOTENT,
    inputs=(WINDOW_PORT, Port("width", DataType.INTEGER), Port("height", DataType.INTEGER)),
    outputs=(SUCCESS,),
    properties=(
        WINDOW,
        Property("width", DataType.INTEGER, 800, low=1),
        Property("height", DataType.INTEGER, 600, low=1),
        *RETRIES,
        BRING_TO_FRONT,
    ),
    synonyms={"window_width": "width", "window_height": "height"},
)
async def resize_window(*, window: Any, width: int, height: int, bring_to_front: bool) -> Outputs:
    """Give a window another size, where it is."""
    if width < 1 or height < 1:
        raise NodeFailure(f"a window cannot be {width} by {height} pixels", retryable=False)

    def resized(area: Area) -> Area:
        return Area(area.x, area.y, width, height)

    return await _placed(window, resized, bring_to_front)


@_window_node(
    "MoveWindowNode",
    effect=Effect.IDEMPOTENT,
    inputs=(WINDOW_PORT, Port("x", DataType.INTEGER), Port("y", DataType.INTEGER)),
    outputs=(SUCCESS,),
    properties=(
        WINDOW,
        Property("x", DataType.INTEGER, 100),
        Property("y", DataType.INTEGER, 100),
        *RETRIES,
        BRING_TO_FRONT,
    ),
    synonyms={"pos_x": "x", "pos_y": "y"},
)
async def move_window(*, window: Any, x: int, y: int, bring_to_front: bool) -> Outputs:
    """Put a window's upper left corner somewhere else."""

    def moved(area: Area) -> Area:
        return Area(x, y, area.width, area.height)

    return await _placed(window, moved, bring_to_front)


async def _placed(window: Any, change: Callable[[Area], Area], bring_to_front: bool) -> Outputs:
    def work(screen: ScreenWork) -> None:
        now = open_window(screen, window)
        if now.shape != "normal":
            screen.show(now.handle, "normal")
            now = open_window(screen, window)
        screen.place(now.handle, change(now.area))
        if bring_to_front:
            screen.activate(now.handle)

    await on_screen(work)
    return {"success": True}


@_window_node(
    "MaximizeWindowNode",
    effect=Effect.IDEMPOTENT,
    inputs=(WINDOW_PORT,),
    outputs=(SUCCESS,),
    properties=(WINDOW, *RETRIES),
)
async def maximize_window(*, window: Any) -> Outputs:
    """Let a window fill the screen."""
    return await _shown(window, "maximized")


@_window_node(
    "MinimizeWindowNode",
    effect=Effect.IDEMPOTENT,
    inputs=(WINDOW_PORT,),
    outputs=(SUCCESS,),
    properties=(WINDOW, *RETRIES),
)
async def minimize_window(*, window: Any) -> Outputs:
    """Put a window into the task bar."""
    return await _shown(window, "minimized")


@_window_node(
    "RestoreWindowNode",
    effect=Effect.IDEMPOTENT,
    inputs=(WINDOW_PORT,),
    outputs=(SUCCESS,),
    properties=(WINDOW, *RETRIES),
)
async def restore_window(*, window: Any) -> Outputs:
    """Give a window its ordinary size back."""
    return await _shown(window, "normal")


@_window_node(
    "SetWindowStateNode",
    effect=Effect.IDEMPOTENT,
    inputs=(WINDOW_PORT, Port("state", DataType.STRING)),
    outputs=(SUCCESS,),
    properties=(
        WINDOW,
        Property("state", DataType.CHOICE, "normal", choices=SHAPES, required=True),
        *RETRIES,
    ),
)
async def set_window_state(*, window: Any, state: str) -> Outputs:
    """Make a window normal, maximized or minimized."""
    return await _shown(window, shape_named(state))


def shape_named(state: str) -> WindowShape:
    """The state of a window of this name, in any case.

    Raises:
        NodeFailure: There is none.
    """
    names: dict[str, WindowShape] = {
        "normal": "normal",
        "maximized": "maximized",
        "minimized": "minimized",
    }
    try:
        return names[state.strip().lower()]
    except KeyError:
        raise NodeFailure(
            f"a window is normal, maximized or minimized, not {state!r:.80}", retryable=False
        ) from None


async def _shown(window: Any, shape: WindowShape) -> Outputs:
    await on_screen(lambda screen: screen.show(open_window(screen, window).handle, shape))
    return {"success": True}


@_window_node(
    "GetWindowPropertiesNode",
    effect=Effect.READS,
    inputs=(WINDOW_PORT,),
    outputs=PROPERTIES,
    properties=(WINDOW,),
)
async def window_properties(*, window: Any) -> Outputs:
    """What a window is now."""
    now = await on_screen(lambda screen: open_window(screen, window))
    told = window_value(now)
    return {
        "properties": told,
        **{name: told[name] for name in ("title", "x", "y", "width", "height", "state")},
        "is_maximized": now.shape == "maximized",
        "is_minimized": now.shape == "minimized",
    }


@_window_node(
    "GetWindowListNode",
    effect=Effect.READS,
    outputs=(Port("window_list", DataType.LIST), Port("window_count", DataType.INTEGER)),
    properties=(
        Property("include_invisible", DataType.BOOLEAN, False),
        Property("filter_title", DataType.STRING, ""),
    ),
)
async def window_list(*, include_invisible: bool, filter_title: str) -> Outputs:
    """Open windows whose title holds the filter, in any case; the foremost first."""
    part = filter_title.casefold()
    windows = [
        window_value(window)
        for window in await on_screen(lambda screen: screen.windows())
        if (window.is_visible or include_invisible) and part in window.title.casefold()
    ]
    return {"window_list": windows, "window_count": len(windows)}


@_window_node(
    "ActivateWindowNode",
    effect=Effect.IDEMPOTENT,
    inputs=(Port("window"), Port("window_title", DataType.STRING)),
    outputs=(SUCCESS, Port("window")),
    properties=(
        Property("match_partial", DataType.BOOLEAN, True),
        Property("timeout", DataType.FLOAT, 5.0, low=0.1),
    ),
)
async def activate_window(
    *, window: Any, window_title: str | None, match_partial: bool, timeout: float
) -> Outputs:
    """Bring a window to the front: the wired one, else one with this title, waited for."""
    title = window_title or ""
    if not window and not title:
        raise NodeFailure("a window or its title is needed, and neither is given", retryable=False)

    def look(screen: ScreenWork) -> Window | None:
        if window:
            now: Window | None = open_window(screen, window)
        else:
            now = titled(screen, title, partial=match_partial)
        if now is not None:
            screen.activate(now.handle)
        return now

    try:
        now = await until(look, timeout)
    except TimeoutError as error:
        raise no_window(f"titled {title!r}", timeout) from error
    return {"success": True, "window": window_value(now)}


def no_window(asked: str, timeout: float) -> NodeFailure:
    """Nothing that was asked for appeared in time."""
    return NodeFailure(f"no window {asked} within {timeout:g} s", error_type="WindowNotFoundError")


@_window_node(
    "WaitForWindowNode",
    effect=Effect.READS,
    inputs=(
        Port("title", DataType.STRING),
        Port("title_regex", DataType.STRING),
        Port("class_name", DataType.STRING),
        Port("timeout", DataType.FLOAT),
    ),
    outputs=(Port("window"), SUCCESS),
    properties=(
        Property("title", DataType.STRING),
        Property("title_regex", DataType.STRING),
        Property("class_name", DataType.STRING),
        Property("timeout", DataType.FLOAT, 10.0, low=0.1),
        Property(
            "state",
            DataType.CHOICE,
            "visible",
            choices=("visible", "hidden", "enabled", "disabled"),
        ),
        Property("poll_interval", DataType.FLOAT, 0.5, low=0.1),
    ),
)
async def wait_for_window(
    *,
    title: str | None,
    title_regex: str | None,
    class_name: str | None,
    timeout: float,
    state: str,
    poll_interval: float,
) -> Outputs:
    """Wait until a window that fits is in a state; no window at all is hidden, too.

    ``title`` is part of the title, in any case; ``class_name`` the whole name.
    """
    if not (title or title_regex or class_name):
        raise NodeFailure("a title, a title_regex or a class_name is needed", retryable=False)
    try:
        pattern = re.compile(title_regex or "")
    except re.error as error:
        message = f"title_regex {title_regex!r:.80} is no regular expression: {error}"
        raise NodeFailure(message, retryable=False) from error
    part = (title or "").casefold()

    def look(screen: ScreenWork) -> tuple[Window | None] | None:
        fitting = [
            window
            for window in screen.windows()
            if part in window.title.casefold()
            and pattern.search(window.title)
            and (not class_name or window.class_name == class_name)
        ]
        if state == "hidden":
            return None if any(window.is_visible for window in fitting) else (None,)
        return next(((window,) for window in fitting if _is(window, state)), None)

    try:
        (now,) = await until(look, timeout, poll_interval)
    except TimeoutError as error:
        raise no_window(
            f"like {title or title_regex or class_name!r} was {state}", timeout
        ) from error
    return {"window": None if now is None else window_value(now), "success": True}


def _is(window: Window, state: str) -> bool:
    if state == "visible":
        return window.is_visible
    return window.is_visible and window.is_enabled == (state == "enabled")
