"""Acting on a page as a person does: clicks, typing, choices, keys."""

from typing import Any, Literal

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.nodes.browser_tab import Tab
from casare_robot.nodes.browser_work import (
    ANCHOR,
    FORCE,
    NO_WAIT_AFTER,
    PAGE_HELD,
    PAGE_PORT,
    RETRIES,
    SELECTOR,
    SELECTOR_PORT,
    SHOT,
    STRICT,
    TIMEOUT,
    USES,
    Shot,
    element,
    highlight,
    limited,
    on_page,
)

Button = Literal["left", "right", "middle"]
Modifier = Literal["Alt", "Control", "ControlOrMeta", "Meta", "Shift"]

BUTTON = Property("button", DataType.CHOICE, "left", choices=("left", "right", "middle"))
CLICK_COUNT = Property("click_count", DataType.INTEGER, 1, low=1)
_DELAY = Property("delay", DataType.INTEGER, 0, low=0)
_FAST_MODE = Property("fast_mode", DataType.BOOLEAN, False)


@node(
    "ClickElementNode",
    category="browser",
    effect=Effect.ONCE,
    uses=USES,
    inputs=(PAGE_PORT, SELECTOR_PORT),
    outputs=(PAGE_PORT,),
    properties=(
        PAGE_HELD,
        SELECTOR,
        _FAST_MODE,
        TIMEOUT,
        BUTTON,
        CLICK_COUNT,
        _DELAY,
        FORCE,
        Property("position_x", DataType.FLOAT),
        Property("position_y", DataType.FLOAT),
        Property(
            "modifiers",
            DataType.MULTI_CHOICE,
            [],
            choices=("Alt", "Control", "Meta", "Shift"),
        ),
        NO_WAIT_AFTER,
        Property("trial", DataType.BOOLEAN, False),
        *RETRIES,
        *SHOT,
        Property("highlight_before_click", DataType.BOOLEAN, False),
        ANCHOR,
    ),
)
async def click_element(
    ctx: NodeContext,
    *,
    page: Any,
    selector: str,
    fast_mode: bool,
    timeout: int,
    button: Button,
    click_count: int,
    delay: int,
    force: bool,
    position_x: float | None,
    position_y: float | None,
    modifiers: list[Modifier],
    no_wait_after: bool,
    trial: bool,
    screenshot_on_fail: bool,
    screenshot_path: str,
    highlight_before_click: bool,
    anchor_config: Any,
) -> Outputs:
    """Click an element; a position is counted from its upper left corner.

    ``force`` and ``fast_mode`` do not wait until it can be clicked; ``trial`` only
    does that. A position of 0, 0 is what the designer writes for none.
    """

    async def click(tab: Tab) -> None:
        found = await element(tab, selector, anchor=anchor_config, timeout=timeout)
        if highlight_before_click:
            await highlight(found, timeout)
        options: dict[str, Any] = {"modifiers": modifiers} if modifiers else {}
        if position_x or position_y:
            options["position"] = {"x": position_x or 0.0, "y": position_y or 0.0}
        if delay:
            options["delay"] = delay
        if no_wait_after:
            options["no_wait_after"] = True
        await found.click(
            button=button,
            click_count=click_count,
            force=force or fast_mode,
            trial=trial,
            timeout=timeout,
            **options,
        )

    shot = Shot(screenshot_on_fail, screenshot_path)
    await on_page(ctx, page, click, acts=not trial, shot=shot)
    return {"page": page}


@node(
    "TypeTextNode",
    category="browser",
    effect=Effect.ONCE,
    uses=USES,
    inputs=(PAGE_PORT, SELECTOR_PORT, Port("text", DataType.STRING)),
    outputs=(PAGE_PORT,),
    properties=(
        PAGE_HELD,
        SELECTOR,
        Property("text", DataType.STRING, ""),
        _FAST_MODE,
        _DELAY,
        TIMEOUT,
        Property("clear_first", DataType.BOOLEAN, True),
        Property("press_sequentially", DataType.BOOLEAN, False),
        FORCE,
        NO_WAIT_AFTER,
        STRICT,
        Property("press_enter_after", DataType.BOOLEAN, False),
        Property("press_tab_after", DataType.BOOLEAN, False),
        *RETRIES,
        *SHOT,
        ANCHOR,
    ),
)
async def type_text(
    ctx: NodeContext,
    *,
    page: Any,
    selector: str,
    text: str,
    fast_mode: bool,
    delay: int,
    timeout: int,
    clear_first: bool,
    press_sequentially: bool,
    force: bool,
    no_wait_after: bool,
    strict: bool,
    press_enter_after: bool,
    press_tab_after: bool,
    screenshot_on_fail: bool,
    screenshot_path: str,
    anchor_config: Any,
) -> Outputs:
    """Type text into a field; key by key with a ``delay`` or ``press_sequentially``.

    ``force`` and ``fast_mode`` do not wait until it can be typed into, and the latter
    leaves delays out.
    """

    async def type_(tab: Tab) -> None:
        found = await element(tab, selector, anchor=anchor_config, strict=strict, timeout=timeout)
        hurries = force or fast_mode
        if clear_first and (delay or press_sequentially) and not fast_mode:
            await found.fill("", force=hurries, timeout=timeout)
        if clear_first and (fast_mode or not (delay or press_sequentially)):
            await found.fill(text, force=hurries, no_wait_after=no_wait_after, timeout=timeout)
        else:
            if not clear_first:
                await found.press("Control+End", timeout=timeout)
            pause = 0 if fast_mode else delay
            await found.press_sequentially(
                text, delay=pause, no_wait_after=no_wait_after, timeout=timeout
            )
        if press_enter_after:
            await found.press("Enter", timeout=timeout)
        if press_tab_after:
            await found.press("Tab", timeout=timeout)

    await on_page(ctx, page, type_, acts=True, shot=Shot(screenshot_on_fail, screenshot_path))
    return {"page": page}


@node(
    "SelectDropdownNode",
    category="browser",
    effect=Effect.ONCE,
    uses=USES,
    inputs=(PAGE_PORT, SELECTOR_PORT, Port("value", DataType.STRING)),
    outputs=(PAGE_PORT,),
    properties=(
        PAGE_HELD,
        SELECTOR,
        Property("value", DataType.STRING, ""),
        TIMEOUT,
        FORCE,
        NO_WAIT_AFTER,
        STRICT,
        Property("select_by", DataType.CHOICE, "value", choices=("value", "label", "index")),
        *RETRIES,
        *SHOT,
        ANCHOR,
    ),
)
async def select_dropdown(
    ctx: NodeContext,
    *,
    page: Any,
    selector: str,
    value: str,
    timeout: int,
    force: bool,
    no_wait_after: bool,
    strict: bool,
    select_by: str,
    screenshot_on_fail: bool,
    screenshot_path: str,
    anchor_config: Any,
) -> Outputs:
    """Choose an option of a list by its value, what it shows, or its place from 0."""
    if select_by == "index" and not value.strip().isdigit():
        raise NodeFailure(f"{value!r} is no place in a list", retryable=False)
    wanted: dict[str, Any] = {select_by: int(value) if select_by == "index" else value}

    async def select(tab: Tab) -> None:
        found = await element(tab, selector, anchor=anchor_config, strict=strict, timeout=timeout)
        await found.select_option(
            **wanted, force=force, no_wait_after=no_wait_after, timeout=timeout
        )

    await on_page(ctx, page, select, acts=True, shot=Shot(screenshot_on_fail, screenshot_path))
    return {"page": page}


@node(
    "PressKeyNode",
    category="browser",
    effect=Effect.ONCE,
    uses=USES,
    inputs=(PAGE_PORT,),
    outputs=(PAGE_PORT,),
    properties=(
        PAGE_HELD,
        Property("key", DataType.STRING, "Enter", required=True),
        _DELAY,
        TIMEOUT,
        *RETRIES,
    ),
)
async def press_key(ctx: NodeContext, *, page: Any, key: str, delay: int, timeout: int) -> Outputs:
    """Press a key or a combination (``Control+A``) where the page has its cursor.

    ``delay`` are the milliseconds it is held down.
    """

    async def press(tab: Tab) -> None:
        async with limited(f"pressing {key}", timeout):
            await tab.page.keyboard.press(key, delay=delay)

    await on_page(ctx, page, press, acts=True)
    return {"page": page}
