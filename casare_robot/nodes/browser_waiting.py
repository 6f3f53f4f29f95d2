"""Waiting for what a page comes to."""

from typing import Any, Literal

from casare_robot.domain.effect import Effect
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.nodes.browser_navigation import WaitUntil
from casare_robot.nodes.browser_tab import Tab
from casare_robot.nodes.browser_work import (
    ANCHOR,
    PAGE_HELD,
    PAGE_PORT,
    RETRIES,
    SELECTOR,
    SELECTOR_PORT,
    SHOT,
    STRICT,
    TIMEOUT,
    USES,
    WAIT_UNTIL,
    Shot,
    element,
    highlight,
    on_page,
)

State = Literal["visible", "hidden", "attached", "detached"]


@node(
    "WaitForElementNode",
    category="browser",
    effect=Effect.READS,
    uses=USES,
    inputs=(PAGE_PORT, SELECTOR_PORT),
    outputs=(PAGE_PORT, Port("found", DataType.BOOLEAN)),
    properties=(
        PAGE_HELD,
        SELECTOR,
        TIMEOUT,
        Property(
            "state",
            DataType.CHOICE,
            "visible",
            choices=("visible", "hidden", "attached", "detached"),
        ),
        STRICT,
        *RETRIES,
        *SHOT,
        Property("highlight_on_find", DataType.BOOLEAN, False),
        ANCHOR,
    ),
)
async def wait_for_element(
    ctx: NodeContext,
    *,
    page: Any,
    selector: str,
    timeout: int,
    state: State,
    strict: bool,
    screenshot_on_fail: bool,
    screenshot_path: str,
    highlight_on_find: bool,
    anchor_config: Any,
) -> Outputs:
    """Wait until an element is there or gone; fails when the time is over.

    ``found`` tells that it came to that state, also to being gone.
    """

    async def wait(tab: Tab) -> None:
        found = await element(tab, selector, anchor=anchor_config, strict=strict, timeout=timeout)
        await found.wait_for(state=state, timeout=timeout)
        if highlight_on_find and state in ("visible", "attached"):
            await highlight(found, timeout)

    shot = Shot(screenshot_on_fail, screenshot_path)
    await on_page(ctx, page, wait, shot=shot, outputs={"found": False})
    return {"page": page, "found": True}


@node(
    "WaitForNavigationNode",
    category="browser",
    effect=Effect.READS,
    uses=USES,
    inputs=(PAGE_PORT,),
    outputs=(PAGE_PORT,),
    properties=(PAGE_HELD, TIMEOUT, WAIT_UNTIL, *RETRIES, *SHOT),
)
async def wait_for_navigation(
    ctx: NodeContext,
    *,
    page: Any,
    timeout: int,
    wait_until: WaitUntil,
    screenshot_on_fail: bool,
    screenshot_path: str,
) -> Outputs:
    """Wait until the page that is being gone to is there; ``commit`` is its first byte."""

    async def wait(tab: Tab) -> None:
        if wait_until == "commit":
            await tab.page.wait_for_url("**", wait_until="commit", timeout=timeout)
        else:
            await tab.page.wait_for_load_state(wait_until, timeout=timeout)

    await on_page(ctx, page, wait, shot=Shot(screenshot_on_fail, screenshot_path))
    return {"page": page}
