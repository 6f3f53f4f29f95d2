"""Pictures of the screen and of elements."""

import base64
import io
import sys
from typing import TYPE_CHECKING, Any

from casare_robot.desktop.screen_here import on_screen
from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import MissingExtraError, NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.domain.screen_work import Area
from casare_robot.nodes.file_writing import replacing
from casare_robot.nodes.paths import told_plainly, writable
from casare_robot.nodes.screen_targets import area_of, existing_element
from casare_robot.nodes.windows import NEED

if TYPE_CHECKING:
    from PIL.Image import Image

_FORMAT = Property("format", DataType.CHOICE, "PNG", choices=("PNG", "JPEG", "BMP"))
_OUTPUTS = (
    Port("image"),
    Port("file_path", DataType.STRING),
    Port("success", DataType.BOOLEAN),
)


@node(
    "CaptureScreenshotNode",
    category="desktop",
    effect=Effect.IDEMPOTENT,
    needs="screen",
    blocking=True,
    uses=("PIL.ImageGrab",),
    inputs=(Port("file_path", DataType.STRING), Port("region")),
    outputs=_OUTPUTS,
    properties=(Property("file_path", DataType.FILE_PATH), Property("region"), _FORMAT),
)
def capture_screenshot(
    ctx: NodeContext, *, file_path: str | None, region: Any, format: str
) -> Outputs:
    """A picture of the screen or a region of it, ``{x, y, width, height}``.

    ``image`` is the file's path, or without one the picture as a data URL.
    """
    return _kept(ctx, picture_of_screen(area_of(region)), file_path, format)


@node(
    "CaptureElementImageNode",
    category="desktop",
    effect=Effect.IDEMPOTENT,
    needs=NEED,
    uses=("PIL.ImageGrab",),
    inputs=(
        Port("element", required=True),
        Port("file_path", DataType.STRING),
        Port("padding", DataType.INTEGER),
    ),
    outputs=_OUTPUTS,
    properties=(
        Property("element", required=True),
        Property("file_path", DataType.FILE_PATH),
        Property("padding", DataType.INTEGER, 0),
        _FORMAT,
    ),
)
async def capture_element(
    ctx: NodeContext, *, element: Any, file_path: str | None, padding: int, format: str
) -> Outputs:
    """A picture of an element with so many pixels around it, as far as it is on the screen."""
    import asyncio

    area = await on_screen(lambda screen: existing_element(screen, element).area)
    wider = Area(
        area.x - padding, area.y - padding, area.width + 2 * padding, area.height + 2 * padding
    )
    if wider.width < 1 or wider.height < 1:
        raise NodeFailure("the element has no size on the screen")
    return await asyncio.to_thread(lambda: _kept(ctx, picture_of_screen(wider), file_path, format))


def picture_of_screen(area: Area | None) -> "Image":
    """A picture of the screen, or of a part of it; blocks.

    Raises:
        NodeFailure: There is no screen to take one of.
    """
    try:
        from PIL import ImageGrab
    except ImportError:
        raise MissingExtraError("Pillow", "documents") from None
    box = None
    if area is not None:
        box = (area.x, area.y, area.x + area.width, area.y + area.height)
    try:
        return ImageGrab.grab(bbox=box, all_screens=sys.platform == "win32")
    except (OSError, ValueError) as error:
        raise NodeFailure(f"there is no picture of the screen: {error}") from error


def _kept(ctx: NodeContext, picture: "Image", file_path: str | None, format: str) -> Outputs:
    picture = picture.convert("RGB")
    if not file_path:
        buffer = io.BytesIO()
        picture.save(buffer, format)
        content = base64.b64encode(buffer.getvalue()).decode("ascii")
        url = f"data:image/{format.lower()};base64,{content}"
        return {"image": url, "file_path": "", "success": True}
    with told_plainly():
        path = writable(ctx, file_path)
        with replacing(ctx, path) as file:
            picture.save(file, format)
    return {"image": str(path), "file_path": str(path), "success": True}
