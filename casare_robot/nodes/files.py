"""Files: read, write, append, delete, and what there is to know about one."""

import os
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.nodes.file_writing import append_whole, prepare_parent, write_whole
from casare_robot.nodes.paths import existing_file, readable, told_plainly, writable

_ERRORS = Property(
    "errors",
    DataType.CHOICE,
    "strict",
    choices=("strict", "ignore", "replace", "backslashreplace", "xmlcharrefreplace"),
)
_ENCODING = Property("encoding", DataType.STRING, "utf-8")
_BINARY = Property("binary_mode", DataType.BOOLEAN, False)
_CREATE_DIRS = Property("create_dirs", DataType.BOOLEAN, True)
_DANGEROUS = Property("allow_dangerous_paths", DataType.BOOLEAN, False)
_SUCCESS = Port("success", DataType.BOOLEAN)


def _given(name: str, type: DataType = DataType.STRING) -> Port:
    return Port(name, type, required=True)


def _setting(name: str) -> Property:
    return Property(name, DataType.STRING, required=True)


def write_effect(parameters: Mapping[str, Any]) -> Effect:
    """Writing again gives the same file; appending again does not."""
    return Effect.ONCE if parameters.get("append_mode") else Effect.IDEMPOTENT


@node(
    "ReadFileNode",
    category="file",
    effect=Effect.READS,
    blocking=True,
    inputs=(_given("file_path"),),
    outputs=(Port("content", DataType.STRING), Port("size", DataType.INTEGER), _SUCCESS),
    properties=(
        _setting("file_path"),
        _ENCODING,
        _BINARY,
        _ERRORS,
        Property("max_size", DataType.INTEGER, 0, low=0),
        _DANGEROUS,
    ),
)
def read_file(
    ctx: NodeContext,
    *,
    file_path: Any,
    encoding: str,
    binary_mode: bool,
    errors: str,
    max_size: int,
) -> Outputs:
    """Read a whole file: text with every line end made one newline, or bytes if ``binary_mode``.

    ``size`` is in bytes. A file larger than ``max_size`` bytes fails; 0 is no limit.
    """
    with told_plainly():
        with existing_file(ctx, file_path).open("rb") as file:
            content = file.read(max_size + 1 if max_size > 0 else -1)
            if 0 < max_size < len(content):
                size = os.fstat(file.fileno()).st_size
                raise NodeFailure(f"{file_path} has {size} bytes, more than max_size {max_size}")
        text = content if binary_mode else decoded(content, encoding, errors)
        return {"content": text, "size": len(content), "success": True}


@node(
    "WriteFileNode",
    category="file",
    effect=write_effect,
    blocking=True,
    inputs=(_given("file_path"), Port("content", DataType.STRING)),
    outputs=(
        Port("file_path", DataType.STRING),
        Port("attachment_file", DataType.LIST),
        Port("bytes_written", DataType.INTEGER),
        _SUCCESS,
    ),
    properties=(
        _setting("file_path"),
        Property("content", DataType.STRING),
        _ENCODING,
        _BINARY,
        _CREATE_DIRS,
        _ERRORS,
        Property("append_mode", DataType.BOOLEAN, False),
        _DANGEROUS,
    ),
)
def write_file(
    ctx: NodeContext,
    *,
    file_path: Any,
    content: Any,
    encoding: str,
    binary_mode: bool,
    create_dirs: bool,
    errors: str,
    append_mode: bool,
) -> Outputs:
    """Make ``content`` the whole file, or append it.

    ``bytes_written`` counts characters for text, as the reference does, and bytes
    in binary mode.
    """
    with told_plainly():
        path = writable(ctx, file_path)
        data, amount = _to_write(content, encoding, errors, binary_mode)
        prepare_parent(path, create_dirs)
        if append_mode:
            append_whole(path, data, create=True)
        else:
            write_whole(ctx, path, data)
        return {
            "file_path": str(path),
            "attachment_file": [str(path)],
            "bytes_written": amount,
            "success": True,
        }


@node(
    "AppendFileNode",
    category="file",
    effect=Effect.ONCE,
    blocking=True,
    inputs=(_given("file_path"), Port("content", DataType.STRING)),
    outputs=(
        Port("file_path", DataType.STRING),
        Port("bytes_written", DataType.INTEGER),
        _SUCCESS,
    ),
    properties=(
        _setting("file_path"),
        Property("content", DataType.STRING),
        _ENCODING,
        Property("create_if_missing", DataType.BOOLEAN, True),
        _DANGEROUS,
    ),
)
def append_file(
    ctx: NodeContext, *, file_path: Any, content: Any, encoding: str, create_if_missing: bool
) -> Outputs:
    """Append text in one write. ``bytes_written`` counts characters, as the reference does."""
    with told_plainly():
        path = writable(ctx, file_path)
        if not create_if_missing and not path.exists():
            raise NodeFailure(f"File not found: {file_path}", error_type="FileNotFoundError")
        data, amount = _to_write(content, encoding, "strict", binary=False)
        prepare_parent(path, create_dirs=create_if_missing)
        append_whole(path, data, create=create_if_missing)
        return {"file_path": str(path), "bytes_written": amount, "success": True}


@node(
    "DeleteFileNode",
    category="file",
    effect=Effect.ONCE,
    blocking=True,
    inputs=(_given("file_path"),),
    outputs=(Port("deleted_path", DataType.STRING), _SUCCESS),
    properties=(
        _setting("file_path"),
        Property("ignore_missing", DataType.BOOLEAN, False),
        _DANGEROUS,
    ),
)
def delete_file(ctx: NodeContext, *, file_path: Any, ignore_missing: bool) -> Outputs:
    """Delete a file, or a link and not what it leads to; never a folder."""
    with told_plainly():
        path = writable(ctx, file_path, follow=False)
        if path.is_symlink() or path.exists():
            if path.is_dir() and not path.is_symlink():
                raise NodeFailure(f"{file_path} is not a file, so it is not deleted")
            path.unlink()
        elif not ignore_missing:
            raise NodeFailure(f"File not found: {file_path}", error_type="FileNotFoundError")
        return {"deleted_path": str(path), "success": True}


@node(
    "FileExistsNode",
    category="file",
    effect=Effect.READS,
    blocking=True,
    inputs=(_given("path"),),
    outputs=(
        Port("exists", DataType.BOOLEAN),
        Port("is_file", DataType.BOOLEAN),
        Port("is_dir", DataType.BOOLEAN),
    ),
    properties=(
        _setting("path"),
        Property("check_type", DataType.CHOICE, "any", choices=("file", "directory", "any")),
        _DANGEROUS,
    ),
)
def file_exists(ctx: NodeContext, *, path: Any, check_type: str) -> Outputs:
    """Whether something of ``check_type`` is at ``path``."""
    with told_plainly():
        real = readable(ctx, path)
        found = {"any": real.exists(), "file": real.is_file(), "directory": real.is_dir()}
        if check_type not in found:
            raise NodeFailure(f"check_type {check_type!r} is none of: {', '.join(found)}")
        return {"exists": found[check_type], "is_file": found["file"], "is_dir": found["directory"]}


@node(
    "GetFileSizeNode",
    category="file",
    effect=Effect.READS,
    blocking=True,
    inputs=(_given("file_path"),),
    outputs=(Port("size", DataType.INTEGER), _SUCCESS),
    properties=(_setting("file_path"), _DANGEROUS),
)
def get_file_size(ctx: NodeContext, *, file_path: Any) -> Outputs:
    """Size of a file in bytes."""
    with told_plainly():
        return {"size": existing_file(ctx, file_path).stat().st_size, "success": True}


@node(
    "GetFileInfoNode",
    category="file",
    effect=Effect.READS,
    blocking=True,
    inputs=(_given("file_path"),),
    outputs=(
        Port("size", DataType.INTEGER),
        Port("created", DataType.STRING),
        Port("modified", DataType.STRING),
        Port("extension", DataType.STRING),
        Port("name", DataType.STRING),
        Port("parent", DataType.STRING),
        _SUCCESS,
    ),
    properties=(_setting("file_path"), _DANGEROUS),
)
def get_file_info(ctx: NodeContext, *, file_path: Any) -> Outputs:
    """Size in bytes, times (local, ISO 8601 without offset) and name of a file or folder."""
    with told_plainly():
        path = readable(ctx, file_path)
        if not path.exists():
            raise NodeFailure(f"File not found: {file_path}", error_type="FileNotFoundError")
        facts = path.stat()
        return {
            "size": facts.st_size,
            "created": _local_time(facts.st_ctime),
            "modified": _local_time(facts.st_mtime),
            "extension": path.suffix,
            "name": path.name,
            "parent": str(path.parent),
            "success": True,
        }


def decoded(content: bytes, encoding: str, errors: str = "strict") -> str:
    """Text of a file, every line end made one newline.

    ``xmlcharrefreplace``, which Python knows for writing only, shows a byte that
    cannot be read as ``&#233;``.

    Raises:
        UnicodeError: The content is not of that encoding.
        LookupError: There is no such encoding.
    """
    if errors == "xmlcharrefreplace":
        text = content.decode(encoding, "surrogateescape")
        text = re.sub("[\udc80-\udcff]", lambda found: f"&#{ord(found[0]) - 0xDC00};", text)
    else:
        text = content.decode(encoding, errors)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def encoded(text: str, encoding: str, errors: str = "strict") -> bytes:
    """Content of a text file; lines end as the machine's text files do. Errors: as `decoded`."""
    if os.linesep != "\n":
        text = text.replace("\r\n", "\n").replace("\n", os.linesep)
    return text.encode(encoding, errors)


def _to_write(content: Any, encoding: str, errors: str, binary: bool) -> tuple[bytes, int]:
    if isinstance(content, bytes | bytearray):
        return bytes(content), len(content)
    text = "" if content is None else str(content)
    if binary:
        data = text.encode(encoding, errors)
        return data, len(data)
    return encoded(text, encoding, errors), len(text)


def _local_time(timestamp: float) -> str:
    return datetime.fromtimestamp(timestamp).isoformat()
