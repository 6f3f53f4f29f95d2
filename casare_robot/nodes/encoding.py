"""Base64 and QR codes."""

import base64
import binascii
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import MissingExtraError, NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.nodes.file_writing import replacing
from casare_robot.nodes.paths import existing_file, told_plainly, writable

if TYPE_CHECKING:
    from PIL.Image import Image


@node(
    "Base64Node",
    category="system",
    inputs=(Port("input_text", DataType.STRING, required=True),),
    outputs=(Port("output", DataType.STRING), Port("success", DataType.BOOLEAN)),
    properties=(
        Property("action", DataType.CHOICE, "encode", choices=("encode", "decode")),
        Property("input_text", DataType.TEXT, ""),
    ),
)
def convert_base64(*, action: str, input_text: Any) -> Outputs:
    """Base64 of UTF-8 text or of bytes, or the UTF-8 text that Base64 stands for."""
    try:
        data = input_text if isinstance(input_text, bytes) else str(input_text or "").encode()
    except UnicodeEncodeError as error:
        raise _failed(f"the input is no valid text: {error.reason}", "output") from error
    if not data:
        raise _failed("Input text is required", "output")
    if action == "encode":
        return {"output": base64.b64encode(data).decode(), "success": True}
    try:
        text = base64.b64decode(b"".join(data.split()), validate=True).decode()
    except binascii.Error as error:
        raise _failed(f"the input is not Base64: {error}", "output") from error
    except UnicodeDecodeError as error:
        raise _failed("the Base64 input stands for bytes that are no text", "output") from error
    return {"output": text, "success": True}


def _failed(message: str, output: str) -> NodeFailure:
    return NodeFailure(message, outputs={output: "", "success": False}, retryable=False)


def _qr_effect(parameters: Mapping[str, Any]) -> Effect:
    return Effect.READS if parameters.get("action") == "read" else Effect.IDEMPOTENT


@node(
    "QRCodeNode",
    category="system",
    effect=_qr_effect,
    inputs=(Port("data", DataType.STRING),),
    outputs=(Port("result", DataType.STRING), Port("success", DataType.BOOLEAN)),
    properties=(
        Property("action", DataType.CHOICE, "generate", choices=("generate", "read")),
        Property("data", DataType.STRING, ""),
        Property("image_path", DataType.FILE_PATH, ""),
        Property("output_path", DataType.FILE_PATH, ""),
        Property("size", DataType.INTEGER, 200, low=50, high=1000),
    ),
    blocking=True,
)
def qr_code(
    ctx: NodeContext, *, action: str, data: Any, image_path: str, output_path: str, size: int
) -> Outputs:
    """Write an image with a QR code of ``data``, or read the first QR code of an image.

    ``result`` is the image's path or the text read; an image without a QR code
    succeeds with ``success`` false. The image is ``size`` pixels wide and high;
    without ``output_path`` its name in the working folder follows from the data.
    """
    with told_plainly():
        if action == "read":
            return _read(existing_file(ctx, image_path, "Image"))
        text = "" if data is None else str(data)
        if not text:
            raise NodeFailure("Data is required for QR code generation", retryable=False)
        return _generate(ctx, text, output_path or _name_for(text), size)


def _name_for(text: str) -> str:
    from hashlib import blake2s

    return f"qrcode_{blake2s(text.encode(), digest_size=8).hexdigest()}.png"


def _generate(ctx: NodeContext, text: str, output_path: str, size: int) -> Outputs:
    try:
        from PIL import Image
    except ImportError:
        raise MissingExtraError("Pillow", "documents") from None
    path = writable(ctx, output_path)
    image_format = Image.registered_extensions().get(path.suffix.lower())
    if image_format not in Image.SAVE:
        raise NodeFailure(
            f"{path.suffix or path.name!r} is no kind of image that can be written; use .png",
            retryable=False,
        )
    image = _drawn(text, size)
    with replacing(ctx, path) as file:
        image.save(file, image_format)
    return {"result": str(path), "success": True}


def _drawn(text: str, size: int) -> "Image":
    try:
        import segno
        from PIL import Image
    except ImportError:
        raise MissingExtraError("segno", "documents") from None
    try:
        code = segno.make_qr(text)
    except segno.DataOverflowError as error:
        raise NodeFailure(
            f"{len(text)} characters do not fit in a QR code", retryable=False
        ) from error
    modules = code.symbol_size(border=code.default_border_size)[0]
    scale = size // modules
    if scale == 0:
        raise NodeFailure(
            f"a QR code of this data needs {modules} pixels, not {size}", retryable=False
        )
    rows = [*code.matrix_iter(scale=scale)]
    drawing = Image.new("L", (len(rows), len(rows)), 255)
    drawing.putdata([0 if dark else 255 for row in rows for dark in row])
    image = Image.new("L", (size, size), 255)
    margin = (size - len(rows)) // 2
    image.paste(drawing, (margin, margin))
    return image


def _read(path: Path) -> Outputs:
    try:
        import zxingcpp
        from PIL import Image, UnidentifiedImageError
    except ImportError:
        raise MissingExtraError("zxing-cpp and Pillow", "documents") from None
    try:
        with Image.open(path) as image:
            found = zxingcpp.read_barcodes(
                image.convert("L"),
                formats=zxingcpp.barcode_formats_from_str("QRCode"),
                text_mode=zxingcpp.TextMode.Plain,
            )
    except (UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise NodeFailure(
            f"{path} is no image that can be read: {error}", retryable=False
        ) from error
    if not found:
        return {"result": "", "success": False}
    return {"result": found[0].text, "success": True}
