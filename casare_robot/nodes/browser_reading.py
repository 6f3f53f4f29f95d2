"""Reading a page: texts, attributes, tables, the addresses of pictures."""

import csv
import io
from typing import TYPE_CHECKING, Any

from casare_robot.domain.effect import Effect
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
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
    Shot,
    element,
    on_page,
)

if TYPE_CHECKING:
    from playwright.async_api import Locator

_TABLE = """table => Array.from(table.rows || table.querySelectorAll('tr, [role=row]'), row => {
    const kinds = '[role=cell], [role=gridcell], [role=columnheader]';
    const cells = Array.from(row.cells || row.querySelectorAll(kinds));
    const isHead = cell => cell.tagName === 'TH' || cell.getAttribute('role') === 'columnheader';
    return [cells.length > 0 && cells.every(isHead), cells.map(cell => cell.innerText.trim())];
})"""
_IMAGES = """withBackgrounds => {
    const found = [];
    const add = (url, width, height) => {
        if (url) found.push([new URL(url, document.baseURI).href, width, height]);
    };
    for (const image of document.images) {
        const later = image.dataset.src || image.dataset.lazySrc;
        const width = image.naturalWidth || image.width;
        add(image.currentSrc || image.src || later, width, image.naturalHeight || image.height);
    }
    for (const source of document.querySelectorAll('picture source[srcset]'))
        for (const one of source.srcset.split(/,\\s+/)) add(one.trim().split(/\\s+/)[0], 0, 0);
    if (withBackgrounds)
        for (const element of document.querySelectorAll('*')) {
            const box = element.getBoundingClientRect();
            const image = getComputedStyle(element).backgroundImage;
            for (const one of image.matchAll(/url\\((?:"([^"]*)"|'([^']*)'|([^)]*))\\)/g))
                add(one[1] || one[2] || one[3], Math.round(box.width), Math.round(box.height));
        }
    return found;
}"""


@node(
    "ExtractTextNode",
    category="browser",
    effect=Effect.READS,
    aliases=("BrowserGetTextNode",),
    uses=USES,
    inputs=(PAGE_PORT, SELECTOR_PORT),
    outputs=(Port("text", DataType.STRING), PAGE_PORT),
    properties=(
        PAGE_HELD,
        SELECTOR,
        Property("variable_name", DataType.STRING, "extracted_text"),
        TIMEOUT,
        Property("use_inner_text", DataType.BOOLEAN, False),
        STRICT,
        Property("trim_whitespace", DataType.BOOLEAN, True),
        *RETRIES,
        *SHOT,
        ANCHOR,
    ),
)
async def extract_text(
    ctx: NodeContext,
    *,
    page: Any,
    selector: str,
    variable_name: str,
    timeout: int,
    use_inner_text: bool,
    strict: bool,
    trim_whitespace: bool,
    screenshot_on_fail: bool,
    screenshot_path: str,
    anchor_config: Any,
) -> Outputs:
    """The text of an element; ``use_inner_text`` takes it as it is shown."""

    async def read(tab: Tab) -> str:
        found = await element(tab, selector, anchor=anchor_config, strict=strict, timeout=timeout)
        if use_inner_text:
            return await found.inner_text(timeout=timeout)
        return await found.text_content(timeout=timeout) or ""

    shot = Shot(screenshot_on_fail, screenshot_path)
    text = await on_page(ctx, page, read, shot=shot) or ""
    text = text.strip() if trim_whitespace else text
    _keep(ctx, variable_name, text)
    return {"text": text, "page": page}


@node(
    "GetAttributeNode",
    category="browser",
    effect=Effect.READS,
    uses=USES,
    inputs=(PAGE_PORT, SELECTOR_PORT, Port("attribute", DataType.STRING, required=True)),
    outputs=(Port("value", DataType.STRING), PAGE_PORT),
    properties=(
        PAGE_HELD,
        SELECTOR,
        Property("attribute", DataType.STRING, ""),
        Property("variable_name", DataType.STRING, "attribute_value"),
        TIMEOUT,
        STRICT,
        *RETRIES,
        *SHOT,
        ANCHOR,
    ),
)
async def get_attribute(
    ctx: NodeContext,
    *,
    page: Any,
    selector: str,
    attribute: str,
    variable_name: str,
    timeout: int,
    strict: bool,
    screenshot_on_fail: bool,
    screenshot_path: str,
    anchor_config: Any,
) -> Outputs:
    """The value of an element's attribute; "" if it has none."""

    async def read(tab: Tab) -> str | None:
        found = await element(tab, selector, anchor=anchor_config, strict=strict, timeout=timeout)
        return await found.get_attribute(attribute, timeout=timeout)

    shot = Shot(screenshot_on_fail, screenshot_path)
    value = await on_page(ctx, page, read, shot=shot) or ""
    _keep(ctx, variable_name, value)
    return {"value": value, "page": page}


@node(
    "TableScraperNode",
    category="browser",
    effect=Effect.READS,
    uses=USES,
    inputs=(PAGE_PORT, Port("table_selector", DataType.STRING)),
    outputs=(Port("data"), Port("row_count", DataType.INTEGER), Port("headers", DataType.LIST)),
    properties=(
        PAGE_HELD,
        Property("table_selector", DataType.SELECTOR, "table", required=True),
        Property("include_headers", DataType.BOOLEAN, True),
        Property(
            "output_format",
            DataType.CHOICE,
            "list_of_dicts",
            choices=("list_of_dicts", "list_of_lists", "csv_string"),
        ),
        Property("skip_rows", DataType.INTEGER, 0, low=0),
        Property("max_rows", DataType.INTEGER, 0, low=0),
        Property("output_variable", DataType.STRING, "table_data"),
        TIMEOUT,
        *RETRIES,
        *SHOT,
    ),
)
async def table_scraper(
    ctx: NodeContext,
    *,
    page: Any,
    table_selector: str,
    include_headers: bool,
    output_format: str,
    skip_rows: int,
    max_rows: int,
    output_variable: str,
    timeout: int,
    screenshot_on_fail: bool,
    screenshot_path: str,
) -> Outputs:
    """The rows of a table, without those that are empty.

    The first row of head cells is the headers; a table without one has its first
    row as headers if ``include_headers``.
    """

    async def read(tab: Tab) -> list[tuple[bool, list[str]]]:
        found: Locator = await element(tab, table_selector, timeout=timeout)
        rows: list[tuple[bool, list[str]]] = await found.evaluate(_TABLE, timeout=timeout)
        return rows

    found = await on_page(ctx, page, read, shot=Shot(screenshot_on_fail, screenshot_path)) or []
    headers: list[str] = next((cells for is_head, cells in found if is_head), [])
    rows = [cells for is_head, cells in found if not is_head and any(cells)]
    if not headers and include_headers and rows:
        headers, rows = rows[0], rows[1:]
    rows = rows[skip_rows : skip_rows + max_rows if max_rows else None]
    data = _formatted(headers, rows, output_format, include_headers=include_headers)
    _keep(ctx, output_variable, data)
    return {"data": data, "row_count": len(rows), "headers": headers}


def _formatted(
    headers: list[str], rows: list[list[str]], format: str, *, include_headers: bool
) -> Any:
    if format == "list_of_dicts":
        return [
            {headers[n] if n < len(headers) else f"col_{n}": cell for n, cell in enumerate(row)}
            for row in rows
        ]
    whole = [headers, *rows] if include_headers and headers else rows
    if format == "list_of_lists":
        return whole
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(whole)
    return written.getvalue()


@node(
    "GetAllImagesNode",
    category="browser",
    effect=Effect.READS,
    uses=USES,
    outputs=(Port("images", DataType.LIST), Port("count", DataType.INTEGER)),
    properties=(
        PAGE_HELD,
        Property("min_width", DataType.INTEGER, 0, low=0),
        Property("min_height", DataType.INTEGER, 0, low=0),
        Property("include_backgrounds", DataType.BOOLEAN, True),
        Property("file_types", DataType.STRING, ""),
    ),
)
async def get_all_images(
    ctx: NodeContext,
    *,
    page: Any,
    min_width: int,
    min_height: int,
    include_backgrounds: bool,
    file_types: str,
) -> Outputs:
    """The addresses of a page's pictures, each once; ``file_types`` are endings with commas."""
    endings = tuple(f".{one.strip(' .').lower()}" for one in file_types.split(",") if one.strip())

    async def read(tab: Tab) -> list[tuple[str, int, int]]:
        found: list[tuple[str, int, int]] = await tab.page.evaluate(_IMAGES, include_backgrounds)
        return found

    found = await on_page(ctx, page, read) or []
    images = [
        url
        for url, width, height in found
        if not url.startswith("data:")
        and width >= min_width
        and height >= min_height
        and (not endings or url.split("?")[0].split("#")[0].lower().endswith(endings))
    ]
    images = list(dict.fromkeys(images))
    return {"images": images, "count": len(images)}


def _keep(ctx: NodeContext, variable: str, value: Any) -> None:
    if variable.strip():
        ctx.set_variable(variable.strip(), value)
