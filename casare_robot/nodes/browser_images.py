"""Clicking what looks like a picture."""

import asyncio
import base64
import binascii
from typing import Any

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure, NodeTimeoutError
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Property, node
from casare_robot.nodes.browser_interaction import BUTTON, CLICK_COUNT, Button
from casare_robot.nodes.browser_tab import Tab
from casare_robot.nodes.browser_work import (
    PAGE_HELD,
    PAGE_PORT,
    RETRIES,
    SHOT,
    TIMEOUT,
    USES,
    Shot,
    on_page,
)
from casare_robot.nodes.paths import existing_file

_BETWEEN_LOOKS = 0.25
_KINDS = {b"\x89PNG": "png", b"\xff\xd8\xff": "jpeg", b"GIF8": "gif", b"RIFF": "webp"}
_FIND = """async ([wholeUrl, partUrl]) => {
    const load = async url => {
        const image = new Image();
        image.src = url;
        await image.decode();
        return image;
    };
    const [whole, part] = [await load(wholeUrl), await load(partUrl)];
    if (part.width > whole.width || part.height > whole.height) return null;
    const grey = (image, scale) => {
        const size = [image.width, image.height].map(side => Math.max(1, Math.round(side * scale)));
        const canvas = new OffscreenCanvas(...size);
        const ink = canvas.getContext('2d', {willReadFrequently: true});
        ink.drawImage(image, 0, 0, canvas.width, canvas.height);
        const {data, width, height} = ink.getImageData(0, 0, canvas.width, canvas.height);
        const values = new Float32Array(width * height);
        for (let i = 0; i < values.length; i++)
            values[i] = 0.299 * data[4 * i] + 0.587 * data[4 * i + 1] + 0.114 * data[4 * i + 2];
        return {values, width, height};
    };
    const alike = (w, p, x0, y0, mean, norm) => {
        let sum = 0, squares = 0, product = 0;
        for (let y = 0; y < p.height; y++)
            for (let x = 0; x < p.width; x++) {
                const v = w.values[(y0 + y) * w.width + x0 + x];
                sum += v;
                squares += v * v;
                product += v * (p.values[y * p.width + x] - mean);
            }
        const count = p.values.length, spread = Math.sqrt(Math.max(squares - sum * sum / count, 0));
        if (norm < 1e-3 || spread < 1e-3)
            return norm < 1e-3 && spread < 1e-3 ? 1 - Math.abs(sum / count - mean) / 255 : 0;
        return product / (norm * spread);
    };
    const about = p => {
        let sum = 0;
        for (const v of p.values) sum += v;
        const mean = sum / p.values.length;
        let squares = 0;
        for (const v of p.values) squares += (v - mean) ** 2;
        return [mean, Math.sqrt(squares)];
    };
    const scale = Math.min(1, Math.max(10 / Math.min(part.width, part.height), 0.1));
    const [w, p] = [grey(whole, scale), grey(part, scale)], [mean, norm] = about(p);
    let spots = [];
    for (let y = 0; y + p.height <= w.height; y++)
        for (let x = 0; x + p.width <= w.width; x++)
            spots.push([alike(w, p, x, y, mean, norm), x / scale, y / scale]);
    spots = spots.sort((a, b) => b[0] - a[0]).slice(0, 12);
    const [W, P] = [grey(whole, 1), grey(part, 1)], [M, N] = about(P), reach = Math.ceil(1 / scale);
    let best = [-1, 0, 0];
    const around = (middle, most) => {
        const from = Math.max(0, Math.round(middle) - reach);
        const to = Math.min(most, Math.round(middle) + reach);
        return Array.from({length: Math.max(0, to - from + 1)}, (_, n) => from + n);
    };
    for (const [, cx, cy] of spots)
        for (const y of around(cy, W.height - P.height))
            for (const x of around(cx, W.width - P.width)) {
                const here = alike(W, P, x, y, M, N);
                if (here > best[0]) best = [here, x, y];
            }
    return [best[0], best[1] + part.width / 2, best[2] + part.height / 2];
}"""
"""Where a picture lies in another, by normalised correlation of grey values: coarse, then fine."""


@node(
    "ImageClickNode",
    category="browser",
    effect=Effect.ONCE,
    uses=USES,
    inputs=(PAGE_PORT,),
    outputs=(PAGE_PORT,),
    properties=(
        PAGE_HELD,
        Property("image_template", DataType.STRING, ""),
        Property("similarity_threshold", DataType.FLOAT, 0.8, low=0.5, high=1.0),
        BUTTON,
        CLICK_COUNT,
        Property("click_offset_x", DataType.INTEGER, 0),
        Property("click_offset_y", DataType.INTEGER, 0),
        TIMEOUT,
        *RETRIES,
        *SHOT,
    ),
)
async def image_click(
    ctx: NodeContext,
    *,
    page: Any,
    image_template: str,
    similarity_threshold: float,
    button: Button,
    click_count: int,
    click_offset_x: int,
    click_offset_y: int,
    timeout: int,
    screenshot_on_fail: bool,
    screenshot_path: str,
) -> Outputs:
    """Click the middle of what looks like a picture, moved by an offset.

    The picture is a file's path, or base64 with or without ``data:``. It is looked
    for in the visible part of the page, again and again until ``timeout``.
    """
    part = _picture(ctx, image_template)

    async def click(tab: Tab) -> None:
        x, y = await _found(tab, part, similarity_threshold, timeout / 1000)
        await tab.page.mouse.click(
            x + click_offset_x, y + click_offset_y, button=button, click_count=click_count
        )

    await on_page(ctx, page, click, acts=True, shot=Shot(screenshot_on_fail, screenshot_path))
    return {"page": page}


async def _found(tab: Tab, part: str, threshold: float, seconds: float) -> tuple[float, float]:
    """Where on the page a picture is seen, in CSS pixels."""
    desk = await tab.browser.context.new_page()
    ends = asyncio.get_running_loop().time() + seconds
    try:
        while True:
            seen = await tab.page.screenshot(scale="css")
            spot = await desk.evaluate(_FIND, [_url(seen), part])
            likeness, x, y = spot or (0.0, 0.0, 0.0)
            if likeness >= threshold:
                return x, y
            if seconds and asyncio.get_running_loop().time() >= ends:
                raise NodeTimeoutError(
                    f"nothing on the page looks like the picture within {seconds:g} s: "
                    f"the likest is {max(likeness, 0.0):.2f} alike, wanted {threshold:g}"
                )
            await asyncio.sleep(_BETWEEN_LOOKS)
    finally:
        await desk.close()


def _picture(ctx: NodeContext, template: str) -> str:
    """The picture as a ``data:`` address.

    Raises:
        NodeFailure: It is none.
        PolicyError: Its file may not be read.
    """
    text = template.strip()
    if not text:
        raise NodeFailure("image_template names no picture", retryable=False)
    if text.startswith("data:image/"):
        return text
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        content = b""
    if not content.startswith(tuple(_KINDS)):
        content = existing_file(ctx, text, "Picture").read_bytes()
    if not content.startswith(tuple(_KINDS)):
        raise NodeFailure(f"{text[:200]} is no picture", retryable=False)
    return _url(content)


def _url(content: bytes) -> str:
    kind = next(kind for start, kind in _KINDS.items() if content.startswith(start))
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
