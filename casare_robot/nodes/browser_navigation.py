"""Bringing a page to an address, and back and forth."""

import re
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit
from urllib.request import url2pathname

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure, PolicyError
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.nodes.addresses import ADDRESS_REFUSED, SCHEME_REFUSED, TLS_REFUSED, check_host
from casare_robot.nodes.browser_tab import ADDRESS, Tab
from casare_robot.nodes.browser_work import (
    PAGE_HELD,
    PAGE_PORT,
    RETRIES,
    SHOT,
    TIMEOUT,
    USES,
    WAIT_UNTIL,
    Shot,
    on_page,
)
from casare_robot.nodes.paths import readable

if TYPE_CHECKING:
    from playwright.async_api import Response

WaitUntil = Literal["load", "domcontentloaded", "networkidle", "commit"]

_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:(?!\d)")
_OPENED = ("http", "https", "file", "about", "data", "blob")
_DECLARED: dict[str, Any] = {
    "category": "browser",
    "effect": Effect.READS,
    "uses": USES,
    "outputs": (PAGE_PORT,),
}


@node(
    "GoToURLNode",
    **_DECLARED,
    aliases=("BrowserNavigateNode",),
    renews=True,
    inputs=(PAGE_PORT, Port("url", DataType.STRING)),
    properties=(
        PAGE_HELD,
        Property("url", DataType.STRING, ""),
        TIMEOUT,
        WAIT_UNTIL,
        Property("referer", DataType.STRING, ""),
        *RETRIES,
        *SHOT,
        Property("ignore_https_errors", DataType.BOOLEAN, False),
    ),
)
async def go_to_url(
    ctx: NodeContext,
    *,
    page: Any,
    url: str,
    timeout: int,
    wait_until: WaitUntil,
    referer: str,
    screenshot_on_fail: bool,
    screenshot_path: str,
    ignore_https_errors: bool,
) -> Outputs:
    """Bring the page to an address; one without ``scheme:`` is taken as https."""
    if ignore_https_errors:
        check_unverified(ctx)

    async def go(tab: Tab) -> None:
        if ignore_https_errors:
            line = await tab.browser.context.new_cdp_session(tab.page)
            await line.send("Security.setIgnoreCertificateErrors", {"ignore": True})
        await visit(ctx, tab, url, timeout=timeout, wait_until=wait_until, referer=referer)

    await on_page(ctx, page, go, shot=Shot(screenshot_on_fail, screenshot_path))
    return _arrived(ctx, page)


@node(
    "GoBackNode",
    **_DECLARED,
    inputs=(PAGE_PORT,),
    properties=(PAGE_HELD, TIMEOUT, WAIT_UNTIL, *RETRIES),
)
async def go_back(ctx: NodeContext, *, page: Any, timeout: int, wait_until: WaitUntil) -> Outputs:
    """Go back to the page before this one."""

    async def back(tab: Tab) -> None:
        await _step(tab, tab.page.go_back(timeout=timeout, wait_until=wait_until), "before")

    await on_page(ctx, page, back)
    return _arrived(ctx, page)


@node(
    "GoForwardNode",
    **_DECLARED,
    inputs=(PAGE_PORT,),
    properties=(PAGE_HELD, TIMEOUT, WAIT_UNTIL, *RETRIES),
)
async def go_forward(
    ctx: NodeContext, *, page: Any, timeout: int, wait_until: WaitUntil
) -> Outputs:
    """Go forward to the page that was gone back from."""

    async def forward(tab: Tab) -> None:
        await _step(tab, tab.page.go_forward(timeout=timeout, wait_until=wait_until), "after")

    await on_page(ctx, page, forward)
    return _arrived(ctx, page)


@node(
    "RefreshPageNode",
    **_DECLARED,
    inputs=(PAGE_PORT,),
    properties=(PAGE_HELD, TIMEOUT, WAIT_UNTIL, *RETRIES),
)
async def refresh_page(
    ctx: NodeContext, *, page: Any, timeout: int, wait_until: WaitUntil
) -> Outputs:
    """Load the page again."""

    async def reload(tab: Tab) -> None:
        await tab.page.reload(timeout=timeout, wait_until=wait_until)

    await on_page(ctx, page, reload)
    return _arrived(ctx, page)


async def visit(
    ctx: NodeContext,
    tab: Tab,
    url: str,
    *,
    timeout: float,
    wait_until: WaitUntil = "load",
    referer: str = "",
) -> None:
    """Bring a tab to an address that the policy lets it see.

    Raises:
        PolicyError: The policy does not.
        NodeFailure: There is no address.
        playwright.async_api.Error: It cannot be reached.
    """
    from playwright.async_api import Error

    address = address_of(ctx, url)
    guard = tab.browser.guard
    if guard is not None:
        guard.refusals.clear()
    try:
        await tab.page.goto(
            address, timeout=timeout, wait_until=wait_until, referer=referer or None
        )
    except Error:
        if guard is not None and guard.refusals:
            raise list(guard.refusals.values())[-1] from None
        raise
    refused = guard.refusals.get(urlsplit(tab.page.url).hostname or "") if guard else None
    if refused is not None:
        raise refused


def address_of(ctx: NodeContext, url: str) -> str:
    """The whole address, if the policy lets a browser open it.

    Raises:
        NodeFailure: It is empty.
        PolicyError: The policy does not, as far as the address says.
    """
    text = url.strip()
    if not text:
        raise NodeFailure("no url says where to go", retryable=False)
    address = text if _SCHEME.match(text) else f"https://{text}"
    parts = urlsplit(address)
    if parts.scheme not in _OPENED:
        raise PolicyError(
            f"a browser opens no {parts.scheme}: addresses here: {text[:200]}", code=SCHEME_REFUSED
        )
    if parts.scheme == "file":
        if parts.netloc not in ("", "localhost"):
            raise PolicyError(f"{text[:200]} is on another machine", code=ADDRESS_REFUSED)
        readable(ctx, url2pathname(parts.path))
    elif parts.hostname:
        check_host(ctx.policy, parts.hostname)
    return address


def check_unverified(ctx: NodeContext) -> None:
    """Whether certificates may go unverified.

    Raises:
        PolicyError: They may not.
    """
    if ctx.policy.profile != "local":
        raise PolicyError(
            "ignore_https_errors is on, but jobs from the network must verify certificates",
            code=TLS_REFUSED,
        )


async def _step(tab: Tab, moving: Awaitable["Response | None"], where: str) -> None:
    before = tab.page.url
    await moving
    if tab.page.url == before:
        raise NodeFailure(f"there is no page {where} {before}", retryable=False)


def _arrived(ctx: NodeContext, page: Any) -> Outputs:
    live = ctx.live(page)
    ctx.note(page, {ADDRESS: live.page.url})
    return {"page": page}
