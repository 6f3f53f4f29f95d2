"""The cookies of a browser."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.nodes.browser_tab import Tab
from casare_robot.nodes.browser_work import PAGE_HELD, PAGE_PORT, USES, on_page

_READING = ("get", "export")


def cookie_effect(parameters: Mapping[str, Any]) -> Effect:
    """Effect of an operation; setting and deleting can be done again. Pure."""
    return Effect.READS if parameters.get("operation") in _READING else Effect.IDEMPOTENT


@node(
    "CookieManagementNode",
    category="browser",
    effect=cookie_effect,
    uses=USES,
    inputs=(PAGE_PORT, Port("cookies_input", DataType.STRING)),
    outputs=(
        PAGE_PORT,
        Port("cookies", DataType.STRING),
        Port("cookie", DataType.DICT),
        Port("success", DataType.BOOLEAN),
        Port("count", DataType.INTEGER),
    ),
    properties=(
        PAGE_HELD,
        Property(
            "operation",
            DataType.CHOICE,
            "get",
            choices=("get", "set", "delete", "delete_all", "export", "import"),
        ),
        Property("cookie_name", DataType.STRING, ""),
        Property("cookie_value", DataType.STRING, ""),
        Property("cookies_json", DataType.TEXT, ""),
        Property("domain", DataType.STRING, ""),
        Property("path", DataType.STRING, "/"),
        Property("expires", DataType.FLOAT, 0, low=0),
        Property("secure", DataType.BOOLEAN, False),
        Property("http_only", DataType.BOOLEAN, False),
        Property("same_site", DataType.CHOICE, "None", choices=("None", "Lax", "Strict")),
    ),
)
async def cookie_management(
    ctx: NodeContext,
    *,
    page: Any,
    cookies_input: Any,
    operation: str,
    cookie_name: str,
    cookie_value: str,
    cookies_json: Any,
    domain: str,
    path: str,
    expires: float,
    secure: bool,
    http_only: bool,
    same_site: str,
) -> Outputs:
    """Get, set or delete cookies, or all of them as JSON.

    ``expires`` are seconds from now, 0 is until the browser closes. A cookie is set
    for the page's own host unless ``domain`` says another. SameSite None is given
    to secure cookies only; browsers refuse it for others.
    """

    async def get(tab: Tab) -> list[Any]:
        found = await tab.browser.context.cookies()
        wanted = cookie_name.strip() if operation == "get" else ""
        return [each for each in found if not wanted or each.get("name") == wanted]

    async def put(tab: Tab) -> list[Any]:
        given = cookies_json or cookies_input
        if operation == "import" or given:
            cookies = _given(given)
        else:
            _check_name(cookie_name)
            cookie: dict[str, Any] = {
                "name": cookie_name.strip(),
                "value": cookie_value,
                "domain": domain.strip() or urlsplit(tab.page.url).hostname or "",
                "path": path or "/",
                "secure": secure,
                "httpOnly": http_only,
            }
            if secure or same_site != "None":
                cookie["sameSite"] = same_site
            if expires:
                cookie["expires"] = ctx.now().timestamp() + expires
            cookies = [cookie]
        await tab.browser.context.add_cookies(cookies)
        return cookies

    async def delete(tab: Tab) -> list[Any]:
        context = tab.browser.context
        found: list[Any] = list(await context.cookies())
        if operation == "delete_all":
            await context.clear_cookies()
            return found
        _check_name(cookie_name)
        await context.clear_cookies(name=cookie_name.strip())
        return [each for each in found if each.get("name") == cookie_name.strip()]

    work = {"set": put, "import": put, "delete": delete, "delete_all": delete}.get(operation, get)
    acts = operation not in _READING
    cookies = await on_page(ctx, page, work, acts=acts, outputs={"success": False}) or []
    is_gone = operation.startswith("delete")
    shown = [] if is_gone else cookies
    return {
        "page": page,
        "cookies": json.dumps(shown),
        "cookie": dict(cookies[0]) if cookies and operation in ("get", "set", "import") else {},
        "success": True,
        "count": len(cookies),
    }


def _check_name(name: str) -> None:
    if not name.strip():
        raise NodeFailure("no cookie_name says which cookie is meant", retryable=False)


def _given(given: Any) -> list[Any]:
    """Cookies from JSON, a list of them or one."""
    try:
        cookies = json.loads(given) if isinstance(given, str) else given
    except ValueError as error:
        raise NodeFailure(f"the cookies are no JSON: {error}", retryable=False) from error
    cookies = [cookies] if isinstance(cookies, dict) else cookies
    if not isinstance(cookies, list) or not all(isinstance(each, dict) for each in cookies):
        raise NodeFailure("cookies are a JSON list of objects", retryable=False)
    return cookies
