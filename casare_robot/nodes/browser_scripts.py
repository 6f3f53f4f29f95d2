"""Code on a page: JavaScript inside it, Python beside it."""

import ast
import json
from typing import Any

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.nodes.bound_javascript import bound_javascript
from casare_robot.nodes.bound_python import bound_python
from casare_robot.nodes.browser_tab import Tab
from casare_robot.nodes.browser_work import (
    PAGE_HELD,
    PAGE_PORT,
    RETRIES,
    SHOT,
    TIMEOUT,
    USES,
    Shot,
    element,
    limited,
    on_page,
)
from casare_robot.nodes.processes import check_policy

_FRAME = "async def script(page, logger, context):\n    return locals().get('result')"


@node(
    "BrowserEvaluateNode",
    category="browser",
    effect=Effect.ONCE,
    uses=USES,
    inputs=(PAGE_PORT, Port("script", DataType.STRING), Port("arg")),
    outputs=(
        Port("result"),
        Port("success", DataType.BOOLEAN),
        Port("error", DataType.STRING),
        PAGE_PORT,
    ),
    properties=(
        PAGE_HELD,
        Property("script", DataType.CODE, ""),
        Property("wait_for_selector", DataType.SELECTOR, ""),
        Property("return_json", DataType.BOOLEAN, True),
        Property("store_variable", DataType.STRING, ""),
        TIMEOUT,
        *RETRIES,
        *SHOT,
    ),
    synonyms={"expression": "script", "args": "arg"},
)
async def browser_evaluate(
    ctx: NodeContext,
    *,
    page: Any,
    script: str,
    arg: Any,
    wait_for_selector: str,
    return_json: bool,
    store_variable: str,
    timeout: int,
    screenshot_on_fail: bool,
    screenshot_path: str,
) -> Outputs:
    """The value of a JavaScript expression or of a function, which is given ``arg``.

    ``return_json`` makes text that is a JSON object or list that.
    """
    if not script.strip():
        raise NodeFailure("there is no script", retryable=False)
    text, values = bound_javascript(script)

    async def evaluate(tab: Tab) -> Any:
        if wait_for_selector.strip():
            found = await element(tab, wait_for_selector)
            await found.wait_for(state="attached", timeout=timeout)
        async with limited("the script", timeout):
            if not values:
                return await tab.page.evaluate(text, arg)
            await tab.page.evaluate("values => Object.assign(globalThis, values)", values)
            try:
                return await tab.page.evaluate(text, arg)
            finally:
                forget = "names => names.forEach(name => delete globalThis[name])"
                await tab.page.evaluate(forget, list(values))

    shot = Shot(screenshot_on_fail, screenshot_path)
    failed = {"result": None, "success": False}
    try:
        result = await on_page(ctx, page, evaluate, acts=True, shot=shot, outputs=failed)
    except NodeFailure as failure:
        failure.outputs["error"] = str(failure)
        raise
    if return_json and isinstance(result, str) and result.strip()[:1] in ("{", "["):
        result = _parsed(result)
    if store_variable.strip():
        ctx.set_variable(store_variable.strip(), result)
    return {"result": result, "success": True, "error": "", "page": page}


@node(
    "BrowserRunScriptNode",
    category="browser",
    effect=Effect.ONCE,
    uses=USES,
    inputs=(PAGE_PORT, Port("script", DataType.STRING, required=True)),
    outputs=(PAGE_PORT, Port("result")),
    properties=(
        PAGE_HELD,
        Property("script", DataType.CODE, "", required=True),
        TIMEOUT,
        *RETRIES,
    ),
)
async def browser_run_script(ctx: NodeContext, *, page: Any, script: str, timeout: int) -> Outputs:
    """Run Python that has ``page`` (Playwright's own, so most of it is awaited).

    It also has ``logger``, and ``context`` with the workflow's variables. Its
    variable ``result``, or what it returns, is the result; what JSON cannot carry
    becomes text.

    Raises:
        PolicyError: The robot runs no scripts.
    """
    check_policy(ctx)
    text, values = bound_python(script)
    names: dict[str, Any] = {**values}
    exec(_compiled(text), names)  # noqa: S102 - what the node is for; the policy permits it

    async def run(tab: Tab) -> Any:
        async with limited("the script", timeout):
            try:
                return await names["script"](tab.page, _Logger(ctx), ctx)
            except (NodeFailure, TimeoutError):
                raise
            except Exception as error:
                if type(error).__module__.startswith("playwright"):
                    raise
                raise NodeFailure(f"{type(error).__name__}: {error}") from error

    result = await on_page(ctx, page, run, acts=True)
    return {"page": page, "result": json.loads(json.dumps(result, default=str))}


class _Logger:
    """The job's log, as scripts know one."""

    def __init__(self, ctx: NodeContext) -> None:
        self._ctx = ctx

    def debug(self, message: object) -> None:
        """A line for those who look closely."""
        self._ctx.log("debug", str(message))

    def info(self, message: object) -> None:
        """A line."""
        self._ctx.log("info", str(message))

    def warning(self, message: object) -> None:
        """A line that should be seen."""
        self._ctx.log("warning", str(message))

    def error(self, message: object) -> None:
        """A line about something that went wrong."""
        self._ctx.log("error", str(message))


def _compiled(text: str) -> Any:
    """A script as the body of a function, so that it may await and return."""
    try:
        frame, script = ast.parse(_FRAME), ast.parse(text)
        function = frame.body[0]
        if isinstance(function, ast.AsyncFunctionDef):
            function.body = [*script.body, *function.body]
        return compile(frame, "<script>", "exec")
    except SyntaxError as error:
        raise NodeFailure(f"the script is no Python: {error}", retryable=False) from error


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
