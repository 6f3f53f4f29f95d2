"""How alike two pictures are."""

import base64
import binascii
import io
from array import array
from typing import TYPE_CHECKING, Any

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import MissingExtraError, NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.nodes.paths import existing_file, told_plainly

if TYPE_CHECKING:
    from PIL.Image import Image

_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF")
_WINDOW = 7
"""Pixels of the side of the squares that SSIM compares."""


@node(
    "CompareImagesNode",
    category="desktop",
    effect=Effect.READS,
    blocking=True,
    uses=("PIL.Image",),
    inputs=(
        Port("image1"),
        Port("image2"),
        Port("image1_path", DataType.STRING),
        Port("image2_path", DataType.STRING),
    ),
    outputs=(
        Port("similarity", DataType.FLOAT),
        Port("is_match", DataType.BOOLEAN),
        Port("method", DataType.STRING),
    ),
    properties=(
        Property("image1"),
        Property("image2"),
        Property("image1_path", DataType.FILE_PATH),
        Property("image2_path", DataType.FILE_PATH),
        Property("method", DataType.CHOICE, "histogram", choices=("ssim", "histogram", "pixel")),
        Property("threshold", DataType.FLOAT, 0.9),
    ),
)
def compare_images(
    ctx: NodeContext,
    *,
    image1: Any,
    image2: Any,
    image1_path: str | None,
    image2_path: str | None,
    method: str,
    threshold: float,
) -> Outputs:
    """From 0 to 1, and whether that reaches the threshold. The second is scaled to the first.

    ``histogram`` compares how often each colour is there, ``pixel`` counts equal
    pixels, ``ssim`` compares structure (Wang and others, 2004) in grey.
    A picture is a data URL, a path, or in the ``_path`` setting a path.
    """
    first = _opened(ctx, image1 or image1_path, "first")
    second = _opened(ctx, image2 or image2_path, "second")
    if first.size != second.size:
        second = second.resize(first.size)
    compared = {"histogram": _histogram, "pixel": _pixel, "ssim": _ssim}[method]
    similarity = round(compared(first, second), 6)
    return {"similarity": similarity, "is_match": similarity >= threshold, "method": method}


def _opened(ctx: NodeContext, source: Any, which: str) -> "Image":
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError:
        raise MissingExtraError("Pillow", "documents") from None
    if not source:
        raise NodeFailure(f"the {which} picture is not given", retryable=False)
    text = str(source)
    try:
        if text.startswith("data:image/"):
            content = base64.b64decode(text.partition("base64,")[2], validate=True)
            return Image.open(io.BytesIO(content), formats=_FORMATS).convert("RGB")
        with told_plainly():
            path = existing_file(ctx, text, "Picture")
            with Image.open(path, formats=_FORMATS) as picture:
                return picture.convert("RGB")
    except (UnidentifiedImageError, binascii.Error, Image.DecompressionBombError) as error:
        raise NodeFailure(f"the {which} picture cannot be read: {error!s:.200}") from error


def _histogram(first: "Image", second: "Image") -> float:
    pairs = zip(first.histogram(), second.histogram(), strict=True)
    return sum(min(pair) for pair in pairs) / (first.width * first.height * 3)


def _pixel(first: "Image", second: "Image") -> float:
    from PIL import ImageChops

    channels = ImageChops.difference(first, second).split()
    most = ImageChops.lighter(ImageChops.lighter(channels[0], channels[1]), channels[2])
    return most.histogram()[0] / (first.width * first.height)


def _ssim(first: "Image", second: "Image") -> float:
    """Mean structural similarity over squares that lie side by side; below 0 is 0."""
    from PIL import ImageMath
    from PIL.Image import Resampling

    columns, rows = max(1, first.width // _WINDOW), max(1, first.height // _WINDOW)
    size = (columns * _WINDOW, rows * _WINDOW)
    one = first.convert("L").resize(size).convert("F")
    other = second.convert("L").resize(size).convert("F")
    grid = (columns, rows)

    def mean(formula: Any) -> "Image":
        made: Image = ImageMath.lambda_eval(formula, a=one, b=other)
        return made.resize(grid, Resampling.BOX)

    mean_a, mean_b = mean(lambda _: _["a"]), mean(lambda _: _["b"])
    squares = mean(lambda _: _["a"] * _["a"]), mean(lambda _: _["b"] * _["b"])
    product = mean(lambda _: _["a"] * _["b"])
    images = (mean_a, mean_b, *squares, product)
    values = zip(*(array("f", image.tobytes()) for image in images), strict=True)
    found = [_square(*value) for value in values]
    return max(0.0, sum(found) / len(found))


def _square(mean_a: float, mean_b: float, aa: float, bb: float, ab: float) -> float:
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    variance = (aa - mean_a**2) + (bb - mean_b**2)
    covariance = ab - mean_a * mean_b
    means = (2 * mean_a * mean_b + c1) / (mean_a**2 + mean_b**2 + c1)
    return means * (2 * covariance + c2) / (variance + c2)
