"""Browsers and tabs: open, close."""

from typing import Any

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.nodes.browser_navigation import WaitUntil, check_unverified, visit
from casare_robot.nodes.browser_opening import open_browser, set_window
from casare_robot.nodes.browser_tab import BROWSER, PAGE, OpenBrowser, Tab
from casare_robot.nodes.browser_work import (
    PAGE_PORT,
    RETRIES,
    SHOT,
    TIMEOUT,
    USES,
    WAIT_UNTIL,
    Shot,
    limited,
    on_page,
)

_FIRST_PAGE = 30_000
"""Milliseconds that the first address may take."""
_BROWSER_HELD = Property("browser", DataType.BROWSER, current=BROWSER)


@node(
    "LaunchBrowserNode",
    category="browser",
    effect=Effect.READS,
    aliases=("BrowserLaunchNode",),
    opens=True,
    uses=USES,
    inputs=(Port("url", DataType.STRING),),
    outputs=(Port("browser", DataType.BROWSER), PAGE_PORT, Port("window")),
    properties=(
        Property("url", DataType.STRING, ""),
        Property(
            "browser_type",
            DataType.CHOICE,
            "chromium",
            choices=("chromium", "firefox", "webkit"),
        ),
        Property("headless", DataType.BOOLEAN, False),
        Property(
            "window_state",
            DataType.CHOICE,
            "normal",
            choices=("normal", "maximized", "minimized"),
        ),
        Property("do_not_close", DataType.BOOLEAN, True),
        Property(
            "profile_mode",
            DataType.CHOICE,
            "none",
            choices=(
                "none",
                "custom",
                "chrome_default",
                "chrome_profile_1",
                "chrome_profile_2",
                "edge_default",
            ),
        ),
        Property("slow_mo", DataType.INTEGER, 0, low=0),
        Property("channel", DataType.STRING, ""),
        Property("viewport_width", DataType.INTEGER, 1280, low=1),
        Property("viewport_height", DataType.INTEGER, 720, low=1),
        Property("user_agent", DataType.STRING, ""),
        Property("locale", DataType.STRING, ""),
        Property("timezone_id", DataType.STRING, ""),
        Property(
            "color_scheme",
            DataType.CHOICE,
            "light",
            choices=("light", "dark", "no-preference"),
        ),
        Property("ignore_https_errors", DataType.BOOLEAN, False),
        Property("proxy_server", DataType.STRING, ""),
        Property("user_data_dir", DataType.STRING, ""),
        Property("retry_count", DataType.INTEGER, 0, low=0),
        Property("retry_interval", DataType.INTEGER, 2000, low=0),
        Property("window_wait", DataType.INTEGER, 100, low=0),
    ),
)
async def launch_browser(
    ctx: NodeContext,
    *,
    url: str,
    browser_type: str,
    headless: bool,
    window_state: str,
    do_not_close: bool,
    profile_mode: str,
    slow_mo: int,
    channel: str,
    viewport_width: int,
    viewport_height: int,
    user_agent: str,
    locale: str,
    timezone_id: str,
    color_scheme: str,
    ignore_https_errors: bool,
    proxy_server: str,
    user_data_dir: str,
    window_wait: int,
) -> Outputs:
    """Start a browser with one page; the nodes after this one use both.

    ``window_wait`` is how long a window takes to be there before its state is set.
    A robot's browser ends with its job: without ``do_not_close`` nothing is said.
    """
    if ignore_https_errors:
        check_unverified(ctx)
    named = {"user_agent": user_agent, "locale": locale, "timezone_id": timezone_id}
    context: dict[str, Any] = {name: value for name, value in named.items() if value}
    context |= {"color_scheme": color_scheme, "ignore_https_errors": ignore_https_errors}
    if window_state == "maximized" and not headless:
        context["no_viewport"] = True
    else:
        context["viewport"] = {"width": viewport_width, "height": viewport_height}
    opened = await open_browser(
        ctx,
        kind=browser_type,
        channel=channel.strip(),
        headless=headless,
        slow_mo=slow_mo,
        profile=profile_mode,
        user_data_dir=user_data_dir,
        proxy=proxy_server.strip(),
        context=context,
    )
    try:
        pages = opened.context.pages
        tab = Tab(pages[0] if pages else await opened.context.new_page(), opened)
        if browser_type == "chromium":
            await set_window(opened, tab.page, window_state, window_wait / 1000)
    except BaseException:
        await opened.close()
        raise
    if do_not_close and not headless:
        ctx.log("info", "the browser stays open until the job ends")
    browser = ctx.keep_open(opened, opened.close, BROWSER)
    page = ctx.keep_open(tab, _with_its_browser, PAGE)
    if url.strip():
        try:
            await on_page(ctx, page, lambda tab: visit(ctx, tab, url, timeout=_FIRST_PAGE))
        except BaseException:
            await _closed(ctx, browser)
            raise
    return {"browser": browser, "page": page, "window": None}


@node(
    "CloseBrowserNode",
    category="browser",
    effect=Effect.READS,
    aliases=("BrowserCloseNode",),
    renews=True,
    inputs=(Port("browser", DataType.BROWSER),),
    properties=(
        _BROWSER_HELD,
        TIMEOUT,
        Property("force_close", DataType.BOOLEAN, False),
        *RETRIES,
    ),
)
async def close_browser(
    ctx: NodeContext, *, browser: Any, timeout: int, force_close: bool
) -> Outputs:
    """Close a browser with its tabs; nothing happens without one.

    Its pages are closed one by one first, unless ``force_close``.
    """
    if browser is None:
        ctx.log("info", "there is no browser to close")
        return {}
    opened = _opened(ctx, browser)
    async with limited("closing the browser", timeout):
        if not force_close:
            for page in opened.context.pages:
                await page.close()
        await _closed(ctx, browser)
    return {}


@node(
    "NewTabNode",
    category="browser",
    effect=Effect.READS,
    opens=True,
    uses=USES,
    inputs=(Port("browser", DataType.BROWSER),),
    outputs=(PAGE_PORT,),
    properties=(
        _BROWSER_HELD,
        Property("tab_name", DataType.STRING, "main", required=True),
        Property("url", DataType.STRING, ""),
        TIMEOUT,
        WAIT_UNTIL,
        *RETRIES,
        *SHOT,
    ),
)
async def new_tab(
    ctx: NodeContext,
    *,
    browser: Any,
    tab_name: str,
    url: str,
    timeout: int,
    wait_until: WaitUntil,
    screenshot_on_fail: bool,
    screenshot_path: str,
) -> Outputs:
    """Open another page of the browser; ``tab_name`` names it in what is told of it."""
    if browser is None:
        raise NodeFailure("no browser is open: a Launch Browser node opens one", retryable=False)
    opened = _opened(ctx, browser)
    tab = Tab(await opened.context.new_page(), opened, name=tab_name)
    page = ctx.keep_open(tab, _with_its_browser, PAGE)
    if url.strip():
        await on_page(
            ctx,
            page,
            lambda tab: visit(ctx, tab, url, timeout=timeout, wait_until=wait_until),
            shot=Shot(screenshot_on_fail, screenshot_path),
        )
    return {"page": page}


def _opened(ctx: NodeContext, browser: Any) -> OpenBrowser:
    live = ctx.live(browser)
    if not isinstance(live, OpenBrowser):
        raise NodeFailure("what is wired to browser is no browser", retryable=False)
    return live


async def _closed(ctx: NodeContext, browser: Any) -> None:
    """Close a browser; what is current and belongs to it is so no more."""
    opened = _opened(ctx, browser)
    page = ctx.in_use(PAGE)
    if ctx.in_use(BROWSER) == browser:
        ctx.use(None, BROWSER)
    if page is not None and ctx.live(page).browser is opened:
        ctx.use(None, PAGE)
    closing = ctx.close(browser)
    if closing is not None:
        await closing


def _with_its_browser() -> None:
    """A page is closed with its browser."""
