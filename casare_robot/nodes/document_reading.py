"""Documents made what a language model can read: text, or pictures of the pages."""

import base64
import binascii
import tempfile
from pathlib import Path
from typing import Any

from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.nodes.llm_account import picture
from casare_robot.nodes.paths import existing_file, told_plainly

_ENDINGS = frozenset(
    {
        *("pdf", "png", "jpg", "jpeg", "gif", "webp", "bmp", "tif", "tiff"),
        *("txt", "md", "csv", "json", "xml", "html", "htm", "eml"),
    }
)
"""Of file names: what ends so and stands on one line is a path."""
_LONGEST_PATH = 1024
_PICTURES = {
    b"\x89PNG": "png",
    b"\xff\xd8\xff": "jpeg",
    b"GIF8": "gif",
    b"RIFF": "webp",
}
_LEAST_TEXT = 20
"""Letters by which a PDF is known to hold text, and not only pictures of it."""
_MOST_PAGES = 5
_DPI = 110
_LONGEST = 200_000
"""Letters that a model is given."""
_LARGEST = 20 * 2**20


def document_parts(ctx: NodeContext, document: Any) -> list[dict[str, Any]]:
    """The parts of a prompt that hold a document; blocks.

    Args:
        ctx: Surroundings of the node.
        document: A path, a data URL, base64 of a PDF or a picture, or the text itself.

    Raises:
        NodeFailure: It is empty, not there, or nothing that can be read.
    """
    if isinstance(document, bytes):
        return _parts(document)
    if not isinstance(document, str) or not document.strip():
        raise NodeFailure("document is empty: give a path or the text", retryable=False)
    text = document.strip()
    if is_path(text):
        with told_plainly():
            path = existing_file(ctx, text, "Document")
            if path.stat().st_size > _LARGEST:
                raise NodeFailure(f"{text} is larger than {_LARGEST // 2**20} MB", retryable=False)
            return _parts(path.read_bytes())
    content = _decoded(text)
    return [_text(text)] if content is None else _parts(content)


def is_path(text: str) -> bool:
    """Whether a text names a file, rather than being a document. Pure."""
    is_line = "\n" not in text and len(text) <= _LONGEST_PATH
    return is_line and text.rpartition(".")[2].lower() in _ENDINGS


def _decoded(text: str) -> bytes | None:
    """What base64 stands for; None if it is a text like any other."""
    encoded = text.partition(",")[2] if text.startswith("data:") else text
    try:
        content = base64.b64decode("".join(encoded.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    is_known = content.startswith((b"%PDF", *_PICTURES))
    return content if is_known or text.startswith("data:") else None


def _parts(content: bytes) -> list[dict[str, Any]]:
    for sign, kind in _PICTURES.items():
        if content.startswith(sign):
            return [picture(content, kind)]
    if content.startswith(b"%PDF"):
        return _pdf(content)
    try:
        return [_text(content.decode())]
    except UnicodeDecodeError as error:
        raise NodeFailure(
            "the document is neither text, nor PDF, nor a PNG, JPEG, GIF or WebP picture",
            retryable=False,
        ) from error


def _pdf(content: bytes) -> list[dict[str, Any]]:
    from casare_robot.nodes.pdf import whole_text
    from casare_robot.nodes.pdf_images import page_pictures

    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "document.pdf")
        source.write_bytes(content)
        text = whole_text(source)
        if len("".join(text.split())) >= _LEAST_TEXT:
            return [_text(text)]
        _, files = page_pictures(source, Path(folder), dpi=_DPI, most=_MOST_PAGES)
        return [picture(Path(file).read_bytes()) for file in files]


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": f"The document:\n{text[:_LONGEST]}"}
