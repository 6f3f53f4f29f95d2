"""Picture captchas, looked at by a language model that reads pictures."""

from typing import TYPE_CHECKING, Any

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property
from casare_robot.nodes.account_node import account_node
from casare_robot.nodes.browser_tab import Tab
from casare_robot.nodes.browser_work import PAGE_HELD, PAGE_PORT, TIMEOUT, USES, on_page
from casare_robot.nodes.llm_account import LLM, ask_for_json, picture

if TYPE_CHECKING:
    from playwright.async_api import FrameLocator, Locator

    from casare_robot.nodes.account_api import AccountApi

_CHALLENGE = "iframe[title*='recaptcha challenge'], iframe[src*='bframe']"
_TILES = ".rc-imageselect-tile, .rc-image-tile-wrapper"
_SHOWN = ".rc-imageselect-challenge, .rc-imageselect-table, body"
_VERIFY = "#recaptcha-verify-button, button[type=submit]"
_SETTLED = 3000
"""Milliseconds that a challenge may take to go away, or to show other pictures."""


@account_node(
    LLM,
    "SolveCaptchaAINode",
    category="browser",
    effect=Effect.ONCE,
    uses=USES,
    inputs=(PAGE_PORT,),
    outputs=(PAGE_PORT, Port("solved", DataType.BOOLEAN), Port("attempts", DataType.INTEGER)),
    properties=(
        PAGE_HELD,
        Property("credential_id", DataType.CHOICE, ""),
        Property("api_key", DataType.STRING, ""),
        Property(
            "model",
            DataType.CHOICE,
            "glm-4.7",
            choices=(
                "glm-4.7",
                "glm-4.6",
                "glm-4.5",
                "models/gemini-3-flash-preview",
                "models/gemini-2.0-flash-exp",
                "models/gemini-1.5-flash",
            ),
        ),
        Property("max_attempts", DataType.INTEGER, 10),
        TIMEOUT,
    ),
)
async def solve_captcha_ai(
    api: "AccountApi",
    ctx: NodeContext,
    *,
    page: Any,
    model: str,
    max_attempts: int,
    timeout: int,
) -> Outputs:
    """Have a model say which pictures of a challenge to click, until it is gone.

    ``solved`` is also true where the page shows no challenge; ``timeout`` is how long one is
    waited for. Any other service that reads pictures serves, by ``base_url``.
    """
    told = {"page": page, "solved": False, "attempts": 0}

    async def solve(tab: Tab) -> tuple[bool, int]:
        from playwright.async_api import TimeoutError as Late

        frame = tab.page.locator(_CHALLENGE).first
        try:
            await frame.wait_for(state="visible", timeout=timeout)
        except Late:
            return True, 0
        inside = tab.page.frame_locator(_CHALLENGE).first
        for attempt in range(1, max_attempts + 1):
            await _attempt(api, inside, model)
            if await _is_gone(frame):
                return True, attempt
        return False, max_attempts

    done = await on_page(ctx, page, solve, acts=True, outputs=told)
    solved, attempts = done or (False, 0)
    return {"page": page, "solved": solved, "attempts": attempts}


async def _attempt(api: "AccountApi", challenge: "FrameLocator", model: str) -> None:
    tiles = challenge.locator(_TILES)
    count = await tiles.count()
    if not count:
        raise NodeFailure("the challenge on the page is none with pictures to click")
    shown = await challenge.locator(_SHOWN).first.screenshot(timeout=_SETTLED)
    question = (
        f"The picture shows a task and {count} tiles, counted from 1, row by row. Which tiles"
        ' does the task mean? Answer with one JSON object alone: {"tiles": [number, ...]}'
    )
    prompt = [{"type": "text", "text": question}, picture(shown)]
    found, _ = await ask_for_json(api, prompt, model=model.removeprefix("models/"), temperature=0.0)
    named = found.get("tiles")
    for number in dict.fromkeys(named if isinstance(named, list) else ()):
        if isinstance(number, int) and 1 <= number <= count:
            await tiles.nth(number - 1).click(timeout=_SETTLED)
    await challenge.locator(_VERIFY).first.click(timeout=_SETTLED)


async def _is_gone(frame: "Locator") -> bool:
    from playwright.async_api import TimeoutError as Late

    try:
        await frame.wait_for(state="hidden", timeout=_SETTLED)
    except Late:
        return False
    return True
