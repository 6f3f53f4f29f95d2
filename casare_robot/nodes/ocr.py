"""Text out of pictures and off the screen."""

import base64
import binascii
import io
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from casare_robot.desktop.text_in_pictures import engines, read_text
from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import MissingExtraError, NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.nodes.paths import existing_file, told_plainly
from casare_robot.nodes.screen_images import picture_of_screen
from casare_robot.nodes.screen_targets import area_of

if TYPE_CHECKING:
    from PIL.Image import Image


@node(
    "OCRExtractTextNode",
    category="desktop",
    aliases=("OCRNode",),
    effect=Effect.READS,
    inputs=(Port("image"), Port("image_path", DataType.STRING), Port("region")),
    outputs=(
        Port("text", DataType.STRING),
        Port("engine_used", DataType.STRING),
        Port("success", DataType.BOOLEAN),
    ),
    properties=(
        Property("image"),
        Property("image_path", DataType.FILE_PATH),
        Property("region"),
        Property(
            "engine",
            DataType.CHOICE,
            "auto",
            choices=("auto", "rapidocr", "tesseract", "winocr"),
        ),
        Property("language", DataType.STRING, "eng"),
        Property("config", DataType.STRING, ""),
    ),
)
async def ocr_extract_text(
    ctx: NodeContext,
    *,
    image: Any,
    image_path: str | None,
    region: Any,
    engine: str,
    language: str,
    config: str,
) -> Outputs:
    """The text in a picture: bytes, a data URL or a path, else the screen as it is now.

    ``region`` is the part of it that counts, ``{x, y, width, height}``; ``config`` are more
    arguments for tesseract.

    Raises:
        NodeFailure: There is no such picture, or nothing reads it.
    """
    chosen = _engine(engine)
    with told_plainly(), tempfile.TemporaryDirectory() as folder:
        picture = _picture(ctx, image, image_path, region)
        file = Path(folder, "picture.png")
        picture.convert("RGB").save(file)
        try:
            text = await read_text(file, engine=chosen, language=language, options=config)
        except (TimeoutError, ValueError) as error:
            raise NodeFailure(f"{chosen} does not read the picture: {error}") from error
    return {"text": text, "engine_used": chosen, "success": True}


def _engine(wanted: str) -> str:
    there = engines()
    if wanted == "auto" and there:
        return there[0]
    if wanted not in there:
        raise NodeFailure(
            f"{wanted} is not installed here; there is: {', '.join(there) or 'nothing'}",
            outputs={"success": False},
            retryable=False,
        )
    return wanted


def _picture(ctx: NodeContext, image: Any, image_path: str | None, region: Any) -> "Image":
    area = area_of(region)
    if image in (None, "") and not image_path:
        return picture_of_screen(area)
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError:
        raise MissingExtraError("Pillow", "documents") from None
    try:
        found = Image.open(io.BytesIO(_content(ctx, image, image_path)))
        found.load()
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError) as error:
        raise NodeFailure(f"this is no picture: {error}", retryable=False) from error
    if area is None:
        return found
    return found.crop((area.x, area.y, area.x + area.width, area.y + area.height))


def _content(ctx: NodeContext, image: Any, image_path: str | None) -> bytes:
    if isinstance(image, bytes):
        return image
    given = str(image_path or image)
    if given.startswith("data:"):
        try:
            return base64.b64decode(given.partition(",")[2], validate=True)
        except binascii.Error as error:
            raise NodeFailure(f"the picture is no base64: {error}", retryable=False) from error
    return existing_file(ctx, given, "Picture").read_bytes()
