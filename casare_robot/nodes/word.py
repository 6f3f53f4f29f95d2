"""Word documents: open, read, replace, close. On every system, without Office."""

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import MissingExtraError, NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.nodes.paths import told_plainly, writable
from casare_robot.nodes.unsaved_edits import UnsavedEdits
from casare_robot.nodes.workbooks import replace

if TYPE_CHECKING:
    from docx.text.paragraph import Paragraph

_SUCCESS = Port("success", DataType.BOOLEAN)
_KIND = "document"
_DOCUMENT = Port("document", required=True)
_HELD = Property("document", required=True, current=_KIND)
_USES = ("docx",)
SUFFIXES = (".docx", ".docm")


class Document:
    """A document in memory; what is replaced is kept aside until it is saved.

    Args:
        path: The file.
        create: Begin an empty one if there is no file.
        edits: Where what is not saved yet is kept.

    Raises:
        MissingExtraError: The library is not installed.
        NodeFailure: There is no such file, or it is no document.
    """

    def __init__(self, path: Path, *, create: bool, edits: UnsavedEdits) -> None:
        try:
            import docx
            from docx.opc.exceptions import PackageNotFoundError
        except ModuleNotFoundError as error:
            raise MissingExtraError("python-docx", "documents") from error
        if path.suffix.lower() not in SUFFIXES:
            raise NodeFailure(f"{path.name} is none of {', '.join(SUFFIXES)}", retryable=False)
        if not path.exists() and not create:
            raise NodeFailure(f"Word file not found: {path}", error_type="FileNotFoundError")
        try:
            self._document = docx.Document(str(path) if path.exists() else None)
        except (PackageNotFoundError, KeyError, ValueError) as error:
            raise NodeFailure(f"{path.name} is no Word document", retryable=False) from error
        self._path = path
        self._edits = edits
        self.is_changed = not path.exists()
        self._done: dict[str, int] = {}
        for key, find, new, match_case, every in edits:
            self._done[key] = self._replace(find, new, match_case=match_case, every=every)

    def text(self) -> str:
        """The text of all paragraphs, those of tables in their places, a line for each."""
        return "\n".join(paragraph.text for paragraph in self._body())

    def replace(self, key: str, find: str, new: str, *, match_case: bool, every: bool) -> int:
        """Replace text in the body, in tables, headers and footers; how often.

        Under one key this is done once, and told again after that.
        """
        if key not in self._done:
            self._done[key] = self._replace(find, new, match_case=match_case, every=every)
            self._edits.add(key, find, new, match_case, every)
        return self._done[key]

    def save(self) -> None:
        """Write the file anew, wholly or not at all."""
        if self.is_changed:
            content = io.BytesIO()
            self._document.save(content)
            replace(self._path, content.getvalue())
        self._edits.forget()
        self.is_changed = False

    def close(self) -> None:
        """Let go without saving."""
        self._edits.forget()

    def _replace(self, find: str, new: str, *, match_case: bool, every: bool) -> int:
        pattern = re.compile(re.escape(find), 0 if match_case else re.IGNORECASE)
        count = 0
        for paragraph in self._everywhere():
            count += _replaced(paragraph, pattern, new, 0 if every else 1)
            if count and not every:
                break
        self.is_changed = self.is_changed or count > 0
        return count

    def _body(self) -> "Iterator[Paragraph]":
        yield from _paragraphs(self._document)

    def _everywhere(self) -> "Iterator[Paragraph]":
        yield from self._body()
        for section in self._document.sections:
            for part in (section.header, section.footer):
                if not part.is_linked_to_previous:
                    yield from _paragraphs(part)


@node(
    "WordOpenNode",
    category="desktop",
    effect=Effect.READS,
    blocking=True,
    opens=True,
    uses=_USES,
    inputs=(Port("file_path", DataType.STRING, required=True),),
    outputs=(Port("document"), Port("app"), _SUCCESS),
    properties=(
        Property("file_path", DataType.FILE_PATH, required=True),
        Property("visible", DataType.BOOLEAN, False),
        Property("create_if_missing", DataType.BOOLEAN, False),
    ),
)
def word_open(
    ctx: NodeContext, *, file_path: str, visible: bool, create_if_missing: bool
) -> Outputs:
    """Open a document; what is replaced is saved when it is closed, and not lost by a crash before.

    There is no application to show: ``app`` is the document.
    """
    if visible:
        ctx.log("info", "the document is opened without Word, so there is nothing to show")
    with told_plainly():
        path = writable(ctx, file_path)
        opened = Document(path, create=create_if_missing, edits=UnsavedEdits(path, ctx.step_key))
    handle = ctx.keep_open(opened, opened.close, _KIND)
    return {"document": handle, "app": handle, "success": True}


@node(
    "WordGetTextNode",
    category="desktop",
    effect=Effect.READS,
    blocking=True,
    uses=_USES,
    inputs=(_DOCUMENT,),
    outputs=(Port("text", DataType.STRING), Port("word_count", DataType.INTEGER), _SUCCESS),
    properties=(_HELD,),
)
def word_get_text(ctx: NodeContext, *, document: Any) -> Outputs:
    """All text, a line for each paragraph, and how many words it has."""
    text = ctx.live(document).text()
    return {"text": text, "word_count": len(text.split()), "success": True}


@node(
    "WordReplaceTextNode",
    category="desktop",
    effect=Effect.KEYED,
    blocking=True,
    uses=_USES,
    inputs=(
        _DOCUMENT,
        Port("find_text", DataType.STRING, required=True),
        Port("replace_text", DataType.STRING),
    ),
    outputs=(Port("replacements", DataType.INTEGER), _SUCCESS),
    properties=(
        _HELD,
        Property("find_text", DataType.STRING, required=True),
        Property("replace_text", DataType.STRING),
        Property("match_case", DataType.BOOLEAN, False),
        Property("replace_all", DataType.BOOLEAN, True),
    ),
    synonyms={"find": "find_text", "replace": "replace_text"},
)
def word_replace_text(
    ctx: NodeContext,
    *,
    document: Any,
    find_text: str,
    replace_text: str | None,
    match_case: bool,
    replace_all: bool,
) -> Outputs:
    """Replace text everywhere in the document; how it looks stays."""
    if not find_text:
        raise NodeFailure("Text to find is required", retryable=False)
    with told_plainly():
        count = ctx.live(document).replace(
            ctx.step_key,
            find_text,
            replace_text or "",
            match_case=match_case,
            every=replace_all,
        )
    return {"replacements": count, "success": True}


@node(
    "WordCloseNode",
    category="desktop",
    effect=Effect.IDEMPOTENT,
    blocking=True,
    uses=_USES,
    inputs=(_DOCUMENT, Port("app")),
    outputs=(_SUCCESS,),
    properties=(
        _HELD,
        Property("app"),
        Property("save", DataType.BOOLEAN, True),
        Property("quit_app", DataType.BOOLEAN, True),
    ),
)
def word_close(ctx: NodeContext, *, document: Any, save: bool) -> Outputs:
    """Save what was replaced, wholly or not at all, and close the document."""
    with told_plainly():
        if save:
            ctx.live(document).save()
        ctx.close(document)
        if ctx.in_use(_KIND) == document:
            ctx.use(None, _KIND)
    return {"success": True}


def _paragraphs(container: Any) -> "Iterator[Paragraph]":
    """Paragraphs in the order of the page; those of a table cell by cell, merged cells once."""
    from docx.table import Table

    for item in container.iter_inner_content():
        if not isinstance(item, Table):
            yield item
            continue
        seen = set()
        for row in item.rows:
            for cell in row.cells:
                if cell._tc not in seen:
                    seen.add(cell._tc)
                    yield from _paragraphs(cell)


def _replaced(paragraph: "Paragraph", pattern: re.Pattern[str], new: str, at_most: int) -> int:
    """Replace within a paragraph; the new text looks as the first character of the old did."""
    runs = paragraph.runs
    text = "".join(run.text for run in runs)
    found = list(pattern.finditer(text))[: at_most or None]
    for match in reversed(found):
        begin, left = match.start(), match.end() - match.start()
        place = 0
        is_written = False
        for run in runs:
            length = len(run.text)
            inside = begin - place
            if left and inside < length:
                cut = min(left, length - inside)
                put = "" if is_written else new
                run.text = run.text[:inside] + put + run.text[inside + cut :]
                begin, left, is_written = begin + cut, left - cut, True
            place += length
    return len(found)
