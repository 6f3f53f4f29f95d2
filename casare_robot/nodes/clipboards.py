"""What the person at this machine copies, as the tray sees it."""

from typing import Literal, cast

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.domain.question import UNSEEN, Ask, AskOutcome, Button, Copied


@node(
    "ClipboardMonitorNode",
    category="system",
    effect=Effect.READS,
    needs="gui",
    outputs=(
        Port("content", DataType.STRING),
        Port("changed", DataType.BOOLEAN),
        Port("timed_out", DataType.BOOLEAN),
    ),
    properties=(
        Property("timeout", DataType.INTEGER, 30000, low=0, high=300000),
        Property("trigger_on_change", DataType.BOOLEAN, True),
        Property("content_type", DataType.CHOICE, "text", choices=("text", "any")),
    ),
)
async def clipboard_monitor(
    ctx: NodeContext, *, timeout: int, trigger_on_change: bool, content_type: str
) -> Outputs:
    """The text that is copied next, or without ``trigger_on_change`` what is there already.

    ``any`` also takes a picture or files, whose text may be empty; of a text
    the first million characters. A timeout is in milliseconds; 0: as long as it takes.
    """
    kind = cast(Literal["text", "any"], content_type)
    ask = Ask(
        title="Waits for something to be copied",
        body=Copied(kind=kind, only_new=trigger_on_change),
        buttons=(Button(name="ok"),),
        dismiss=UNSEEN,
        on_top=False,
        seconds=timeout / 1000 if timeout else None,
    )
    reply = await ctx.ask(ask)
    if reply.outcome is AskOutcome.NOBODY:
        raise NodeFailure(
            "no tray is there that sees the clipboard: start it (casare-robot tray)",
            code="E-ASK-503",
        )
    if reply.button == UNSEEN:
        raise NodeFailure(
            "this desktop (Wayland) lets no program in the background see the clipboard",
            retryable=False,
        )
    if reply.outcome is AskOutcome.TIMED_OUT:
        return {"content": "", "changed": False, "timed_out": True}
    return {
        "content": reply.values["content"],
        "changed": reply.values["changed"],
        "timed_out": False,
    }
