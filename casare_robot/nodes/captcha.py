"""Captchas: finding them, and having them solved by a service that people pay."""

import asyncio
from typing import Any

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.nodes.browser_tab import Tab
from casare_robot.nodes.browser_work import PAGE_HELD, PAGE_PORT, TIMEOUT, USES, located, on_page
from casare_robot.nodes.web_modules import WEB_MODULES

SECRET = "2captcha"  # noqa: S105 - the name under which the key is kept
_CHALLENGE = "iframe[title*='recaptcha challenge'], .rc-imageselect"
_PRESENCE = {
    "recaptcha_v2": "iframe[title*='reCAPTCHA'], iframe[src*='recaptcha'], .g-recaptcha",
    "recaptcha_v3": ".grecaptcha-badge, script[src*='recaptcha'][src*='render=']",
    "hcaptcha": "iframe[src*='hcaptcha'], .h-captcha",
    "image_captcha": "img[src*='captcha' i], img[id*='captcha' i], img[alt*='captcha' i]",
}
_SITE_KEY = """() => {
    const marked = document.querySelector('[data-sitekey]');
    if (marked) return marked.dataset.sitekey;
    const places = [['script[src*="captcha"]', 'render'], ['iframe[src*="captcha"]', 'k'],
        ['iframe[src*="hcaptcha"]', 'sitekey']];
    for (const [found, name] of places)
        for (const one of document.querySelectorAll(found)) {
            const parts = new URL(one.src, document.baseURI);
            const key = parts.searchParams.get(name)
                || new URLSearchParams(parts.hash.slice(1)).get(name);
            if (key && key !== 'explicit') return key;
        }
    return '';
}"""
_INJECT = """token => {
    for (const field of document.querySelectorAll(
            '#g-recaptcha-response, [name=g-recaptcha-response], [name=h-captcha-response]')) {
        field.value = token;
        field.dispatchEvent(new Event('change', {bubbles: true}));
    }
    const marked = document.querySelector('[data-sitekey][data-callback]');
    const names = marked ? marked.dataset.callback.split('.') : ['none'];
    const callback = names.reduce((place, name) => place && place[name], window);
    if (typeof callback === 'function') callback(token);
}"""


@node(
    "DetectCaptchaNode",
    category="browser",
    effect=Effect.READS,
    uses=USES,
    inputs=(PAGE_PORT,),
    outputs=(
        PAGE_PORT,
        Port("captcha_detected", DataType.BOOLEAN),
        Port("captcha_type", DataType.STRING),
        Port("sitekey", DataType.STRING),
        Port("page_url", DataType.STRING),
    ),
    properties=(
        PAGE_HELD,
        Property(
            "captcha_type",
            DataType.CHOICE,
            "recaptcha_v2",
            choices=("recaptcha_v2", "recaptcha_v3", "hcaptcha", "image_captcha"),
        ),
        Property("challenge_selector", DataType.STRING, _CHALLENGE),
        TIMEOUT,
    ),
)
async def detect_captcha(
    ctx: NodeContext, *, page: Any, captcha_type: str, challenge_selector: str, timeout: int
) -> Outputs:
    """Whether the page shows a captcha of this type or its challenge.

    One that is there is told at once; ``timeout`` is how long to wait for one to come.
    """
    from playwright.async_api import TimeoutError as Late

    async def detect(tab: Tab) -> tuple[bool, str, str]:
        found = tab.page.locator(_PRESENCE[captcha_type])
        if challenge_selector.strip() and captcha_type.startswith("recaptcha"):
            found = found.or_(located(tab, challenge_selector))
        try:
            await found.first.wait_for(state="attached", timeout=timeout)
        except Late:
            return False, "", tab.page.url
        return True, await tab.page.evaluate(_SITE_KEY), tab.page.url

    found, key, url = await on_page(ctx, page, detect) or (False, "", "")
    return {
        "page": page,
        "captcha_detected": found,
        "captcha_type": captcha_type if found else "",
        "sitekey": key,
        "page_url": url,
    }


@node(
    "SolveCaptchaNode",
    category="browser",
    effect=Effect.ONCE,
    uses=(*USES, *WEB_MODULES),
    inputs=(PAGE_PORT, Port("sitekey", DataType.STRING), Port("page_url", DataType.STRING)),
    outputs=(
        PAGE_PORT,
        Port("solved", DataType.BOOLEAN),
        Port("token", DataType.STRING),
        Port("cost", DataType.FLOAT),
    ),
    properties=(
        PAGE_HELD,
        Property("api_key", DataType.STRING, ""),
        Property("sitekey", DataType.STRING, ""),
        Property("page_url", DataType.STRING, ""),
        Property("invisible", DataType.BOOLEAN, False),
        Property("enterprise", DataType.BOOLEAN, False),
        Property("max_wait_time", DataType.INTEGER, 120),
        Property("auto_inject", DataType.BOOLEAN, True),
        Property("service_url", DataType.STRING, "https://2captcha.com"),
        Property("poll_interval", DataType.INTEGER, 5000, low=0),
    ),
)
async def solve_captcha(
    ctx: NodeContext,
    *,
    page: Any,
    api_key: str,
    sitekey: str,
    page_url: str,
    invisible: bool,
    enterprise: bool,
    max_wait_time: int,
    auto_inject: bool,
    service_url: str,
    poll_interval: int,
) -> Outputs:
    """Have a reCAPTCHA v2 solved by 2Captcha, or a service that talks as it does.

    The key is ``api_key``, else the secret ``2captcha``. What the page says stands
    in for ``sitekey`` and ``page_url`` where they are empty. ``auto_inject`` gives
    the token to the page. ``max_wait_time`` are seconds, ``poll_interval`` milliseconds.

    Source: 2captcha.com/2captcha-api (in.php, res.php with action get2).
    """
    key = api_key.strip() or ctx.secret(SECRET)

    async def look(tab: Tab) -> tuple[str, str]:
        return sitekey.strip() or await tab.page.evaluate(_SITE_KEY), page_url or tab.page.url

    site, address = await on_page(ctx, page, look, outputs={"solved": False}) or ("", "")
    if not site:
        raise NodeFailure("the page has no sitekey, and none is given", outputs={"solved": False})
    order = {"method": "userrecaptcha", "googlekey": site, "pageurl": address}
    order |= {"invisible": "1"} if invisible else {}
    order |= {"enterprise": "1"} if enterprise else {}
    token, cost = await _solved(
        ctx, service_url.rstrip("/"), key, order, max_wait_time, poll_interval / 1000
    )
    if auto_inject:

        async def inject(tab: Tab) -> None:
            await tab.page.evaluate(_INJECT, token)

        await on_page(ctx, page, inject, acts=True, outputs={"solved": True, "token": token})
    return {"page": page, "solved": True, "token": token, "cost": cost}


async def _solved(
    ctx: NodeContext, base: str, key: str, order: dict[str, str], seconds: float, pause: float
) -> tuple[str, float]:
    """The token that a service finds, and its price."""
    from casare_robot.nodes.web_client import telling, web_client

    failed = {"solved": False, "token": "", "cost": 0.0}
    try:
        async with (
            telling(max(seconds, 1), failed),
            web_client(ctx.policy, seconds=30) as client,
        ):
            given = {"key": key, "json": "1", **order}
            answer = (await client.post(f"{base}/in.php", data=given)).json()
            if answer.get("status") != 1:
                raise NodeFailure(f"the service takes no order: {answer.get('request')}")
            asked = {"key": key, "json": "1", "action": "get2", "id": str(answer["request"])}
            while True:
                await asyncio.sleep(pause)
                answer = (await client.get(f"{base}/res.php", params=asked)).json()
                if answer.get("status") == 1:
                    return str(answer["request"]), float(answer.get("price") or 0)
                if answer.get("request") != "CAPCHA_NOT_READY":
                    raise NodeFailure(f"the service does not solve it: {answer.get('request')}")
    except (ValueError, KeyError, AttributeError) as error:
        raise NodeFailure(
            f"the service at {base} does not answer as 2Captcha does", outputs=failed
        ) from error
