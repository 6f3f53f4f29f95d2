"""Files from a browser: pictures of pages, and what an address holds."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.nodes.browser_tab import Tab
from casare_robot.nodes.browser_work import (
    PAGE_HELD,
    PAGE_PORT,
    RETRIES,
    TIMEOUT,
    USES,
    element,
    on_page,
)
from casare_robot.nodes.file_writing import replacing, write_whole
from casare_robot.nodes.paths import told_plainly, writable
from casare_robot.nodes.web_modules import WEB_MODULES

_FILES = Port("attachment_file", DataType.LIST)


@node(
    "ScreenshotNode",
    category="browser",
    effect=Effect.IDEMPOTENT,
    aliases=("BrowserScreenshotNode",),
    uses=USES,
    inputs=(PAGE_PORT, Port("file_path", DataType.STRING)),
    outputs=(Port("file_path", DataType.STRING), _FILES, PAGE_PORT),
    properties=(
        PAGE_HELD,
        Property("file_path", DataType.FILE_PATH, ""),
        Property("selector", DataType.SELECTOR, ""),
        Property("full_page", DataType.BOOLEAN, False),
        TIMEOUT,
        Property("type", DataType.CHOICE, "png", choices=("png", "jpeg")),
        Property("quality", DataType.INTEGER, low=0, high=100),
        Property("scale", DataType.CHOICE, "device", choices=("css", "device")),
        Property("animations", DataType.CHOICE, "allow", choices=("allow", "disabled")),
        Property("omit_background", DataType.BOOLEAN, False),
        Property("caret", DataType.CHOICE, "hide", choices=("hide", "initial")),
        *RETRIES,
    ),
)
async def screenshot(
    ctx: NodeContext,
    *,
    page: Any,
    file_path: str,
    selector: str,
    full_page: bool,
    timeout: int,
    type: Literal["png", "jpeg"],
    quality: int | None,
    scale: Literal["css", "device"],
    animations: Literal["allow", "disabled"],
    omit_background: bool,
    caret: Literal["hide", "initial"],
) -> Outputs:
    """A picture of the page, of all of it, or of one element.

    ``quality`` is for jpeg; 0 is what the designer writes for none.
    """
    if not file_path.strip():
        raise NodeFailure("no file_path says where the picture goes", retryable=False)
    options: dict[str, Any] = {
        "type": type,
        "scale": scale,
        "animations": animations,
        "omit_background": omit_background and type == "png",
        "caret": caret,
        "timeout": timeout,
    }
    if quality and type == "jpeg":
        options["quality"] = quality
    with told_plainly():
        path = writable(ctx, file_path)

        async def take(tab: Tab) -> bytes:
            if selector.strip():
                found = await element(tab, selector)
                return await found.screenshot(**options)
            return await tab.page.screenshot(full_page=full_page, **options)

        write_whole(ctx, path, await on_page(ctx, page, take) or b"")
    return {"file_path": str(path), "attachment_file": [str(path)], "page": page}


def file_effect(parameters: Mapping[str, Any]) -> Effect:
    """Effect of a download: done again, it overwrites or makes another file. Pure."""
    return Effect.IDEMPOTENT if parameters.get("overwrite", True) else Effect.ONCE


@node(
    "DownloadFileNode",
    category="browser",
    effect=file_effect,
    renews=lambda parameters: not parameters.get("use_browser"),
    uses=WEB_MODULES,
    inputs=(Port("url", DataType.STRING, required=True), Port("filename", DataType.STRING)),
    outputs=(
        Port("path", DataType.STRING),
        _FILES,
        Port("size", DataType.INTEGER),
        Port("success", DataType.BOOLEAN),
    ),
    properties=(
        PAGE_HELD,
        Property("url", DataType.STRING, required=True),
        Property("save_path", DataType.FILE_PATH, ""),
        Property("use_browser", DataType.BOOLEAN, False),
        TIMEOUT,
        Property("overwrite", DataType.BOOLEAN, True),
        Property("verify_ssl", DataType.BOOLEAN, True),
    ),
)
async def download_file(
    ctx: NodeContext,
    *,
    page: Any,
    url: str,
    filename: str | None,
    save_path: str,
    use_browser: bool,
    timeout: int,
    overwrite: bool,
    verify_ssl: bool,
) -> Outputs:
    """Save what an address holds, wholly or not at all.

    ``save_path`` is a file or a folder, the user's downloads if it is empty.
    ``use_browser`` asks as the browser would, with its cookies. Without
    ``overwrite`` a file that is there stays, and the new one gets a number.
    """
    from casare_robot.nodes.web_client import save, telling, web_client

    headers: dict[str, str] = {}
    if use_browser:

        async def as_the_browser(tab: Tab) -> None:
            cookies = await tab.browser.context.cookies(url)
            headers["Cookie"] = "; ".join(f"{c.get('name')}={c.get('value')}" for c in cookies)
            headers["User-Agent"] = await tab.page.evaluate("navigator.userAgent")
            headers["Referer"] = tab.page.url

        await on_page(ctx, page, as_the_browser, outputs={"success": False})
    seconds = timeout / 1000 or float(24 * 3600)
    with told_plainly():
        target = _target(ctx, save_path, filename or _name_in(url))
        if not overwrite:
            target = _free(ctx, target)
        async with (
            telling(seconds, {"path": "", "size": 0}),
            web_client(ctx.policy, seconds=seconds, verify_ssl=verify_ssl) as client,
            client.stream("GET", url, headers=headers) as response,
        ):
            if not response.is_success:
                raise NodeFailure(f"HTTP {response.status_code} for {url}")
            with replacing(ctx, target) as file:
                size = await save(response, file, ctx.policy.max_download_bytes, 64 * 1024)
    path = str(target)
    return {"path": path, "attachment_file": [path], "size": size, "success": True}


def _name_in(url: str) -> str:
    return unquote(urlsplit(url).path).replace("\\", "/").rpartition("/")[2] or "download"


def _target(ctx: NodeContext, save_path: str, filename: str) -> Path:
    name = filename.replace("\\", "/").rpartition("/")[2]
    if not save_path.strip():
        return writable(ctx, str(Path.home() / "Downloads" / name))
    path = writable(ctx, save_path)
    if path.is_dir() or save_path.endswith(("/", "\\")):
        return writable(ctx, str(path / name))
    return path


def _free(ctx: NodeContext, target: Path) -> Path:
    """A name beside this one that is not taken."""
    number, path = 0, target
    while path.exists():
        number += 1
        path = writable(ctx, str(target.with_name(f"{target.stem}_{number}{target.suffix}")))
    return path
