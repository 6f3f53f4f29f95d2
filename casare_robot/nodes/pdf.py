"""PDF files: text, facts, merge, split, extract pages."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import MissingExtraError, NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.nodes.file_writing import replacing
from casare_robot.nodes.paths import existing_file, name_fault, told_plainly, writable

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader

_NEEDS_FILE = Port("file_path", DataType.STRING, required=True)
_NEEDS_INPUT = Port("input_file", DataType.STRING, required=True)
_NEEDS_FOLDER = Port("output_dir", DataType.STRING, required=True)
_NEEDS_OUTPUT = Port("output_path", DataType.STRING, required=True)
_FILE = Property("file_path", DataType.FILE_PATH, required=True)
_INPUT = Property("input_file", DataType.FILE_PATH, required=True)
_FOLDER = Property("output_dir", DataType.DIRECTORY_PATH, required=True)
_OUTPUT = Property("output_path", DataType.FILE_PATH, required=True)
_START = Port("start_page", DataType.INTEGER)
_END = Port("end_page", DataType.INTEGER)
_START_PAGE = Property("start_page", DataType.INTEGER, 1, low=1)
_END_PAGE = Property("end_page", DataType.INTEGER)
_PAGE_COUNT = Port("page_count", DataType.INTEGER)
_SUCCESS = Port("success", DataType.BOOLEAN)


@node(
    "ReadPDFTextNode",
    category="document",
    effect=Effect.READS,
    blocking=True,
    inputs=(_NEEDS_FILE, _START, _END, Port("password", DataType.STRING)),
    outputs=(
        Port("text", DataType.STRING),
        _PAGE_COUNT,
        Port("pages", DataType.LIST),
        Port("is_encrypted", DataType.BOOLEAN),
        _SUCCESS,
    ),
    properties=(
        _FILE,
        _START_PAGE,
        _END_PAGE,
        Property("page_separator", DataType.STRING, "\n\n"),
        Property("password", DataType.STRING, ""),
        Property("extract_tables", DataType.BOOLEAN, False),
        Property("preserve_layout", DataType.BOOLEAN, False),
    ),
)
def read_pdf_text(
    ctx: NodeContext,
    *,
    file_path: Any,
    start_page: int | None,
    end_page: int | None,
    page_separator: str,
    password: str | None,
    extract_tables: bool,
    preserve_layout: bool,
) -> Outputs:
    """Text of the pages from ``start_page`` to ``end_page`` (from 1; none or 0: the last).

    ``preserve_layout`` keeps columns apart with spaces; ``extract_tables`` puts
    one tab between what stands apart in a line, so that a table can be split.
    ``page_count`` is of the whole file.
    """
    with _reading(file_path):
        reader = _opened(existing_file(ctx, file_path, "PDF file"), password or "")
        pages = []
        for number in page_range(len(reader.pages), start_page, end_page):
            if ctx.cancelled():
                raise NodeFailure(f"cancelled while reading {file_path}")
            pages.append(_text_of(reader.pages[number - 1], extract_tables, preserve_layout))
        return {
            "text": page_separator.join(pages),
            "page_count": len(reader.pages),
            "pages": pages,
            "is_encrypted": reader.is_encrypted,
            "success": True,
        }


@node(
    "GetPDFInfoNode",
    category="document",
    effect=Effect.READS,
    blocking=True,
    inputs=(_NEEDS_FILE,),
    outputs=(
        _PAGE_COUNT,
        Port("title", DataType.STRING),
        Port("author", DataType.STRING),
        Port("subject", DataType.STRING),
        Port("creator", DataType.STRING),
        Port("producer", DataType.STRING),
        Port("creation_date", DataType.STRING),
        Port("modification_date", DataType.STRING),
        Port("is_encrypted", DataType.BOOLEAN),
        Port("metadata", DataType.DICT),
        _SUCCESS,
    ),
    properties=(_FILE,),
)
def get_pdf_info(ctx: NodeContext, *, file_path: Any) -> Outputs:
    """Facts of a PDF; dates are ISO 8601, ``metadata`` is raw.

    Of a file that needs a password only ``is_encrypted`` is told; ``page_count`` is 0.
    """
    with _reading(file_path):
        reader = _reader(existing_file(ctx, file_path, "PDF file"))
        locked = reader.is_encrypted and not reader.decrypt("")
        facts = None if locked else reader.metadata
        raw = {str(name).lstrip("/"): str(value) for name, value in (facts or {}).items()}
        return {
            "page_count": 0 if locked else len(reader.pages),
            "title": raw.get("Title", ""),
            "author": raw.get("Author", ""),
            "subject": raw.get("Subject", ""),
            "creator": raw.get("Creator", ""),
            "producer": raw.get("Producer", ""),
            "creation_date": _iso(raw.get("CreationDate", "")),
            "modification_date": _iso(raw.get("ModDate", "")),
            "is_encrypted": reader.is_encrypted,
            "metadata": raw,
            "success": True,
        }


@node(
    "MergePDFsNode",
    category="document",
    effect=Effect.ONCE,
    blocking=True,
    inputs=(Port("input_files", DataType.LIST, required=True), _NEEDS_OUTPUT),
    outputs=(
        Port("output_path", DataType.STRING),
        Port("attachment_file", DataType.LIST),
        _PAGE_COUNT,
        _SUCCESS,
    ),
    properties=(Property("input_files", DataType.LIST, required=True), _OUTPUT),
)
def merge_pdfs(ctx: NodeContext, *, input_files: Any, output_path: Any) -> Outputs:
    """Put the pages of several PDFs into one, in the order given."""
    with _reading(output_path):
        if not isinstance(input_files, list | tuple) or not input_files:
            raise NodeFailure(f"input_files must be a list of PDF paths, not {input_files!r:.80}")
        target = writable(ctx, output_path)
        sources = [existing_file(ctx, path, "PDF file") for path in input_files]
        pages = [page for source in sources for page in _opened(source).pages]
        return _one_file(ctx, target, pages)


@node(
    "SplitPDFNode",
    category="document",
    effect=Effect.ONCE,
    blocking=True,
    inputs=(_NEEDS_INPUT, _NEEDS_FOLDER),
    outputs=(Port("output_files", DataType.LIST), _PAGE_COUNT, _SUCCESS),
    properties=(
        _INPUT,
        _FOLDER,
        Property("filename_pattern", DataType.STRING, "page_{n}.pdf"),
        Property("pages_per_file", DataType.INTEGER, 1, low=1),
    ),
    synonyms={"file_path": "input_file", "file_count": "page_count"},
)
def split_pdf(
    ctx: NodeContext,
    *,
    input_file: Any,
    output_dir: Any,
    filename_pattern: str,
    pages_per_file: int,
) -> Outputs:
    """Write a file per page, or per ``pages_per_file``; ``{n}`` counts the files from 1.

    ``page_count`` is the number of files, as in the reference.
    """
    with _reading(input_file):
        pages = list(_opened(existing_file(ctx, input_file, "PDF file")).pages)
        if pages_per_file < 1:
            raise NodeFailure(f"pages_per_file is {pages_per_file}; it must be at least 1")
        parts = [pages[i : i + pages_per_file] for i in range(0, len(pages), pages_per_file)]
        folder = writable(ctx, output_dir)
        names = [filename_pattern.replace("{n}", str(i)) for i in range(1, len(parts) + 1)]
        _check_names(names, filename_pattern)
        targets = [writable(ctx, folder / name) for name in names]
        for target, part in zip(targets, parts, strict=True):
            if ctx.cancelled():
                raise NodeFailure(f"cancelled while splitting {input_file}")
            _save(ctx, target, part)
        return {
            "output_files": [str(target) for target in targets],
            "page_count": len(targets),
            "success": True,
        }


@node(
    "ExtractPDFPagesNode",
    category="document",
    effect=Effect.ONCE,
    blocking=True,
    inputs=(_NEEDS_INPUT, _NEEDS_OUTPUT, Port("pages", DataType.LIST, required=True)),
    outputs=(
        Port("output_path", DataType.STRING),
        Port("attachment_file", DataType.LIST),
        _PAGE_COUNT,
        _SUCCESS,
    ),
    properties=(_INPUT, _OUTPUT, Property("pages", DataType.LIST, required=True)),
    synonyms={"file_path": "input_file"},
)
def extract_pdf_pages(
    ctx: NodeContext, *, input_file: Any, output_path: Any, pages: Any
) -> Outputs:
    """Write the pages of these numbers (from 1) to a new PDF, in the order given."""
    with _reading(input_file):
        target = writable(ctx, output_path)
        available = _opened(existing_file(ctx, input_file, "PDF file")).pages
        wanted = [_page_number(page, len(available)) for page in _page_list(pages)]
        return _one_file(ctx, target, [available[number - 1] for number in wanted])


@contextmanager
def _reading(path: Any) -> Iterator[None]:
    """What pypdf stumbles over in a damaged file becomes one sentence."""
    try:
        import pypdf.errors
    except ImportError as error:
        raise MissingExtraError("pypdf", "documents") from error
    stumbles = (pypdf.errors.PyPdfError, ValueError, ArithmeticError, AttributeError, TypeError)
    with told_plainly():
        try:
            yield
        except (*stumbles, AssertionError, LookupError, RecursionError) as error:
            raise NodeFailure(f"{path} cannot be processed as PDF: {error}") from error


def _reader(path: Path) -> "PdfReader":
    import io

    import pypdf

    return pypdf.PdfReader(io.BytesIO(path.read_bytes()))


def _opened(path: Path, password: str = "") -> "PdfReader":
    reader = _reader(path)
    if reader.is_encrypted and not reader.decrypt(password):
        reason = "the password is wrong" if password else "it is encrypted and needs a password"
        raise NodeFailure(
            f"{path.name} cannot be read: {reason}", outputs={"is_encrypted": True}, retryable=False
        )
    return reader


def _text_of(page: "PageObject", extract_tables: bool, preserve_layout: bool) -> str:
    if not extract_tables and not preserve_layout:
        return page.extract_text()
    text = page.extract_text(extraction_mode="layout")
    if extract_tables:
        lines = (line.strip() for line in text.splitlines())
        text = "\n".join(re.sub(r" {2,}", "\t", line) for line in lines)
    return text


def page_range(count: int, start: int | None, end: int | None) -> range:
    """Numbers of the pages from ``start`` to ``end`` (from 1; none or 0: the last).

    Raises:
        NodeFailure: There are no such pages.
    """
    first, last = start or 1, min(end or count, count)
    if first < 1 or (end or 0) < 0 or first > max(count, 1):
        raise NodeFailure(f"pages {first} to {end or count} are asked for; there are {count}")
    return range(first, last + 1)


def whole_text(source: Path) -> str:
    """Text of all pages of a file that needs no password.

    Raises:
        NodeFailure: It cannot be read.
    """
    with _reading(source):
        return "\n\n".join(_text_of(page, False, False) for page in _opened(source).pages)


def _page_list(pages: Any) -> list[Any]:
    if isinstance(pages, list | tuple) and pages:
        return list(pages)
    raise NodeFailure(f"pages must be a list of page numbers such as [1, 3], not {pages!r:.80}")


def _page_number(page: Any, count: int) -> int:
    text = str(page).strip()
    if not text.isdecimal() or not 1 <= int(text) <= count:
        raise NodeFailure(f"page {page!r} is asked for; there are {count}, counted from 1")
    return int(text)


def _check_names(names: list[str], pattern: str) -> None:
    if len(set(names)) < len(names):
        raise NodeFailure(f"filename_pattern {pattern!r} needs {{n}}, for there are {len(names)}")
    for name in names:
        if name in {"", ".", ".."} or re.search(r"[\\/]", name) or name_fault(name):
            raise NodeFailure(f"filename_pattern {pattern!r} does not give plain file names")


def _one_file(ctx: NodeContext, target: Path, pages: "list[PageObject]") -> Outputs:
    _save(ctx, target, pages)
    return {
        "output_path": str(target),
        "attachment_file": [str(target)],
        "page_count": len(pages),
        "success": True,
    }


def _save(ctx: NodeContext, target: Path, pages: "list[PageObject]") -> None:
    from pypdf import PdfWriter

    writer = PdfWriter()
    for page in pages:
        writer.add_page(page)
    with replacing(ctx, target) as file:
        writer.write(file)


def _iso(date: str) -> str:
    """A PDF date such as ``D:20240131120000+01'00'`` in ISO 8601; as it is, if it is none."""
    from datetime import datetime

    digits = re.sub(r"^D:|'", "", date).replace("Z0000", "Z")
    for form in ("%Y%m%d%H%M%S%z", "%Y%m%d%H%M%S", "%Y%m%d%H%M", "%Y%m%d"):
        try:
            return datetime.strptime(digits, form).isoformat()
        except ValueError:
            continue
    return date
