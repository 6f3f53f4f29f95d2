"""The clipboard: copy, paste and clear."""

from casare_robot.desktop.clipboard import read_clipboard, write_clipboard
from casare_robot.domain.effect import Effect
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node

_NEED = "clipboard"
_SUCCESS = Port("success", DataType.BOOLEAN)


@node(
    "ClipboardCopyNode",
    category="system",
    effect=Effect.IDEMPOTENT,
    needs=_NEED,
    inputs=(Port("text", DataType.STRING, required=True),),
    outputs=(_SUCCESS,),
    properties=(Property("text", DataType.TEXT, required=True),),
)
async def copy_text(*, text: str) -> Outputs:
    """Put a text on the clipboard."""
    await write_clipboard(text)
    return {"success": True}


@node(
    "ClipboardPasteNode",
    category="system",
    effect=Effect.READS,
    needs=_NEED,
    outputs=(Port("text", DataType.STRING), _SUCCESS),
)
async def paste_text() -> Outputs:
    """The text on the clipboard; empty if there is none."""
    return {"text": await read_clipboard(), "success": True}


@node(
    "ClipboardClearNode",
    category="system",
    effect=Effect.IDEMPOTENT,
    needs=_NEED,
    outputs=(_SUCCESS,),
)
async def clear_clipboard() -> Outputs:
    """Leave nothing on the clipboard."""
    await write_clipboard("")
    return {"success": True}
