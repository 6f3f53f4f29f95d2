"""What every node on a page has in common: its page, its element, and what a failure leaves."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from casare_robot.domain.errors import NodeFailure, NodeTimeoutError
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Port, Property
from casare_robot.nodes.browser_tab import PAGE, TOUCHED, Tab, first_of
from casare_robot.nodes.paths import told_plainly, writable
from casare_robot.nodes.selectors import is_frame, selector_parts

if TYPE_CHECKING:
    from playwright.async_api import Locator

T = TypeVar("T")

USES = ("playwright.async_api",)
PAGE_PORT = Port("page", DataType.PAGE)
PAGE_HELD = Property("page", DataType.PAGE, current=PAGE)
SELECTOR_PORT = Port("selector", DataType.STRING)
SELECTOR = Property("selector", DataType.SELECTOR, "")
TIMEOUT = Property("timeout", DataType.INTEGER, 30000, low=0)
STRICT = Property("strict", DataType.BOOLEAN, False)
FORCE = Property("force", DataType.BOOLEAN, False)
NO_WAIT_AFTER = Property("no_wait_after", DataType.BOOLEAN, False)
ANCHOR = Property("anchor_config", DataType.JSON, "")
RETRIES = (
    Property("retry_count", DataType.INTEGER, 0, low=0),
    Property("retry_interval", DataType.INTEGER, 1000, low=0),
)
SHOT = (
    Property("screenshot_on_fail", DataType.BOOLEAN, False),
    Property("screenshot_path", DataType.FILE_PATH, ""),
)
WAIT_UNTIL = Property(
    "wait_until",
    DataType.CHOICE,
    "load",
    choices=("load", "domcontentloaded", "networkidle", "commit"),
)

_LONGEST_PAGE = 512 * 1024
_PATIENCE = 5.0
"""Seconds that looking at a page which failed may take."""
_OUTLINE = """element => {
    const before = element.style.outline;
    element.style.outline = '3px solid #ff0000';
    return new Promise(done => setTimeout(() => {
        element.style.outline = before;
        done();
    }, 300));
}"""
_PLACES = """found => found.map(element => {
    const box = element.getBoundingClientRect();
    return [box.left, box.top, box.right, box.bottom];
})"""


class Shot(NamedTuple):
    """Whether a failure of a node leaves a picture for the workflow, and where."""

    is_wanted: bool = False
    path: str = ""


async def on_page(
    ctx: NodeContext,
    page: Any,
    work: Callable[[Tab], Awaitable[T]],
    *,
    acts: bool = False,
    shot: Shot = Shot(),  # noqa: B008 - frozen
    outputs: Mapping[str, Any] | None = None,
) -> T | None:
    """Do something on a page; None if a dialog came up that ``work`` left to the next node.

    Args:
        ctx: The node's surroundings.
        page: The handle.
        work: What to do.
        acts: It clicks or types: a resume cannot bring back what comes of it.
        shot: A picture that the node's own properties ask for.
        outputs: What the node's ports carry when it fails.

    Raises:
        NodeFailure: It failed; the page as it is then is kept beside the job.
    """
    from playwright.async_api import Error
    from playwright.async_api import TimeoutError as Late

    tab = tab_of(ctx, page)
    if tab.dialog is not None:
        ctx.log("warning", f"nobody answered {tab.dialog.message!r}, so it was dismissed")
        await tab.dismiss()
    if acts:
        note_touch(ctx, page)

    async def dismissed(tab: Tab) -> None:
        if tab.dialog is not None:
            ctx.log("warning", f"{tab.dialog.message!r} came up and was dismissed")
        await tab.dismiss()

    try:
        return await tab.during(work(tab), None if acts else dismissed)
    except Error as error:
        kept = await _keep(ctx, tab, shot)
        where = "" if tab.name == "main" else f" in tab {tab.name!r}"
        message = _plain(error.message) + where + kept
        if isinstance(error, Late):
            failure: NodeFailure = NodeTimeoutError(message)
        else:
            failure = NodeFailure(message, error_type="BrowserError")
        failure.outputs = dict(outputs or {})
        raise failure from error
    except NodeFailure as failure:
        kept = await _keep(ctx, tab, shot)
        failure.args = (f"{failure}{kept}",)
        failure.outputs = {**(outputs or {}), **failure.outputs}
        raise


def note_touch(ctx: NodeContext, page: Any) -> None:
    """Note that a resume cannot bring the page back to how it is from now on."""
    noted = ctx.noted(page) or {}
    if not noted.get(TOUCHED):
        ctx.note(page, {**noted, TOUCHED: ctx.node_id})


@asynccontextmanager
async def limited(what: str, timeout: float) -> AsyncIterator[None]:
    """End a block after some milliseconds; 0 is never.

    Raises:
        NodeTimeoutError: It took longer.
    """
    try:
        async with asyncio.timeout(timeout / 1000 if timeout else None):
            yield
    except TimeoutError as error:
        raise NodeTimeoutError(f"{what} did not end within {timeout / 1000:g} s") from error


def tab_of(ctx: NodeContext, page: Any) -> Tab:
    """The page a node works on.

    Raises:
        NodeFailure: There is none.
    """
    if page is None:
        raise NodeFailure("no page is open: a Launch Browser node opens one", retryable=False)
    live = ctx.live(page)
    if not isinstance(live, Tab):
        raise NodeFailure("what is wired to page is no page", retryable=False)
    return live


async def element(
    tab: Tab, selector: str, *, anchor: Any = None, strict: bool = False, timeout: float = 30000
) -> "Locator":
    """The element that a selector finds, beside its anchor if there is one.

    Raises:
        NodeFailure: The selector is empty, or nothing lies where the anchor says.
    """
    config = _anchor(anchor)
    if config is None:
        return first_of(located(tab, selector), strict=strict)
    beside = located(tab, str(config["selector"])).first
    if config.get("position") == "inside":
        return first_of(located(tab, selector, beside), strict=strict)
    found = located(tab, selector)
    limit = timeout or 0
    await beside.wait_for(state="visible", timeout=limit)
    await found.first.wait_for(state="attached", timeout=limit)
    place = (await beside.evaluate_all(_PLACES))[0]
    nearest = _nearest(
        place, await found.evaluate_all(_PLACES), str(config.get("position", "near"))
    )
    if nearest is None:
        raise NodeFailure(
            f"nothing that {selector!r} finds lies {config.get('position')} the anchor "
            f"{config['selector']!r}"
        )
    return found.nth(nearest)


def located(tab: Tab, selector: str, within: "Locator | None" = None) -> "Locator":
    """Everything a selector finds, in frames and shadow trees too."""
    place: Any = within or tab.page
    parts = selector_parts(selector)
    for number, part in enumerate(parts):
        is_way = number < len(parts) - 1 and is_frame(part)
        place = place.frame_locator(part) if is_way else place.locator(part)
    found: Locator = place
    return found


async def highlight(found: "Locator", timeout: float) -> None:
    """Show a person which element is meant, for a moment."""
    await found.evaluate(_OUTLINE, timeout=timeout)


def _anchor(anchor: Any) -> dict[str, Any] | None:
    """An anchor that is switched on and says what it is.

    Raises:
        NodeFailure: It is no JSON object.
    """
    if isinstance(anchor, str):
        if not anchor.strip():
            return None
        try:
            anchor = json.loads(anchor)
        except ValueError as error:
            raise NodeFailure(f"anchor_config is no JSON: {error}", retryable=False) from error
    if not isinstance(anchor, dict):
        return None
    return anchor if anchor.get("enabled") and anchor.get("selector") else None


def _nearest(anchor: list[float], places: list[list[float]], position: str) -> int | None:
    """Which of the places is nearest to the anchor on that side of it. Pure."""
    left, top, right, bottom = anchor
    is_there: Mapping[str, Callable[[list[float]], bool]] = {
        "left": lambda p: p[2] <= left + 1,
        "right": lambda p: p[0] >= right - 1,
        "above": lambda p: p[3] <= top + 1,
        "below": lambda p: p[1] >= bottom - 1,
    }

    def distance(p: list[float]) -> float:
        across = max(p[0] - right, left - p[2], 0.0)
        down = max(p[1] - bottom, top - p[3], 0.0)
        return across * across + down * down

    found = [
        (distance(p), n)
        for n, p in enumerate(places)
        if p != anchor and (position not in is_there or is_there[position](p))
    ]
    return min(found)[1] if found else None


async def _keep(ctx: NodeContext, tab: Tab, shot: Shot) -> str:
    """Keep how the page looks and what it holds; where, to be told with the error."""
    kept = []
    with suppress(Exception):  # a page that is broken must not hide why the node failed
        async with asyncio.timeout(_PATIENCE):
            if tab.dialog is not None:
                await tab.dismiss()
            picture = await tab.page.screenshot(timeout=_PATIENCE * 1000)
            if shot.is_wanted:
                with told_plainly():
                    name = shot.path or f"{ctx.node_id}_failed.png"
                    path = writable(ctx, name)
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(picture)
                    kept.append(str(path))
            kept.append(ctx.keep_evidence("png", picture))
            content = await tab.page.content()
            kept.append(ctx.keep_evidence("html", content[:_LONGEST_PAGE]))
    named = [place for place in kept if place]
    return f" (the page then: {', '.join(named)})" if named else ""


def _plain(message: str) -> str:
    """Playwright's message without the name of the call and the colours of its log."""
    lines = message.splitlines()
    first = lines[0].split(": ", 1)[-1] if lines else "the browser failed"
    waited = next((line.strip(" -") for line in lines[1:] if "waiting for" in line), "")
    return f"{first} ({waited})" if waited else first
