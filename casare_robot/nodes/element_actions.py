"""What is done to elements of windows: click, type, choose, check, open and scroll."""

import asyncio
from collections.abc import Callable
from typing import Any

from casare_robot.desktop.screen_here import on_screen
from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.domain.screen_work import Direction, Element, ScreenWork, Stroke
from casare_robot.nodes.elements import ELEMENT, ELEMENT_PORT, FIVE_SECONDS, SELECTOR, TARGET
from casare_robot.nodes.key_strokes import literal
from casare_robot.nodes.screen_targets import existing_element, target
from casare_robot.nodes.windows import NEED, SUCCESS


@node(
    "DesktopClickElementNode",
    category="desktop",
    effect=Effect.ONCE,
    needs=NEED,
    inputs=TARGET,
    outputs=(SUCCESS,),
    properties=(
        SELECTOR,
        Property("simulate", DataType.BOOLEAN, False),
        Property("x_offset", DataType.INTEGER, 0),
        Property("y_offset", DataType.INTEGER, 0),
        FIVE_SECONDS,
    ),
)
async def click_element(
    *,
    element: Any,
    window: Any,
    selector: Any,
    simulate: bool,
    x_offset: int,
    y_offset: int,
    timeout: float,
) -> Outputs:
    """Click in an element's middle, so far beside it; ``simulate`` does without the mouse."""
    at, handle = await target(element, window, selector, timeout)

    def click(screen: ScreenWork) -> None:
        it = at(screen)
        if simulate:
            it.invoke()
            return
        if handle is not None:
            screen.activate(handle)
        x, y = it.area.centre
        screen.point(x + x_offset, y + y_offset)
        screen.button("left", down=True)
        screen.button("left", down=False)

    await on_screen(click)
    return {"success": True}


@node(
    "DesktopTypeTextNode",
    category="desktop",
    effect=Effect.ONCE,
    needs=NEED,
    inputs=(*TARGET, Port("text", DataType.STRING)),
    outputs=(SUCCESS,),
    properties=(
        Property("text", DataType.STRING, ""),
        SELECTOR,
        Property("clear_first", DataType.BOOLEAN, False),
        Property("interval", DataType.FLOAT, 0.01, low=0.0),
        FIVE_SECONDS,
    ),
)
async def type_text(
    *,
    element: Any,
    window: Any,
    selector: Any,
    text: str,
    clear_first: bool,
    interval: float,
    timeout: float,
) -> Outputs:
    """Type text into an element, as it is: braces are braces here."""
    at, handle = await target(element, window, selector, timeout)

    def begin(screen: ScreenWork) -> None:
        it = at(screen)
        if handle is not None:
            screen.activate(handle)
        it.focus()
        if clear_first:
            it.clear()

    await on_screen(begin)
    await typed(literal(text), interval)
    return {"success": True}


async def typed(strokes: list[Stroke], interval: float) -> None:
    """Press keys, so many seconds apart."""
    for number, stroke in enumerate(strokes):
        if number and interval > 0:
            await asyncio.sleep(interval)
        await on_screen(_pressing(stroke))


def _pressing(stroke: Stroke) -> Callable[[ScreenWork], None]:
    return lambda screen: screen.stroke(stroke)


async def _done(element: Any, act: Callable[[Element], None]) -> Outputs:
    await on_screen(lambda screen: act(existing_element(screen, element)))
    return {"success": True}


@node(
    "SelectFromDropdownNode",
    category="desktop",
    effect=Effect.IDEMPOTENT,
    needs=NEED,
    inputs=(ELEMENT_PORT, Port("value", DataType.STRING, required=True)),
    outputs=(SUCCESS,),
    properties=(
        ELEMENT,
        Property("value", DataType.STRING, required=True),
        Property("by_text", DataType.BOOLEAN, True),
    ),
)
async def select_from_dropdown(*, element: Any, value: str, by_text: bool) -> Outputs:
    """Choose an item by its text, or by its number from 0."""

    def act(it: Element) -> None:
        it.expand(True)
        items = it.items()
        if by_text:
            _named(items, value, "item").select()
        else:
            _numbered(items, value, "item").select()
        it.expand(False)

    return await _done(element, act)


def _named(items: Any, name: str, kind: str) -> Element:
    chosen: Element | None = next((item for item in items if item.read("Name") == name), None)
    if chosen is None:
        names = ", ".join(repr(item.read("Name")) for item in items[:10]) or "none"
        raise NodeFailure(f"there is no {kind} {name!r}; there are: {names}")
    return chosen


def _numbered(items: Any, number: Any, kind: str) -> Element:
    try:
        index = int(number)
    except (TypeError, ValueError) as error:
        raise NodeFailure(f"{number!r:.80} is no number of a {kind}", retryable=False) from error
    if not 0 <= index < len(items):
        raise NodeFailure(f"there is no {kind} {index}; there are {len(items)}, from 0")
    chosen: Element = items[index]
    return chosen


@node(
    "SelectTabNode",
    category="desktop",
    effect=Effect.IDEMPOTENT,
    needs=NEED,
    inputs=(
        Port("tab_control", required=True),
        Port("tab_name", DataType.STRING),
        Port("tab_index", DataType.INTEGER),
    ),
    outputs=(SUCCESS,),
    properties=(
        Property("tab_control", required=True),
        Property("tab_name", DataType.STRING, ""),
        Property("tab_index", DataType.INTEGER, -1),
    ),
)
async def select_tab(*, tab_control: Any, tab_name: str, tab_index: int) -> Outputs:
    """Choose a tab by its name, else by its number from 0."""
    if not tab_name and tab_index < 0:
        raise NodeFailure("a tab_name or a tab_index is needed", retryable=False)

    def act(it: Element) -> None:
        items = it.items()
        tab = _named(items, tab_name, "tab") if tab_name else _numbered(items, tab_index, "tab")
        tab.select()

    return await _done(tab_control, act)


@node(
    "CheckCheckboxNode",
    category="desktop",
    effect=Effect.IDEMPOTENT,
    needs=NEED,
    inputs=(ELEMENT_PORT,),
    outputs=(SUCCESS,),
    properties=(ELEMENT, Property("check", DataType.BOOLEAN, True)),
)
async def check_checkbox(*, element: Any, check: bool) -> Outputs:
    """Set a check box, whatever it was."""
    return await _done(element, lambda it: it.check(check))


@node(
    "SelectRadioButtonNode",
    category="desktop",
    effect=Effect.IDEMPOTENT,
    needs=NEED,
    inputs=(ELEMENT_PORT,),
    outputs=(SUCCESS,),
    properties=(ELEMENT,),
)
async def select_radio_button(*, element: Any) -> Outputs:
    """Choose a radio button."""
    return await _done(element, lambda it: it.select())


@node(
    "ExpandTreeItemNode",
    category="desktop",
    effect=Effect.IDEMPOTENT,
    needs=NEED,
    inputs=(ELEMENT_PORT,),
    outputs=(SUCCESS,),
    properties=(ELEMENT, Property("expand", DataType.BOOLEAN, True)),
)
async def expand_tree_item(*, element: Any, expand: bool) -> Outputs:
    """Open or close an item of a tree."""
    return await _done(element, lambda it: it.expand(expand))


@node(
    "ScrollElementNode",
    category="desktop",
    effect=Effect.ONCE,
    needs=NEED,
    inputs=(ELEMENT_PORT,),
    outputs=(SUCCESS,),
    properties=(
        ELEMENT,
        Property("direction", DataType.CHOICE, "down", choices=("up", "down", "left", "right")),
        Property("amount", DataType.FLOAT, 0.5, low=0.0, high=1.0),
    ),
)
async def scroll_element(*, element: Any, direction: Direction, amount: float) -> Outputs:
    """Scroll what is in an element by a part of its whole."""
    return await _done(element, lambda it: it.scroll(direction, amount))
