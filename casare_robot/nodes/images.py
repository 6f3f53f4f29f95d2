"""Images: convert between formats and scale."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import MissingExtraError, NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.nodes.file_writing import replacing
from casare_robot.nodes.folders import matches
from casare_robot.nodes.paths import existing_file, readable, told_plainly, writable

if TYPE_CHECKING:
    from PIL import Image

_ENDINGS = {"PNG": ".png", "JPEG": ".jpg", "WEBP": ".webp", "BMP": ".bmp", "GIF": ".gif"}
_READ_FORMATS = (*_ENDINGS, "TIFF", "ICO")  # no EPS: Pillow would start Ghostscript for it
_IMAGE_ENDINGS = {*_ENDINGS.values(), ".jpeg"}
_SCALES = ("5%", "10%", "25%", "50%", "75%", "100%")


@node(
    "ImageConvertNode",
    category="file",
    effect=Effect.ONCE,
    blocking=True,
    inputs=(Port("source_path", DataType.STRING, required=True),),
    outputs=(
        Port("output_path", DataType.STRING),
        Port("files", DataType.LIST),
        Port("file_count", DataType.INTEGER),
        Port("format", DataType.STRING),
        Port("success", DataType.BOOLEAN),
    ),
    properties=(
        Property("source_path", DataType.STRING, required=True),
        Property("output_path", DataType.STRING),
        Property("output_format", DataType.CHOICE, "JPEG", choices=tuple(_ENDINGS)),
        Property("quality", DataType.INTEGER, 85, low=1, high=100),
        Property("scale_percent", DataType.CHOICE, "100%", choices=_SCALES),
        Property("overwrite", DataType.BOOLEAN, False),
        Property("recursive", DataType.BOOLEAN, False),
        Property("allow_dangerous_paths", DataType.BOOLEAN, False),
    ),
)
def convert_image(
    ctx: NodeContext,
    *,
    source_path: Any,
    output_path: str | None,
    output_format: str,
    quality: int,
    scale_percent: str,
    overwrite: bool,
    recursive: bool,
) -> Outputs:
    """Convert one image, or every image of a folder into another folder.

    Without ``output_path`` an image gets its new ending beside the source, and
    a folder's images go to its subfolder ``converted``. ``quality`` counts for
    JPEG and WEBP. Transparency becomes white in JPEG. ``output_path`` on the
    port is the image, or the folder.
    """
    with told_plainly():
        kind = output_format.upper()
        if kind not in _ENDINGS:
            raise NodeFailure(f"Unsupported format: {output_format}. Use {', '.join(_ENDINGS)}")
        if not 1 <= quality <= 100:
            raise NodeFailure(f"quality is {quality}; it must be between 1 and 100")
        scale = _scale(scale_percent)
        source = readable(ctx, source_path)
        if source.is_dir():
            result, jobs = _folder_jobs(ctx, source, output_path, kind, recursive)
        else:
            existing_file(ctx, source_path, "Source image")
            result = _target_of(ctx, source, output_path, kind, overwrite)
            jobs = {result: source}
        for target in jobs:
            if target.exists() and not overwrite:
                raise NodeFailure(f"Destination already exists: {target}")
        for target, original in jobs.items():
            if ctx.cancelled():
                raise NodeFailure(f"cancelled while converting {source_path}")
            _convert(ctx, original, target, kind, quality, scale)
        return {
            "output_path": str(result),
            "files": [str(target) for target in jobs],
            "file_count": len(jobs),
            "format": kind,
            "success": True,
        }


def _scale(text: Any) -> float:
    try:
        percent = float(str(text).strip().removesuffix("%"))
    except ValueError:
        percent = 0
    if not 0 < percent <= 100:
        raise NodeFailure(f"scale_percent is {text!r}; it must be one of {', '.join(_SCALES)}")
    return percent / 100


def _folder_jobs(
    ctx: NodeContext, source: Path, output_path: str | None, kind: str, recursive: bool
) -> tuple[Path, dict[Path, Path]]:
    """The output folder, and which image is made from which."""
    folder = writable(ctx, output_path or source / "converted")
    if folder.is_file():
        raise NodeFailure(f"output_path must be a folder when source_path is one: {output_path}")
    jobs: dict[Path, Path] = {}
    for path in matches(ctx, source, "*", recursive):
        made_here = folder != source and path.is_relative_to(folder)
        if made_here or path.suffix.lower() not in _IMAGE_ENDINGS or not path.is_file():
            continue
        target = writable(ctx, folder / path.relative_to(source).with_suffix(_ENDINGS[kind]))
        if jobs.setdefault(target, path) != path:
            raise NodeFailure(f"{jobs[target].name} and {path.name} would both become {target}")
    if not jobs:
        raise NodeFailure(f"No images found in folder: {source}")
    return folder, jobs


def _target_of(
    ctx: NodeContext, source: Path, output_path: str | None, kind: str, overwrite: bool
) -> Path:
    ending = _ENDINGS[kind]
    if output_path:
        target = writable(ctx, output_path)
        if output_path.endswith(("/", "\\")) or target.is_dir():
            target = writable(ctx, target / f"{source.stem}{ending}")
        return target
    target = source.with_suffix(ending)
    if target == source and not overwrite:
        target = source.with_name(f"{source.stem}_converted{ending}")
    return writable(ctx, target)


def _convert(
    ctx: NodeContext, source: Path, target: Path, kind: str, quality: int, scale: float
) -> None:
    try:
        from PIL import Image, ImageOps
    except ImportError as error:
        raise MissingExtraError("Pillow", "documents") from error
    try:
        with Image.open(source, formats=_READ_FORMATS) as original:
            image = ImageOps.exif_transpose(original)
            if scale != 1:
                size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
                image = _with_full_colours(image).resize(size, Image.Resampling.LANCZOS)
            image = _savable(image, kind)
            options: dict[str, Any] = {"quality": quality} if kind in {"JPEG", "WEBP"} else {}
            with replacing(ctx, target) as file:
                image.save(file, format=kind, **options)
    except (Image.DecompressionBombError, ValueError, SyntaxError) as error:
        raise NodeFailure(f"{source} cannot be converted to {kind}: {error}") from error


def _with_full_colours(image: "Image.Image") -> "Image.Image":
    if image.mode in {"P", "PA", "LA"} or "transparency" in image.info:
        return image.convert("RGBA")
    return image if image.mode in {"L", "RGB", "RGBA"} else image.convert("RGB")


def _savable(image: "Image.Image", kind: str) -> "Image.Image":
    from PIL import Image

    image = _with_full_colours(image)
    if kind != "JPEG" or image.mode in {"L", "RGB"}:
        return image
    image = image.convert("RGBA")
    white = Image.new("RGB", image.size, (255, 255, 255))
    white.paste(image, mask=image.getchannel("A"))
    return white
