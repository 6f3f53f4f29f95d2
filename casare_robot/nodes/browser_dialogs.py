"""Answering the dialogs of a page."""

from typing import Any

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.nodes.browser_tab import Tab
from casare_robot.nodes.browser_work import (
    PAGE_HELD,
    PAGE_PORT,
    TIMEOUT,
    USES,
    limited,
    located,
    note_touch,
    on_page,
    tab_of,
)


@node(
    "BrowserAlertHandleNode",
    category="browser",
    effect=Effect.ONCE,
    uses=USES,
    inputs=(Port("trigger_selector", DataType.STRING), PAGE_PORT),
    outputs=(
        PAGE_PORT,
        Port("message", DataType.STRING),
        Port("dialog_type", DataType.STRING),
        Port("action_taken", DataType.STRING),
        Port("success", DataType.BOOLEAN),
    ),
    properties=(
        PAGE_HELD,
        Property("action", DataType.CHOICE, "accept", choices=("accept", "dismiss")),
        Property("prompt_text", DataType.STRING, ""),
        TIMEOUT,
    ),
)
async def browser_alert_handle(
    ctx: NodeContext,
    *,
    page: Any,
    trigger_selector: str | None,
    action: str,
    prompt_text: str,
    timeout: int,
) -> Outputs:
    """Answer the dialog that the page shows, or the next one it comes to show.

    With ``trigger_selector`` that element is clicked first.
    """
    tab = tab_of(ctx, page)
    note_touch(ctx, page)
    failed = {"message": "", "dialog_type": "", "action_taken": action, "success": False}
    if trigger_selector and trigger_selector.strip():

        async def click(tab: Tab) -> None:
            await located(tab, trigger_selector).first.click(timeout=timeout)

        await on_page(ctx, page, click, acts=True, outputs=failed)
    try:
        async with limited("waiting for a dialog", timeout):
            dialog = await tab.next_dialog()
            told = {"message": dialog.message, "dialog_type": dialog.type}
            await tab.answer(accept=action == "accept", text=prompt_text)
    except NodeFailure as failure:
        failure.outputs = failed
        raise
    return {"page": page, **told, "action_taken": action, "success": True}
