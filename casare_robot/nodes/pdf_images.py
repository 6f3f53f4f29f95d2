"""PDF files: pages as images."""

import threading
from pathlib import Path
from typing import Any

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import MissingExtraError, NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.nodes.file_writing import replacing
from casare_robot.nodes.paths import existing_file, told_plainly, writable
from casare_robot.nodes.pdf import page_range

_MOST_PIXELS = 1 << 28  # of one page; 256 million are a gigabyte in memory
_IMAGE_FORMATS = {"png": "PNG", "jpg": "JPEG", "jpeg": "JPEG", "bmp": "BMP", "tiff": "TIFF"}
_renderer = threading.Lock()  # PDFium is not safe to use from two threads


@node(
    "PDFToImagesNode",
    category="document",
    effect=Effect.ONCE,
    blocking=True,
    inputs=(
        Port("input_file", DataType.STRING, required=True),
        Port("output_dir", DataType.STRING, required=True),
        Port("start_page", DataType.INTEGER),
        Port("end_page", DataType.INTEGER),
    ),
    outputs=(
        Port("output_files", DataType.LIST),
        Port("page_count", DataType.INTEGER),
        Port("success", DataType.BOOLEAN),
    ),
    properties=(
        Property("input_file", DataType.FILE_PATH, required=True),
        Property("output_dir", DataType.DIRECTORY_PATH, required=True),
        Property("start_page", DataType.INTEGER, 1, low=1),
        Property("end_page", DataType.INTEGER),
        Property("dpi", DataType.INTEGER, 200, low=72, high=600),
        Property("format", DataType.CHOICE, "png", choices=tuple(_IMAGE_FORMATS)),
    ),
    synonyms={
        "file_path": "input_file",
        "image_paths": "output_files",
        "count": "page_count",
    },
)
def pdf_to_images(
    ctx: NodeContext,
    *,
    input_file: Any,
    output_dir: Any,
    start_page: int | None,
    end_page: int | None,
    dpi: int,
    format: str,
) -> Outputs:
    """Write each page as ``page_3.png``, numbered as in the PDF; ``page_count`` is of images."""
    try:
        import pypdfium2
        from PIL import Image
    except ImportError as error:
        raise MissingExtraError("pypdfium2 and Pillow", "documents") from error
    with told_plainly(), _renderer:
        if format.lower() not in _IMAGE_FORMATS or not 72 <= dpi <= 600:
            raise NodeFailure(f"cannot make {format!r} images of {dpi} dpi")
        source = existing_file(ctx, input_file, "PDF file")
        folder = writable(ctx, output_dir)
        targets = []
        try:
            with pypdfium2.PdfDocument(source) as document:
                for number in page_range(len(document), start_page, end_page):
                    if ctx.cancelled():
                        raise NodeFailure(f"cancelled while rendering {input_file}")
                    target = writable(ctx, folder / f"page_{number}.{format.lower()}")
                    image = _rendered(document[number - 1], number, dpi)
                    with replacing(ctx, target) as file:
                        image.save(file, format=_IMAGE_FORMATS[format.lower()], dpi=(dpi, dpi))
                    targets.append(str(target))
        except (pypdfium2.PdfiumError, Image.DecompressionBombError) as error:
            raise NodeFailure(f"{input_file} cannot be rendered: {error}") from error
        return {"output_files": targets, "page_count": len(targets), "success": True}


def page_pictures(source: Path, folder: Path, *, dpi: int, most: int) -> tuple[int, list[str]]:
    """Write the first pages of a PDF into a folder as pictures; how many pages there are, and they.

    Raises:
        MissingExtraError: What renders them is not installed.
        NodeFailure: They cannot be rendered.
    """
    try:
        import pypdfium2
    except ImportError as error:
        raise MissingExtraError("pypdfium2 and Pillow", "documents") from error
    with told_plainly(), _renderer:
        try:
            with pypdfium2.PdfDocument(source) as document:
                files = []
                for number in range(1, min(len(document), most) + 1):
                    files.append(str(folder / f"{number}.png"))
                    _rendered(document[number - 1], number, dpi).save(files[-1])
                return len(document), files
        except pypdfium2.PdfiumError as error:
            raise NodeFailure(f"{source} cannot be rendered: {error}") from error


def _rendered(page: Any, number: int, dpi: int) -> Any:
    width, height = page.get_size()
    pixels = width * height * (dpi / 72) ** 2
    if pixels > _MOST_PIXELS:
        raise NodeFailure(f"page {number} has {pixels:.0f} pixels at {dpi} dpi; lower dpi")
    return page.render(scale=dpi / 72).to_pil()
